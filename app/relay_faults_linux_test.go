package main_test

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"lifeboat/failover/failovertest/servers"
	"lifeboat/failover/relay"
)

// A trouble is what a provider does wrong.
type trouble string

const (
	resetsBefore trouble = "resets the connection before the data"
	laterBefore  trouble = "answers 451 to the sender"
	hangsBefore  trouble = "hangs before the data"
	resetsAfter  trouble = "resets the connection after the data, which it threw away"
	takesResets  trouble = "takes the message and resets the connection"
	laterAfter   trouble = "answers 451 after the data"
	takesHangs   trouble = "takes the message and hangs"
	hangsAfter   trouble = "hangs after the data, which it throws away"
)

var troubles = []trouble{resetsBefore, laterBefore, hangsBefore, resetsAfter, takesResets, laterAfter, takesHangs, hangsAfter}

// A sick host is a primary's smart host that works well at first, and then badly in every
// way by turns: each message meets one of them. It hangs but once in each way, or it would
// soon do nothing else.
type sickHost struct {
	healthy int // so many messages it takes well

	mu    sync.Mutex
	taken map[string]int // Message-IDs without <>
	last  []byte         // as it came
	lost  map[string]bool
	met   map[trouble]int
	turn  int
	gone  chan struct{} // closed when it is dead at last
}

func startSickHost(t *testing.T, w *relayWorld, healthy int) *sickHost {
	t.Helper()
	h := &sickHost{healthy: healthy, taken: map[string]int{}, lost: map[string]bool{}, met: map[trouble]int{}, gone: make(chan struct{})}
	s := smtp.NewServer(h)
	s.Domain, s.EnableSMTPUTF8 = "mx.primary.test", true
	s.TLSConfig = &tls.Config{Certificates: []tls.Certificate{w.ca.Issue(t, "mx.primary.test").TLS}}
	s.ErrorLog = silent{}
	l, err := net.Listen("tcp", primaryMX+":587")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = s.Serve(l) }()
	t.Cleanup(func() { h.dies(); _ = s.Close(); <-ended })
	return h
}

type silent struct{}

func (silent) Printf(string, ...any) {}
func (silent) Println(...any)        {}

// dies resets what hangs.
func (h *sickHost) dies() {
	h.mu.Lock()
	defer h.mu.Unlock()
	select {
	case <-h.gone:
	default:
		close(h.gone)
	}
}

func (h *sickHost) NewSession(c *smtp.Conn) (smtp.Session, error) {
	return &sickSession{h: h, c: c}, nil
}

type sickSession struct {
	h       *sickHost
	c       *smtp.Conn
	trouble trouble
	login   string
}

func (*sickSession) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *sickSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, given string) error {
		if s.login = user; given != password {
			return smtp.ErrAuthFailed
		}
		return nil
	}), nil
}

// next is the trouble that a message meets; none in good days.
func (h *sickHost) next() trouble {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.taken) < h.healthy {
		return ""
	}
	for {
		t := troubles[h.turn%len(troubles)]
		h.turn++
		if hangs := t == hangsBefore || t == hangsAfter || t == takesHangs; !hangs || h.met[t] == 0 {
			h.met[t]++
			return t
		}
	}
}

// fails carries out the message's trouble, if it is one of these.
func (s *sickSession) fails(these ...trouble) error {
	if s.trouble == "" || !slices.Contains(these, s.trouble) {
		return nil
	}
	return s.fail(s.trouble)
}

func (s *sickSession) fail(t trouble) error {
	switch t {
	case laterBefore, laterAfter:
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 2}, Message: "The server is not accepting messages"}
	case hangsBefore, hangsAfter, takesHangs:
		<-s.h.gone
	}
	c := s.c.Conn()
	if over, ok := c.(*tls.Conn); ok {
		c = over.NetConn()
	}
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // a reset
	}
	_ = c.Close()
	return errors.New("gone")
}

func (s *sickSession) Mail(from string, _ *smtp.MailOptions) error {
	if from != s.login {
		return &smtp.SMTPError{Code: 553, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "not owned by user " + s.login}
	}
	s.trouble = s.h.next()
	return s.fails(laterBefore, resetsBefore)
}

func (s *sickSession) Rcpt(string, *smtp.RcptOptions) error { return s.fails(hangsBefore) }

func (s *sickSession) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	_, after, _ := strings.Cut(string(b), "Message-ID: <")
	id, _, _ := strings.Cut(after, ">")
	if err := s.fails(laterAfter); err != nil {
		return err
	}
	throwsAway := s.trouble == resetsAfter || s.trouble == hangsAfter
	s.h.mu.Lock()
	if throwsAway || s.trouble == takesResets || s.trouble == takesHangs {
		s.h.lost[id] = true
	}
	if !throwsAway {
		s.h.taken[id]++
		s.h.last = b
	}
	s.h.mu.Unlock()
	return s.fails(resetsAfter, hangsAfter, takesResets, takesHangs)
}

