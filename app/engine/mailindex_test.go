package engine

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lifeboat/mailstore"
	"lifeboat/mailstore/export"
)

// A list holds what lies in a folder, the newest first, the whole of it or its
// beginning; what came meanwhile is noticed, and what is gone is said to be.
func TestIndex(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	s.put(anna, "Plans", eml("Eve <eve@outside.test>", "one", "Pelican."), eml("Eve <eve@outside.test>", "two", "Heron."), eml("Eve <eve@outside.test>", "three", "Pelican."))
	s.put(ben, "案件/2026", eml("Eve <eve@outside.test>", "four", "Pelican."))
	m := s.open("a test")
	same(t, "a folder", subjects(t, m, "", MailSelection{Account: anna, Folder: "Plans"}), []string{"three", "two", "one"})
	same(t, "its beginning", subjects(t, m, "", MailSelection{Folder: "Plans", Limit: 2}), []string{"three", "two"})
	same(t, "all", subjects(t, m, "", MailSelection{}), []string{"three", "two", "four", "one"})
	same(t, "a search", subjects(t, m, "pelican", MailSelection{}), []string{"three", "four", "one"})
	same(t, "its beginning", subjects(t, m, "pelican", MailSelection{Limit: 1}), []string{"three"})
	folders, err := m.Folders(t.Context(), "", false)
	if err != nil || len(folders) != 2 || !slices.Equal(folders[1].Path, []string{"案件", "2026"}) || folders[0].Messages != 3 || folders[0].Unread != 3 || !folders[0].Local {
		t.Errorf("%+v, %v", folders, err)
	}
	before, err := m.Index(t.Context(), "", MailSelection{})
	if err != nil {
		t.Fatal(err)
	}
	if now, err := m.Revision(t.Context()); err != nil || now != before.Revision {
		t.Errorf("%s, %v, though nothing was written since %s", now, err, before.Revision)
	}
	s.put(ben, "new", eml("Eve <eve@outside.test>", "five", "Stork."))
	if now, err := m.Revision(t.Context()); err != nil || now == before.Revision {
		t.Errorf("%s, %v, though mail came since", now, err)
	}
	after, err := m.Index(t.Context(), "stork", MailSelection{})
	if err != nil || len(after.IDs) != 1 {
		t.Fatal(after, err)
	}
	lines, err := m.Lines(t.Context(), []string{"zz", after.IDs[0], before.IDs[0]})
	if err != nil || !lines[0].Missing || lines[0].ID != "zz" || lines[1].Subject != "five" || !slices.Equal(lines[1].Folders, []string{"new"}) || lines[2].Subject != "three" {
		t.Errorf("%+v, %v", lines, err)
	}
	if _, err := m.Lines(t.Context(), []string{"!"}); !errors.Is(err, mailstore.ErrInvalid) {
		t.Error(err)
	}
	page, err := m.List(t.Context(), MailSelection{Limit: 2})
	if err != nil || len(page.Messages) != 2 || page.Next == "" {
		t.Errorf("%+v, %v", page, err)
	}
}

