package screen_test

import (
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/app/look"
	"lifeboat/app/presenter"
	"lifeboat/app/presenter/presentertest"
	"lifeboat/app/widgets"
)

// A message is written: a new one with somebody offered, and an answer with attachments
// and a problem.
func TestMailWrite(t *testing.T) {
	themed(t, func(t *testing.T, l i18n.Language) {
		word := tongue(t, l)
		name, text := "taka", "Dear Mr Takahashi,\n\nthank you for the quotation. We order 200 pieces of part A-204.\n\nKind regards\nDaisuke Sato"
		if l == i18n.Japanese {
			name, text = "高", "北斗製作所 高橋様\n\nお世話になっております。お見積りをありがとうございます。\n部材 A-204 を200個、注文いたします。\n\n青葉商事 佐藤"
		}
		t.Run("new", func(t *testing.T) {
			p := posted(t, l, 0)
			p.settled()
			w := test.NewTempWindow(t, p.inFrame(l))
			w.Resize(usual)
			p.page.New()
			p.page.Update()
			to := found[*widgets.Chips](t, p.page.Content(), func(c *widgets.Chips) bool { return c.Name() == word.T("To") })
			to.Focus(w.Canvas())
			to.Type("info@minato.example, " + name)
			p.untilWriting("somebody offered", func(s presenter.ComposeState) bool { return len(s.Offers[presenter.FieldTo]) > 0 })
			shownIn(t, p, w)
			to.Type("")
			found[*widgets.TextBox](t, p.page.Content(), func(*widgets.TextBox) bool { return true }).SetText(text)
			if s := p.write.State(); s.Text != text || len(s.People[presenter.FieldTo]) != 1 {
				t.Errorf("written is %q to %+v", s.Text, s.People)
			}
		})
		t.Run("answer", func(t *testing.T) {
			p := posted(t, l, 0)
			p.drafts.Draft = engine.MailDraft{From: presentertest.Own, To: []string{"高橋 健一 <takahashi@hokuto-ss.example>", "Misaki Sato <misaki.sato@aoba.example>"}, Cc: []string{"sales@aoba.example"}, Subject: "Re: A-204", Quoted: "> 1\n> 2\n> 3"}
			p.settled()
			p.open(0)
			p.write.Reply(true)
			p.untilWriting("the answer", func(s presenter.ComposeState) bool { return s.CanSend })
			found[*widgets.TextBox](t, p.page.Content(), func(*widgets.TextBox) bool { return true }).SetText(text)
			p.write.Attach(filepath.Join("somewhere", "注文書.pdf"))
			p.write.Send(t.Context(), p.changed)
			p.untilWriting("the problem", func(s presenter.ComposeState) bool { return s.Problem != "" })
			p.shown(l)
			p.page.Escape()
			p.until("the message again", func(s presenter.MailState) bool { return s.Message != nil })
			if p.write.State().Open {
				t.Error("Escape does not put the message away")
			}
		})
	})
}

// untilWriting shows what is new until the composer is so.
func (p *post) untilWriting(what string, so func(presenter.ComposeState) bool) {
	p.t.Helper()
	for !so(p.write.State()) {
		select {
		case <-p.news:
			p.page.Update()
		case <-p.t.Context().Done():
			p.t.Fatalf("never: %s", what)
		}
	}
	p.page.Update()
}

// Everything is done by keyboard: find, go down the list, read, follow a link after
// being told where it leads, and go back.
func TestMailByKeyboard(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(look.NewThemeIn(look.Light))
	p := posted(t, i18n.English, 0)
	p.settled()
	w := test.NewTempWindow(t, p.page.Content())
	w.Resize(usual)
	p.page.Update()
	c := w.Canvas()
	key := func(names ...fyne.KeyName) {
		for _, n := range names {
			c.Focused().TypedKey(&fyne.KeyEvent{Name: n})
			p.page.Update()
		}
	}
	var order []string
	for range 14 {
		c.FocusNext()
		switch f := c.Focused().(type) {
		case *widgets.Button:
			order = append(order, f.Text())
		case *widgets.RowList:
			order = append(order, map[bool]string{true: "folders", false: "list"}[f.Single])
		case *widgets.Reading:
			order = append(order, "text")
		default:
			order = append(order, "search")
		}
	}
	if want := "New message, folders, Update now, search, list"; !strings.HasPrefix(strings.Join(order, ", "), want) {
		t.Errorf("Tab leads through %q", order)
	}
	p.page.Find()
	for _, r := range "A-204" {
		c.Focused().TypedRune(r)
	}
	p.until("what is found", func(s presenter.MailState) bool { return !s.List.Busy && s.List.Length == 1 })
	key(fyne.KeyDown)
	p.until("the message", func(s presenter.MailState) bool { return s.Message != nil && !s.Reading })
	key(fyne.KeyReturn)
	if _, reads := c.Focused().(*widgets.Reading); !reads {
		t.Fatalf("Enter leads to %T", c.Focused())
	}
	key(fyne.KeyRight, fyne.KeyReturn)
	if len(p.asked) != 1 || p.asked[0].Title != "Open a page of files.hokuto-ss.example?" {
		t.Fatalf("asked was %+v", p.asked)
	}
	p.answers[0](true, nil)
	key(fyne.KeyRight, fyne.KeyReturn)
	text := found[*widgets.Reading](t, p.page.Content(), func(*widgets.Reading) bool { return true })
	if !text.Open(3) || len(p.said) != 1 || p.said[0] != "page https://files.hokuto-ss.example/a-204" {
		t.Errorf("unfolded %v, said %q", text.Open(3), p.said)
	}
	if !p.page.Escape() || p.mail.State().Query != "" {
		t.Error("Escape does not take the search back")
	}
	p.until("everything again", func(s presenter.MailState) bool { return !s.List.Busy && s.List.Length == 9 })
	if p.page.Escape() {
		t.Error("Escape closes something where nothing is open")
	}
}

// A file that may run a program is only saved, after a question.
func TestMailFiles(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(look.NewThemeIn(look.Light))
	p := posted(t, i18n.English, 0)
	p.settled()
	w := test.NewTempWindow(t, p.page.Content())
	w.Resize(usual)
	p.open(0)
	files := found[*widgets.Files](t, p.page.Content(), func(*widgets.Files) bool { return true })
	open, save, _ := files.Buttons(0)
	test.Tap(open)
	test.Tap(save)
	if len(p.said) != 2 || p.said[0] != "open Quotation_A-204_20191118.pdf" || p.said[1] != "Quotation_A-204_20191118.pdf is saved." {
		t.Errorf("said was %q", p.said)
	}
	p.open(presentertest.Risky)
	open, save, _ = files.Buttons(0)
	test.Tap(save)
	if open.Visible() || len(p.asked) != 1 || !p.asked[0].Risky || len(p.said) != 2 {
		t.Errorf("asked was %+v, said %q", p.asked, p.said)
	}
	p.answers[0](false, nil)
	if len(p.said) != 2 {
		t.Error("it is saved although the answer was no")
	}
}
