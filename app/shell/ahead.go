package shell

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
)

// aheadPause is left between two pages that are made ahead: what somebody does meanwhile
// comes first.
const aheadPause = 250 * time.Millisecond

// makeAhead makes the pages that nobody has looked at yet, one after the other while there
// is nothing else to do, so that going to one is quick the first time, too. It ends when
// all are there, or with the context.
func (w *Window) makeAhead(ctx context.Context) {
	pause := time.NewTicker(aheadPause)
	defer pause.Stop()
	for more := true; more; {
		select {
		case <-ctx.Done():
			return
		case <-pause.C:
		}
		made := make(chan bool, 1)
		w.ui("make a page ahead", func() { made <- ctx.Err() == nil && w.makeOne() })
		select {
		case <-ctx.Done():
			return
		case more = <-made:
		}
	}
}

// makeOne makes a page, or lays one out that was made; false: nothing is left to do.
func (w *Window) makeOne() bool {
	if w.desk == nil {
		return true
	}
	f := w.frame
	for i := range f.pages {
		p := &f.pages[i]
		if p.Hidden || p.Key == pageSetup { // where something begins when it is made
			continue
		}
		v, ok := f.views[p.Key]
		switch {
		case !ok:
			f.view(p)
			f.park()
			return true
		case p.Key != f.here && v.whole.Size() == fyne.Size{}:
			v.whole.Resize(f.area.Size())
			return true
		}
	}
	return false
}
