package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"lifeboat/failover"
	"lifeboat/failover/drill"
)

// Speaker tells templates in the reader's language: named parts are given as name,
// value pairs, and a part that is itself a sentence is told in the same language.
// *i18n.Tongue is one.
type Speaker interface {
	T(template string, parts ...any) string
}

// teller puts what a drill came to into words.
type teller struct {
	Speaker
	lang string
	zone *time.Location
}

func newTeller(s Speaker, zone *time.Location) teller {
	return teller{Speaker: s, lang: s.T("en"), zone: zone} // the code of the language spoken (ISO 639-1)
}

// say tells a sentence as a whole one: with a capital and a full stop.
func (t teller) say(s failover.Sentence) string {
	if s.IsZero() {
		return ""
	}
	return t.whole(t.tell(s))
}

// tell tells a sentence as it stands, with moves as people name them.
func (t teller) tell(s failover.Sentence) string {
	return t.told(drill.Spoken(s, t.told))
}

func (t teller) told(s failover.Sentence) string {
	parts := make([]any, len(s.Args))
	for i, a := range s.Args {
		parts[i] = a
	}
	return t.T(s.Template, parts...)
}

// theirs tells a text of a scenario: it is a template if it is one of ours, and
// stands as it is if it is somebody's own.
func (t teller) theirs(text string) string { return t.T(text) }

func (t teller) whole(text string) string {
	last, _ := utf8.DecodeLastRuneInString(text)
	if strings.ContainsRune(".?!:)”\"。？！）」", last) || text == "" {
		return t.capital(text)
	}
	if t.lang == "ja" {
		return text + "。"
	}
	return t.capital(text) + "."
}

// capital writes the first letter large, but not that of a name, an address or a
// command.
func (t teller) capital(text string) string {
	word, _, _ := strings.Cut(text, " ")
	if strings.ContainsAny(word, "./:_@-") && !strings.HasSuffix(word, ":") {
		return text
	}
	first, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return text
	}
	return string(unicode.ToUpper(first)) + text[size:]
}

// join puts sentences one after the other.
func (t teller) join(sentences ...string) string {
	var out []string
	for _, s := range sentences {
		if s != "" {
			out = append(out, s)
		}
	}
	if t.lang == "ja" {
		return strings.Join(out, "")
	}
	return strings.Join(out, " ")
}

// list puts names one after the other.
func (t teller) list(names []string) string {
	if t.lang == "ja" {
		return strings.Join(names, "、")
	}
	return strings.Join(names, ", ")
}

// span tells a measured time as exactly as it matters.
func (t teller) span(s drill.Span) string { return t.tell(failover.Took(time.Duration(s))) }

// goal tells a time that was set, without parts that are nothing.
func (t teller) goal(s drill.Span) string {
	d := time.Duration(s)
	switch {
	case d >= 48*time.Hour && d%(24*time.Hour) == 0:
		return t.T("{n} days", "n", int(d/(24*time.Hour)))
	case d >= time.Hour && d%time.Hour == 0:
		return t.T("{n} h", "n", int(d/time.Hour))
	case d >= time.Minute && d < 2*time.Hour && d%time.Minute == 0:
		return t.T("{n} min", "n", int(d/time.Minute))
	case d < time.Minute && d%time.Second == 0:
		return t.T("{n} s", "n", int(d/time.Second))
	default:
		return t.span(s)
	}
}

// since tells how long after the start something was, as a running clock shows it:
// "8:42", "1:08:42".
func since(s drill.Span) string {
	n := int(max(time.Duration(s), 0) / time.Second)
	if n < 3600 {
		return fmt.Sprintf("%d:%02d", n/60, n%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", n/3600, n/60%60, n%60)
}

// moment tells a date and a time, with the zone, since a report is read elsewhere.
func (t teller) moment(at time.Time) string {
	return at.In(t.zone).Format("2006-01-02 15:04 (UTC-07:00)")
}

func (t teller) date(at time.Time) string { return at.In(t.zone).Format(time.DateOnly) }

// timesOf tells the factor of a compressed world.
func timesOf(factor float64) string { return strconv.FormatFloat(factor, 'f', -1, 64) }

// number writes a count with its thousands apart.
func number(n int) string {
	digits, sign := strconv.Itoa(n), ""
	if n < 0 {
		digits, sign = digits[1:], "-"
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

func (t teller) kind(k drill.Kind) string {
	switch k {
	case drill.Functional:
		return t.T("Functional drill in the built-in lab: real mail servers and a real switch, all on one computer. Nothing outside it was touched.")
	case drill.Live:
		return t.T("Live rehearsal: a test subdomain of the real zone was switched at the real DNS host. The domain's own mail was not touched.")
	default:
		return t.T("Tabletop: talked through around a table. Nothing was touched, and no time of Lifeboat's was measured.")
	}
}

func (t teller) move(m drill.Move) string {
	switch m {
	case drill.Failover:
		return t.T("Switch mail to the secondary")
	case drill.Failback:
		return t.T("Switch mail back to the primary")
	case drill.SendOnly:
		return t.T("Send through the secondary, leave the MX records alone")
	case drill.Repair:
		return t.T("Put the domain's own records right")
	case drill.Announce:
		return t.T("Work from the emergency subdomain and tell correspondents")
	case drill.Stay:
		return t.T("Change nothing")
	default:
		return string(m)
	}
}

func (t teller) measure(m drill.MeasureName) string {
	switch m {
	case drill.MeasureDetect:
		return t.T("Detect: from the fault until it was found")
	case drill.MeasureDecide:
		return t.T("Decide: from then to the yes")
	case drill.MeasureSwitch:
		return t.T("Switch: from the yes until the DNS host had the change")
	case drill.MeasureVerify:
		return t.T("Verify: from the yes until every name server gave it")
	case drill.MeasureFirstMail:
		return t.T("First mail: from the fault to the first mail at the secondary")
	case drill.MeasureDrained:
		return t.T("Nothing waits: from the fault until all mail sent before the switch had arrived")
	case drill.MeasureFailback:
		return t.T("Way back: from the yes until every name server gave it")
	case drill.MeasureHome:
		return t.T("Home: from the primary's recovery to the first mail there")
	case drill.MeasureFollowed:
		return t.T("Followed: from the yes until every resolver that was asked gave the new records")
	case drill.MeasureBehind:
		return t.T("RPO: how far the mirror of past mail was behind when the fault came")
	case drill.MeasureOldTTL:
		return t.T("Old TTL: how long senders could remember the old records (a setting, not a time that passed)")
	default:
		return string(m)
	}
}

func (t teller) entry(k drill.EntryKind) string {
	switch k {
	case drill.EntryFault:
		return t.T("Fault")
	case drill.EntryInject:
		return t.T("Inject")
	case drill.EntryFound:
		return t.T("Detection")
	case drill.EntryDecision:
		return t.T("Decision")
	case drill.EntryStep:
		return t.T("Lifeboat")
	case drill.EntryMail:
		return t.T("Mail")
	case drill.EntryNote:
		return t.T("Note")
	default:
		return string(k)
	}
}
