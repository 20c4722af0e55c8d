package cli

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"lifeboat/app/engine"
	"lifeboat/app/presenter"
	"lifeboat/failover"
)

// connectFlags choose connectivity tests in place of the preflight.
type connectFlags struct {
	on    bool
	last  bool
	tests []string
	sides []string
}

// wanted reports whether connectivity tests are asked for: naming one is asking for it.
func (f connectFlags) wanted() bool { return f.on || f.last || len(f.tests) > 0 || len(f.sides) > 0 }

// connections tests the connections, or tells what the last tests found.
func (s *session) connections(ctx context.Context, e *engine.Engine, f checkFlags, domains []string) error {
	if err := f.onlyConnections(); err != nil {
		return err
	}
	if f.connect.last {
		got, ok := e.LastConnect(ctx)
		if err := s.document(got); err != nil {
			return err
		}
		if !ok {
			s.printT("No connection has been tested yet: lifeboat check --connections")
			return nil
		}
		return s.showConnections(e, got, f.passes)
	}
	req := engine.ConnectRequest{Domains: domains, Tests: f.connect.tests, Seed: f.seed, Tell: s.tellCells(e.ConnectTests())}
	for _, side := range f.connect.sides {
		req.Sides = append(req.Sides, engine.Side(side))
	}
	got, err := e.Connect(ctx, req)
	if err != nil && (!errors.Is(err, failover.ErrWaiting) || s.json) {
		return err
	}
	if err := s.document(got); err != nil {
		return err
	}
	return errors.Join(err, s.showConnections(e, got, f.passes))
}

// onlyConnections refuses flags that belong to the preflight.
func (f checkFlags) onlyConnections() error {
	for name, given := range map[string]bool{
		"--to": f.to != string(failover.Secondary), "--fresh": f.fresh, "--import": f.file != "", "--at": f.at != "", "--arrived": len(f.arrived) > 0,
	} {
		if given {
			return failover.Fail(failover.ErrInvalid, "{flag} belongs to the preflight and cannot be given with connectivity tests: leave it out, or --connections", "flag", name)
		}
	}
	if f.connect.last && (f.seed || len(f.connect.tests)+len(f.connect.sides) > 0) {
		return failover.Fail(failover.ErrInvalid, "--last shows what was found before, and tests nothing: leave out --seed, --test and --side")
	}
	return nil
}

