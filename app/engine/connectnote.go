package engine

import (
	"context"

	"lifeboat/failover"
)

// noteConnect keeps in the log that connections were tried, and what came of it: the
// counts, and each cell that is not in order.
func (e *Engine) noteConnect(ctx context.Context, domains []failover.Domain, c Connectivity) {
	entries := make([]LogEntry, 0, len(domains))
	for _, d := range domains {
		l := LogEntry{
			At: c.At, Kind: LogTest, Who: e.opt.Owner, Verdict: failover.Pass, About: failover.Sentence{Template: failover.Display(d.Name)},
		}
		counts := map[failover.Verdict]int{}
		for _, cell := range c.Cells {
			if cell.Domain != d.Name || cell.State != CellDone {
				continue
			}
			counts[cell.Verdict]++
			if cell.Verdict == failover.Pass {
				continue
			}
			l.Verdict = worseOf(l.Verdict, cell.Verdict)
			for _, f := range cell.Findings {
				if f.Verdict == cell.Verdict {
					l.Details = append(l.Details, LogDetail{At: f.At, Verdict: f.Verdict, Say: f.Say})
					l.Exact = append(l.Exact, f.Evidence...)
				}
			}
		}
		if len(counts) == 0 {
			continue
		}
		l.Say = failover.Say("Connections were tried. In order: {pass}; with care: {warn}; failed: {fail}; unknown: {unknown}.",
			"pass", counts[failover.Pass], "warn", counts[failover.Warn], "fail", counts[failover.Red], "unknown", counts[failover.Unknown])
		entries = append(entries, l)
	}
	e.note(ctx, entries...)
}

// worseOf is the graver of two verdicts; what failed is graver than what is unknown.
func worseOf(a, b failover.Verdict) failover.Verdict {
	order := map[failover.Verdict]int{failover.Pass: 0, failover.Warn: 1, failover.Unknown: 2, failover.Red: 3}
	if order[b] > order[a] {
		return b
	}
	return a
}
