package fulltext

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"
	"math/bits"
)

// A segment's terms lie in groups, in the order of their bytes. A group is two rows of the
// database: for each term the documents that have it, and apart from them, since most
// searches need only the first, where in each document it stands.
//
// The first row is a sequence of
//
//	shared    uvarint  so many bytes as in the term before, none for the group's first
//	rest      uvarint, and so many bytes: the rest of the term
//	count     uvarint  documents that have it
//	form      uvarint  length of the documents, doubled; plus 1 for a bitmap
//	where     uvarint  length of the positions, in the second row
//	documents          a bitmap, or each as uvarint, as the distance from the one before
//
// The second row has for each term and each document of it the positions, as
// distances from the one before, doubled, plus 1 for the document's last. Terms that only
// say what a document has, wherever it stands, have none. Before the positions of a term
// that many documents have, it is said how long those of each 1,024 documents are, as
// uvarints, so that a search for the newest can begin at the end.
//
// Each row ends in the CRC-32C of what is before it: the database's encryption hides, but
// doesn't notice a flipped bit.
const (
	groupSize = 24 << 10 // octets of both rows after which a group ends
	// stride is of how many documents' positions the length is told, and how many
	// documents a term must have for that.
	stride = 1 << 10
	// most is how many documents a segment may have. Bitmaps of a segment are 8 KiB then.
	most = 1 << 16
)

// errDamaged is why a row cannot be believed; it becomes a sentence further up.
var errDamaged = errors.New("fulltext: a row of the index is not what was written")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func seal(row []byte) []byte {
	return binary.LittleEndian.AppendUint32(row, crc32.Checksum(row, castagnoli))
}

func unseal(row []byte) ([]byte, error) {
	if len(row) < 4 {
		return nil, errDamaged
	}
	body := row[:len(row)-4]
	if crc32.Checksum(body, castagnoli) != binary.LittleEndian.Uint32(row[len(body):]) {
		return nil, errDamaged
	}
	return body, nil
}

// posting is a term of a group.
type posting struct {
	term   []byte // valid until the next one is read
	count  int
	bitmap bool
	docs   []byte
	from   int // where its positions begin in the second row
	where  int // and how long they are
}

// groupReader reads the terms of a group's first row, one after the other.
type groupReader struct {
	row  []byte
	at   int
	term []byte
	pos  int // where the next term's positions begin
}

// next reads a term; ok is false at the end.
func (g *groupReader) next(p *posting) (ok bool, err error) {
	row, at := g.row, g.at
	if at == len(row) {
		return false, nil
	}
	shared, at := uvarint(row, at)
	rest, at := uvarint(row, at)
	if at < 0 || rest > len(row)-at || shared > len(g.term) {
		return false, errDamaged
	}
	g.term = append(g.term[:shared], row[at:at+rest]...)
	count, at := uvarint(row, at+rest)
	form, at := uvarint(row, at)
	where, at := uvarint(row, at)
	if at < 0 || form>>1 > len(row)-at {
		return false, errDamaged
	}
	g.at = at + form>>1
	*p = posting{term: g.term, count: count, bitmap: form&1 == 1, docs: row[at:g.at], from: g.pos, where: where}
	g.pos += where
	return true, nil
}

// uvarint reads a number and returns where the next begins. After an error, which is a
// next below 0, it may be called on.
func uvarint(row []byte, at int) (v, next int) {
	if uint(at) < uint(len(row)) && row[at] < 0x80 {
		return int(row[at]), at + 1
	}
	return longUvarint(row, at)
}

func longUvarint(row []byte, at int) (v, next int) {
	if at < 0 || at > len(row) {
		return 0, -1
	}
	u, n := binary.Uvarint(row[at:])
	if n <= 0 || u > math.MaxInt32 {
		return 0, -1
	}
	return int(u), at + n
}

// list appends the term's documents, upwards.
func (p *posting) list(to []uint16, docs int) ([]uint16, error) {
	if p.bitmap {
		b := newBitmap(docs)
		if !b.load(p.docs) {
			return nil, errDamaged
		}
		for i, word := range b {
			for ; word != 0; word &= word - 1 {
				to = append(to, uint16(i<<6+bits.TrailingZeros64(word))) //nolint:gosec // less than most
			}
		}
		return to, nil
	}
	doc := -1
	for at := 0; at < len(p.docs); {
		step := int(p.docs[at])
		at++
		if step >= 0x80 {
			v, n := binary.Uvarint(p.docs[at-1:])
			if n <= 0 || v > most {
				return nil, errDamaged
			}
			step = int(v)
			at += n - 1
		}
		if doc += step + 1; doc >= docs {
			return nil, errDamaged
		}
		to = append(to, uint16(doc)) //nolint:gosec // less than most
	}
	return to, nil
}

// addTo adds the term's documents to a set.
func (p *posting) addTo(set bitmap, docs int) error {
	if p.bitmap {
		b := newBitmap(docs)
		if !b.load(p.docs) {
			return errDamaged
		}
		set.or(b)
		return nil
	}
	doc := -1
	for at := 0; at < len(p.docs); {
		step := int(p.docs[at])
		at++
		if step >= 0x80 {
			v, n := binary.Uvarint(p.docs[at-1:])
			if n <= 0 || v > most {
				return errDamaged
			}
			step = int(v)
			at += n - 1
		}
		if doc += step + 1; doc >= docs {
			return errDamaged
		}
		set.set(doc)
	}
	return nil
}

