package presenter

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"lifeboat/app/i18n"
)

// whenShort tells a time in a list: the time of day today, then yesterday, the weekday,
// the day, and with the year when it is another one.
func whenShort(t *i18n.Tongue, at, now time.Time) string {
	at, now = at.Local(), now.Local()
	switch days := daysBetween(at, now); {
	case at.IsZero():
		return ""
	case days == 0:
		return clockTime(at)
	case days == 1:
		return t.T("Yesterday")
	case days > 1 && days < 7:
		return weekday(t, at)
	default:
		return day(t, at, now)
	}
}

// clockTime is a time of day, to the minute.
func clockTime(at time.Time) string { return fmt.Sprintf("%d:%02d", at.Hour(), at.Minute()) }

// daysBetween is how many midnights lie between two times.
func daysBetween(at, now time.Time) int {
	midnight := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC) }
	return int(midnight(now).Sub(midnight(at)).Hours() / 24)
}

func weekday(t *i18n.Tongue, at time.Time) string {
	return []string{
		t.T("Sunday"), t.T("Monday"), t.T("Tuesday"), t.T("Wednesday"), t.T("Thursday"), t.T("Friday"), t.T("Saturday"),
	}[at.Weekday()]
}

// day is a date, with the year when it is another one.
func day(t *i18n.Tongue, at, now time.Time) string {
	if t.Language == i18n.Japanese {
		if at.Year() == now.Year() {
			return at.Format("1月2日")
		}
		return at.Format("2006年1月2日")
	}
	if at.Year() == now.Year() {
		return at.Format("2 Jan")
	}
	return at.Format("2 Jan 2006")
}

// whenLong tells a time where there is room: the date with its weekday, and the time.
func whenLong(t *i18n.Tongue, at, now time.Time) string {
	if at.IsZero() {
		return ""
	}
	at, now = at.Local(), now.Local()
	return t.T("{weekday} {day}, {time}", "weekday", shortWeekday(t, at), "day", day(t, at, now), "time", clockTime(at))
}

// shortWeekday is a weekday in three letters, or in one character.
func shortWeekday(t *i18n.Tongue, at time.Time) string {
	if t.Language == i18n.Japanese {
		return string([]rune("日月火水木金土")[at.Weekday()])
	}
	return at.Format("Mon")
}

// size tells octets as people do: with one decimal up to ten of a unit.
func size(n int64) string {
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	v, units := float64(n), []string{"B", "KB", "MB", "GB", "TB"}
	at := 0
	for v >= 1000 && at < len(units)-1 {
		v /= 1000
		at++
	}
	if v < 10 && at > 1 {
		return fmt.Sprintf("%.1f %s", v, units[at])
	}
	return fmt.Sprintf("%.0f %s", v, units[at])
}

// person is somebody as a header has them, "Name <address>": the name, or else the
// address.
func person(text string) (name, address string) {
	text = clean(text)
	open := strings.LastIndexByte(text, '<')
	if open < 0 || !strings.HasSuffix(text, ">") {
		return text, text
	}
	name, address = strings.TrimSpace(text[:open]), text[open+1:len(text)-1]
	name = strings.Trim(name, `"' `)
	if name == "" {
		name = address
	}
	return name, address
}

// people are the names of several, one after the other.
func people(t *i18n.Tongue, list []string) string {
	names := make([]string, len(list))
	for i, p := range list {
		names[i], _ = person(p)
	}
	return strings.Join(names, comma(t))
}

func comma(t *i18n.Tongue) string {
	if t.Language == i18n.Japanese {
		return "、"
	}
	return ", "
}

// initial is the first letter of a name.
func initial(name string) string {
	for _, r := range name {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return string(unicode.ToUpper(r))
		}
	}
	return "?"
}

// clean takes out of a text what would change how the text around it is read: characters
// that turn the direction of writing, with which "exe.pdf" is shown for "fdp.exe", and
// control characters.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n':
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r) && r != '\u200d': // joins the parts of some signs
			return -1
		}
		return r
	}, text)
}
