package imaplink

import (
	"context"
	"strconv"
	"sync"
	"time"

	"lifeboat/mailstore"
)

// Spent is how much was received in an hour.
type Spent struct {
	Hour  time.Time `json:"hour"` // its beginning
	Bytes int64     `json:"bytes"`
}

// Ledger keeps what a [Budget] has spent, over restarts of the program.
type Ledger interface {
	Load(ctx context.Context) ([]Spent, error)
	Save(ctx context.Context, spent []Spent) error
}

// Budget is what a provider allows, shared by the connections that are given it: those
// of one account where the provider counts by account, as Gmail does (2,500 MB a day,
// 15 connections), else those of all. The zero value allows everything; so does nil.
// A budget must not be copied once it is used.
type Budget struct {
	// Connections is how many may be open at once; 0: any number. Dial waits.
	Connections int
	// BytesPerDay is how many octets may be received within any 24 hours; 0: any.
	BytesPerDay int64
	Ledger      Ledger           // nil: what was spent is forgotten with the program
	Now         func() time.Time // nil: time.Now

	once  sync.Once
	slots chan struct{}

	mu      sync.Mutex
	loaded  bool
	spent   []Spent // ascending
	unsaved int64
}

const (
	day       = 24 * time.Hour
	saveEvery = 8 << 20 // octets after which the ledger is written
)

func (b *Budget) now() time.Time {
	if b.Now != nil {
		return b.Now()
	}
	return time.Now()
}

// enter waits for a connection to be free.
func (b *Budget) enter(ctx context.Context) (leave func(), err error) {
	if b == nil {
		return func() {}, nil
	}
	if err := b.allow(ctx, 0); err != nil {
		return nil, err
	}
	if b.Connections <= 0 {
		return func() {}, nil
	}
	b.once.Do(func() { b.slots = make(chan struct{}, b.Connections) })
	select {
	case b.slots <- struct{}{}:
		return func() { <-b.slots }, nil
	case <-ctx.Done():
		return nil, mailstore.Fail(mailstore.ErrThrottled, "All {count} connections that the provider allows are in use.", "count", b.Connections).Because(context.Cause(ctx))
	}
}

// Left is how many octets may still be received now; -1: any number.
func (b *Budget) Left(ctx context.Context) (int64, error) {
	if b == nil || b.BytesPerDay <= 0 {
		return -1, nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.load(ctx); err != nil {
		return 0, err
	}
	return max(0, b.BytesPerDay-b.sum()), nil
}

// allow reports whether want octets may be received: an ErrThrottled that says when,
// if not.
func (b *Budget) allow(ctx context.Context, want int64) error {
	if b == nil || b.BytesPerDay <= 0 {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.load(ctx); err != nil {
		return err
	}
	sum := b.sum()
	// A message larger than a whole day's budget comes on a day of its own.
	if sum < b.BytesPerDay && (sum+want <= b.BytesPerDay || sum == 0) {
		return nil
	}
	e := mailstore.Fail(mailstore.ErrThrottled, "The {bytes} that the provider allows a day are used up. It goes on by itself when there is room again.", "bytes", megabytes(b.BytesPerDay))
	for _, s := range b.spent {
		if sum -= s.Bytes; sum+want <= b.BytesPerDay && sum < b.BytesPerDay {
			e.After = max(time.Second, s.Hour.Add(day).Sub(b.now()))
			break
		}
	}
	return e
}

// spend notes what was received.
func (b *Budget) spend(ctx context.Context, octets int64) error {
	if b == nil || b.BytesPerDay <= 0 || octets <= 0 {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.load(ctx); err != nil {
		return err
	}
	hour := b.now().UTC().Truncate(time.Hour)
	if last := len(b.spent) - 1; last >= 0 && !b.spent[last].Hour.Before(hour) {
		b.spent[last].Bytes += octets
	} else {
		b.spent = append(b.spent, Spent{Hour: hour, Bytes: octets})
	}
	if b.unsaved += octets; b.unsaved < saveEvery || b.Ledger == nil {
		return nil
	}
	return b.save(ctx)
}

// Save writes the ledger now: before the program ends.
func (b *Budget) Save(ctx context.Context) error {
	if b == nil {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.Ledger == nil || b.unsaved == 0 {
		return nil
	}
	return b.save(ctx)
}

func (b *Budget) save(ctx context.Context) error {
	b.unsaved = 0
	return b.Ledger.Save(ctx, b.spent)
}

func (b *Budget) load(ctx context.Context) error {
	if b.loaded || b.Ledger == nil {
		return nil
	}
	spent, err := b.Ledger.Load(ctx)
	if err != nil {
		return mailstore.Fail(mailstore.ErrDisk, "The record of what was received today cannot be read, so nothing more is asked for.").Because(err)
	}
	b.loaded, b.spent = true, spent
	return nil
}

// sum is what was received within the last 24 hours; older hours are forgotten. What a
// clock that was ahead noted for later counts as received now, or it would never be.
func (b *Budget) sum() (sum int64) {
	hour := b.now().UTC().Truncate(time.Hour)
	for i := range b.spent {
		if b.spent[i].Hour.After(hour) {
			b.spent[i].Hour = hour
		}
	}
	from := b.now().Add(-day)
	for len(b.spent) > 0 && !b.spent[0].Hour.After(from) {
		b.spent = b.spent[1:]
	}
	for _, s := range b.spent {
		sum += s.Bytes
	}
	return sum
}

func megabytes(n int64) string { return strconv.FormatInt(n/1_000_000, 10) + " MB" }
