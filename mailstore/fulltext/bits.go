package fulltext

import (
	"encoding/binary"
	"math/bits"
)

// bitmap is a set of a segment's documents, by number.
type bitmap []uint64

func newBitmap(docs int) bitmap { return make(bitmap, (docs+63)/64) }

func fullBitmap(docs int) bitmap {
	b := newBitmap(docs)
	b.setRange(0, docs)
	return b
}

func (b bitmap) set(doc int)      { b[doc>>6] |= 1 << (doc & 63) }
func (b bitmap) has(doc int) bool { return b[doc>>6]&(1<<(doc&63)) != 0 }

// setRange adds the documents from first up to, and not including, end.
func (b bitmap) setRange(first, end int) {
	for ; first < end && first&63 != 0; first++ {
		b.set(first)
	}
	for ; first+64 <= end; first += 64 {
		b[first>>6] = ^uint64(0)
	}
	for ; first < end; first++ {
		b.set(first)
	}
}

func (b bitmap) and(other bitmap) {
	for i := range b {
		b[i] &= other[i]
	}
}

func (b bitmap) andNot(other bitmap) {
	for i := range b {
		b[i] &^= other[i]
	}
}

func (b bitmap) or(other bitmap) {
	for i := range b {
		b[i] |= other[i]
	}
}

func (b bitmap) clone() bitmap { return append(bitmap(nil), b...) }

func (b bitmap) empty() bool {
	for _, word := range b {
		if word != 0 {
			return false
		}
	}
	return true
}

func (b bitmap) count() (n int) {
	for _, word := range b {
		n += bits.OnesCount64(word)
	}
	return n
}

// before returns the greatest document that is less than doc, or -1.
func (b bitmap) before(doc int) int {
	if doc <= 0 {
		return -1
	}
	doc--
	i := doc >> 6
	word := b[i] << (63 - doc&63)
	if word != 0 {
		return doc - bits.LeadingZeros64(word)
	}
	for i--; i >= 0; i-- {
		if b[i] != 0 {
			return i<<6 + 63 - bits.LeadingZeros64(b[i])
		}
	}
	return -1
}

// next returns the least document that is not less than doc, or -1.
func (b bitmap) next(doc int) int {
	for i := doc >> 6; i < len(b); i++ {
		word := b[i]
		if i == doc>>6 {
			word &= ^uint64(0) << (doc & 63)
		}
		if word != 0 {
			return i<<6 + bits.TrailingZeros64(word)
		}
	}
	return -1
}

// each calls do with every document, upwards.
func (b bitmap) each(do func(doc int)) {
	for i, word := range b {
		for ; word != 0; word &= word - 1 {
			do(i<<6 + bits.TrailingZeros64(word))
		}
	}
}

// marshal writes the set for the disk.
func (b bitmap) marshal() []byte {
	out := make([]byte, 0, 8*len(b))
	for _, word := range b {
		out = binary.LittleEndian.AppendUint64(out, word)
	}
	return out
}

// load fills the set from the disk; what is too long or too short is no set of this segment.
func (b bitmap) load(from []byte) bool {
	if len(from) != 8*len(b) {
		return false
	}
	for i := range b {
		b[i] = binary.LittleEndian.Uint64(from[8*i:])
	}
	return true
}
