package queue

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// A record is what changes as one: its number, which is one more than that of the record
// before, and changes, each preceded by its length and by what it is.
const (
	changeBase   byte = 1 // how the journal stood before the segment that begins here
	changeEntry  byte = 2 // a message came, or its frames have moved; see entry.put
	changeState  byte = 3 // see entry.putMutable
	changeEnd    byte = 4 // a message left
	changeEvent  byte = 5
	changeSample byte = 6
	changeTally  byte = 7 // what is added to the counters
)

// tally counts, since the log began, what [relay.Sample] tells of a domain at a provider;
// accepted is counted with no provider.
type tally struct{ accepted, delivered, bounced, again uint64 }

func (t *tally) add(o tally) {
	t.accepted += o.accepted
	t.delivered += o.delivered
	t.bounced += o.bounced
	t.again += o.again
}

// at is a domain at a provider.
type at struct {
	domain string
	role   failover.Role
}

func (a at) compare(o at) int {
	return cmp.Or(strings.Compare(a.domain, o.domain), strings.Compare(string(a.role), string(o.role)))
}

func putChange(b []byte, what byte, content []byte) []byte {
	b = putUint(append(b, what), len(content))
	return append(b, content...)
}

func putTally(b []byte, a at, t tally) []byte {
	b = putWord(putString(b, a.domain), roles, a.role)
	return putUint(putUint(putUint(putUint(b, t.accepted), t.delivered), t.bounced), t.again)
}

func readTally(d *decoder) (a at, t tally) {
	a = at{strings.Clone(d.string()), failover.Role(strings.Clone(string(word(d, roles))))}
	return a, tally{d.uint(), d.uint(), d.uint(), d.uint()}
}

// base is what a segment must tell of those before it, which may be gone.
type base struct {
	begun   int64 // when, nanoseconds
	last    key
	tallies map[at]tally
}

func putBase(b []byte, s base) []byte {
	b = putUint(putKey(putInt(b, s.begun), s.last), len(s.tallies))
	for _, a := range slices.SortedFunc(maps.Keys(s.tallies), at.compare) {
		b = putTally(b, a, s.tallies[a])
	}
	return b
}

func readBase(d *decoder) base {
	s := base{begun: d.int(), last: d.key(), tallies: map[at]tally{}}
	for range d.count(6) {
		a, t := readTally(d)
		s.tallies[a] = t
	}
	return s
}

// change is one of a record. Only the field of its kind is set.
type change struct {
	what   byte
	base   base
	entry  *entry // of changeState only key and what may change
	event  relay.Event
	sample relay.Sample
	at     at
	tally  tally
	raw    string // as it is written
}

// readRecord reads a record's number and changes. wanted says which kinds of change to
// read; a kind that this version does not know is passed over.
func readRecord(content string, wanted func(byte) bool, visit func(change)) (number uint64, err error) {
	d := decoder{s: content}
	number = d.uint()
	for d.s != "" {
		what := d.byte()
		c := change{what: what, raw: d.string()}
		if d.bad {
			break
		}
		if !wanted(what) {
			continue
		}
		if !c.read() {
			return number, errContent
		}
		visit(c)
	}
	if d.bad {
		return number, errContent
	}
	return number, nil
}

func (c *change) read() bool {
	d := &decoder{s: c.raw}
	switch c.what {
	case changeBase:
		c.base = readBase(d)
	case changeEntry:
		c.entry = readEntry(d)
		return !d.bad && c.entry.whole()
	case changeState:
		c.entry = &entry{key: d.key()}
		c.entry.readMutable(d)
	case changeEnd:
		c.entry = &entry{key: d.key()}
	case changeEvent:
		readEvent(d, &c.event)
	case changeSample:
		c.sample = readSample(d)
	case changeTally:
		c.at, c.tally = readTally(d)
	}
	return !d.bad
}
