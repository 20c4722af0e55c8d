package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-sasl"

	"lifeboat/failover"
	"lifeboat/failover/failovertest/fakedns"
)

// trial begins a trial at the world's secondary.
func (w *world) trial(change ...func(*Site)) *Trial {
	w.t.Helper()
	site := Site{Target: w.target}
	for _, c := range change {
		c(&site)
	}
	return w.prober().Try(w.t.Context(), site, NewPace(1000), nil)
}

// try runs one test.
func (w *world) try(id string, change ...func(*Site)) Result {
	w.t.Helper()
	return w.trial(change...).Run(w.t.Context(), testNamed(w.t, id))
}

func testNamed(t *testing.T, id string) Test {
	t.Helper()
	test, ok := TestOf(id, 3)
	if !ok {
		t.Fatalf("no test %s", id)
	}
	return test
}

// holdResult holds a result against verdict, word and what its worst finding says.
func holdResult(t *testing.T, r Result, verdict failover.Verdict, word, say string) {
	t.Helper()
	if r.Verdict != verdict || r.Word.String() != word || len(r.Findings) == 0 || !strings.Contains(r.Findings[0].Say.String(), say) {
		t.Errorf("%s, %q: %+v; want %s, %q, %q", r.Verdict, r.Word, r.Findings, verdict, word, say)
	}
	for _, f := range r.Findings {
		if f.Verdict != failover.Pass && f.Remedy.IsZero() {
			t.Errorf("%q comes without a remedy", f.Say)
		}
	}
}

func TestTestsAreWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, test := range Tests(40) {
		if seen[test.ID] || test.ID == "" || test.Title.IsZero() || test.Reason.IsZero() || test.Remedy.IsZero() || test.Limit <= test.Usual || test.Usual <= 0 {
			t.Errorf("%+v", test)
		}
		seen[test.ID] = true
	}
	if _, ok := TestOf("no such test", 0); ok {
		t.Error("a test that does not exist was found")
	}
}

// Whatever a test waits for, it is over at its limit: here for a server that never says a
// word, and which nobody else would give up.
func TestTrialEndsAtItsLimit(t *testing.T) {
	w := newWorld(t)
	w.opt.Patience = time.Hour
	w.mx1.connected = func(c net.Conn) bool { _, _ = c.Read(make([]byte, 1)); return true }
	w.target.Provider.MX = w.target.Provider.MX[:1]
	test := testNamed(t, "smtp")
	test.Limit = 50 * time.Millisecond
	r := w.trial().Run(t.Context(), test)
	holdResult(t, r, failover.Unknown, "no answer in 0 s", "had no answer within 0 seconds")
	if r.Findings[0].Remedy.String() != test.Remedy.String() || r.OwnLine {
		t.Errorf("%+v", r)
	}
}

// A test that is called off says so, and at once.
func TestTrialIsCalledOff(t *testing.T) {
	w := newWorld(t)
	w.opt.Patience = time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	w.mx1.connected = func(c net.Conn) bool { cancel(); _, _ = c.Read(make([]byte, 1)); return true }
	r := w.trial().Run(ctx, testNamed(t, "tls"))
	holdResult(t, r, failover.Unknown, "stopped", "stopped before it was done")
}

// What was answered before the limit stays.
func TestTrialKeepsWhatItHas(t *testing.T) {
	w := newWorld(t)
	w.opt.Patience = time.Hour
	var asked atomic.Int32
	held := make(chan struct{})
	w.mx1.rcpt = func(to, _ string) string {
		if asked.Add(1) == 4 { // two are known by then, and the stranger
			close(held)
			<-w.t.Context().Done()
		}
		if strings.Contains(to, "nobody") {
			return "550 5.1.1 no"
		}
		return "250 ok"
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-held; cancel() }()
	r := w.trial().Run(ctx, testNamed(t, "rcpt"))
	pass := 0
	for _, f := range r.Findings {
		if f.Verdict == failover.Pass {
			pass++
		}
	}
	// The first was asked for before anybody knew what the answer is worth.
	if r.Word.String() != "stopped" || pass != 1 {
		t.Errorf("%d answers are left: %+v", pass, r)
	}
}

