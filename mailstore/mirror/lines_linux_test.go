package mirror_test

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"regexp"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"lifeboat/failover/failovertest/servers"
	"lifeboat/mailstore"
	"lifeboat/mailstore/imaplink"
	"lifeboat/mailstore/mailstoretest/corpus"
	"lifeboat/mailstore/mailstoretest/line"
	"lifeboat/mailstore/mirror"
	"lifeboat/mailstore/signin"
)

const ben = "ben@example.test"

// A bad line spoils one account's check, with a sentence, in bounded time and memory;
// the other account is brought up to date, and the first when its line is mended.
func TestBadLines(t *testing.T) {
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	o := newOffice(t, corpus.Options{Count: 90, Seed: 5, Now: time.Now(), Small: true})
	uid, gid := o.dovecot.Owner()
	if err := corpus.WriteMaildir(o.dovecot.Maildir(ben), uid, gid, corpus.Messages(corpus.Options{Count: 30, Seed: 6, Now: time.Now(), Small: true})); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		fault   *line.Fault
		filter  func() line.Filter
		healthy bool // it is borne: everything came, or is named
	}{
		"silent within a message":    {fault: &line.Fault{Do: line.Stall, InLiteral: 1000, After: 500}},
		"reset within a message":     {fault: &line.Fault{Do: line.Reset, InLiteral: 1000, After: 500}},
		"ended within a message":     {fault: &line.Fault{Do: line.Hangup, InLiteral: 1000, After: 500}},
		"an octet at a time":         {fault: &line.Fault{Do: line.Trickle, After: 6000, Pause: 20 * time.Millisecond}},
		"broken off twice":           {fault: &line.Fault{Do: line.Reset, InLiteral: 1000, After: 500, Times: 2}, healthy: true},
		"sizes far too great":        {filter: func() line.Filter { return liar("99999999") }, healthy: true},
		"sizes of nothing":           {filter: func() line.Filter { return liar("0") }, healthy: true},
		"sizes that are no sizes":    {filter: func() line.Filter { return liar("-5") }},
		"sizes that nothing can be":  {filter: func() line.Filter { return liar("18446744073709551616") }},
		"a line that is never taken": {fault: &line.Fault{Do: line.Stall}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			own := *o
			own.t = t
			filter := c.filter
			if filter == nil {
				filter = func() line.Filter { return liar("") }
			}
			bad := own.behind(line.Options{Filter: filter})
			if c.fault != nil {
				bad.Break(*c.fault)
			}
			var mended atomic.Bool
			d := newDesk(t, func(ctx context.Context, a mailstore.Account) (mirror.Link, error) {
				patience := imaplink.Patience{Connect: 20 * time.Second, Answer: 20 * time.Second}
				address := o.dovecot.IMAPS
				if a.Address == anna && !mended.Load() {
					patience = imaplink.Patience{Connect: 2 * time.Second, Answer: time.Second, Stall: 400 * time.Millisecond}
					address = bad.Addr()
				}
				conn, err := imaplink.Dial(ctx, imaplink.Options{
					Server: imaplink.Endpoint{Host: imapHost}, Dialer: straight(address), Patience: patience, Log: slog.New(slog.DiscardHandler),
					TLS:    &tls.Config{RootCAs: o.authority.Pool(), MinVersion: tls.VersionTLS12},
					SignIn: signin.Password(a.Address, func(context.Context) (string, error) { return o.order.Password, nil }),
				})
				if err != nil {
					return nil, err
				}
				return conn, nil
			}, func(o *mirror.Options) { o.Now, o.Folders = time.Now, mirror.Rules{Junk: true, Trash: true} })
			accounts, err := d.store.SaveAccounts(t.Context(), []mailstore.Account{
				{Address: anna, Kind: mailstore.Personal, Days: 3650}, {Address: ben, Kind: mailstore.Personal, Days: 3650},
			})
			if err != nil {
				t.Fatal(err)
			}
			peak := watchHeap(t)
			report, err := d.mirror().Once(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if most := peak(); most > 200<<20 {
				t.Errorf("%d MB were in use", most>>20)
			}
			for _, r := range report.Accounts {
				switch {
				case r.Account.Address == ben && (r.Err != nil || r.Fetched != 30):
					t.Errorf("the other account: %d fetched, %v", r.Fetched, r.Err)
				case r.Account.Address == anna && c.healthy && (r.Err != nil || r.Check.Changes.Arrived+r.Check.Changes.Moved+len(r.Missing) != 90):
					t.Errorf("%d fetched, %+v, %v, %v", r.Fetched, r.Check.Changes, r.Missing, r.Err)
				case r.Account.Address == anna && !c.healthy && (r.Err == nil || r.Check.Failed.IsZero() || !temporary(r.Err)):
					t.Errorf("the account of the bad line: %v", r.Err)
				}
			}
			mended.Store(true)
			if report, err := d.mirror().Once(t.Context()); err != nil || report.Failed() > 0 {
				t.Fatalf("mended: %v, %+v", err, report)
			}
			for _, a := range accounts {
				if !a.Removed.IsZero() {
					continue
				}
				d.account = a
				want := dialRaw(t, order{Address: o.dovecot.IMAPS, User: a.Address, Password: o.order.Password}).held()
				if got := d.held(); got != want {
					t.Errorf("%s: %s", a.Address, firstDifference(got, want))
				}
			}
		})
	}
}

func temporary(err error) bool {
	var e *mailstore.Error
	return errors.As(err, &e) && e.Temporary()
}

// watchHeap tells the most that is in use until it is asked.
func watchHeap(t *testing.T) func() uint64 {
	t.Helper()
	stop, most := make(chan struct{}), make(chan uint64)
	go func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		var peak uint64
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapAlloc)
			select {
			case <-tick.C:
			case <-stop:
				most <- peak
				return
			}
		}
	}()
	return func() uint64 {
		close(stop)
		return <-most
	}
}

// liar says another size of every message; the empty one says the truth.
type liar string

var sizes = regexp.MustCompile(`RFC822\.SIZE \d+`)

func (l liar) Command(text string) (forward, refusal string) { return text, "" }

func (l liar) Response(text string, _ bool) string {
	if l == "" || !strings.Contains(text, "RFC822.SIZE") {
		return text
	}
	return sizes.ReplaceAllString(text, "RFC822.SIZE "+string(l))
}
