package probe

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"lifeboat/failover"
)

// Bounds of politeness, beside the rate.
const (
	perConnection = 50 // addresses asked for on one connection
	reconnects    = 2  // new connections after one was lost
	enoughPolicy  = 3  // refusals of ourselves, none accepted, after which we stop asking
	enoughSecond  = 3  // refusals confirmed from a second sender, after which we believe the first
)

// interview is what one server answered about addresses, and about one that
// does not exist.
type interview struct {
	host     string
	where    string // the host with the address that answered
	answers  map[string]answer
	stranger string
	fault    *fault // why nobody could be asked for at all
}

// unknown is the answer about the address that does not exist.
func (i interview) unknown() answer { return i.answers[i.stranger] }

// listener hears each answer as it comes, with those before it.
type listener func(address string, a answer, so interview)

func nobody(string, answer, interview) {}

// interviewer asks one server about addresses.
type interviewer struct {
	p       *Prober
	host    string
	place   place
	sender  string // for when the null sender will not do
	voice   string // the sender in use
	session *session
	count   int // addresses asked for on this connection
	lost    int // connections lost
	second  int // refusals confirmed from the second sender
	got     interview
	heard   listener
}

// interview asks a host about the addresses and about one that does not exist.
// Those put off are asked once more, later.
func (s *survey) interview(ctx context.Context, host string, addresses []string, heard listener) interview {
	domain := s.target.Domain.Name
	iv := &interviewer{
		p: s.prober, host: host, place: s.place(ctx, host), sender: s.prober.opt.Sender, heard: heard,
		got: interview{host: host, answers: map[string]answer{}, stranger: stranger(domain, s.prober.now())},
	}
	if iv.sender == "" {
		iv.sender = "postmaster@" + strings.TrimSuffix(domain, ".")
	}
	list := slices.Clone(addresses)
	rand.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] }) //nolint:gosec // an order that somebody could guess does no harm
	// The stranger comes early, since what it is told gives the other answers their worth.
	iv.ask(ctx, slices.Insert(list, min(1, len(list)), iv.got.stranger))
	if again := iv.deferred(); len(again) > 0 {
		iv.leave()
		s.putOff(host, again)
		if s.prober.opt.Sleep(ctx, s.prober.opt.RetryAfter) == nil {
			iv.lost = 0
			iv.ask(ctx, again)
		}
	}
	// A stranger refused to the null sender says nothing about addresses that
	// had to be asked for from the other one.
	if u := iv.got.unknown(); iv.voice != "" && u.voice == "" && u.kind != taken && u.kind != unheard {
		iv.ask(ctx, []string{iv.got.stranger})
	}
	iv.leave()
	iv.settle()
	return iv.got
}

// ask asks for each address in turn. When the server ends the conversation the
// rest have its last word as their answer.
func (iv *interviewer) ask(ctx context.Context, list []string) {
	refusals := 0
	for i, address := range list {
		a := iv.one(ctx, address)
		iv.got.answers[address] = a
		if a.kind == policy && !iv.anyTaken() {
			refusals++
		}
		over := a.kind == unheard || refusals == enoughPolicy
		if a.kind == deferred && a.reply.code == 421 {
			over, a.kind, a.fault = true, unheard, &fault{kind: putOff, stage: "RCPT", reply: a.reply, where: a.where}
			iv.got.answers[address] = a
		}
		iv.heard(address, a, iv.got)
		if over {
			for _, rest := range list[i+1:] {
				iv.got.answers[rest] = a
			}
			return
		}
	}
}

// one asks for one address, again on a new connection when the first is lost, and
// again from the other sender when the null sender meets a refusal: some servers
// refuse bounces to addresses that never send (lists, groups).
func (iv *interviewer) one(ctx context.Context, address string) answer {
	a := iv.attempt(ctx, address)
	for a.kind == unheard && iv.lost <= reconnects && connectionLost(a.fault) {
		a = iv.attempt(ctx, address)
	}
	refused := a.kind == rejected || a.kind == doubtful || a.kind == policy
	if !refused || a.voice != "" || address == iv.got.stranger || iv.second >= enoughSecond {
		return a
	}
	iv.voice = iv.sender
	b := iv.attempt(ctx, address)
	switch b.kind {
	case taken:
		return b // and go on as this sender
	case rejected:
		a = b
	default: // about the sender, or nothing at all: the first answer stands
	}
	iv.voice = ""
	iv.second++
	return a
}

func connectionLost(f *fault) bool {
	return f != nil && f.stage != "connect" && (f.kind == cut || f.kind == silent)
}

