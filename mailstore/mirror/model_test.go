package mirror_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lifeboat/mailstore"
	"lifeboat/mailstore/imaplink"
	"lifeboat/mailstore/mirror"
)

// The mirror against a primary to which anything happens, over lines that break at
// any command: what was here and is still there is never lost, and after a complete
// check the store is what the primary is, has every message once, and fetches nothing
// when asked again.
func TestModel(t *testing.T) { model(t, 25, 0) }

// Each batch says where it begins: -rapid.seed plays from there.
func TestLongModel(t *testing.T) {
	if os.Getenv("LIFEBOAT_LONG") == "" {
		t.Skip("a long campaign; set LIFEBOAT_LONG=1, or run make test-long")
	}
	const batches, checks = 12, 25
	from, err := strconv.ParseUint(flag.Lookup("rapid.seed").Value.String(), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	if from == 0 {
		from = uint64(time.Now().UnixMilli())
	}
	for batch := range uint64(batches) {
		seed := from + batch<<20
		t.Logf("%d of %d checks passed; the next begin at -rapid.seed=%d", batch*checks, batches*checks, seed)
		model(t, checks, seed)
	}
}

// model plays so many checks from a seed; from 0: from another one each time.
func model(t *testing.T, checks int, seed uint64) {
	if seed != 0 {
		setFlag(t, "rapid.seed", strconv.FormatUint(seed, 10))
	}
	setFlag(t, "rapid.checks", strconv.Itoa(checks))
	rapid.Check(t, func(rt *rapid.T) {
		w := newModelWorld(t, rt)
		defer func() {
			if err := errors.Join(w.d.store.Close(), os.RemoveAll(w.d.dir)); err != nil {
				rt.Error(err)
			}
		}()
		rt.Repeat(map[string]func(*rapid.T){
			"deliver": w.deliver, "flag": w.flag, "expunge": w.expunge, "move": w.move, "copy": w.copy,
			"create": w.create, "rename": w.rename, "delete": w.delete, "renumber": w.renumber,
			"broken": w.broken, "complete": w.complete,
		})
		w.complete(rt)
	})
}

func setFlag(t *testing.T, name, value string) {
	before := flag.Lookup(name).Value.String()
	if err := flag.Set(name, value); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = flag.Set(name, before) })
}

type modelWorld struct {
	p     *primary
	d     *desk
	raws  []string // every message that was ever delivered
	names int
}

func newModelWorld(t *testing.T, rt *rapid.T) *modelWorld {
	caps := rapid.SampledFrom([]imaplink.Caps{
		all, {CondStore: true, ListStatus: true}, {}, {CondStore: true, ListStatus: true, Gmail: true},
	}).Draw(rt, "caps")
	w := &modelWorld{p: newPrimary(caps, "Work", "Archive")}
	w.p.oneSeq = rapid.Bool().Draw(rt, "one mod-sequence")
	w.d = newDesk(t, w.p.connect, func(o *mirror.Options) {
		o.Unusual = mirror.Unusual{Share: 0.5, Floor: 3}
		o.Pause = time.Nanosecond
	})
	return w
}

func (w *modelWorld) folder(rt *rapid.T) string {
	return rapid.SampledFrom(slices.Sorted(maps.Keys(w.p.folders))).Draw(rt, "folder")
}

// some draws messages of a folder.
func (w *modelWorld) some(rt *rapid.T, folder string) []*mail {
	mails := w.p.folders[folder].mails
	if len(mails) == 0 {
		return nil
	}
	from := rapid.IntRange(0, len(mails)-1).Draw(rt, "from")
	n := rapid.IntRange(1, min(5, len(mails)-from)).Draw(rt, "how many")
	return slices.Clone(mails[from : from+n])
}

func (w *modelWorld) put(folder, raw string, flags ...string) {
	m := w.p.add(folder, raw, noon.Add(-time.Duration(len(raw))*time.Minute), flags...)
	if w.p.caps.Gmail {
		sum := sha256.Sum256([]byte(raw))
		m.RemoteID = fmt.Sprintf("%x", sum[:8])
	}
}

func (w *modelWorld) deliver(rt *rapid.T) {
	folder := w.folder(rt)
	for range rapid.IntRange(1, 8).Draw(rt, "messages") {
		raw := letter(len(w.raws))
		if len(w.raws) > 0 && rapid.IntRange(0, 5).Draw(rt, "the same again") == 0 {
			raw = rapid.SampledFrom(w.raws).Draw(rt, "which")
		} else {
			w.raws = append(w.raws, raw)
		}
		w.put(folder, raw)
	}
}

func (w *modelWorld) flag(rt *rapid.T) {
	folder := w.folder(rt)
	for _, m := range w.some(rt, folder) {
		w.p.flag(folder, m, rapid.SampledFrom([]string{mailstore.Seen, mailstore.Starred, "$later"}).Draw(rt, "flag"))
	}
}

func (w *modelWorld) expunge(rt *rapid.T) {
	folder := w.folder(rt)
	w.p.expunge(folder, w.some(rt, folder)...)
}

