package drill

import (
	"reflect"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/lab"
)

func TestMirroredIsMeasuredAtTheFault(t *testing.T) {
	fault := time.Date(2026, 11, 19, 10, 0, 0, 0, time.UTC)
	at := func(seconds int) time.Time { return fault.Add(time.Duration(seconds) * time.Second) }
	came := func(number int, where failover.Role, when time.Time) lab.Entry {
		return lab.Entry{Number: number, Arrivals: []lab.Arrival{{Where: where, At: when}}}
	}
	mail := []lab.Entry{
		came(1, failover.Primary, at(-60)),
		came(2, failover.Primary, at(-20)),  // in the mirror only after the fault
		came(3, failover.Primary, at(-5)),   // never in the mirror
		came(4, failover.Primary, at(1)),    // after the fault
		came(5, failover.Secondary, at(-9)), // elsewhere
		{Number: 6},                         // still on its way
	}
	held := map[int]time.Time{1: at(-59), 2: at(2), 4: at(3), 5: at(-8)}
	got := mirrored(mail, held, fault)
	if want := (Mirrored{Messages: 3, Held: 1, Behind: Span(20 * time.Second)}); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	held[2], held[3] = at(-19), fault
	if got, want := mirrored(mail, held, fault), (Mirrored{Messages: 3, Held: 3}); !reflect.DeepEqual(got, want) {
		t.Errorf("with all of them held: got %+v, want %+v", got, want)
	}
}
