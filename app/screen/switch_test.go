package screen_test

import (
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/app/look"
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
	long := d
	long.Name, long.Secondary.Name = "a-company-with-quite-a-long-name.example.", "The Very Reliable Mail Hosting Company of Hokkaido"
	long.Primary.Submission.Host = "submission.of-the-primary-in-the-eastern-region.mail-hosting-provider.example"
	concerns := func(string, failover.Role) []presenter.Row {
		return []presenter.Row{{Light: presenter.LightDown, Label: "Your addresses accepted at Fastmail: 38 of 40.", Value: "Tested 6 s ago."}, {Light: presenter.LightUnknown, Label: "The tests are 3 days old."}}
	}
	for name, c := range map[string]struct {
		switcher presentertest.Switcher
		typed    bool
		phase    presenter.Phase
		want     string
		kind     failover.Kind // empty is a failover
		open     failover.StepState
		concerns func(string, failover.Role) []presenter.Row
	}{
		"asking":     {switcher: presentertest.Switcher{Domain: d, Routed: true}, typed: true, phase: presenter.PhaseAsking, want: "86", concerns: concerns},
		"running":    {switcher: presentertest.Switcher{Domain: d, Routed: true, Fresh: []int{5}, Wait: make(chan struct{})}, phase: presenter.PhaseRunning, want: "Fastmail"},
		"home":       {switcher: presentertest.Switcher{Domain: d, Routed: true}, typed: true, phase: presenter.PhaseAsking, want: "Microsoft 365", kind: failover.Failback},
		"route":      {switcher: presentertest.Switcher{Domain: d}, typed: true, phase: presenter.PhaseAsking, want: "Fastmail", kind: failover.SendRoute},
		"long":       {switcher: presentertest.Switcher{Domain: long, Routed: true}, typed: true, phase: presenter.PhaseAsking, want: "Hokkaido"},
		"unfinished": {switcher: presentertest.Switcher{Domain: d}, open: failover.Sent, want: "sato@desk"},
		"idle":       {switcher: presentertest.Switcher{Domain: d}, want: "38 of 40", concerns: concerns},
		"done":       {switcher: presentertest.Switcher{Domain: d, Fresh: []int{6}}, typed: false, phase: presenter.PhaseDone, want: "Fastmail"},
		"refused":    {switcher: presentertest.Switcher{Domain: d, Refuse: refusal}, typed: true, phase: presenter.PhaseRefused, want: "sales@aoba.example"},
	} {
		t.Run(name, func(t *testing.T) {
			inPairs(t, name == "asking" || name == "running" || name == "refused", func(t *testing.T, l i18n.Language) {
				if c.kind == "" {
					c.kind = failover.Failover
				}
				p := presenter.NewSwitch(tongue(t, l), c.switcher, presenter.SwitchOptions{
					Waiting: func() int { return 86 }, Concerns: c.concerns,
					Open: func() *engine.RunSummary {
						if c.open == "" {
							return nil
						}
						return presentertest.Open(d, c.open)
					},
					Domains: []failover.Domain{c.switcher.Domain}, Now: presentertest.Now, Turn: presenter.NewTurn(), Typed: c.typed,
					Route: func() failover.Route { return failover.RoutePrimary },
					Runs: func() []engine.RunSummary {
						return []engine.RunSummary{{Kind: failover.Failback, Who: "sato@desk", Started: presentertest.Noon.AddDate(0, -1, 0), Result: "done"}, {Kind: failover.Failover, Who: "sato@desk", Started: presentertest.Noon.AddDate(0, -1, -1), Result: "done"}}
					},
				})
				s := screen.NewSwitch(tongue(t, l), p, func(presenter.SwitchDo, string) {})
				if c.phase != presenter.PhaseIdle {
					await(t, func() bool {
						if c.switcher.Wait != nil && !slices.ContainsFunc(p.State().Rungs, func(r presenter.Rung) bool { return len(r.Rows) > 0 }) {
							return false
						}
						return p.Phase() == c.phase
					}, func(changed func()) {
						p.Begin(t.Context(), presenter.Order{Kind: c.kind, To: failover.Secondary, Yes: !c.typed}, changed)
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

// The yes is typed and given with keys alone; Enter in the field gives none.
func TestSwitchByKeyboard(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(look.NewTheme())
	d := presentertest.Domain()
	p := presenter.NewSwitch(tongue(t, i18n.English), presentertest.Switcher{Domain: d, Routed: true}, presenter.SwitchOptions{
		Domains: []failover.Domain{d}, Now: presentertest.Now, Turn: presenter.NewTurn(), Typed: true,
	})
	var did []presenter.SwitchDo
	s := screen.NewSwitch(tongue(t, i18n.English), p, func(do presenter.SwitchDo, text string) { did = append(did, do+presenter.SwitchDo(" "+text)) })
	w := test.NewTempWindow(t, container.NewBorder(nil, s.Bar(), nil, nil, s.Content()))
	w.Resize(usual)
	await(t, func() bool { return p.Phase() == presenter.PhaseAsking }, func(changed func()) {
		p.Begin(t.Context(), presenter.Order{Kind: failover.Failover}, changed)
	})
	s.Update()
	key := func(n fyne.KeyName) { w.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: n}) }
	for _, r := range "aoba.example" { // the field has the focus by itself
		w.Canvas().Focused().TypedRune(r)
	}
	key(fyne.KeyReturn)
	if len(did) != 0 {
		t.Fatalf("Enter in the field did %v", did)
	}
	for i := 0; len(did) == 0 && i < 8; i++ {
		test.FocusNext(w.Canvas())
		if b, ok := w.Canvas().Focused().(*widgets.Button); ok && b.Text() == "Switch mail" {
			key(fyne.KeySpace)
		}
	}
	if len(did) != 1 || did[0] != presenter.DoYes+" aoba.example" {
		t.Errorf("keys did %v", did)
	}
	p.Stop()
}
