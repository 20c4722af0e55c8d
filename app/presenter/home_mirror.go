package presenter

import (
	"slices"
	"strconv"
	"time"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
)

// mirrorOld is from when on a mirror is said to be old: it is brought up to date every
// few minutes where it can be.
const mirrorOld = 2 * time.Hour

// mirrorCard tells how old the mirror is, and what is in it.
func (f facts) mirrorCard(a *ages) *FigureCard {
	t, m := f.t, f.mirror
	if m == nil || m.State == "" || f.practice && m.State == engine.NoMirror {
		return nil
	}
	c := &FigureCard{Caption: t.T("Mirror"), Line: say(t, m.Say)}
	if f.practice && m.State == engine.EmptyMirror { // it is made in the first seconds, by itself
		c.Light, c.Title, c.Line = LightWorking, t.T("Not complete yet"), ""
		return c
	}
	switch m.State {
	case engine.NoMirror:
		c.Light, c.Title = LightUnknown, t.T("No mirror yet")
		c.Line = t.T("In an outage nobody could read their earlier mail.")
		return c
	case engine.EmptyMirror:
		c.Light, c.Title = LightUnknown, t.T("Empty")
		c.Line = t.T("Nothing has been mirrored yet.")
		return c
	case engine.ReadyMirror:
	default:
		c.Light, c.Title = LightCare, t.T("Cannot be read")
		return c
	}
	c.Title = t.T("Not complete yet")
	if !m.Complete.IsZero() {
		c.Title = t.T("{span} old", "span", aged(t, f.now.Sub(m.Complete)))
	}
	alarm, pressing := f.alarm()
	if m.Complete.IsZero() || f.now.Sub(m.Complete) >= mirrorOld || pressing {
		c.Light = LightCare
	}
	failing, line := f.mirrorLine()
	if c.Line = line; failing {
		c.Light = LightCare
	} else if pressing {
		c.Line = say(t, alarm.Say)
	}
	c.Values, c.Span, c.Most = a.show(t, f.now)
	return c
}

// justNotice is the severity of what need not be seen to yet.
const justNotice = "notice"

// alarm is the first alarm of the mirror that has to be seen to.
func (f facts) alarm() (engine.MirrorAlarm, bool) {
	for _, a := range f.mirror.Alarms {
		if a.Severity != justNotice {
			return a, true
		}
	}
	return engine.MirrorAlarm{}, false
}

// mirrorLine tells what is in the mirror, and what of it fails.
func (f facts) mirrorLine() (failing bool, line string) {
	t, m := f.t, f.mirror
	fails, days, boxes := 0, 0, 0
	for _, a := range m.Accounts {
		if !a.Removed.IsZero() {
			continue
		}
		boxes++
		days = max(days, a.Days)
		if !a.Failed.IsZero() {
			fails++
		}
	}
	if fails > 0 {
		return true, t.T("{count} of {all} mailboxes cannot be reached.", "count", grouped(fails), "all", grouped(boxes))
	}
	if days == 0 {
		return false, t.T("{boxes} mailboxes, {messages} messages", "boxes", grouped(boxes), "messages", grouped(m.Messages))
	}
	return false, t.T("{boxes} mailboxes, {days} days, {messages} messages", "boxes", grouped(boxes), "days", days, "messages", grouped(m.Messages))
}

// mirrorAge is the sentence on the mirror that follows the headline.
func (f facts) mirrorAge() string {
	if f.mirror == nil || f.mirror.State != engine.ReadyMirror || f.mirror.Complete.IsZero() {
		return ""
	}
	return f.t.T("The mirror is {span} old.", "span", aged(f.t, f.now.Sub(f.mirror.Complete)))
}

// grouped is a number with its thousands apart, as both languages write it.
func grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// ages remembers how old the mirror was, in parts of a day: what was seen while the
// window was open, for nobody else keeps it.
type ages struct {
	parts []agePart // the oldest first
}

type agePart struct {
	begin time.Time
	most  time.Duration
}

const (
	agePartLong  = 30 * time.Minute
	agePartsKept = 48 // a day
	agePartsFew  = 4  // fewer are no picture
)

// add takes in that the mirror was complete up to a moment.
func (a *ages) add(complete, now time.Time) {
	if complete.IsZero() {
		return
	}
	begin, age := now.Truncate(agePartLong), max(now.Sub(complete), 0)
	n := len(a.parts)
	switch {
	case n > 0 && begin.Before(a.parts[n-1].begin): // the clock was set back
	case n > 0 && begin.Equal(a.parts[n-1].begin):
		a.parts[n-1].most = max(a.parts[n-1].most, age)
	default:
		a.parts = append(a.parts, agePart{begin, age})
	}
	oldest := now.Add(-agePartLong * agePartsKept)
	a.parts = slices.DeleteFunc(a.parts, func(p agePart) bool { return p.begin.Before(oldest) })
}

// show is the ages as bars, with what they are. Parts of which nothing is known, since
// the computer slept, are left out.
func (a *ages) show(t *i18n.Tongue, now time.Time) (values []float64, span, most string) {
	if len(a.parts) < agePartsFew {
		return nil, "", ""
	}
	greatest := time.Duration(0)
	for _, p := range a.parts {
		values = append(values, p.most.Seconds())
		greatest = max(greatest, p.most)
	}
	span = t.T("Age over 24 hours")
	if first := a.parts[0].begin; now.Sub(first) < agePartLong*(agePartsKept-2) {
		span = t.T("Age since {when}", "when", first.Local().Format("15:04"))
	}
	return values, span, t.T("oldest {span}", "span", t.Span(greatest))
}
