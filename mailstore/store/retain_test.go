package store_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lifeboat/mailstore"
	"lifeboat/mailstore/store"
)

const day = 24 * time.Hour

// retain tidies, as a mirror does that has run all the time.
func (s *shelf) retain() (sum mailstore.Retained) {
	s.t.Helper()
	until := s.now
	for ; !s.tidied.IsZero() && until.Sub(s.tidied) > 6*day; s.tidied = s.now {
		s.now = s.tidied.Add(6 * day)
		r := s.retainNow()
		sum.Messages, sum.Places, sum.Bytes = sum.Messages+r.Messages, sum.Places+r.Places, sum.Bytes+r.Bytes
	}
	s.now, s.tidied = until, until
	r := s.retainNow()
	return mailstore.Retained{Messages: sum.Messages + r.Messages, Places: sum.Places + r.Places, Bytes: sum.Bytes + r.Bytes}
}

func (s *shelf) retainNow() (sum mailstore.Retained) {
	s.t.Helper()
	for more := true; more; {
		r, err := s.Retain(s.t.Context(), mailstore.Retention{})
		if err != nil {
			s.t.Fatal(err)
		}
		sum.Messages += r.Messages
		sum.Places += r.Places
		sum.Bytes += r.Bytes
		more = r.More
	}
	return sum
}

// noise is text that does not compress.
func noise(seed uint64, n int) string {
	random := rand.New(rand.NewPCG(seed, 1))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	return string(b)
}

func (s *shelf) onDisk() (sum int64) {
	s.t.Helper()
	files, err := filepath.Glob(filepath.Join(s.o.Dir, "segments", "*"))
	if err != nil {
		s.t.Fatal(err)
	}
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			s.t.Fatal(err)
		}
		sum += info.Size()
	}
	return sum
}

// smallSegments lets a store have many segments with little in them.
func smallSegments(o *store.Options) { store.SetSegmentSize(o, 200<<10) }

// Mail that has grown old, and mail that the primary lost a fortnight ago, is removed
// and its space given back; what is wanted stays, byte for byte.
func TestRetain(t *testing.T) {
	t.Run("many segments", func(t *testing.T) { retainTest(t, smallSegments) })
	t.Run("one segment", func(t *testing.T) { retainTest(t) })
}

func retainTest(t *testing.T, change ...func(*store.Options)) {
	t.Helper()
	s := open(t, change...)
	inbox := s.inbox()
	texts := map[mailstore.UID]string{}
	for uid := mailstore.UID(1); uid <= 60; uid++ {
		texts[uid] = noise(uint64(uid), 30_000)
		a := s.arrival(uid, texts[uid])
		if uid%3 > 0 { // two of three are old soon
			a.Received = noon.Add(-20 * day)
		}
		s.arrive(inbox, a)
	}
	s.apply(mailstore.Batch{Folder: inbox, Gone: []mailstore.UID{3, 6}, At: noon})
	equal(t, s.retain(), mailstore.Retained{})
	full := s.onDisk()
	s.now = noon.Add(13 * day)
	equal(t, s.retain().Messages, 40)
	s.verify(0)
	if freed := s.onDisk(); freed > full/2 {
		t.Errorf("%d of %d remain", freed, full)
	}
	s.now = noon.Add(14*day - time.Second)
	equal(t, s.retain(), mailstore.Retained{})
	if page := s.list(mailstore.List{Gone: true}); len(page) != 20 {
		t.Error(len(page))
	}
	s.now = noon.Add(14 * day)
	equal(t, s.retain().Messages, 2)
	known := s.known(inbox)
	equal(t, len(known), 18)
	for _, k := range known {
		if s.text(k.Message) != texts[k.UID] {
			t.Errorf("%d is another", k.UID)
		}
	}
	s.verify(0)
	equal(t, s.retain(), mailstore.Retained{})
}

