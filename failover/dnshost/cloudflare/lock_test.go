package cloudflare_test

import (
	"strings"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/dnshost/cloudflare"
	"lifeboat/failover/dnshost/cloudflare/cftest"
)

func aLock(op string) dnshost.Lock {
	return dnshost.Lock{Operation: op, Owner: "ann@desk", Expires: time.Date(2031, 2, 3, 4, 5, 6, 0, time.UTC)}
}

// TestOversizedLock: names that do not fit a comment are shortened, and the run still
// knows its own lock from others that begin alike.
func TestOversizedLock(t *testing.T) {
	t.Parallel()
	server, z := world(t)
	h := open(t, cloudflare.Options{BaseURL: server.URL}, server.Token(cftest.Edit))
	mine := aLock(strings.Repeat("very-long-operation-", 3) + "one")
	mine.Owner = strings.Repeat("somebody with a long name ", 10) + "@desk"
	other := mine
	other.Operation = strings.Repeat("very-long-operation-", 3) + "two"

	if err := h.Lock(t.Context(), zone, mine, nil); err != nil {
		t.Fatal(err)
	}
	if err := h.Lock(t.Context(), zone, mine, nil); err != nil || server.Changes() != 1 {
		t.Errorf("one's own lock again: %v, %d changes", err, server.Changes())
	}
	kind(t, h.Lock(t.Context(), zone, other, nil), failover.ErrLocked, "somebody_with")
	c := switching()
	c.Lock = other
	kind(t, h.Apply(t.Context(), c), failover.ErrLocked, "somebody_with")
	c.Lock = mine
	if err := h.Apply(t.Context(), c); err != nil {
		t.Errorf("a change under one's own lock: %v", err)
	}
	// A lock is named by its owner as it was made, too.
	if err := h.Lock(t.Context(), zone, other, &mine); err != nil {
		t.Errorf("taking it over: %v", err)
	}
	if err := h.Unlock(t.Context(), zone, other); err != nil {
		t.Error(err)
	}
	if text := strings.Join(lines(t, z), "\n"); strings.Contains(text, "lifeboat") {
		t.Errorf("the lock is still there:\n%s", text)
	}
}

// TestLockWithoutOwner: whoever forgets to say who they are holds a lock all the
// same.
func TestLockWithoutOwner(t *testing.T) {
	server, _ := world(t)
	h := open(t, cloudflare.Options{BaseURL: server.URL}, server.Token(cftest.Edit))
	mine := aLock("run-1")
	mine.Owner = ""
	if err := h.Lock(t.Context(), zone, mine, nil); err != nil {
		t.Fatal(err)
	}
	if got, err := h.ReadLock(t.Context(), zone); err != nil || got == nil || !got.SameRun(mine) {
		t.Errorf("the lock reads as %v, %v", got, err)
	}
}

// TestEditedComment: a lock whose comment somebody changed is nobody's, and stands.
func TestEditedComment(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "please ask Ann", "lifeboat-lock1 yesterday run-1 ann@desk"} {
		server, z := world(t)
		h := open(t, cloudflare.Options{BaseURL: server.URL}, server.Token(cftest.Edit))
		if err := h.Lock(t.Context(), zone, aLock("run-1"), nil); err != nil {
			t.Fatal(err)
		}
		var content string
		for _, l := range lines(t, z) {
			if strings.HasPrefix(l, "_lifeboat-lock.") {
				_, rest, _ := strings.Cut(l, `"`)
				content, _, _ = strings.Cut(rest, `"`)
			}
		}
		set := failover.NewRRset(dnshost.LockName(zone), "TXT", 60, `"`+content+`"`)
		z.Put(failover.NewRRset(set.Name, "TXT", 0))
		r := cftest.Of(set, set.Values[0])
		r.Comment = &text
		z.Add(r)
		held, err := h.ReadLock(t.Context(), zone)
		if err != nil || held == nil || held.Operation != "" {
			t.Fatalf("with the comment %q the lock reads as %v, %v", text, held, err)
		}
		kind(t, h.Lock(t.Context(), zone, aLock("run-1"), nil), failover.ErrLocked, "did not write")
		if err := h.Lock(t.Context(), zone, aLock("run-1"), held); err != nil {
			t.Errorf("taking it over: %v", err)
		}
	}
}

// TestLockOvertaken: somebody takes, or releases, the lock between reading and
// writing.
func TestLockOvertaken(t *testing.T) {
	t.Parallel()
	server, _ := world(t)
	other := open(t, cloudflare.Options{BaseURL: server.URL}, server.Token(cftest.Edit))
	h := open(t, cloudflare.Options{BaseURL: server.URL}, server.Token(cftest.Edit))
	once := func(do func()) {
		server.BeforeBatch = func() { server.BeforeBatch = nil; do() }
	}
	// A free lock is taken meanwhile.
	once(func() {
		if err := other.Lock(t.Context(), zone, aLock("run-2"), nil); err != nil {
			t.Error(err)
		}
	})
	kind(t, h.Lock(t.Context(), zone, aLock("run-1"), nil), failover.ErrLocked)
	held, err := h.ReadLock(t.Context(), zone)
	if err != nil || held == nil || held.Operation != "run-2" {
		t.Fatalf("the lock is %v, %v", held, err)
	}
	// The lock to be taken over is taken over by somebody else meanwhile.
	once(func() {
		if err := other.Lock(t.Context(), zone, aLock("run-3"), held); err != nil {
			t.Error(err)
		}
	})
	kind(t, h.Lock(t.Context(), zone, aLock("run-1"), held), failover.ErrLocked)
	// One's own lock is taken over while it is released: it is not ours any more.
	held, _ = h.ReadLock(t.Context(), zone)
	once(func() {
		if err := h.Lock(t.Context(), zone, aLock("run-4"), held); err != nil {
			t.Error(err)
		}
	})
	if err := other.Unlock(t.Context(), zone, aLock("run-3")); err != nil {
		t.Error(err)
	}
	if held, err = h.ReadLock(t.Context(), zone); err != nil || held == nil || held.Operation != "run-4" {
		t.Errorf("the lock is %v, %v", held, err)
	}
}

// TestBusyLock: one's own lock is made anew by somebody each time it is about to be
// renewed. That is given up, not tried for ever.
func TestBusyLock(t *testing.T) {
	t.Parallel()
	server, z := world(t)
	h := open(t, cloudflare.Options{BaseURL: server.URL}, server.Token(cftest.Edit))
	none := failover.NewRRset(dnshost.LockName(zone), "TXT", 0)
	tries := 0
	add := func() {
		z.Put(none)
		r := cftest.Of(failover.NewRRset(none.Name, "TXT", 60), `"lifeboat-lock1 (see this record's comment)"`)
		text := "lifeboat-lock1 20310203T040506Z run-1 ann@desk"
		r.Comment = &text
		z.Add(r)
	}
	add()
	server.BeforeBatch = func() { tries++; add() }
	later := aLock("run-1")
	later.Expires = later.Expires.AddDate(0, 0, 1)
	kind(t, h.Lock(t.Context(), zone, later, nil), failover.ErrLocked, "example.test")
	if tries < 2 || tries > 10 {
		t.Errorf("%d attempts", tries)
	}
}
