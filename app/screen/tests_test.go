package screen_test

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"lifeboat/app/i18n"
	"lifeboat/app/look"
	"lifeboat/app/presenter"
	"lifeboat/app/presenter/presentertest"
	"lifeboat/app/screen"
	"lifeboat/app/shell"
	"lifeboat/app/widgets"
	"lifeboat/failover"
)

// testsPage is the page over what a tester has, that many hours after it was taken.
func testsPage(t *testing.T, l i18n.Language, e *presentertest.Tester, domains []failover.Domain, later time.Duration) (*presenter.Tests, *screen.Tests, *[]string) {
	t.Helper()
	p := presenter.NewTests(tongue(t, l), e, presenter.TestsOptions{Domains: domains, Now: func() time.Time { return presentertest.Noon.Add(20*time.Second + later) }})
	p.Load(t.Context())
	var did []string
	s := screen.NewTests(tongue(t, l), p, screen.TestsDeeds{
		Run: func() { did = append(did, "run") }, RunOne: func(id string) { did = append(did, "one "+id) },
		Cancel: func() { did = append(did, "cancel") }, Copy: func(text string) { did = append(did, text) },
	})
	return p, s, &did
}

func TestTestsPage(t *testing.T) {
	d := presentertest.Domain()
	long := d
	long.Name, long.Emergency = "a-company-with-quite-a-long-name.example.", "emergency.a-company-with-quite-a-long-name.example."
	long.Secondary.Name = "The Very Reliable Mail Hosting Company of Hokkaido"
	for name, c := range map[string]struct {
		domains []failover.Domain
		kept    bool
		later   time.Duration
		runs    int // cells that are told before it stands still
		want    map[i18n.Language]string
	}{
		"verdict": {domains: []failover.Domain{d}, kept: true, want: map[i18n.Language]string{i18n.English: "Mend one thing before you need to switch", i18n.Japanese: "1か所直してください"}},
		"none":    {domains: []failover.Domain{d}, want: map[i18n.Language]string{i18n.English: "Nothing has been tested yet", i18n.Japanese: "まだテストしていません"}},
		"running": {domains: []failover.Domain{d}, runs: 16, want: map[i18n.Language]string{i18n.English: "Testing the connections of aoba.example …", i18n.Japanese: "テストしています"}},
		"old":     {domains: []failover.Domain{d}, kept: true, later: 75 * time.Hour, want: map[i18n.Language]string{i18n.English: "3 days old: test again.", i18n.Japanese: "3日前"}},
		"several": {domains: []failover.Domain{long, d}, kept: true, want: map[i18n.Language]string{i18n.English: "All domains", i18n.Japanese: "すべてのドメイン"}},
	} {
		t.Run(name, func(t *testing.T) {
			inPairs(t, name == "verdict", func(t *testing.T, l i18n.Language) {
				got := presentertest.Connections(c.domains[0], l == i18n.Japanese)
				e := &presentertest.Tester{Gets: got}
				if c.kept {
					e.Kept = &got
				}
				p, s, _ := testsPage(t, l, e, c.domains, c.later)
				if c.runs > 0 {
					e.Wait, e.After = make(chan struct{}), c.runs
					done := make(chan struct{})
					await(t, func() bool { return strings.Contains(lights(p), string(presenter.LightWorking)) }, func(changed func()) {
						go func() { p.Run(t.Context(), changed); close(done) }()
					})
					defer func() { close(e.Wait); <-done }()
				}
				s.Update()
				w := show(t, framed(t, l, "tests", shell.Page{Content: s.Content()}, shell.Watch{Shape: widgets.Disc}), usual)
				if got := texts(w.Content()); !strings.Contains(got, c.want[l]) {
					t.Errorf("%q is not shown:\n%s", c.want[l], got)
				}
			})
		})
	}
}

// lights are those of all cells.
func lights(p *presenter.Tests) string {
	var all []string
	for _, r := range p.State().Rows {
		for _, c := range r.Cells {
			all = append(all, string(c.Light))
		}
	}
	return strings.Join(all, " ")
}

// Everything on the page is reached and done with keys alone.
func TestTestsPageByKeyboard(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(look.NewTheme())
	d := presentertest.Domain()
	got := presentertest.Connections(d, false)
	p, s, did := testsPage(t, i18n.English, &presentertest.Tester{Gets: got, Kept: &got}, []failover.Domain{d}, 0)
	w := test.NewTempWindow(t, s.Content())
	w.Resize(usual)
	table := tableIn(t, w)
	w.Canvas().Focus(table.Heads()[0])
	press := func(names ...fyne.KeyName) {
		for _, n := range names {
			w.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: n})
		}
	}
	press(fyne.KeyDown, fyne.KeyDown, fyne.KeyReturn)
	if open := opened(p); open != "port" {
		t.Fatalf("%q is open", open)
	}
	if w.Canvas().Focused() != table.Heads()[2] {
		t.Error("the row loses the focus when it opens")
	}
	press(fyne.KeyEscape)
	if open := opened(p); open != "" {
		t.Fatalf("%q is open after Escape", open)
	}
	press(fyne.KeyEnd, fyne.KeyUp, fyne.KeySpace)
	if open := opened(p); open != "write" {
		t.Fatalf("%q is open", open)
	}
	for range 3 { // past the copy buttons
		test.FocusNext(w.Canvas())
		press(fyne.KeySpace)
	}
	if len(*did) != 3 || !strings.HasPrefix((*did)[0], "What Microsoft 365 answered") || !strings.HasPrefix((*did)[1], "What Fastmail answered") {
		t.Errorf("pressing what follows did %q", *did)
	}
	test.FocusNext(w.Canvas())
	press(fyne.KeySpace)
	if (*did)[len(*did)-1] != "one write" {
		t.Errorf("pressing what follows did %q", (*did)[len(*did)-1])
	}
}

func opened(p *presenter.Tests) string {
	for _, r := range p.State().Rows {
		if r.Detail != nil {
			return r.ID
		}
	}
	return ""
}

func tableIn(t *testing.T, w fyne.Window) *widgets.CheckTable {
	t.Helper()
	for _, o := range test.LaidOutObjects(w.Content()) {
		if c, ok := o.(*widgets.CheckTable); ok {
			return c
		}
	}
	t.Fatal("there is no table")
	return nil
}
