package presenter_test

import (
	"encoding/csv"
	"strings"
	"sync"
	"testing"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/app/presenter"
	"lifeboat/app/presenter/presentertest"
	"lifeboat/failover"
)

func logOver(t *testing.T, r *presentertest.Record) *presenter.Log {
	t.Helper()
	l := presenter.NewLog(tongue(t, i18n.English), r, presenter.LogOptions{Now: presentertest.Now})
	if s := l.State(); s.Empty == "" || s.Title == "" {
		t.Errorf("before it was read: %+v", s)
	}
	l.Load(t.Context(), func() {})
	return l
}

// The log is listed, filtered, searched and opened, and told in both languages.
func TestLog(t *testing.T) {
	t.Parallel()
	l := logOver(t, presentertest.Happened())
	s := l.State()
	if len(s.Rows) != 9 || s.Rows[0].Says != "Mail was led home to Microsoft 365." || s.Rows[0].Light != presenter.LightHealthy || s.Rows[5].Light != presenter.LightDown {
		t.Fatalf("%+v", s.Rows)
	}
	for i, want := range map[int]string{0: ":", 6: "20 Nov", 8: "2025"} {
		if !strings.Contains(s.Rows[i].Time, want) {
			t.Errorf("%q has no %q", s.Rows[i].Time, want)
		}
	}
	for i, kind := range engine.LogKinds() {
		l.Filter(i + 1)
		for _, r := range l.State().Rows {
			if want := presenter.LogKind(tongue(t, i18n.English), kind); r.Kind != want {
				t.Errorf("%s among %s", r.Kind, want)
			}
		}
	}
	l.Filter(0)
	for text, want := range map[string]int{"SWITCHED": 1, "451": 1, "overruled": 1, "tanaka": 1, "sato@desk": 4, "nothing like it": 0} {
		l.Search(text)
		if got := l.State(); len(got.Rows) != want || want == 0 && !strings.Contains(got.Empty, text) {
			t.Errorf("%q: %d rows, %q", text, len(got.Rows), got.Empty)
		}
	}
	l.Search("overruled")
	l.Open(0)
	o := l.State().Open
	if o == nil || len(o.Details) != 4 || len(o.Exact) != 2 || o.Details[3].Value == "" {
		t.Fatalf("%+v", o)
	}
	for _, want := range []string{"Mail was switched to Fastmail.", "sato@desk", "overruled", "+ aoba.example 300 MX"} {
		if !strings.Contains(o.Copy, want) {
			t.Errorf("%q is not copied:\n%s", want, o.Copy)
		}
	}
	l.Speak(tongue(t, i18n.Japanese))
	if o := l.State().Open; o.Title != "メールを Fastmail に切り替えました。" {
		t.Errorf("%q", o.Title)
	}
	l.Close()
	l.Search("")
	if s := l.State(); s.Open != nil || !strings.HasPrefix(s.Rows[6].Time, "11月20日 ") {
		t.Errorf("%+v", s.Rows[6])
	}
}

// What is listed is written as text and as CSV, in which nothing is a formula.
func TestLogExport(t *testing.T) {
	t.Parallel()
	r := presentertest.Happened()
	r.Entries[2].Who = "=HYPERLINK(1)"
	l := logOver(t, r)
	text, name := l.Export("txt")
	if !strings.HasPrefix(name, "lifeboat-log-20261121-") || !strings.HasSuffix(name, ".txt") || strings.Count(string(text), "\n") < 9 || !strings.Contains(string(text), "led home") {
		t.Errorf("%s\n%s", name, text)
	}
	data, name := l.Export("csv")
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(data), "\uFEFF"))).ReadAll()
	if err != nil || len(rows) != 10 || len(rows[0]) != 8 || !strings.HasSuffix(name, ".csv") {
		t.Fatalf("%v %s\n%s", err, name, data)
	}
	if rows[3][5] != "'=HYPERLINK(1)" {
		t.Errorf("%q", rows[3])
	}
	if !strings.HasPrefix(rows[5][7], "'- aoba.example") {
		t.Errorf("%q", rows[5][7])
	}
}

// What cannot be read is said, and what was known stays.
func TestLogInPart(t *testing.T) {
	t.Parallel()
	r := presentertest.Happened()
	l := logOver(t, r)
	r.Err = failover.Fail(failover.ErrDisk, "The log {file} cannot be read: see that it is yours.", "file", "log.jsonl")
	r.Entries = nil
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() { l.Load(t.Context(), func() {}) })
		wg.Go(func() { l.Search("mail"); l.State(); l.Search("") })
	}
	wg.Wait()
	if s := l.State(); !strings.Contains(s.Problem, "log.jsonl") || len(s.Rows) == 0 || s.Loading {
		t.Errorf("%+v", s)
	}
	var _ presenter.Recorder = (*engine.Engine)(nil)
}

// A long log is put into another language's words when it is read anew, as its page does
// when it is shown: meanwhile nothing in the language of before stands there.
func TestLogSpeaksWhenItIsReadAnew(t *testing.T) {
	t.Parallel()
	r := presentertest.Happened()
	for len(r.Entries) < 1000 {
		r.Entries = append(r.Entries, r.Entries...)
	}
	l := logOver(t, r)
	n := len(l.State().Rows)
	l.Speak(tongue(t, i18n.Japanese))
	if s := l.State(); len(s.Rows) != 0 || s.Empty == "" {
		t.Errorf("%d rows, %q", len(s.Rows), s.Empty)
	}
	l.Load(t.Context(), func() {})
	if s := l.State(); n < 1000 || len(s.Rows) != n || s.Rows[0].Kind == "" {
		t.Errorf("%d rows of %d", len(s.Rows), n)
	}
	l.Search("nothing that ever happened")
	if s := l.State(); len(s.Rows) != 0 {
		t.Errorf("%d rows are found", len(s.Rows))
	}
}