// A message stays as long as one of its places is new enough; a removed account stays
// until its mail is old.
func TestRetainPlacesAndAccounts(t *testing.T) {
	s := open(t)
	ids := s.accounts("aiko@shop.example", "ben@shop.example")
	inbox, label, other := s.folder(ids[0], "INBOX"), s.folder(ids[0], "Label"), s.folder(ids[1], "INBOX")
	old := s.arrival(1, "one")
	old.Received = noon.Add(-40 * day)
	s.arrive(inbox, old)
	s.arrive(label, s.arrival(1, "one"))
	s.arrive(other, s.arrival(1, "one"))
	r := s.retain()
	equal(t, [2]int{r.Messages, r.Places}, [2]int{0, 1})
	s.accounts("aiko@shop.example")
	all, err := s.Accounts(t.Context())
	if err != nil || len(all) != 2 || !all[1].Removed.Equal(noon) {
		t.Fatalf("%+v, %v", all, err)
	}
	s.now = noon.Add(31 * day)
	equal(t, s.retain().Messages, 0)
	s.now = noon.Add(33 * day)
	equal(t, s.retain().Messages, 2)
	if all, err = s.Accounts(t.Context()); err != nil || len(all) != 1 {
		t.Errorf("%+v, %v", all, err)
	}
	s.verify(0)
}

// Bytes that no batch ever named are given back by the next process, and in this one
// once nobody can be about to name them.
func TestOrphans(t *testing.T) {
	s := open(t, smallSegments)
	inbox := s.inbox()
	for i := range 20 {
		s.body(noise(uint64(i), 100_000))
	}
	waiting := s.arrival(1, noise(99, 100_000))
	before := s.onDisk()
	equal(t, s.retain().Bytes, 0)
	s.arrive(inbox, waiting)
	s.reopen()
	s.retain()
	if after := s.onDisk(); after > before/4 {
		t.Errorf("%d of %d", after, before)
	}
	s.verify(0)
	late := s.arrival(2, noise(100, 100_000))
	s.body(noise(101, 200_000))
	s.now = s.now.Add(25 * time.Hour)
	s.retain()
	_, err := s.Apply(t.Context(), mailstore.Batch{Folder: inbox, UIDValidity: 1, Arrived: []mailstore.Arrival{late}})
	is(t, err, mailstore.ErrInvalid)
	s.verify(0)
}

// damage flips a bit of each segment that holds needle's place: of all of them.
func (s *shelf) damage() {
	s.t.Helper()
	files, err := filepath.Glob(filepath.Join(s.o.Dir, "segments", "*.seg"))
	if err != nil || len(files) == 0 {
		s.t.Fatal(files, err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			s.t.Fatal(err)
		}
		for i := 1000; i < len(b); i += 20_000 {
			b[i] ^= 4
		}
		if err := os.WriteFile(f, b, 0o600); err != nil {
			s.t.Fatal(err)
		}
	}
}

// What is damaged is found and named, and mended by the same bytes coming again, for
// every account at once.
func TestVerifyAndMend(t *testing.T) {
	s := open(t)
	ids := s.accounts("aiko@shop.example", "ben@shop.example")
	inbox, other := s.folder(ids[0], "INBOX"), s.folder(ids[1], "INBOX")
	text := noise(1, 50_000)
	one := s.arrival(1, text)
	one.RemoteID = "r1"
	s.arrive(inbox, one, s.arrival(2, "two"))
	s.arrive(other, s.arrival(1, text))
	s.verify(0)
	s.reopen()
	s.damage()
	var last mailstore.VerifyProgress
	v, err := s.Verify(t.Context(), func(p mailstore.VerifyProgress) { last = p })
	if err != nil || len(v.Damaged) != 2 || v.Damaged[0].Hash != one.Body.Hash || len(v.Damaged[1].Places) != 1 {
		t.Fatalf("%+v, %v", v, err)
	}
	equal(t, last, mailstore.VerifyProgress{Messages: 3, Of: 3, Bytes: 100_003, OfBytes: 100_003})
	if k := s.known(inbox); !k[0].Damaged || k[1].Damaged {
		t.Errorf("%+v", k)
	}
	if ids, err := s.Remote(t.Context(), ids[0], []string{"r1"}); err != nil || len(ids) != 0 {
		t.Errorf("%v, %v", ids, err)
	}
	r, err := s.Open(t.Context(), v.Damaged[0].ID)
	if err == nil {
		_, err = r.Seek(0, 2)
		buf := make([]byte, len(text))
		if _, readErr := r.ReadAt(buf, 0); err == nil {
			err = readErr
		}
		err = errors.Join(err, r.Close())
	}
	is(t, err, mailstore.ErrDamaged)
	equal(t, s.arrive(inbox, s.arrival(1, text)), mailstore.Applied{})
	s.verify(0)
	if k := s.known(other); k[0].Damaged || s.text(k[0].Message) != text {
		t.Errorf("%+v", k)
	}
}

