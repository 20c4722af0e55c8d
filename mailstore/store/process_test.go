package store_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lifeboat/mailstore"
	"lifeboat/mailstore/store"
)

// childMark makes the test binary one of the processes that tests kill or read with.
const childMark = "LIFEBOAT_STORE_CHILD"

func TestMain(m *testing.M) {
	dir := os.Getenv("LIFEBOAT_STORE_DIR")
	var err error
	switch os.Getenv(childMark) {
	case "":
		os.Exit(m.Run())
	case "write":
		err = writeForEver(dir)
	case "read":
		err = readOnDemand(dir)
	}
	if err != nil {
		fmt.Println("failed", err)
		os.Exit(1)
	}
}

// child starts a process of its own on the store.
func child(t *testing.T, what, dir string) (cmd *exec.Cmd, in io.WriteCloser, out *bufio.Reader) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd = exec.CommandContext(t.Context(), exe)
	cmd.Env = append(os.Environ(), childMark+"="+what, "LIFEBOAT_STORE_DIR="+dir)
	cmd.Stderr = t.Output()
	in, err1 := cmd.StdinPipe()
	stdout, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	return cmd, in, bufio.NewReader(stdout)
}

// letterOf is the message that a killed process wrote under a UID: of 100 bytes to
// 100 KB, some of it the same as another's.
func letterOf(uid mailstore.UID) string {
	if uid%17 == 0 {
		uid /= 2 // the same bytes twice
	}
	return fmt.Sprintf("message %d %s", uid, noise(uint64(uid), 100<<(uid%11)))
}

// oldMail is received so long ago that the next tidying removes it.
func oldMail(uid mailstore.UID) bool { return uid%3 == 0 }

func receivedAt(uid mailstore.UID) time.Time {
	if oldMail(uid) {
		return noon.Add(-50 * day)
	}
	return noon.Add(time.Duration(uid) * time.Second)
}

// writeForEver does what the mirror does, telling of each batch that is in. The
// parent kills it.
func writeForEver(dir string) error {
	o := store.Options{Dir: dir, Key: key, Now: func() time.Time { return noon }}
	store.SetSegmentSize(&o, 300<<10)
	ctx, stop := context.WithCancel(context.Background()) // ends with the process
	defer stop()
	s, err := store.Open(ctx, o)
	if err != nil {
		return err
	}
	accounts, err := s.SaveAccounts(ctx, []mailstore.Account{{Address: "aiko@shop.example", Days: 30}})
	if err != nil {
		return err
	}
	folders, err := s.Folders(ctx, accounts[0].ID)
	if err != nil {
		return err
	}
	if len(folders) == 0 {
		f, err := s.SaveFolder(ctx, mailstore.Folder{Account: accounts[0].ID, Name: "INBOX"})
		if err != nil {
			return err
		}
		folders = append(folders, f)
	}
	next := max(1, folders[0].Cursor.UIDNext)
	for {
		if next, err = writeBatch(ctx, s, folders[0].ID, next); err != nil {
			return err
		}
		fmt.Println("in", next)
		if err := tend(ctx, s); err != nil {
			return err
		}
	}
}

func writeBatch(ctx context.Context, s *store.Store, f mailstore.FolderID, next mailstore.UID) (mailstore.UID, error) {
	batch := mailstore.Batch{Folder: f, UIDValidity: 7}
	for range 1 + rand.IntN(20) {
		w := s.NewBody()
		if _, err := io.WriteString(w, letterOf(next)); err != nil {
			return 0, err
		}
		body, err := w.Close()
		if err != nil {
			return 0, err
		}
		batch.Arrived = append(batch.Arrived, mailstore.Arrival{UID: next, Received: receivedAt(next), Body: body})
		if next > 40 {
			batch.Changed = append(batch.Changed, mailstore.Change{UID: next - 40, Flags: mailstore.MakeFlags(mailstore.Seen)})
		}
		next++
	}
	batch.Cursor = &mailstore.Cursor{UIDValidity: 7, UIDNext: next}
	_, err := s.Apply(ctx, batch)
	return next, err
}

// tend describes and tidies.
func tend(ctx context.Context, s *store.Store) error {
	todo, err := s.Undescribed(ctx, 20)
	if err != nil {
		return err
	}
	var all []mailstore.Description
	for _, m := range todo {
		all = append(all, mailstore.Description{Message: m.ID, Letter: mailstore.Letter{Subject: "s", Text: "some text"}})
	}
	if err := s.Describe(ctx, all); err != nil {
		return err
	}
	_, err = s.Retain(ctx, mailstore.Retention{})
	return err
}

// A process that is killed at any moment, of bringing mail in, describing it, or
// tidying, loses nothing that it had told of, doubles nothing, and leaves no cursor
// before a message that is not there.
func TestKilled(t *testing.T) { killAgainAndAgain(t, 8) }

func TestLongKilled(t *testing.T) {
	long(t)
	killAgainAndAgain(t, 100)
}

func killAgainAndAgain(t *testing.T, times int) {
	t.Helper()
	s := open(t, func(o *store.Options) { store.SetSegmentSize(o, 300<<10) })
	told := mailstore.UID(0)
	for range times {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		told = max(told, killedAfter(t, s.o.Dir, time.Duration(rand.IntN(150))*time.Millisecond))
		s.Store = nil
		s.reopen()
		s.verify(0)
		s.wroteUntil(told)
	}
	s.retain()
	s.verify(0)
	if told < mailstore.UID(times) {
		t.Errorf("%d messages in %d lives", told, times)
	}
}

