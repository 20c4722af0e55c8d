package presenter_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/app/presenter"
	"lifeboat/app/presenter/presentertest"
	"lifeboat/failover"
	"lifeboat/failover/lab"
)

// practice is practice over a world that does nothing by itself.
type practice struct {
	world  *presentertest.World
	home   *presenter.Home
	change *presenter.Switch
	*presenter.Practice
	domain failover.Domain
}

func newPractice(t *testing.T, l i18n.Language, at failover.Role) *practice {
	t.Helper()
	p := &practice{world: presentertest.NewWorld(presentertest.Picture(at, lab.None), presentertest.Totals(0)), domain: presentertest.Domain()}
	word := tongue(t, l)
	st := presentertest.Status(p.domain, presentertest.Set(p.domain, at))
	p.home = presenter.NewHome(word, lookout{status: engine.Status{At: presentertest.Noon, Domains: []engine.DomainStatus{st}}}, presenter.HomeOptions{
		Domains: []failover.Domain{p.domain}, Now: presentertest.Now, Every: time.Second, Practice: true,
		Waiting: func() int { return p.world.Totals().Waiting },
	})
	p.home.Look(t.Context())
	p.change = presenter.NewSwitch(word, presentertest.Switcher{Domain: p.domain, Fresh: []int{6}}, presenter.SwitchOptions{
		Domains: []failover.Domain{p.domain}, Now: presentertest.Now, Turn: presenter.NewTurn(), Route: p.home.Route,
	})
	p.Practice = presenter.NewPractice(word, p.world, p.world, presenter.PracticeOptions{Home: p.home, Switch: p.change, Domain: p.domain})
	return p
}

// Each trouble breaks something, and mending mends all of it.
func TestPracticeBreaksAndMends(t *testing.T) {
	for _, l := range i18n.Languages() {
		p := newPractice(t, l, failover.Primary)
		if s := p.State(); len(s.Choices) != len(presenter.Troubles()) || s.Mend || len(s.Broken) > 0 {
			t.Errorf("in the beginning: %+v", s)
		}
		for i, k := range presenter.Troubles() {
			p.Break(k)
			s := p.State()
			if !s.Mend || !s.Choices[i].Active || s.Problem != "" {
				t.Errorf("%s: %+v", k, s)
			}
			primary, secondary, line := p.world.Suffers()
			if primary == lab.None && secondary == lab.None && !line {
				t.Errorf("%s breaks nothing", k)
			}
			p.Mend()
			if primary, secondary, line = p.world.Suffers(); primary != lab.None || secondary != lab.None || line || p.State().Mend {
				t.Errorf("%s: mending leaves %s, %s, %v", k, primary, secondary, line)
			}
		}
		p.Break(presenter.TroubleResets)
		p.Break(presenter.TroubleSecondary)
		p.Break(presenter.TroubleDefers)
		if s := p.State(); len(s.Broken) != 2 {
			t.Errorf("the primary has two troubles at once: %v", s.Broken)
		}
		p.world.Refusing = failover.Fail(failover.ErrInvalid, "no such lever")
		p.Break(presenter.TroubleSlow)
		if s := p.State(); s.Problem == "" || len(s.Broken) != 2 {
			t.Errorf("a lever that is refused: %+v", s)
		}
	}
}

// The ledger adds up, whatever the world counts.
func TestLedgerAddsUp(t *testing.T) {
	p := newPractice(t, i18n.English, failover.Primary)
	for _, totals := range []lab.Totals{
		{Sent: 10, Delivered: 10}, {Sent: 10, Delivered: 4, Waiting: 6}, {Sent: 10, Delivered: 3, Waiting: 1, Bounced: 4, Lost: 2, Doubled: 1}, {Sent: 1, Waiting: 1},
	} {
		p.world.Show(presentertest.Picture(failover.Primary, lab.None), totals)
		s, sum := p.State().Ledger, 0
		for _, f := range s.Parts {
			sum += f.Value
		}
		if sum != s.Total.Value || s.Total.Value != totals.Sent {
			t.Errorf("%+v: %d is not %d: %+v", totals, sum, totals.Sent, s)
		}
		if (s.Checks[0].Light == presenter.LightHealthy) != (totals.Lost == 0) || (s.Checks[1].Light == presenter.LightHealthy) != (totals.Doubled == 0) {
			t.Errorf("%+v: %+v", totals, s.Checks)
		}
	}
}

// What is told goes through, the moves of messages too, and neither grows without
// end.
func TestPracticeFollowsTheWorld(t *testing.T) {
	p := newPractice(t, i18n.English, failover.Secondary)
	ctx, cancel := context.WithCancel(t.Context())
	n := &news{ch: make(chan struct{}, 1)}
	var wg sync.WaitGroup
	wg.Go(func() { p.Watch(ctx, n.changed) })
	for i := range 300 {
		p.world.Tell(lab.Event{At: presentertest.Noon, Kind: lab.EventTrouble, Say: failover.Say("trouble {n}", "n", i)})
		p.world.Tell(lab.Event{At: presentertest.Noon.Add(time.Duration(i) * time.Second), Kind: lab.EventDelivered, Sender: lab.Customers, Way: lab.Inbound, Role: failover.Secondary})
	}
	n.until(func() bool { s := p.State(); return len(s.News) > 0 && s.News[0].Says == "Trouble 299." })
	cancel()
	wg.Wait()
	if s := p.State(); len(s.News) > 20 {
		t.Errorf("%d news are kept", len(s.News))
	}
	if first := p.Arrived(failover.Secondary); !first.Equal(presentertest.Noon) {
		t.Errorf("the first mail arrived at %s", first)
	}
	hops := p.Hops()
	if len(hops) == 0 || len(hops) > 50 || hops[0] != (presenter.Hop{From: "customers", To: "secondary"}) || len(p.Hops()) != 0 {
		t.Errorf("%d hops, %+v", len(hops), hops[0])
	}
}

