package presenter_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/app/presenter"
	"lifeboat/app/presenter/presentertest"
	"lifeboat/failover"
	"lifeboat/failover/relay"
)

func queueOver(t *testing.T, d *presentertest.Desk, l i18n.Language) *presenter.Queue {
	t.Helper()
	q := presenter.NewQueue(tongue(t, l), d, presenter.QueueOptions{Primary: "Microsoft 365", Secondary: "Fastmail", Now: presentertest.Now})
	if s := q.State(); s.Title == "" || len(s.Rows) != 0 || s.Problem != "" {
		t.Errorf("before it was looked at: %+v", s)
	}
	q.Look(t.Context())
	return q
}

// The headline says how the queue stands, in both languages.
func TestQueueSays(t *testing.T) {
	t.Parallel()
	held := presentertest.Piled()
	held.Messages = held.Messages[:1]
	doubt := presentertest.Piled()
	doubt.Messages = doubt.Messages[1:2]
	off := presentertest.Piled()
	off.Offline = true
	broken := &presentertest.Desk{Err: failover.Fail(failover.ErrWaiting, "the send route is just starting or stopping: try again in a moment")}
	for name, c := range map[string]struct {
		desk  *presentertest.Desk
		light presenter.Light
		en    []string
		ja    string
	}{
		"calm":      {presentertest.Sent(), presenter.LightHealthy, []string{"Nothing is waiting. 192 sent today.", "One was given back"}, "待っているメールはありません。今日は192通"},
		"empty":     {&presentertest.Desk{}, presenter.LightHealthy, []string{"Nothing is waiting."}, "待っているメールはありません。"},
		"piled":     {presentertest.Piled(), presenter.LightCare, []string{"8 messages wait.", "The oldest has been here for 30 min.", "The next try is in"}, "8通が待っています。"},
		"held":      {held, presenter.LightCare, []string{"One message is held back."}, "1通を保留しています。"},
		"uncertain": {doubt, presenter.LightCare, []string{"Of one message it is not known"}, "届いたかどうか分からないメールが1通"},
		"offline":   {off, presenter.LightCare, []string{"8 messages wait.", "Nobody is sending this mail on"}, "8通が待っています。"},
		"broken":    {broken, presenter.LightUnknown, []string{"The queue cannot be seen.", "The send route is just starting"}, "確認できません"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := queueOver(t, c.desk, i18n.English)
			s := q.State()
			text := s.Title + "\n" + s.Lead + "\n" + s.Problem + "\n" + s.Note
			for _, want := range c.en {
				if !strings.Contains(text, want) {
					t.Errorf("%q is not in %q", want, text)
				}
			}
			if s.Light != c.light {
				t.Errorf("the light is %s, not %s", s.Light, c.light)
			}
			q.Speak(tongue(t, i18n.Japanese))
			if s := q.State(); !strings.Contains(s.Title, c.ja) {
				t.Errorf("%q is not in %q", c.ja, s.Title)
			}
		})
	}
}

// The tabs and the search list what they say, and a message opens with all that
// happened to it.
func TestQueueLists(t *testing.T) {
	t.Parallel()
	q := queueOver(t, presentertest.Piled(), i18n.English)
	for tab, want := range map[presenter.QueueTab]int{presenter.QueueAll: 9, presenter.QueueWaiting: 7, presenter.QueueHeld: 1, presenter.QueueUncertain: 1} {
		q.Show(tab)
		if got := len(q.State().Rows); got != want {
			t.Errorf("%s: %d rows", tab, got)
		}
	}
	q.Show(presenter.QueueAll)
	for text, want := range map[string]int{"MORI": 3, "88-1204": 2, "nothing like it": 0, "見積": 2} {
		q.Search(text)
		if got := len(q.State().Rows); got != want {
			t.Errorf("%q: %d rows", text, got)
		}
	}
	if s := q.State(); len(s.Rows) == 0 && s.Empty == "" {
		t.Error("an empty list says nothing")
	}
	q.Search("")
	id := q.State().Rows[3].ID
	q.Open(t.Context(), id)
	m := q.State().Open
	if m == nil || !m.Acts || len(m.Events) != 3 || !strings.Contains(m.Copy, "451 4.3.2") || !strings.Contains(m.Events[2].Value, "451") {
		t.Fatalf("%+v", m)
	}
	q.Close()
	if q.State().Open != nil {
		t.Error("still open")
	}
	q.Show(presenter.QueuePast)
	q.Search("brochure")
	q.Look(t.Context())
	if rows := q.State().Rows; len(rows) != 1 || rows[0].Right != "handed in" {
		t.Errorf("%+v", rows)
	}
	q.Search("info@gone")
	q.Look(t.Context())
	if rows := q.State().Rows; len(rows) != 2 || rows[0].Right != "bounced" {
		t.Errorf("%+v", rows)
	}
}