// killedAfter lets a process write, and kills it some time after its first batch.
func killedAfter(t *testing.T, dir string, d time.Duration) (told mailstore.UID) {
	t.Helper()
	cmd, _, out := child(t, "write", dir)
	var kill *time.Timer
	for {
		line, err := out.ReadString('\n')
		if _, failed, ok := strings.Cut(line, "failed "); ok {
			t.Fatal(failed)
		}
		if err != nil {
			break
		}
		if _, err := fmt.Sscanf(line, "in %d", &told); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if kill == nil {
			kill = time.AfterFunc(d, func() { _ = cmd.Process.Kill() })
		}
	}
	_ = cmd.Wait() // killed
	return told
}

// wroteUntil holds what is there against what must be.
func (s *shelf) wroteUntil(told mailstore.UID) {
	s.t.Helper()
	folders, err := s.Folders(s.t.Context(), 0)
	if err != nil || len(folders) != 1 {
		s.t.Fatal(folders, err)
	}
	f := folders[0]
	if f.Cursor.UIDNext < told {
		s.t.Errorf("the cursor is at %d, and %d were in", f.Cursor.UIDNext, told)
	}
	known := map[mailstore.UID]mailstore.Known{}
	for _, k := range s.known(f.ID) {
		known[k.UID] = k
		if k.UID >= f.Cursor.UIDNext {
			s.t.Errorf("%d is there before its cursor", k.UID)
		}
	}
	for uid := mailstore.UID(1); uid < f.Cursor.UIDNext; uid++ {
		k, ok := known[uid]
		if !ok && !oldMail(uid) {
			s.t.Errorf("%d is lost", uid)
		}
		if ok && k.Size != int64(len(letterOf(uid))) {
			s.t.Errorf("%d is another", uid)
		}
	}
	if uid := f.Cursor.UIDNext - 1; uid > 0 && !oldMail(uid) && s.text(known[uid].Message) != letterOf(uid) {
		s.t.Errorf("%d has other bytes", uid)
	}
}

// readOnDemand opens the store beside its owner, and answers each line of its input.
func readOnDemand(dir string) error {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	s, err := store.Open(ctx, store.Options{Dir: dir, Key: key, ReadOnly: true})
	if err != nil {
		return err
	}
	fmt.Println("open")
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		page, err := s.Messages(ctx, mailstore.List{Limit: 1000})
		if err != nil {
			return err
		}
		sum := 0
		for _, m := range page {
			r, err := s.Open(ctx, m.ID)
			if err != nil {
				return err
			}
			b, err := io.ReadAll(r)
			if err := errors.Join(err, r.Close()); err != nil {
				return err
			}
			sum += len(b)
		}
		fmt.Println(len(page), sum)
	}
	return s.Close()
}

// Another process reads while the owner works, and sees each batch once it is in; it
// can change nothing, and a second owner is told in one sentence.
func TestTwoProcesses(t *testing.T) {
	s := open(t, func(o *store.Options) { store.SetSegmentSize(o, 100<<10) })
	inbox := s.inbox()
	cmd, in, out := child(t, "read", s.o.Dir)
	read := func() string {
		t.Helper()
		line, err := out.ReadString('\n')
		if err != nil {
			t.Fatal(line, err)
		}
		return strings.TrimSpace(line)
	}
	equal(t, read(), "open")
	sum := 0
	for uid := mailstore.UID(1); uid <= 10; uid++ {
		text := noise(uint64(uid), 30_000)
		sum += len(text)
		s.arrive(inbox, s.arrival(uid, text))
		if _, err := fmt.Fprintln(in, "read"); err != nil {
			t.Fatal(err)
		}
		equal(t, read(), fmt.Sprint(int(uid), " ", sum))
	}
	s.apply(mailstore.Batch{Folder: inbox, Gone: []mailstore.UID{2, 3, 4, 6, 7}, At: noon})
	s.now = noon.Add(15 * day)
	s.retain() // segments are rewritten under the reader
	if _, err := fmt.Fprintln(in, "read"); err != nil {
		t.Fatal(err)
	}
	equal(t, read(), fmt.Sprint(5, " ", sum/2))
	_, err := store.Open(t.Context(), s.o)
	is(t, err, mailstore.ErrBusy)
	if err := errors.Join(in.Close(), cmd.Wait()); err != nil {
		t.Fatal(err)
	}
	s.verify(0)
}

// A reader without an owner reads, changes nothing, and is refused what would.
func TestReadOnly(t *testing.T) {
	dir := t.TempDir()
	o := store.Options{Dir: dir, Key: key, ReadOnly: true}
	_, err := store.Open(t.Context(), o)
	is(t, err, mailstore.ErrNotFound)
	if err := os.WriteFile(filepath.Join(dir, "index.db"), nil, 0o600); err != nil { // as its owner begins it
		t.Fatal(err)
	}
	_, err = store.Open(t.Context(), o)
	is(t, err, mailstore.ErrNotFound)
	s := open(t, func(o *store.Options) { o.Dir = dir })
	inbox := s.inbox()
	s.arrive(inbox, s.arrival(1, "one"))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	before := contents(t, dir)
	r, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	s.Store = r
	equal(t, s.text(s.list(mailstore.List{})[0].ID), "one")
	s.verify(0)
	_, err = r.Apply(t.Context(), mailstore.Batch{Folder: inbox, UIDValidity: 1})
	is(t, err, mailstore.ErrInvalid)
	_, err = r.NewBody().Close()
	is(t, err, mailstore.ErrInvalid)
	_, err = r.Retain(t.Context(), mailstore.Retention{})
	is(t, err, mailstore.ErrInvalid)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if after := contents(t, dir); !bytes.Equal(before, after) {
		t.Error("the index was changed")
	}
}

func contents(t *testing.T, dir string) []byte {
	t.Helper()
	b, err := os.ReadFile(dir + "/index.db")
	if err != nil {
		t.Fatal(err)
	}
	return b
}
