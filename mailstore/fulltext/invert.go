package fulltext

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"
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
		v := newInverter()
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
	numbers  map[string]uint32 // of the terms, plus 1
	pairs    map[uint64]uint32 // the same of signs that stand anywhere, by their runes
	signs    []uint32          // the same of single signs, by rune
	terms    []string          // by number
	last     []uint64          // by number: the document that had the term last, plus 1
	// found is every term of every document as it came: number<<40 | document<<24 |
	// position.
	found  []uint64
	folded []byte
	key    []byte
}

func newInverter() *inverter {
	return &inverter{numbers: make(map[string]uint32, 1<<13), pairs: make(map[uint64]uint32, 1<<13), signs: make([]uint32, 1<<16)}
}

// furthest is the last position that counts in a document.
const furthest = 1<<24 - 1

// number is the term's number plus 1.
func (v *inverter) number(key []byte) uint32 {
	n := v.numbers[string(key)]
	if n == 0 {
		n = v.name(key)
		v.numbers[v.terms[n-1]] = n
	}
	return n
}

// name gives a term a number.
func (v *inverter) name(key []byte) uint32 {
	v.terms = append(v.terms, string(key))
	v.last = append(v.last, 0)
	return uint32(len(v.terms)) //nolint:gosec // memory ends before
}

// mark says that the document has the term, at no position.
func (v *inverter) mark(term string) {
	v.key = append(v.key[:0], term...)
	v.has(v.number(v.key))
}

func (v *inverter) has(number uint32) {
	if v.last[number-1] != v.doc+1 {
		v.last[number-1] = v.doc + 1
		v.found = append(v.found, uint64(number-1)<<40|v.doc<<24)
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

// anywhere takes in a term of a text. Of signs there are most, and they are told apart
// quickest by their runes.
func (v *inverter) anywhere(term []byte, first, second rune) {
	v.key = append(append(v.key[:0], anywhere), term...)
	if first == 0 {
		v.at(v.number(v.key))
		return
	}
	runes := uint64(first)<<32 | uint64(second) //nolint:gosec // runes of a valid text
	n := v.pairs[runes]
	if n == 0 {
		n = v.name(v.key)
		v.pairs[runes] = n
	}
	v.at(n)
	if first >= 1<<16 {
		v.mark(string(rune(oneSign)) + string(first))
		return
	}
	n = v.signs[first]
	if n == 0 {
		v.key = utf8.AppendRune(append(v.key[:0], oneSign), first)
		n = v.name(v.key)
		v.signs[first] = n
	}
	v.has(n)
}

// at says that the document has the term at the position, and goes to the next.
func (v *inverter) at(number uint32) {
	if v.position <= furthest {
		v.found = append(v.found, uint64(number-1)<<40|v.doc<<24|v.position)
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
	var where [][]byte
	for _, n := range v.order() {
		docs, positions, ends, where = docs[:0], positions[:0], ends[:0], where[:0]
		entries := sorted[starts[n]:starts[n+1]]
		plain := hasPositions(v.terms[n][0])
		next := uint64(0) // the least position that may come
		for i, e := range entries {
			doc := uint16(e >> 24) //nolint:gosec // the document
			last := i+1 == len(entries) || entries[i+1]>>24 != e>>24
			if last {
				docs = append(docs, doc)
			}
			if !plain {
				continue
			}
			step := (e&furthest - next) << 1
			next = e&furthest + 1
			if last {
				step, next = step|1, 0
			}
			positions = binary.AppendUvarint(positions, step)
			if last {
				ends = append(ends, len(positions))
			}
		}
		from := 0
		for _, end := range ends {
			where = append(where, positions[from:end])
			from = end
		}
		_ = w.add([]byte(v.terms[n]), docs, where) // writing into memory does not fail
	}
	_ = w.flush()
	p.directory = w.directory
}

// byTerm sorts what was found by term, and says where each begins; documents and
// positions of each stay in order.
func (v *inverter) byTerm() (sorted []uint64, starts []int) {
	starts = make([]int, len(v.terms)+1)
	for _, f := range v.found {
		starts[f>>40+1]++
	}
	for i := range v.terms {
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
func (v *inverter) order() []uint32 {
	type entry struct {
		begins uint64 // with these bytes
		number uint32
	}
	entries := make([]entry, len(v.terms))
	for i, term := range v.terms {
		var begins [8]byte
		copy(begins[:], term)
		entries[i] = entry{binary.BigEndian.Uint64(begins[:]), uint32(i)}
	}
	slices.SortFunc(entries, func(a, b entry) int {
		switch {
		case a.begins < b.begins:
			return -1
		case a.begins > b.begins:
			return 1
		}
		return strings.Compare(v.terms[a.number], v.terms[b.number])
	})
	order := make([]uint32, len(entries))
	for i, e := range entries {
		order[i] = e.number
	}
	return order
}
