package widgets

import "math/bits"

// picks is a set of rows, a bit for each: all of 100,000 are in 13 KB.
type picks struct {
	words []uint64
	count int
}

const wordBits = 64

func (p *picks) has(i int) bool {
	return i >= 0 && i/wordBits < len(p.words) && p.words[i/wordBits]&(1<<(i%wordBits)) != 0
}

func (p *picks) set(i int, in bool) {
	if i < 0 || p.has(i) == in {
		return
	}
	for i/wordBits >= len(p.words) {
		p.words = append(p.words, 0)
	}
	p.words[i/wordBits] ^= 1 << (i % wordBits)
	if in {
		p.count++
	} else {
		p.count--
	}
}

func (p *picks) clear() {
	clear(p.words)
	p.count = 0
}

// cut takes out all rows from n on.
func (p *picks) cut(n int) {
	for _, i := range p.list() {
		if i >= n {
			p.set(i, false)
		}
	}
}

func (p *picks) first() int {
	for at, w := range p.words {
		if w != 0 {
			return at*wordBits + bits.TrailingZeros64(w)
		}
	}
	return none
}

// list is the rows in their order.
func (p *picks) list() []int {
	out := make([]int, 0, p.count)
	for at, w := range p.words {
		for ; w != 0; w &= w - 1 {
			out = append(out, at*wordBits+bits.TrailingZeros64(w))
		}
	}
	return out
}
