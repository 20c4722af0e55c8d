package fulltext

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"lifeboat/mailstore"
)

func TestParse(t *testing.T) {
	tests := map[string]string{ // how it is typed, and its plainest spelling
		"":                           "",
		"  ":                         "",
		"Meeting  Tokyo":             "meeting tokyo",
		"会議　資料":                      "会議 資料",
		"ｆｒｏｍ：Ｔａｎａｋａ":                "from:tanaka",
		"from: tanaka":               "from:tanaka",
		"from:Tanaka@Example.jp":     `from:"tanaka example jp"*`,
		"差出人：田中":                     "from:田中",
		`subject:"Quarterly Report"`: `subject:"quarterly report"`,
		"“smart quotes”":             `"smart quotes"`,
		`"unfinished phrase`:         `"unfinished phrase"`,
		`"exact"`:                    `"exact"`,
		`"begin"*`:                   "begin",
		"begin*":                     "begin",
		"a":                          "a",
		"a*":                         `"a"*`,
		"ABC-1234":                   `"abc 1234"*`,
		"https://example.com/a?b=c":  `"https example com a b c"`,
		"-spam":                      "-spam",
		"NOT spam":                   "-spam",
		"--spam":                     "-spam",
		"a - b":                      "a b",
		"NOT NOT aa":                 "aa",
		"-(a b)":                     "-(a b)",
		"-(a OR b)":                  "-(a OR b)",
		"a OR b c":                   "a OR b c",
		"(a b) OR c":                 "(a b) OR c",
		"a OR (b OR c)":              "a OR b OR c",
		"a AND b":                    "a b",
		"OR a OR":                    "a",
		"a | b":                      "a OR b",
		"(a (b c)) d)":               "a b c d",
		"(a":                         "a",
		"from:(tanaka OR suzuki)":    "from:tanaka OR from:suzuki",
		"-from:(tanaka suzuki)":      "-(from:tanaka from:suzuki)",
		"has:attachment HAS:添付":      "has:attachment has:attachment",
		"is:unread is:starred":       "is:unread is:flagged",
		"in:Sent folder:請求書":         `folder:"sent" folder:"請求書"`,
		"account:tanaka@example.jp":  `account:"tanaka example jp"`,
		"on:2026-11-19":              "since:2026-11-19 before:2026-11-20",
		"date:2026/11/1..2026/11/19": "since:2026-11-01 before:2026-11-20",
		"日付:2026年11月19日":             "since:2026-11-19 before:2026-11-20",
		"since:2026-11":              "since:2026-11-01",
		"on:2026":                    "since:2026-01-01 before:2027-01-01",
		"after:3d before:today":      "since:2026-11-19 before:2026-11-22",
		"since:2w since:1m since:1y": "since:2026-11-08 since:2026-10-22 since:2025-11-22",
		"date:昨日":                    "since:2026-11-21 before:2026-11-22",
		"10:30 Re: foo:bar":          `"10 30"* re "foo bar"*`,
		"🎉 :-) !!!":                  "🎉",
		"会議!":                        "会議",
		"\"会議 資料\"":                  `"会議 資料"`,
	}
	for typed, want := range tests {
		q, err := Parse(typed, now)
		if err != nil {
			t.Errorf("%q: %v", typed, err)
			continue
		}
		if got := q.String(); got != want {
			t.Errorf("%q is read as %q, want %q", typed, got, want)
		}
	}
}

func TestParseSaysWhatIsWrong(t *testing.T) {
	tests := map[string]string{
		"from:":                            "After from: there is nothing to look for. Write it as in from:tanaka.",
		"on:":                              "on:2026-11-19",
		"subject:!!":                       "After subject:",
		"since:2026-13-01":                 "2026-13-01 is no day.",
		"before:noon":                      "before:yesterday",
		"date:2026-11-19..2026-11-01":      "is no day",
		"since:2026-11-01..2026-11-19":     "is no day",
		"since:999999d":                    "is no day",
		"has:money":                        "has:money cannot be looked for. Write one of has:attachment.",
		"is:lost":                          "is:unread",
		"!!!":                              "There is no word in !!!",
		strings.Repeat("x", 2001):          "longer than 2000 characters",
		strings.Repeat("x ", 101):          "more than 100 parts",
		strings.Repeat("(", 30) + "x":      "more than 20 brackets",
		strings.Repeat("from:(", 30) + "x": "more than 20 brackets",
		strings.Repeat("NOT ", 150) + "x":  "more than 100 parts",
	}
	for typed, want := range tests {
		q, err := Parse(typed, now)
		if !errors.Is(err, mailstore.ErrInvalid) {
			t.Errorf("%.40q is read as %q, error %v", typed, q, err)
			continue
		}
		if !strings.Contains(mailstore.SentenceOf(err).String(), want) {
			t.Errorf("%.40q: %v, which should say %q", typed, err, want)
		}
	}
}

