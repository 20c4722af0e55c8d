package mirror

import (
	"context"
	"strings"
	"sync"

	"lifeboat/mailstore"
)

// Ahead is a connection that is made before anybody asks for it: while a program opens
// its store, which takes about as long. Where nothing changed, these two are most of
// the time that a check takes.
type Ahead struct {
	address string
	done    chan struct{}
	link    Link // until done is closed, these two are the dialler's
	err     error

	mu    sync.Mutex
	taken bool
}

// DialAhead begins to connect for the account of that address. Close must be called,
// whether the connection was taken or not.
func DialAhead(ctx context.Context, address string, connect func(context.Context) (Link, error)) *Ahead {
	a := &Ahead{address: address, done: make(chan struct{})}
	go func() {
		defer close(a.done)
		a.link, a.err = connect(ctx)
	}()
	return a
}

// Connect is connect for everybody but the first who asks for the account: that one
// gets the connection, or the reason why there is none. It may be called for a nil
// Ahead.
func (a *Ahead) Connect(ctx context.Context, account mailstore.Account, connect func(context.Context, mailstore.Account) (Link, error)) (Link, error) {
	if a == nil || !strings.EqualFold(a.address, account.Address) || !a.take() {
		return connect(ctx, account)
	}
	<-a.done // the dialler has limits of its own, and the same context above it
	return a.link, a.err
}

func (a *Ahead) take() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	first := !a.taken
	a.taken = true
	return first
}

// Close closes a connection that nobody took. It may be called for a nil Ahead.
func (a *Ahead) Close() {
	if a == nil || !a.take() {
		return
	}
	<-a.done
	if a.err == nil {
		_ = a.link.Close()
	}
}
