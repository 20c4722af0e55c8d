package queue

import (
	"strings"
	"unique"

	"lifeboat/failover/relay"
)

// place is where a frame with bytes of a message lies.
type place struct {
	segment, at, length uint32
}

// entry is a message in the index. A hundred thousand may wait before a broken provider, so
// it is kept as it is written: one string of what is the message's own, and two which many
// messages have alike, each in memory once. An entry never changes: another takes its
// place.
type entry struct {
	key     key
	arrived int64
	since   int64
	next    int64
	size    int64
	what    string                // recipients, Message-ID, subject
	who     unique.Handle[string] // the rest of the envelope
	how     unique.Handle[string] // recipients' fates, reason, providers

	first place   // of the body's frames
	rest  []place // all of them, where there are several
	home  uint32  // the segment in which it is written as a whole
	// written is how long the record is that does so, in bytes.
	written uint32
	// record is the number of its last one, while the queue is being opened.
	record uint64
	tries  uint32
	again  uint32
	state  byte // its place in states, from 1
	warned bool
}

// Flags of an envelope.
const (
	eightBit = 1 << iota
	utf8
	report
	fromUser // From is User
)

// setItem takes over what of an item is not the queue's own to know.
func (e *entry) setItem(i relay.Item) {
	e.since, e.next = nanos(i.Since), nanos(i.Next)
	e.tries, e.again = uint32(max(i.Tries, 0)), uint32(max(i.Again, 0)) //nolint:gosec // counted from 0
	e.warned = i.Warned
	e.state = stateOf(i.State)

	b := putUint(make([]byte, 0, 256), len(i.To))
	for _, to := range i.To {
		b = putString(b, to.Address)
	}
	b = putString(putString(b, i.MessageID), i.Subject)
	if string(b) != e.what {
		e.what = string(b)
	}

	env := i.Envelope
	var flags byte
	for n, set := range [...]bool{env.EightBit, env.UTF8, env.Report, env.From == env.User} {
		if set {
			flags |= 1 << n
		}
	}
	b = putString(append(b[:0], flags), env.User)
	if flags&fromUser == 0 {
		b = putString(b, env.From)
	}
	b = putString(putString(b, env.Client), env.As)
	e.who = unique.Make(string(b))

	b = putWord(b[:0], roles, i.Via)
	b = putWord(b, roles, i.Handed)
	b = putSentence(b, i.Why)
	for _, to := range i.To {
		b = putString(putWord(b, fates, to.Fate), to.Answer)
	}
	e.how = unique.Make(string(b))
}

// same reports whether another entry says the same of the message.
func (e *entry) same(o *entry) bool {
	return e.what == o.what && e.who == o.who && e.how == o.how && e.since == o.since && e.next == o.next &&
		e.tries == o.tries && e.again == o.again && e.state == o.state && e.warned == o.warned
}

func stateOf(s relay.State) byte {
	for n, state := range states {
		if s == state {
			return byte(n + 1)
		}
	}
	return 1
}

// item tells the entry as others know it.
func (e *entry) item() relay.Item {
	i := relay.Item{
		ID: e.key.id(), Size: e.size, Arrived: moment(e.arrived), Since: moment(e.since), Next: moment(e.next),
		Tries: int(e.tries), Again: int(e.again), Warned: e.warned, State: states[e.state-1],
	}
	d := decoder{s: e.who.Value()}
	flags := d.byte()
	env := relay.Envelope{EightBit: flags&eightBit != 0, UTF8: flags&utf8 != 0, Report: flags&report != 0}
	env.User = d.string()
	if env.From = env.User; flags&fromUser == 0 {
		env.From = d.string()
	}
	env.Client, env.As = d.string(), d.string()

	d = decoder{s: e.what}
	n := d.count(1)
	i.To, env.To = make([]relay.Recipient, n), make([]string, n)
	for at := range n {
		env.To[at] = d.string()
		i.To[at].Address = env.To[at]
	}
	i.MessageID, i.Subject = d.string(), d.string()

	d = decoder{s: e.how.Value()}
	i.Via, i.Handed, i.Why = word(&d, roles), word(&d, roles), d.sentence()
	for at := range n {
		i.To[at].Fate, i.To[at].Answer = word(&d, fates), d.string()
	}
	i.Envelope = env
	return i
}

// whole reports whether the entry's strings are what item expects. What was sealed by this
// program is; it is looked at once, when the queue is opened.
func (e *entry) whole() bool {
	d := decoder{s: e.who.Value()}
	flags := d.byte()
	d.string()
	if flags&fromUser == 0 {
		d.string()
	}
	d.string()
	d.string()
	what := decoder{s: e.what}
	n := what.count(1)
	for range n {
		what.string()
	}
	what.string()
	what.string()
	how := decoder{s: e.how.Value()}
	word(&how, roles)
	word(&how, roles)
	how.sentence()
	for range n {
		word(&how, fates)
		how.string()
	}
	return !d.bad && !what.bad && !how.bad && d.s+what.s+how.s == "" && e.state >= 1 && int(e.state) <= len(states)
}

// places are those of the body's frames, in their order.
func (e *entry) places() []place {
	switch {
	case len(e.rest) > 0:
		return e.rest
	case e.first.length > 0:
		return []place{e.first}
	}
	return nil
}

func (e *entry) setPlaces(all []place) {
	e.first, e.rest = place{}, nil
	if len(all) > 0 {
		e.first = all[0]
	}
	if len(all) > 1 {
		e.rest = all
	}
}

// putMutable writes what an update may change of most messages.
func (e *entry) putMutable(b []byte) []byte {
	var flags byte
	if e.warned {
		flags = 1
	}
	b = append(b, e.state, flags)
	b = putInt(putInt(b, e.since), e.next)
	b = putUint(putUint(b, e.tries), e.again)
	return putString(b, e.how.Value())
}

func (e *entry) readMutable(d *decoder) {
	e.state = d.byte()
	e.warned = d.byte()&1 != 0
	e.since, e.next = d.int(), d.int()
	e.tries, e.again = uint32(d.uint()), uint32(d.uint()) //nolint:gosec // written from the same type
	e.how = unique.Make(d.string())
}

// put writes the entry as a whole.
func (e *entry) put() []byte {
	b := putKey(make([]byte, 0, 512), e.key)
	b = putInt(b, e.arrived)
	b = putInt(b, e.size)
	b = putString(b, e.who.Value())
	b = putString(b, e.what)
	all := e.places()
	b = putUint(b, len(all))
	for _, p := range all {
		b = putUint(putUint(putUint(b, p.segment), p.at), p.length)
	}
	return e.putMutable(b)
}

func readEntry(d *decoder) *entry {
	e := &entry{key: d.key(), arrived: d.int(), size: d.int()}
	e.who = unique.Make(d.string())
	e.what = strings.Clone(d.string())
	all := make([]place, d.count(3))
	for i := range all {
		all[i] = place{uint32(d.uint()), uint32(d.uint()), uint32(d.uint())} //nolint:gosec // written from the same type
	}
	e.setPlaces(all)
	e.readMutable(d)
	return e
}