func (s *sickSession) Reset()        {}
func (s *sickSession) Logout() error { return nil }

// switchAmidTroubles has staff write while the primary falls sick and the route is
// switched. Each message is at exactly one of the two; those whose reply was lost are
// shown as uncertain, all of them and no others, and a person who knows what the primary
// has says so.
func switchAmidTroubles(t *testing.T, messages int) {
	w := newRelayWorld(t, relayPlan{noPrimary: true, relay: "  uncertain_then: hold\n"})
	primary := startSickHost(t, w, messages/4)
	w.user(anna)
	w.user(ben)
	w.serve("--no-mirror", "--no-watch")
	people := w.writers(8, messages, 0)
	w.await("every trouble at the primary", func() bool {
		primary.mu.Lock()
		defer primary.mu.Unlock()
		return len(primary.met) == len(troubles) && people.taken() > messages/2
	})
	w.run("relay", "route", "secondary", "--yes")
	people.work.Wait()
	w.await("the rest to be sent", func() bool { return len(w.at(w.secondary)) > messages/4 })
	primary.dies()
	w.await("no message to wait", func() bool { return w.queue("--state", "waiting").Total == 0 })
	w.awaitProviders()
	accepted := people.end()
	if len(accepted) != messages {
		t.Fatalf("%d of %d were accepted; not: %v", len(accepted), messages, people.unsure)
	}

	doubt := map[string]relay.ID{}
	for _, m := range w.queue("--state", "uncertain").Messages {
		if doubt[m.MessageID] = m.ID; m.Why.IsZero() || m.Handed == "" {
			t.Errorf("uncertain without a word: %+v", m)
		}
	}
	there := w.at(w.secondary)
	for _, id := range accepted {
		places := primary.taken[id] + there[id]
		if _, shown := doubt[id]; shown != primary.lost[id] || places > 1 || places == 0 && !shown {
			t.Errorf("%s: %d at the primary, %d at the secondary, its reply was lost: %v, shown as uncertain: %v",
				id, primary.taken[id], there[id], primary.lost[id], shown)
		}
	}
	told := map[relay.ID]bool{}
	for _, e := range w.log("--kind", "uncertain") {
		told[e.ID] = true
	}
	if len(told) != len(doubt) || len(doubt) == 0 {
		t.Errorf("the log tells of %d in doubt, the queue has %d", len(told), len(doubt))
	}
	if s := w.run("relay", "queue", "--limit", "1").out; !strings.Contains(s, "uncertain") {
		t.Errorf("the queue does not say that some are uncertain: %s", s)
	}
	t.Logf("%d accepted, %d at the primary, %d at the secondary, %d in doubt; met: %v", len(accepted), len(primary.taken), len(there), len(doubt), primary.met)
	w.settle(doubt, primary.taken)
	there = w.at(w.secondary)
	for _, id := range accepted {
		if primary.taken[id]+there[id] != 1 {
			t.Errorf("at the end %s is %d times at the primary, %d times at the secondary", id, primary.taken[id], there[id])
		}
	}
}

// settle says of each message in doubt what the primary knows.
func (w *relayWorld) settle(doubt map[string]relay.ID, taken map[string]int) {
	w.t.Helper()
	settle, again := []string{"relay", "settle", "--yes"}, []string{"relay", "retry", "--yes"}
	for id, in := range doubt {
		if taken[id] > 0 {
			settle = append(settle, string(in))
		} else {
			again = append(again, string(in))
		}
	}
	const words = 3
	if len(settle) > words {
		w.run(settle...)
	}
	if len(again) > words {
		w.run(again...)
	}
	w.awaitEmpty()
	if n := len(w.log("--kind", "again")); n != len(again)-words {
		w.t.Errorf("%d were sent again, and the log tells of %d", len(again)-words, n)
	}
	if n := len(w.log("--kind", "settled")); n != len(settle)-words {
		w.t.Errorf("%d were settled, and the log tells of %d", len(settle)-words, n)
	}
}

func TestSwitchAmidTroubles(t *testing.T) {
	t.Parallel()
	if !servers.InNamespace(t, resolvConf) {
		return
	}
	switchAmidTroubles(t, 300)
}

func TestLongSwitchAmidTroubles(t *testing.T) {
	if os.Getenv("LIFEBOAT_LONG") == "" {
		t.Skip("a long campaign; set LIFEBOAT_LONG=1, or run make test-long")
	}
	if !servers.InNamespace(t, resolvConf) {
		return
	}
	switchAmidTroubles(t, 2000)
}
