package fulltext

import (
	"bytes"
	"hash/maphash"
)

// vocabulary numbers terms from 0 in the order in which they come. It is a hash table that
// holds all their bytes in one piece: Go's maps would make a string of each, and much of
// the time that a message takes goes by here.
type vocabulary struct {
	seed  maphash.Seed
	slots []uint64 // half a hash <<32 | number + 1; 0 is free
	bytes []byte
	ends  []uint32 // of each term
}

func newVocabulary() vocabulary {
	return vocabulary{seed: maphash.MakeSeed(), slots: make([]uint64, 1<<15)}
}

func (v *vocabulary) len() int { return len(v.ends) }

// name returns the bytes of a term, which are not to be changed.
func (v *vocabulary) name(number int) []byte {
	if number == 0 {
		return v.bytes[:v.ends[0]]
	}
	return v.bytes[v.ends[number-1]:v.ends[number]]
}

// number returns the term's number, which is a new one if it never came before.
func (v *vocabulary) number(term []byte) int {
	hash := maphash.Bytes(v.seed, term) >> 32
	mask := uint64(len(v.slots) - 1) //nolint:gosec // a length
	at := hash & mask
	for ; v.slots[at] != 0; at = (at + 1) & mask {
		if v.slots[at]>>32 == hash {
			if n := int(uint32(v.slots[at])) - 1; bytes.Equal(v.name(n), term) { //nolint:gosec // the lower half
				return n
			}
		}
	}
	n := len(v.ends)
	v.bytes = append(v.bytes, term...)
	v.ends = append(v.ends, uint32(len(v.bytes))) //nolint:gosec // memory ends before
	v.slots[at] = hash<<32 | uint64(n+1)
	if 4*n > 3*len(v.slots) {
		v.grow()
	}
	return n
}

func (v *vocabulary) grow() {
	slots := make([]uint64, 2*len(v.slots))
	mask := uint64(len(slots) - 1) //nolint:gosec // a length
	for _, slot := range v.slots {
		if slot == 0 {
			continue
		}
		at := slot >> 32 & mask
		for slots[at] != 0 {
			at = (at + 1) & mask
		}
		slots[at] = slot
	}
	v.slots = slots
}