func (w *modelWorld) move(rt *rapid.T) {
	from, to := w.folder(rt), w.folder(rt)
	for _, m := range w.some(rt, from) {
		w.p.expunge(from, m)
		w.put(to, m.raw, m.Flags...)
	}
}

func (w *modelWorld) copy(rt *rapid.T) {
	from, to := w.folder(rt), w.folder(rt)
	for _, m := range w.some(rt, from) {
		w.put(to, m.raw, m.Flags...)
	}
}

func (w *modelWorld) create(*rapid.T) {
	w.names++
	w.p.create(fmt.Sprintf("フォルダー %d", w.names))
}

func (w *modelWorld) rename(rt *rapid.T) {
	if from := w.folder(rt); from != "INBOX" {
		w.names++
		w.p.rename(from, fmt.Sprintf("renamed %d", w.names))
	}
}

func (w *modelWorld) delete(rt *rapid.T) {
	if name := w.folder(rt); name != "INBOX" && len(w.p.folders) > 2 {
		delete(w.p.folders, name)
	}
}

func (w *modelWorld) renumber(rt *rapid.T) { w.p.renumber(w.folder(rt)) }

// broken runs a check in which every command may fail.
func (w *modelWorld) broken(rt *rapid.T) {
	safe := w.safe(rt)
	after := rapid.IntRange(0, 60).Draw(rt, "commands before the line breaks")
	kind := rapid.SampledFrom([]error{mailstore.ErrUnreachable, mailstore.ErrServer, mailstore.ErrSignIn, context.Canceled}).Draw(rt, "how")
	ctx, cancel := context.WithCancel(w.d.t.Context())
	defer cancel()
	n := 0
	w.p.trouble = func(string) error {
		w.p.mu.Lock()
		defer w.p.mu.Unlock()
		if n++; n <= after {
			return nil
		}
		if errors.Is(kind, context.Canceled) {
			cancel()
			return ctx.Err()
		}
		return mailstore.Fail(kind, "It broke.")
	}
	w.d.now = w.d.now.Add(time.Minute)
	_, err := w.d.mirror().Once(ctx)
	w.p.trouble = nil
	if err != nil && !errors.Is(err, context.Canceled) {
		rt.Fatal(err)
	}
	w.nothingLost(rt, safe)
}

// complete runs a check, says yes to what it holds, and compares.
func (w *modelWorld) complete(rt *rapid.T) {
	safe := w.safe(rt)
	r := w.check(rt)
	w.nothingLost(rt, safe)
	for round := 0; len(r.Held) > 0; round++ {
		if round > 10 {
			rt.Fatalf("still held: %+v", r.Held)
		}
		for _, f := range r.Held {
			if err := w.d.mirror().Accept(w.d.t.Context(), w.d.account.ID, f.ID); err != nil && !errors.Is(err, mailstore.ErrNotFound) {
				rt.Fatalf("not accepted: %v", err)
			}
		}
		r = w.check(rt)
	}
	if got, want := w.d.held(), w.p.held(); got != want {
		rt.Fatalf("the store holds\n%s\nthe primary\n%s", got, want)
	}
	if again := w.check(rt); again.Fetched != 0 || again.Check.Changes != (mailstore.Applied{}) {
		rt.Fatalf("again: %d fetched, %+v", again.Fetched, again.Check.Changes)
	}
	list, err := w.d.store.Messages(w.d.t.Context(), mailstore.List{Account: w.d.account.ID, Limit: 100000, Gone: true})
	if err != nil {
		rt.Fatal(err)
	}
	seen := map[mailstore.Hash]bool{}
	for _, m := range list {
		if seen[m.Hash] {
			rt.Fatalf("message %s is here twice", m.Hash)
		}
		seen[m.Hash] = true
	}
	if len(list) > len(w.raws) {
		rt.Fatalf("%d messages are here, %d were ever sent", len(list), len(w.raws))
	}
}

func (w *modelWorld) check(rt *rapid.T) mirror.AccountReport {
	w.d.now = w.d.now.Add(time.Minute)
	report, err := w.d.mirror().Once(w.d.t.Context())
	if err == nil {
		err = report.Accounts[0].Err
	}
	if err != nil {
		rt.Fatal(err)
	}
	return report.Accounts[0]
}

// safe are the messages, by the beginning of their hashes, that are here and still at
// the primary.
func (w *modelWorld) safe(*rapid.T) []string {
	here := w.d.held()
	var safe []string
	for _, b := range w.p.folders {
		for _, m := range b.mails {
			sum := fmt.Sprintf("%x", sha256.Sum256([]byte(m.raw)))[:12]
			if strings.Contains(here, sum) {
				safe = append(safe, sum)
			}
		}
	}
	return safe
}

func (w *modelWorld) nothingLost(rt *rapid.T, safe []string) {
	here := w.d.held()
	for _, sum := range safe {
		if !strings.Contains(here, sum) {
			rt.Fatalf("%s was here, is at the primary, and is no longer here", sum)
		}
	}
}