// What is done is done to the messages named, or to all of the tab; what cannot be taken
// back is asked before.
func TestQueueActs(t *testing.T) {
	t.Parallel()
	desk := presentertest.Piled()
	q := queueOver(t, desk, i18n.English)
	id := q.State().Rows[4].ID
	if _, due := q.Ask(presenter.QueueAct{Kind: relay.ActHold, IDs: []relay.ID{id}}); due {
		t.Error("holding one message is asked")
	}
	knocks := 0
	q.Act(t.Context(), presenter.QueueAct{Kind: relay.ActHold, IDs: []relay.ID{id}}, func() { knocks++ })
	q.Show(presenter.QueueHeld)
	if s := q.State(); len(s.Rows) != 2 || s.Busy || knocks != 2 {
		t.Errorf("%+v, %d knocks", s.Rows, knocks)
	}
	if ask, due := q.Ask(presenter.QueueAct{Kind: relay.ActDrop}); !due || !strings.Contains(ask.Title, "2 messages") || ask.Reason == "" || ask.Report == "" {
		t.Errorf("%+v, %v", ask, due)
	}
	q.Act(t.Context(), presenter.QueueAct{Kind: relay.ActDrop, Reason: "twice", Report: true}, func() {})
	if last := desk.Acts[len(desk.Acts)-1]; last.Of.State != relay.Held || !last.Report || last.Reason != "twice" || len(q.State().Rows) != 0 {
		t.Errorf("%+v", last)
	}
	q.Show(presenter.QueueAll)
	if ask, due := q.Ask(presenter.QueueAct{Kind: relay.ActRetry}); !due || !strings.Contains(ask.Text, "twice") {
		t.Errorf("%+v, %v", ask, due)
	}
	if !q.Settles(nil) {
		t.Error("nothing uncertain")
	}
	q.Search("weber")
	q.Act(t.Context(), presenter.QueueAct{Kind: relay.ActReroute, Via: failover.Primary}, func() {})
	if last := desk.Acts[len(desk.Acts)-1]; len(last.Of.IDs) == 0 || len(last.Of.IDs) != len(q.State().Rows) {
		t.Errorf("%+v", last.Of)
	}
	desk.Err = failover.Fail(failover.ErrWaiting, "the send route is not at work: {why}", "why", "no room")
	q.Act(t.Context(), presenter.QueueAct{Kind: relay.ActHold}, func() {})
	if s := q.State(); !strings.Contains(s.Problem, "no room") {
		t.Errorf("%q", s.Problem)
	}
}

// The chart has a curve for each provider, which end now, and a mark where the send
// route was moved.
func TestQueueChart(t *testing.T) {
	t.Parallel()
	q := queueOver(t, presentertest.Piled(), i18n.English)
	c := q.State().Chart
	if len(c.Lines) != 2 || c.Most != 61 || len(c.Marks) != 1 || c.Marks[0].Label != "to Fastmail" || c.Says != "61 at "+presentertest.Noon.Add(-12*time.Minute).Local().Format("15:04") {
		t.Fatalf("%+v", c)
	}
	for i, want := range []int{2, 7} {
		points := c.Lines[i].Points
		last := points[len(points)-1]
		if last.N != want || !last.At.Equal(presentertest.Noon) {
			t.Errorf("%d: ends with %+v", i, last)
		}
		if !slices.IsSortedFunc(points, func(a, b presenter.QueuePoint) int { return a.At.Compare(b.At) }) || points[0].At.Before(c.From) {
			t.Errorf("%d: %+v", i, points)
		}
	}
	for _, s := range []presenter.QueueSpan{presenter.QueueHour, presenter.QueueDay, presenter.QueueWeek} {
		q.ShowSpan(s)
		q.Look(t.Context())
		if c := q.State().Chart; len(c.Ticks) < 2 || len(c.Ticks) > 12 {
			t.Errorf("%d: %d ticks", s, len(c.Ticks))
		}
	}
}

