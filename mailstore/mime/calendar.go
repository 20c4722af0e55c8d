package mime

import (
	"slices"
	"strings"
	"time"

	"lifeboat/mailstore"
)

// maxEvents is how many events of a calendar are read.
const maxEvents = 20

// event is an event of an iCalendar object (RFC 5545).
type event struct {
	method                       string // of the whole object, RFC 5546, in upper case
	what, where, text            string
	begin, end, duration, repeat string // for people, with zone
	organizer                    string
	attendees                    []string
	answer                       string // PARTSTAT of the first attendee

	from, until stamp // begin and end as the object has them
	guests      []mailstore.Attendee
	zones       zones
}

// readCalendar reads the events of an iCalendar object.
func readCalendar(text string) []event {
	var events []event
	var now *event
	method, inside := "", 0
lines:
	for line := range unfoldedSeq(text) {
		name, params, value := splitProperty(line)
		switch {
		case name == "METHOD":
			method = strings.ToUpper(strings.TrimSpace(value))
		case name == "BEGIN" && (strings.EqualFold(value, "VEVENT") || strings.EqualFold(value, "VTODO")) && now == nil:
			if len(events) == maxEvents {
				break lines
			}
			events = append(events, event{})
			now, inside = &events[len(events)-1], 0
		case name == "BEGIN":
			inside++ // an alarm
		case name == "END" && inside > 0:
			inside--
		case name == "END":
			now = nil
		case now != nil && inside == 0:
			now.property(name, params, value)
		}
	}
	known := readZones(text)
	for i := range events {
		events[i].method, events[i].zones = method, known
	}
	return events
}

// unfoldedSeq yields lines with those that they go on in, RFC 5545 section 3.1.
func unfoldedSeq(text string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		var whole strings.Builder
		for line := range lineSeq(text) {
			if line != "" && (line[0] == ' ' || line[0] == '\t') {
				whole.WriteString(line[1:])
				continue
			}
			if whole.Len() > 0 && !yield(whole.String()) {
				return
			}
			whole.Reset()
			whole.WriteString(line)
		}
		if whole.Len() > 0 {
			yield(whole.String())
		}
	}
}

// splitProperty splits NAME;PARAM=VALUE:value; a colon in quotes is no end.
func splitProperty(line string) (name string, params map[string]string, value string) {
	quoted := false
	end := len(line)
	for i := 0; i < len(line); i++ {
		if line[i] == '"' {
			quoted = !quoted
		} else if line[i] == ':' && !quoted {
			end = i
			break
		}
	}
	head := line[:end]
	if end < len(line) {
		value = line[end+1:]
	}
	name, rest, _ := strings.Cut(head, ";")
	for n := 0; rest != "" && n < 50; n++ {
		var p string
		if at := strings.IndexByte(rest, ';'); at >= 0 && strings.Count(rest[:at], `"`)%2 == 0 {
			p, rest = rest[:at], rest[at+1:]
		} else {
			p, rest = rest, ""
		}
		k, v, _ := strings.Cut(p, "=")
		if params == nil {
			params = map[string]string{}
		}
		params[strings.ToUpper(k)] = strings.Trim(v, `"`)
	}
	return strings.ToUpper(name), params, value
}

func (e *event) property(name string, params map[string]string, value string) {
	switch name {
	case "SUMMARY":
		e.what = clean(unescapeText(value))
	case "LOCATION":
		e.where = clean(unescapeText(value))
	case "DESCRIPTION":
		e.text = unescapeText(value)
	case "DTSTART":
		e.begin, e.from = calendarTime(value, params), stamp{strings.TrimSpace(value), params["TZID"]}
	case "DTEND", "DUE":
		e.end, e.until = calendarTime(value, params), stamp{strings.TrimSpace(value), params["TZID"]}
	case "DURATION":
		e.duration = clean(value)
	case "RRULE":
		e.repeat = clean(value)
	case "ORGANIZER":
		e.organizer = calendarPerson(value, params)
	case "ATTENDEE":
		if len(e.attendees) == 0 {
			e.answer = strings.ToUpper(params["PARTSTAT"])
		}
		if len(e.attendees) < 500 {
			who := calendarPerson(value, params)
			e.attendees = append(e.attendees, who)
			e.guests = append(e.guests, mailstore.Attendee{Who: who, Answer: answers[strings.ToUpper(params["PARTSTAT"])]})
		}
	}
}

