package probe

import (
	"context"
	"sync"

	"lifeboat/failover"
)

const (
	// signInsAtOnce is how many sign-ins are tried side by side at one server.
	signInsAtOnce = 8
	// enoughRefused is how many sign-ins may be refused, and none accepted, before the rest
	// is left alone: servers lock out whoever goes on like that, and everybody else with them.
	enoughRefused = 5
)

// signIns tries the sign-ins of a server, the first one alone: what is wrong with the
// server it finds out for all of them.
func (t *attempt) signIns(ctx context.Context, end failover.Endpoint, logins []Login) {
	c := &signInCount{}
	defer func() { t.say(c.word(len(logins))) }()
	if !t.trySignIn(ctx, end, logins[0], c) {
		return // and so would all others
	}
	var wg sync.WaitGroup
	turn := make(chan struct{}, signInsAtOnce)
	for _, l := range logins[1:] {
		turn <- struct{}{}
		wg.Go(func() {
			defer func() { <-turn }()
			if c.enough() {
				t.note(l.Who, say{verdict: failover.Unknown, unseen: true,
					text:   failover.Say("{user} was not tried at {server}: so many sign-ins before were refused that it may lock this line out.", "user", l.Who, "server", failover.Display(end.Host)),
					remedy: failover.Say("Mend the sign-ins that were refused, then test again.")})
				return
			}
			t.trySignIn(ctx, end, l, c)
		})
	}
	wg.Wait()
}

// signInCount counts how sign-ins ended. Its methods may be called from several
// goroutines.
type signInCount struct {
	mu            sync.Mutex
	well, refused int
	fault         failover.Sentence // in a word, when the server could not be reached
}

func (c *signInCount) enough() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.well == 0 && c.refused >= enoughRefused
}

func (c *signInCount) count(w Word) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case w.Ending == Well:
		c.well++
	case w.Stage == AtSignIn && w.Ending == Never:
		c.refused++
	}
}

func (c *signInCount) word(all int) failover.Sentence {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.well == 0 && !c.fault.IsZero() {
		return c.fault
	}
	return failover.Say("{count} of {all}", "count", c.well, "all", all)
}

// trySignIn tries one sign-in and notes what came of it; false says that the server was
// not even reached as far as signing in.
func (t *attempt) trySignIn(ctx context.Context, end failover.Endpoint, l Login, c *signInCount) bool {
	w, err := l.Try(ctx)
	if ctx.Err() != nil {
		return false
	}
	c.count(w)
	server := failover.Display(end.Host)
	switch {
	case err != nil:
		verdict := failover.Red
		if l.Optional {
			verdict = failover.Warn
		}
		t.note(l.Who, say{verdict: verdict, text: failover.SentenceOf(err),
			remedy: failover.Say("Store the credential of {user}, then test again.", "user", l.Who)})
		return true
	case w.Ending == Well:
		t.note(l.Who, say{verdict: failover.Pass, evidence: []string{w.Where},
			text: failover.Say("{user} can sign in at {server}.", "user", l.Who, "server", server)})
		return true
	case w.Stage == AtSignIn:
		t.note(l.Who, judgeRefusal(l.Who, server, w))
		return true
	}
	s, word := t.judgeServer(ctx, server, end.Port, w)
	c.mu.Lock()
	c.fault = word
	c.mu.Unlock()
	t.note(server, s)
	return false
}

// heardAs is a word as evidence.
func heardAs(w Word) []string {
	var out []string
	if w.Where != "" {
		out = append(out, w.Where)
	}
	if w.Answer != "" {
		out = append(out, clean(w.Answer, 300))
	}
	return out
}

// judgeRefusal says what a server's no to a sign-in means.
func judgeRefusal(who, server string, w Word) say {
	out := say{verdict: failover.Unknown, evidence: heardAs(w)}
	switch w.Ending {
	case Never:
		out.verdict = failover.Red
		out.text = failover.Say("{server} does not let {user} sign in: {answer}", "server", server, "user", who, "answer", w.Answer)
		out.remedy = failover.Say("Store the right password of {user} (lifeboat secret set), and see at the provider whether the account is open and may sign in with a mail program.", "user", who)
	case Later:
		out.text = failover.Say("{server} puts the sign-in of {user} off: {answer}", "server", server, "user", who, "answer", w.Answer)
		out.remedy = failover.Say("Test again in a few minutes.")
	case Ours:
		out.ownLine = true
		out.text = failover.Say("{server} refuses this line, not {user}: {answer}", "server", server, "user", who, "answer", w.Answer)
		out.remedy = failover.Say("Test again later, or on another line.")
	default:
		out.unseen = true
		out.text = failover.Say("{server} broke off while {user} signed in: {answer}", "server", server, "user", who, "answer", w.Answer)
		out.remedy = failover.Say("Test again in a few minutes.")
	}
	return out
}

// judgeServer says what is wrong with a server where nobody could sign in, in a sentence
// and in a word.
func (t *attempt) judgeServer(ctx context.Context, server string, port uint16, w Word) (say, failover.Sentence) {
	out := say{verdict: failover.Red, evidence: heardAs(w), remedy: failover.Say("See whether the name and port of {server} in the settings are right, and whether the provider's server is in service.", "server", server)}
	word := failover.Say("no answer")
	switch {
	case w.Stage == AtResolve && w.Ending == Unnamed:
		out.text = failover.Say("{server} has no address in the DNS.", "server", server)
		word = failover.Say("no address")
	case w.Stage == AtResolve:
		out.verdict, out.unseen = failover.Unknown, true
		out.text = failover.Say("Nobody could say where {server} is: the DNS gives no answer.", "server", server)
		out.remedy = failover.Say("See whether this machine is on the network, and check again.")
	case w.Stage == AtTLS && w.Ending == Never:
		out.text = failover.Say("The certificate of {server} is not right, so no password was sent: {answer}", "server", server, "answer", w.Answer)
		out.remedy = failover.Say("Ask the provider for a valid certificate on {server}, or use the host name that the certificate bears.", "server", server)
		word = failover.Say("wrong certificate")
	case w.Stage == AtTLS:
		out.text = failover.Say("{server}, port {port}, gives no encrypted connection, so no password was sent: {answer}", "server", server, "port", port, "answer", w.Answer)
		word = failover.Say("no encryption")
	case w.Ending == Later:
		out.verdict = failover.Unknown
		out.text = failover.Say("{server} asks to come back later: {answer}", "server", server, "answer", w.Answer)
		out.remedy = failover.Say("Test again in a few minutes.")
	case w.Ending == Ours:
		out.verdict, out.ownLine = failover.Unknown, true
		out.text = failover.Say("{server} could not be tried from this line: {answer}", "server", server, "answer", w.Answer)
		out.remedy = failover.Say("Test again on another line.")
	case w.Ending == Refused:
		out.text = failover.Say("{server} refuses connections on port {port}.", "server", server, "port", port)
		word = failover.Say("connection refused")
	default:
		out.text = failover.Say("{server} does not answer on port {port}: {answer}", "server", server, "port", port, "answer", w.Answer)
	}
	if line := t.survey.lineState(ctx); out.verdict == failover.Red && line.kind == lineOffline {
		return unseen(line), word
	}
	return out, word
}
