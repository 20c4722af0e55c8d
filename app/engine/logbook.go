package engine

import (
	"context"
	"errors"
	"slices"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/drill"
	"lifeboat/mailstore"
)

// LogKind says what an entry of the log is about.
type LogKind string

// The kinds of entries.
const (
	LogSwitch LogKind = "switch" // MX and send route: failover, failback, rollback, preparation
	LogWatch  LogKind = "watch"  // what detection found, and when it ended
	LogRelay  LogKind = "relay"  // the send route: held, rerouted, refused, given back
	LogMirror LogKind = "mirror"
	LogDrill  LogKind = "drill"
	LogAccess LogKind = "access" // whose mail was opened, by whom and why
	LogTest   LogKind = "test"   // connectivity tests and checks
)

// LogKinds lists the kinds, in the order in which they are offered.
func LogKinds() []LogKind {
	return []LogKind{LogSwitch, LogWatch, LogRelay, LogMirror, LogAccess, LogTest, LogDrill}
}

// LogEntry is something that happened, in plain words.
type LogEntry struct {
	At      time.Time        `json:"at"`
	Kind    LogKind          `json:"kind"`
	Who     string           `json:"who,omitempty"` // user@machine
	Verdict failover.Verdict `json:"verdict,omitempty"`
	// About is what it is about, in a few words: a domain, a mailbox, a drill's title.
	About   failover.Sentence `json:"about,omitzero"`
	Say     failover.Sentence `json:"say"`
	Details []LogDetail       `json:"details,omitempty"` // what one reads after opening the entry
	Exact   []string          `json:"exact,omitempty"`   // records and answers, a line each
	// Run is the run, drill or message that the entry belongs to.
	Run string `json:"run,omitempty"`
}

// LogDetail is a piece of what is behind an entry.
type LogDetail struct {
	At      time.Time         `json:"at,omitzero"` // where it has a time of its own
	Verdict failover.Verdict  `json:"verdict,omitempty"`
	Say     failover.Sentence `json:"say"`
}

// LogRequest selects entries of the log.
type LogRequest struct {
	Since, Until time.Time // zero: from the beginning, to now
	Kinds        []LogKind // none: all
	Limit        int       // at most so many, the newest; 0: 1,000
	// Drills are those whose records belong here; nil: those of the data folder.
	Drills *drill.History
}

// usualEntries is how many entries there are at most where nobody says.
const usualEntries = 1000

// Logbook tells what happened, newest first: what the journal says of switches, what
// detection found, what was notable in the send route (in sums by the hour, rather than
// each message), the mirror's troubles, who read whose mail, tests and drills. It asks
// nobody for anything. A part that cannot be read is named in the error, and the others
// are told all the same.
func (e *Engine) Logbook(ctx context.Context, req LogRequest) ([]LogEntry, error) {
	if req.Drills == nil {
		req.Drills = Drills(e.opt.DataDir)
	}
	sources := map[LogKind]func(context.Context, LogRequest) ([]LogEntry, error){
		LogSwitch: e.logSwitches, LogRelay: e.logRelay, LogDrill: e.logDrills, LogAccess: e.logAccess, LogMirror: e.logMirror,
	}
	var all []LogEntry
	var failed []error
	add := func(entries []LogEntry, err error) {
		all = append(all, entries...)
		if err != nil {
			failed = append(failed, inFailover(failover.ErrDamaged, err))
		}
	}
	for _, k := range LogKinds() {
		if source := sources[k]; source != nil && req.wants(k) {
			add(source(ctx, req))
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	add(e.keptLog(ctx))
	return req.chosen(all), errors.Join(failed...)
}

func (r LogRequest) wants(k LogKind) bool { return len(r.Kinds) == 0 || slices.Contains(r.Kinds, k) }

// chosen puts entries in their order, leaves out what was not asked for, and what is
// there twice: a trouble that goes on is found as it is now, and was kept when it began.
func (r LogRequest) chosen(all []LogEntry) []LogEntry {
	all = slices.DeleteFunc(all, func(l LogEntry) bool {
		return !r.wants(l.Kind) || l.At.Before(r.Since) || !r.Until.IsZero() && l.At.After(r.Until)
	})
	slices.SortStableFunc(all, func(a, b LogEntry) int { return b.At.Compare(a.At) })
	type same struct {
		at       int64
		kind     LogKind
		run, say string
	}
	seen := map[same]bool{}
	all = slices.DeleteFunc(all, func(l LogEntry) bool {
		k := same{l.At.UnixMilli(), l.Kind, l.Run, l.Say.String()}
		twice := seen[k]
		seen[k] = true
		return twice
	})
	limit := r.Limit
	if limit <= 0 {
		limit = usualEntries
	}
	return all[:min(len(all), limit)]
}

// logDrills tells of the drills that were held.
func (e *Engine) logDrills(_ context.Context, req LogRequest) ([]LogEntry, error) {
	points, err := req.Drills.Points()
	var out []LogEntry
	for _, p := range points {
		l := LogEntry{At: p.Started, Kind: LogDrill, Run: p.ID, Verdict: failover.Pass, About: failover.Sentence{Template: p.Title}}
		switch {
		case !p.Passed:
			l.Verdict = failover.Warn
			l.Say = failover.Say("A drill was held and not passed: checks that do not hold: {count}.", "count", p.Failed)
		case p.Kind == drill.Tabletop:
			l.Say = failover.Say("A drill was talked through around a table.")
		case p.Kind == drill.Live:
			l.Say = failover.Say("A live drill on a test subdomain was passed.")
		default:
			l.Say = failover.Say("A drill in the lab was passed.")
		}
		if took, ok := p.Took(drill.MeasureFirstMail); ok {
			l.tell("", failover.Say("The first mail arrived {span} after the fault.", "span", failover.Took(time.Duration(took))))
		}
		if p.Kind != drill.Tabletop && p.Sent > 0 {
			l.tell("", failover.Say("Messages: {sent} sent, {lost} lost, {doubled} doubled.", "sent", p.Sent, "lost", p.Lost, "doubled", p.Doubled))
		}
		if p.Open > 0 {
			l.tell("", failover.Say("Actions without an owner or a date: {count}.", "count", p.Open))
		}
		out = append(out, l)
	}
	return out, err
}

// spokenIn puts a sentence of the mail's room into the words of package failover.
func spokenIn(s mailstore.Sentence) failover.Sentence {
	template, args := s.Sentence()
	return failover.Sentence{Template: template, Args: args}
}
