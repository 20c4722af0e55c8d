package probe

import (
	"slices"
	"strings"
)

// answerKind is what a server's reply to RCPT says.
type answerKind string

const (
	taken    answerKind = "taken"     // it takes mail for the address
	rejected answerKind = "rejected"  // it would bounce mail for the address
	notTheir answerKind = "not their" // it does not take the domain's mail at all
	deferred answerKind = "deferred"  // later perhaps: greylisting, a full mailbox, trouble
	policy   answerKind = "policy"    // it refuses us, and says nothing about the address
	doubtful answerKind = "doubtful"  // a policy code: about us or about the address
	unheard  answerKind = "unheard"   // no reply; the fault says why
	lacking  answerKind = "lacking"   // the server has no SMTPUTF8, which the address needs
	invalid  answerKind = "invalid"   // no address that could be asked for
)

// answer is what became of one address at one server.
type answer struct {
	kind  answerKind
	reply reply
	fault *fault // when unheard or lacking
	where string // the host with its address
	voice string // the sender it was asked from, "" is the null sender
}

// evidence tells the answer in exact words.
func (a answer) evidence(address string) []string {
	if a.fault != nil {
		return a.fault.evidence()
	}
	out := []string{a.where, "MAIL FROM:<" + a.voice + ">", "RCPT TO:<" + clean(address, 254) + ">"}
	return append(out, a.reply.exact()...)
}

// judgeRCPT reads a reply to RCPT.
//
// The classes are those of RFC 3463: X.1.x is about the address, X.7.x about
// policy. Servers blur them. Postfix, by default, tells at RCPT what it has
// against the client (a blocklist, a name), and everybody says 5.7.1 when the
// domain is not theirs, so that the words have to be looked at as well: those
// that Postfix, Exim, Exchange, Sendmail and the large providers use.
func judgeRCPT(r reply) answerKind {
	code := r.enhanced()
	switch {
	case r.ok():
		return taken
	case r.later():
		return deferred
	case r.mentions(aboutUs):
		return policy
	case r.mentions(aboutRelay) || code == "5.1.2" || code == "5.7.64":
		return notTheir
	case strings.HasPrefix(code, "5.7."), code == "" && r.code == 554, strings.HasPrefix(code, "5.5.") && code != "5.5.0":
		return doubtful
	default:
		return rejected
	}
}

// disowns reports whether an answer about an address that nobody has shows that the
// server tells such addresses from those that exist. Being put off does not: that is
// what greylisting does to every address it has not met, and afterwards the server
// may take them all. The exception is a reply about the mailbox itself (X.1.1 or
// X.1.6, RFC 3463 section 3.2), as of a Postfix told to refuse unknown users for the
// time being only.
func (a answer) disowns() bool {
	if a.kind != deferred {
		return a.kind == rejected || a.kind == notTheir
	}
	code := a.reply.enhanced()
	return (code == "4.1.1" || code == "4.1.6") && !a.reply.mentions(aboutWaiting)
}

// mentions reports whether one of the phrases stands in the reply, whatever its case.
func (r reply) mentions(phrases []string) bool {
	var words []string
	for _, w := range strings.Fields(strings.ToLower(strings.Join(r.lines, " "))) {
		if !strings.Contains(w, "@") { // an address may contain any of the phrases
			words = append(words, w)
		}
	}
	text := " " + strings.Join(words, " ") + " "
	return slices.ContainsFunc(phrases, func(p string) bool { return strings.Contains(text, p) })
}

// Words of refusals that are about the client, of those that are about the domain,
// and of those that will have another answer later (Postfix looks an address up
// behind the scenes and says 4.1.1 until it knows).
var (
	aboutWaiting = []string{"greylist", "graylist", "grey list", "gray list", "in progress", "unverified"}

	aboutUs = []string{
		"spamhaus", "blocklist", "block list", "blacklist", "black list", "dnsbl", " rbl", "client host", "your ip", "the ip you", "ip address",
		"blocked using", "banned", "reputation", "dynamic ip", "dialup", "dial-up", "residential", "reverse dns", "ptr record", "rdns",
		" helo", " ehlo", "sender verify", "sender address rejected", " spf ", "sender policy framework", "too many",
	}
	aboutRelay = []string{
		"relay denied", "relaying denied", "relay access denied", "relay not permitted", "relaying not", "unable to relay",
		"not permitted to relay", "not allowed to relay", "relay prohibited", "not relay", "tenantattribution",
		"not a local domain", "domain not found", "rcpthosts",
	}
)
