package signin

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"lifeboat/mailstore"
)

// How tokens are kept.
const (
	// longestMargin is how long before its end a token is renewed, and a sixth of its
	// life if that is less.
	longestMargin = 5 * time.Minute
	// shortestUse is how long a token given out is still good, and a twelfth of its
	// life if that is less: enough to sign in with it.
	shortestUse = 30 * time.Second
	// betweenRefusals is how long a fresh token is kept although servers refuse it: of
	// three hundred mailboxes some are set up wrongly, and none of those makes the
	// issuer work for every try.
	betweenRefusals = time.Minute
	// An issuer that fails is asked again after a second, then two, four, and so on.
	firstPause   = time.Second
	longestPause = 5 * time.Minute
	// betweenRejections is how long a rejected credential is not shown again: issuers
	// lock out who does so too often.
	betweenRejections = time.Minute
)

// keeper keeps one token for everybody who wants it. One request is made at a time;
// whoever comes meanwhile waits for its answer, or has the old token while it is good.
type keeper struct {
	fetch   func(ctx context.Context) (Token, time.Duration, error) // with how long it is good
	network Network                                                 // complete

	mu       sync.Mutex
	token    Token
	renew    time.Time // when the token is to be renewed
	until    time.Time // how long it is given out: a little less than it is good
	call     *call     // under way; nil: none
	failed   *mailstore.Error
	failures int       // temporary ones in a row
	again    time.Time // until when nothing is asked after failed
	refused  time.Time // when a token was thrown away last
}

// call is a request that is under way.
type call struct {
	done  chan struct{}
	token Token
	err   error
}

func newKeeper(network Network, fetch func(context.Context) (Token, time.Duration, error)) *keeper {
	return &keeper{fetch: fetch, network: network}
}

// Token implements [Tokens].
func (k *keeper) Token(ctx context.Context) (Token, error) {
	token, call, err := k.have(ctx)
	if call == nil {
		return token, err
	}
	select {
	case <-ctx.Done():
		return Token{}, ctx.Err()
	case <-call.done:
		return call.token, call.err
	}
}

// have returns a token, or why there is none, or the request to wait for.
func (k *keeper) have(ctx context.Context) (Token, *call, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.network.Now()
	good := k.token.text != nil && now.Before(k.until)
	if good && now.Before(k.renew) {
		return k.token, nil, nil
	}
	if k.call == nil && now.Before(k.again) && k.failed != nil {
		if good {
			return k.token, nil, nil
		}
		failed := *k.failed
		if errors.Is(failed.Kind, mailstore.ErrThrottled) {
			failed.After = k.again.Sub(now)
		}
		return Token{}, nil, &failed
	}
	if k.call == nil {
		k.call = &call{done: make(chan struct{})}
		// The request outlives the one who asked first: others wait for it too. It has
		// a deadline of its own.
		go k.run(context.WithoutCancel(ctx), k.call)
	}
	if good {
		return k.token, nil, nil
	}
	return Token{}, k.call, nil
}

// run makes the request and tells everybody.
func (k *keeper) run(ctx context.Context, c *call) {
	ctx, cancel := context.WithTimeout(ctx, 2*k.network.Patience)
	defer cancel()
	token, life, err := k.fetch(ctx)
	k.mu.Lock()
	defer k.mu.Unlock()
	defer close(c.done)
	k.call = nil
	if err != nil {
		c.err = k.fail(err)
		return
	}
	k.take(token, life)
	c.token = k.token
	k.network.Log.Debug("token fetched", "expires", k.token.Expires)
}

// fail remembers a failure, and how long nothing is asked after it.
func (k *keeper) fail(err error) error {
	said := asOurs(err)
	pause := betweenRejections
	if said.Temporary() {
		k.failures++
		pause = max(pauseAfter(k.failures), said.After)
		if errors.Is(said.Kind, mailstore.ErrThrottled) && said.After == 0 {
			said.After = pause
		}
	}
	k.failed, k.again = said, k.network.Now().Add(pause)
	k.network.Log.Warn("token not fetched", "why", said.Say.String(), "pause", pause)
	return said
}

// asOurs is a failure with a sentence: where secrets are kept has sentences of its
// own kind.
func asOurs(err error) *mailstore.Error {
	var ours *mailstore.Error
	if errors.As(err, &ours) {
		e := *ours
		return &e
	}
	var other interface {
		error
		Sentence() (template string, args []string)
	}
	if errors.As(err, &other) {
		template, args := other.Sentence()
		parts := make([]any, len(args))
		for i, a := range args {
			parts[i] = a
		}
		return &mailstore.Error{Kind: mailstore.ErrSignIn, Say: mailstore.Say(template, parts...), Cause: err}
	}
	return mailstore.Fail(mailstore.ErrUnreachable, "No token could be fetched. It is tried again by itself.").Because(err)
}

// pauseAfter grows with the failures, and varies so that many do not come back at
// once.
func pauseAfter(failures int) time.Duration {
	pause := longestPause
	if failures < 10 {
		pause = min(pause, firstPause<<(failures-1))
	}
	return pause - time.Duration(rand.Int64N(int64(pause)/4)) //nolint:gosec // nobody gains by guessing a pause
}

// Refused implements [Tokens].
func (k *keeper) Refused(token Token) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.network.Now()
	if k.token.text == nil || !k.token.same(token) || now.Sub(k.refused) < betweenRefusals && !k.refused.IsZero() {
		return
	}
	k.token, k.refused = Token{}, now
	k.network.Log.Info("token refused by a server; a fresh one is fetched")
}

// accept takes a token that came in another way than by fetch.
func (k *keeper) accept(token Token, life time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.take(token, life)
}

// take makes a token the one in use.
func (k *keeper) take(token Token, life time.Duration) {
	token.Expires = k.network.Now().Add(life)
	k.token, k.renew = token, token.Expires.Add(-min(longestMargin, life/6))
	k.until = token.Expires.Add(-min(shortestUse, life/12))
	k.failed, k.failures, k.again = nil, 0, time.Time{}
}
