package presenter

import (
	"fmt"
	"strings"
	"time"

	"lifeboat/app/i18n"
)

// say tells a sentence as a whole one; what says nothing stays empty.
func say(t *i18n.Tongue, s i18n.Speaker) string { return t.Whole(t.Say(s)) }

// Problem tells an error in one sentence, the first where several are joined.
func Problem(t *i18n.Tongue, err error) string { return problem(t, err) }

func problem(t *i18n.Tongue, err error) string {
	all := t.Errors(err)
	if len(all) == 0 {
		return ""
	}
	return t.Whole(all[0])
}

// join puts sentences one after the other, leaving out those that say nothing.
func join(t *i18n.Tongue, sentences ...string) string {
	var out []string
	for _, s := range sentences {
		if s != "" {
			out = append(out, s)
		}
	}
	if t.Language == i18n.Japanese {
		return strings.Join(out, "")
	}
	return strings.Join(out, " ")
}

// ageStep is what ages below a minute are told to, rounded up: words that change every
// second would have the window painted every second, for as long as it is open.
const ageStep = 6 * time.Second

// aged tells how old something is, which goes on growing older.
func aged(t *i18n.Tongue, d time.Duration) string {
	if d < time.Minute {
		d = max(d+ageStep-1, 0).Truncate(ageStep)
	}
	return t.Span(d)
}

// ago tells how long ago something was.
func ago(t *i18n.Tongue, at, now time.Time) string {
	d := now.Sub(at)
	if d < ageStep {
		return t.T("just now")
	}
	return t.T("{span} ago", "span", aged(t, d))
}

// exact tells a measured time to the precision that matters for it.
func exact(t *i18n.Tongue, d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return t.T("{n} s", "n", 0)
	case d < 100*time.Millisecond:
		return t.T("{n} ms", "n", d.Milliseconds())
	case d < 10*time.Second:
		return t.T("{n} s", "n", fmt.Sprintf("%.1f", d.Seconds()))
	case d < time.Minute:
		return t.T("{n} s", "n", int(d.Round(time.Second).Seconds()))
	case d < time.Hour:
		s := int(d.Round(time.Second).Seconds())
		return t.T("{m} min {s} s", "m", s/60, "s", fmt.Sprintf("%02d", s%60))
	default:
		m := int(d.Round(time.Minute).Minutes())
		return t.T("{h} h {m} min", "h", m/60, "m", fmt.Sprintf("%02d", m%60))
	}
}

// goal tells a time that was set, without parts that are nothing.
func goal(t *i18n.Tongue, d time.Duration) string {
	s := int(d.Round(time.Second).Seconds())
	switch {
	case d < time.Second:
		return exact(t, d)
	case s < 60:
		return t.T("{n} s", "n", s)
	case s%3600 == 0:
		return t.T("{n} h", "n", s/3600)
	case s%60 == 0 && s < 2*3600:
		return t.T("{n} min", "n", s/60)
	default:
		return exact(t, d)
	}
}

// clock tells a length of time as a clock that runs: "8:42", "1:08:42".
func clock(d time.Duration) string {
	s := max(int(d/time.Second), 0)
	if s < 3600 {
		return fmt.Sprintf("%d:%02d", s/60, s%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
}

// moment tells a time of day: to the second when it is within the last ten minutes,
// with the date when it is another day.
func moment(t *i18n.Tongue, at, now time.Time) string { return t.Clock(at, now) }
