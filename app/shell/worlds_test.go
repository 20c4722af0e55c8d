package shell

import (
	"context"
	"testing"

	"fyne.io/fyne/v2/test"

	"lifeboat/app/i18n"
	"lifeboat/app/presenter"
	"lifeboat/failover"
)

// Settings that are saved while a switch is under way count once it has ended: the switch
// would stop with the world that it runs in.
func TestSavingSettingsLetsASwitchEnd(t *testing.T) {
	d := testDesk(t, true)
	w := d.window
	opened := make(chan struct{}, 4)
	w.host = Host{Real: func(context.Context, *i18n.Tongue) (Parts, error) {
		opened <- struct{}{}
		return d.parts, nil
	}}
	d.parts.Switch.Begin(d.ctx, presenter.Order{Kind: failover.Failover, Yes: true}, d.knock)
	pump(t, w, func() bool {
		w.do(func() {})
		return d.parts.Switch.Phase() == presenter.PhaseRunning
	})
	w.Renew(pageDrills)
	pump(t, w, func() bool { return w.window.Canvas().Overlays().Top() != nil })
	if len(opened) > 0 || d.ctx.Err() != nil {
		t.Fatal("the world that the switch runs in is gone")
	}
	w.escape()
	d.parts.Switch.Stop()
	pump(t, w, func() bool { return w.real != d })
	if len(opened) != 1 || w.frame.Here() != pageDrills {
		t.Errorf("opened %d times, and %s is shown", len(opened), w.frame.Here())
	}
}

// However often it is asked for, there is one practice world at a time.
func TestOnePracticeWorldAtATime(t *testing.T) {
	own, practice := testDesk(t, true).parts, testDesk(t, false).parts
	w := testWindow(t, test.NewTempApp(t))
	made := 0
	w.host = Host{Practice: func(context.Context, *i18n.Tongue) (Parts, error) { made++; return practice, nil }}
	w.Open(w.Tongue(), own)
	w.Rehearse()
	w.Rehearse()
	pump(t, w, func() bool { return w.desk.parts.Practice != nil })
	w.Rehearse()
	settle(t, w)
	if made != 1 {
		t.Errorf("%d practice worlds were made", made)
	}
}

// A practice world that cannot be made leaves the real one as it is, and a way back to it.
func TestPracticeThatFailsLeavesTheRealWorld(t *testing.T) {
	own := testDesk(t, true).parts
	w := testWindow(t, test.NewTempApp(t))
	opened := 0
	w.host = Host{
		Real: func(context.Context, *i18n.Tongue) (Parts, error) { opened++; return own, nil },
		Practice: func(context.Context, *i18n.Tongue) (Parts, error) {
			return Parts{}, failover.Fail(failover.ErrDisk, "{file} could not be written: choose a folder that is yours and has room", "file", "a")
		},
	}
	w.Open(w.Tongue(), own)
	before := w.real
	w.Rehearse()
	pump(t, w, func() bool { return !w.leading && len(said(w.window)) > 0 && w.desk == before })
	settle(t, w)
	w.Home()
	settle(t, w)
	if opened != 0 || w.real != before || before.ctx.Err() != nil || w.desk != before {
		t.Errorf("the real world was opened %d times anew", opened)
	}
}

// A world that ends takes the window of the participants with it.
func TestAudienceClosesWithItsWorld(t *testing.T) {
	d := testDesk(t, true)
	d.parts.Drills.Talk("ex196121-2019-11-19")
	d.openAudience()
	d.end()
	if d.audience != nil {
		t.Error("the participants look at a drill that nobody holds any more")
	}
}

// In practice there is nothing that would go on in the tray: closing the window ends the
// program. With the settings' own mail it goes on.
func TestClosingGoesToTheTrayOnlyWhereSomethingGoesOn(t *testing.T) {
	for _, settings := range []bool{true, false} {
		d := testDesk(t, settings)
		w := d.window
		w.tray = &tray{window: w}
		w.closed()
		w.tray = nil // the test's application has none
		w.works.Wait()
		quits := false
		for more := true; more; {
			select {
			case <-tasks(t, w):
				quits = true
			default:
				more = false
			}
		}
		if quits == settings {
			t.Errorf("with settings %v closing the window quits: %v", settings, quits)
		}
	}
}

// tasks is what waits for the window's thread.
func tasks(t *testing.T, w *Window) <-chan func() {
	t.Helper()
	th, _ := threads.Load(w)
	return th.(*thread).queue
}

// What is held can be let go from the tray, what waits can be held, and where there is
// nothing there is nothing to press.
func TestTrayOffersWhatCanBeDoneWithMail(t *testing.T) {
	d := testDesk(t, true)
	d.parts.Hold = func(context.Context, bool) error { return nil }
	tr := &tray{window: d.window}
	for _, c := range []struct {
		held, waits int
		want        string
	}{{0, 0, ""}, {0, 3, "Hold the mail that waits now"}, {2, 3, "Let held mail go on"}} {
		said := ""
		for _, i := range tr.menu(d, "All is well.", outgoingOf(c.held, c.waits)).Items {
			if i.Label == "Hold the mail that waits now" || i.Label == "Let held mail go on" {
				said = i.Label
			}
		}
		if said != c.want {
			t.Errorf("with %d held and %d waiting it offers %q", c.held, c.waits, said)
		}
	}
}
