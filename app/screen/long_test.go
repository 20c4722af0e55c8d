package screen_test

import (
	"context"
	"log/slog"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/app/look"
	"lifeboat/app/presenter"
	"lifeboat/app/screen"
	"lifeboat/app/shell"
	"lifeboat/failover"
	"lifeboat/failover/detect"
)

// usualSpan is how long the window is held where LIFEBOAT_SPAN says nothing.
const usualSpan = 3 * time.Minute

// One outage after the other in the practice window: the real world, the real
// detection, the real switches, and the real screens over them. What the window
// holds must stop growing, and its updates must not slow down.
func TestLongPracticeWindow(t *testing.T) {
	if os.Getenv("LIFEBOAT_LONG") == "" {
		t.Skip("a long campaign; set LIFEBOAT_LONG=1 (and LIFEBOAT_SPAN=1h for a span of your own), or run make test-long")
	}
	span := usualSpan
	if s := os.Getenv("LIFEBOAT_SPAN"); s != "" {
		d, err := time.ParseDuration(s)
		if err != nil {
			t.Fatal(err)
		}
		span = d
	}
	test.NewTempApp(t).Settings().SetTheme(look.NewTheme())
	h := newHeldWindow(t)
	defer h.close()
	var rounds int
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for h.ctx.Err() == nil {
			h.practice.Play(h.ctx, h.knock)
			if h.ctx.Err() == nil {
				rounds++
			}
		}
	}()
	h.run(span)
	h.cancel()
	<-ended
	h.judge(t, rounds)
}

// heldWindow is the practice window, as the program has it, on the test's own
// thread.
type heldWindow struct {
	ctx      context.Context //nolint:containedctx // the window's life
	cancel   context.CancelFunc
	world    *engine.Practice
	home     *presenter.Home
	change   *presenter.Switch
	practice *presenter.Practice
	screens  map[string]interface{ Update() }
	frame    *shell.Frame
	news     chan struct{}
	wg       sync.WaitGroup

	took    []time.Duration // of each update
	heap    []uint64        // in use after a collection, now and then
	workers []int           // goroutines at the same moments
}