// The pace lets a list's worth of addresses through at once, and slows down for every
// one that is refused.
func TestPace(t *testing.T) {
	run := func(known int) []time.Duration {
		w := newWorld(t)
		w.target.Provider.MX = w.target.Provider.MX[:1]
		var list []string
		for i := range 40 {
			list = append(list, fmt.Sprintf("person%02d@example.test", i))
		}
		w.target.Domain.Recipients = people(list...)
		w.mx1.rcpt = func(to, _ string) string {
			if slices.Contains(list[:known], to) {
				return "250 ok"
			}
			return "550 5.1.1 no"
		}
		trial := w.prober().Try(t.Context(), Site{Target: w.target}, NewPace(2), nil)
		trial.Run(t.Context(), testNamed(t, "rcpt"))
		return slices.DeleteFunc(w.clock.slept, func(d time.Duration) bool { return d <= 0 })
	}
	if slept := run(40); len(slept) != 0 {
		t.Errorf("40 addresses that are known were waited for: %v", slept)
	}
	total := time.Duration(0)
	for _, d := range run(20) {
		total += d
	}
	if total < 35*time.Second { // 41 and the refusals, four more each, at two a second, less the start
		t.Errorf("20 that are not known took only %s", total)
	}
}

// The trial's findings are the preflight's own, so that they can be kept as its evidence.
func TestTrialIsEvidence(t *testing.T) {
	w := newWorld(t)
	w.mx1.rcpt = func(to, _ string) string {
		if to == "taro@example.test" {
			return "550 5.1.1 unknown"
		}
		return map[bool]string{true: "550 5.1.1 no", false: "250 ok"}[strings.Contains(to, "nobody")]
	}
	trial := w.trial()
	for _, id := range []string{"rcpt", "unknown", "tls", "mx-names", "senders"} {
		trial.Run(t.Context(), testNamed(t, id))
	}
	ev := &Evidence{Now: w.clock.now}
	ev.Merge(w.target, trial.Evidence())
	stale := ev.Stale(w.target, w.clock.now(), 0)
	for _, n := range stale {
		if slices.Contains([]string{"mx-answers", "mx-names", "starttls", "spf"}, n.Check) || n.Check == "rcpt" && n.Subject != "taro@example.test" {
			t.Errorf("%v has to be looked at again", n)
		}
	}
	for _, f := range w.look("rcpt") {
		kept := find(t, ev.Findings(w.target), "rcpt", f.Subject)
		if kept.Verdict != f.Verdict || kept.Say.String() != f.Say.String() {
			t.Errorf("the preflight says %s %q, the trial said %s %q", f.Verdict, f.Say, kept.Verdict, kept.Say)
		}
	}
}

func TestTryDNS(t *testing.T) {
	w := newWorld(t)
	holdResult(t, w.try("dns"), failover.Pass, "1 address", "")
	// The emergency subdomain's records lead elsewhere.
	r := w.try("dns", func(s *Site) { s.Emergency = true })
	holdResult(t, r, failover.Red, "1 address", "do not lead to Second")
	// A resolver of this network that tells something else.
	own := fakedns.NewZone("example.test.", "@ 3600 NS ns.test.", "@ 300 MX 10 mail.office.test.")
	w.Serve(resolverAddr, fakedns.Resolver(own, fakedns.NewZone("test.", "@ 3600 NS ns.test.", "ns 3600 A "+serverAddr, "example 3600 NS ns.test.")))
	holdResult(t, w.try("dns"), failover.Warn, "1 address", "its own version of the domain")
	w.target.Domain.Name = "nowhere.test."
	holdResult(t, w.try("dns"), failover.Red, "no answer", "does not exist")
}

// Serial numbers wrap around (RFC 1982).
func TestNewestSerial(t *testing.T) {
	v := authorities{serials: map[string]uint32{"a": 4294967290, "b": 3}}
	if n, _ := v.newest(); n != 3 {
		t.Errorf("the newest is %d", n)
	}
	if _, ok := serial(failover.NewRRset("a.test.", "SOA", 1, "ns.test. host.test. x 1 1 1 1")); ok {
		t.Error("a serial number that is none was read")
	}
}

func TestTryGreeting(t *testing.T) {
	w := newWorld(t)
	w.mx2.cert = nil
	r := w.try("smtp")
	holdResult(t, r, failover.Warn, "no STARTTLS", "mx2.second.test greets, but offers no STARTTLS")
	holdResult(t, w.try("tls"), failover.Red, "no STARTTLS", "offers no STARTTLS")
	w.refuse(mx2Addr + ":25")
	holdResult(t, w.try("port25"), failover.Warn, "1 of 2 hosts", "mx2.second.test does not answer on port 25")
	holdResult(t, w.try("smtp"), failover.Unknown, "1 of 2 hosts", "mx2.second.test could not be reached on port 25")
}

