package line

import (
	"testing"
	"testing/synctest"
	"time"
)

// clocked notes when something is written.
type clocked struct{ at []time.Time }

func (c *clocked) Write(p []byte) (int, error) {
	c.at = append(c.at, time.Now())
	return len(p), nil
}

// A line is long, not narrow: what is sent together comes out together, half a round
// trip later, rather than each piece after a pause of its own.
func TestPiecesTravelTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const half = 20 * time.Millisecond
		c := &link{line: &Line{options: Options{RoundTrip: 2 * half}}, gone: make(chan struct{}), left: make(chan struct{})}
		out := &clocked{}
		d := newDelay(c, out)
		began := time.Now()
		for range 100 {
			if _, err := d.Write(make([]byte, 1000)); err != nil {
				t.Fatal(err)
			}
		}
		time.AfterFunc(5*time.Millisecond, func() { _, _ = d.Write([]byte("later")) })
		<-time.After(6 * time.Millisecond)
		d.end()
		if len(out.at) != 101 {
			t.Fatalf("%d pieces came out of 101", len(out.at))
		}
		for i, at := range out.at {
			want := half
			if i == 100 {
				want += 5 * time.Millisecond
			}
			if took := at.Sub(began); took != want {
				t.Fatalf("piece %d came out after %v, want %v", i, took, want)
			}
		}
		if _, err := d.Write([]byte("after the end")); err == nil {
			t.Error("a direction that has ended takes more")
		}
	})
}
