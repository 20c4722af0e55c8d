package keys

import (
	"strings"

	"lifeboat/mailstore"
)

// A recovery code is 27 random symbols of 5 bits and 3 symbols computed from them, a
// Reed-Solomon code over GF(32): any two mistakes are noticed for certain, others but
// for one in 32,768, and of a single one it is known where it is.
const (
	codeData   = 27
	codeCheck  = 3
	codeLen    = codeData + codeCheck
	groupLen   = 5
	fieldOrder = 31 // of the powers of 2 in GF(32)
)

// symbols are Crockford's base 32: no I, L, O, U.
const symbols = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// recoveryCode holds values of symbols.
type recoveryCode [codeLen]byte

// field has the powers of 2 in GF(32) modulo x^5+x^2+1, and their logarithms.
type field struct{ exp, log [32]byte }

func newField() (f field) {
	x := byte(1)
	for i := range byte(fieldOrder) {
		f.exp[i], f.log[x] = x, i
		x <<= 1
		if x&32 != 0 {
			x ^= 0b100101
		}
	}
	return f
}

// times multiplies by a power of 2.
func (f *field) times(a byte, power int) byte {
	if a == 0 {
		return 0
	}
	return f.exp[(int(f.log[a])+power)%fieldOrder]
}

// syndromes evaluates the code as a polynomial, its first symbol being of the highest
// degree, at 2, 4 and 8. They are zero for a code without mistakes.
func (c *recoveryCode) syndromes(f *field) (s [codeCheck]byte) {
	for i := range s {
		for _, v := range c {
			s[i] = f.times(s[i], i+1) ^ v
		}
	}
	return s
}

func newCode() (recoveryCode, error) {
	var c recoveryCode
	if err := random(c[:codeData]); err != nil {
		return c, err
	}
	for i := range c {
		c[i] &= 31
	}
	c.complete()
	return c, nil
}

// complete computes the last symbols: the remainder of a division by
// (x-2)(x-4)(x-8).
func (c *recoveryCode) complete() {
	f := newField()
	generator := [codeCheck + 1]byte{1}
	for i := range codeCheck {
		for j := i + 1; j > 0; j-- {
			generator[j] ^= f.times(generator[j-1], i+1)
		}
	}
	clear(c[codeData:])
	rest := *c
	for i := range codeData {
		if rest[i] != 0 {
			power := int(f.log[rest[i]])
			for j, g := range generator {
				rest[i+j] ^= f.times(g, power)
			}
		}
	}
	copy(c[codeData:], rest[codeData:])
}

// String is the code in groups of five.
func (c recoveryCode) String() string {
	var b strings.Builder
	for i, v := range c {
		if i > 0 && i%groupLen == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(symbols[v])
	}
	return b.String()
}

// secret is what the code opens a slot with. It is long enough not to be stretched.
func (c recoveryCode) secret(salt []byte) [Size]byte {
	return derive(c[:codeData], salt, "lifeboat slot recovery")
}

// parseCode reads what a person typed: letters of either case and width, with or
// without spaces and hyphens, O for 0 and I or L for 1. A mistake is told as one.
func parseCode(text string) (recoveryCode, error) {
	var c recoveryCode
	n := 0
	for _, r := range text {
		if r >= '！' && r <= '～' { // full width
			r -= '！' - '!'
		}
		switch {
		case strings.ContainsRune(" \t\r\n\u00A0\u3000-_.,\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u30FC", r):
			continue
		case r == 'o' || r == 'O':
			r = '0'
		case strings.ContainsRune("iIlL", r):
			r = '1'
		case r >= 'a' && r <= 'z':
			r -= 'a' - 'A'
		}
		v := strings.IndexRune(symbols, r)
		if v < 0 {
			return c, mailstore.Fail(mailstore.ErrInvalid, "The recovery code has no “{character}” in it. Compare what you typed with the paper.", "character", string(r))
		}
		if n < codeLen {
			c[n] = byte(v) //nolint:gosec // below 32
		}
		n++
	}
	if n != codeLen {
		return c, mailstore.Fail(mailstore.ErrInvalid, "The recovery code has {right} letters and digits, and you typed {count}. Compare what you typed with the paper.",
			"right", codeLen, "count", n)
	}
	f := newField()
	s := c.syndromes(&f)
	if s == [codeCheck]byte{} {
		return c, nil
	}
	if at, ok := oneMistake(&f, s); ok {
		return c, mailstore.Fail(mailstore.ErrInvalid, "There is a mistake in the recovery code, most likely in group {group}. Compare what you typed with the paper.",
			"group", at/groupLen+1)
	}
	return c, mailstore.Fail(mailstore.ErrInvalid, "There is a mistake in the recovery code. Compare what you typed with the paper.")
}

// oneMistake finds the place of a mistake if there is one alone: then each syndrome
// is the one before times the same power of 2.
func oneMistake(f *field, s [codeCheck]byte) (at int, ok bool) {
	if s[0] == 0 || s[1] == 0 || s[2] == 0 {
		return 0, false
	}
	step := (int(f.log[s[1]]) - int(f.log[s[0]]) + fieldOrder) % fieldOrder
	if f.times(s[1], step) != s[2] || step >= codeLen {
		return 0, false
	}
	return codeLen - 1 - step, true
}
