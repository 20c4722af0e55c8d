package failover

import (
	"net/netip"
	"time"
)

// AnswerState says how a name server answered one question.
type AnswerState string

// The ways a server can answer, or fail to.
const (
	Answered    AnswerState = "answered"    // with authority (AA bit, RFC 1035 section 4.1.1)
	Lame        AnswerState = "lame"        // it answers, but not with authority for this zone
	Refused     AnswerState = "refused"     // an error code: REFUSED, SERVFAIL, ...
	Silent      AnswerState = "silent"      // no answer in time, or the connection failed
	NoIPv6      AnswerState = "no_ipv6"     // an IPv6 address, and this line has no IPv6
	Unresolved  AnswerState = "unresolved"  // the server's name has no address
	BlockedLine AnswerState = "line_blocks" // our own line lets no DNS through
)

// Answer is what one address of one authoritative server said.
type Answer struct {
	Server string      `json:"server"` // the server's name, as FQDN makes it
	Addr   netip.Addr  `json:"addr"`   // invalid when Unresolved
	State  AnswerState `json:"state"`
	// Set is the record set, valid when Answered (and without values when the
	// server says that there is none).
	Set    RRset         `json:"set"`
	Detail Sentence      `json:"detail,omitzero"` // why not, when not Answered
	RTT    time.Duration `json:"rtt_ns"`
	At     time.Time     `json:"at"`
}

// View is what every address of every authoritative server said of one record
// set, in the order of names and addresses.
type View struct {
	Key     Key      `json:"key"`
	Zone    string   `json:"zone"`
	Answers []Answer `json:"answers"`
}

// Asked counts the addresses that could have answered: all but the IPv6 ones
// on a line that has no IPv6.
func (v View) Asked() int { return v.count(func(a Answer) bool { return a.State != NoIPv6 }) }

// With counts the addresses that answered with exactly this set.
func (v View) With(want RRset) int {
	return v.count(func(a Answer) bool { return a.State == Answered && a.Set.Equal(want) })
}

// Missing returns the answers, among those asked, that are not the wanted set.
func (v View) Missing(want RRset) []Answer {
	var out []Answer
	for _, a := range v.Answers {
		if a.State != NoIPv6 && (a.State != Answered || !a.Set.Equal(want)) {
			out = append(out, a)
		}
	}
	return out
}

// Unasked returns the servers of which no address could be asked from here, each by
// its first answer: their names do not resolve, or they have IPv6 alone and this line
// has none. What they give out nobody knows.
func (v View) Unasked() []Answer {
	asked := map[string]bool{}
	for _, a := range v.Answers {
		asked[a.Server] = asked[a.Server] || a.State != NoIPv6 && a.State != Unresolved
	}
	var out []Answer
	for _, a := range v.Answers {
		if !asked[a.Server] {
			out, asked[a.Server] = append(out, a), true
		}
	}
	return out
}

// Distinct returns the different sets that were answered, the most frequent
// first.
func (v View) Distinct() []RRset {
	var sets []RRset
	var votes []int
next:
	for _, a := range v.Answers {
		if a.State != Answered {
			continue
		}
		for i := range sets {
			if sets[i].Equal(a.Set) {
				votes[i]++
				continue next
			}
		}
		sets, votes = append(sets, a.Set), append(votes, 1)
	}
	for i := 1; i < len(sets); i++ {
		for j := i; j > 0 && votes[j] > votes[j-1]; j-- {
			sets[j], sets[j-1], votes[j], votes[j-1] = sets[j-1], sets[j], votes[j-1], votes[j]
		}
	}
	return sets
}

func (v View) count(is func(Answer) bool) int {
	n := 0
	for _, a := range v.Answers {
		if is(a) {
			n++
		}
	}
	return n
}

// Verdict is the result of one check.
type Verdict string

// The verdicts. Unknown is no pass: it says that nobody could look.
const (
	Pass    Verdict = "pass"
	Warn    Verdict = "warn"
	Red     Verdict = "fail"
	Unknown Verdict = "unknown"
)

// Finding is the result of one check on one subject, with its proof.
type Finding struct {
	Check    string   `json:"check"`             // the check's id: "rcpt", "starttls", "mta-sts", ...
	Domain   string   `json:"domain"`            // as FQDN makes it
	Subject  string   `json:"subject,omitempty"` // what was looked at: an address, a host
	Verdict  Verdict  `json:"verdict"`
	Say      Sentence `json:"say"`
	Remedy   Sentence `json:"remedy,omitzero"`
	Evidence []string `json:"evidence,omitempty"` // exact answers, a line each
	// OwnLine is set when an Unknown is owed to the line Lifeboat sits on.
	OwnLine bool `json:"own_line,omitempty"`
	// Unseen is set when the subject could not be looked at: what stands here says
	// nothing about it, does not undo what was seen before, and is looked at again by
	// the next check even where it does not block.
	Unseen bool      `json:"unseen,omitempty"`
	Source Source    `json:"source"`
	At     time.Time `json:"at"`
}

// Source is where the evidence of a finding comes from.
type Source string

// The sources: asked from this machine, shown by a seed message through the
// provider's submission port, or brought from another line.
const (
	FromHere     Source = "here"
	FromSeed     Source = "seed"
	FromImported Source = "imported"
)
