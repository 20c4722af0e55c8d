package store_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"lifeboat/mailstore"
	"lifeboat/mailstore/store"
)

// stocked is a store with 300 messages in two accounts, closed.
func stocked(t *testing.T) *shelf {
	t.Helper()
	s := open(t)
	ids := s.accounts("aiko@shop.example", "ben@shop.example")
	for i, id := range ids {
		for _, name := range []string{"INBOX", "案件"} {
			f := s.folder(id, name)
			var all []mailstore.Arrival
			for uid := mailstore.UID(1); uid <= 100; uid++ {
				if name == "INBOX" || uid > 50 {
					all = append(all, s.arrival(uid, fmt.Sprint("text ", uid, " of ", i, name[:1]), []string{mailstore.Seen, "$Work"}[uid%2]))
				}
			}
			s.apply(mailstore.Batch{Folder: f, UIDValidity: 3, Arrived: all, Cursor: &mailstore.Cursor{UIDValidity: 3, UIDNext: 101, ModSeq: 9}})
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return s
}

// texts are all messages, by what they are.
func (s *shelf) texts() (all []string) {
	s.t.Helper()
	for _, m := range s.list(mailstore.List{Limit: 1000}) {
		all = append(all, s.text(m.ID))
	}
	slices.Sort(all)
	return all
}

// A flipped bit in the index is noticed, when it is opened or when it is verified,
// unless it lies where nothing is; and of what is left and the copy of the day before the
// index is rebuilt without a loss.
func TestFlippedBitInTheIndex(t *testing.T) { flipBits(t, 4) }

func TestLongFlippedBitsInTheIndex(t *testing.T) {
	long(t)
	flipBits(t, 1000)
}

func long(t *testing.T) {
	t.Helper()
	if os.Getenv("LIFEBOAT_LONG") == "" {
		t.Skip("a long campaign; set LIFEBOAT_LONG=1, or run make test-long")
	}
}

func flipBits(t *testing.T, most int) {
	t.Helper()
	s := stocked(t)
	s.reopen()
	want := s.texts()
	s.retain()
	s.now = noon.Add(25 * time.Hour)
	s.retain()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(filepath.Join(s.o.Dir, "index.db"))
	if err != nil {
		t.Fatal(err)
	}
	pages := len(good) / 4096
	noticed, tried := 0, 0
	for page := 0; page < pages; page += 1 + pages/most {
		bad := slices.Clone(good)
		bad[page*4096+page*37%4096] ^= 1 << (page % 8)
		s.index(bad)
		tried++
		if s.noticesDamage(want) {
			noticed++
			s.rebuildTest(want)
		}
	}
	if noticed < tried*3/4 {
		t.Errorf("%d of %d pages", noticed, tried)
	}
}

func (s *shelf) index(b []byte) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.o.Dir, "index.db"), b, 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shelf) noticesDamage(want []string) bool {
	s.t.Helper()
	opened, err := store.Open(s.t.Context(), s.o)
	if err != nil {
		is(s.t, err, mailstore.ErrDamaged)
		return true
	}
	s.Store = opened
	_, err = s.Verify(s.t.Context(), nil)
	if err != nil {
		is(s.t, err, mailstore.ErrDamaged)
	} else if got := s.texts(); !slices.Equal(got, want) {
		s.t.Errorf("%d texts of %d, and nothing is noticed", len(got), len(want))
	}
	if closing := s.Close(); closing != nil {
		is(s.t, closing, mailstore.ErrDamaged)
	}
	return err != nil
}

func (s *shelf) rebuildTest(want []string) {
	s.t.Helper()
	done, err := store.Rebuild(s.t.Context(), s.o)
	if err != nil {
		s.t.Fatal(err)
	}
	s.Store = nil
	s.reopen()
	s.verify(0)
	if got := s.texts(); !slices.Equal(got, want) {
		s.t.Errorf("%d texts of %d: %+v", len(got), len(want), done)
	}
	if err := s.Close(); err != nil {
		s.t.Fatal(err)
	}
}