// unescapeText undoes the escapes of RFC 5545 section 3.3.11.
func unescapeText(text string) string {
	return strings.NewReplacer(`\n`, "\n", `\N`, "\n", `\,`, ",", `\;`, ";", `\\`, `\`, `\"`, `"`).Replace(text)
}

func calendarPerson(value string, params map[string]string) string {
	address := value
	if len(value) > 7 && strings.EqualFold(value[:7], "mailto:") {
		address = value[7:]
	}
	name := personName(params["CN"])
	address = clean(address)
	if strings.EqualFold(name, address) {
		name = ""
	}
	return mailstore.Address{Name: name, Address: address}.String()
}

// calendarTime is a date, or a date and time with its zone, for people.
func calendarTime(value string, params map[string]string) string {
	value = strings.TrimSpace(value)
	if t, err := time.Parse("20060102T150405Z", value); err == nil {
		return t.Format("2006-01-02 15:04") + " UTC"
	}
	if t, err := time.Parse("20060102T150405", value); err == nil {
		return strings.TrimSpace(t.Format("2006-01-02 15:04") + " " + clean(params["TZID"]))
	}
	if t, err := time.Parse("20060102", value); err == nil {
		return t.Format(time.DateOnly)
	}
	return clean(value)
}

// when joins begin and end, naming the day and the zone once where they are the same.
func (e *event) when() string {
	begin, end := e.begin, e.end
	if end == "" && e.duration != "" {
		return begin + " (" + e.duration + ")"
	}
	if end == "" || end == begin {
		return begin
	}
	b, e2 := strings.SplitN(begin, " ", 3), strings.SplitN(end, " ", 3)
	if len(b) == 3 && len(e2) == 3 && b[2] == e2[2] {
		if b[0] == e2[0] {
			return b[0] + " " + b[1] + "–" + e2[1] + " " + b[2]
		}
		return b[0] + " " + b[1] + " – " + e2[0] + " " + e2[1] + " " + b[2]
	}
	return begin + " – " + end
}

// block is the event as lines of text: what, when, where, who, and the description
// unless the message has it already.
func (e *event) block(said string) string {
	lines := []string{e.what, e.when()}
	if e.repeat != "" {
		lines = append(lines, e.repeat)
	}
	lines = append(lines, e.where, e.organizer)
	if len(e.attendees) > 0 {
		lines = append(lines, "→ "+strings.Join(e.attendees, ", "))
	}
	lines = slices.DeleteFunc(lines, func(l string) bool { return l == "" })
	out := strings.Join(lines, "\n")
	text := tidy(e.text)
	first, _, _ := strings.Cut(text, "\n")
	if text != "" && !strings.Contains(said, first) {
		out += "\n\n" + text
	}
	return out
}

// note says what the event asks of the reader.
func (e *event) note() mailstore.Sentence {
	what, when := e.what, e.when()
	if what == "" {
		what = "—"
	}
	switch e.method {
	case "CANCEL":
		return mailstore.Say("{what}, {when}, has been called off.", "what", what, "when", when)
	case "REPLY":
		return e.reply(what, when)
	case "COUNTER":
		return mailstore.Say("Another time is proposed for {what}: {when}.", "what", what, "when", when)
	case "REQUEST":
		if e.where != "" {
			return mailstore.Say("This is an invitation to {what}: {when}, {place}.", "what", what, "when", when, "place", e.where)
		}
		return mailstore.Say("This is an invitation to {what}: {when}.", "what", what, "when", when)
	}
	return mailstore.Say("This is a calendar entry: {what}, {when}.", "what", what, "when", when)
}

func (e *event) reply(what, when string) mailstore.Sentence {
	who := "—"
	if len(e.attendees) > 0 {
		who = e.attendees[0]
	}
	switch e.answer {
	case "ACCEPTED":
		return mailstore.Say("{who} will come to {what}, {when}.", "who", who, "what", what, "when", when)
	case "DECLINED":
		return mailstore.Say("{who} will not come to {what}, {when}.", "who", who, "what", what, "when", when)
	case "TENTATIVE":
		return mailstore.Say("{who} may come to {what}, {when}.", "who", who, "what", what, "when", when)
	}
	return mailstore.Say("{who} answers the invitation to {what}, {when}.", "who", who, "what", what, "when", when)
}