// Many sign-ins that are refused are not followed by more.
func TestSignInsStopInTime(t *testing.T) {
	w := newWorld(t)
	var tried atomic.Int32
	login := func(i int, end Word, err error) Login {
		return Login{Who: fmt.Sprintf("person%02d@example.test", i), Try: func(context.Context) (Word, error) { tried.Add(1); return end, err }}
	}
	site := func(end Word, err error) func(*Site) {
		return func(s *Site) {
			s.Provider.IMAP = failover.Endpoint{Host: "imap.second.test", Port: 993}
			for i := range 40 {
				s.Readers = append(s.Readers, login(i, end, err))
			}
		}
	}
	refused := Word{Stage: AtSignIn, Ending: Never, Answer: "NO [AUTHENTICATIONFAILED] no"}
	holdResult(t, w.try("imap", site(refused, nil)), failover.Red, "0 of 40", "imap.second.test does not let person")
	if n := tried.Load(); n > enoughRefused+signInsAtOnce {
		t.Errorf("%d were tried", n)
	}
	// A server that is down is met once.
	tried.Store(0)
	down := Word{Stage: AtConnect, Ending: Refused, Answer: "connection refused"}
	holdResult(t, w.try("imap", site(down, nil)), failover.Red, "connection refused", "imap.second.test refuses connections on port 993")
	if n := tried.Load(); n != 1 {
		t.Errorf("%d were tried", n)
	}
	for _, c := range []struct {
		w       Word
		verdict failover.Verdict
		word    string
		say     string
	}{
		{Word{Stage: AtTLS, Ending: Never, Answer: "x509: expired"}, failover.Red, "wrong certificate", "The certificate of imap.second.test is not right"},
		{Word{Stage: AtTLS, Ending: Reset, Answer: "reset"}, failover.Red, "no encryption", "gives no encrypted connection"},
		{Word{Stage: AtResolve, Ending: Unnamed}, failover.Red, "no address", "has no address in the DNS"},
		{Word{Stage: AtResolve, Ending: Later}, failover.Unknown, "no answer", "the DNS gives no answer"},
		{Word{Stage: AtBanner, Ending: Later, Answer: "BYE"}, failover.Unknown, "no answer", "asks to come back later"},
	} {
		holdResult(t, w.try("imap", site(c.w, nil)), c.verdict, c.word, c.say)
	}
	missing := failover.Fail(failover.ErrCredential, "no password is stored")
	holdResult(t, w.try("imap", site(Word{}, missing)), failover.Red, "0 of 40", "no password is stored")
	optional := func(s *Site) {
		site(Word{}, missing)(s)
		for i := range s.Readers {
			s.Readers[i].Optional = true
		}
	}
	holdResult(t, w.try("imap", optional), failover.Warn, "0 of 40", "no password is stored")
}

func TestTryWriting(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		writing Writing
		err     error
		verdict failover.Verdict
		word    string
	}{
		{Writing{Host: "PowerDNS", Zone: "example.test.", Took: 210 * time.Millisecond}, nil, failover.Pass, "PowerDNS, 0.2 s"},
		{Writing{Host: "PowerDNS", Zone: "example.test.", Shared: true}, nil, failover.Pass, "same zone"},
		{Writing{Host: "PowerDNS", Zone: "example.test.", Untried: true}, nil, failover.Warn, "read only tried"},
		{Writing{}, failover.Fail(failover.ErrReadOnly, "it may not"), failover.Red, "may only read"},
		{Writing{}, failover.Fail(failover.ErrCredential, "it is wrong").Because(errors.New("BADSIG")), failover.Red, "wrong credential"},
		{Writing{}, failover.Fail(failover.ErrClock, "it is late"), failover.Red, "clock is wrong"},
		{Writing{}, failover.Fail(failover.ErrUnreachable, "it is away"), failover.Red, "no answer"},
		{Writing{}, failover.Fail(failover.ErrThrottled, "it has no time"), failover.Unknown, "busy"},
		{Writing{}, failover.Fail(failover.ErrZone, "it knows nothing"), failover.Red, "change refused"},
	} {
		r := w.try("dns-host", func(s *Site) { s.Writing = func(context.Context) (Writing, error) { return c.writing, c.err } })
		holdResult(t, r, c.verdict, c.word, "")
	}
}

