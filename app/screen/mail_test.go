package screen_test

import (
	"context"
	"os"
	"path/filepath"
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
	"lifeboat/app/presenter/presentertest"
	"lifeboat/app/screen"
	"lifeboat/app/shell"
	"lifeboat/app/widgets"
)

// post is the mail page over mail in memory, with what the window would do written down.
type post struct {
	t       *testing.T
	room    *presentertest.Mailroom
	mail    *presenter.Mail
	write   *presenter.Compose
	page    *screen.Mail
	drafts  *presentertest.Drafts
	news    chan struct{}
	mu      sync.Mutex
	asked   []widgets.DialogData
	answers []func(bool, []string)
	said    []string
}

// posted starts the page; its work ends with the test.
func posted(t *testing.T, l i18n.Language, many int) *post {
	t.Helper()
	p := &post{t: t, room: presentertest.NewMailroom(l == i18n.Japanese, many), drafts: &presentertest.Drafts{}, news: make(chan struct{}, 1)}
	word := tongue(t, l)
	p.mail = presenter.NewMail(word, presenter.MailOptions{
		Open: func(context.Context) (engine.MailSource, error) { return p.room, nil }, SendsThrough: func() string { return "Microsoft 365" },
		Now: presentertest.Now, Pause: time.Millisecond, Every: time.Hour, Temp: t.TempDir(), Update: func(context.Context) error { return nil },
	})
	p.write = presenter.NewCompose(word, p.mail, presenter.ComposeOptions{Engine: p.drafts, Send: p.drafts.Send, Now: presentertest.Now, Pause: time.Millisecond})
	p.page = screen.NewMail(word, p.mail, p.write, screen.MailDeeds{
		Background: func(do func(context.Context, func())) { do(t.Context(), p.changed) },
		Work: func(_ string, do func(context.Context, func(string, float64)) error) {
			if err := do(t.Context(), func(string, float64) {}); err != nil {
				p.say(err.Error())
			}
		},
		Toast: p.say, Problem: func(s, _ string) { p.say(s) }, OpenFile: func(f string) { p.say("open " + filepath.Base(f)) }, OpenPage: func(a string) { p.say("page " + a) },
		ChooseFile: func(_ string, done func(string)) { done(filepath.Join(t.TempDir(), "x.pdf")) },
		SaveFile:   func(_, name string, done func(string)) { done(filepath.Join(t.TempDir(), name)) },
		Copy:       p.say, Go: p.say,
		Canvas: func() fyne.Canvas {
			if p.page == nil {
				return nil // it is being made
			}
			return fyne.CurrentApp().Driver().CanvasForObject(p.page.Content())
		},
		Ask: func(d widgets.DialogData, done func(bool, []string)) {
			p.asked, p.answers = append(p.asked, d), append(p.answers, done)
		},
	})
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { p.mail.Work(ctx, p.changed) })
	wg.Go(func() { p.write.Work(ctx, p.changed) })
	t.Cleanup(func() { cancel(); wg.Wait() })
	return p
}

func (p *post) changed() {
	select {
	case p.news <- struct{}{}:
	default:
	}
}

func (p *post) say(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.said = append(p.said, text)
}

// until shows what is new until something is so.
func (p *post) until(what string, so func(presenter.MailState) bool) {
	p.t.Helper()
	for !so(p.mail.State()) {
		select {
		case <-p.news:
			p.page.Update()
		case <-p.t.Context().Done():
			p.t.Fatalf("never: %s", what)
		}
	}
	p.page.Update()
}

// settled waits until lists and lines are there.
func (p *post) settled() {
	p.t.Helper()
	p.until("the list", func(s presenter.MailState) bool { return !s.List.Busy && s.List.Length > 0 })
	p.until("its lines", func(s presenter.MailState) bool {
		for i := range min(s.List.Length, 9) {
			if p.mail.Row(i).Waiting {
				return false
			}
		}
		return true
	})
}

// open opens the first message.
func (p *post) open(i int) {
	p.t.Helper()
	p.list().Select(i)
	p.until("the message", func(s presenter.MailState) bool { return s.Message != nil && !s.Reading })
}

func (p *post) list() *widgets.RowList {
	p.t.Helper()
	return found[*widgets.RowList](p.t, p.page.Content(), func(l *widgets.RowList) bool { return !l.Single })
}

// found is the widget of a kind on a page of which something is so.
func found[W fyne.CanvasObject](t *testing.T, o fyne.CanvasObject, so func(W) bool) W {
	t.Helper()
	for _, l := range test.LaidOutObjects(o) {
		if w, ok := l.(W); ok && so(w) {
			return w
		}
	}
	var none W
	t.Fatalf("there is no such %T", none)
	return none
}

// inFrame puts the page into the window's frame.
func (p *post) inFrame(l i18n.Language) fyne.CanvasObject {
	word := tongue(p.t, l)
	f := shell.NewFrame()
	f.SetPages([]shell.Page{
		{Key: "home", Title: word.T("Home"), Icon: look.IconHome, Content: widgets.Space(1)},
		{Key: "mail", Title: word.T("Mail"), Icon: look.IconMail, Content: p.page.Content(), Full: true},
		{Key: "switch", Title: word.T("Switch"), Icon: look.IconSwitch, Content: widgets.Space(1)},
	})
	f.Go("mail")
	name := "Aoba Trading"
	if l == i18n.Japanese {
		name = "青葉商事"
	}
	f.SetHeader(name, "aoba.example")
	return f.Object()
}

