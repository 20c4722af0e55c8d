package engine_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"lifeboat/app/engine"
	"lifeboat/failover"
	"lifeboat/failover/failovertest/servers"
)

// smallDisk is an office whose data folder is a disk of its own, of 64 KB, with
// evidence on it.
func smallDisk(t *testing.T) *office {
	t.Helper()
	dir := servers.SmallDisk(t, "64k")
	return newOffice(t, func(p *engine.Options) { p.DataDir = dir })
}

// fill leaves no room on the office's disk, until room is called.
func (o *office) fill() (room func()) {
	o.t.Helper()
	ballast := filepath.Join(o.parts.DataDir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 1<<20), 0o600); !errors.Is(err, unix.ENOSPC) {
		o.t.Fatalf("the disk does not fill up: %v", err)
	}
	return func() {
		if err := os.Remove(ballast); err != nil {
			o.t.Fatal(err)
		}
	}
}

// Without room for its journal Lifeboat changes nothing, says why, and works once
// there is room.
func TestFullDisk(t *testing.T) {
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	o := smallDisk(t)
	room := o.fill()
	before := o.zone()
	_, err := o.failover()
	o.refused(before, err, failover.ErrDisk, o.parts.DataDir, "disk is full")
	room()
	if _, err := o.Check(t.Context(), engine.CheckRequest{}); err != nil {
		t.Fatal(err)
	}
	room = o.fill() // there is evidence now, so that the journal is what does not fit
	_, err = o.failover()
	o.refused(before, err, failover.ErrDisk, o.journal(), "nothing is changed")
	room()
	o.done(o.failover())
	o.is(failover.RouteSecondary)
}

// A data folder that cannot be written to stops what would write; whoever looks
// is answered.
func TestReadOnlyDataFolder(t *testing.T) {
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	o := smallDisk(t)
	o.done(o.failover())
	if err := unix.Mount("", o.parts.DataDir, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	before := o.zone()
	_, err := o.failback()
	o.refused(before, err, failover.ErrDisk, o.parts.DataDir)
	_, err = o.Check(t.Context(), engine.CheckRequest{})
	o.refused(before, err, failover.ErrDisk, o.parts.DataDir)
	if st, err := o.Status(t.Context(), nil); err != nil || st.Domains[0].Route != failover.RouteSecondary || len(st.Runs) != 1 {
		t.Errorf("%+v, %v", st, err)
	}
	if v, err := o.Verify(t.Context(), nil); err != nil || !v[0].Good() {
		t.Errorf("%+v, %v", v, err)
	}
	// A folder that cannot even be made.
	e := o.another(func(p *engine.Options) { p.DataDir = filepath.Join(o.parts.DataDir, "below") })
	_, err = e.Switch(t.Context(), engine.SwitchRequest{PlanRequest: engine.PlanRequest{Kind: failover.Failback}})
	o.refused(before, err, failover.ErrDisk, filepath.Join(o.parts.DataDir, "below"), "--data")
}
