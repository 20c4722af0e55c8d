package corpus

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html"
	"math"
	"mime/quotedprintable"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
)

// usual are the kinds that most mail is of, with their share.
func usual() []kind {
	kinds := []kind{
		{"plain", 12, func(m *maker) []byte { return m.plain(inEnglish(), "us-ascii", nil, "7bit") }},
		{"utf-8", 14, func(m *maker) []byte { return m.plain(inJapanese(), "UTF-8", unicode.UTF8, "8bit") }},
		{"utf-8 base64", 8, func(m *maker) []byte { return m.plain(inJapanese(), "utf-8", unicode.UTF8, "base64") }},
		{"quoted-printable", 6, func(m *maker) []byte { return m.plain(inGerman(), "UTF-8", unicode.UTF8, "quoted-printable") }},
		{"iso-2022-jp", 12, func(m *maker) []byte { return m.plain(inJapanese(), "ISO-2022-JP", japanese2022(), "7bit") }},
		{"html", 6, (*maker).html},
		{"alternative", 14, (*maker).alternative},
		{"attachment", 24, (*maker).attachment},
		{"related", 4, (*maker).related},
	}
	return append(kinds, charsets()...)
}

// charsets are one kind for each charset that mail is still written in.
func charsets() []kind {
	of := func(name, charset string, l language, e encoding.Encoding, transfer string) kind {
		return kind{name, 1, func(m *maker) []byte { return m.plain(l, charset, e, transfer) }}
	}
	return []kind{
		of("shift_jis", "Shift_JIS", inJapanese(), japanese.ShiftJIS, "8bit"),
		of("cp932 base64", "CP932", inJapanese(), japanese.ShiftJIS, "base64"),
		of("euc-jp", "EUC-JP", inJapanese(), japanese.EUCJP, "8bit"),
		of("gb2312", "gb2312", inSimplified(), simplifiedchinese.GBK, "8bit"),
		of("gb18030", "GB18030", inSimplified(), simplifiedchinese.GB18030, "base64"),
		of("big5", "Big5", inTraditional(), traditionalchinese.Big5, "8bit"),
		of("euc-kr", "ks_c_5601-1987", inKorean(), korean.EUCKR, "8bit"),
		of("iso-8859-1", "iso-8859-1", inGerman(), charmap.ISO8859_1, "quoted-printable"),
		of("iso-8859-15", "ISO-8859-15", inGerman(), charmap.ISO8859_15, "8bit"),
		of("windows-1252", "windows-1252", inGerman(), charmap.Windows1252, "8bit"),
		of("koi8-r", "koi8-r", inRussian(), charmap.KOI8R, "8bit"),
		of("windows-1251", "windows-1251", inRussian(), charmap.Windows1251, "base64"),
		of("utf-16", "UTF-16", inJapanese(), unicode.UTF16(unicode.BigEndian, unicode.UseBOM), "base64"),
		of("utf-16le", "utf-16le", inJapanese(), unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), "base64"),
	}
}

func japanese2022() encoding.Encoding { return japanese.ISO2022JP }

// plain is a message of one text in a charset.
func (m *maker) plain(l language, charset string, e encoding.Encoding, transfer string) []byte {
	subject := pick(m, l.subjects)
	text := m.body(l)
	raw, rawSubject := encode(e, text), encode(e, subject)
	word := subject
	if strings.IndexFunc(subject, func(r rune) bool { return r > 126 }) >= 0 {
		word = words(charset, subject, rawSubject)
	}
	var b bytes.Buffer
	m.head(&b, word, "Content-Type: text/plain; charset="+charset, "Content-Transfer-Encoding: "+transfer)
	transferred(&b, raw, transfer)
	return b.Bytes()
}

// encode writes what the charset does not have as its own replacement.
func encode(e encoding.Encoding, text string) []byte {
	if e == nil {
		return []byte(text)
	}
	raw, err := encoding.ReplaceUnsupported(e.NewEncoder()).Bytes([]byte(text))
	if err != nil {
		return []byte(text)
	}
	return raw
}

func transferred(b *bytes.Buffer, raw []byte, transfer string) {
	switch transfer {
	case "base64":
		text := base64.StdEncoding.EncodeToString(raw)
		for len(text) > 76 {
			b.WriteString(text[:76] + "\r\n")
			text = text[76:]
		}
		b.WriteString(text + "\r\n")
	case "quoted-printable":
		w := quotedprintable.NewWriter(b)
		_, _ = w.Write(raw)
		_ = w.Close()
	default:
		b.Write(raw)
	}
}

