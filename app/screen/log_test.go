package screen_test

import (
	"context"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"

	"lifeboat/app/i18n"
	"lifeboat/app/look"
	"lifeboat/app/presenter"
	"lifeboat/app/presenter/presentertest"
	"lifeboat/app/screen"
	"lifeboat/app/shell"
	"lifeboat/app/widgets"
)

// logPage is the page over a log; what it does in the background is done at once.
func logPage(t *testing.T, l i18n.Language, r *presentertest.Record) (*presenter.Log, *screen.Log, *[]string) {
	t.Helper()
	p := presenter.NewLog(tongue(t, l), r, presenter.LogOptions{Now: presentertest.Now})
	var did []string
	var s *screen.Log
	s = screen.NewLog(tongue(t, l), p, screen.LogDeeds{
		Background: func(do func(context.Context, func())) { do(t.Context(), func() {}); s.Update() },
		Copy:       func(text string) { did = append(did, "copy "+text) },
		Save:       func(_, name string, data []byte) { did = append(did, "save "+name+" "+string(data)) },
		Report:     func(id string) { did = append(did, "report "+id) },
	})
	s.Shown()
	return p, s, &did
}

func TestLog(t *testing.T) {
	for name, c := range map[string]struct {
		record *presentertest.Record
		bring  func(p *presenter.Log)
		want   map[i18n.Language]string
	}{
		"list":  {presentertest.Happened(), nil, map[i18n.Language]string{i18n.English: "What happened here", i18n.Japanese: "これまでの出来事"}},
		"empty": {&presentertest.Record{}, nil, map[i18n.Language]string{i18n.English: "Nothing has happened yet.", i18n.Japanese: "記録はまだありません。"}},
		"entry": {presentertest.Happened(), func(p *presenter.Log) { p.Open(4) }, map[i18n.Language]string{i18n.English: "Mail was switched to Fastmail.", i18n.Japanese: "メールを Fastmail に切り替えました。"}},
	} {
		t.Run(name, func(t *testing.T) {
			themed(t, func(t *testing.T, l i18n.Language) {
				p, s, _ := logPage(t, l, c.record)
				if c.bring != nil {
					c.bring(p)
					s.Update()
				}
				w := show(t, framed(t, l, "log", shell.Page{Content: s.Content(), Bar: s.Bar()}, shell.Watch{Shape: widgets.Disc}), usual)
				if all := texts(w.Content()); !strings.Contains(all, c.want[l]) {
					t.Errorf("%q is not seen in\n%s", c.want[l], all)
				}
			})
		})
	}
}

// By keyboard alone: an entry is found and read; Escape goes back.
func TestLogByKeyboard(t *testing.T) {
	a := test.NewTempApp(t)
	a.Settings().SetTheme(fixedVariant{look.NewTheme(), theme.VariantLight})
	p, s, did := logPage(t, i18n.English, presentertest.Happened())
	w := test.NewTempWindow(t, framed(t, i18n.English, "log", shell.Page{Content: s.Content()}, shell.Watch{}))
	w.Resize(usual)
	list := first[*widgets.RowList](t, w.Content())
	w.Canvas().Focus(list)
	for range 8 {
		list.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDown})
	}
	list.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if o := p.State().Open; o == nil || o.Drill == "" {
		t.Fatalf("Enter opens %+v", o)
	}
	press(t, w.Content(), "Copy all")
	press(t, w.Content(), "Report")
	if !s.Escape() || s.Escape() {
		t.Error("Escape does not go back once")
	}
	press(t, w.Content(), "Save as CSV")
	if len(*did) != 3 || !strings.Contains((*did)[0], "A drill in the lab was passed.") || (*did)[1] != "report 20261005-1000-ex196121" || !strings.Contains((*did)[2], ".csv") {
		t.Errorf("%q", *did)
	}
	first[*widgets.Select](t, w.Content()).Choose("Watch")
	if rows := p.State().Rows; len(rows) != 2 {
		t.Errorf("%d rows", len(rows))
	}
}
