package hosttest

import (
	"slices"
	"testing"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
)

// testTry: a host that can tell whether it would let us write tells it by a change that
// changes nothing, whether the set is there or not, and while somebody holds the lock.
func testTry(t *testing.T, f *fixture) {
	h, can := f.host.(dnshost.Trier)
	if !can {
		return
	}
	try := func(what string) {
		t.Helper()
		f.quiet(t, what, func() {
			if err := h.TryWriting(t.Context(), f.Zone, f.primary().Name); err != nil {
				t.Errorf("%s: %v", what, err)
			}
		})
	}
	try("trying")
	try("trying again")
	f.untouched(t)
	f.quiet(t, "trying where there is nothing", func() {
		if err := h.TryWriting(t.Context(), f.Zone, f.backup().Name); err != nil {
			t.Errorf("where there is nothing: %v", err)
		}
	})
	f.untouched(t)
	if f.Capabilities.LockRecord {
		held := lock("run-1", "ann@desk")
		if err := f.host.Lock(t.Context(), f.Zone, held, nil); err != nil {
			t.Fatal(err)
		}
		try("trying while somebody holds the lock")
		f.isLocked(t, held)
	}
	for credential, kind := range map[Credential]error{Wrong: failover.ErrCredential, ReadOnly: failover.ErrReadOnly} {
		if !slices.Contains(f.Credentials, credential) {
			continue
		}
		bad, _ := f.Open(t, With{Credential: credential}).(dnshost.Trier) // as the other
		f.quiet(t, "trying with a bad credential", func() {
			f.refused(t, "trying with a bad credential", bad.TryWriting(t.Context(), f.Zone, f.primary().Name), kind)
		})
	}
	if f.can(Unreachable) {
		away, _ := f.Open(t, With{Fault: Unreachable}).(dnshost.Trier)
		f.refused(t, "trying a host that is away", away.TryWriting(t.Context(), f.Zone, f.primary().Name), failover.ErrUnreachable)
	}
}
