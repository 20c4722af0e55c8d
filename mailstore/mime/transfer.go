package mime

import (
	"bytes"
	"io"
)

// identity reports whether a transfer encoding (RFC 2045 section 6) leaves the octets
// as they are. One that nobody knows does.
func identity(transfer string) bool {
	switch transfer {
	case "base64", "quoted-printable", "x-uuencode", "x-uue", "uuencode":
		return false
	}
	return true
}

// decoder undoes a transfer encoding, line by line. It takes whatever comes: octets
// that do not belong are passed over (base64) or left as they are.
type decoder interface {
	// line appends what the line decodes to: end is the end of the line before.
	line(out, end, text []byte) []byte
}

func newDecoder(transfer string) decoder {
	switch transfer {
	case "base64":
		return &base64Decoder{}
	case "quoted-printable":
		return &quotedDecoder{}
	case "x-uuencode", "x-uue", "uuencode":
		return &uuDecoder{}
	}
	return plainDecoder{}
}

type plainDecoder struct{}

func (plainDecoder) line(out, end, text []byte) []byte { return append(append(out, end...), text...) }

// sextet is the value of each octet of the base64 alphabet (RFC 4648 section 4), 64
// of all others, 65 of the padding.
var sextet = func() (t [256]byte) {
	for i := range t {
		t[i] = 64
	}
	for i, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") {
		t[c] = byte(i & 63)
	}
	t['='] = 65
	return t
}()

type base64Decoder struct {
	bits uint32
	n    int // sextets in bits
}

func (d *base64Decoder) line(out, _, text []byte) []byte {
	bits, n := d.bits, d.n
	for _, c := range text {
		v := sextet[c]
		if v < 64 {
			bits = bits<<6 | uint32(v)
			if n++; n == 4 {
				out = append(out, byte(bits>>16), byte(bits>>8&0xff), byte(bits&0xff)) //nolint:gosec // 24 bits
				bits, n = 0, 0
			}
			continue
		}
		if v == 65 { // several pieces may follow each other
			switch n {
			case 2:
				out = append(out, byte(bits>>4&0xff))
			case 3:
				out = append(out, byte(bits>>10&0xff), byte(bits>>2&0xff))
			}
			bits, n = 0, 0
		}
	}
	d.bits, d.n = bits, n
	return out
}

// finish gives what a missing padding has left over.
func (d *base64Decoder) finish(out []byte) []byte { return d.line(out, nil, []byte("=")) }

// measure counts what base64 decodes to, without decoding.
type measure struct {
	size    int64
	sextets int64 // since the last padding
}

func (m *measure) line(text []byte) {
	n, others := int64(0), byte(0)
	for _, c := range text {
		others |= sextet[c]
	}
	if others < 64 {
		m.sextets += int64(len(text))
		return
	}
	for _, c := range text {
		if v := sextet[c]; v < 64 {
			n++
		} else if v == 65 {
			m.sextets += n
			n = 0
			m.pad()
		}
	}
	m.sextets += n
}

func (m *measure) pad() {
	m.size += m.sextets / 4 * 3
	if rest := m.sextets % 4; rest >= 2 {
		m.size += rest - 1
	}
	m.sextets = 0
}

// quotedDecoder undoes quoted-printable (RFC 2045 section 6.7).
type quotedDecoder struct{ soft bool }

func (d *quotedDecoder) line(out, end, text []byte) []byte {
	if !d.soft {
		out = append(out, end...)
	}
	d.soft = false
	if trimmed := bytes.TrimRight(text, " \t"); bytes.HasSuffix(trimmed, []byte("=")) {
		text, d.soft = trimmed[:len(trimmed)-1], true
	}
	return unquote(out, text)
}

// unquote decodes the =XX of quoted-printable and leaves what is none.
func unquote(out, text []byte) []byte {
	for {
		at := bytes.IndexByte(text, '=')
		if at < 0 {
			return append(out, text...)
		}
		out = append(out, text[:at]...)
		text = text[at:]
		if len(text) >= 3 {
			hi, ok1 := unhex(text[1])
			lo, ok2 := unhex(text[2])
			if ok1 && ok2 {
				out = append(out, hi<<4|lo)
				text = text[3:]
				continue
			}
		}
		out = append(out, '=')
		text = text[1:]
	}
}

func unhex(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	}
	return 0, false
}

// uuDecoder undoes uuencode: lines between "begin MODE NAME" and "end", each with its
// length in front.
type uuDecoder struct{ in, ended bool }

func (d *uuDecoder) line(out, _, text []byte) []byte {
	switch {
	case d.ended:
		return out
	case !d.in:
		d.in = bytes.HasPrefix(text, []byte("begin "))
		return out
	case bytes.Equal(text, []byte("end")):
		d.ended = true
		return out
	}
	return uuLine(out, text)
}

func uuLine(out, text []byte) []byte {
	if len(text) == 0 {
		return out
	}
	n := int(text[0]-' ') & 63
	from := len(out)
	for text = text[1:]; len(text) > 0 && len(out)-from < n; text = text[min(4, len(text)):] {
		var v [4]byte
		for i := range v {
			if i < len(text) {
				v[i] = (text[i] - ' ') & 63
			}
		}
		out = append(out, v[0]<<2|v[1]>>4, v[1]<<4|v[2]>>2, v[2]<<6|v[3])
	}
	return out[:min(len(out), from+n)]
}

// decode undoes the transfer encoding of a part that is in memory. Text that is
// called base64 and is none is given as it is.
func decode(raw []byte, transfer string) []byte {
	if identity(transfer) || transfer == "base64" && !looksLikeBase64(raw) {
		return raw
	}
	d := newDecoder(transfer)
	l := &lines{buffer: raw, end: len(raw), lf: -1, eof: true}
	out := make([]byte, 0, len(raw))
	var end []byte
	for {
		ln, ok := l.next()
		if !ok {
			break
		}
		out = d.line(out, end, ln.text)
		end = lineEnd(ln.end)
	}
	if b, ok := d.(*base64Decoder); ok {
		return b.finish(out)
	}
	if q, ok := d.(*quotedDecoder); ok && !q.soft {
		out = append(out, end...)
	}
	return out
}

// looksLikeBase64 reports whether a text may be base64: at its beginning there are
// hardly any octets of others.
func looksLikeBase64(raw []byte) bool {
	other, all := 0, 0
	for _, c := range raw[:min(len(raw), 1000)] {
		if c == '\r' || c == '\n' {
			continue
		}
		all++
		if sextet[c] == 64 {
			other++
		}
	}
	return other*10 <= all
}

// partReader gives a leaf's octets, decoded, as they are read.
type partReader struct {
	w     *walker
	d     decoder
	ready []byte
	room  []byte
	done  bool
}

func (w *walker) reader(transfer string) io.Reader {
	return &partReader{w: w, d: newDecoder(transfer)}
}

// Read implements io.Reader.
func (p *partReader) Read(to []byte) (int, error) {
	for len(p.ready) == 0 && !p.done {
		end, text, ok := p.w.chunk()
		if !ok {
			p.done = true
			if b, is := p.d.(*base64Decoder); is {
				p.ready = b.finish(p.room[:0])
			}
			break
		}
		p.room = p.d.line(p.room[:0], end, text)
		p.ready = p.room
	}
	if len(p.ready) == 0 && p.done {
		return 0, io.EOF
	}
	n := copy(to, p.ready)
	p.ready = p.ready[n:]
	return n, nil
}
