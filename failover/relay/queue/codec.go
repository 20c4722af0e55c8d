package queue

import (
	"encoding/binary"
	"slices"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// Numbers are varints (as in Protocol Buffers), strings and lists are preceded by their
// length, times are nanoseconds since 1970 in UTC, with 0 for none.

func putUint[N ~int | ~int64 | ~uint32 | ~uint64](b []byte, n N) []byte {
	return binary.AppendUvarint(b, uint64(n))
}

func putInt(b []byte, n int64) []byte { return binary.AppendVarint(b, n) }

func putString[S ~string](b []byte, s S) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func putTime(b []byte, t time.Time) []byte { return putInt(b, nanos(t)) }

func nanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

func moment(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}

func putStrings(b []byte, list []string) []byte {
	b = putUint(b, len(list))
	for _, s := range list {
		b = putString(b, s)
	}
	return b
}

func putSentence(b []byte, s failover.Sentence) []byte {
	return putStrings(putString(b, s.Template), s.Args)
}

// decoder reads what was put. What it returns are parts of the string it was given; after
// bad, all is empty.
type decoder struct {
	s   string
	bad bool
}

func (d *decoder) fail() { d.s, d.bad = "", true }

func (d *decoder) uint() uint64 {
	var n uint64
	for i := range min(len(d.s), binary.MaxVarintLen64) {
		c := d.s[i]
		if c < 0x80 {
			if i == binary.MaxVarintLen64-1 && c > 1 {
				break
			}
			n |= uint64(c) << (7 * i)
			d.s = d.s[i+1:]
			return n
		}
		n |= uint64(c&0x7f) << (7 * i)
	}
	d.fail()
	return 0
}

func (d *decoder) int() int64 {
	u := d.uint()
	n := int64(u >> 1)
	if u&1 != 0 {
		n = ^n
	}
	return n
}

func (d *decoder) byte() byte {
	if d.s == "" {
		d.fail()
		return 0
	}
	c := d.s[0]
	d.s = d.s[1:]
	return c
}

// count reads how many follow, each of which takes at least so many bytes.
func (d *decoder) count(each int) int {
	n := d.uint()
	if n > uint64(len(d.s)/each) { //nolint:gosec // never negative
		d.fail()
		return 0
	}
	return int(n) //nolint:gosec // at most the bytes at hand
}

func (d *decoder) string() string {
	n := d.count(1)
	s := d.s[:n]
	d.s = d.s[n:]
	return s
}

func (d *decoder) time() time.Time { return moment(d.int()) }

func (d *decoder) strings() []string {
	n := d.count(1)
	if n == 0 {
		return nil
	}
	list := make([]string, n)
	for i := range list {
		list[i] = d.string()
	}
	return list
}

func (d *decoder) sentence() failover.Sentence {
	return failover.Sentence{Template: d.string(), Args: d.strings()}
}

// Words that come often are written as their place in a list; one that is in none, such as
// a later version's, as itself after a 0.
var (
	states = []relay.State{relay.Waiting, relay.Held, relay.Uncertain, relay.Ended}
	fates  = []relay.Fate{relay.Pending, relay.Delivered, relay.Bounced, relay.Expired, relay.Dropped}
	roles  = []failover.Role{"", failover.Primary, failover.Secondary}
	kinds  = []relay.EventKind{
		relay.Submitted, relay.Refused, relay.Attempt, relay.Handing, relay.Sent, relay.Bounce, relay.Deferred,
		relay.Doubtful, relay.SentAgain, relay.Settled, relay.Hold, relay.Release, relay.Rerouted, relay.Drop,
		relay.Expiry, relay.Warning, relay.Reported, relay.RouteChange, relay.Found, relay.Pace,
	}
)

func putWord[S ~string](b []byte, list []S, s S) []byte {
	if i := slices.Index(list, s); i >= 0 {
		return append(b, byte(i+1)) //nolint:gosec // the lists are short
	}
	return putString(append(b, 0), s)
}

func word[S ~string](d *decoder, list []S) S {
	i := int(d.byte())
	if i == 0 {
		return S(d.string())
	}
	if i > len(list) {
		d.fail()
		return ""
	}
	return list[i-1]
}
