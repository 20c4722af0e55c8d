package store_test

import (
	"fmt"
	"slices"
	"testing"

	"lifeboat/mailstore"
	"lifeboat/mailstore/fulltext"
)

// describeAll describes every message by its own bytes: the first line is the subject.
func (s *shelf) describeAll() {
	s.t.Helper()
	all, err := s.Undescribed(s.t.Context(), 10_000)
	if err != nil {
		s.t.Fatal(err)
	}
	var words []mailstore.Description
	for _, m := range all {
		text := s.text(m.ID)
		words = append(words, mailstore.Description{Message: m.ID, Letter: mailstore.Letter{Subject: text, Text: text}})
	}
	if err := s.Describe(s.t.Context(), words); err != nil {
		s.t.Fatal(err)
	}
}

// found are the subjects of a page, the newest first.
func (s *shelf) found(text string, l mailstore.List) []string {
	s.t.Helper()
	q, err := fulltext.Parse(text, noon)
	if err != nil {
		s.t.Fatal(err)
	}
	page, err := s.Search(s.t.Context(), q, l)
	if err != nil {
		s.t.Fatalf("%s: %v", text, err)
	}
	var subjects []string
	for _, m := range page {
		subjects = append(subjects, m.Summary.Subject)
		if len(m.Places) == 0 {
			s.t.Errorf("%s: %q is said to lie nowhere", text, m.Summary.Subject)
		}
	}
	return subjects
}

func TestSearch(t *testing.T) {
	s := open(t)
	accounts := s.accounts("aiko@shop.example", "bunta@shop.example")
	inbox, sent := s.folder(accounts[0], "INBOX"), s.folder(accounts[0], "送信済み/2026")
	other := s.folder(accounts[1], "INBOX")
	s.arrive(inbox, s.arrival(1, "red apple 会議", mailstore.Seen), s.arrival(2, "green apple"), s.arrival(3, "green pear", mailstore.Starred, mailstore.Seen))
	s.arrive(sent, s.arrival(4, "red pear 会議室", mailstore.Answered, mailstore.Seen))
	s.arrive(other, s.arrival(5, "blue apple 会議"))
	if got := s.found("apple", mailstore.List{}); got != nil {
		t.Errorf("found before it was described: %q", got)
	}
	s.describeAll()

	one := mailstore.List{Account: accounts[0]}
	tests := []struct {
		query string
		list  mailstore.List
		want  []string
	}{
		{"apple", mailstore.List{}, []string{"blue apple 会議", "green apple", "red apple 会議"}},
		{"apple", one, []string{"green apple", "red apple 会議"}},
		{"apple", mailstore.List{Limit: 2}, []string{"blue apple 会議", "green apple"}},
		{"会議", mailstore.List{}, []string{"blue apple 会議", "red pear 会議室", "red apple 会議"}},
		{"室", mailstore.List{}, []string{"red pear 会議室"}},
		{"会議", mailstore.List{Folder: inbox}, []string{"red apple 会議"}},
		{"", mailstore.List{Folder: sent}, []string{"red pear 会議室"}},
		{"red in:inbox", mailstore.List{}, []string{"red apple 会議"}},
		{"in:2026", mailstore.List{}, []string{"red pear 会議室"}},
		{"folder:送信", mailstore.List{}, []string{"red pear 会議室"}},
		{"red -in:inbox", mailstore.List{}, []string{"red pear 会議室"}},
		{"green OR folder:2026", mailstore.List{}, []string{"red pear 会議室", "green pear", "green apple"}},
		{"account:bunta", mailstore.List{}, []string{"blue apple 会議"}},
		{"account:bunta@shop.example apple", mailstore.List{}, []string{"blue apple 会議"}},
		{"apple -account:bunta", mailstore.List{}, []string{"green apple", "red apple 会議"}},
		{"account:bunta", one, nil},
		{"is:unread", mailstore.List{}, []string{"blue apple 会議", "green apple"}},
		{"is:read apple", mailstore.List{}, []string{"red apple 会議"}},
		{"-is:read apple", mailstore.List{}, []string{"blue apple 会議", "green apple"}},
		{"is:flagged", mailstore.List{}, []string{"green pear"}},
		{"pear is:flagged OR is:answered", mailstore.List{}, []string{"red pear 会議室", "green pear"}},
		{"on:2026-11-22 pear", mailstore.List{}, []string{"red pear 会議室", "green pear"}},
		{"before:2026-11-22", mailstore.List{}, nil},
		{"since:today green", mailstore.List{}, []string{"green pear", "green apple"}},
	}
	for _, test := range tests {
		if got := s.found(test.query, test.list); !slices.Equal(got, test.want) {
			t.Errorf("%s in %+v: %q, want %q", test.query, test.list, got, test.want)
		}
	}
}

func TestSearchGoesOnWhereAPageEnded(t *testing.T) {
	s := open(t)
	inbox := s.inbox()
	var all []mailstore.Arrival
	for i := range 95 {
		flags := []string{mailstore.Seen}
		if i%3 == 0 {
			flags = nil
		}
		all = append(all, s.arrival(mailstore.UID(i+1), fmt.Sprintf("letter %d", i), flags...))
	}
	s.arrive(inbox, all...)
	s.describeAll()
	for query, want := range map[string]int{"letter": 95, "letter is:unread": 32, "letter in:inbox -is:unread": 63} {
		q, err := fulltext.Parse(query, noon)
		if err != nil {
			t.Fatal(err)
		}
		l := mailstore.List{Limit: 10}
		seen := 0
		for {
			page, err := s.Search(t.Context(), q, l)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range page {
				if l.Before != 0 && m.ID >= l.Before {
					t.Fatalf("%s: %d comes after %d", query, m.ID, l.Before)
				}
				l.Before = m.ID
			}
			if seen += len(page); len(page) < l.Limit {
				break
			}
		}
		if seen != want {
			t.Errorf("%s: %d in all pages, want %d", query, seen, want)
		}
	}
}

