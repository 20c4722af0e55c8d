package screen_test

import (
	"context"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"

	"lifeboat/app/i18n"
	"lifeboat/app/look"
	"lifeboat/app/presenter"
	"lifeboat/app/presenter/presentertest"
	"lifeboat/app/screen"
	"lifeboat/app/shell"
	"lifeboat/app/widgets"
	"lifeboat/failover/relay"
)

// queueDesk is the page over a desk; what it does in the background is done at once, and
// dialogs are answered with yes.
type queueDesk struct {
	*screen.Queue
	presenter *presenter.Queue
	asked     []widgets.DialogData
	copied    string
}

func queue(t *testing.T, l i18n.Language, d *presentertest.Desk) *queueDesk {
	t.Helper()
	p := presenter.NewQueue(tongue(t, l), d, presenter.QueueOptions{Primary: "Microsoft 365", Secondary: "Fastmail", Now: presentertest.Now})
	p.Look(t.Context())
	q := &queueDesk{presenter: p}
	q.Queue = screen.NewQueue(tongue(t, l), p, screen.QueueDeeds{
		Background: func(do func(context.Context, func())) { do(t.Context(), func() {}); q.refresh() },
		Ask: func(d widgets.DialogData, done func(bool, []string)) {
			q.asked = append(q.asked, d)
			done(true, make([]string, len(d.Fields)))
		},
		Copy: func(text string) { q.copied = text },
	})
	return q
}

func (q *queueDesk) refresh() {
	if q.Queue != nil {
		q.Update()
	}
}

func TestQueue(t *testing.T) {
	for name, c := range map[string]struct {
		desk  func() *presentertest.Desk
		bring func(t *testing.T, q *queueDesk)
		want  map[i18n.Language]string
	}{
		"calm":  {presentertest.Sent, nil, map[i18n.Language]string{i18n.English: "Nothing is waiting. 192 sent today.", i18n.Japanese: "今日は192通"}},
		"piled": {presentertest.Piled, nil, map[i18n.Language]string{i18n.English: "8 messages wait.", i18n.Japanese: "8通が待っています。"}},
		"message": {presentertest.Piled, func(t *testing.T, q *queueDesk) {
			q.presenter.Open(t.Context(), q.presenter.State().Rows[4].ID)
		}, map[i18n.Language]string{i18n.English: "What happened", i18n.Japanese: "届"}},
		"past": {presentertest.Piled, func(t *testing.T, q *queueDesk) {
			q.presenter.Show(presenter.QueuePast)
			q.presenter.Look(t.Context())
		}, map[i18n.Language]string{i18n.English: "Sent and gone", i18n.Japanese: "送信の記録"}},
	} {
		t.Run(name, func(t *testing.T) {
			themed(t, func(t *testing.T, l i18n.Language) {
				q := queue(t, l, c.desk())
				if c.bring != nil {
					c.bring(t, q)
					q.Update()
				}
				w := show(t, framed(t, l, "queue", shell.Page{Content: q.Content(), Bar: q.Bar()}, shell.Watch{Shape: widgets.Disc}), usual)
				if all := texts(w.Content()) + strings.Join(options(w.Content()), "\n"); name != "message" && !strings.Contains(all, c.want[l]) {
					t.Errorf("%q is not seen in\n%s", c.want[l], all)
				}
			})
		})
	}
}

// options are what the segmented controls and drop-downs offer.
func options(o fyne.CanvasObject) (out []string) {
	for _, l := range test.LaidOutObjects(o) {
		if s, ok := l.(*widgets.Segmented); ok {
			out = append(out, s.Options()...)
		}
	}
	return out
}

// By keyboard alone: a message is found, selected, held, and read; Escape goes back.
func TestQueueByKeyboard(t *testing.T) {
	a := test.NewTempApp(t)
	a.Settings().SetTheme(fixedVariant{look.NewTheme(), theme.VariantLight})
	desk := presentertest.Piled()
	q := queue(t, i18n.English, desk)
	w := test.NewTempWindow(t, framed(t, i18n.English, "queue", shell.Page{Content: q.Content()}, shell.Watch{}))
	w.Resize(usual)
	list := first[*widgets.RowList](t, w.Content())
	w.Canvas().Focus(list)
	for range 4 {
		list.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDown})
	}
	press(t, w.Content(), "Hold")
	if last := desk.Acts[len(desk.Acts)-1]; last.Kind != relay.ActHold || len(last.Of.IDs) != 1 || last.Of.IDs[0] != desk.Messages[3].ID {
		t.Errorf("%+v", last)
	}
	list.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if q.presenter.State().Open == nil {
		t.Fatal("Enter does not open the message")
	}
	press(t, w.Content(), "Copy all")
	if !strings.Contains(q.copied, "451 4.3.2") {
		t.Errorf("%q", q.copied)
	}
	if !q.Escape() || q.presenter.State().Open != nil || q.Escape() {
		t.Error("Escape does not go back once")
	}
	press(t, w.Content(), "Drop …")
	if len(q.asked) != 1 || !q.asked[0].Risky || desk.Acts[len(desk.Acts)-1].Kind != relay.ActDrop {
		t.Errorf("%+v", q.asked)
	}
}

// first is the first object of a kind.
func first[T fyne.CanvasObject](t *testing.T, o fyne.CanvasObject) (found T) {
	t.Helper()
	for _, l := range test.LaidOutObjects(o) {
		if is, ok := l.(T); ok && l.Visible() {
			return is
		}
	}
	t.Fatal("there is none")
	return found
}

// press presses the button that says so.
func press(t *testing.T, o fyne.CanvasObject, text string) {
	t.Helper()
	for _, l := range test.LaidOutObjects(o) {
		if b, ok := l.(*widgets.Button); ok && b.Visible() && b.Text() == text {
			b.Tapped(&fyne.PointEvent{})
			return
		}
	}
	t.Fatalf("there is no button %q", text)
}

// With text half as large again nothing of the queue and of the log is cut off.
func TestQueueAndLogWithLargeText(t *testing.T) {
	for _, l := range i18n.Languages() {
		test.NewTempApp(t).Settings().SetTheme(larger{fixedVariant{look.NewTheme(), theme.VariantLight}})
		q := queue(t, l, presentertest.Piled())
		w := test.NewTempWindow(t, besideRail(q.Content()))
		settle(t, w, "-queue-"+string(l))
		q.presenter.Open(t.Context(), q.presenter.State().Rows[4].ID)
		q.Update()
		settle(t, w, "-message-"+string(l))
		p, s, _ := logPage(t, l, presentertest.Happened())
		w = test.NewTempWindow(t, besideRail(s.Content()))
		settle(t, w, "-log-"+string(l))
		p.Open(4)
		s.Update()
		settle(t, w, "-entry-"+string(l))
	}
}

// besideRail gives a page the room that it has beside the navigation of a narrow window.
func besideRail(page fyne.CanvasObject) fyne.CanvasObject {
	const rail, margin = 80, 32
	return container.NewVScroll(container.New(layout.NewCustomPaddedLayout(margin, margin, rail+margin, margin), page))
}