func TestTrySeed(t *testing.T) {
	w := newWorld(t)
	leg := Leg{ID: "0123", From: "a@example.test", To: "a@sos.example.test", Through: "First", Sent: true, At: "Second", Took: 4100 * time.Millisecond}
	lost, unsent, unseen, stayed := leg, leg, leg, leg
	stayed.At, stayed.Wanted = "First", "Second"
	lost.At, lost.Took = "", 0
	unsent.Sent, unsent.Failed = false, failover.Fail(failover.ErrCredential, "it may not send")
	unseen.At, unseen.Failed = "", failover.Fail(failover.ErrUnreachable, "the mailbox is away")
	for _, c := range []struct {
		leg     Leg
		verdict failover.Verdict
		word    string
		say     string
	}{
		{leg, failover.Pass, "4.1 s", "was found in the mailbox at Second after 4.1 s"},
		{lost, failover.Unknown, "no answer in 60 s", "has not arrived within 60 seconds"},
		{stayed, failover.Warn, "stayed at home", "stayed at First, which takes this address for its own"},
		{unsent, failover.Red, "not sent", "it may not send"},
		{unseen, failover.Unknown, "not looked for", "the mailbox is away"},
	} {
		holdResult(t, w.try("seed", func(s *Site) { s.Seed = func(context.Context) []Leg { return []Leg{c.leg} } }), c.verdict, c.word, c.say)
	}
}

// A provider's selector is compared with what is published.
func TestTrySelectors(t *testing.T) {
	selector := failover.DKIMSelector{Selector: "sel1", Type: "CNAME", Value: "sel1.second.test"}
	for _, c := range []struct {
		record  string
		verdict failover.Verdict
		word    string
	}{
		{"sel1._domainkey 300 CNAME sel1.second.test.", failover.Pass, "1 selector"},
		{"sel1._domainkey 300 CNAME sel2.second.test.", failover.Red, "DKIM is not right"},
		{"other 300 A 192.0.2.1", failover.Warn, "DKIM is not right"},
	} {
		w := newWorld(t)
		tld := fakedns.NewZone("test.", "@ 3600 NS ns.test.", "ns 3600 A "+serverAddr, "example 3600 NS ns.test.", "second 3600 NS ns.test.", "first 3600 NS ns.test.")
		zone := fakedns.NewZone("example.test.", "@ 3600 NS ns.test.", "@ 300 MX 10 mx1.first.test.", `@ 300 TXT "v=spf1 include:spf.second.test -all"`, c.record)
		w.Serve(resolverAddr, fakedns.Resolver(tld, zone, w.second))
		w.Serve(serverAddr, fakedns.Authority(tld, zone, w.second))
		holdResult(t, w.try("senders", func(s *Site) { s.Provider.DKIM = []failover.DKIMSelector{selector} }), c.verdict, c.word, "")
	}
}

// A server that gives back what was sent to it shows no secret.
func TestSignInWithShowsNoSecret(t *testing.T) {
	w := newWorld(t)
	h := w.mailHost("smtp.second.test", "192.0.2.13:587")
	h.ehlo = append(h.ehlo, "AUTH PLAIN XOAUTH2")
	h.command = func(line string, _ net.Conn) string {
		if strings.HasPrefix(line, "AUTH ") {
			return "535 5.7.8 not with " + strings.TrimPrefix(line, "AUTH PLAIN ") + " correct-horse"
		}
		return ""
	}
	w.second = fakedns.NewZone("second.test.", "@ 3600 NS ns.test.", "smtp 300 A 192.0.2.13")
	w.Serve(resolverAddr, fakedns.Resolver(w.second))
	p := w.prober()
	end := failover.Endpoint{Host: "smtp.second.test", Port: 587, Security: failover.StartTLS}
	word, err := p.SignInWith(t.Context(), end, func(context.Context, []string) (sasl.Client, error) {
		return sasl.NewPlainClient("", "anna", "correct-horse"), nil
	})
	if err != nil || word.Stage != AtSignIn || word.Ending != Never || strings.Contains(word.Answer, "correct-horse") || strings.Contains(word.Answer, "AGFubmE") {
		t.Errorf("%+v, %v", word, err)
	}
	if _, err := p.HandIn(t.Context(), end, nil, "no address", "a@example.test"); !errors.Is(err, failover.ErrInvalid) {
		t.Errorf("a seed message from nobody: %v", err)
	}
	if _, err := p.HandIn(t.Context(), end, func(context.Context, []string) (sasl.Client, error) {
		return sasl.NewPlainClient("", "anna", "correct-horse"), nil
	}, "a@example.test", "b@example.test"); !errors.Is(err, failover.ErrCredential) || strings.Contains(err.Error(), "correct-horse") {
		t.Errorf("a seed message without a sign-in: %v", err)
	}
}
