package store_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lifeboat/mailstore"
)

// model is what a store should hold, kept the simplest way.
type model struct {
	folders map[mailstore.FolderID]*modelFolder
	now     time.Time
}

type modelFolder struct {
	account  mailstore.AccountID
	validity uint32
	places   map[modelKey]*modelPlace
}

type modelKey struct {
	validity uint32
	uid      mailstore.UID
}

type modelPlace struct {
	text     string
	flags    mailstore.Flags
	received time.Time
	gone     time.Time
}

// has reports whether an account has a message anywhere, hidden or not.
func (m *model) has(account mailstore.AccountID, text string) bool {
	for _, f := range m.folders {
		if f.account == account && f.find(func(_ modelKey, p *modelPlace) bool { return p.text == text }) {
			return true
		}
	}
	return false
}

func (f *modelFolder) find(is func(modelKey, *modelPlace) bool) bool {
	for k, p := range f.places {
		if is(k, p) {
			return true
		}
	}
	return false
}

// apply does to the model what the words of mailstore.Batch say.
func (m *model) apply(b mailstore.Batch, texts []string) (done mailstore.Applied) {
	f := m.folders[b.Folder]
	if f.validity == 0 {
		f.validity = b.UIDValidity
	}
	for i, a := range b.Arrived {
		m.arrive(f, modelKey{b.UIDValidity, a.UID}, a, texts[i], b.At, &done)
	}
	for _, c := range b.Changed {
		p := f.places[modelKey{b.UIDValidity, c.UID}]
		if p != nil && p.gone.IsZero() && !p.flags.Equal(c.Flags) {
			p.flags = c.Flags
			done.Changed++
		}
	}
	for _, uid := range b.Gone {
		if p := f.places[modelKey{b.UIDValidity, uid}]; p != nil && p.gone.IsZero() {
			p.gone = b.At
			done.Gone++
		}
	}
	if b.Cursor == nil {
		return done
	}
	f.validity = b.UIDValidity
	for k, p := range f.places {
		if k.validity == b.UIDValidity || !p.gone.IsZero() {
			continue
		}
		anew := f.find(func(o modelKey, q *modelPlace) bool {
			return o.validity == b.UIDValidity && q.text == p.text && q.gone.IsZero()
		})
		if anew {
			delete(f.places, k)
			continue
		}
		p.gone = b.At
		done.Gone++
	}
	return done
}

func (m *model) arrive(f *modelFolder, k modelKey, a mailstore.Arrival, text string, at time.Time, done *mailstore.Applied) {
	known := m.has(f.account, text)
	lay := f.find(func(o modelKey, p *modelPlace) bool {
		return o.validity == f.validity && p.text == text && p.gone.IsZero()
	})
	old := f.places[k]
	switch {
	case old != nil && old.text == text && old.gone.IsZero():
		if !old.flags.Equal(a.Flags) {
			old.flags = a.Flags
			done.Changed++
		}
		return
	case old != nil && old.text == text:
		done.Moved++
	case !known:
		done.Arrived++
		done.Bytes += int64(len(text))
	case k.validity == f.validity || !lay:
		done.Moved++
	}
	if old != nil && old.text != text { // displaced: kept as one that is gone
		if old.gone.IsZero() {
			old.gone = at
		}
		for n := mailstore.UID(1 << 20); ; n++ {
			if f.places[modelKey{0, n}] == nil || f.places[modelKey{0, n}].text == old.text {
				f.places[modelKey{0, n}] = old
				break
			}
		}
	}
	f.places[k] = &modelPlace{text: text, flags: a.Flags, received: a.Received}
}

// retain removes what has grown old, in an account of 30 days, or was hidden for 14.
func (m *model) retain() {
	cut := m.now.Add(-48*time.Hour).AddDate(0, 0, -30)
	first := m.firsts()
	for _, f := range m.folders {
		maps.DeleteFunc(f.places, func(_ modelKey, p *modelPlace) bool {
			hidden := !p.gone.IsZero() && !p.gone.After(m.now.Add(-14*day))
			return hidden || p.received.Before(cut) && first[fmt.Sprint(f.account, p.text)].Before(cut)
		})
	}
}

// firsts is when each message was received where it first lay. All tests' texts say
// so themselves, as a message's place may be gone.
func (m *model) firsts() map[string]time.Time {
	all := map[string]time.Time{}
	for _, f := range m.folders {
		for _, p := range f.places {
			all[fmt.Sprint(f.account, p.text)] = receivedOf(p.text)
		}
	}
	return all
}

// receivedOf is when a text of the model was received: the same in all folders, as
// servers keep it.
func receivedOf(text string) time.Time {
	var n int
	_, _ = fmt.Sscanf(text, "text %d", &n)
	return noon.Add(-time.Duration(n) * day)
}

// visible is what a folder shows: flags and text by number.
func (f *modelFolder) visible() (all []string) {
	for k, p := range f.places {
		if p.gone.IsZero() && k.validity == f.validity {
			all = append(all, fmt.Sprint(k.uid, p.flags, p.text))
		}
	}
	slices.Sort(all)
	return all
}

