package presenter

import "context"

// Turn is taken by whoever is about to work in the data folder: the window's own
// checks and switches wait for each other instead of refusing each other.
type Turn struct{ taken chan struct{} }

// NewTurn returns one that nobody has.
func NewTurn() *Turn { return &Turn{taken: make(chan struct{}, 1)} }

// Take waits until it is free, or the context ends.
func (t *Turn) Take(ctx context.Context) error {
	select {
	case t.taken <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Give gives it back.
func (t *Turn) Give() { <-t.taken }