// strides is how many times the length of positions is told for a term.
func strides(count, docs int) int {
	if count < stride {
		return 0
	}
	return (docs + stride - 1) / stride
}

// positions returns where in the second row the positions of the term's documents begin,
// of those from the stride on that first is in.
func (p *posting) positions(row []byte, docs, first int) (at int, err error) {
	at = p.from
	skip := 0
	for i := range strides(p.count, docs) {
		if at > len(row) {
			return 0, errDamaged
		}
		v, n := binary.Uvarint(row[at:])
		if n <= 0 || v > uint64(len(row)) {
			return 0, errDamaged
		}
		at += n
		if i < first/stride {
			skip += int(v) //nolint:gosec // not longer than the row
		}
	}
	return at + skip, nil
}

// skipPositions returns where the positions of the document that begin at at end.
func skipPositions(row []byte, at int) (int, error) {
	for at < len(row) {
		last := row[at]&1 == 1
		for row[at] >= 0x80 {
			if at++; at == len(row) {
				return 0, errDamaged
			}
		}
		at++
		if last {
			return at, nil
		}
	}
	return 0, errDamaged
}

// appendPositions adds a document's positions, as doc<<32 + position - shift, to keys.
func appendPositions(keys []uint64, row []byte, at, doc, shift int) ([]uint64, int, error) {
	position := -1
	for at < len(row) {
		v := uint64(row[at])
		n := 1
		if v >= 0x80 {
			if v, n = binary.Uvarint(row[at:]); n <= 0 || v>>1 > math.MaxInt32 {
				return nil, 0, errDamaged
			}
		}
		at += n
		position += int(v>>1) + 1
		if position >= shift {
			keys = append(keys, uint64(doc)<<32|uint64(position-shift)) //nolint:gosec // neither is negative
		}
		if v&1 == 1 {
			return keys, at, nil
		}
	}
	return nil, 0, errDamaged
}

// groupWriter writes the groups of a segment.
type groupWriter struct {
	docs      int // of the segment
	write     func(postings, positions []byte) error
	directory []byte // the first term of each group: length and bytes
	groups    int

	postings, positions []byte
	last                []byte // term
	first               []byte // term of this group
	scratch, lengths    []byte
}

// add writes a term with its documents and, one after the other in any number of pieces,
// the positions of each: terms in order, and documents upwards. length tells how many octets of
// them are the i-th document's; it is nil for a term without positions.
func (w *groupWriter) add(term []byte, docs []uint16, where [][]byte, length func(i int) int) error {
	w.lengths = w.lengths[:0]
	if n := strides(len(docs), w.docs); n > 0 && length != nil {
		lengths := make([]int, n)
		for i, doc := range docs {
			lengths[doc/stride] += length(i)
		}
		for _, n := range lengths {
			w.lengths = binary.AppendUvarint(w.lengths, uint64(n)) //nolint:gosec // a length
		}
	}
	size := len(w.lengths)
	for _, part := range where {
		size += len(part)
	}
	w.scratch = w.scratch[:0]
	form := 0
	if len(docs)*8 > w.docs {
		set := newBitmap(w.docs)
		for _, doc := range docs {
			set.set(int(doc))
		}
		w.scratch, form = set.marshal(), 1
	} else {
		last := -1
		for _, doc := range docs {
			w.scratch = binary.AppendUvarint(w.scratch, uint64(int(doc)-last-1)) //nolint:gosec // they go upwards
			last = int(doc)
		}
	}
	if full := len(w.postings) + len(w.positions); full > 0 && full+len(w.scratch)+size > groupSize {
		if err := w.flush(); err != nil {
			return err
		}
	}
	shared := 0
	if len(w.postings) == 0 {
		w.first = append(w.first[:0], term...)
	} else {
		for shared < len(term) && shared < len(w.last) && term[shared] == w.last[shared] {
			shared++
		}
	}
	w.last = append(w.last[:0], term...)
	for _, n := range []int{shared, len(term) - shared} {
		w.postings = binary.AppendUvarint(w.postings, uint64(n)) //nolint:gosec // a length
	}
	w.postings = append(w.postings, term[shared:]...)
	for _, n := range []int{len(docs), len(w.scratch)<<1 | form, size} {
		w.postings = binary.AppendUvarint(w.postings, uint64(n)) //nolint:gosec // a length
	}
	w.postings = append(w.postings, w.scratch...)
	w.positions = append(w.positions, w.lengths...)
	for _, part := range where {
		w.positions = append(w.positions, part...)
	}
	return nil
}

// flush ends the group.
func (w *groupWriter) flush() error {
	if len(w.postings) == 0 {
		return nil
	}
	w.directory = binary.AppendUvarint(w.directory, uint64(len(w.first)))
	w.directory = append(w.directory, w.first...)
	w.groups++
	var positions []byte
	if len(w.positions) > 0 {
		positions = seal(w.positions)
	}
	err := w.write(seal(w.postings), positions)
	w.postings, w.positions = w.postings[:0], w.positions[:0]
	return err
}

// readDirectory splits a directory into the first terms of the groups.
func readDirectory(row []byte) (firsts []string, err error) {
	for len(row) > 0 {
		v, n := binary.Uvarint(row)
		if n <= 0 || v > uint64(len(row)-n) { //nolint:gosec // a length
			return nil, errDamaged
		}
		end := n + int(v) //nolint:gosec // not longer than the row
		firsts = append(firsts, string(row[n:end]))
		row = row[end:]
	}
	return firsts, nil
}
