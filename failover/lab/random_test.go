package lab_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/lab"
)

// Whatever breaks, at whatever moment and for whatever share, every message is
// counted once, and none is lost, doubled or bounced unless a fault does that by
// itself.
func TestRandomTroublesLoseNothing(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2) {
		loseNothing(t, seed)
	}
}

func TestLongRandomTroublesLoseNothing(t *testing.T) {
	if os.Getenv("LIFEBOAT_LONG") == "" {
		t.Skip("a long campaign; set LIFEBOAT_LONG=1, or run make test-long")
	}
	for seed := range uint64(24) {
		t.Run(fmt.Sprint(100+seed), func(t *testing.T) {
			t.Parallel()
			loseNothing(t, 100+seed)
		})
	}
}

func loseNothing(t *testing.T, seed uint64) {
	t.Helper()
	fair := slices.DeleteFunc(lab.Faults(), func(f lab.Fault) bool { return lab.LosesOrDoubles(f) || lab.Bounces(f) })
	n := troubles(t, seed, fair)
	if n.Delivered != n.Sent || n.Lost+n.Doubled+n.Bounced != 0 {
		t.Errorf("seed %d: %+v", seed, n)
	}
}

// Faults that spoil messages by themselves are counted as well.
func TestRandomSpoiledMessagesAreCounted(t *testing.T) {
	t.Parallel()
	n := troubles(t, 0, []lab.Fault{lab.Swallow, lab.LoseReply, lab.Reject})
	if n.Lost+n.Doubled+n.Bounced == 0 || n.Delivered == 0 {
		t.Errorf("%+v", n)
	}
}

// troubles breaks and mends at random moments, holds the account to what it must
// always be, and lets everything run out.
func troubles(t *testing.T, seed uint64, faults []lab.Fault) lab.Totals {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 7))
	retry := quick()
	retry.Patience = 300 * time.Millisecond
	w, events := atWork(t, lab.Options{Interval: 60 * time.Millisecond, Delay: 5 * time.Millisecond, TTL: 5, Retry: retry, Factor: 10})
	d := w.Domain()
	at := failover.Primary
	for range 25 {
		from := w.Totals().Sent
		for still := r.IntN(12); ; <-events {
			n := w.Totals()
			lab.Balances(t, n)
			if n.Sent >= from+still {
				break
			}
		}
		role := []failover.Role{failover.Primary, failover.Secondary}[r.IntN(2)]
		switch r.IntN(6) {
		case 0, 1, 2:
			trouble := lab.Trouble{Fault: faults[r.IntN(len(faults))]}
			if r.IntN(2) == 0 {
				trouble.Share = float64(1+r.IntN(9)) / 10
			}
			if r.IntN(3) == 0 {
				trouble.Hosts = []string{d.Provider(role).MX[r.IntN(2)].Host, d.Provider(role).Submission.Host}
			}
			if err := w.BreakPart(role, trouble); err != nil {
				t.Fatal(err)
			}
			tries := w.Totals().Tries
			until(t, w, events, func(n lab.Totals) bool { return n.Tries >= tries+3 })
		case 3:
			w.Mend(role)
		case 4:
			if err := w.Put(failover.MXSet(d.Name, 5, d.Provider(at.Other()).MX)); err != nil {
				t.Fatal(err)
			}
			at = at.Other()
			w.SetSendRoute([]failover.Role{at, role}[r.IntN(2)])
		default:
			if err := w.BreakRemote([]lab.Fault{lab.None, lab.Reset, lab.Silent, lab.Busy, lab.Defer}[r.IntN(5)]); err != nil {
				t.Fatal(err)
			}
		}
	}
	w.SetInterval(-1)
	w.Mend(failover.Primary)
	w.Mend(failover.Secondary)
	if err := w.BreakRemote(lab.None); err != nil {
		t.Fatal(err)
	}
	n := until(t, w, events, func(n lab.Totals) bool { return n.Waiting == 0 })
	lab.Balances(t, n)
	compare(t, w, n)
	return n
}

// compare holds the account against the mailboxes themselves.
func compare(t *testing.T, w *lab.World, n lab.Totals) {
	t.Helper()
	copies := map[string]int{}
	count := func(all []lab.Mail) {
		for _, m := range all {
			for line := range strings.Lines(string(m.Data)) {
				if id, ok := strings.CutPrefix(line, "Lifeboat-Practice-Message: "); ok {
					copies[id]++
				}
			}
		}
	}
	for _, r := range w.Domain().Recipients {
		count(w.Mailbox(failover.Primary, r.Address))
		count(w.Mailbox(failover.Secondary, r.Address))
	}
	for _, person := range []string{"aoi.mori@customers.test", "kenji.abe@suppliers.test", "maria.weber@partners.test", "jean.martin@remote.test"} {
		count(w.OutsideMailbox(person))
	}
	doubled := 0
	for _, c := range copies {
		if c > 1 {
			doubled++
		}
	}
	if doubled != n.Doubled || len(copies) < n.Delivered || len(copies) > n.Sent {
		t.Errorf("%d messages are in mailboxes, %d of them more than once: %+v", len(copies), doubled, n)
	}
}
