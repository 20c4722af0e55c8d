package mime

import (
	"strconv"
	"strings"
	"time"

	"lifeboat/mailstore"
)

// answers are the PARTSTAT values of RFC 5545 section 3.2.12 that say something.
var answers = map[string]mailstore.Answer{
	"ACCEPTED": mailstore.Accepted, "DECLINED": mailstore.Declined, "TENTATIVE": mailstore.Tentative, "DELEGATED": mailstore.Delegated,
}

// kinds are the methods of RFC 5546 section 1.4.
var kinds = map[string]mailstore.InvitationKind{
	"REQUEST": mailstore.InvitationRequest, "ADD": mailstore.InvitationRequest, "CANCEL": mailstore.InvitationCancelled,
	"REPLY": mailstore.InvitationReply, "COUNTER": mailstore.InvitationCounter,
}

// invitation is the event in fields.
func (e *event) invitation() mailstore.Invitation {
	i := mailstore.Invitation{
		Kind: mailstore.InvitationEntry, What: e.what, Where: e.where, Text: tidy(e.text), Repeats: e.repeat != "",
		Organizer: e.organizer, Attendees: e.guests,
	}
	if kind, ok := kinds[e.method]; ok {
		i.Kind = kind
	}
	var known bool
	i.Begin, i.AllDay, known = e.zones.time(e.from)
	i.Floating = !known && !i.Begin.IsZero() && !i.AllDay
	switch end, day, _ := e.zones.time(e.until); {
	case i.Begin.IsZero():
	case !end.IsZero() && day == i.AllDay:
		i.End = end
	case e.duration != "":
		i.End = i.Begin.Add(duration(e.duration))
	}
	switch {
	case i.AllDay && i.End.After(i.Begin):
		i.End = i.End.AddDate(0, 0, -1) // as written, it is the day after the last
	case i.AllDay:
		i.End = i.Begin
	case i.End.Before(i.Begin):
		i.End = time.Time{}
	}
	return i
}

// stamp is a date or a time as an iCalendar object has it.
type stamp struct{ value, zone string }

// time reads a stamp. day: it is a date; known: its zone is.
func (z zones) time(s stamp) (at time.Time, day, known bool) {
	if t, err := time.Parse("20060102T150405Z", s.value); err == nil {
		return t, false, true
	}
	if t, err := time.Parse("20060102", s.value); err == nil {
		return t, true, false
	}
	t, err := time.Parse("20060102T150405", s.value)
	if err != nil {
		return time.Time{}, false, false
	}
	if in, ok := z.in(t, s.zone); ok {
		return in, false, true
	}
	return t, false, false
}

// duration reads what RFC 5545 section 3.3.6 calls so, "P1DT2H30M"; 0 where it is none.
func duration(text string) time.Duration {
	text = strings.TrimPrefix(strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(text)), "+"), "P")
	var sum time.Duration
	for text != "" {
		if text[0] == 'T' {
			text = text[1:]
			continue
		}
		at := strings.IndexFunc(text, func(r rune) bool { return r < '0' || r > '9' })
		if at <= 0 || at > 6 {
			return 0
		}
		n, _ := strconv.Atoi(text[:at]) // digits, and few
		unit := map[byte]time.Duration{'W': 7 * 24 * time.Hour, 'D': 24 * time.Hour, 'H': time.Hour, 'M': time.Minute, 'S': time.Second}[text[at]]
		if unit == 0 {
			return 0
		}
		sum += time.Duration(n) * unit
		text = text[at+1:]
	}
	return min(sum, 1000*24*time.Hour)
}
