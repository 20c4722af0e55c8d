package presenter

import (
	"slices"
	"strconv"
	"strings"

	"lifeboat/failover"
)

// planned is the plan that the page is about: the one that is asked about or carried
// out, or that of the run that was left open.
func (v switchView) planned() failover.Plan {
	switch {
	case v.isOpen():
		return *v.open.Plan
	case v.preview != nil:
		return v.preview.Plan
	default:
		return v.outcome.Plan
	}
}

// isOpen reports whether the page is about a run that broke off, before this window or
// in it, and what it wanted is known.
func (v switchView) isOpen() bool {
	return v.phase == PhaseIdle && v.open != nil && v.open.Plan != nil
}

// plan shows what would change: for mail that comes in and for mail that goes out,
// first in words, then in records.
func (v switchView) plan(s *SwitchState) {
	p := v.planned()
	if p.Empty() || !v.isOpen() && (v.preview == nil || v.phase == PhaseIdle) {
		return
	}
	t := v.tongue
	s.Incoming, s.Outgoing = v.incoming(p), v.outgoing(p)
	s.Note = t.T("Left alone: every other record. SPF and DKIM stay as they are.")
	if s.Incoming == nil {
		s.Note = t.T("Left alone: every record. Mail to you arrives where it did.")
	}
	for _, n := range p.Notes {
		s.Warnings = append(s.Warnings, Row{LightCare, failover.Display(n.Domain), say(t, n.Say)})
	}
	if v.preview != nil {
		for _, d := range v.preview.Domains {
			for _, w := range v.preview.Judgements[d.Name].Warnings {
				s.Warnings = append(s.Warnings, Row{LightCare, failover.Display(d.Name), say(t, w.Say)})
			}
		}
	}
	if len(s.Warnings) > recordsShown {
		s.Warnings = s.Warnings[:recordsShown]
	}
}

// whose says whose mail changes.
func (v switchView) whose(domains []string) string {
	if n := len(domains); n > 1 {
		return v.tongue.T("for everyone at {count} domains", "count", n)
	}
	return v.tongue.T("for everyone at {domain}", "domain", failover.Display(domains[0]))
}

// incoming is the change for mail that comes in; nil where no record changes.
func (v switchView) incoming(p failover.Plan) *ChangeState {
	if len(p.Steps) == 0 {
		return nil
	}
	t := v.tongue
	main, _ := v.main()
	d := v.named(main.Domain)
	c := &ChangeState{Title: t.T("Incoming mail"), Before: v.provider(d, main.Before), After: v.provider(d, main.After)}
	var domains []string
	names := map[string]bool{}
	for _, st := range p.Steps {
		if names[st.After.Name] = true; !slices.Contains(domains, st.Domain) {
			domains = append(domains, st.Domain)
		}
	}
	c.For = v.whose(domains)
	for _, st := range p.Steps {
		for _, r := range stepRecords(st, len(names) > 1) {
			c.add(r)
		}
	}
	c.more(v)
	return c
}

// outgoing is the change for mail that goes out; nil where no send route moves.
func (v switchView) outgoing(p failover.Plan) *ChangeState {
	if len(p.Routes) == 0 {
		return nil
	}
	t := v.tongue
	main, _ := v.route()
	d := v.named(main.Domain)
	c := &ChangeState{Title: t.T("Outgoing mail"), Before: d.Provider(main.Before).Name, After: d.Provider(main.After).Name}
	var domains []string
	for _, st := range p.Routes {
		domains = append(domains, st.Domain)
	}
	c.For = v.whose(domains)
	if n := v.waits; n > 0 {
		c.For = t.T("{count} queued messages leave first", "count", grouped(n))
	}
	for _, st := range p.Routes {
		for _, r := range []failover.Role{st.Before, st.After} {
			text := through(v.named(st.Domain).Provider(r))
			if len(p.Routes) > 1 {
				text = failover.Display(st.Domain) + "  " + text
			}
			c.add(RecordRow{r == st.After, text})
		}
	}
	c.more(v)
	return c
}

// through is where mail is handed to a provider.
func through(p failover.Provider) string {
	if p.Submission.Host == "" {
		return p.Name
	}
	return p.Submission.Host + ":" + strconv.Itoa(int(p.Submission.Port))
}

// add adds a row, and counts those that are too many to be shown.
func (c *ChangeState) add(r RecordRow) {
	if len(c.Records) < recordsShown {
		c.Records = append(c.Records, r)
		return
	}
	c.hidden++
}

func (c *ChangeState) more(v switchView) {
	if c.hidden > 0 {
		c.More = v.tongue.T("and {count} more", "count", c.hidden)
	}
}

// stepRecords are a step's records: those that go, then those that come. A TTL is told
// where nothing else changes.
func stepRecords(st failover.Step, named bool) []RecordRow {
	var out []RecordRow
	before := st.After.Type + "  "
	if named {
		before = failover.Display(st.After.Name) + "  " + before
	}
	add := func(set failover.RRset, isNew bool) {
		after := ""
		if st.Before.SameValues(st.After) {
			after = "  TTL " + strconv.FormatUint(uint64(set.TTL), 10)
		}
		for _, value := range set.Values {
			out = append(out, RecordRow{isNew, before + strings.TrimSuffix(value, ".") + after})
		}
	}
	add(st.Before, false)
	add(st.After, true)
	return out
}

// provider is where a set leads.
func (v switchView) provider(d failover.Domain, set failover.RRset) string {
	t := v.tongue
	switch d.RouteOf(set) {
	case failover.RoutePrimary:
		return d.Primary.Name
	case failover.RouteSecondary:
		return d.Secondary.Name
	case failover.RouteMixed:
		return t.T("both")
	case failover.RouteNone:
		return t.T("nowhere")
	default:
		return t.T("elsewhere")
	}
}

// named is the domain of that name, among those of the plan.
func (v switchView) named(name string) failover.Domain {
	all := v.opt.Domains
	if v.preview != nil {
		all = v.preview.Domains
	}
	for _, d := range all {
		if d.Name == name {
			return d
		}
	}
	return v.domain()
}
