package presenter

import (
	"strings"
	"time"

	"lifeboat/app/engine"
)

// Memory keeps small things between two starts of the program, as the preferences of
// a desktop program do.
type Memory interface {
	String(key string) string
	SetString(key, value string)
}

const (
	putOffFor = 7 * 24 * time.Hour
	putOffKey = "home.later." // before what was put off
	drillDue  = 30 * 24 * time.Hour
)

// PutOff puts the step that is shown off for a week.
func (h *Home) PutOff() {
	s := h.State()
	if s.Next == nil || s.Next.Key == "" || h.opt.Memory == nil {
		return
	}
	kind, about, _ := strings.Cut(s.Next.Key, " ")
	h.opt.Memory.SetString(putOffKey+kind, h.opt.Now().Add(putOffFor).UTC().Format(time.RFC3339)+" "+about)
}

// putOff reports whether a step was put off, and nothing about it has changed.
func (f facts) putOff(key string) bool {
	if f.memory == nil {
		return false
	}
	kind, about, _ := strings.Cut(key, " ")
	until, was, _ := strings.Cut(f.memory.String(putOffKey+kind), " ")
	at, err := time.Parse(time.RFC3339, until)
	return err == nil && f.now.Before(at) && was == about
}

// useful is the next useful step while nothing presses: the first that applies and was
// not put off.
func (f facts) useful() *NextStep {
	t := f.t
	if f.practice {
		return &NextStep{
			Text:    t.T("Set up Lifeboat for your own domain."),
			Buttons: []Button{{t.T("Set up"), DoSetUp, false}},
		}
	}
	return f.first(f.mendTests, f.mendMirror, f.finishSetUp, f.heedWarning, f.testAgain, f.rehearse)
}

// first is the first step that applies and was not put off.
func (f facts) first(steps ...func() *NextStep) *NextStep {
	for _, find := range steps {
		s := find()
		if s == nil || s.Key != "" && f.putOff(s.Key) {
			continue
		}
		if s.Key != "" && f.memory != nil {
			s.Buttons = append([]Button{{f.t.T("In a week"), DoPutOff, false}}, s.Buttons...)
		}
		return s
	}
	return nil
}

// mendTests is for tests that fail.
func (f facts) mendTests() *NextStep {
	t := f.t
	if f.tests.Failing == 0 {
		return nil
	}
	s := &NextStep{Key: "fails " + f.tests.Key, Text: f.tests.First, Buttons: []Button{{t.T("See what to do"), DoTests, true}}}
	if f.tests.Failing > 1 {
		s.Detail = t.T("Tests that fail: {count}. The page Tests says what to do about each.", "count", f.tests.Failing)
	} else {
		s.Detail = t.T("The page Tests has the exact answer, and what to do about it.")
	}
	return s
}

// mendMirror is for a mirror that is missing, cannot be read, or is old.
func (f facts) mendMirror() *NextStep {
	t, m := f.t, f.mirror
	if m == nil {
		return nil
	}
	s := &NextStep{Key: "mirror " + string(m.State), Detail: say(t, m.Say), Buttons: []Button{{t.T("Set up"), DoSetUp, true}}}
	switch m.State {
	case engine.NoMirror:
		s.Text = t.T("Set up the mirror, so that earlier mail can be read in an outage.")
	case engine.EmptyMirror:
		s.Text = t.T("Fill the mirror, so that earlier mail can be read in an outage.")
		s.Detail = ""
	case engine.LockedMirror, engine.BrokenMirror:
		s.Text = t.T("The mirror cannot be read.")
		s.Buttons[0] = Button{t.T("See what to do"), DoMail, true}
	default:
		return f.freshen(s)
	}
	return s
}

