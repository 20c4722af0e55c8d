package mirror_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"lifeboat/failover/failovertest/servers"
	"lifeboat/mailstore"
)

// A disk that fills ends the run with a sentence, and with room it goes on where it was.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	disk := servers.SmallDisk(t, "64m")
	ballast := filepath.Join(disk, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 50<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	p := newPrimary(all)
	add := func(from, n int) {
		for i := from; i < from+n; i++ {
			noise := make([]byte, 20000)
			for j := range noise {
				noise[j] = byte('!' + rand.N(90))
			}
			p.add("INBOX", fmt.Sprintf("Subject: %d\r\nContent-Type: application/octet-stream\r\n\r\n%s\r\n", i, noise), noon)
		}
	}
	add(0, 300)
	d := newDeskIn(t, filepath.Join(disk, "mail"), p.connect)
	d.once()
	add(300, 900)
	_, err := d.mirror().Once(t.Context())
	if !errors.Is(err, mailstore.ErrDisk) || mailstore.SentenceOf(err).IsZero() {
		t.Fatalf("a full disk: %v", err)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	before := d.places()
	if before < 300 || before == 1200 {
		t.Errorf("%d of 1200 were stored before the disk was full", before)
	}
	if r := d.once(); r.Fetched != 1200-before {
		t.Errorf("%d fetched; %d of 1200 were here", r.Fetched, before)
	}
	d.same(p)
	found, err := d.store.Verify(t.Context(), func(mailstore.VerifyProgress) {})
	if err != nil || len(found.Damaged)+len(found.Lost) > 0 {
		t.Errorf("%+v, %v", found, err)
	}
}