// Chosen messages go out in each form, and what is no longer there is left out.
func TestExportOfChosenMail(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	s.put(anna, "Plans", eml("Eve <eve@outside.test>", "one", "Pelican."), eml("Eve <eve@outside.test>", "two", "Heron."), eml("Eve <eve@outside.test>", "three", "Stork."))
	m := s.open("a test")
	list, err := m.Index(t.Context(), "", MailSelection{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []export.Format{export.EML, export.Mbox, export.Zip} {
		target := filepath.Join(t.TempDir(), "out")
		got, err := m.Export(t.Context(), ExportRequest{Target: target, Format: f, IDs: []string{list.IDs[2], list.IDs[0]}})
		if err != nil || got.Messages != 2 || len(got.LeftOut) > 0 {
			t.Errorf("%s: %+v, %v", f, got, err)
		}
		var subjects []string
		for msg, err := range export.Read(t.Context(), target) {
			if err != nil {
				t.Fatal(err)
			}
			r, err := msg.Open(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			raw, err := io.ReadAll(r)
			if err := errors.Join(err, r.Close()); err != nil {
				t.Fatal(err)
			}
			_, subject, _ := strings.Cut(string(raw), "Subject: ")
			subject, _, _ = strings.Cut(subject, "\r\n")
			subjects = append(subjects, subject)
		}
		slices.Sort(subjects)
		same(t, string(f), subjects, []string{"one", "three"})
	}
}

// A message is read with its quotation folded, its invitation in fields, its whole header,
// and its source as text.
func TestShow(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	s.put(anna, "Plans", "From: Eve <eve@outside.test>\r\nTo: "+anna+"\r\nSubject: =?utf-8?B?5Lya6K2w?=\r\nX-Odd: \x1b[31mred\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"+
		"--x\r\nContent-Type: text/plain\r\n\r\nYes.\r\n\r\nOn 2026/11/20 15:04, Anna <anna@example.test> wrote:\r\n> one\r\n> two\r\n> three\r\n> four\r\n"+
		"--x\r\nContent-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nSUMMARY:Meeting\r\nDTSTART:20261120T010000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"+
		"--x\r\nContent-Type: application/pdf; name=\"..\\\\..\\\\CON.pdf\"\r\nContent-Disposition: attachment\r\n\r\nPDF\r\n--x--\r\n")
	m := s.open("a test")
	list, err := m.Index(t.Context(), "", MailSelection{})
	if err != nil {
		t.Fatal(err)
	}
	shown, err := m.Show(t.Context(), list.IDs[0])
	if err != nil || len(shown.Paragraphs) < 2 || shown.Paragraphs[1].Quote == nil || !shown.Paragraphs[1].Quote.Fold || shown.Paragraphs[1].Quote.Who != "Anna" {
		t.Errorf("%+v, %v", shown.Paragraphs, err)
	}
	if len(shown.Invitations) != 1 || shown.Invitations[0].What != "Meeting" || len(shown.Headers) < 5 || shown.Subject != "会議" {
		t.Errorf("%+v", shown)
	}
	if len(shown.Attached) != 1 || shown.Attached[0].Name != "_CON.pdf" {
		t.Errorf("%+v", shown.Attached)
	}
	text, cut, err := RawText(t.Context(), m, list.IDs[0], 1<<20)
	if err != nil || cut || !strings.Contains(text, "X-Odd: ␛[31mred\nContent-Type") {
		t.Errorf("%q, %v, %v", text, cut, err)
	}
	if text, cut, err := RawText(t.Context(), m, list.IDs[0], 20); err != nil || !cut || len(text) > 22 {
		t.Errorf("%q, %v, %v", text, cut, err)
	}
	var part strings.Builder
	if err := m.Part(t.Context(), list.IDs[0], shown.Attached[0].Part, func(AttachedFile) (io.Writer, error) { return &part, nil }); err != nil || part.String() != "PDF" {
		t.Errorf("%q, %v", part.String(), err)
	}
}

// People are found by the beginning of any of their names, in any writing of it, or of
// their address; those first that are written to, heard of often, and of late; and none
// whom only somebody else's mail knows.
func TestComplete(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	to := func(who, more string) string {
		return "From: Anna <a@example.test>\r\nTo: " + who + "\r\n" + more + "Subject: x\r\n\r\nx\r\n"
	}
	s.put(anna, "Plans",
		eml("=?utf-8?B?5bGx55SwIOiKseWtkA==?= <hanako@mirai.test>", "one", "x"), // 山田 花子
		eml("ヤマモト ﾀﾛｳ <taro@mirai.test>", "two", "x"),
		eml("Yvonne Müller <yvonne@outside.test>", "three", "x"), eml("Yvonne Müller <yvonne@outside.test>", "four", "x"),
		to("Yann <yann@outside.test>", "Cc: \"Cora, C.\" <cora@outside.test>\r\n"),
		eml("Shop <no-reply@yachts.test>", "five", "x"), eml("Shop <no-reply@yachts.test>", "six", "x"), eml("Shop <no-reply@yachts.test>", "seven", "x"),
		eml("YVONNE@outside.test", "eight", "x"))
	s.put(ben, "Plans", eml("Yasmin <yasmin@secret.test>", "one", "x"))
	if err := s.SetOwnMailboxes(t.Context(), []string{anna}); err != nil {
		t.Fatal(err)
	}
	m := s.open("")
	m.Complete(t.Context(), "", 8) // begins
	m.book.making.Wait()
	for typed, want := range map[string][]string{
		"y":           {"yvonne@outside.test", "yann@outside.test", "no-reply@yachts.test"},
		"山":           {"hanako@mirai.test"},
		"山田花":         {"hanako@mirai.test"},
		"花子":          {"hanako@mirai.test"},
		"やま":          {"taro@mirai.test"},
		"たろう":         {"taro@mirai.test"},
		"ﾔﾏﾓﾄ タ":      {"taro@mirai.test"},
		"MULL":        {"yvonne@outside.test"},
		"cora":        {"cora@outside.test"},
		"hanako@mi":   {"hanako@mirai.test"},
		"mirai":       {"taro@mirai.test", "hanako@mirai.test"},
		"a@example":   nil,
		"yasmin":      nil,
		"nobody here": nil,
	} {
		var got []string
		for _, a := range m.Complete(t.Context(), typed, 3) {
			got = append(got, strings.ToLower(a.Address))
		}
		same(t, typed, got, want)
	}
	if got := m.Complete(t.Context(), "yv", 1); len(got) != 1 || got[0].Name != "Yvonne Müller" {
		t.Errorf("%+v", got)
	}
	// What comes is taken in after a while.
	s.put(anna, "Plans2", eml("Zoe <zoe@outside.test>", "one", "x"))
	s.late.Add(int64(bookAnew + time.Second))
	m.Complete(t.Context(), "z", 8)
	m.book.making.Wait()
	if got := m.Complete(t.Context(), "z", 8); len(got) != 1 {
		t.Errorf("%+v", got)
	}
}

// BenchmarkMail is what the mail page asks for, with 100,000 messages of one mailbox
// (LIFEBOAT_BENCH_MAIL=N changes that).
func BenchmarkMail(b *testing.B) {
	n := 100_000
	if text := os.Getenv("LIFEBOAT_BENCH_MAIL"); text != "" {
		if _, err := fmt.Sscan(text, &n); err != nil {
			b.Fatal(err)
		}
	}
	s := newShelf(b)
	file := filepath.Join(b.TempDir(), "all.mbox")
	w, err := os.Create(file)
	if err != nil {
		b.Fatal(err)
	}
	for i := range n {
		at := time.Date(2026, 1, 1, 0, i, 0, 0, time.UTC)
		_, err = fmt.Fprintf(w, "From x@outside.test %s\r\nFrom: Person %d 山田 <p%d@c%d.test>\r\nTo: %s, q%d@outside.test\r\nDate: %s\r\nSubject: 会議 no %d\r\n\r\nText of message %d, about plans.\r\n\r\n",
			at.Format(time.ANSIC), i%9973, i%9973, i%97, anna, i%4999, at.Format(time.RFC1123Z), i, i)
		if err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	if got, err := s.ImportMail(b.Context(), ImportRequest{Paths: []string{file}, Account: anna, Folder: "Plans"}); err != nil || got.Messages != n {
		b.Fatal(got, err)
	}
	if err := s.SetOwnMailboxes(b.Context(), []string{anna}); err != nil {
		b.Fatal(err)
	}
	sel := MailSelection{Account: anna, Folder: "Plans"}
	b.Run("open-and-list", func(b *testing.B) { // with the first screenful
		for b.Loop() {
			m, err := s.OpenMail(b.Context(), ReadAs{})
			if err != nil {
				b.Fatal(err)
			}
			index, err := m.Index(b.Context(), "", sel)
			if err != nil || len(index.IDs) != n {
				b.Fatal(len(index.IDs), err)
			}
			if lines, err := m.Lines(b.Context(), index.IDs[:40]); err != nil || len(lines) != 40 {
				b.Fatal(err)
			}
			_ = m.Close()
		}
	})
	m, err := s.OpenMail(b.Context(), ReadAs{})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = m.Close() }()
	index, err := m.Index(b.Context(), "", sel)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("list", func(b *testing.B) {
		for b.Loop() {
			if _, err := m.Index(b.Context(), "", sel); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("screenful", func(b *testing.B) {
		at := 0
		for b.Loop() {
			at = (at + 7919) % (n - 40)
			if _, err := m.Lines(b.Context(), index.IDs[at:at+40]); err != nil {
				b.Fatal(err)
			}
		}
	})
	for _, query := range []string{"plans", "会議", "subject:会議 p77", "no match at all"} {
		b.Run("search/"+query, func(b *testing.B) {
			spread(b, func(int) {
				if _, err := m.Index(b.Context(), query, sel); err != nil {
					b.Fatal(err)
				}
			})
		})
		b.Run("search-first-200/"+query, func(b *testing.B) {
			first := sel
			first.Limit = 200
			for b.Loop() {
				if _, err := m.Index(b.Context(), query, first); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("people-made", func(b *testing.B) {
		for b.Loop() {
			m, err := s.OpenMail(b.Context(), ReadAs{})
			if err != nil {
				b.Fatal(err)
			}
			m.Complete(b.Context(), "p", 8)
			m.book.making.Wait()
			_ = m.Close()
		}
	})
	m.Complete(b.Context(), "p", 8)
	m.book.making.Wait()
	b.Run("complete", func(b *testing.B) {
		typed := []string{"p", "pe", "山", "p77", "q1"}
		spread(b, func(i int) {
			if got := m.Complete(b.Context(), typed[i%len(typed)], 8); len(got) != 8 {
				b.Fatal(got)
			}
		})
	})
}

// spread runs a benchmark and reports, besides the mean, how long half of all rounds and
// 95 of 100 take at most, in milliseconds.
func spread(b *testing.B, do func(i int)) {
	b.Helper()
	var took []time.Duration
	for b.Loop() {
		began := time.Now()
		do(len(took))
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	for part, name := range map[int]string{50: "ms/p50", 95: "ms/p95"} {
		b.ReportMetric(float64(took[len(took)*part/100].Microseconds())/1000, name)
	}
}
