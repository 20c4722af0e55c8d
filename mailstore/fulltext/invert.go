package fulltext

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
	"unicode/utf8"

	"lifeboat/mailstore"
)

// Doc is a message as it goes into the index.
type Doc struct {
	ID      mailstore.MessageID
	Account mailstore.AccountID
	Letter  mailstore.Letter
}

// Batch is messages made ready for the index.
type Batch struct {
	parts []*part
}

// part is a segment that is not in the database yet.
type part struct {
	ids       []mailstore.MessageID // upwards; the place is the document's number
	groups    [][2][]byte
	directory []byte
}

// Prepare makes messages ready for the index. It needs no database: call it before
// the transaction begins, on as many goroutines as there are. Several hundred to a few
// thousand messages at once make the index quickest. Of two with one ID the later counts.
func Prepare(docs []Doc) *Batch {
	docs = slices.Clone(docs)
	slices.SortStableFunc(docs, func(a, b Doc) int { return cmp.Compare(a.ID, b.ID) })
	kept := docs[:0]
	for i, d := range docs {
		if i+1 == len(docs) || docs[i+1].ID != d.ID {
			kept = append(kept, d)
		}
	}
	b := &Batch{}
	for len(kept) > 0 {
		v := newInverter(room(kept))
		p := &part{}
		for len(p.ids) < len(kept) && len(p.ids) < partDocs && len(v.found) < partTerms {
			d := kept[len(p.ids)]
			v.doc, v.position = uint64(len(p.ids)), 0
			v.read(d)
			p.ids = append(p.ids, d.ID)
		}
		kept = kept[len(p.ids):]
		v.write(p)
		b.parts = append(b.parts, p)
	}
	return b
}

// room is about how many words letters have, so that memory is taken once.
func room(docs []Doc) (n int) {
	for i := range docs {
		n += 150 + len(docs[i].Letter.Text)/2
	}
	return n
}

// A part has no more documents than partDocs, and ends after partTerms words, which take 32
// octets of memory each while it is made.
const (
	partDocs  = 4096
	partTerms = 1 << 20
)

// An inverter turns documents with their words into words with their documents.
type inverter struct {
	doc      uint64
	position uint64
	terms    vocabulary
	signs    []int32  // by rune: the number of oneSign's term, plus 1
	last     []uint64 // by number: the document that had the term last, plus 1
	// found is every term of every document as it came: number<<40 | document<<24 |
	// position.
	found  []uint64
	folded []byte
	key    []byte
}

func newInverter(room int) *inverter {
	return &inverter{terms: newVocabulary(), signs: make([]int32, 1<<16), found: make([]uint64, 0, min(room, partTerms+partTerms/8))}
}

// furthest is the last position that counts in a document.
const furthest = 1<<24 - 1

// number is the term's number.
func (v *inverter) number(key []byte) int {
	n := v.terms.number(key)
	if n == len(v.last) {
		v.last = append(v.last, 0)
	}
	return n
}

// mark says that the document has the term, at no position.
func (v *inverter) mark(term string) {
	v.key = append(v.key[:0], term...)
	v.has(v.number(v.key))
}

func (v *inverter) has(number int) {
	if v.last[number] != v.doc+1 {
		v.last[number] = v.doc + 1
		v.found = append(v.found, uint64(number)<<40|v.doc<<24) //nolint:gosec // not negative
	}
}

// text takes in the words of a text, as ones that stand anywhere and ones of the fields.
func (v *inverter) text(text string, fields ...byte) {
	v.folded = fold(v.folded[:0], text)
	began := v.position
	terms(v.folded, v.anywhere)
	ended := v.position
	for _, field := range fields {
		if field == 0 || began == ended {
			continue
		}
		v.position = began
		terms(v.folded, func(term []byte, _, _ rune) {
			v.key = append(append(v.key[:0], field), term...)
			v.at(v.number(v.key))
		})
	}
	v.position = ended + 1
}

