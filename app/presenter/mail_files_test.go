package presenter_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lifeboat/app/i18n"
	"lifeboat/app/presenter"
	"lifeboat/app/presenter/presentertest"
)

// A message in words: what folds, what leads where, what is attached.
func TestMailMessage(t *testing.T) {
	room := presentertest.NewMailroom(false, 0)
	p := posted(t, room, nil)
	p.listed(9)
	p.mail.Select([]int{0}, 0)
	p.news.until(func() bool { s := p.mail.State(); return s.Message != nil && !s.Reading })
	m := p.mail.State().Message
	if m.Name != "Kenichi Takahashi (Hokuto)" || m.Address != "takahashi@hokuto-ss.example" || m.Initial != "K" || m.To != "To Daisuke Sato, Cc Sales" {
		t.Errorf("%q %q %q, %q", m.Name, m.Address, m.Initial, m.To)
	}
	last := m.Blocks[len(m.Blocks)-1]
	if last.Fold != "14 quoted lines (Sato, 15 Nov)" || last.Open {
		t.Errorf("the quotation is %+v", last)
	}
	links := m.Blocks[2].Links
	if len(links) != 1 || m.Blocks[2].Text[links[0].Start:links[0].End] != "https://files.hokuto-ss.example/a-204" {
		t.Errorf("the links are %+v in %q", links, m.Blocks[2].Text)
	}
	if m.FilesSay != "2 attachments, 300 KB" || len(m.Files) != 2 {
		t.Errorf("%q: %+v", m.FilesSay, m.Files)
	}
	text, err := p.mail.Source(t.Context())
	if err != nil || !strings.HasPrefix(text, "Received: by mx.aoba.example\nFrom:") {
		t.Errorf("the source is %.60q: %v", text, err)
	}
}

// Attachments go where they should, marked; nothing half is left when they cannot.
func TestMailAttachments(t *testing.T) {
	room := presentertest.NewMailroom(false, 0)
	var marked []string
	p := posted(t, room, func(o *presenter.MailOptions) {
		o.Mark = func(file, from string) error { marked = append(marked, filepath.Base(file)+" "+from); return nil }
	})
	p.listed(9)
	p.mail.Select([]int{0}, 0)
	p.news.until(func() bool { s := p.mail.State(); return s.Message != nil && !s.Reading })
	file, err := p.mail.OpenFile(t.Context(), "2")
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(file)
	if err != nil || string(content) != "content of Quotation_A-204_20191118.pdf" {
		t.Errorf("%q: %v", content, err)
	}
	if at, err := os.Stat(filepath.Dir(file)); err != nil || at.Mode().Perm() != 0o700 {
		t.Errorf("the folder is open to others: %v, %v", at.Mode(), err)
	}
	to := filepath.Join(t.TempDir(), "saved.xlsx")
	if err := p.mail.SaveFile(t.Context(), "3", to); err != nil {
		t.Fatal(err)
	}
	if want := []string{"Quotation_A-204_20191118.pdf takahashi@hokuto-ss.example", "saved.xlsx takahashi@hokuto-ss.example"}; !slices.Equal(marked, want) {
		t.Errorf("marked are %q", marked)
	}
	gone := filepath.Join(t.TempDir(), "no such folder", "x")
	if err := p.mail.SaveFile(t.Context(), "3", gone); err == nil || !strings.Contains(presenter.Problem(tongue(t, i18n.English), err), "cannot be written") {
		t.Errorf("into a folder that is not there: %v", err)
	}
	bad := filepath.Join(t.TempDir(), "x")
	if err := p.mail.SaveFile(t.Context(), "99", bad); err == nil {
		t.Error("a part that is not there is saved")
	}
	if left, _ := filepath.Glob(bad + "*"); len(left) > 0 {
		t.Errorf("half of it is left: %q", left)
	}
}

// What is selected is exported; the whole list where nothing is.
func TestMailExports(t *testing.T) {
	room := presentertest.NewMailroom(false, 0)
	p := posted(t, room, nil)
	p.listed(9)
	p.mail.Select([]int{1, 4}, 4)
	says, err := p.mail.Export(t.Context(), "zip", "/somewhere", func(int, int) {})
	if err != nil || says != "2 messages are exported." {
		t.Errorf("%q: %v", says, err)
	}
	if got := room.Exports(); len(got) != 1 || !slices.Equal(got[0].IDs, []string{"m1", "m4"}) || got[0].Format != "zip" {
		t.Errorf("asked for was %+v", got)
	}
	if name := p.mail.ExportName("zip"); !strings.HasPrefix(name, "Inbox 2026-11-21") || !strings.HasSuffix(name, ".zip") {
		t.Errorf("it is called %q", name)
	}
}
