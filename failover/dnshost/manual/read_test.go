package manual

import (
	"errors"
	"strings"
	"testing"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
)

func TestRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put(oldMX)
	w.Silence("192.0.2.3")
	key := oldMX.Key
	c := &clock{}
	sets, err := w.host(t, c).Read(t.Context(), zoneName, []failover.Key{key})
	if err != nil || !sets[0].Equal(oldMX) || c.waits != 0 {
		t.Fatalf("with one silent server: %v, %v", sets, err)
	}

	// One server ahead of the other: waited for, and then said.
	zones := w.behind()
	w.Silence("192.0.2.3")
	ahead := zones["192.0.2.2"]
	ahead.Delete("@", "MX")
	ahead.Add("@ 300 MX 10 in1.secondary.example.", "@ 300 MX 20 in2.secondary.example.")
	_, err = w.host(t, c).Read(t.Context(), zoneName, []failover.Key{key})
	if !errors.Is(err, failover.ErrUncertain) || !strings.Contains(err.Error(), "ns2.example.test gives example.test 300 MX 10 in1.secondary.example") {
		t.Errorf("servers that disagree: %v", err)
	}
	c = &clock{during: func(n int) error {
		if n == 1 {
			z := zones["192.0.2.1"]
			z.Delete("@", "MX")
			z.Add("@ 300 MX 10 in1.secondary.example.", "@ 300 MX 20 in2.secondary.example.")
		}
		return nil
	}}
	if sets, err = w.host(t, c).Read(t.Context(), zoneName, []failover.Key{key}); err != nil || !sets[0].Equal(newMX) {
		t.Errorf("servers that agree after a while: %v, %v", sets, err)
	}

	for _, a := range w.servers {
		w.Silence(a)
	}
	_, err = w.host(t, c).Read(t.Context(), zoneName, []failover.Key{key})
	if !errors.Is(err, failover.ErrUnreachable) || !strings.Contains(err.Error(), "no name server of example.test answers") {
		t.Errorf("all silent: %v", err)
	}
	err = w.host(t, c).Apply(t.Context(), dnshost.Change{Zone: zoneName, Before: oldMX, After: newMX})
	if !errors.Is(err, failover.ErrUnreachable) {
		t.Errorf("a change while all are silent: %v", err)
	}
}

func TestUnknownConsole(t *testing.T) {
	t.Parallel()
	_, err := New(Options{Console: "cpanel"})
	if !errors.Is(err, failover.ErrInvalid) || !strings.Contains(err.Error(), `no DNS console "cpanel"; write one of generic, godaddy,`) {
		t.Errorf("%v", err)
	}
}
