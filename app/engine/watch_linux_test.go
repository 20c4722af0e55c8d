package engine_test

import (
	"strings"
	"testing"

	"lifeboat/app/engine"
	"lifeboat/failover/detect"
	"lifeboat/failover/failovertest/servers"
)

// On a full disk the watch goes on, says that it keeps nothing, and keeps again once
// there is room.
func TestWatchOnAFullDisk(t *testing.T) {
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	disk := smallDisk(t)
	l := newLookout(t, func(p *engine.Options) { p.DataDir = disk.parts.DataDir })
	room := disk.fill()
	var said []string
	l.watch(l.Engine, func(rounds int, s detect.State) bool { return rounds > 5 && healthy(rounds, s) }, &said)
	if len(said) != 1 || !strings.Contains(said[0], "see whether the disk is full") {
		t.Errorf("told: %q", said)
	}
	if _, ok := l.LastWatch(t.Context(), "example.test"); ok {
		t.Error("something was kept where there is no room")
	}
	room()
	l.watch(l.Engine, healthy, &said)
	if _, ok := l.LastWatch(t.Context(), "example.test"); !ok || len(said) != 1 {
		t.Errorf("nothing is kept where there is room: %q", said)
	}
}