// Whatever comes in whatever order, the store holds and counts what the model does.
// Each try has accounts of its own in one store.
func TestModel(t *testing.T) {
	s := open(t, smallSegments)
	tries := 0
	rapid.Check(t, func(r *rapid.T) {
		tries++
		s.now = noon
		m := model{folders: map[mailstore.FolderID]*modelFolder{}, now: noon}
		for _, a := range s.accounts(fmt.Sprintf("aiko-%d@shop.example", tries), fmt.Sprintf("ben-%d@shop.example", tries)) {
			for i := range 2 {
				m.folders[s.folder(a, fmt.Sprint("folder ", i))] = &modelFolder{account: a, places: map[modelKey]*modelPlace{}}
			}
		}
		for range rapid.IntRange(1, 8).Draw(r, "steps") {
			switch rapid.IntRange(0, 19).Draw(r, "step") {
			case 0, 1:
				s.now = s.now.Add(time.Duration(rapid.IntRange(0, 20).Draw(r, "days")) * day)
				m.now = s.now
				s.retain()
				m.retain()
			case 2:
				s.reopen()
			default:
				m.batch(r, s)
			}
		}
		m.same(r, s)
	})
	s.verify(0)
}

func (m *model) batch(r *rapid.T, s *shelf) {
	ids := slices.Sorted(maps.Keys(m.folders))
	b := mailstore.Batch{Folder: rapid.SampledFrom(ids).Draw(r, "folder"), UIDValidity: rapid.Uint32Range(1, 2).Draw(r, "validity"), At: s.now}
	uid := rapid.Custom(func(r *rapid.T) mailstore.UID { return mailstore.UID(rapid.IntRange(1, 8).Draw(r, "uid")) })
	flags := rapid.Custom(func(r *rapid.T) mailstore.Flags {
		return mailstore.MakeFlags(rapid.SliceOfN(rapid.SampledFrom([]string{mailstore.Seen, "a", "b"}), 0, 2).Draw(r, "flags")...)
	})
	var texts []string
	for range rapid.IntRange(0, 5).Draw(r, "arrivals") {
		text := fmt.Sprint("text ", rapid.IntRange(0, 40).Draw(r, "text"))
		texts = append(texts, text)
		b.Arrived = append(b.Arrived, mailstore.Arrival{UID: uid.Draw(r, "uid"), Received: receivedOf(text), Flags: flags.Draw(r, "flags"), Body: s.body(text)})
	}
	for range rapid.IntRange(0, 3).Draw(r, "changes") {
		b.Changed = append(b.Changed, mailstore.Change{UID: uid.Draw(r, "uid"), Flags: flags.Draw(r, "flags")})
	}
	b.Gone = rapid.SliceOfN(uid, 0, 3).Draw(r, "gone")
	if rapid.Bool().Draw(r, "cursor") {
		b.Cursor = &mailstore.Cursor{UIDValidity: b.UIDValidity, UIDNext: 9}
	}
	got, want := s.apply(b), m.apply(b, texts)
	if got != want {
		r.Fatalf("%+v counted as %+v, not %+v", b, got, want)
	}
}

func (m *model) same(r *rapid.T, s *shelf) {
	for id, f := range m.folders {
		var got []string
		unseen := 0
		known := s.known(id)
		for _, k := range known {
			got = append(got, fmt.Sprint(k.UID, k.Flags, s.text(k.Message)))
		}
		slices.Sort(got)
		if want := f.visible(); !slices.Equal(got, want) {
			r.Fatalf("folder %d has %q, not %q", id, got, want)
		}
		all := 0
		for _, p := range f.places {
			if p.gone.IsZero() {
				all++
				if !p.flags.Has(mailstore.Seen) {
					unseen++
				}
			}
		}
		if is := s.theFolder(id); is.Messages != all || is.Unseen != unseen {
			r.Fatalf("folder %d counts %d and %d, not %d and %d", id, is.Messages, is.Unseen, all, unseen)
		}
	}
	seen, all := map[mailstore.AccountID]map[string]bool{}, map[mailstore.AccountID]map[string]bool{}
	for _, f := range m.folders {
		if seen[f.account] == nil {
			seen[f.account], all[f.account] = map[string]bool{}, map[string]bool{}
		}
		for _, p := range f.places {
			all[f.account][p.text] = true
			if p.gone.IsZero() {
				seen[f.account][p.text] = true
			}
		}
	}
	for account := range all {
		if got := s.list(mailstore.List{Account: account, Limit: 1000}); len(got) != len(seen[account]) {
			r.Fatalf("%d messages, not %d", len(got), len(seen[account]))
		}
		if got := s.list(mailstore.List{Account: account, Limit: 1000, Gone: true}); len(got) != len(all[account]) {
			r.Fatalf("%d messages, hidden ones too, not %d", len(got), len(all[account]))
		}
	}
}