// The same bytes in two accounts are two messages, stored once; whoever brings them at
// the same moment.
func TestBodiesAreShared(t *testing.T) {
	s := open(t)
	ids := s.accounts("aiko@shop.example", "ben@shop.example", "chie@shop.example")
	text := noise(5, 400_000)
	errs := make(chan error)
	for _, id := range ids {
		f := s.folder(id, "INBOX")
		go func() {
			_, err := s.Apply(t.Context(), mailstore.Batch{Folder: f, UIDValidity: 1, Arrived: []mailstore.Arrival{s.arrival(1, text)}})
			errs <- err
		}()
	}
	for range ids {
		if err := <-errs; err != nil {
			t.Fatal(err)
		}
	}
	s.reopen()
	s.retain()
	page := s.list(mailstore.List{})
	if len(page) != 3 || page[0].Hash != page[2].Hash {
		t.Errorf("%+v", page)
	}
	for _, m := range page {
		if s.text(m.ID) != text {
			t.Error(m.ID)
		}
	}
	fresh, err := s.Freshness(t.Context())
	if err != nil || fresh[1].Messages != 1 || fresh[1].Bytes != 400_000 {
		t.Errorf("%+v, %v", fresh, err)
	}
	s.verify(0)
}

// The age of a mirror is that of the last check that was complete.
func TestFreshness(t *testing.T) {
	s := open(t)
	a := s.accounts("aiko@shop.example")[0]
	f := s.folder(a, "INBOX")
	check := func(c mailstore.Check) mailstore.Freshness {
		t.Helper()
		if err := s.Checked(t.Context(), a, c); err != nil {
			t.Fatal(err)
		}
		all, err := s.Freshness(t.Context())
		if err != nil || len(all) != 1 {
			t.Fatal(all, err)
		}
		return all[0]
	}
	no := mailstore.Say("{host} does not answer.", "host", "imap.example")
	at := func(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }
	end := []mailstore.Expiry{{What: mailstore.Say("The certificate of {host}", "host", "imap.example"), At: at(5000)}}
	got := check(mailstore.Check{Began: at(0), Ended: at(1), Failed: no, Retry: at(9)})
	if !got.Complete.IsZero() || !got.Tried.Equal(at(0)) || got.Failed.String() != no.String() || !got.Since.Equal(at(0)) || !got.Retry.Equal(at(9)) {
		t.Errorf("%+v", got)
	}
	got = check(mailstore.Check{Began: at(10), Ended: at(11), Expiries: end})
	if !got.Complete.Equal(at(10)) || !got.Failed.IsZero() || !got.Since.IsZero() || !got.Retry.IsZero() || len(got.Expiries) != 1 ||
		got.Expiries[0].What.String() != end[0].What.String() || !got.Expiries[0].At.Equal(end[0].At) {
		t.Errorf("%+v", got)
	}
	check(mailstore.Check{Began: at(20), Failed: no})
	got = check(mailstore.Check{Began: at(30), Failed: no})
	if !got.Complete.Equal(at(10)) || !got.Tried.Equal(at(30)) || !got.Since.Equal(at(20)) || len(got.Expiries) != 1 {
		t.Errorf("%+v", got)
	}
	held := s.theFolder(f)
	held.Held = &mailstore.Held{Gone: 90, Of: 100, Since: at(30)}
	if _, err := s.SaveFolder(t.Context(), held); err != nil {
		t.Fatal(err)
	}
	got = check(mailstore.Check{Began: at(40)})
	if len(got.Held) != 1 || *got.Held[0].Held != *held.Held {
		t.Errorf("%+v", got.Held)
	}
	is(t, s.Checked(t.Context(), a+1, mailstore.Check{}), mailstore.ErrNotFound)
}