// anywhere takes in a term of a text.
func (v *inverter) anywhere(term []byte, first, _ rune) {
	v.key = append(append(v.key[:0], anywhere), term...)
	v.at(v.number(v.key))
	switch {
	case first == 0:
	case first >= 1<<16:
		v.mark(string(rune(oneSign)) + string(first))
	default: // most of what comes, and known by its rune
		if v.signs[first] == 0 {
			v.key = utf8.AppendRune(append(v.key[:0], oneSign), first)
			v.signs[first] = int32(v.number(v.key)) + 1 //nolint:gosec // memory ends before
		}
		v.has(int(v.signs[first]) - 1)
	}
}

// at says that the document has the term at the position, and goes to the next.
func (v *inverter) at(number int) {
	if v.position <= furthest {
		v.found = append(v.found, uint64(number)<<40|v.doc<<24|v.position) //nolint:gosec // not negative
	}
	v.position++
}

// hasPositions tells whether terms that begin so have positions.
func hasPositions(first byte) bool {
	switch first {
	case oneSign, ofAccount, attachment:
		return false
	}
	return true
}

// write makes the groups.
func (v *inverter) write(p *part) {
	sorted, starts := v.byTerm()
	w := groupWriter{docs: len(p.ids), write: func(postings, positions []byte) error {
		p.groups = append(p.groups, [2][]byte{slices.Clone(postings), slices.Clone(positions)})
		return nil
	}}
	var docs []uint16
	var positions []byte
	var ends []int // of each document's positions
	ended := func(i int) int {
		if i == 0 {
			return ends[0]
		}
		return ends[i] - ends[i-1]
	}
	where := make([][]byte, 1)
	for _, n := range v.order() {
		term := v.terms.name(n)
		entries := sorted[starts[n]:starts[n+1]]
		docs, positions, ends = docs[:0], positions[:0], ends[:0]
		if !hasPositions(term[0]) {
			for _, e := range entries {
				docs = append(docs, uint16(e>>24)) //nolint:gosec // the document
			}
			_ = w.add(term, docs, nil, nil) // writing into memory does not fail
			continue
		}
		next := uint64(0) // the least position that may come
		for i, e := range entries {
			step := (e&furthest - next) << 1
			next = e&furthest + 1
			last := i+1 == len(entries) || entries[i+1]>>24 != e>>24
			if last {
				step, next = step|1, 0
			}
			if step < 0x80 {
				positions = append(positions, byte(step))
			} else {
				positions = binary.AppendUvarint(positions, step)
			}
			if last {
				docs = append(docs, uint16(e>>24)) //nolint:gosec // the document
				ends = append(ends, len(positions))
			}
		}
		where[0] = positions
		_ = w.add(term, docs, where, ended)
	}
	_ = w.flush()
	p.directory = w.directory
}

// byTerm sorts what was found by term, and says where each begins; documents and
// positions of each stay in order.
func (v *inverter) byTerm() (sorted []uint64, starts []int) {
	starts = make([]int, v.terms.len()+1)
	for _, f := range v.found {
		starts[f>>40+1]++
	}
	for i := range v.terms.len() {
		starts[i+1] += starts[i]
	}
	next := slices.Clone(starts)
	sorted = make([]uint64, len(v.found))
	for _, f := range v.found {
		sorted[next[f>>40]] = f
		next[f>>40]++
	}
	return sorted, starts
}

// order returns the terms' numbers in the order of their bytes.
func (v *inverter) order() []int {
	type entry struct {
		begins uint64 // with these bytes
		number int
	}
	entries := make([]entry, v.terms.len())
	for i := range entries {
		var begins [8]byte
		copy(begins[:], v.terms.name(i))
		entries[i] = entry{binary.BigEndian.Uint64(begins[:]), i}
	}
	slices.SortFunc(entries, func(a, b entry) int {
		switch {
		case a.begins < b.begins:
			return -1
		case a.begins > b.begins:
			return 1
		}
		return bytes.Compare(v.terms.name(a.number), v.terms.name(b.number))
	})
	order := make([]int, len(entries))
	for i, e := range entries {
		order[i] = e.number
	}
	return order
}
