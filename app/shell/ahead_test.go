package shell

import "testing"

// Pages are made ahead of being looked at, one at a time, except where something begins
// with it; what is shown stays.
func TestPagesAreMadeAhead(t *testing.T) {
	d := testDesk(t, true)
	w := d.window
	here, steps := w.frame.Here(), 0
	for w.makeOne() {
		if steps++; steps > 2*len(w.frame.pages) {
			t.Fatal("it has no end")
		}
	}
	for _, p := range w.frame.pages {
		v := w.frame.views[p.Key]
		if made := v != nil; made == (p.Hidden || p.Key == pageSetup) {
			t.Errorf("%s is made: %v", p.Key, made)
		}
	}
	if w.frame.Here() != here {
		t.Errorf("%s is shown", w.frame.Here())
	}
}
