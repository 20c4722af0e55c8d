package lab_test

import (
	"bufio"
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"lifeboat/failover"
	"lifeboat/failover/lab"
)

// greets reports whether a mail host greets one who connects.
func greets(ctx context.Context, w *lab.World, host string) error {
	c, err := w.Dialer().DialContext(ctx, "tcp", host+":25")
	if err != nil {
		return err
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	line, err := bufio.NewReader(c).ReadString('\n')
	if err == nil && !strings.HasPrefix(line, "220") {
		return errors.New(line)
	}
	return err
}

func TestAShareOfTheConnections(t *testing.T) {
	t.Parallel()
	const all = 60
	for fault, share := range map[lab.Fault]float64{lab.Reset: 0.3, lab.Refuse: 0.5, lab.Busy: 0.9} {
		w := start(t, lab.Options{})
		if err := w.BreakPart(failover.Primary, lab.Trouble{Fault: fault, Share: share}); err != nil {
			t.Fatal(err)
		}
		// It is that share of every second one, too, and of each run of ten.
		var failed []bool
		for range all {
			err := greets(t.Context(), w, "mx1.harbormail.test")
			failed = append(failed, err != nil)
			if fault == lab.Refuse && err != nil && !errors.Is(err, lab.CodeRefused) {
				t.Errorf("%q: %v", fault, err)
			}
		}
		for from := range all - 10 {
			if n := count(failed[from:from+10], 1); math.Abs(n-share*10) > 2 {
				t.Errorf("%q: %v of 10 fail: %v", fault, n, failed[from:from+10])
			}
		}
		for from := range 2 {
			if n := count(failed[from:], 2); math.Abs(n-share*all/2) > 3 {
				t.Errorf("%q: %v of every second one fail", fault, n)
			}
		}
		w.Mend(failover.Primary)
		for range 5 {
			if err := greets(t.Context(), w, "mx1.harbormail.test"); err != nil {
				t.Errorf("%q, mended: %v", fault, err)
			}
		}
	}
}

// count counts what is true, looking at every nth.
func count(of []bool, nth int) (n float64) {
	for i := 0; i < len(of); i += nth {
		if of[i] {
			n++
		}
	}
	return n
}

func TestAShareOfTheConnectionsIsSilent(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Options{})
	if err := w.BreakPart(failover.Primary, lab.Trouble{Fault: lab.Silent, Share: 0.5}); err != nil {
		t.Fatal(err)
	}
	silent := 0
	for range 10 {
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		if err := greets(ctx, w, "mx1.harbormail.test"); errors.Is(err, context.DeadlineExceeded) {
			silent++
		} else if err != nil {
			t.Error(err)
		}
		cancel()
	}
	if silent < 4 || silent > 6 {
		t.Errorf("%d of 10 are silent", silent)
	}
}

// A trouble meets its share of the connections in use, and lets the others be.
func TestAShareOfTheConnectionsInUse(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Options{})
	var open []*smtp.Client
	for range 20 {
		c, err := hello(t, w, "mx1.harbormail.test", "25")
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, c)
	}
	for _, fault := range []lab.Fault{lab.Defer, lab.Reset} {
		if err := w.BreakPart(failover.Primary, lab.Trouble{Fault: fault, Share: 0.25}); err != nil {
			t.Fatal(err)
		}
		failed, again := 0, 0
		for _, c := range open {
			try := func() bool {
				err := errors.Join(c.Mail("a@b.test", nil), c.Rcpt("office@example.test", nil))
				_ = c.Reset()
				return err != nil
			}
			if first := try(); first != try() {
				again++
			} else if first {
				failed++
			}
		}
		if failed < 4 || failed > 6 || again != 0 {
			t.Errorf("%q: %d of 20 fail, %d now and then", fault, failed, again)
		}
	}
}

func TestSomeHostsBreak(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Options{})
	events, _ := w.Subscribe(100)
	for _, fault := range []lab.Fault{lab.Refuse, lab.Reset, lab.Busy, lab.NoTLS} {
		if err := w.BreakPart(failover.Primary, lab.Trouble{Fault: fault, Hosts: []string{"MX1.harbormail.test"}}); err != nil {
			t.Fatal(err)
		}
		if e := next(t, events, lab.EventBroken); e.Say.String() != "Something is wrong with mx1.harbormail.test of Harbormail." || e.Role != failover.Primary {
			t.Errorf("%q: %v", fault, e)
		}
		if _, err := hello(t, w, "mx1.harbormail.test", "25"); err == nil {
			t.Errorf("%q: mx1 works", fault)
		}
		if _, err := hello(t, w, "mx2.harbormail.test", "25"); err != nil {
			t.Errorf("%q: mx2: %v", fault, err)
		}
	}
	want := lab.Trouble{Fault: lab.Slow, Share: 0.125, Hosts: []string{"mx2.harbormail.test.", "smtp.harbormail.test."}}
	if err := w.BreakPart(failover.Primary, want); err != nil {
		t.Fatal(err)
	}
	if got := w.Trouble(failover.Primary); got.Fault != want.Fault || got.Share != want.Share || !slices.Equal(got.Hosts, want.Hosts) {
		t.Errorf("the trouble is %v", got)
	}
	if e := next(t, events, lab.EventBroken); e.Say.String() != "Something is wrong with 12.5 % of what mx2.harbormail.test, smtp.harbormail.test of Harbormail do." {
		t.Errorf("%v", e.Say)
	}
	if err := w.BreakPart(failover.Secondary, lab.Trouble{Fault: lab.Defer, Share: 0.3}); err != nil {
		t.Fatal(err)
	}
	if e := next(t, events, lab.EventBroken); e.Say.String() != "Something is wrong with 30 % of what Lighthouse does." {
		t.Errorf("%v", e.Say)
	}
	// Mail goes round the host that is broken.
	if err := w.BreakPart(failover.Primary, lab.Trouble{Fault: lab.Refuse, Hosts: []string{"mx1.harbormail.test"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Send("office@example.test"); err != nil {
		t.Fatal(err)
	}
	if n := until(t, w, events, func(n lab.Totals) bool { return n.Waiting == 0 }); n.Delivered != 1 || n.Tries != 1 {
		t.Errorf("%+v", n)
	}
}

func TestTroublesThatMakeNoSense(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Options{})
	for says, trouble := range map[string]lab.Trouble{
		"-0.1 is no share of what Harbormail does": {Fault: lab.Reset, Share: -0.1},
		"1.5 is no share":                          {Fault: lab.Reset, Share: 1.5},
		"NaN is no share":                          {Fault: lab.Reset, Share: math.NaN()},
		"mx1.lighthouse.test is no host of Harbor": {Fault: lab.Reset, Hosts: []string{"mx1.lighthouse.test"}},
		`cannot break as "primary", ""`:            {},
		`cannot break as "primary", "lame"`:        {Fault: lab.Lame},
	} {
		if err := w.BreakPart(failover.Primary, trouble); !errors.Is(err, failover.ErrInvalid) || !strings.Contains(err.Error(), says) {
			t.Errorf("%v: %v, want %q", trouble, err, says)
		}
	}
	if f := w.Fault(failover.Primary); f != lab.None {
		t.Errorf("it suffers from %q", f)
	}
	for _, f := range []lab.Fault{lab.Lame, lab.Reset} {
		if err := w.BreakUpdates(f); !errors.Is(err, failover.ErrInvalid) || !strings.Contains(err.Error(), string(f)) {
			t.Errorf("updates as %q: %v", f, err)
		}
	}
}
