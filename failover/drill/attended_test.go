package drill_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/detect"
	"lifeboat/failover/drill"
	"lifeboat/failover/lab"
)

// short is an outage for a quick world; the change makes another one of it.
func short(change func(*drill.Scenario)) drill.Scenario {
	sec := func(n float64) drill.Span { return drill.Span(n * float64(time.Second)) }
	s := drill.Scenario{
		Name: "short", Title: "Short", Kinds: []drill.Kind{drill.Functional},
		Right: drill.Right{Moves: []drill.Move{drill.Failover, drill.Failback}, Fault: "resets", Blame: "provider", Delayed: true, Why: "It is down."},
		Script: []drill.Act{
			{Delay: sec(2), Do: drill.Break, Role: failover.Primary, Fault: lab.Reset, Says: "it breaks"},
			{After: drill.Arrived, Delay: sec(3), Do: drill.Mend, Role: failover.Primary, Says: "it works"},
			{After: drill.Home, Delay: sec(1), Do: drill.Finish},
		},
	}
	if change != nil {
		change(&s)
	}
	return s
}

// desk is somebody at the controls of an attended drill.
type desk struct {
	*drill.Session
	t  *testing.T
	op *operator
	w  *lab.World
}

// sit prepares an attended drill; react is told of each entry of the timeline.
func sit(t *testing.T, sc drill.Scenario, react func(*desk, drill.Entry)) *desk {
	t.Helper()
	d := &desk{t: t, w: world(t, 20)}
	d.op = &operator{w: d.w, sc: sc}
	var err error
	d.Session, err = drill.NewSession(drill.SessionOptions{
		ID: "desk", Scenario: sc, World: d.w, Operator: d.op, Facilitator: "Mori", Seed: 7, Version: "1.2.3",
		Participants: []drill.Participant{{Name: "Sato"}}, Targets: drill.Targets{CostPerHour: 60, Currency: "EUR"},
		Tell: func(ev drill.Event) {
			if ev.Entry != nil {
				d.op.hears(*ev.Entry)
				t.Logf("%8s %-8s %s %v", ev.Entry.Since, ev.Entry.Kind, ev.Entry.Who, ev.Entry.Say)
				react(d, *ev.Entry)
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// A person decides: nothing happens without them, and what they say is on record.
func TestAttended(t *testing.T) {
	t.Parallel()
	d := sit(t, short(nil), func(d *desk, e drill.Entry) {
		switch {
		case e.Say.String() == "down":
			snap := d.Snapshot()
			if !snap.Running || snap.Faulted.IsZero() || len(snap.Ahead) != 2 || snap.Ahead[0].At >= 0 || snap.Ahead[0].Say.String() != "it works" {
				d.t.Errorf("%+v", snap)
			}
			d.Decide(drill.Failover, "Sato", "customers call")
			d.Note(drill.Observation{Who: "Mori", Text: "it took a while"})
		case e.Kind == drill.EntryFound && e.Say.String() == "fine" && d.Snapshot().Moves != nil:
			d.Decide(drill.Failback, "Sato", "")
		}
	})
	r, err := d.Run(t.Context())
	if err != nil || !r.Passed {
		t.Errorf("%v\n%v", err, r.Checks)
	}
	if len(r.Moves) != 2 || r.Moves[0].Who != "Sato" || r.Moves[0].Why != "customers call" || !r.Moves[0].Advice.IsZero() {
		t.Errorf("%+v", r.Moves)
	}
	if r.ID != "desk" || r.Facilitator != "Mori" || r.Seed != 7 || r.Version != "1.2.3" || r.Domain != "example.test" || r.Factor != 20 || len(r.Participants) != 1 || len(r.Observations) != 1 {
		t.Errorf("%+v", r)
	}
	if r.Mail.Sent == 0 || r.Mail != d.w.Totals() {
		t.Errorf("%+v", r.Mail)
	}
	for _, name := range []drill.MeasureName{drill.MeasureDetect, drill.MeasureDecide, drill.MeasureSwitch, drill.MeasureVerify, drill.MeasureFirstMail, drill.MeasureDrained, drill.MeasureFailback, drill.MeasureHome, drill.MeasureOldTTL} {
		if _, ok := r.Took(name); !ok {
			t.Errorf("%s is not measured", name)
		}
	}
	if !slices.IsSortedFunc(r.Timeline, func(a, b drill.Entry) int { return a.At.Compare(b.At.Add(-time.Second)) }) {
		t.Error("the timeline goes to and fro")
	}
	if s := d.Snapshot(); s.Running || s.Result == nil || s.Problem != nil || len(s.Ahead) != 0 {
		t.Errorf("%+v", s)
	}
	if _, err := d.Run(t.Context()); !errors.Is(err, failover.ErrInvalid) {
		t.Errorf("a second time: %v", err)
	}
}

// Decisions wait for each other, and are carried out in their order.
func TestDecisionsQueue(t *testing.T) {
	t.Parallel()
	d := sit(t, short(nil), func(d *desk, e drill.Entry) {
		if e.Say.String() == "down" {
			d.Decide(drill.Stay, "Sato", "")
			d.Decide(drill.Failover, "Sato", "")
			d.Decide(drill.SendOnly, "Sato", "")
			d.Decide("dance", "Sato", "")
			d.Decide(drill.Stay, "Mori", "")
		}
		if e.Kind == drill.EntryMail {
			d.End()
		}
	})
	r, err := d.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []drill.Move
	for _, m := range r.Moves {
		got = append(got, m.Move)
	}
	if !slices.Equal(got, []drill.Move{drill.Stay, drill.Failover, drill.SendOnly, drill.Stay}) {
		t.Errorf("%v", got)
	}
}

// A drill can be ended in the middle: what was broken is mended and the mail
// arrives, but it is no drill that passed.
func TestEndedByHand(t *testing.T) {
	t.Parallel()
	sc := short(func(s *drill.Scenario) {
		s.Script = slices.Insert(s.Script, 1, drill.Act{Delay: drill.Span(2 * time.Second), Do: drill.SpoilMX, Says: "it is spoiled"},
			drill.Act{Delay: drill.Span(2 * time.Second), Do: drill.CutLine}, drill.Act{Delay: drill.Span(2 * time.Second), Do: drill.BreakUpdates, Fault: lab.Silent},
			drill.Act{Delay: drill.Span(2 * time.Second), Do: drill.BreakDNS, Hosts: []string{"ns2"}, Fault: lab.Lame},
			drill.Act{Delay: drill.Span(2 * time.Second), Do: drill.TurnPage, Role: failover.Primary, Page: lab.StatusGone})
	})
	d := sit(t, sc, func(d *desk, e drill.Entry) {
		if e.Say.String() == "down" {
			d.End()
			d.End()
		}
	})
	r, err := d.Run(t.Context())
	if err != nil || r.Passed || r.Mail.Waiting != 0 || r.Mail.Lost+r.Mail.Bounced+r.Mail.Doubled != 0 {
		t.Errorf("%v, %v, %+v", err, r.Passed, r.Mail)
	}
	if d.w.Fault(failover.Primary) != lab.None || d.w.Domain().RouteOf(d.w.Truth("example.test.", "MX")) != failover.RoutePrimary {
		t.Error("something is broken yet")
	}
	if i := slices.IndexFunc(r.Checks, func(c drill.Check) bool { return c.Say.String() == "The script was not played to its end." }); i < 0 || r.Checks[i].OK {
		t.Errorf("%v", r.Checks)
	}
}

func TestRefusedMove(t *testing.T) {
	t.Parallel()
	var refusals int
	d := sit(t, short(func(s *drill.Scenario) {
		s.Script = append(s.Script, drill.Act{After: drill.Refused, Do: drill.Mend, Role: failover.Primary, Says: "it works after all"})
	}), func(d *desk, e drill.Entry) {
		switch {
		case e.Say.String() == "down":
			d.Decide(drill.Failover, "Sato", "")
		case e.Say.String() == "sales@example.test is refused by mx1":
			refusals++
			d.End()
		}
	})
	d.op.refuse = func(drill.Move) error {
		return failover.Fail(failover.ErrBlocked, "{address} is refused by {mx}", "address", "sales@example.test", "mx", "mx1")
	}
	r, err := d.Run(t.Context())
	if err != nil || refusals != 1 || len(r.Moves) != 1 || r.Moves[0].Refused.String() != "sales@example.test is refused by mx1" {
		t.Errorf("%v, %d, %+v", err, refusals, r.Moves)
	}
}

// An unattended drill asks again for what is refused, but not for ever, and gives up
// when nothing happens any more.
func TestUnattendedAsksAgain(t *testing.T) {
	t.Parallel()
	tries := 0
	r, err := hold(t, short(nil), func(o *operator, _ *drill.SessionOptions) {
		o.refuse = func(m drill.Move) error {
			if tries++; m == drill.Failover && tries < 3 {
				return failover.Fail(failover.ErrLocked, "somebody else is at it")
			}
			return nil
		}
	})
	if err != nil || !r.Passed || len(r.Moves) != 4 || r.Moves[0].Refused.IsZero() || !r.Moves[2].Refused.IsZero() {
		t.Errorf("%v, %v, %+v", err, r.Passed, r.Moves)
	}
	if r.Moves[0].Who != "Lifeboat's advice" || r.Moves[0].Advice.String() != "a switch would help" {
		t.Errorf("%+v", r.Moves[0])
	}
}

// What goes wrong with a drill itself is told, and what was measured until then is
// kept.
func TestBrokenOff(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*operator, *drill.SessionOptions)
		says   string
	}{
		"the screen is closed": {func(*operator, *drill.SessionOptions) {}, "The drill was broken off."},
		"the world ends": {func(o *operator, opt *drill.SessionOptions) {
			tell := opt.Tell
			opt.Tell = func(ev drill.Event) {
				tell(ev)
				if ev.Entry != nil && ev.Entry.Kind == drill.EntryFault {
					go o.w.Close()
				}
			}
		}, "The practice world ended before the drill did."},
		"detection ends": {func(o *operator, opt *drill.SessionOptions) { opt.Operator = blind{o} }, "Detection stopped in the middle of the drill."},
		"the world cannot do it": {func(_ *operator, opt *drill.SessionOptions) { opt.Scenario.Script[0].Fault = "sulk" },
			`The scenario "short" cannot be played: act 1 of its script is nothing that the practice world can do.`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := world(t, 20)
			o := &operator{w: w, sc: short(nil)}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			opt := drill.SessionOptions{Scenario: short(nil), World: w, Operator: o, Tell: func(ev drill.Event) {
				if ev.Entry != nil && ev.Entry.Kind == drill.EntryFault && name == "the screen is closed" {
					cancel()
				}
			}}
			c.change(o, &opt)
			s, err := drill.NewSession(opt)
			if err != nil {
				t.Fatal(err)
			}
			r, err := s.Run(ctx)
			if err == nil || !strings.HasPrefix(err.Error(), c.says) || r.Passed || r.Broke.String() != c.says || r.ID == "" || r.Started.IsZero() {
				t.Errorf("%v; %v, %q", err, r.Passed, r.Broke)
			}
			if snap := s.Snapshot(); snap.Problem == nil || snap.Running {
				t.Errorf("%+v", snap)
			}
		})
	}
}

// blind is an operator whose detection gives up.
type blind struct{ *operator }

func (blind) Watch(context.Context, time.Duration, func(detect.State)) error {
	return errors.New("no eyes")
}

func TestSessionNeedsAScript(t *testing.T) {
	w := world(t, 20)
	for _, opt := range []drill.SessionOptions{{}, {World: w, Operator: &operator{}}, {Scenario: short(nil), World: w}} {
		if _, err := drill.NewSession(opt); !errors.Is(err, failover.ErrInvalid) {
			t.Errorf("%v", err)
		}
	}
}
