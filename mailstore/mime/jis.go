package mime

import (
	"bytes"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// has2022 reports whether a text has the escape sequences of ISO 2022 that mail uses.
func has2022(raw []byte) bool {
	for rest := raw; ; {
		at := bytes.IndexByte(rest, 0x1b)
		if at < 0 || at+2 >= len(rest) {
			return false
		}
		if _, length := escape(rest[at:]); length > 0 {
			return true
		}
		rest = rest[at+1:]
	}
}

// The sets of characters that ISO 2022 switches between.
type set int

const (
	ascii   set = iota
	kana        // JIS X 0201, its katakana in 7 bits
	jis0208     // with what NEC and IBM added
	jis0212
	ksc5601
	gb2312
)

// escape reads an escape sequence and returns its length, 0 where it is none. They
// are those of RFC 1468, RFC 2237, RFC 1554 and RFC 1557, and those of JIS X 0213,
// whose first plane is read as JIS X 0208.
func escape(raw []byte) (set, int) {
	for _, e := range []struct {
		text string
		set  set
	}{
		{"\x1b(B", ascii}, {"\x1b(J", ascii}, {"\x1b(H", ascii}, {"\x1b(I", kana}, {"\x1b$@", jis0208}, {"\x1b$B", jis0208},
		{"\x1b$(@", jis0208}, {"\x1b$(B", jis0208}, {"\x1b$(D", jis0212}, {"\x1b$(O", jis0208}, {"\x1b$(Q", jis0208}, {"\x1b$(P", jis0212},
		{"\x1b$A", gb2312}, {"\x1b$(A", gb2312}, {"\x1b$(C", ksc5601}, {"\x1b$)C", ksc5601}, {"\x1b$)A", gb2312}, {"\x1b&@", -1}, {"\x1b.A", -1}, {"\x1bN", -1},
	} {
		if bytes.HasPrefix(raw, []byte(e.text)) {
			return e.set, len(e.text)
		}
	}
	return ascii, 0
}

// decode2022 decodes ISO-2022-JP as it is found in life: with half-width katakana in
// 7 or 8 bits (CP50220, CP50221, CP50222 with its shifts), NEC's and IBM's characters,
// JIS X 0212, line ends in the midst of Japanese, escape sequences that are cut off,
// Shift_JIS between them; also ISO-2022-KR.
func decode2022(raw []byte) string {
	d := decoder2022{raw: raw}
	if bytes.Contains(raw, []byte("\x1b$)C")) || bytes.Contains(raw, []byte("\x1b$)A")) {
		d.shifted = ksc5601 // what SO brings; ESC names it, and leaves ASCII in force
	} else {
		d.shifted = kana
	}
	for d.at < len(raw) {
		d.step()
	}
	d.flush()
	return d.out.String()
}

type decoder2022 struct {
	raw     []byte
	at      int
	out     strings.Builder
	set     set
	shifted set // what SO (0x0E) stands for
	shift   bool
	pending []byte // octets of one set that are not decoded yet
	as      set
}

func (d *decoder2022) step() {
	b := d.raw[d.at]
	switch b {
	case 0x1b:
		s, length := escape(d.raw[d.at:])
		switch {
		case length == 0: // cut off: nothing can be read of it
			d.at++
			d.set = ascii // most often it is the way back
			for d.at < len(d.raw) && d.at < len(d.raw)-2 && bytes.IndexByte([]byte("$(&."), d.raw[d.at]) >= 0 {
				d.at++
			}
			if d.at >= len(d.raw)-2 && d.at < len(d.raw) && d.raw[d.at] == '$' {
				d.at = len(d.raw)
			}
			return
		case length == 4 && d.raw[d.at+2] == ')':
			d.shifted = s
		case s >= 0:
			d.set = s
		}
		d.at += length
	case 0x0e, 0x0f:
		d.shift = b == 0x0e
		d.at++
	case '\n', '\r':
		d.set, d.shift = ascii, false // RFC 1468: a line ends in ASCII
		d.put(ascii, d.raw[d.at:d.at+1])
		d.at++
	default:
		d.character(b)
	}
}

// character takes one character of the set in force.
func (d *decoder2022) character(b byte) {
	s := d.set
	if d.shift {
		s = d.shifted
	}
	size := 2
	switch {
	case b >= 0x80:
		d.foreign(b)
		return
	case s == ascii || b <= ' ':
		s, size = ascii, 1
	case s == kana:
		size = 1
	case d.at+1 >= len(d.raw) || d.raw[d.at+1] <= ' ' || d.raw[d.at+1] >= 0x7f:
		d.at++ // half a character
		return
	}
	d.put(s, d.raw[d.at:d.at+size])
	d.at += size
}

// foreign takes an octet of 8 bits, which has no place there: half-width katakana,
// or the first half of a character in Shift_JIS or UTF-8.
func (d *decoder2022) foreign(b byte) {
	if r, size := utf8.DecodeRune(d.raw[d.at:]); r != utf8.RuneError && size >= 3 {
		d.flush()
		d.out.WriteRune(r)
		d.at += size
		return
	}
	size := 1
	if (b < 0xa0 || b >= 0xe0) && d.at+1 < len(d.raw) && d.raw[d.at+1] >= 0x40 {
		size = 2
	}
	d.flush()
	text, _ := decodeWith(japanese.ShiftJIS, d.raw[d.at:d.at+size])
	d.out.WriteString(text)
	d.at += size
}

func (d *decoder2022) put(s set, octets []byte) {
	if s != d.as {
		d.flush()
		d.as = s
	}
	for _, b := range octets {
		switch s {
		case ascii:
			d.pending = append(d.pending, b)
		case kana:
			d.pending = append(d.pending, 0x8e, b|0x80)
		default:
			d.pending = append(d.pending, b|0x80)
		}
	}
}

// flush decodes what is pending: EUC is ISO 2022 with the eighth bit set.
func (d *decoder2022) flush() {
	raw := d.pending
	if len(raw) == 0 {
		return
	}
	var text string
	switch d.as {
	case ascii:
		text = string(raw)
	case ksc5601:
		text, _ = decodeWith(korean.EUCKR, raw)
	case gb2312:
		text, _ = decodeWith(simplifiedchinese.GBK, raw)
	case jis0212:
		three := make([]byte, 0, len(raw)*3/2)
		for i := 0; i+1 < len(raw); i += 2 {
			three = append(three, 0x8f, raw[i], raw[i+1])
		}
		text, _ = decodeWith(japanese.EUCJP, three)
	case jis0208, kana:
		text, _ = decodeWith(japanese.EUCJP, raw)
	}
	d.out.WriteString(text)
	d.pending = d.pending[:0]
}

// halfWidthOnly reports whether octets of 8 bits are all half-width katakana.
func halfWidthOnly(raw []byte) bool {
	for _, b := range raw {
		if b >= 0x80 && (b < 0xa1 || b > 0xdf) {
			return false
		}
	}
	return true
}

// looksLikeUTF16 reports whether a text has the zeros that UTF-16 has wherever it
// writes ASCII, at even or at odd places, or the high octets of kana.
func looksLikeUTF16(raw []byte) bool {
	if len(raw) < 2 {
		return false
	}
	even, odd := utf16Signs(raw)
	return max(even, odd)*5 >= len(raw)/2 && min(even, odd)*4 <= max(even, odd)
}

// littleEndian reports whether UTF-16 without a mark has its low octets first.
func littleEndian(raw []byte) bool {
	even, odd := utf16Signs(raw)
	return odd > even
}

func utf16Signs(raw []byte) (even, odd int) {
	for i, b := range raw[:min(len(raw), 4096)] {
		if b == 0 || b == 0x30 && i+1 < len(raw) {
			if i%2 == 0 {
				even++
			} else {
				odd++
			}
		}
	}
	return even, odd
}

func decodeUTF16(raw []byte, bigEndian bool) string {
	units := make([]uint16, 0, len(raw)/2)
	for i := 0; i+1 < len(raw); i += 2 {
		a, b := uint16(raw[i]), uint16(raw[i+1])
		if bigEndian {
			a, b = b, a
		}
		units = append(units, a|b<<8)
	}
	return strings.TrimPrefix(string(utf16.Decode(units)), "\ufeff")
}

// decodeUTF7 decodes UTF-7 (RFC 2152); what is not UTF-7 is left as it is.
func decodeUTF7(raw []byte) string {
	var out strings.Builder
	for len(raw) > 0 {
		plus := bytes.IndexByte(raw, '+')
		if plus < 0 {
			break
		}
		out.Write(raw[:plus])
		raw = raw[plus+1:]
		n := 0
		for n < len(raw) && sextet[raw[n]] < 64 {
			n++
		}
		var d base64Decoder
		out.WriteString(decodeUTF16(d.line(nil, nil, appendPadding(raw[:n])), true))
		if n == 0 {
			out.WriteByte('+')
		}
		raw = raw[n:]
		if len(raw) > 0 && raw[0] == '-' {
			raw = raw[1:]
		}
	}
	out.Write(raw)
	return strings.ToValidUTF8(out.String(), "\ufffd")
}

func appendPadding(text []byte) []byte { return append(bytes.Clone(text), '=') }