// What vanished at the primary is hidden here, and found only by who asks for it.
func TestSearchLeavesOutWhatIsHidden(t *testing.T) {
	s := open(t)
	account := s.accounts("aiko@shop.example")[0]
	inbox, archive := s.folder(account, "INBOX"), s.folder(account, "Archive")
	s.arrive(inbox, s.arrival(1, "kept apple"), s.arrival(2, "lost apple"), s.arrival(3, "moved apple"))
	moved := s.arrival(7, "moved apple")
	s.arrive(archive, moved)
	s.describeAll()
	s.apply(mailstore.Batch{Folder: inbox, Gone: []mailstore.UID{2, 3}})
	for query, want := range map[string][]string{
		"apple":            {"moved apple", "kept apple"},
		"in:inbox apple":   {"kept apple"},
		"in:archive apple": {"moved apple"},
		"-in:inbox apple":  {"moved apple"},
		"is:unread lost":   nil,
	} {
		if got := s.found(query, mailstore.List{}); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	if got := s.found("apple", mailstore.List{Gone: true}); len(got) != 3 {
		t.Errorf("with what is hidden: %q", got)
	}
	if got := s.found("in:inbox lost", mailstore.List{Gone: true}); len(got) != 1 {
		t.Errorf("in the folder, with what is hidden: %q", got)
	}
}

// A folder with more messages than are listed beforehand.
func TestSearchInALargeFolder(t *testing.T) {
	s := open(t)
	account := s.accounts("aiko@shop.example")[0]
	inbox, small := s.folder(account, "INBOX"), s.folder(account, "Small")
	body := s.body("the same bytes in a message of which there is one")
	s.arrive(small, mailstore.Arrival{UID: 1, Received: noon, Body: body})
	s.describeAll()
	var all []mailstore.Arrival
	for uid := range mailstore.UID(5500) {
		all = append(all, s.arrival(uid+1, fmt.Sprintf("number%d of many", uid+1)))
	}
	s.arrive(inbox, all...)
	s.describeAll()
	if got := s.found("many in:inbox", mailstore.List{Limit: 6000}); len(got) != 5500 {
		t.Errorf("%d found", len(got))
	}
	if got := s.found("of in:inbox", mailstore.List{Limit: 6000}); len(got) != 5500 {
		t.Errorf("%d found where one lies elsewhere", len(got))
	}
	if got := s.found(`"number77" in:inbox`, mailstore.List{}); len(got) != 1 {
		t.Errorf("one of them is found %d times", len(got))
	}
}

// Where every folder lies below INBOX, in:inbox is not all of them.
func TestFoldersAreCalledByTheirLastLevel(t *testing.T) {
	s := open(t)
	account := s.accounts("aiko@shop.example")[0]
	for i, name := range []string{"INBOX", "INBOX/Sent", "INBOX/Old Projects", "INBOX/Projects"} {
		s.arrive(s.folder(account, name), s.arrival(mailstore.UID(i+1), "letter in "+name))
	}
	s.describeAll()
	for query, want := range map[string][]string{
		"in:inbox":        {"letter in INBOX"},
		"in:sent":         {"letter in INBOX/Sent"},
		"in:projects":     {"letter in INBOX/Projects"},
		"in:project":      {"letter in INBOX/Projects", "letter in INBOX/Old Projects"},
		"in:inbox/sent":   {"letter in INBOX/Sent"},
		"-in:old letters": nil,
	} {
		if got := s.found(query, mailstore.List{}); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
}

func TestSearchSaysWhatThereIsNot(t *testing.T) {
	s := open(t)
	s.inbox()
	for _, query := range []string{"in:nowhere", "account:nobody", "x OR folder:nowhere", "-account:nobody"} {
		q, err := fulltext.Parse(query, noon)
		if err != nil {
			t.Fatal(err)
		}
		// Something must be there for the account to be asked for.
		s.arrive(s.folder(1, "Drafts"+query[:1]), s.arrival(9, "x "+query))
		s.describeAll()
		_, err = s.Search(t.Context(), q, mailstore.List{})
		is(t, err, mailstore.ErrNotFound)
	}
}

// What a reader beside the owner finds is what the owner has committed.
func TestSearchReadOnly(t *testing.T) {
	s := open(t)
	s.arrive(s.inbox(), s.arrival(1, "seen from beside"))
	s.describeAll()
	o := s.o
	o.ReadOnly = true
	beside := &shelf{t: t, o: o}
	beside.reopen()
	defer func() {
		if err := beside.Close(); err != nil {
			t.Error(err)
		}
	}()
	if got := beside.found("beside", mailstore.List{}); len(got) != 1 {
		t.Errorf("found %q", got)
	}
	s.arrive(s.folder(1, "INBOX2"), s.arrival(2, "later, beside"))
	s.describeAll()
	if got := beside.found("beside", mailstore.List{}); len(got) != 2 {
		t.Errorf("later found %q", got)
	}
}
