package engine_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"lifeboat/app/engine"
	"lifeboat/failover"
	"lifeboat/failover/lab"
	"lifeboat/mailstore"
)

func (p *post) drafts() string { return filepath.Join(p.parts.DataDir, "drafts") }

// kept are the IDs of the drafts that are kept.
func (p *post) kept() (ids []string) {
	p.t.Helper()
	all, err := p.face().KeptDrafts(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	for _, d := range all {
		ids = append(ids, d.ID+" "+string(d.Content))
	}
	return ids
}

// What somebody writes is kept over a restart, the newest first, closed to others and
// sealed; it goes when it is dropped, and nothing else does.
func TestDraftsAreKept(t *testing.T) {
	t.Parallel()
	p := newPost(t, false)
	for id, text := range map[string]string{"one": "Dear Anna", "two": "Dear Ben"} {
		if err := p.KeepDraft(t.Context(), id, []byte("x")); err != nil {
			t.Fatal(err)
		}
		if err := p.KeepDraft(t.Context(), id, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	early := time.Now().Add(-time.Hour)
	if err := os.Chtimes(filepath.Join(p.drafts(), "one.mail"), early, early); err != nil {
		t.Fatal(err)
	}
	if got := p.kept(); !slices.Equal(got, []string{"two Dear Ben", "one Dear Anna"}) {
		t.Errorf("%q", got)
	}
	err := filepath.WalkDir(p.drafts(), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		b, err := os.ReadFile(path)
		if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 || bytes.Contains(b, []byte("Dear")) {
			t.Errorf("%s is open to others: %s, %q", path, info.Mode(), b)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // it may be gone already
		if err := p.DropDraft(t.Context(), "two"); err != nil {
			t.Fatal(err)
		}
	}
	if got := p.kept(); !slices.Equal(got, []string{"one Dear Anna"}) {
		t.Errorf("%q", got)
	}
	for _, id := range []string{"", "..", "../one", "a/b", "One", "a.b", "é"} {
		for what, err := range map[string]error{"kept": p.KeepDraft(t.Context(), id, nil), "dropped": p.DropDraft(t.Context(), id)} {
			if !errors.Is(err, failover.ErrInvalid) {
				t.Errorf("%q is %s: %v", id, what, err)
			}
		}
	}
	// One that is damaged is told of, stays where it is, and keeps no other from being read.
	damaged := filepath.Join(p.drafts(), "three.mail")
	b, err := os.ReadFile(filepath.Join(p.drafts(), "one.mail"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(damaged, b[:len(b)-1], 0o600); err != nil {
		t.Fatal(err)
	}
	all, err := p.face().KeptDrafts(t.Context())
	if !errors.Is(err, mailstore.ErrDamaged) || !strings.Contains(err.Error(), damaged) || len(all) != 1 {
		t.Errorf("%+v, %v", all, err)
	}
	if _, err := os.Stat(damaged); err != nil {
		t.Error(err)
	}
}

// A folder that cannot be written to is said, and what was kept before stays.
func TestDraftsThatCannotBeKept(t *testing.T) {
	t.Parallel()
	p := newPost(t, false)
	if err := os.MkdirAll(p.parts.DataDir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p.drafts(), nil, 0o600); err != nil { // where the folder would be
		t.Fatal(err)
	}
	if err := p.KeepDraft(t.Context(), "one", []byte("x")); !errors.Is(err, failover.ErrInvalid) || !strings.Contains(err.Error(), p.drafts()) {
		t.Errorf("%v", err)
	}
	anna, ben := p.staff()
	sent, err := p.SendMail(t.Context(), p.desk(p.face()), engine.MailToSend{From: anna, To: []string{ben}, Text: "Hello.", Draft: "one"})
	if !errors.Is(err, failover.ErrDisk) || sent.ID != "" {
		t.Errorf("it was sent unnoted: %+v, %v", sent, err)
	}
}

// killedDesk is a desk at which the process is killed, or the answer is lost, before or
// after a message is queued.
type killedDesk struct {
	engine.Desk
	before, lost bool
}

// Send implements [engine.Desk].
func (d killedDesk) Send(ctx context.Context, o engine.Outgoing) (engine.SentMail, error) {
	if !d.before {
		if _, err := d.Desk.Send(ctx, o); err != nil {
			return engine.SentMail{}, err
		}
	}
	if !d.lost {
		runtime.Goexit()
	}
	return engine.SentMail{}, failover.Fail(failover.ErrUncertain, "{error}", "error", "the answer was lost")
}

// A draft whose message came into the queue is no draft any more, whenever the process was
// killed and whichever answer was lost; one whose message did not is still there.
func TestDraftIsNotSentTwice(t *testing.T) {
	t.Parallel()
	p := newPost(t, false)
	anna, ben := p.staff()
	if err := p.world.Break(failover.Primary, lab.Reset); err != nil { // so that they wait
		t.Fatal(err)
	}
	queued := func() int { return p.queue(p.desk(p.face())).Total }
	for name, c := range map[string]struct {
		desk  killedDesk
		stays bool
	}{
		"killedbefore": {killedDesk{before: true}, true}, "killedafter": {killedDesk{}, false},
		"lostbefore": {killedDesk{before: true, lost: true}, true}, "lostafter": {killedDesk{lost: true}, false},
	} {
		if err := p.KeepDraft(t.Context(), name, []byte(name)); err != nil {
			t.Fatal(err)
		}
		m := engine.MailToSend{From: anna, To: []string{ben}, Subject: name, Text: "Hello.", Draft: name}
		e := p.face()
		d := p.desk(e)
		c.desk.Desk = d
		done := make(chan error, 1)
		go func() {
			defer close(done)
			_, err := e.SendMail(t.Context(), c.desk, m)
			done <- err
		}()
		err, answered := <-done
		if answered != c.desk.lost || answered && !errors.Is(err, failover.ErrUncertain) {
			t.Fatalf("%s: %v", name, err)
		}
		was := queued()
		if c.desk.lost {
			_, err := e.SendMail(t.Context(), d, m) // the person tries again
			if errors.Is(err, failover.ErrStale) == c.stays || c.stays && err != nil {
				t.Errorf("%s, sent again: %v", name, err)
			}
			if n := queued() - was; n != 0 && !c.stays {
				t.Errorf("%s was queued %d times more", name, n)
			}
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		stays := c.stays && !c.desk.lost
		if got := slices.Contains(p.kept(), name+" "+name); got != stays {
			t.Errorf("%s: the draft is there: %t", name, got)
		}
		left, err := filepath.Glob(filepath.Join(p.drafts(), name+".*"))
		if err != nil || !stays && len(left) > 0 {
			t.Errorf("%s: %q is left, %v", name, left, err)
		}
	}
}