// freshen is for a mirror that falls behind.
func (f facts) freshen(s *NextStep) *NextStep {
	t, m := f.t, f.mirror
	for _, a := range m.Accounts {
		if a.Failed.IsZero() || !a.Removed.IsZero() {
			continue
		}
		s.Key = "mirror " + a.Account
		s.Text = t.T("The mirror cannot reach {account}.", "account", a.Account)
		s.Detail = say(t, a.Failed)
		return s
	}
	if a, pressing := f.alarm(); pressing {
		s.Key, s.Text, s.Detail = "mirror alarm "+a.Account+" "+a.Say.Template, say(t, a.Say), join(t, say(t, a.Why), say(t, a.Do))
		s.Buttons[0] = Button{t.T("See what to do"), DoMail, true}
		return s
	}
	if m.State != engine.ReadyMirror || m.Complete.IsZero() || f.now.Sub(m.Complete) < mirrorOld {
		return nil
	}
	s.Text = t.T("The mirror is {span} old.", "span", aged(t, f.now.Sub(m.Complete)))
	s.Detail = t.T("What arrived since could not be read in an outage.")
	s.Buttons[0] = Button{t.T("See what to do"), DoMail, true}
	return s
}

// finishSetUp is for what the set-up still has open.
func (f facts) finishSetUp() *NextStep {
	if len(f.setUp) == 0 {
		return nil
	}
	return &NextStep{
		Key: "setup " + f.setUp[0].Template, Text: say(f.t, f.setUp[0]), Detail: f.t.T("This was left open when Lifeboat was set up."),
		Buttons: []Button{{f.t.T("Set up"), DoSetUp, true}},
	}
}

// heedWarning is for what the preflight warns of, as a DKIM key that is not published.
func (f facts) heedWarning() *NextStep {
	if f.status == nil || len(f.status.Ready.Warnings) == 0 {
		return nil
	}
	w := f.status.Ready.Warnings[0]
	return &NextStep{
		Key: "warning " + w.Check + " " + w.Subject, Text: say(f.t, w.Say), Detail: sayRemedy(f, w),
		Buttons: []Button{{f.t.T("Look again"), DoCheck, true}},
	}
}

// testAgain is for tests that were never made, or too long ago.
func (f facts) testAgain() *NextStep {
	t := f.t
	s := &NextStep{Key: "tests", Buttons: []Button{{t.T("Test now"), DoTestAll, true}}}
	switch {
	case !f.tested:
		return nil
	case f.tests.Light == NoLight || f.tests.Oldest.IsZero():
		s.Text = t.T("Test all connections, of both providers and of the emergency subdomain.")
	case f.now.Sub(f.tests.Oldest) >= putOffFor: // they are said to be old on their own page
		s.Text = t.T("Test all connections: the tests are {span} old.", "span", t.Span(f.now.Sub(f.tests.Oldest)))
	default:
		return nil
	}
	return s
}

// rehearse is for when no drill was held lately.
func (f facts) rehearse() *NextStep {
	t := f.t
	if f.drill != nil && f.now.Sub(f.drill.At) < drillDue {
		return nil
	}
	return &NextStep{
		Key: "drill", Text: t.T("Rehearse a switch. It takes a quarter of an hour and touches nothing real."),
		Buttons: []Button{{t.T("Start a drill"), DoDrill, true}},
	}
}

// day is the day and the time.
func (f facts) day() string {
	at := f.now.Local()
	return f.t.T("{weekday} {day} {month}, {time}", "weekday", f.weekday(at.Weekday()), "day", at.Day(), "month", f.month(at.Month()), "time", at.Format("15:04"))
}

func (f facts) weekday(d time.Weekday) string {
	t := f.t
	return []string{t.T("Sun"), t.T("Mon"), t.T("Tue"), t.T("Wed"), t.T("Thu"), t.T("Fri"), t.T("Sat")}[d]
}

func (f facts) month(m time.Month) string {
	t := f.t
	return []string{
		t.T("Jan"), t.T("Feb"), t.T("Mar"), t.T("Apr"), t.T("May"), t.T("Jun"),
		t.T("Jul"), t.T("Aug"), t.T("Sep"), t.T("Oct"), t.T("Nov"), t.T("Dec"),
	}[m-1]
}