func page(text string) string {
	paragraphs := strings.ReplaceAll(html.EscapeString(strings.TrimSpace(text)), "\r\n\r\n", "</p>\r\n<p>")
	return "<!DOCTYPE html>\r\n<html><head><meta charset=\"utf-8\"><style>p { margin: 0 }</style><title>no title</title></head>\r\n<body>" +
		"<div style=\"display:none\">preheader</div><p>" + strings.ReplaceAll(paragraphs, "\r\n", "<br>\r\n") + "</p>\r\n" +
		"<table><tr><td>A</td><td>1</td></tr><tr><td>B</td><td>2</td></tr></table>\r\n" +
		"<p><a href=\"https://www.example.test/?q=1&amp;r=2\">example</a></p><img src=\"https://t.example.test/p.gif\" width=1 height=1></body></html>\r\n"
}

func (m *maker) html() []byte {
	l := pick(m, []language{inEnglish(), inJapanese()})
	var b bytes.Buffer
	m.head(&b, encoded(pick(m, l.subjects)), "Content-Type: text/html; charset=utf-8", "Content-Transfer-Encoding: quoted-printable")
	transferred(&b, []byte(page(m.body(l))), "quoted-printable")
	return b.Bytes()
}

// twoTexts writes the same text plain and as HTML, as mail programs do.
func (m *maker) twoTexts(b *bytes.Buffer, boundary string, l language) {
	text := m.body(l)
	fmt.Fprintf(b, "--%s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n", boundary)
	transferred(b, []byte(text), "base64")
	fmt.Fprintf(b, "--%s\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n", boundary)
	transferred(b, []byte(page(text)), "quoted-printable")
	fmt.Fprintf(b, "\r\n--%s--\r\n", boundary)
}

func (m *maker) boundary() string { return fmt.Sprintf("----=_Part_%d_%08x", m.number, m.Uint32()) }

func (m *maker) alternative() []byte {
	l := pick(m, []language{inEnglish(), inJapanese(), inJapanese()})
	boundary := m.boundary()
	var b bytes.Buffer
	m.head(&b, encoded(pick(m, l.subjects)), "Content-Type: multipart/alternative;\r\n\tboundary=\""+boundary+"\"")
	b.WriteString("This is a multi-part message in MIME format.\r\n")
	m.twoTexts(&b, boundary, l)
	return b.Bytes()
}

// size is how long an attachment is: most are short, some long.
func (m *maker) size() int {
	n := 1024 * math.Exp(m.Float64()*6.13) // 1 KB to half a MB
	if m.options.Small {
		return 500 + int(n/128)
	}
	return int(n)
}

func (m *maker) attachment() []byte {
	l := pick(m, []language{inEnglish(), inJapanese()})
	outer, inner := m.boundary(), m.boundary()
	var b bytes.Buffer
	m.head(&b, encoded(pick(m, l.subjects)), "Content-Type: multipart/mixed; boundary=\""+outer+"\"")
	fmt.Fprintf(&b, "--%s\r\nContent-Type: multipart/alternative; boundary=\"%s\"\r\n\r\n", outer, inner)
	m.twoTexts(&b, inner, l)
	for range 1 + m.IntN(2) {
		file := pick(m, []string{
			"application/pdf; name=\"quotation.pdf\"\r\nContent-Disposition: attachment; filename=\"quotation.pdf\"",
			"application/pdf; name=\"" + encoded("御見積書.pdf") + "\"\r\nContent-Disposition: attachment;\r\n filename*=UTF-8''%E5%BE%A1%E8%A6%8B%E7%A9%8D%E6%9B%B8.pdf",
			"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet;\r\n name=\"list.xlsx\"\r\nContent-Disposition: attachment; filename=list.xlsx",
			"image/jpeg; name=photo.jpg\r\nContent-Disposition: attachment;\r\n\tfilename=photo.jpg",
			"application/zip\r\nContent-Disposition: attachment;\r\n filename*0*=ISO-2022-JP''%1B%24B%3BqNA;\r\n filename*1*=%1B%28B.zip",
		})
		fmt.Fprintf(&b, "--%s\r\nContent-Type: %s\r\nContent-Transfer-Encoding: base64\r\n\r\n", outer, file)
		m.base64(&b, m.size())
	}
	fmt.Fprintf(&b, "--%s--\r\n", outer)
	return b.Bytes()
}

// related is HTML with a picture of the signature.
func (m *maker) related() []byte {
	boundary := m.boundary()
	var b bytes.Buffer
	m.head(&b, encoded(pick(m, inJapanese().subjects)), "Content-Type: multipart/related; type=\"text/html\"; boundary=\""+boundary+"\"")
	fmt.Fprintf(&b, "--%s\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n", boundary)
	transferred(&b, []byte(page(m.body(inJapanese()))+"<img src=\"cid:logo@corpus\" alt=\"logo\">"), "base64")
	fmt.Fprintf(&b, "--%s\r\nContent-Type: image/png; name=logo.png\r\nContent-ID: <logo@corpus>\r\nContent-Disposition: inline; filename=logo.png\r\n"+
		"Content-Transfer-Encoding: base64\r\n\r\n", boundary)
	m.base64(&b, 2000+m.IntN(4000))
	fmt.Fprintf(&b, "--%s--\r\n", boundary)
	return b.Bytes()
}
