package mirror_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"lifeboat/mailstore"
	"lifeboat/mailstore/imaplink"
	"lifeboat/mailstore/mirror"
)

// watching is a mirror that watches, and what it tells.
type watching struct {
	*desk
	told chan mirror.Progress
	stop func()
}

func watch(t *testing.T, d *desk, change ...func(*mirror.Mirror)) *watching {
	t.Helper()
	w := &watching{desk: d, told: make(chan mirror.Progress, 10000)}
	d.options.Tell = func(p mirror.Progress) { w.told <- p }
	m := d.mirror()
	for _, c := range change {
		c(m)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- m.Watch(ctx) }()
	w.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("watching ended with %v", err)
		}
	})
	t.Cleanup(w.stop)
	return w
}

// until waits for something to be told.
func (w *watching) until(what string, is func(mirror.Progress) bool) mirror.Progress {
	w.t.Helper()
	patience := time.NewTimer(time.Minute)
	defer patience.Stop()
	for {
		select {
		case p := <-w.told:
			if is(p) {
				return p
			}
		case <-patience.C:
			w.t.Fatalf("it was never told: %s", what)
		}
	}
}

func rested(p mirror.Progress) bool { return p.Stage == mirror.Waiting && p.Failed.IsZero() }

// New mail in the inbox is taken in when the server speaks of it, long before the next
// poll is due.
func TestWatchIdles(t *testing.T) {
	p := newPrimary(all, "Other")
	p.fill(t, "INBOX", 0, 3)
	d := newDesk(t, p.connect, func(o *mirror.Options) { o.Poll = 30 * time.Second }) // the least pause between two looks is a sixtieth of it
	w := watch(t, d)
	w.until("the first check", rested)
	d.same(p)
	for i := range 3 {
		p.fill(t, "INBOX", 100+i, 1)
		w.until("the check after new mail", rested)
		d.same(p)
	}
	if p.links > 2 {
		t.Errorf("%d connections were made, not one that is kept", p.links)
	}
	w.stop()
	if left, err := d.store.Undescribed(t.Context(), 10); err != nil || len(left) == 10 {
		t.Errorf("no texts were read: %d left, %v", len(left), err)
	}
}

// What no server speaks of is found by polling.
func TestWatchPolls(t *testing.T) {
	p := newPrimary(imaplink.Caps{}, "Other")
	p.fill(t, "INBOX", 0, 3)
	d := newDesk(t, p.connect, func(o *mirror.Options) { o.Poll = 20 * time.Millisecond })
	w := watch(t, d)
	w.until("the first check", rested)
	p.fill(t, "Other", 100, 2)
	for strings.Count(d.held(), "Other") < 2 {
		w.until("another check", rested)
	}
	d.same(p)
}

// An account whose server is silent, refuses, or crawls delays no other; it pauses
// longer each time and comes back.
func TestOneAccountsTrouble(t *testing.T) {
	good, bad := newPrimary(all), newPrimary(all)
	good.fill(t, "INBOX", 0, 3)
	bad.fill(t, "INBOX", 100, 3)
	var mu sync.Mutex
	broken := true
	hang := make(chan struct{})
	bad.trouble = func(string) error {
		mu.Lock()
		defer mu.Unlock()
		if broken {
			return unreachable()
		}
		return nil
	}
	silent := func(ctx context.Context) error {
		select {
		case <-hang:
			return unreachable()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	connect := func(ctx context.Context, a mailstore.Account) (mirror.Link, error) {
		switch a.Address {
		case "bad@shop.example":
			return bad.connect(ctx, a)
		case "silent@shop.example":
			return nil, silent(ctx)
		}
		return good.connect(ctx, a)
	}
	d := newDesk(t, connect, func(o *mirror.Options) { o.Poll, o.Parallel = 20*time.Millisecond, 1 })
	accounts := []mailstore.Account{d.account}
	for _, address := range []string{"bad@shop.example", "silent@shop.example"} {
		accounts = append(accounts, mailstore.Account{Address: address, Kind: mailstore.Shared, Days: 30})
	}
	if _, err := d.store.SaveAccounts(t.Context(), accounts); err != nil {
		t.Fatal(err)
	}
	w := watch(t, d, func(m *mirror.Mirror) { m.SetSlowAfter(10 * time.Millisecond) })
	aiko := func(p mirror.Progress) bool { return rested(p) && p.Account.Address == d.account.Address }
	for i := range 3 {
		good.fill(t, "INBOX", 10+i, 1)
		w.until("the good account's check", aiko)
	}
	w.until("the bad account's pause", func(p mirror.Progress) bool {
		return p.Account.Address == "bad@shop.example" && p.Stage == mirror.Waiting && !p.Failed.IsZero() && !p.Retry.IsZero()
	})
	mu.Lock()
	broken = false
	mu.Unlock()
	w.until("the bad account's recovery", func(p mirror.Progress) bool { return rested(p) && p.Account.Address == "bad@shop.example" })
	close(hang)
	w.stop()
	fresh, err := d.store.Freshness(t.Context())
	if err != nil || len(fresh) != 3 {
		t.Fatalf("%+v, %v", fresh, err)
	}
	for _, f := range fresh {
		if ok := f.Account.Address != "silent@shop.example"; ok == f.Complete.IsZero() {
			t.Errorf("%+v", f)
		}
	}
}

// Accounts that come are taken up while watching, those that go are let go.
func TestWatchFollowsTheSettings(t *testing.T) {
	p := newPrimary(all)
	p.fill(t, "INBOX", 0, 3)
	d := newDesk(t, p.connect, func(o *mirror.Options) { o.Poll = 20 * time.Millisecond })
	w := watch(t, d)
	w.until("the first check", rested)
	if _, err := d.store.SaveAccounts(t.Context(), []mailstore.Account{{Address: "new@shop.example", Kind: mailstore.Personal, Days: 30}}); err != nil {
		t.Fatal(err)
	}
	w.until("the new account's check", func(p mirror.Progress) bool { return rested(p) && p.Account.Address == "new@shop.example" })
}

// Pauses grow, are bounded, and are never shorter than the server asked for.
func TestPauses(t *testing.T) {
	d := newDesk(t, newPrimary(all).connect, func(o *mirror.Options) { o.Pause = 30 * time.Second })
	m := d.mirror()
	for failures, about := range map[int]time.Duration{1: 30 * time.Second, 2: time.Minute, 4: 4 * time.Minute, 7: 30 * time.Minute, 1000: 30 * time.Minute} {
		if got := m.Pause(failures, 0); got < about*7/10 || got > about*13/10 {
			t.Errorf("after %d failures: %s, not about %s", failures, got, about)
		}
	}
	if got := m.Pause(1, time.Hour); got != time.Hour {
		t.Errorf("the server asked for an hour, and gets %s", got)
	}
}

// An unknown account is an error that says so.
func TestUnknownAccount(t *testing.T) {
	d := newDesk(t, newPrimary(all).connect)
	if _, err := d.mirror().Once(t.Context(), 4711); !errors.Is(err, mailstore.ErrNotFound) || !strings.Contains(err.Error(), "4711") {
		t.Errorf("%v", err)
	}
	if _, err := mirror.New(mirror.Options{}); !errors.Is(err, mailstore.ErrInvalid) {
		t.Errorf("%v", err)
	}
}
