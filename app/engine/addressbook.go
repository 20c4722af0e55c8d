package engine

import (
	"container/heap"
	"context"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"lifeboat/mailstore"
	"lifeboat/mailstore/fulltext"
	"lifeboat/mailstore/store"
)

// addressBook is who was seen in each account's mail, for completing addresses. It lives
// in memory alone, and is made in the background when it is first asked: some seconds of
// work for 100,000 messages, of which a letter that is typed meanwhile sees what is done.
type addressBook struct {
	mu       sync.Mutex
	making   sync.WaitGroup
	busy     bool
	upTo     mailstore.MessageID // the newest message that was taken in
	revision string              // of the mail when it was looked at last
	looked   time.Time
	whole    time.Time // when all of it was read last
	epoch    time.Time
	people   map[mailstore.AccountID]*people
}

// people are those of one account.
type people struct {
	own   map[string]bool // addresses that lead to the account
	list  []contact
	byKey map[string]int // by address in lower case
	names []nameKey
	ready bool // names are sorted
}

// contact is somebody, and how much they are written to and heard of: each message
// counts, one that is two months younger twice as much, one to them thrice.
type contact struct {
	mailstore.Address
	weight float64
}

// nameKey is a text by which somebody is found, as foldName makes it.
type nameKey struct {
	text string
	who  int
}

const (
	halfLife    = 60 * 24 * time.Hour
	writtenTo   = 3   // times as much
	machine     = 0.1 // who writes and is never answered
	mostPeople  = 50_000
	bookAgain   = time.Minute      // after which new mail is taken in
	bookAnew    = 10 * time.Minute // after which all is: mail that came late may be old
	mostMatches = 100              // of one account, among which the best of all are
)

// Complete implements [MailSource].
func (m *Mail) Complete(ctx context.Context, typed string, most int) []mailstore.Address {
	m.book.refresh(m)
	prefix := foldName(typed)
	best := map[string]contact{}
	accounts, _ := m.known()
	for _, a := range accounts {
		if !m.gate.familiar(ctx, a.Address) {
			continue // whom others write to is theirs alone, and is not looked at unnoted
		}
		m.book.match(a.ID, prefix, func(c contact) {
			key := strings.ToLower(c.Address.Address)
			old, known := best[key]
			if !known || c.weight > old.weight || old.Name == "" {
				old.Address = c.Address
			}
			old.weight += c.weight
			best[key] = old
		})
	}
	all := make([]contact, 0, len(best))
	for _, c := range best {
		all = append(all, c)
	}
	slices.SortFunc(all, heavier)
	out := []mailstore.Address{}
	for _, c := range all[:min(max(0, most), len(all))] {
		out = append(out, c.Address)
	}
	return out
}

func heavier(a, b contact) int {
	switch {
	case a.weight > b.weight:
		return -1
	case a.weight < b.weight:
		return 1
	}
	return strings.Compare(a.Address.Address, b.Address.Address)
}

// foldName is a text as it is compared: as the search folds it, and katakana as
// hiragana, with one space between words.
func foldName(text string) string {
	text = strings.Join(strings.Fields(fulltext.Fold(text)), " ")
	return strings.Map(func(r rune) rune {
		if r >= 'ァ' && r <= 'ヶ' {
			return r - ('ァ' - 'ぁ')
		}
		return r
	}, text)
}

// match calls found for each of an account's people whom a prefix fits, the best if
// there are very many.
func (b *addressBook) match(account mailstore.AccountID, prefix string, found func(contact)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.people[account]
	if p == nil {
		return
	}
	p.sort()
	from, _ := slices.BinarySearchFunc(p.names, prefix, func(k nameKey, prefix string) int { return strings.Compare(k.text, prefix) })
	seen := make([]bool, len(p.list))
	var best topContacts
	for _, k := range p.names[from:] {
		if !strings.HasPrefix(k.text, prefix) {
			break
		}
		if seen[k.who] {
			continue
		}
		seen[k.who] = true
		if c := p.list[k.who]; len(best) < mostMatches {
			heap.Push(&best, c)
		} else if heavier(c, best[0]) < 0 {
			best[0] = c
			heap.Fix(&best, 0)
		}
	}
	for _, c := range best {
		found(c)
	}
}

// topContacts has the lightest of the best on top.
type topContacts []contact

func (t topContacts) Len() int           { return len(t) }
func (t topContacts) Less(i, k int) bool { return heavier(t[i], t[k]) > 0 }
func (t topContacts) Swap(i, k int)      { t[i], t[k] = t[k], t[i] }

// Push implements [heap.Interface].
func (t *topContacts) Push(c any) {
	one, _ := c.(contact) // it is what match pushes
	*t = append(*t, one)
}

// Pop implements [heap.Interface].
func (t *topContacts) Pop() any {
	last := (*t)[len(*t)-1]
	*t = (*t)[:len(*t)-1]
	return last
}

