package dnshost_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestSecretIsNeverPrinted(t *testing.T) {
	secret := dnshost.Secret("hunter2")
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "secret", secret, "in", struct{ S dnshost.Secret }{secret})
	js, err := json.Marshal(map[string]any{"a": secret, "b": []dnshost.Secret{secret}})
	if err != nil {
		t.Fatal(err)
	}
	said := fmt.Sprintf("%v %s %q %x %+v %#v %d %v", secret, secret, secret, secret, secret, secret, secret,
		struct{ S dnshost.Secret }{secret}) + log.String() + string(js) + failover.Say("{x}", "x", secret).String()
	if strings.Contains(said, "hunter2") || strings.Contains(said, "68756e74657232") {
		t.Errorf("the secret shows: %s", said)
	}
	if secret.Reveal() != "hunter2" {
		t.Error("Reveal does not give the secret")
	}
}

func TestChangeCheck(t *testing.T) {
	mx := failover.NewRRset("example.test", "MX", 300, "10 a.example.")
	if err := (dnshost.Change{Zone: "example.test.", Before: mx, After: mx}).Check(); err != nil {
		t.Errorf("a good change: %v", err)
	}
	other := failover.NewRRset("www.example.test", "MX", 300, "10 a.example.")
	if err := (dnshost.Change{Zone: "example.test.", Before: mx, After: other}).Check(); !errors.Is(err, failover.ErrInvalid) {
		t.Errorf("two names: %v", err)
	}
	if err := (dnshost.Change{Zone: "elsewhere.test.", Before: mx, After: mx}).Check(); !errors.Is(err, failover.ErrZone) {
		t.Errorf("another zone: %v", err)
	}
}

func TestLockRules(t *testing.T) {
	mine := dnshost.Lock{Operation: "run-1", Owner: "ann@desk", Expires: noon}
	renewed := dnshost.Lock{Operation: "run-1", Owner: "ann@laptop", Expires: noon.Add(time.Hour)}
	theirs := dnshost.Lock{Operation: "run-2", Owner: "bob@desk", Expires: noon}
	unknown := dnshost.LockFromTexts([]string{"hands off"})
	const zone = "example.test."

	for name, c := range map[string]struct {
		err    error
		locked bool
	}{
		"take a free zone":              {mine.MayTake(zone, nil, nil), false},
		"take one's own":                {renewed.MayTake(zone, &mine, nil), false},
		"take theirs":                   {mine.MayTake(zone, &theirs, nil), true},
		"take theirs deliberately":      {mine.MayTake(zone, &theirs, &theirs), false},
		"take another than was meant":   {mine.MayTake(zone, &theirs, &renewed), true},
		"take an unknown one":           {mine.MayTake(zone, unknown, nil), true},
		"take it deliberately":          {mine.MayTake(zone, unknown, unknown), false},
		"no operation is nobody's":      {dnshost.Lock{}.MayTake(zone, unknown, nil), true},
		"change without any lock":       {dnshost.Change{Zone: zone}.CheckLock(nil), false},
		"change under one's lock":       {dnshost.Change{Zone: zone, Lock: renewed}.CheckLock(&mine), false},
		"change under theirs":           {dnshost.Change{Zone: zone, Lock: mine}.CheckLock(&theirs), true},
		"change without, theirs is set": {dnshost.Change{Zone: zone}.CheckLock(&theirs), true},
		"change when the lock is gone":  {dnshost.Change{Zone: zone, Lock: mine}.CheckLock(nil), true},
	} {
		if got := errors.Is(c.err, failover.ErrLocked); got != c.locked || !got && c.err != nil {
			t.Errorf("%s: %v", name, c.err)
		}
	}
}

func TestLockFromTexts(t *testing.T) {
	lock := dnshost.Lock{Operation: "run-1", Owner: "ann@desk", Expires: noon}
	if got := dnshost.LockFromTexts(nil); got != nil {
		t.Errorf("no texts are the lock %v", got)
	}
	if got := dnshost.LockFromTexts([]string{lock.Text()}); got == nil || *got != lock {
		t.Errorf("%q reads as %v", lock.Text(), got)
	}
	if got := dnshost.LockFromTexts([]string{lock.Text(), lock.Text()}); got == nil || got.SameRun(lock) || got.Owner == "" {
		t.Errorf("two records read as %v", got)
	}
}

func FuzzLock(f *testing.F) {
	f.Add("lifeboat-lock1 op=run-1 owner=ann@desk expires=2026-03-01T12:00:00Z")
	f.Add("lifeboat-lock1 op= owner= expires=")
	f.Add("v=spf1 -all")
	f.Add("lifeboat-lock1 op=\xff owner=\"; expires=0000-01-01T00:00:00Z")
	f.Fuzz(func(t *testing.T, text string) {
		l, ok := dnshost.ParseLock(text)
		if !ok {
			return
		}
		out := l.Text()
		if len(out) > 255 {
			t.Fatalf("a text of %d octets", len(out))
		}
		again, ok := dnshost.ParseLock(out)
		if !ok || again.Text() != out || !again.SameRun(l) {
			t.Fatalf("%q became %q, then %v", text, out, again)
		}
	})
}

func TestStaleNamesWhatIsThere(t *testing.T) {
	a := failover.NewRRset("example.test", "MX", 300, "10 a.example.")
	b := failover.NewRRset("example.test", "MX", 60, "10 b.example.")
	none := failover.NewRRset("example.test", "MX", 0)
	for _, c := range []struct {
		before, live failover.RRset
		parts        []string
	}{
		{a, b, []string{"10 a.example.", "10 b.example.", "60"}},
		{a, none, []string{"10 a.example.", "gone"}},
		{none, b, []string{"10 b.example."}},
	} {
		err := dnshost.Stale(c.before, c.live)
		if !errors.Is(err, failover.ErrStale) {
			t.Errorf("%v is not ErrStale", err)
		}
		for _, p := range c.parts {
			if !strings.Contains(err.Error(), p) {
				t.Errorf("%q does not say %q", err, p)
			}
		}
	}
	if err := dnshost.Unsettled("ns1", a, none); !errors.Is(err, failover.ErrUncertain) {
		t.Errorf("%v is not ErrUncertain", err)
	}
}

func TestHeldNamesOwnerAndEnd(t *testing.T) {
	err := dnshost.Held("example.test.", dnshost.Lock{Operation: "run-2", Owner: "bob@desk", Expires: noon})
	if !errors.Is(err, failover.ErrLocked) || !strings.Contains(err.Error(), "bob@desk") || !strings.Contains(err.Error(), "2026-03-01 12:00 UTC") {
		t.Errorf("held: %v", err)
	}
	err = dnshost.Held("example.test.", *dnshost.LockFromTexts([]string{"hands off"}))
	if !errors.Is(err, failover.ErrLocked) || !strings.Contains(err.Error(), "hands_off") || strings.Contains(err.Error(), "0001") {
		t.Errorf("held by somebody unknown: %v", err)
	}
}