// Looking, acting and showing go on side by side, and telling what is known costs next
// to nothing.
func TestQueueSideBySide(t *testing.T) {
	t.Parallel()
	desk := presentertest.Piled()
	q := presenter.NewQueue(tongue(t, i18n.English), desk, presenter.QueueOptions{Primary: "A", Secondary: "B", Now: time.Now})
	ctx, cancel := context.WithCancel(t.Context())
	news := make(chan struct{}, 1)
	var wg sync.WaitGroup
	wg.Go(func() {
		q.Watch(ctx, func() {
			select {
			case news <- struct{}{}:
			default:
			}
		})
	})
	<-news
	for range 20 {
		wg.Go(func() { q.Act(ctx, presenter.QueueAct{Kind: relay.ActHold}, func() {}) })
		wg.Go(func() { q.Search("mori"); q.State(); q.Brief(); q.Speak(tongue(t, i18n.Japanese)) })
	}
	cancel()
	wg.Wait()
	if n, _ := q.Brief(); n != len(desk.Messages) {
		t.Errorf("%d messages", n)
	}
	var _ presenter.SendRoute = (*engine.Engine)(nil)
}

// The count in the navigation is not left behind: a glance shows that it has changed.
func TestQueueGlance(t *testing.T) {
	t.Parallel()
	desk := presentertest.Piled()
	q := queueOver(t, desk, i18n.English)
	if q.Glance(t.Context()) {
		t.Error("nothing has changed, and a glance shows something else")
	}
	desk.Messages = desk.Messages[1:]
	if !q.Glance(t.Context()) {
		t.Error("a message less, and a glance does not show it")
	}
	q.Look(t.Context())
	if q.Glance(t.Context()) {
		t.Error("after a look a glance shows something else")
	}
	desk.Err = context.DeadlineExceeded
	if q.Glance(t.Context()) {
		t.Error("what cannot be seen is taken for a change")
	}
}

// A search is dropped, and what it had found leaves before the answer is given: nothing
// else is dropped in its place.
func TestQueueDropsNothingElseWhenWhatWasFoundHasLeft(t *testing.T) {
	t.Parallel()
	desk := presentertest.Piled()
	q := queueOver(t, desk, i18n.English)
	q.Search("nobody-has-this-address")
	before := len(desk.Messages)
	q.Act(t.Context(), presenter.QueueAct{Kind: relay.ActDrop}, func() {})
	if len(desk.Messages) != before || len(desk.Acts) != 0 {
		t.Errorf("%d of %d messages are left, acts %v", len(desk.Messages), before, desk.Acts)
	}
}

// What is asked about is what it is done with, although mail comes in while it is asked.
func TestQueueDoesWhatWasAskedAbout(t *testing.T) {
	t.Parallel()
	desk := presentertest.Piled()
	q := queueOver(t, desk, i18n.English)
	q.Show(presenter.QueueHeld)
	chosen := []relay.ID{q.State().Rows[0].ID}
	one, all := q.Meant(presenter.QueueAct{Kind: relay.ActDrop, IDs: chosen}), q.Meant(presenter.QueueAct{Kind: relay.ActDrop})
	was := chosen[0]
	chosen[0] = "another"
	if one.IDs[0] != was {
		t.Errorf("the selection was changed under the question: %v", one.IDs)
	}
	late := desk.Messages[0]
	late.ID, late.State = "late", relay.Held
	desk.Messages = append(desk.Messages, late)
	q.Look(t.Context())
	q.Act(t.Context(), all, func() {})
	if !slices.ContainsFunc(desk.Messages, func(m relay.Line) bool { return m.ID == "late" }) {
		t.Error("what came in while it was asked was dropped, too")
	}
}
