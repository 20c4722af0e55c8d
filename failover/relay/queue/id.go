package queue

import (
	"cmp"
	"crypto/rand"
	"encoding/binary"
	"strings"
	"time"

	"lifeboat/failover/relay"
)

// digits are those of Crockford's base 32.
const digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

const (
	timeDigits = 9 // of 45 bits: milliseconds since 1970, until the year 3084
	restDigits = 7 // of 35 bits
)

// key is an ID as a number: milliseconds, and what tells those of one millisecond apart.
type key struct{ ms, rest uint64 }

func (k key) compare(o key) int {
	return cmp.Or(cmp.Compare(k.ms, o.ms), cmp.Compare(k.rest, o.rest))
}

// next returns the key of a message that comes now, after k. A clock that was set back
// makes no smaller one.
func (k key) next(now time.Time) key {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	r := binary.BigEndian.Uint64(b[:])
	n := key{ms: uint64(max(now.UnixMilli(), 0)) & (1<<45 - 1), rest: r & (1<<34 - 1)}
	if n.compare(k) > 0 {
		return n
	}
	n = key{ms: k.ms, rest: k.rest + 1 + r&0xff}
	if n.rest >= 1<<35 {
		n = key{ms: k.ms + 1}
	}
	return n
}

func (k key) id() relay.ID {
	var b [timeDigits + restDigits]byte
	for i, n := timeDigits-1, k.ms; i >= 0; i, n = i-1, n>>5 {
		b[i] = digits[n&31]
	}
	for i, n := timeDigits+restDigits-1, k.rest; i >= timeDigits; i, n = i-1, n>>5 {
		b[i] = digits[n&31]
	}
	return relay.ID(b[:])
}

// keyOf reads an ID.
func keyOf(id relay.ID) (k key, ok bool) {
	if len(id) != timeDigits+restDigits {
		return k, false
	}
	for i := range len(id) {
		n := strings.IndexByte(digits, id[i])
		switch {
		case n < 0:
			return key{}, false
		case i < timeDigits:
			k.ms = k.ms<<5 | uint64(n)
		default:
			k.rest = k.rest<<5 | uint64(n)
		}
	}
	return k, true
}

func putKey(b []byte, k key) []byte { return putUint(putUint(b, k.ms), k.rest) }

func (d *decoder) key() key { return key{ms: d.uint(), rest: d.uint()} }
