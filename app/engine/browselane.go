package engine

import (
	"context"
	"errors"
	"time"

	"lifeboat/mailstore"
	"lifeboat/mailstore/imaplink"
)

// lane is a connection of a browser, and whose turn it is. A question that its asker has
// given up goes on for a moment, as it is cheaper to let a server answer than to connect
// anew: with each letter that somebody types, a search is given up.
type lane struct {
	b    *browser
	turn chan struct{} // of capacity 1: taken by whoever asks

	// Of whoever has the turn.
	conn     *imaplink.Conn
	folder   string // that is open; empty: none
	selected imaplink.Selected
}

func newLane(b *browser) *lane { return &lane{b: b, turn: make(chan struct{}, 1)} }

// graceful is how long a question goes on that nobody waits for any more.
const graceful = 2 * time.Second

// do asks something of the server. When it returns early because ctx ended, f may go on for
// a moment, and what it found is nobody's.
func (l *lane) do(ctx context.Context, f func(context.Context, *lane) error) error { //nolint:contextcheck // a question may go on after its asker
	select {
	case l.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	work, end := context.WithCancel(l.b.base)
	done := make(chan error, 1)
	go func() {
		err := l.run(work, f)
		end()
		<-l.turn
		done <- err
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		time.AfterFunc(graceful, end)
		return ctx.Err()
	}
}

// run asks, and once more over a new connection where an old one turned out to be dead.
func (l *lane) run(ctx context.Context, f func(context.Context, *lane) error) error {
	for {
		fresh := l.conn == nil
		if fresh {
			conn, err := imaplink.Dial(ctx, l.b.options)
			if err != nil {
				return err
			}
			l.conn, l.folder = conn, ""
		}
		err := f(ctx, l)
		if err == nil || !errors.Is(err, mailstore.ErrUnreachable) && !errors.Is(err, mailstore.ErrServer) {
			return err
		}
		l.drop()
		if fresh || ctx.Err() != nil {
			return err
		}
	}
}

func (l *lane) drop() {
	if l.conn != nil {
		_ = l.conn.Close() // it was only read
		l.conn, l.folder = nil, ""
	}
}

// close waits for whoever has the turn, which ends with the browser.
func (l *lane) close() {
	l.turn <- struct{}{}
	l.drop()
	<-l.turn
}

// open opens a folder, unless it is open.
func (l *lane) open(ctx context.Context, folder string) error {
	if l.folder == folder {
		return nil
	}
	l.folder = ""
	s, err := l.conn.Select(ctx, folder, nil)
	if err != nil && errors.Is(err, mailstore.ErrNotFound) {
		// Odd names are known to a connection that has listed the folders.
		if _, err := l.conn.List(ctx); err != nil {
			return err
		}
		s, err = l.conn.Select(ctx, folder, nil)
	}
	if err == nil {
		l.folder, l.selected = folder, s
	}
	return err
}
