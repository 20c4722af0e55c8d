package mirror_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"lifeboat/mailstore"
	"lifeboat/mailstore/mirror"
	"lifeboat/mailstore/store"
)

// desk is a mirror over a store of its own, and what it mirrors.
type desk struct {
	t       testing.TB
	store   *store.Store
	options mirror.Options
	account mailstore.Account
	now     time.Time
	dir     string
}

func newDesk(t testing.TB, connect func(context.Context, mailstore.Account) (mirror.Link, error), change ...func(*mirror.Options)) *desk {
	t.Helper()
	return newDeskIn(t, t.TempDir(), connect, change...)
}

func newDeskIn(t testing.TB, dir string, connect func(context.Context, mailstore.Account) (mirror.Link, error), change ...func(*mirror.Options)) *desk {
	t.Helper()
	d := &desk{t: t, now: noon, dir: dir}
	d.open()
	t.Cleanup(func() { _ = d.store.Close() })
	accounts, err := d.store.SaveAccounts(t.Context(), []mailstore.Account{{Address: "aiko@shop.example", Kind: mailstore.Personal, Days: 30}})
	if err != nil {
		t.Fatal(err)
	}
	d.account = accounts[0]
	d.options = mirror.Options{
		Connect: connect, Now: func() time.Time { return d.now }, Log: slog.New(slog.DiscardHandler), Pause: time.Millisecond,
	}
	for _, c := range change {
		c(&d.options)
	}
	return d
}

func (d *desk) open() {
	d.t.Helper()
	var err error
	d.store, err = store.Open(d.t.Context(), store.Options{Dir: d.dir, Key: [32]byte{1}, Now: func() time.Time { return d.now }})
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) mirror() *mirror.Mirror {
	d.t.Helper()
	d.options.Store = d.store
	m, err := mirror.New(d.options)
	if err != nil {
		d.t.Fatal(err)
	}
	return m
}

// once runs the mirror a minute later, and wants it to be complete.
func (d *desk) once() mirror.AccountReport {
	d.t.Helper()
	r := d.try()
	if r.Err != nil {
		d.t.Fatalf("the check is not complete: %v", r.Err)
	}
	return r
}

func (d *desk) try() mirror.AccountReport {
	d.t.Helper()
	d.now = d.now.Add(time.Minute)
	r, err := d.mirror().Once(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	return r.Accounts[0]
}

// held is what a store holds of an account, a line a place: folder, UID, flags, date,
// hash of the bytes as they are read back.
func (d *desk) held() string {
	d.t.Helper()
	folders, err := d.store.Folders(d.t.Context(), d.account.ID)
	if err != nil {
		d.t.Fatal(err)
	}
	var lines []string
	for _, f := range folders {
		if !f.Gone.IsZero() {
			continue
		}
		known, err := d.store.Known(d.t.Context(), f.ID)
		if err != nil {
			d.t.Fatal(err)
		}
		for _, k := range known {
			lines = append(lines, placeLine(f.Name, k.UID, k.Flags, k.Received, d.hash(k.Message)))
		}
	}
	sort.Strings(lines)
	return strings.Join(lines, "\n")
}

// places counts the places that are not hidden.
func (d *desk) places() int {
	d.t.Helper()
	folders, err := d.store.Folders(d.t.Context(), d.account.ID)
	if err != nil {
		d.t.Fatal(err)
	}
	n := 0
	for _, f := range folders {
		n += f.Messages
	}
	return n
}

func placeLine(folder string, uid mailstore.UID, flags mailstore.Flags, received time.Time, hash [32]byte) string {
	return fmt.Sprintf("%s %d %v %s %x", folder, uid, []string(flags), received.UTC().Format(time.RFC3339), hash[:6])
}

func (d *desk) hash(id mailstore.MessageID) [32]byte {
	d.t.Helper()
	r, err := d.store.Open(d.t.Context(), id)
	if err != nil {
		d.t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		d.t.Fatal(err)
	}
	return [32]byte(h.Sum(nil))
}

// held is what the primary holds, in the same words.
func (p *primary) held(folders ...string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var lines []string
	for name, b := range p.folders {
		if len(folders) > 0 && !strings.Contains(strings.Join(folders, "\n"), name) {
			continue
		}
		for _, m := range b.mails {
			lines = append(lines, placeLine(name, m.UID, m.Flags, m.Received, sha256.Sum256([]byte(m.raw))))
		}
	}
	sort.Strings(lines)
	return strings.Join(lines, "\n")
}

// same wants the store to hold what the primary does.
func (d *desk) same(p *primary) {
	d.t.Helper()
	if got, want := d.held(), p.held(); got != want {
		d.t.Errorf("the store holds\n%s\nthe primary\n%s", got, want)
	}
}

// spoil flips a bit in the middle of a segment.
func (d *desk) spoil() {
	d.t.Helper()
	if err := d.store.Close(); err != nil {
		d.t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(d.dir, "segments", "*.seg"))
	if err != nil || len(files) == 0 {
		d.t.Fatalf("no segments: %v", err)
	}
	raw, err := os.ReadFile(files[0])
	if err != nil {
		d.t.Fatal(err)
	}
	raw[len(raw)/2] ^= 1
	if err := os.WriteFile(files[0], raw, 0o600); err != nil {
		d.t.Fatal(err)
	}
	d.open()
}