func newHeldWindow(t *testing.T) *heldWindow {
	t.Helper()
	h := &heldWindow{news: make(chan struct{}, 1)}
	h.ctx, h.cancel = context.WithCancel(t.Context())
	world, err := engine.StartPractice(h.ctx, "en", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	h.world = world
	w, d, word := world.World, world.World.Domain(), tongue(t, i18n.English)
	turn := presenter.NewTurn()
	h.home = presenter.NewHome(word, world.Engine, presenter.HomeOptions{
		Domains: []failover.Domain{d}, Now: w.Now, Every: time.Second, Practice: true, Turn: turn,
		Waiting:   func() int { return w.Totals().Inbound.Waiting },
		Switching: func() bool { return h.change.Phase() == presenter.PhaseRunning },
	})
	h.change = presenter.NewSwitch(word, world.Engine, presenter.SwitchOptions{
		Domains: []failover.Domain{d}, Now: w.Now, Turn: turn, Runs: h.home.Runs, Route: h.home.Route,
		Arrived: func(r failover.Role) time.Time { return h.practice.Arrived(r) },
		Done:    func(out failover.Outcome, err error) { h.practice.Switched(out, err); h.home.Refresh() },
	})
	h.practice = presenter.NewPractice(word, w, w, presenter.PracticeOptions{Home: h.home, Switch: h.change, Domain: d})
	home := screen.NewHome(word, h.home, func(presenter.Action) {})
	page := screen.NewPractice(word, h.practice, home, screen.PracticeDeeds{Break: h.practice.Break, Mend: h.practice.Mend, Play: func() {}})
	change := screen.NewSwitch(word, h.change, func(presenter.SwitchDo, string) {})
	h.screens = map[string]interface{ Update() }{"home": page, "switch": change}
	h.frame = shell.NewFrame()
	h.frame.SetPages([]shell.Page{{Key: "home", Title: "Home", Content: page.Content()}, {Key: "switch", Title: "Switch", Content: change.Content(), Bar: change.Bar()}})
	win := test.NewTempWindow(t, h.frame.Object())
	win.Resize(fyne.NewSize(1280, 800))
	h.work(d)
	return h
}

// work starts what goes on in the background.
func (h *heldWindow) work(d failover.Domain) {
	h.wg.Go(func() { h.practice.Watch(h.ctx, h.knock) })
	h.wg.Go(func() { h.home.Watch(h.ctx, 2*time.Second, h.knock) })
	h.wg.Go(func() { h.home.Check(h.ctx, h.knock) })
	h.wg.Go(func() {
		_ = h.world.Engine.Watch(h.ctx, engine.WatchRequest{Domain: d.Name, Every: time.Second, Tell: func(s detect.State) {
			h.home.Saw(d.Name, s)
			h.knock()
		}})
	})
}

func (h *heldWindow) knock() {
	select {
	case h.news <- struct{}{}:
	default:
	}
}

func (h *heldWindow) close() {
	h.cancel()
	h.wg.Wait()
	h.world.Close()
}

const (
	frameEvery = 33 * time.Millisecond
	turnEvery  = 7 * time.Second // to the other page
	weighEvery = 5 * time.Second
)

// run is the window's thread.
func (h *heldWindow) run(span time.Duration) {
	end := time.After(span)
	turn, weigh, frame := time.NewTicker(turnEvery), time.NewTicker(weighEvery), time.NewTicker(frameEvery)
	defer turn.Stop()
	defer weigh.Stop()
	defer frame.Stop()
	for {
		select {
		case <-end:
			return
		case <-turn.C:
			if h.frame.Here() == "home" {
				h.frame.Go("switch")
			} else {
				h.frame.Go("home")
			}
		case <-weigh.C:
			h.heap, h.workers = append(h.heap, heap()), append(h.workers, runtime.NumGoroutine())
		case <-frame.C:
			select {
			case <-h.news:
				began := time.Now()
				h.screens[h.frame.Here()].Update()
				h.took = append(h.took, time.Since(began))
			default:
			}
		}
	}
}

// heap is what is in use after a collection.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// judge prints what was measured, and holds the last third against the middle one:
// by then every cache and every bound is full.
func (h *heldWindow) judge(t *testing.T, rounds int) {
	t.Helper()
	third := len(h.heap) / 3
	if third == 0 || len(h.took) < 100 || rounds == 0 {
		t.Fatalf("%d updates, %d weighings and %d outages are too few: give it longer", len(h.took), len(h.heap), rounds)
	}
	middle, last := slices.Max(h.heap[third:2*third]), slices.Min(h.heap[2*third:])
	crowd, still := slices.Max(h.workers[third:2*third]), slices.Min(h.workers[2*third:])
	n := len(h.took) / 3
	first, late := quantiles(h.took[n:2*n]), quantiles(h.took[2*n:])
	t.Logf("%d outages played, %d updates", rounds, len(h.took))
	t.Logf("heap: at most %d KB in the middle third, at least %d KB in the last", middle>>10, last>>10)
	t.Logf("goroutines: at most %d in the middle third, at least %d in the last", crowd, still)
	t.Logf("update, p50 p99 max: %s in the middle third, %s in the last", join(first), join(late))
	if last > middle+middle/10 {
		t.Error("memory grows")
	}
	if still > crowd {
		t.Error("goroutines grow")
	}
	if late[0] > 3*first[0] {
		t.Error("updates slow down")
	}
	if s := h.practice.State(); s.Ledger.Checks[0].Value+s.Ledger.Checks[1].Value > 0 || s.Problem != "" {
		t.Errorf("mail was lost or doubled, or it broke off: %+v, %s", s.Ledger.Checks, s.Problem)
	}
}

// quantiles are the median, the 99th percentile and the longest.
func quantiles(all []time.Duration) [3]time.Duration {
	s := slices.Sorted(slices.Values(all))
	return [3]time.Duration{s[len(s)/2], s[len(s)*99/100], s[len(s)-1]}
}

func join(q [3]time.Duration) string {
	var out []string
	for _, d := range q {
		out = append(out, d.Round(10*time.Microsecond).String())
	}
	return strings.Join(out, " ")
}