// attempt has one transaction: MAIL, RCPT for one address, RSET.
func (iv *interviewer) attempt(ctx context.Context, address string) answer {
	path, smtputf8, err := envelope(address)
	if err != nil {
		return answer{kind: invalid}
	}
	if err := iv.p.pace(ctx); err != nil {
		return answer{kind: unheard, fault: &fault{kind: stopped, stage: "RCPT", err: err}}
	}
	if f := iv.ready(ctx); f != nil {
		return answer{kind: unheard, fault: f}
	}
	params := ""
	if smtputf8 {
		if _, ok := iv.session.features["SMTPUTF8"]; !ok {
			return answer{kind: lacking, fault: &fault{stage: "EHLO", where: iv.session.where, reply: iv.session.ehlo}}
		}
		params = " SMTPUTF8"
	}
	iv.count++
	if iv.pipelines() {
		return iv.pipelined(ctx, address, path, params)
	}
	r, err := iv.session.command("MAIL FROM:<" + iv.voice + ">" + params)
	if err == nil && !r.ok() && iv.voice == "" && r.code != 421 {
		iv.voice = iv.sender
		r, err = iv.session.command("MAIL FROM:<" + iv.voice + ">" + params)
	}
	if err != nil || !r.ok() {
		return iv.lose(ctx, "MAIL", r, err)
	}
	r, err = iv.session.command("RCPT TO:<" + path + ">")
	if err != nil {
		return iv.lose(ctx, "RCPT", r, err)
	}
	a := iv.answered(address, r)
	if r.code == 421 {
		iv.drop()
	} else if r, err := iv.session.command("RSET"); err != nil || !r.ok() {
		iv.drop()
	}
	return a
}

// answered is what a reply to RCPT makes of an address.
func (iv *interviewer) answered(address string, r reply) answer {
	a := answer{kind: judgeRCPT(r), reply: r, where: iv.session.where, voice: iv.voice}
	if a.kind != taken && address != iv.got.stranger {
		iv.p.refused()
	}
	return a
}

// ready sees to it that there is a connection that may still be used.
func (iv *interviewer) ready(ctx context.Context) *fault {
	if iv.session != nil && iv.count >= perConnection {
		iv.leave()
	}
	if iv.session != nil {
		return nil
	}
	s, f := iv.p.dial(ctx, iv.host, iv.place, iv.p.opt.Port25)
	if f != nil {
		iv.lost++
		return f
	}
	iv.session, iv.count, iv.got.where = s, 0, s.where
	return nil
}

// lose ends the connection over what came in place of a reply.
func (iv *interviewer) lose(ctx context.Context, stage string, r reply, err error) answer {
	f := iv.session.giveUp(ctx, stage, r, err)
	iv.session = nil
	iv.lost++
	return answer{kind: unheard, fault: f, where: f.where}
}

func (iv *interviewer) drop() {
	iv.session.close()
	iv.session = nil
}

func (iv *interviewer) leave() {
	if iv.session != nil {
		iv.session.quit()
		iv.session = nil
	}
}

// deferred lists, sorted, who was put off and may be asked again.
func (iv *interviewer) deferred() []string {
	var out []string
	for address, a := range iv.got.answers {
		if a.kind == deferred {
			out = append(out, address)
		}
	}
	slices.Sort(out)
	return out
}

func (iv *interviewer) anyTaken() bool {
	for _, a := range iv.got.answers {
		if a.kind == taken {
			return true
		}
	}
	return false
}

// settle makes up its mind about doubtful answers: while other addresses are
// taken from us, a refusal by policy is about the address; otherwise it is
// about us. And when nobody could be asked for, the fault is the server's.
func (iv *interviewer) settle() {
	meaning := policy
	if iv.anyTaken() {
		meaning = rejected
	}
	for address, a := range iv.got.answers {
		if a.kind == doubtful {
			a.kind = meaning
			iv.got.answers[address] = a
		}
	}
	for _, address := range slices.Sorted(maps.Keys(iv.got.answers)) {
		switch a := iv.got.answers[address]; a.kind {
		case unheard:
			iv.got.fault = a.fault
		case invalid:
		default:
			iv.got.fault = nil
			return
		}
	}
}

// tellAnswer tells of a recipient as soon as its answer is beyond doubt.
func (s *survey) tellAnswer(address string, a answer, so interview) {
	if u, known := so.answers[so.stranger]; !known || u.kind == deferred || !slices.Contains(s.wanted, address) {
		return // what the answer is worth is not known yet
	}
	switch a.kind {
	case taken, rejected, notTheir:
		s.report(s.finding("rcpt", address, s.judgeAnswer(address, roster{interview: so, usable: true})))
	default: // another try, or the end of the interview, will tell
	}
}

// putOff tells that the addresses are being asked for once more.
func (s *survey) putOff(host string, addresses []string) {
	for _, address := range addresses {
		if slices.Contains(s.wanted, address) {
			s.report(s.finding("rcpt", address, say{verdict: failover.Unknown, unseen: true,
				text: failover.Say("{mx} asks for patience about {address}; it is asked once more in {seconds} seconds.",
					"mx", failover.Display(host), "address", address, "seconds", int(s.prober.opt.RetryAfter.Seconds()))}))
		}
	}
}
