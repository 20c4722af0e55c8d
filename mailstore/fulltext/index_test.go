package fulltext

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3/driver"
	_ "github.com/ncruces/go-sqlite3/embed" // SQLite itself

	"lifeboat/mailstore"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// shelf is an index in a database of its own.
type shelf struct {
	t  testing.TB
	db *sql.DB
	x  *Index
}

func newShelf(t testing.TB) *shelf {
	t.Helper()
	db, err := driver.Open("file::memory:")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := db.Exec(Schema); err != nil {
		t.Fatal(err)
	}
	return &shelf{t: t, db: db, x: New()}
}

func (s *shelf) change(do func(context.Context, *sql.Tx) error) {
	s.t.Helper()
	tx, err := s.db.Begin()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := do(context.Background(), tx); err != nil {
		s.t.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shelf) put(docs ...Doc) {
	s.t.Helper()
	s.change(func(ctx context.Context, tx *sql.Tx) error { return s.x.Put(ctx, tx, Prepare(docs)) })
}

func (s *shelf) remove(ids ...mailstore.MessageID) {
	s.t.Helper()
	s.change(func(ctx context.Context, tx *sql.Tx) error { return s.x.Remove(ctx, tx, ids) })
}

// tidy does all the housekeeping that is due.
func (s *shelf) tidy() {
	s.t.Helper()
	for more := true; more; {
		s.change(func(ctx context.Context, tx *sql.Tx) (err error) { more, err = s.x.Tidy(ctx, tx); return err })
	}
}

// byDay is how tests number their messages: a day is a hundred.
func byDay(t time.Time) mailstore.MessageID {
	return mailstore.MessageID(t.Sub(now.AddDate(0, 0, -100).Truncate(24*time.Hour))/(24*time.Hour)) * 100
}

func inAccounts(_ context.Context, s State) (Set, error) {
	var id mailstore.AccountID
	_, err := fmt.Sscan(s.Value, &id)
	return Set{Accounts: []mailstore.AccountID{id}}, err
}

func (s *shelf) find(q Query, l Limits) (ids []mailstore.MessageID, err error) {
	s.t.Helper()
	l.First, l.Resolve = byDay, inAccounts
	tx, err := s.db.Begin()
	if err != nil {
		s.t.Fatal(err)
	}
	defer tx.Rollback()
	for id, err := range s.x.Find(context.Background(), tx, q, l) {
		if err != nil {
			return ids, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

func (s *shelf) search(text string) []mailstore.MessageID {
	s.t.Helper()
	q, err := Parse(text, now)
	if err != nil {
		s.t.Fatal(err)
	}
	ids, err := s.find(q, Limits{})
	if err != nil {
		s.t.Fatal(err)
	}
	return ids
}

// count returns what a query of the database counts.
func (s *shelf) count(query string) (n int) {
	s.t.Helper()
	if err := s.db.QueryRow(query).Scan(&n); err != nil {
		s.t.Fatal(err)
	}
	return n
}

func text(id mailstore.MessageID, text string) Doc {
	return Doc{ID: id, Account: 1, Letter: mailstore.Letter{Text: text}}
}

func TestWordsOfManyLanguages(t *testing.T) {
	tests := []struct {
		text   string
		found  []string
		absent []string
	}{
		{"明日の全文検索の会議は東京都で行います。", []string{"会議", "全文", "全文検索", "検索", "会", "都", "東京", "京都", "東京都", "議は東", "\"全文検索\""}, []string{"議会", "会合", "索全", "会議 大阪"}},
		{"ﾌﾟﾛｼﾞｪｸﾄの資料", []string{"プロジェクト", "ﾌﾟﾛｼﾞｪｸﾄ", "プロ", "ジェ", "プ"}, []string{"ぷろじぇくと", "フロシェクト", "フ"}},
		{"さくら", []string{"さくら", "くら"}, []string{"サクラ"}},
		{"ＡＢＣ株式会社　ｶﾞｲﾄﾞ", []string{"abc", "ABC", "ＡＢＣ", "ａｂｃ株式会社", "ガイド", "株式"}, []string{"カイト"}},
		{"我们明天开会，请准备文件。", []string{"开会", "文件", "准备文件", "请"}, []string{"開會", "会文"}},
		{"내일 회의가 있습니다", []string{"회의", "회의가", "내일", "회"}, []string{"의회"}},
		{"ขอเชิญประชุมพรุ่งนี้", []string{"ประชุม", "เชิญ", "พรุ่งนี้"}, []string{"ชุมประ"}},
		{"Zoë écrit à José, naïve façade, Straße, Łódź, Ørsted", []string{"zoe", "Zoë", "ecrit", "jose", "NAIVE", "facade", "strasse", "STRASSE", "Straße", "lodz", "orsted", "z\u006fe\u0308"}, []string{"joset", "fasade"}},
		{"Привет, как дела? ЗАВТРА", []string{"привет", "ПРИВЕТ", "завтра", "прив"}, []string{"иве"}},
		{"Ο λόγος του ΟΔΥΣΣΕΥΣ", []string{"οδυσσευς", "ΟΔΥΣΣΕΥΣ"}, []string{"οδυσσεα"}},
		{"Party 🎉 at five 👍🏽 ❤️", []string{"🎉", "👍", "👍🏿", "❤", "❤️", "\"🎉 at\""}, []string{"🎂"}},
		{"Order ABC-1234 of 2026-11-19, see https://shop.example.com/track?id=77", []string{
			"ABC-1234", "abc 1234", "2026-11-19", "https://shop.example.com/track", "shop.example.com", "example.com", "track?id=77", "1234",
		}, []string{"ABC-1235", "1234-ABC", "2026-19-11", "BC-1234"}},
		{"invoices are due", []string{"invoice", "inv*", "invoices", "\"invoice\"*", "\"invoices\""}, []string{"\"invoice\"", "voices", "i"}},
		{"don't e-mail me\u00ad@home", []string{"don't", "don t", "e-mail", "mail", "me@home"}, []string{"dont"}},
		{"会議ABC 2026年11月", []string{"会議abc", "2026年11月", "議ABC", "2026年", "年11"}, []string{"会abc", "2026月"}},
	}
	for _, test := range tests {
		t.Run(test.text, func(t *testing.T) {
			s := newShelf(t)
			s.put(text(1, test.text))
			for _, q := range test.found {
				if got := s.search(q); len(got) != 1 {
					t.Errorf("%q is not found", q)
				}
			}
			for _, q := range test.absent {
				if got := s.search(q); len(got) != 0 {
					t.Errorf("%q is found", q)
				}
			}
		})
	}
}

func TestFieldsOfALetter(t *testing.T) {
	s := newShelf(t)
	s.put(Doc{ID: 9200, Account: 7, Letter: mailstore.Letter{
		Subject: "四半期の見積書", MessageID: "abc.123@mail.example.org",
		From:    []mailstore.Address{{Name: "田中 太郎", Address: "t.tanaka@example.jp"}},
		ReplyTo: []mailstore.Address{{Address: "desk@reply.example"}},
		To:      []mailstore.Address{{Name: "Anna Müller", Address: "anna@example.com"}, {Address: "second@example.net"}},
		Cc:      []mailstore.Address{{Name: "鈴木", Address: "suzuki@cc.example"}},
		Bcc:     []mailstore.Address{{Address: "hidden@bcc.example"}},
		Text:    "Please find the quotation attached.\n\nThank you",
		Attachments: []mailstore.Attachment{
			{Name: "見積_2026-11.pdf"}, {Name: "logo.png", Inline: true},
		},
	}})
	s.put(text(9100, "The quotation of yesterday"))
	found := []string{
		"from:tanaka", "from:田中", "from:t.tanaka@example.jp", "from:example.jp", "from:tan", "FROM：ｔａｎａｋａ", "from: tanaka",
		"差出人:田中", "to:anna", "to:muller", "to:suzuki", "to:hidden@bcc.example", "cc:suzuki", "subject:見積", "subject:四半期の見積書", "subject:四", "件名：見積書",
		"file:pdf", "file:見積", "filename:2026-11", "has:attachment", "has:添付", "見積_2026-11.pdf", "desk@reply.example", "abc.123@mail.example.org",
		"account:7", "quotation attached", `"thank you"`, "from:(suzuki OR tanaka)", "from:tanaka subject:見積 has:attachment to:anna", "-from:suzuki",
		"on:2026-11-14", "since:2026-11-14 before:2026-11-15", "date:2026-11-10..2026-11-14", "since:2026-11", "quotation -yesterday", "date:2026年11月14日", "since:2w -yesterday",
	}
	for _, q := range found {
		got := s.search(q)
		if !slices.Contains(got, 9200) {
			t.Errorf("%q does not find it", q)
		}
	}
	absent := []string{
		"from:anna", "from:suzuki", "cc:anna", "cc:hidden", "to:tanaka", "subject:quotation", "file:logo.jpg", "from:desk", "-tanaka", "-has:attachment",
		"on:2026-11-13", "before:2026-11-14", "since:2026-11-15", "account:8", `"com second"`, `"jp anna"`, `"見積書 田中"`, "from:\"tan\"", "yesterday OR tomorrow",
	}
	for _, q := range absent {
		if slices.Contains(s.search(q), 9200) {
			t.Errorf("%q finds it", q)
		}
	}
}

// A logo in a signature is no attachment that anybody looks for.
func TestInlinePicturesAreNoAttachments(t *testing.T) {
	s := newShelf(t)
	s.put(Doc{ID: 1, Account: 1, Letter: mailstore.Letter{Text: "x", Attachments: []mailstore.Attachment{{Name: "logo.png", Inline: true}}}})
	if got := s.search("has:attachment"); len(got) != 0 {
		t.Error("it is found")
	}
	if got := s.search("file:logo"); len(got) != 1 {
		t.Error("its name is not found")
	}
}

func TestNewestFirstAndOnwards(t *testing.T) {
	s := newShelf(t)
	var docs []Doc
	for i := range 5000 {
		id := mailstore.MessageID(i*7919%5000 + 1)
		docs = append(docs, Doc{ID: id, Account: mailstore.AccountID(1 + id%3), Letter: mailstore.Letter{Text: fmt.Sprintf("common word %d thing", id%100)}})
	}
	for some := range slices.Chunk(docs, 700) {
		s.put(some...)
	}
	for _, tidied := range []bool{false, true} {
		if tidied {
			s.tidy()
		}
		for _, test := range []struct {
			query string
			fits  func(id int) bool
		}{
			{"common", func(int) bool { return true }},
			{`"common word"`, func(int) bool { return true }},
			{`"word 42 thing"`, func(id int) bool { return id%100 == 42 }},
			{`"common thing"`, func(int) bool { return false }},
			{"account:2 common -42", func(id int) bool { return id%3 == 1 && id%100 != 42 }},
		} {
			q, err := Parse(test.query, now)
			if err != nil {
				t.Fatal(err)
			}
			var want, got []mailstore.MessageID
			for id := 5000; id > 0; id-- {
				if test.fits(id) {
					want = append(want, mailstore.MessageID(id))
				}
			}
			// In pages, as people read.
			for before := mailstore.MessageID(0); ; before = got[len(got)-1] {
				page, err := s.find(q, Limits{Before: before})
				if err != nil {
					t.Fatal(err)
				}
				if got = append(got, page[:min(len(page), 999)]...); len(page) < 1000 {
					break
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s (tidied: %v): %d found, want %d", test.query, tidied, len(got), len(want))
			}
		}
	}
}

func TestPutAgainReplaces(t *testing.T) {
	s := newShelf(t)
	s.put(text(1, "former words"), text(2, "other"))
	s.put(text(1, "new words"))
	if got := s.search("former"); len(got) != 0 {
		t.Errorf("former words are still found: %v", got)
	}
	if got := s.search("words"); !slices.Equal(got, []mailstore.MessageID{1}) {
		t.Errorf("found %v, want it once", got)
	}
	s.put(text(3, "twice at once"), text(3, "the later one"))
	if a, b := s.search("twice"), s.search("later"); len(a) != 0 || len(b) != 1 {
		t.Errorf("of two in one batch the first is found %d times, the second %d", len(a), len(b))
	}
}

func TestRemovedIsGoneAndItsSpaceTooInTime(t *testing.T) {
	s := newShelf(t)
	var all []mailstore.MessageID
	for i := range 3000 {
		all = append(all, mailstore.MessageID(i+1))
	}
	for some := range slices.Chunk(all, 100) {
		var docs []Doc
		for _, id := range some {
			docs = append(docs, text(id, fmt.Sprintf("common number%d", id)))
		}
		s.put(docs...)
	}
	s.remove(all[:2000]...)
	s.remove(1, 77777) // one that is gone, and one that never was
	if got := s.search("common"); len(got) != 1000 || got[0] != 3000 || got[999] != 2001 {
		t.Fatalf("%d found", len(got))
	}
	before := s.count(`SELECT sum(length(postings)) FROM text_group`)
	s.tidy()
	if got := s.search("common"); len(got) != 1000 {
		t.Fatalf("%d found after tidying", len(got))
	}
	if got := s.search("number100"); len(got) != 0 {
		t.Errorf("a removed one is found: %v", got)
	}
	if after := s.count(`SELECT sum(length(postings)) FROM text_group`); after > before*2/3 {
		t.Errorf("%d of %d octets are left", after, before)
	}
	s.remove(all...)
	s.tidy()
	for _, table := range []string{"text_segment", "text_gone", "text_group", "text_positions", "text_merge", "text_sweep"} {
		if n := s.count(`SELECT count(*) FROM ` + table); n != 0 {
			t.Errorf("%d rows are left in %s", n, table)
		}
	}
}

// What is removed while a merge is under way must not come back with it.
func TestRemovedWhileMerging(t *testing.T) {
	s := newShelf(t)
	for i := range mergeMany {
		var docs []Doc
		for k := range 200 {
			docs = append(docs, text(mailstore.MessageID(1+k*mergeMany+i), strings.Repeat(fmt.Sprintf("common w%d ", k), 30)))
		}
		// Without its share of the housekeeping.
		s.change(func(ctx context.Context, tx *sql.Tx) error {
			_, err := putPart(ctx, tx, Prepare(docs).parts[0])
			return err
		})
	}
	s.change(func(ctx context.Context, tx *sql.Tx) error { _, err := s.x.tidy(ctx, tx, 1, mergeMany); return err })
	if s.count(`SELECT count(*) FROM text_merge`) != 1 {
		t.Fatal("no merge is under way")
	}
	s.remove(1, 2, 3, 800, 1600)
	s.put(text(5, "changed meanwhile"))
	s.tidy()
	got := s.search("common")
	for _, id := range []mailstore.MessageID{1, 2, 3, 5, 800, 1600} {
		if slices.Contains(got, id) {
			t.Errorf("%d came back", id)
		}
	}
	if len(got) != 200*mergeMany-6 {
		t.Errorf("%d found", len(got))
	}
	if got := s.search("meanwhile"); !slices.Equal(got, []mailstore.MessageID{5}) {
		t.Errorf("the changed one: %v", got)
	}
}

// A transaction that is rolled back leaves nothing, not in what is remembered either.
func TestRolledBack(t *testing.T) {
	s := newShelf(t)
	s.put(text(1, "one"))
	tx, err := s.db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.x.Put(t.Context(), tx, Prepare([]Doc{text(2, "two"), text(1, "uno")})); err != nil {
		t.Fatal(err)
	}
	if err := s.x.Remove(t.Context(), tx, []mailstore.MessageID{2}); err != nil {
		t.Fatal(err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	s.put(text(3, "three"))
	if a, b, c := s.search("one"), s.search("two OR uno"), s.search("three"); len(a) != 1 || len(b) != 0 || len(c) != 1 {
		t.Errorf("found %v %v %v", a, b, c)
	}
}

// However messages come, singly or in crowds, there are few segments to look into.
func TestSegmentsStayFew(t *testing.T) {
	s := newShelf(t)
	for i := range 1500 {
		s.put(text(mailstore.MessageID(i*13%1500+1), fmt.Sprintf("common w%d", i%50)))
		if n := s.count(`SELECT count(*) FROM text_segment`); n > 50 {
			t.Fatalf("%d segments after %d messages", n, i)
		}
	}
	if got := s.search("w7"); len(got) != 30 {
		t.Errorf("%d found", len(got))
	}
}

func TestDamageIsNoticed(t *testing.T) {
	for _, column := range []string{"text_group postings", "text_positions positions", "text_segment ids", "text_segment directory"} {
		t.Run(column, func(t *testing.T) {
			s := newShelf(t)
			s.put(text(1, "some words to be found"), text(2, "some words to be lost"))
			table, name, _ := strings.Cut(column, " ")
			var row []byte
			if err := s.db.QueryRow(`SELECT ` + name + ` FROM ` + table).Scan(&row); err != nil {
				t.Fatal(err)
			}
			for i := range row {
				row[i] ^= 4
				if _, err := s.db.Exec(`UPDATE `+table+` SET `+name+` = ?`, row); err != nil {
					t.Fatal(err)
				}
				row[i] ^= 4
				s.x = New()
				q, err := Parse(`"words to"`, now)
				if err != nil {
					t.Fatal(err)
				}
				ids, err := s.find(q, Limits{})
				if !errors.Is(err, mailstore.ErrDamaged) {
					t.Fatalf("octet %d of %d: found %v, error %v", i, len(row), ids, err)
				}
			}
		})
	}
}

func TestFindStopsWithItsContext(t *testing.T) {
	s := newShelf(t)
	s.put(text(1, "word"))
	tx, err := s.db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for id, err := range s.x.Find(ctx, tx, Query{}, Limits{}) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("found %d, error %v", id, err)
		}
	}
}
