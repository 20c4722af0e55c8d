package mirror

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"lifeboat/mailstore"
)

// Mirror keeps a store like the primary. Its methods may be called from several
// goroutines; an account is checked by one at a time.
type Mirror struct {
	o     Options
	lanes chan struct{}
	// slowAfter is how long an account may hardly move before it gives up its lane.
	slowAfter time.Duration

	texts sync.Mutex // one text stage at a time

	buffers sync.Pool // *[]byte, to copy with

	mu   sync.Mutex
	busy map[mailstore.AccountID]chan struct{}
}

// New makes a mirror.
func New(o Options) (*Mirror, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Mirror{o: o, lanes: make(chan struct{}, o.Parallel), slowAfter: slowAfter, busy: map[mailstore.AccountID]chan struct{}{}}, nil
}

// Once brings the accounts (all, when none is named) up to date, reads the texts of
// what came, and returns. What went wrong with an account is in its report and stops
// no other; the error is about the whole: the store, or ctx.
func (m *Mirror) Once(ctx context.Context, ids ...mailstore.AccountID) (Report, error) {
	accounts, err := m.accounts(ctx, ids)
	if err != nil {
		return Report{}, err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	report := Report{Accounts: make([]AccountReport, len(accounts))}
	var checks, texts, farewells sync.WaitGroup
	defer farewells.Wait()
	came := make(chan struct{}, 1)
	ended := make(chan struct{})
	if *m.o.Beside {
		texts.Go(func() { m.describeBeside(ctx, came, ended) })
	}
	for i, account := range accounts {
		checks.Go(func() {
			pool := m.newPool(account)
			defer func() {
				// A server takes its time to say goodbye. Nobody waits for it where no other
				// account waits for a lane, and for the connections that go with it.
				if len(accounts) <= m.o.Parallel {
					farewells.Go(pool.close)
				} else {
					pool.close()
				}
			}()
			r := m.look(ctx, &check{account: account, pool: pool, thorough: true, came: came})
			report.Accounts[i] = r
			if spoilsAll(r.Err) {
				stop(r.Err)
			}
		})
	}
	checks.Wait()
	close(ended)
	texts.Wait()
	if err := context.Cause(ctx); err != nil {
		return report, err
	}
	if err := m.Describe(ctx); err != nil {
		return report, err
	}
	report.Tidied, err = m.tidy(ctx)
	return report, err
}

// accounts tells those named, or all that the settings have.
func (m *Mirror) accounts(ctx context.Context, ids []mailstore.AccountID) ([]mailstore.Account, error) {
	all, err := m.o.Store.Accounts(ctx)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if !slices.ContainsFunc(all, func(a mailstore.Account) bool { return a.ID == id && a.Removed.IsZero() }) {
			return nil, mailstore.Fail(mailstore.ErrNotFound, "There is no account number {number} to mirror.", "number", id)
		}
	}
	return slices.DeleteFunc(all, func(a mailstore.Account) bool {
		return !a.Removed.IsZero() || len(ids) > 0 && !slices.Contains(ids, a.ID)
	}), nil
}

// look does a check, beside as many others as there are lanes, and alone on its
// account, and tells the store of it.
func (m *Mirror) look(ctx context.Context, c *check) AccountReport {
	c.m = m
	c.out.Account = c.account
	err := m.alone(ctx, c.account.ID, func() error {
		c.meter = newMeter(m.o, c.account)
		defer c.meter.stop()
		leave, err := m.lane(ctx, c.meter)
		if err != nil {
			return err
		}
		defer leave()
		return c.run(ctx)
	})
	c.out.Err = err
	return c.out
}

// alone runs f while nobody else works on the account.
func (m *Mirror) alone(ctx context.Context, id mailstore.AccountID, f func() error) error {
	m.mu.Lock()
	turn := m.busy[id]
	if turn == nil {
		turn = make(chan struct{}, 1)
		m.busy[id] = turn
	}
	m.mu.Unlock()
	select {
	case turn <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-turn }()
	return f()
}

// tidy lets the store remove what is too old, and give its space back.
func (m *Mirror) tidy(ctx context.Context) (sum mailstore.Retained, err error) {
	for {
		done, err := m.o.Store.Retain(ctx, mailstore.Retention{Grace: m.o.Grace})
		sum.Messages, sum.Places, sum.Bytes, sum.More = sum.Messages+done.Messages, sum.Places+done.Places, sum.Bytes+done.Bytes, done.More
		if err != nil || !done.More {
			return sum, err
		}
	}
}

// spoilsAll reports whether an error of one account is everybody's: nothing can be
// stored.
func spoilsAll(err error) bool {
	for _, kind := range []error{mailstore.ErrDisk, mailstore.ErrKey, mailstore.ErrBusy, mailstore.ErrDamaged} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

// spoilsAccount reports whether an error of one folder is the whole account's.
func spoilsAccount(err error) bool {
	for _, kind := range []error{mailstore.ErrSignIn, mailstore.ErrCertificate, mailstore.ErrThrottled, mailstore.ErrUnsupported} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return spoilsAll(err) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.As(err, new(dialing))
}

// dialing is an error of a connection that was never made, or is no good: no other
// folder of the account needs to be tried.
type dialing struct{ error }

func (d dialing) Unwrap() error { return d.error }
