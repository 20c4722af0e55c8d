package report

import (
	"fmt"
	"strings"

	"golang.org/x/text/width"

	"lifeboat/failover/drill"
)

// What the page has room for. What is more is counted, and is in the settings.
const (
	cardPeople    = 6
	cardDomains   = 3
	cardAddresses = 4
	cardHosts     = 3
	cardNames     = 30 // columns of a name that stands inside a sentence
	cardPerson    = 48 // columns of a person's name and role
	cardPhone     = 40 // columns of a phone number
	cardFlags     = 120
)

const blank, shortBlank = "____________________", "__________"

// dealer lays a card out.
type dealer struct {
	teller
	c Card
}

// layOut puts a card into words. The order is that of an outage: whom to call, is it
// one, what to do, what to say, how back.
func layOut(c Card, t teller) sheet {
	d := dealer{t, c}
	return sheet{
		lang: t.lang, title: t.T("Mail is down: what to do"), who: d.whose(),
		printed: t.T("Printed {date}. Print it again after every change of people, providers or DNS.", "date", t.date(c.Printed)),
		sections: []cardSection{
			d.people(), d.outage(), d.steps(), d.emergency(), d.tell(), d.back(), d.where(), d.measured(),
		},
	}
}

// or is a text fit for the card, or a blank.
func or(s, blank string) string {
	if s = oneLine(s); s == "" {
		return blank
	}
	return s
}

// name is or for a name within a sentence.
func name(s, blank string) string { return clip(or(s, blank), cardNames) }

// some joins the first few of a list and counts the rest.
func (d dealer) some(list []string, most int) string {
	var out []string
	for _, s := range list[:min(len(list), most)] {
		out = append(out, name(s, blank))
	}
	if rest := len(list) - most; rest > 0 {
		return d.T("{list} and {count} more", "list", d.list(out), "count", rest)
	}
	return d.list(out)
}

func (d dealer) whose() string {
	return d.T("{organization}: mail of {domains}", "organization", or(d.c.Organization, blank), "domains", or(d.some(d.c.Domains, cardDomains), blank))
}

func (d dealer) people() cardSection {
	s := cardSection{title: d.T("Whom to call (* may say yes to a switch)")}
	shown := d.c.People
	if len(shown) > cardPeople {
		shown = shown[:cardPeople-1]
	}
	decides := false
	for _, p := range shown {
		who := oneLine(p.Name)
		if p.Role != "" {
			who = d.T("{name} ({role})", "name", who, "role", oneLine(p.Role))
		}
		bullet := " "
		if p.Decides {
			bullet, decides = "*", true
		}
		s.lines = append(s.lines, cardLine{bullet: bullet, words: clip(or(who, blank), cardPerson), right: phone(p.Phone)})
	}
	if rest := len(d.c.People) - len(shown); rest > 0 {
		s.lines = append(s.lines, cardLine{bullet: " ", words: d.T("and {count} more in lifeboat.yaml", "count", rest)})
	}
	if !decides {
		s.lines = append([]cardLine{{bullet: "*", words: blank, right: phone("")}}, s.lines...)
	}
	return s
}

// phone is a number in narrow digits, or a blank.
func phone(s string) string { return clip(or(width.Narrow.String(s), blank), cardPhone) }

func numbered(words ...string) []cardLine {
	out := make([]cardLine, len(words))
	for i, w := range words {
		out[i] = cardLine{bullet: fmt.Sprint(i+1, "."), words: w}
	}
	return out
}

func (d dealer) outage() cardSection {
	return cardSection{d.T("Is it an outage? Three questions"), numbered(
		d.T("Do other web pages open, and by mobile phone too? If only here not, it is our own line: do not switch."),
		d.T("Send mail from a private phone to one of us. If it arrives, mail works: do not switch because of sign-in or sending."),
		d.T("Does {command} say that a switch would help, and still after 15 minutes? Then it is an outage: go on.", "command", command("lifeboat status --watch")),
	)}
}

func (d dealer) steps() cardSection {
	secondary := name(d.c.Secondary, shortBlank)
	machine := d.T("On the computer {machine}.", "machine", name(d.c.Machine, blank))
	if flags := oneLine(d.c.Flags); columns(flags) > cardFlags {
		machine = d.join(machine, d.T("Add to every command: {command}", "command", blank)) // cut short they would mislead
	} else if flags != "" {
		machine = d.join(machine, d.T("Add to every command: {command}", "command", command(flags)))
	}
	s := cardSection{title: d.T("Switch mail to {provider}", "provider", secondary), lines: []cardLine{{words: machine}}}
	s.lines = append(s.lines, numbered(
		d.T("Who says yes: {blank} at {time}", "blank", blank, "time", "____:____"),
		d.T("{command} tries every address at {provider}. Nothing may be red.", "command", command("lifeboat check"), "provider", secondary),
		d.T("{command} shows what changes. Read it and answer y.", "command", command("lifeboat failover")),
		d.T("{command} must find the new records at every name server.", "command", command("lifeboat verify")),
		d.T("Senders follow within {span}. Test it: mail from a private phone.", "span", d.ttl()),
		d.T("Staff read and write at {provider}, web page: {blank}", "provider", secondary, "blank", blank),
	)...)
	s.lines = append(s.lines, cardLine{words: d.T("To take it back: {command}", "command", command("lifeboat rollback"))})
	return s
}