// Days are those of the person's zone, whatever its summer time does.
func TestDaysAreThoseOfTheZone(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		zone = time.FixedZone("Tokyo", 9*60*60)
	}
	q, err := Parse("on:2026-10-25", now.In(zone))
	if err != nil {
		t.Fatal(err)
	}
	all, ok := q.root.(and)
	if !ok || len(all) != 2 {
		t.Fatalf("read as %#v", q.root)
	}
	from, next := all[0].(dates).from, all[1].(dates).until
	if want := time.Date(2026, 10, 25, 0, 0, 0, 0, zone); !from.Equal(want) || !next.Equal(want.AddDate(0, 0, 1)) {
		t.Errorf("from %v to %v", from, next)
	}
}

func TestPartsAndAll(t *testing.T) {
	q, err := Parse("会議 in:sent -is:unread (a OR account:x)", now)
	if err != nil {
		t.Fatal(err)
	}
	var words []Query
	var states []string
	for _, p := range q.Parts() {
		if s, negated, ok := p.State(); ok {
			if negated {
				states = append(states, "-")
			}
			states = append(states, string(s.Key), s.Value)
		} else {
			words = append(words, p)
		}
	}
	if got := All(words...).String(); got != `会議 a OR account:"x"` {
		t.Errorf("the words are %s", got)
	}
	if want := []string{"folder", "sent", "-", "unread", ""}; !reflect.DeepEqual(states, want) {
		t.Errorf("the states are %q", states)
	}
	if !All().IsZero() || len(Query{}.Parts()) != 0 {
		t.Error("nothing is something")
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`from:tanaka@example.jp -has:attachment "exact phrase" OR (会議 資料) since:3d`, "ｆｒｏｍ：（ａ　ＯＲ　ｂ）", "a* \"b c\"* ﾌﾟﾛｼﾞｪｸﾄ", "in:sent is:unread account:x",
		"on:2026-11-19 date:2026-11-01..2026-11-19 before:昨日", "NOT NOT (((", "--a-b--", "Zoë ẞ İ ŉ ǆ ﬀ 🎉👍🏽 한국 สวัสดี", "-(a OR -b) | c", "e\u0301 \u200d\u0345", "subject:\"", ")\"(",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := Parse(text, now)
		if err != nil {
			if !errors.Is(err, mailstore.ErrInvalid) || mailstore.SentenceOf(err).IsZero() {
				t.Fatalf("%q: %v is no sentence", text, err)
			}
			return
		}
		plain := q.String()
		again, err := Parse(plain, now)
		if err != nil {
			// The plain spelling may be longer than what was typed.
			if len(plain) > len(text) && len(plain) > longestQuery/2 || strings.Count(plain, " ")+strings.Count(plain, "(") >= mostParts {
				return
			}
			t.Fatalf("%q is read as %q, which cannot be read: %v", text, plain, err)
		}
		if !reflect.DeepEqual(again, q) {
			t.Fatalf("%q is read as %q, and that as %q\n%#v\n%#v", text, plain, again, q, again)
		}
	})
}

func FuzzWords(f *testing.F) {
	for _, seed := range []string{"全文検索 ABC", "ｶﾞｲﾄﾞ Zoë", "\xff\xfe会\x80", "e\u0301\u0345 🎉️ ŉ", "สวัสดี 한국 ᄀ\u200dᅡ"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v := newInverter(0)
		v.text(text, inSubject)
		words := Words(text)
		if again := Words(words); again != words {
			t.Fatalf("%q has the words %q, and those %q", text, words, again)
		}
	})
}

// What a group's rows say is believed only as far as it can be: whatever they are, reading
// them ends.
func FuzzGroup(f *testing.F) {
	b := Prepare([]Doc{text(1, "some words, some of them twice"), text(2, "some 会議")})
	f.Add(b.parts[0].groups[0][0], b.parts[0].groups[0][1])
	f.Fuzz(func(_ *testing.T, postings, positions []byte) {
		reader := groupReader{row: postings}
		var p posting
		for {
			if ok, err := reader.next(&p); err != nil || !ok {
				return
			}
			docs, err := p.list(nil, 100)
			if err != nil {
				return
			}
			if p.addTo(newBitmap(100), 100) != nil {
				return
			}
			at, err := p.positions(positions, 100, 0)
			if err != nil {
				return
			}
			for _, doc := range docs {
				if _, at, err = appendPositions(nil, positions, at, int(doc), 1); err != nil {
					return
				}
			}
		}
	})
}
