package segment

import (
	"encoding/binary"
	"math"

	"lifeboat/mailstore"
)

// refMark is how much of a frame's mark a Ref holds.
const refMark = 8

// Ref is where a body lies. The zero Ref is nowhere.
type Ref struct {
	segment uint64
	offset  int64
	length  int64 // of the frame to read first
	stored  int64 // of all frames of the body
	mark    [refMark]byte
}

// Segment is the number of the segment that the body lies in.
func (r Ref) Segment() uint64 { return r.segment }

// Stored is how many bytes of the segment the body takes.
func (r Ref) Stored() int64 { return r.stored }

// IsZero reports whether it refers to nothing.
func (r Ref) IsZero() bool { return r.segment == 0 }

// Forms of a Ref in bytes: numbers as in [binary.AppendUvarint], then the mark.
const (
	oneFrame   = 1 // segment, offset, length
	manyFrames = 2 // segment, offset, length, stored
)

// Marshal returns it as bytes to be kept: about 17 for a message of one frame, some
// more for a longer one.
func (r Ref) Marshal() []byte {
	form := byte(oneFrame)
	if r.stored != r.length {
		form = manyFrames
	}
	out := append(make([]byte, 0, 24), form)
	out = binary.AppendUvarint(out, r.segment)
	out = binary.AppendUvarint(out, uint64(r.offset)) //nolint:gosec // never negative
	out = binary.AppendUvarint(out, uint64(r.length)) //nolint:gosec // never negative
	if form == manyFrames {
		out = binary.AppendUvarint(out, uint64(r.stored)) //nolint:gosec // never negative
	}
	return append(out, r.mark[:]...)
}

// Unmarshal reads what [Ref.Marshal] wrote. The error is ErrDamaged.
func (r *Ref) Unmarshal(b []byte) error {
	damaged := mailstore.Fail(mailstore.ErrDamaged, "The note of where a message lies is damaged. Run: lifeboat mail verify.")
	if len(b) == 0 || b[0] != oneFrame && b[0] != manyFrames {
		return damaged
	}
	var numbers []uint64
	rest := b[1:]
	for range 2 + int(b[0]) {
		v, n := binary.Uvarint(rest)
		if n <= 0 || v > math.MaxInt64 {
			return damaged
		}
		numbers, rest = append(numbers, v), rest[n:]
	}
	if b[0] == oneFrame {
		numbers = append(numbers, numbers[2]) // its frame is all that is stored
	}
	got := Ref{segment: numbers[0], offset: int64(numbers[1]), length: int64(numbers[2]), stored: int64(numbers[3])} //nolint:gosec // bounded above
	if len(rest) != refMark || got.segment == 0 || got.offset < framesFrom || got.length < frameHead+tagLen || got.length > maxFrameLen ||
		got.stored < got.length || b[0] == manyFrames && got.stored == got.length {
		return damaged
	}
	copy(got.mark[:], rest)
	if string(got.Marshal()) != string(b) { // a number may be written in more bytes than it needs
		return damaged
	}
	*r = got
	return nil
}