func (d dealer) ttl() string {
	if d.c.OldTTL <= 0 {
		return shortBlank
	}
	return d.goal(d.c.OldTTL)
}

func (d dealer) emergency() cardSection {
	return cardSection{d.T("If the DNS host cannot be reached"), []cardLine{
		{words: d.T("Do not wait: work from these addresses. Their mail always goes to {provider}.", "provider", name(d.c.Secondary, shortBlank))},
		{words: or(d.some(d.c.Emergency, cardAddresses), blank+"  "+blank), spare: true},
	}}
}

func (d dealer) tell() cardSection {
	primary, secondary := name(d.c.Primary, shortBlank), name(d.c.Secondary, shortBlank)
	address := shortBlank
	if len(d.c.Emergency) > 0 {
		address = name(d.c.Emergency[0], shortBlank)
	}
	return cardSection{d.T("What to say"), []cardLine{
		{words: d.T("Staff: \"{primary} is down. From now on read and write mail at {secondary}. Nothing sent to us is lost; some of it arrives late.\"",
			"primary", primary, "secondary", secondary)},
		{words: d.T("Customers: \"Our mail provider has an outage. Mail to us may arrive late and is not lost. Urgent: {address} or phone {blank}.\"",
			"address", address, "blank", shortBlank)},
	}}
}

func (d dealer) back() cardSection {
	primary := name(d.c.Primary, shortBlank)
	return cardSection{d.T("The way back"), []cardLine{
		{words: d.T("Not before {provider} has taken mail for an hour without a fault. Then {command}; it refuses while mail would bounce.",
			"provider", primary, "command", command("lifeboat failback"))},
		{words: d.T("Afterwards {command}, tell staff, and write down what could be better.", "command", command("lifeboat verify"))},
	}}
}

func (d dealer) where() cardSection {
	s := cardSection{title: d.T("Where things are"), lines: []cardLine{
		{words: d.T("Passwords and keys: {place}", "place", or(d.c.Credentials, blank+blank)), spare: true},
	}}
	hosts := d.c.DNS
	if len(hosts) == 0 {
		hosts = []DNSHost{{}}
	}
	for _, h := range hosts[:min(len(hosts), cardHosts)] {
		s.lines = append(s.lines, cardLine{words: d.T("DNS: {name}, sign in at {page}", "name", name(h.Name, shortBlank), "page", or(h.Page, blank)), spare: true})
	}
	for _, p := range d.c.Support[:min(len(d.c.Support), cardHosts)] {
		s.lines = append(s.lines, cardLine{words: d.T("Help: {name}", "name", strings.Join(filled(p.Name, p.Phone, p.Page), "  ")), spare: true})
	}
	if len(d.c.Support) == 0 {
		s.lines = append(s.lines, cardLine{words: d.T("Help: {name}", "name", name(d.c.Secondary, shortBlank)+"  "+blank), spare: true})
	}
	for _, n := range d.c.Notes[:min(len(d.c.Notes), cardHosts)] {
		s.lines = append(s.lines, cardLine{words: oneLine(n), spare: true})
	}
	return s
}

func filled(all ...string) []string {
	var out []string
	for _, s := range all {
		if s = oneLine(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// measured says what to expect, and what was missing when the card was printed.
func (d dealer) measured() cardSection {
	s := cardSection{title: d.T("What to expect")}
	if d.c.Last == nil {
		s.lines = append(s.lines, cardLine{words: d.T("No drill has been measured yet. Hold one: {command}", "command", command("lifeboat drill run"))})
	} else {
		s.lines = append(s.lines, cardLine{words: d.lastDrill(*d.c.Last), spare: true})
	}
	if !d.c.Readiness.IsZero() {
		s.lines = append(s.lines, cardLine{words: d.T("When printed: {state}", "state", oneLine(d.say(d.c.Readiness))), spare: true})
	}
	return s
}

func (d dealer) lastDrill(p drill.Point) string {
	var times []string
	for _, m := range []struct {
		label string
		name  drill.MeasureName
	}{
		{d.T("detect"), drill.MeasureDetect}, {d.T("decide"), drill.MeasureDecide},
		{d.T("switch"), drill.MeasureVerify}, {d.T("first mail"), drill.MeasureFirstMail}, {d.T("old TTL"), drill.MeasureOldTTL},
	} {
		if s, ok := p.Took(m.name); ok {
			times = append(times, m.label+" "+d.span(s))
		}
	}
	result := d.T("passed")
	if !p.Passed {
		result = d.T("not passed")
	}
	text := d.T("Last drill {date}, {result}: {times}.", "date", d.date(p.Started), "result", result, "times", or(d.list(times), none))
	if p.Factor != 1 {
		return d.join(text, d.T("Time was compressed {factor} times: in life it takes longer.", "factor", timesOf(p.Factor)))
	}
	return text
}