// After a switch the staff hand in their mail where the send route leads, also when the
// records could not follow.
func TestPracticeLeadsTheStaff(t *testing.T) {
	p := newPractice(t, i18n.English, failover.Primary)
	moved := func(to failover.Role, state failover.StepState) failover.Outcome {
		return failover.Outcome{Routes: []failover.RouteOutcome{{State: state, Step: failover.RouteStep{Domain: p.domain.Name, Before: to.Other(), After: to}}}}
	}
	p.Switched(moved(failover.Secondary, failover.Pending), errors.New("broken off"))
	p.Switched(failover.Outcome{Plan: presentertest.Plan(p.domain, failover.Failover)}, nil)
	if p.world.Sends != "" {
		t.Error("a route that was not moved leads the staff elsewhere")
	}
	p.Switched(moved(failover.Secondary, failover.Ack), errors.New("the DNS host is down"))
	if p.world.Sends != failover.Secondary {
		t.Errorf("the staff send through %q", p.world.Sends)
	}
	p.Switched(moved(failover.Primary, failover.Ack), nil)
	if p.world.Sends != failover.Primary {
		t.Errorf("the staff send through %q", p.world.Sends)
	}
}

// TestPracticeHints says what to do next in each situation, in both languages.
func TestPracticeHints(t *testing.T) {
	for _, c := range []struct {
		at      failover.Role
		story   presentertest.Story
		trouble presenter.TroubleKey
		en, ja  string
	}{
		{failover.Primary, presentertest.Calm, "", "Press Break it", "「壊してみる」"},
		{failover.Primary, presentertest.Calm, presenter.TroubleResets, "a few failures in a row", "何回か"},
		{failover.Primary, presentertest.Resets, presenter.TroubleResets, "Press Switch mail", "「切り替える」"},
		{failover.Primary, lineDown, presenter.TroubleLine, "would not help here", "解決しません"},
		{failover.Secondary, presentertest.Resets, presenter.TroubleResets, "Now press Mend", "「直す」"},
		{failover.Secondary, presentertest.Resets, "", "counts as recovered", "復旧と判断"},
		{failover.Secondary, presentertest.Calm, "", "Press Go back home", "「普段に戻す」"},
	} {
		for l, want := range map[i18n.Language]string{i18n.English: c.en, i18n.Japanese: c.ja} {
			p := newPractice(t, l, c.at)
			p.home.Saw(p.domain.Name, presentertest.State(t, p.domain, c.story))
			if c.trouble != "" {
				p.Break(c.trouble)
			}
			if got := p.State().Hint; !strings.Contains(got, want) {
				t.Errorf("%s: the hint is %q, not %q", l, got, want)
			}
		}
	}
}

// TestPracticeMonkey presses everything at once from several sides. The race
// detector looks on, and what is shown always adds up.
func TestPracticeMonkey(t *testing.T) {
	p := newPractice(t, i18n.English, failover.Primary)
	ctx, cancel := context.WithCancel(t.Context())
	var wg, monkeys sync.WaitGroup
	wg.Go(func() { p.Watch(ctx, func() {}) })
	states := []presentertest.Story{presentertest.Calm, presentertest.Resets, lineDown}
	japanese := tongue(t, i18n.Japanese)
	for monkey := range 4 {
		rnd := rand.New(rand.NewPCG(1, uint64(monkey)))
		monkeys.Go(func() {
			for range 150 {
				switch rnd.IntN(12) {
				case 0:
					p.Break(presenter.Troubles()[rnd.IntN(len(presenter.Troubles()))])
				case 1:
					p.Mend()
				case 2:
					p.change.Begin(ctx, presenter.Order{Kind: failover.Failover}, func() {})
				case 3:
					p.change.Answer(rnd.IntN(2) == 0, "")
				case 4:
					p.change.Stop()
				case 5:
					p.change.RollBack(ctx, func() {})
				case 6:
					p.change.Close()
				case 7:
					p.home.Check(ctx, func() {})
				case 8:
					s := presentertest.State(t, p.domain, states[rnd.IntN(len(states))])
					s.At = s.At.Add(time.Duration(rnd.IntN(1e6)) * time.Second)
					p.home.Saw(p.domain.Name, s)
				case 9:
					p.Speak(japanese)
					p.home.Speak(japanese)
					p.change.Speak(japanese)
				case 10:
					p.world.Tell(lab.Event{At: presentertest.Noon, Kind: lab.EventDelivered, Sender: lab.Partners, Way: lab.Inbound, Role: failover.Primary})
				default:
					p.Hops()
				}
				s, h, c := p.State(), p.home.State(), p.change.State()
				if s.Hint == "" || h.Headline == "" || c.Title == "" {
					t.Errorf("nothing is said: %q, %q, %q", s.Hint, h.Headline, c.Title)
				}
			}
		})
	}
	monkeys.Wait()
	cancel()
	wg.Wait()
}