// sort puts the names in order, once for what was taken in.
func (p *people) sort() {
	if p.ready {
		return
	}
	p.names = p.names[:0]
	for i, c := range p.list {
		name, address := foldName(c.Name), strings.ToLower(c.Address.Address)
		keys := []string{address, name, strings.ReplaceAll(name, " ", "")}
		if _, domain, ok := strings.Cut(address, "@"); ok {
			keys = append(keys, domain)
		}
		keys = append(keys, strings.FieldsFunc(name, func(r rune) bool { return strings.ContainsRune(" ,.・()（）[]/\"'", r) })...)
		slices.Sort(keys)
		for _, k := range slices.Compact(keys) {
			if k != "" {
				p.names = append(p.names, nameKey{k, i})
			}
		}
	}
	slices.SortFunc(p.names, func(a, b nameKey) int { return strings.Compare(a.text, b.text) })
	p.ready = true
}

// refresh begins to take in what is new, unless somebody is at it, or was just now.
func (b *addressBook) refresh(m *Mail) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := m.e.opt.Now()
	if since := now.Sub(b.looked); b.busy || m.base == nil || m.base.Err() != nil || b.people != nil && since >= 0 && since < bookAgain {
		return
	}
	if b.people == nil {
		b.people, b.epoch = map[mailstore.AccountID]*people{}, now
	}
	b.busy, b.looked = true, now
	b.making.Go(func() {
		err := b.take(m.base, m)
		b.mu.Lock()
		defer b.mu.Unlock()
		b.busy = false
		if err != nil && m.base.Err() == nil {
			m.e.opt.Logger.Warn("people in the mail", "error", err)
		}
	})
}

// take takes in the messages that are newer than those taken in, or all of them anew.
func (b *addressBook) take(ctx context.Context, m *Mail) error {
	revision, err := m.Revision(ctx)
	now := m.e.opt.Now()
	b.mu.Lock()
	into, upTo, same := b.people, b.upTo, revision == b.revision
	anew := now.Sub(b.whole) >= bookAnew || now.Before(b.whole)
	if anew {
		upTo = 0
	}
	if anew && !b.whole.IsZero() { // what is there is used until the new one is whole
		into = map[mailstore.AccountID]*people{}
	}
	b.mu.Unlock()
	if err != nil || same {
		return err
	}
	var some []store.People
	flush := func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, p := range some {
			b.add(m, into, p)
			b.upTo = max(b.upTo, p.ID)
		}
		some = some[:0]
	}
	err = m.store.EachPeople(ctx, upTo, func(p store.People) error {
		if some = append(some, p); len(some) == 1000 {
			flush()
		}
		return nil
	})
	flush()
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.revision, b.people = revision, into; anew {
		b.whole = now
	}
	for _, p := range into {
		p.sort()
	}
	return nil
}

// end stops what is going on, and waits for it.
func (b *addressBook) end(stop context.CancelFunc) {
	b.mu.Lock()
	stop()
	b.mu.Unlock()
	b.making.Wait()
}

// add takes in the people of a message. The caller holds mu.
func (b *addressBook) add(m *Mail, into map[mailstore.AccountID]*people, p store.People) {
	of := into[p.Account]
	if of == nil {
		of = &people{own: map[string]bool{}, byKey: map[string]int{}}
		for _, a := range m.e.sameMailbox(m.address(p.Account)) {
			of.own[strings.ToLower(a)] = true
		}
		into[p.Account] = of
	}
	weight := math.Exp2(min(1, p.Received().Sub(b.epoch).Hours()/halfLife.Hours())) // clocks of others may be ahead
	sent := false
	for _, a := range p.From {
		sent = sent || of.own[strings.ToLower(a.Address)]
		of.add(a, weight)
	}
	if sent {
		weight *= writtenTo
	}
	for _, a := range slices.Concat(p.To, p.Cc) {
		of.add(a, weight)
	}
	of.ready = false
}

func (p *people) add(a mailstore.Address, weight float64) {
	key := strings.ToLower(a.Address)
	local, domain, ok := strings.Cut(key, "@")
	if !ok || local == "" || domain == "" || p.own[key] || len(key) > 254 || strings.ContainsAny(key, " \t<>\"") {
		return
	}
	if isMachine(local) {
		weight *= machine
	}
	i, known := p.byKey[key]
	if !known {
		if len(p.list) == mostPeople {
			return
		}
		i = len(p.list)
		p.byKey[key] = i
		p.list = append(p.list, contact{Address: mailstore.Address{Address: a.Address}})
	}
	c := &p.list[i]
	c.weight += weight
	if name := strings.TrimSpace(a.Name); name != "" && !strings.EqualFold(name, key) && len(name) <= 200 {
		c.Name = name // as they or others write it last
	}
}

// isMachine reports whether nobody reads what is sent to an address.
func isMachine(local string) bool {
	for _, part := range []string{"noreply", "no-reply", "no_reply", "donotreply", "do-not-reply", "mailer-daemon", "bounce"} {
		if strings.Contains(local, part) {
			return true
		}
	}
	return false
}
