package fulltext

import (
	"bytes"
	"slices"
	"sort"
	"strings"
)

// phrase is terms of the index that follow each other.
type phrase struct{ slots []slot }

// slot is a term, or all terms that begin so.
type slot struct {
	term   string // with the letter of what it is about
	prefix bool
}

// found is a term as one segment has it.
type found struct {
	posting
	group int
}

// place is a slot as one segment has it.
type place struct {
	terms []found
	count int    // of all of them together
	docs  bitmap // that have one of them
}

// phrase returns which of the documents have a phrase.
func (s *search) phrase(p phrase, among bitmap) (bitmap, error) {
	if len(p.slots) == 0 {
		return newBitmap(len(s.ids)), nil
	}
	out := among.clone()
	places := make([]*place, len(p.slots))
	for i, slot := range p.slots {
		var err error
		if places[i], err = s.place(slot); err != nil {
			return nil, err
		}
		if out.and(places[i].docs); out.empty() {
			return out, nil
		}
	}
	if len(p.slots) == 1 {
		return out, nil
	}
	return s.follow(places, out)
}

// place finds a slot in the segment, or remembers it.
func (s *search) place(want slot) (*place, error) {
	if known := s.places[want]; known != nil {
		return known, nil
	}
	terms, err := s.lookup(want)
	if err != nil {
		return nil, err
	}
	p := &place{terms: terms, docs: newBitmap(len(s.ids))}
	for i := range terms {
		p.count += terms[i].count
		if err := terms[i].addTo(p.docs, len(s.ids)); err != nil {
			return nil, err
		}
	}
	s.places[want] = p
	return p, nil
}

// follow keeps the documents in which the terms really follow each other. It begins with
// the rarest, and looks at the others only where something is left.
func (s *search) follow(places []*place, among bitmap) (bitmap, error) {
	order := make([]int, len(places))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return places[a].count - places[b].count })
	var left []uint64 // where the phrase may begin, as document<<32 | position
	for n, i := range order {
		keys, err := s.keys(places[i].terms, among, i)
		if err != nil {
			return nil, err
		}
		if n == 0 {
			left = keys
		} else {
			left = intersect(left, keys)
		}
		among = newBitmap(len(s.ids))
		for _, key := range left {
			among.set(int(key >> 32))
		}
		if len(left) == 0 {
			break
		}
	}
	return among, nil
}

// keys collects where a slot's terms stand in the documents, less the slot's distance
// from the phrase's beginning, upwards.
func (s *search) keys(terms []found, among bitmap, shift int) (keys []uint64, err error) {
	first, last := among.next(0), among.before(len(s.ids))
	var docs []uint16
	for i := range terms {
		t := &terms[i]
		row, err := s.positionsOf(t.group)
		if err != nil {
			return nil, err
		}
		if docs, err = t.list(docs[:0], len(s.ids)); err != nil {
			return nil, err
		}
		at, err := t.positions(row, len(s.ids), first)
		if err != nil {
			return nil, err
		}
		begin := 0
		if t.count >= stride {
			begin, _ = slices.BinarySearch(docs, uint16(first/stride*stride)) //nolint:gosec // a document
		}
		for _, doc := range docs[begin:] {
			if int(doc) > last {
				break
			}
			if among.has(int(doc)) {
				keys, at, err = appendPositions(keys, row, at, int(doc), shift)
			} else {
				at, err = skipPositions(row, at)
			}
			if err != nil {
				return nil, err
			}
		}
	}
	if len(terms) > 1 {
		slices.Sort(keys)
	}
	return keys, nil
}

// positionsOf reads a group's second row, or remembers it.
func (s *search) positionsOf(group int) (row []byte, err error) {
	row, known := s.seconds[group]
	if !known {
		if row, err = s.read.positions(s.segment.id, group); err != nil {
			return nil, err
		}
		s.seconds[group] = row
	}
	return row, nil
}

// intersect keeps of a, in place, what is in b too. Both go upwards.
func intersect(a, b []uint64) []uint64 {
	out := a[:0]
	k := 0
	for _, key := range a {
		for k < len(b) && b[k] < key {
			k++
		}
		if k == len(b) {
			break
		}
		if b[k] == key {
			out = append(out, key)
		}
	}
	return out
}

// lookup finds a slot's terms in the segment.
func (s *search) lookup(want slot) (all []found, err error) {
	term := []byte(want.term)
	group := max(0, sort.Search(len(s.firsts), func(i int) bool { return s.firsts[i] > want.term })-1)
	for ; group < len(s.firsts); group++ {
		if first := s.firsts[group]; first > want.term && (!want.prefix || !strings.HasPrefix(first, want.term)) {
			break
		}
		row := s.rows[group]
		if row == nil {
			if row, err = s.read.postings(s.segment.id, group); err != nil {
				return nil, err
			}
			s.rows[group] = row
		}
		reader := groupReader{row: row}
		f := found{group: group}
		for {
			ok, err := reader.next(&f.posting)
			if err != nil {
				return nil, err
			}
			if !ok {
				break
			}
			order := bytes.Compare(f.term, term)
			if order == 0 || order > 0 && want.prefix && bytes.HasPrefix(f.term, term) {
				all = append(all, f)
			} else if order > 0 {
				return all, nil
			}
		}
		if !want.prefix && len(all) > 0 {
			break
		}
	}
	return all, nil
}