// Without a copy, what is lost with a page of rows is those rows; what is left is
// sound, and the mirror brings the rest.
func TestRebuildWithoutACopy(t *testing.T) {
	s := stocked(t)
	good, err := os.ReadFile(filepath.Join(s.o.Dir, "index.db"))
	if err != nil {
		t.Fatal(err)
	}
	s.reopen()
	want := s.texts()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	most := 0
	for page := 6; page < len(good)/4096; page += len(good) / 4096 / 5 {
		bad := slices.Clone(good)
		bad[page*4096+1234] ^= 1
		s.index(bad)
		done, err := store.Rebuild(t.Context(), s.o)
		if err != nil || done.Copied {
			t.Fatalf("%+v, %v", done, err)
		}
		s.Store = nil
		s.reopen()
		s.verify(0)
		got := s.texts()
		if done.Whole && len(got) < len(want) {
			t.Errorf("%+v, %d of %d", done, len(got), len(want))
		}
		if len(got) < len(want) {
			most = max(most, len(got))
		}
		for _, text := range got {
			if _, ok := slices.BinarySearch(want, text); !ok {
				t.Errorf("%q was never there", text)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if most < len(want)/2 {
		t.Errorf("no more than %d of %d messages", most, len(want))
	}
}

// From the copy of the day before, an index is made again that is entirely lost; and
// the folders are compared with the primary from their beginning.
func TestRebuildFromTheCopy(t *testing.T) {
	s := stocked(t)
	s.reopen()
	s.retain() // the first day
	s.now = noon.Add(25 * time.Hour)
	s.retain()
	want := s.texts()
	folders, err := s.Folders(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.o.Dir, "index.db"), []byte(strings.Repeat("lost", 5000)), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = store.Open(t.Context(), s.o)
	is(t, err, mailstore.ErrDamaged)
	done, err := store.Rebuild(t.Context(), s.o)
	if err != nil || done.Whole || !done.Copied || done.Messages != len(want) {
		t.Fatalf("%+v, %v", done, err)
	}
	s.Store = nil
	s.reopen()
	s.verify(0)
	if got := s.texts(); !slices.Equal(got, want) {
		t.Errorf("%d of %d", len(got), len(want))
	}
	again, err := s.Folders(t.Context(), 0)
	if err != nil || len(again) != len(folders) {
		t.Fatal(len(again), err)
	}
	for i, f := range again {
		equal(t, f.Cursor, mailstore.Cursor{UIDValidity: 3})
		equal(t, [3]any{f.Name, f.Messages, f.Unseen}, [3]any{folders[i].Name, folders[i].Messages, folders[i].Unseen})
	}
	// One that is whole is rebuilt as it is.
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if done, err = store.Rebuild(t.Context(), s.o); err != nil || !done.Whole || done.Messages != len(want) {
		t.Errorf("%+v, %v", done, err)
	}
	s.Store = nil
	s.reopen()
	s.verify(0)
}

// With another key nothing is read, and the sentence says so; nothing is rebuilt.
func TestAnotherKey(t *testing.T) {
	s := stocked(t)
	o := s.o
	o.Key[5]++
	_, err := store.Open(t.Context(), o)
	is(t, err, mailstore.ErrKey)
	_, err = store.Rebuild(t.Context(), o)
	is(t, err, mailstore.ErrKey)
	s.reopen()
	s.verify(0)
}

// Whoever has the folder and no key reads nothing of it: no text, address, folder,
// flag, in any of its files, while it is written to and after.
func TestNothingIsReadable(t *testing.T) {
	s := open(t)
	a := s.accounts("aiko.secretname@shop.example")[0]
	f := s.folder(a, "Secretfolder/秘密の箱")
	body := "Subject: secretsubject\r\n\r\nsecretword " + strings.Repeat("secretword ", 5000)
	arrival := s.arrival(1, body, "$Secretflag")
	arrival.RemoteID = "secretremote"
	s.arrive(f, arrival)
	m := s.list(mailstore.List{})[0]
	letter := mailstore.Letter{Subject: "secretsubject", Text: "secretword 秘密の箱", From: []mailstore.Address{{Address: "secretsender@other.example"}}}
	if err := s.Describe(t.Context(), []mailstore.Description{{Message: m.ID, Letter: letter}}); err != nil {
		t.Fatal(err)
	}
	if err := s.Checked(t.Context(), a, mailstore.Check{Failed: mailstore.Say("{host} secretly", "host", "secrethost")}); err != nil {
		t.Fatal(err)
	}
	s.retain()
	s.now = s.now.Add(25 * time.Hour)
	s.retain()
	s.seen(s.o.Dir)
	files := s.seen(s.o.Dir)
	for _, want := range []string{"index.db", "index.db-wal", "index.copy"} {
		if !slices.Contains(files, want) {
			t.Errorf("no %s in %v", want, files)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Rebuild(t.Context(), s.o); err != nil {
		t.Fatal(err)
	}
	s.seen(s.o.Dir)
}

// seen looks for what must not be seen.
func (s *shelf) seen(dir string) (names []string) {
	s.t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o077 != 0 && !strings.HasSuffix(path, "-shm") { // numbers of pages alone
			s.t.Errorf("%s is open to others: %v", path, info.Mode())
		}
		names = append(names, d.Name())
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, word := range []string{"ecret", "ECRET", "秘密", "shop.example", "SQLite", "Subject"} {
			if strings.Contains(string(b), word) {
				s.t.Errorf("%q is to be read in %s", word, path)
			}
		}
		return nil
	})
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		s.t.Fatal(err)
	}
	return names
}

// No error quotes the key, though the name under which SQLite knows the index holds it.
func TestNoErrorQuotesTheKey(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "index.db", "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, readOnly := range []bool{true, false} {
		_, err := store.Open(t.Context(), store.Options{Dir: dir, Key: key, ReadOnly: readOnly})
		is(t, err, mailstore.ErrDisk)
		if said := fmt.Sprintf("%+v", err); regexp.MustCompile(`[0-9a-fA-F]{40}|hexkey`).MatchString(said) {
			t.Error(said)
		}
	}
}
