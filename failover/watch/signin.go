package watch

import (
	"context"

	"lifeboat/failover/detect"
	"lifeboat/failover/probe"
)

// refusals is how often in a row a sign-in was refused.
type refusals struct {
	count  int
	answer string
}

// Sign-ins that are refused are tried less and less, so that no account is locked:
// one that worked before and is refused so often that this is known by now, in every
// fourth round, which keeps the knowledge fresh; one that never worked, hardly ever.
const (
	refusedEnough = 10
	refusedPause  = 4
	neverEnough   = 3
	neverPause    = 60
)

// try is how far to go at a server.
type try int

const (
	tryNothing try = iota
	tryGreeting
	trySignIn
)

// mayTry says how far to go at a server in a round.
func (w *Watcher) mayTry(t detect.Target, number uint64) try {
	a := w.opt.Access[t.Role]
	if a.User == "" || a.Password == nil {
		return tryGreeting
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	switch r := w.refused[t]; {
	case w.proved[t] && r.count >= refusedEnough && number%refusedPause != 0:
		return tryNothing
	case !w.proved[t] && r.count >= neverEnough && number%neverPause != 0:
		return tryGreeting
	default:
		return trySignIn
	}
}

// signIn looks at a submission or IMAP server.
func (w *Watcher) signIn(ctx context.Context, t detect.Target, how try) []detect.Observation {
	a, p := w.opt.Access[t.Role], w.opt.Domain.Provider(t.Role)
	if how == tryGreeting {
		a.User = ""
	}
	var word probe.Word
	if t.Service == detect.Submission {
		word = w.probers[t.Role].SignIn(ctx, p.Submission, a.User, a.Password)
	} else {
		word = w.imap(ctx, p.IMAP, a)
	}
	if how == tryGreeting {
		return []detect.Observation{w.observed(t, word)} // it proves no sign-in
	}
	w.count(t, word)
	return []detect.Observation{w.weighed(t, word)}
}

// count counts refusals in a row.
func (w *Watcher) count(t detect.Target, word probe.Word) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case word.Stage != probe.AtSignIn:
	case word.Ending == probe.Never:
		w.refused[t] = refusals{w.refused[t].count + 1, word.Answer}
	case word.Ending == probe.Well:
		delete(w.refused, t)
	}
}
