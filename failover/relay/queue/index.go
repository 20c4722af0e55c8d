package queue

import "slices"

// index has the messages in the queue by their keys, in pieces, so that one that leaves
// does not move all the others.
type index struct {
	pieces [][]*entry // none is empty
	count  int
}

const pieceLen = 512

// find returns where an entry is, or would be.
func (x *index) find(k key) (piece, i int, ok bool) {
	piece, ok = slices.BinarySearchFunc(x.pieces, k, func(p []*entry, k key) int { return p[0].key.compare(k) })
	if ok {
		return piece, 0, true
	}
	if piece--; piece < 0 {
		return 0, 0, false
	}
	i, ok = slices.BinarySearchFunc(x.pieces[piece], k, func(e *entry, k key) int { return e.key.compare(k) })
	return piece, i, ok
}

func (x *index) get(k key) *entry {
	if p, i, ok := x.find(k); ok {
		return x.pieces[p][i]
	}
	return nil
}

// add puts in an entry that is newer than all.
func (x *index) add(e *entry) {
	n := len(x.pieces) - 1
	if n < 0 || len(x.pieces[n]) == pieceLen {
		x.pieces = append(x.pieces, nil)
		n++
	}
	x.pieces[n] = append(x.pieces[n], e)
	x.count++
}

// replace puts an entry in the place of the one with its key.
func (x *index) replace(e *entry) {
	if p, i, ok := x.find(e.key); ok {
		x.pieces[p][i] = e
	}
}

func (x *index) remove(k key) {
	p, i, ok := x.find(k)
	if !ok {
		return
	}
	x.count--
	if x.pieces[p] = slices.Delete(x.pieces[p], i, i+1); len(x.pieces[p]) == 0 {
		x.pieces = slices.Delete(x.pieces, p, p+1)
	}
}

// after appends to dst the entries that follow a key, at most as many as dst has room for.
func (x *index) after(k key, dst []*entry) []*entry {
	p, i, ok := x.find(k)
	if ok {
		i++
	}
	for ; p < len(x.pieces) && len(dst) < cap(dst); p, i = p+1, 0 {
		if i < len(x.pieces[p]) {
			dst = append(dst, x.pieces[p][i:min(len(x.pieces[p]), i+cap(dst)-len(dst))]...)
		}
	}
	return dst
}