// shown lays the page out at every size and holds what is seen.
func (p *post) shown(l i18n.Language) fyne.Window {
	t := p.t
	t.Helper()
	w := test.NewTempWindow(t, p.inFrame(l))
	w.SetPadded(false)
	for _, at := range []struct {
		size fyne.Size
		name string
	}{{small, "-small"}, {laptop, "-laptop"}, {wide, "-wide"}, {usual, ""}} {
		for range 2 {
			w.Resize(at.size.AddWidthHeight(1, 1))
			w.Resize(at.size)
			p.page.Update()
		}
		p.settle()
		holdWhole(t, w)
		if at.size == laptop || at.size == wide {
			holdGolden(t, w, at.name)
		}
		if dir := os.Getenv("LIFEBOAT_PICTURES"); dir != "" {
			keep(t, filepath.Join(dir, strings.ReplaceAll(t.Name(), "/", "-")+at.name+".png"), w.Canvas().Capture())
		}
	}
	return w
}

// settle shows what came meanwhile.
func (p *post) settle() {
	if p.mail.State().List.Length > 0 {
		p.settled()
	}
}

// A message is read: the list beside it, as in every mail program.
func TestMailRead(t *testing.T) {
	themed(t, func(t *testing.T, l i18n.Language) {
		p := posted(t, l, 100)
		p.settled()
		p.open(0)
		p.shown(l)
	})
}

// Other messages: an invitation, a delivery report, a file that may run a program.
func TestMailCards(t *testing.T) {
	themed(t, func(t *testing.T, l i18n.Language) {
		for name, row := range map[string]int{"invited": presentertest.Invited, "bounced": presentertest.Bounced, "risky": presentertest.Risky} {
			t.Run(name, func(t *testing.T) {
				p := posted(t, l, 0)
				p.settled()
				p.open(row)
				w := test.NewTempWindow(t, p.inFrame(l))
				shownIn(t, p, w)
			})
		}
	})
}

// Who comes to the page by a key is in the list: the arrows lead from letter to letter.
func TestArrowsLeadThroughTheMailAtOnce(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(look.NewThemeIn(look.Light))
	p := posted(t, i18n.English, 100)
	p.settled()
	w := test.NewTempWindow(t, p.inFrame(i18n.English))
	w.Resize(usual)
	p.page.Enter()
	list, ok := w.Canvas().Focused().(*widgets.RowList)
	if !ok {
		t.Fatalf("the keys are at %T", w.Canvas().Focused())
	}
	before := list.Cursor()
	list.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDown})
	if list.Cursor() != before+1 {
		t.Errorf("Down leads from %d to %d", before, list.Cursor())
	}
}

// What stands where mail is not: a lock, and nothing found.
func TestMailWithout(t *testing.T) {
	themed(t, func(t *testing.T, l i18n.Language) {
		t.Run("locked", func(t *testing.T) {
			p := posted(t, l, 0)
			p.settled()
			p.mail.Go("all")
			p.choose(presentertest.Other)
			p.until("the lock", func(s presenter.MailState) bool { return s.Lock != nil })
			w := p.shown(l)
			field := found[*widgets.Field](t, w.Content(), func(*widgets.Field) bool { return true })
			field.SetText("病欠の代理")
			pressIn(t, w, tongue(t, l).T("Open"))
			p.until("the mail behind it", func(s presenter.MailState) bool { return s.Lock == nil && !s.List.Busy })
		})
		t.Run("nothing", func(t *testing.T) {
			p := posted(t, l, 0)
			p.settled()
			found[*widgets.SearchField](t, p.page.Content(), func(*widgets.SearchField) bool { return true }).SetText("会議室C")
			p.until("that nothing is found", func(s presenter.MailState) bool { return !s.List.Busy && s.List.Say != "" })
			p.shown(l)
		})
	})
}

// choose chooses an account in the column.
func (p *post) choose(address string) {
	p.t.Helper()
	local, _, _ := strings.Cut(address, "@")
	for _, f := range p.mail.State().Folders {
		if strings.Contains(f.Key, local) && !f.Head {
			p.mail.Go(f.Key)
			return
		}
	}
	p.t.Fatalf("%s is not in the column", address)
}

// pressIn presses the button that says something, where it can be pressed.
func pressIn(t *testing.T, w fyne.Window, text string) {
	t.Helper()
	b := found[*widgets.Button](t, w.Content(), func(b *widgets.Button) bool { return b.Text() == text && b.Visible() && !b.Disabled() })
	b.Press()
}

// shownIn holds a window that is there already.
func shownIn(t *testing.T, p *post, w fyne.Window) {
	t.Helper()
	w.SetPadded(false)
	w.Resize(usual.AddWidthHeight(1, 1))
	w.Resize(usual)
	p.page.Update()
	holdWhole(t, w)
	if dir := os.Getenv("LIFEBOAT_PICTURES"); dir != "" {
		keep(t, filepath.Join(dir, strings.ReplaceAll(t.Name(), "/", "-")+".png"), w.Canvas().Capture())
	}
}

// With text half as large again nothing is cut off either.
func TestMailInLargeText(t *testing.T) {
	for _, l := range i18n.Languages() {
		t.Run(string(l), func(t *testing.T) {
			test.NewTempApp(t).Settings().SetTheme(look.NewThemeIn(look.Light).WithText(look.LargestText))
			p := posted(t, l, 0)
			p.settled()
			p.open(0)
			w := test.NewTempWindow(t, p.page.Content())
			w.SetPadded(false)
			for _, size := range []fyne.Size{usual, wide} {
				for range 2 {
					w.Resize(size.AddWidthHeight(1, 1))
					w.Resize(size)
					p.page.Update()
				}
				holdWhole(t, w)
				if dir := os.Getenv("LIFEBOAT_PICTURES"); dir != "" {
					keep(t, filepath.Join(dir, strings.ReplaceAll(t.Name(), "/", "-")+map[fyne.Size]string{usual: "", wide: "-wide"}[size]+".png"), w.Canvas().Capture())
				}
			}
		})
	}
}
