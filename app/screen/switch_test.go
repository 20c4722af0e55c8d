package screen_test

import (
	"strings"
	"testing"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/app/presenter"
	"lifeboat/app/presenter/presentertest"
	"lifeboat/app/screen"
	"lifeboat/app/shell"
	"lifeboat/app/widgets"
	"lifeboat/failover"
	"lifeboat/failover/probe"
)

// await calls begin and waits until something is so.
func await(t *testing.T, is func() bool, begin func(changed func())) {
	t.Helper()
	changes := make(chan struct{}, 256)
	begin(func() {
		select {
		case changes <- struct{}{}:
		default:
		}
	})
	for !is() {
		<-changes
	}
}

func TestSwitch(t *testing.T) {
	d := presentertest.Domain()
	refusal := &engine.RefusedError{Domain: d.Name, Judgement: probe.Judgement{
		Blocking: []failover.Finding{{Check: "rcpt", Verdict: failover.Red, Say: failover.Say("{address} is refused by {mx}: {answer}", "address", "sales@aoba.example", "mx", "mx1.secondary.example", "answer", "550 5.1.1 unknown"), Remedy: failover.Say("Make the address at the provider, and look again."), At: presentertest.Noon}},
		Unknown:  []failover.Finding{{Check: "starttls", Verdict: failover.Unknown, Say: failover.Say("Nobody has looked at {subject} yet ({check}).", "subject", "mx1.secondary.example", "check", "starttls"), Remedy: failover.Say("Run the check."), At: presentertest.Noon}},
	}}
	for name, c := range map[string]struct {
		switcher presentertest.Switcher
		typed    bool
		phase    presenter.Phase
		want     string
	}{
		"idle":    {presentertest.Switcher{Domain: d}, true, presenter.PhaseIdle, ""},
		"asking":  {presentertest.Switcher{Domain: d}, true, presenter.PhaseAsking, "Microsoft 365"},
		"running": {presentertest.Switcher{Domain: d, Fresh: []int{2, 5}, Wait: make(chan struct{})}, false, presenter.PhaseRunning, "Fastmail"},
		"done":    {presentertest.Switcher{Domain: d, Fresh: []int{6}}, false, presenter.PhaseDone, "Fastmail"},
		"refused": {presentertest.Switcher{Domain: d, Refuse: refusal}, true, presenter.PhaseRefused, "sales@aoba.example"},
	} {
		t.Run(name, func(t *testing.T) {
			themed(t, func(t *testing.T, l i18n.Language) {
				p := presenter.NewSwitch(tongue(t, l), c.switcher, presenter.SwitchOptions{
					Domains: []failover.Domain{d}, Now: presentertest.Now, Turn: presenter.NewTurn(), Typed: c.typed,
					Route: func() failover.Route { return failover.RoutePrimary },
					Runs: func() []engine.RunSummary {
						return []engine.RunSummary{{Kind: failover.Failback, Who: "sato@desk", Started: presentertest.Noon.AddDate(0, -1, 0), Result: "done"}, {Kind: failover.Failover, Who: "sato@desk", Started: presentertest.Noon.AddDate(0, -1, -1), Result: "done"}}
					},
				})
				s := screen.NewSwitch(tongue(t, l), p, func(presenter.SwitchDo, string) {})
				if c.phase != presenter.PhaseIdle {
					await(t, func() bool {
						if c.switcher.Wait != nil && len(p.State().Rungs[3].Rows) == 0 {
							return false
						}
						return p.Phase() == c.phase
					}, func(changed func()) {
						p.Begin(t.Context(), presenter.Order{Kind: failover.Failover, Yes: !c.typed}, changed)
					})
				}
				s.Update()
				w := show(t, framed(t, l, "switch", shell.Page{Content: s.Content(), Bar: s.Bar()}, shell.Watch{Shape: widgets.Working}), usual)
				if got := texts(w.Content()); !strings.Contains(got, c.want) {
					t.Errorf("%q is not shown:\n%s", c.want, got)
				}
				p.Stop()
			})
		})
	}
}