// tellCells tells on standard error, at a terminal, what each test comes to.
func (s *session) tellCells(tests []engine.TestInfo) func(engine.TestCell) {
	if !s.Terminal {
		return nil
	}
	var mu sync.Mutex
	return func(c engine.TestCell) {
		i := slices.IndexFunc(tests, func(t engine.TestInfo) bool { return t.ID == c.Test })
		if c.State != engine.CellDone || i < 0 {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		s.note(s.Now().Format("15:04:05  ") + s.tongue.T("{test}, {side}: {result}", "test", s.tongue.Say(tests[i].Title), "side", s.sideName(c.Side), "result", s.cell(c)))
	}
}

func (s *session) sideName(side engine.Side) string {
	switch side {
	case engine.SidePrimary:
		return s.tongue.T("Primary")
	case engine.SideSecondary:
		return s.tongue.T("Secondary")
	default:
		return s.tongue.T("Emergency subdomain")
	}
}

// cell is a result in a few words.
func (s *session) cell(c engine.TestCell) string {
	word := oneLine(s.tongue.Say(c.Word))
	if c.State != engine.CellDone {
		return "- " + word
	}
	return presenter.Verdict(s.tongue, c.Verdict) + "  " + word
}

// showConnections shows the table of each domain, and beneath it what is not well, with
// what to do. The status is that of a failure when something fails or is not known.
func (s *session) showConnections(e *engine.Engine, got engine.Connectivity, passes bool) error {
	var domains []string
	failed := false
	for _, c := range got.Cells {
		if !slices.Contains(domains, c.Domain) {
			domains = append(domains, c.Domain)
		}
		failed = failed || c.State == engine.CellDone && (c.Verdict == failover.Red || c.Verdict == failover.Unknown)
	}
	for i, name := range domains {
		if i > 0 {
			s.print("")
		}
		cells := slices.DeleteFunc(slices.Clone(got.Cells), func(c engine.TestCell) bool { return c.Domain != name })
		s.print(s.connectionsInShort(name, cells))
		s.print("")
		for _, line := range s.table(e, name, got.Tests, cells) {
			s.print(strings.TrimRight(line, " "))
		}
		s.tellCellFindings(got.Tests, cells, passes)
	}
	if failed {
		return statusError{exitFailed}
	}
	return nil
}

// connectionsInShort counts the results of a domain.
func (s *session) connectionsInShort(domain string, cells []engine.TestCell) string {
	n, all := map[failover.Verdict]int{}, 0
	for _, c := range cells {
		if c.State == engine.CellDone {
			n[c.Verdict]++
			all++
		}
	}
	return s.tongue.T("{domain}: {count} of {all} connectivity tests passed. Failed: {failed}; care: {care}; unknown: {unknown}.",
		"domain", failover.Display(domain), "count", n[failover.Pass], "all", all,
		"failed", n[failover.Red], "care", n[failover.Warn], "unknown", n[failover.Unknown])
}

// table lays a domain's results out: a row for each test, a column for each side.
func (s *session) table(e *engine.Engine, domain string, tests []engine.TestInfo, cells []engine.TestCell) []string {
	head, names := []string{s.tongue.T("Connectivity test")}, []string{""}
	var sides []engine.Side
	for _, side := range engine.Sides() {
		if slices.ContainsFunc(cells, func(c engine.TestCell) bool { return c.Side == side }) {
			sides = append(sides, side)
			head, names = append(head, s.sideName(side)), append(names, s.sideTitle(e, domain, side))
		}
	}
	rows := [][]string{head, names}
	for _, t := range tests {
		row, some := []string{s.tongue.Say(t.Title)}, false
		for _, side := range sides {
			i := slices.IndexFunc(cells, func(c engine.TestCell) bool { return c.Test == t.ID && c.Side == side })
			text := ""
			if i >= 0 {
				text, some = s.cell(cells[i]), true
			}
			row = append(row, text)
		}
		if some {
			rows = append(rows, row)
		}
	}
	widths := make([]int, len(head))
	for _, row := range rows {
		for i, text := range row {
			widths[i] = max(widths[i], columns(text))
		}
	}
	out := make([]string, len(rows))
	for i, row := range rows {
		for k, text := range row {
			out[i] += "  " + fit(text, widths[k])
		}
	}
	return out
}

// sideTitle is what people call a side: the provider, or the subdomain's name.
func (s *session) sideTitle(e *engine.Engine, domain string, side engine.Side) string {
	all, err := e.Domains([]string{failover.Display(domain)})
	switch {
	case err != nil || len(all) == 0:
		return ""
	case side == engine.SidePrimary:
		return oneLine(all[0].Primary.Name)
	case side == engine.SideSecondary:
		return oneLine(all[0].Secondary.Name)
	default:
		return failover.Display(all[0].Emergency)
	}
}

// tellCellFindings tells what is not well, test by test.
func (s *session) tellCellFindings(tests []engine.TestInfo, cells []engine.TestCell, passes bool) {
	for _, t := range tests {
		for _, c := range cells {
			list := slices.DeleteFunc(slices.Clone(c.Findings), func(f failover.Finding) bool { return f.Verdict == failover.Pass && !passes })
			if c.Test != t.ID || len(list) == 0 {
				continue
			}
			s.print("")
			s.print(s.tongue.T("{test}, {side}:", "test", s.tongue.Say(t.Title), "side", s.sideName(c.Side)))
			s.tellFindings(s.print, list, true)
		}
	}
}

// lastConnections says in a line how old the connectivity tests are, where there were any.
func (s *session) lastConnections(ctx context.Context, e *engine.Engine) {
	got, ok := e.LastConnect(ctx)
	if !ok {
		return
	}
	pass, all, oldest := 0, 0, s.Now()
	for _, c := range got.Cells {
		if c.State != engine.CellDone {
			continue
		}
		all++
		if c.Verdict == failover.Pass {
			pass++
		}
		if c.At.Before(oldest) {
			oldest = c.At
		}
	}
	s.printT("Connectivity tests: {count} of {all} passed, the oldest {age} ago. Again: lifeboat check --connections",
		"count", pass, "all", all, "age", s.tongue.Span(max(0, s.Now().Sub(oldest))))
}
