package fulltext

import (
	"slices"
	"strings"
	"time"

	"lifeboat/mailstore"
)

// keys are what may stand before a colon, in lower case.
var keys = func() []string {
	names := []string{"has", "is", "in", "folder", "account", "on", "date", "since", "after", "before", "フォルダ", "フォルダー", "日付"}
	for _, k := range fieldKeys {
		names = append(names, k.names...)
	}
	return names
}()

// things are what has: and is: may ask for.
var things = map[string]map[string]expr{
	"has": {"attachment": attached{}, "attachments": attached{}, "file": attached{}, "添付": attached{}},
	"is": {
		"unread": State{Key: Unread}, "unseen": State{Key: Unread}, "未読": State{Key: Unread},
		"read": State{Key: Read}, "seen": State{Key: Read}, "既読": State{Key: Read},
		"flagged": State{Key: Flagged}, "starred": State{Key: Flagged},
		"answered": State{Key: Answered}, "replied": State{Key: Answered},
	},
}

// keyed reads what follows a key and its colon.
func (p *parser) keyed(key string) (expr, error) {
	p.space()
	for _, k := range fieldKeys {
		if slices.Contains(k.names, key) && strings.HasPrefix(p.rest, "(") {
			p.rest = p.rest[1:]
			return p.list(k.field)
		}
	}
	var value string
	var star, bare bool
	if strings.HasPrefix(p.rest, `"`) {
		value, star = p.quoted()
	} else {
		value, bare = p.bare(), true
		p.rest = p.rest[len(value):]
		star = strings.HasSuffix(value, "*")
	}
	if Words(value) == "" {
		return nil, mailstore.Fail(mailstore.ErrInvalid, "After {key}: there is nothing to look for. Write it as in {example}.", "key", key, "example", example(key))
	}
	switch key {
	case "has", "is":
		if e := things[key][strings.ToLower(value)]; e != nil {
			return e, nil
		}
		return nil, mailstore.Fail(mailstore.ErrInvalid, "{key}:{value} cannot be looked for. Write one of {known}.",
			"key", key, "value", value, "known", known(key))
	case "in", "folder", "フォルダ", "フォルダー":
		return State{InFolder, Words(value)}, nil
	case "account":
		return State{InAccount, Words(value)}, nil
	case "on", "date", "日付", "since", "after", "before":
		return p.days(key, value)
	}
	for _, k := range fieldKeys {
		if slices.Contains(k.names, key) {
			return some(k.field, value, star, bare), nil
		}
	}
	return nil, nil //nolint:nilnil // there are no others
}

func example(key string) string {
	switch key {
	case "has", "is":
		return known(key)
	case "on", "date", "since", "after", "before", "日付":
		return key + ":2026-11-19"
	}
	return key + ":tanaka"
}

func known(key string) string {
	if key == "has" {
		return "has:attachment"
	}
	return "is:unread, is:read, is:flagged, is:answered"
}

// days reads the days of a key.
func (p *parser) days(key, value string) (expr, error) {
	var d dates
	first, last, isSpan := strings.Cut(value, "..")
	from, next, ok := span(first, p.now)
	if ok && isSpan && (key == "on" || key == "date" || key == "日付") {
		_, next, ok = span(last, p.now)
	} else if isSpan {
		ok = false
	}
	if !ok || next.Before(from) {
		return nil, mailstore.Fail(mailstore.ErrInvalid,
			"{value} is no day. Write {key}:2026-11-19, {key}:2026-11, {key}:today, {key}:yesterday or, for three days ago, {key}:3d.", "key", key, "value", value)
	}
	switch key {
	case "since", "after":
		d.from = from
	case "before":
		d.until = from
	default:
		d.from, d.until = from, next
	}
	if !d.from.IsZero() && !d.until.IsZero() {
		return and{dates{from: d.from}, dates{until: d.until}}, nil
	}
	return d, nil
}

// span returns the days that a word names: from the beginning of one to the beginning
// of another.
func span(text string, now time.Time) (from, next time.Time, ok bool) {
	text = strings.ToLower(strings.TrimSpace(text))
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	day := func(t time.Time) (time.Time, time.Time, bool) {
		return t, t.AddDate(0, 0, 1), t.Year() > 0 && t.Year() < 9999
	}
	switch text {
	case "today", "今日":
		return day(today)
	case "yesterday", "昨日":
		return day(today.AddDate(0, 0, -1))
	}
	text = strings.NewReplacer("/", "-", ".", "-", "年", "-", "月", "-", "日", "").Replace(text)
	text = strings.TrimSuffix(text, "-")
	for _, layout := range []string{"2006-1-2", "20060102"} {
		if t, err := time.ParseInLocation(layout, text, now.Location()); err == nil {
			return day(t)
		}
	}
	if t, err := time.ParseInLocation("2006-1", text, now.Location()); err == nil {
		return t, t.AddDate(0, 1, 0), t.Year() > 0 && t.Year() < 9999
	}
	if t, err := time.ParseInLocation("2006", text, now.Location()); err == nil {
		return t, t.AddDate(1, 0, 0), t.Year() > 0 && t.Year() < 9999
	}
	return ago(text, today, day)
}

// ago reads 3d, 2w, 6m and 1y.
func ago(text string, today time.Time, day func(time.Time) (time.Time, time.Time, bool)) (from, next time.Time, ok bool) {
	n := 0
	digits := strings.TrimRight(text, "dwmy")
	for _, c := range digits {
		if c < '0' || c > '9' || n > 9999 {
			return from, next, false
		}
		n = n*10 + int(c-'0')
	}
	if digits == "" || len(text) != len(digits)+1 {
		return from, next, false
	}
	switch text[len(text)-1] {
	case 'd':
		return day(today.AddDate(0, 0, -n))
	case 'w':
		return day(today.AddDate(0, 0, -7*n))
	case 'm':
		return day(today.AddDate(0, -n, 0))
	}
	return day(today.AddDate(-n, 0, 0))
}