// Folders keep their number when they are renamed, and accounts theirs when they come
// back.
func TestAccountsAndFolders(t *testing.T) {
	s := open(t)
	a := s.accounts("Aiko@shop.example")
	equal(t, len(a), 0) // addresses are in lower case
	a = s.accounts("aiko@shop.example")
	f, err := s.SaveFolder(t.Context(), mailstore.Folder{Account: a[0], Name: "案件", Delimiter: "/", Role: mailstore.Archive, RemoteID: "m1"})
	if err != nil {
		t.Fatal(err)
	}
	f.Name, f.Gone = "案件/2026", noon
	if _, err := s.SaveFolder(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	s.reopen()
	got := s.theFolder(f.ID)
	equal(t, fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", f))
	s.accounts("ben@shop.example")
	equal(t, s.accounts("aiko@shop.example", "ben@shop.example")[0], a[0])
	_, err = s.SaveFolder(t.Context(), mailstore.Folder{ID: 99, Account: a[0]})
	is(t, err, mailstore.ErrNotFound)
	_, err = s.SaveFolder(t.Context(), mailstore.Folder{Account: 99})
	is(t, err, mailstore.ErrNotFound)
	s.now = noon.Add(20 * day)
	s.retain()
	if all, err := s.Folders(t.Context(), a[0]); err != nil || len(all) != 0 {
		t.Errorf("%+v, %v", all, err)
	}
}

// A described message has its line; one that is gone is passed over.
func TestDescribe(t *testing.T) {
	s := open(t)
	inbox := s.inbox()
	s.arrive(inbox, s.arrival(1, "one"), s.arrival(2, "two"))
	todo, err := s.Undescribed(t.Context(), 0)
	if err != nil || len(todo) != 2 || todo[0].ID < todo[1].ID {
		t.Fatalf("%+v, %v", todo, err)
	}
	letter := mailstore.Letter{
		Subject: "見積もり", From: []mailstore.Address{{Name: "Ben", Address: "ben@other.example"}}, Date: time.Date(12026, 1, 2, 3, 4, 5, 0, time.FixedZone("", 9*3600)),
		MessageID: "1@x", Text: strings.Repeat("words and\n more ", 100), Attachments: []mailstore.Attachment{{Name: "a.pdf"}, {Inline: true}},
	}
	all := []mailstore.Description{{Message: todo[0].ID, Letter: letter}, {Message: 4711, Letter: letter}}
	for range 2 {
		if err := s.Describe(t.Context(), all); err != nil {
			t.Fatal(err)
		}
	}
	m, err := s.Message(t.Context(), todo[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	sum := m.Summary
	if !m.Described || sum.Subject != letter.Subject || sum.From[0] != letter.From[0] || sum.Attachments != 1 || !sum.Date.Equal(letter.Date) ||
		sum.MessageID != "1@x" || len(sum.Preview) > 160 || !strings.HasPrefix(sum.Preview, "words and more words") {
		t.Errorf("%+v", m)
	}
	if _, zone := sum.Date.Zone(); zone != 9*3600 {
		t.Error(zone)
	}
	if todo, err = s.Undescribed(t.Context(), 10); err != nil || len(todo) != 1 {
		t.Errorf("%+v, %v", todo, err)
	}
	fresh, err := s.Freshness(t.Context())
	if err != nil || fresh[0].Undescribed != 1 {
		t.Errorf("%+v, %v", fresh, err)
	}
	s.verify(0)
}
