package fulltext

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"lifeboat/mailstore"
)

// What a search finds is held against a plain reading of every message by the rules as
// they are documented, which knows nothing of terms, pairs and positions.

// unit is a word, a sign or an emoji of a text.
type unit struct {
	text   string
	sign   bool
	joined bool // it follows a sign without anything between
}

func units(text string) (all []unit) {
	word, after := "", false
	end := func() {
		if word != "" {
			all = append(all, unit{text: word})
			word = ""
		}
	}
	for _, r := range Fold(text) {
		k := kindOf(r)
		if k != letter {
			end()
		}
		switch k {
		case letter:
			word += string(r)
		case sign:
			all = append(all, unit{text: string(r), sign: true, joined: after})
		case symbol:
			all = append(all, unit{text: string(r)})
		case between:
		}
		after = k == sign
	}
	end()
	return all
}

// stands tells whether words stand in a text.
func stands(w words, text string) bool {
	in, want := units(text), units(w.text)
	for from := 0; len(want) > 0 && from+len(want) <= len(in); from++ {
		fits := true
		for i, u := range want {
			is := in[from+i]
			switch {
			case i == len(want)-1 && w.prefix && !u.sign:
				fits = fits && strings.HasPrefix(is.text, u.text)
			default:
				fits = fits && is.text == u.text
			}
			if i > 0 && u.sign && want[i-1].sign {
				fits = fits && is.joined == u.joined
			}
		}
		if fits {
			return true
		}
	}
	return false
}

// reads tells whether a message is one that is looked for.
func reads(e expr, d Doc) bool {
	values := map[byte][]string{}
	add := func(value string, fields ...byte) {
		for _, f := range append(fields, anywhere) {
			values[f] = append(values[f], value)
		}
	}
	l := d.Letter
	add(l.Subject, inSubject)
	add(l.Text)
	for _, a := range l.From {
		add(a.String(), inFrom)
	}
	for _, a := range l.To {
		add(a.String(), inTo)
	}
	for _, a := range l.Cc {
		add(a.String(), inTo, inCc)
	}
	for _, a := range l.Attachments {
		add(a.Name, inFile)
	}
	switch e := e.(type) {
	case nil:
		return true
	case and:
		return !slices.ContainsFunc(e, func(e expr) bool { return !reads(e, d) })
	case or:
		return slices.ContainsFunc(e, func(e expr) bool { return reads(e, d) })
	case not:
		return !reads(e.what, d)
	case dates:
		return d.ID >= byDay(e.from) && (e.until.IsZero() || d.ID < byDay(e.until))
	case attached:
		return len(l.Attachments) > 0
	case State:
		return e.Value == string(rune('0'+d.Account))
	case words:
		return slices.ContainsFunc(values[e.field], func(v string) bool { return stands(e, v) })
	}
	return false
}

// scraps are what made-up texts consist of: few, so that they meet again and again.
var scraps = []string{"a", "ab", "abc", "Ab", "ba", "é", "12", "会", "議", "会議", "議会", "資料", "ｶﾞ", "ガ", "カ", "あ", "🎉", " ", " ", "-", "、", ".", "\n", "ü", "ДА", "한", "한국"}

func drawText(t *rapid.T, name string, most int) string {
	return strings.Join(rapid.SliceOfN(rapid.SampledFrom(scraps), 0, most).Draw(t, name), "")
}

func drawDoc(t *rapid.T) Doc {
	d := Doc{ID: mailstore.MessageID(rapid.IntRange(9000, 9400).Draw(t, "id")), Account: mailstore.AccountID(rapid.IntRange(1, 3).Draw(t, "account"))}
	d.Letter.Subject = drawText(t, "subject", 5)
	d.Letter.Text = drawText(t, "text", 12)
	d.Letter.From = []mailstore.Address{{Name: drawText(t, "from", 3), Address: "ab@ba.example"}}
	for range rapid.IntRange(0, 2).Draw(t, "cc") {
		d.Letter.Cc = append(d.Letter.Cc, mailstore.Address{Name: drawText(t, "name", 3)})
	}
	if rapid.Bool().Draw(t, "attached") {
		d.Letter.Attachments = []mailstore.Attachment{{Name: drawText(t, "file", 3)}}
	}
	return d
}

func drawQuery(t *rapid.T) string {
	key := rapid.SampledFrom([]string{"", "", "", "", "subject:", "from:", "to:", "cc:", "file:", "-", "-subject:", `"`, "("})
	whole := rapid.SampledFrom([]string{"has:attachment", "account:2", "on:2026-11-14", "since:2026-11-13", "before:2026-11-15", "OR", "OR", ")", "-account:1"})
	var b strings.Builder
	for range rapid.IntRange(1, 4).Draw(t, "parts") {
		if rapid.IntRange(0, 3).Draw(t, "whole") == 0 {
			b.WriteString(whole.Draw(t, "part"))
		} else {
			k := key.Draw(t, "key")
			b.WriteString(k + drawText(t, "words", 3))
			if k == `"` {
				b.WriteString(rapid.SampledFrom([]string{`"`, `"*`}).Draw(t, "end"))
			}
		}
		b.WriteByte(' ')
	}
	return b.String()
}

func TestFindsWhatAPlainReadingFinds(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		s := newShelf(t)
		have := map[mailstore.MessageID]Doc{}
		ids := func() (ids []mailstore.MessageID) {
			for id := range have {
				ids = append(ids, id)
			}
			slices.Sort(ids)
			slices.Reverse(ids)
			return ids
		}
		for range rapid.IntRange(1, 30).Draw(r, "steps") {
			switch rapid.IntRange(0, 9).Draw(r, "step") {
			case 0:
				if known := ids(); len(known) > 0 {
					id := rapid.SampledFrom(known).Draw(r, "removed")
					s.remove(id)
					delete(have, id)
				}
			case 1:
				s.change(func(ctx context.Context, tx *sql.Tx) error { _, err := s.x.Tidy(ctx, tx); return err })
			case 2, 3, 4:
				var docs []Doc
				for range rapid.IntRange(1, 4).Draw(r, "docs") {
					docs = append(docs, drawDoc(r))
				}
				s.put(docs...)
				for _, d := range docs {
					have[d.ID] = d
				}
			default:
				text := drawQuery(r)
				q, err := Parse(text, now)
				if err != nil {
					continue
				}
				var want []mailstore.MessageID
				for _, id := range ids() {
					if reads(q.root, have[id]) {
						want = append(want, id)
					}
				}
				got, err := s.find(q, Limits{})
				if err != nil {
					r.Fatal(err)
				}
				if !slices.Equal(got, want) {
					r.Fatalf("%q, read as %q, finds %v, want %v", text, q, got, want)
				}
			}
		}
	})
}

func TestOverlongWordsAreCutAtACharacter(t *testing.T) {
	long := strings.Repeat("é", 100) + strings.Repeat("ж", 100)
	s := newShelf(t)
	s.put(text(1, long))
	for _, q := range []string{long, `"` + long + `"`, "жжж"} {
		want := 1
		if q == "жжж" {
			want = 0
		}
		if got := s.search(q); len(got) != want {
			t.Errorf("%s: %d found", q, len(got))
		}
	}
	terms([]byte(Words(long)), func(term []byte, _, _ rune) {
		if len(term) > longest || !utf8.Valid(term) {
			t.Errorf("term %q", term)
		}
	})
}
