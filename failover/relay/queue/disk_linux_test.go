package queue

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"lifeboat/failover"
	"lifeboat/failover/failovertest/servers"
	"lifeboat/failover/relay"
)

// On a full disk nothing more is accepted; what was accepted stays, is sent on, and gives
// its room back; then all goes on.
func TestFullDisk(t *testing.T) {
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	disk := servers.SmallDisk(t, "4m")
	o := Options{Dir: filepath.Join(disk, "queue")}
	tune := defaults()
	tune.segment, tune.reserve = 300_000, 200_000
	ballast := filepath.Join(disk, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	q := try(t, o, tune)
	body := strings.Repeat("0123456789", 1000)
	var all []relay.ID
	var err error
	for range 1000 {
		var i relay.Item
		if i, err = commit(q, body); err != nil {
			break
		}
		all = append(all, i.ID)
	}
	fails(t, err, failover.ErrDisk, "The disk is full", o.Dir, "make room")
	if !errors.Is(err, unix.ENOSPC) {
		t.Errorf("the cause is not told: %v", err)
	}
	_, err = commit(q, strings.Repeat(body, 100)) // in its midst
	fails(t, err, failover.ErrDisk, "The disk is full")
	if len(all) < 100 {
		t.Fatalf("only %d messages", len(all))
	}
	// It can be opened as it is, and be sent.
	shut(t, q)
	q = try(t, o, tune)
	for _, id := range all {
		if text(t, q, id) != body {
			t.Errorf("the bytes of %s are not as they were", id)
		}
	}
	for _, id := range all[:len(all)/2] {
		handOver(t, q, id)
		deliver(t, q, id)
	}
	_, err = commit(q, body)
	fails(t, err, failover.ErrDisk, "The disk is full")
	if err := q.Tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range len(all) / 4 {
		if _, err := commit(q, body); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if _, err := commit(q, strings.Repeat(body, 20)); err != nil {
		t.Fatal(err)
	}
	shut(t, q)
	q = try(t, o, tune)
	if n, want := len(ids(q)), len(all)-len(all)/2+len(all)/4+1; n != want {
		t.Errorf("%d messages, not %d", n, want)
	}
	if n := len(events(t, q, relay.LogQuery{Kinds: []relay.EventKind{relay.Sent}})); n != len(all)/2 {
		t.Errorf("%d deliveries are told of, not %d", n, len(all)/2)
	}
}

// A disk that is read-only can be looked at.
func TestReadOnlyDisk(t *testing.T) {
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	disk := servers.SmallDisk(t, "4m")
	o := Options{Dir: filepath.Join(disk, "queue"), Key: testKey}
	q := try(t, o, small())
	i := accept(t, q, envelope("a@example.com"), "here")
	shut(t, q)
	if err := unix.Mount("", disk, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), o)
	fails(t, err, failover.ErrDisk, disk, "cannot be written")
	o.ReadOnly = true
	q = try(t, o, small())
	if got := text(t, q, i.ID); !strings.HasSuffix(got, "here") {
		t.Errorf("%q", got)
	}
}
