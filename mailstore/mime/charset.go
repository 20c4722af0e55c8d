package mime

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// toUTF8 decodes text of a charset. The charset that a message names is believed as
// long as the octets bear it out: many messages name a wrong one or none.
func toUTF8(raw []byte, charset string) string {
	label := normalCharset(charset)
	switch {
	case isASCII(raw) && label != "utf-7" && !strings.HasPrefix(label, "utf-16") && !strings.HasPrefix(label, "utf-32") && label != "hz-gb-2312":
		return string(raw)
	case bytes.HasPrefix(raw, []byte("\xef\xbb\xbf")):
		return strings.ToValidUTF8(string(raw[3:]), "\ufffd")
	case bytes.HasPrefix(raw, []byte("\xff\xfe")), bytes.HasPrefix(raw, []byte("\xfe\xff")):
		if label != "iso-8859-1" || bytes.IndexByte(raw, 0) >= 0 {
			return decodeUTF16(raw, raw[0] == 0xfe)
		}
	}
	if text, ok := decodeNamed(raw, label); ok {
		return text
	}
	return guess(raw, label)
}

// isASCII reports whether a text is ASCII, without the escape sequences and shifts
// (RFC 1468, RFC 1557) that make it something else.
func isASCII(raw []byte) bool {
	for _, b := range raw {
		if b >= 0x80 || b == 0x1b || b == 0x0e {
			return false
		}
	}
	return true
}

// decodeNamed decodes as the charset wants, and reports whether the octets fit it.
func decodeNamed(raw []byte, label string) (string, bool) {
	switch label {
	case "", "us-ascii", "unknown":
		return "", false
	case "utf-8":
		if utf8.Valid(raw) && !has2022(raw) {
			return string(raw), true
		}
		return "", false
	case "utf-7":
		return decodeUTF7(raw), true
	case "utf-16", "utf-16be", "utf-16le":
		return namedUTF16(raw, label), true
	case "iso-2022-jp", "iso-2022-kr":
		if has2022(raw) || !utf8.Valid(raw) && halfWidthOnly(raw) {
			return decode2022(raw), true
		}
		return "", false
	}
	if has2022(raw) {
		return decode2022(raw), true
	}
	e := encodingOf(label)
	if e == nil {
		return "", false
	}
	_, single := e.(*charmap.Charmap)
	if utf8.Valid(raw) && isSurelyUTF8(raw, single) {
		return string(raw), true // UTF-8 under another name is the commonest fault of all
	}
	return decodeTable(e, raw)
}

// namedUTF16 decodes what is called UTF-16, and is UTF-8 now and then.
func namedUTF16(raw []byte, label string) string {
	if !looksLikeUTF16(raw) && utf8.Valid(raw) {
		return string(raw)
	}
	return decodeUTF16(raw, label == "utf-16be" || label == "utf-16" && !littleEndian(raw))
}

// decodeTable decodes by a table of characters, unless it fits badly.
func decodeTable(e encoding.Encoding, raw []byte) (string, bool) {
	text, bad := decodeWith(e, raw)
	if _, single := e.(*charmap.Charmap); !single && bad > 0 && bad*20 > utf8.RuneCountInString(text) {
		return "", false
	}
	return text, true
}

// isSurelyUTF8 reports whether valid UTF-8 has characters of several octets that are
// unlikely to be anything else. One of two octets may be two letters of a charset with
// one octet each (single), and is a character in those of East Asia.
func isSurelyUTF8(raw []byte, single bool) bool {
	two, more := 0, 0
	for i := 0; i < len(raw); {
		_, size := utf8.DecodeRune(raw[i:])
		if size == 2 {
			two++
		} else if size > 2 {
			more++
		}
		i += size
	}
	return more > 0 || single && two > 1
}

// decodeWith decodes and counts what could not be.
func decodeWith(e encoding.Encoding, raw []byte) (text string, bad int) {
	out, err := e.NewDecoder().Bytes(raw)
	if err != nil {
		return strings.ToValidUTF8(string(raw), "\ufffd"), len(raw)
	}
	return string(out), bytes.Count(out, []byte("\ufffd"))
}

// aliases are names that mail uses and no register has, or where the registered
// charset is less than what is sent under its name.
var aliases = map[string]string{
	"": "", "us-ascii": "us-ascii", "ascii": "us-ascii", "ansi_x3.4-1968": "us-ascii", "iso646-us": "us-ascii", "default": "", "default_charset": "",
	"unknown": "", "x-unknown": "", "unknown-8bit": "", "_autodetect": "", "_autodetect_all": "", "_iso-2022-jp": "iso-2022-jp", "binary": "", "8bit": "",
	"utf8": "utf-8", "utf_8": "utf-8", "utf-8n": "utf-8", "unicode-1-1-utf-8": "utf-8", "x-utf-8": "utf-8", "utf8mb4": "utf-8", "cp65001": "utf-8",
	"utf7": "utf-7", "unicode-1-1-utf-7": "utf-7", "x-unicode-2-0-utf-7": "utf-7", "cp65000": "utf-7",
	"utf16": "utf-16", "unicode": "utf-16", "ucs-2": "utf-16", "iso-10646-ucs-2": "utf-16", "utf16le": "utf-16le", "utf16be": "utf-16be",
	"iso2022jp": "iso-2022-jp", "iso-2022-jp-1": "iso-2022-jp", "iso-2022-jp-2": "iso-2022-jp", "iso-2022-jp-3": "iso-2022-jp", "iso-2022-jp-ms": "iso-2022-jp",
	"iso-2022-jp-2004": "iso-2022-jp", "csiso2022jp": "iso-2022-jp", "cp50220": "iso-2022-jp", "cp50221": "iso-2022-jp", "cp50222": "iso-2022-jp", "jis": "iso-2022-jp", "iso-2022": "iso-2022-jp",
	"iso2022kr": "iso-2022-kr", "csiso2022kr": "iso-2022-kr",
	"sjis": "shift_jis", "x-sjis": "shift_jis", "shift-jis": "shift_jis", "shiftjis": "shift_jis", "s-jis": "shift_jis", "ms_kanji": "shift_jis", "cp932": "shift_jis", "windows-31j": "shift_jis",
	"ms932": "shift_jis", "cp943": "shift_jis", "x-ms-cp932": "shift_jis", "csshiftjis": "shift_jis", "windows-932": "shift_jis", "shift_jisx0213": "shift_jis", "sjis-win": "shift_jis",
	"eucjp": "euc-jp", "x-euc-jp": "euc-jp", "x-euc": "euc-jp", "ujis": "euc-jp", "cp51932": "euc-jp", "eucjp-win": "euc-jp", "eucjp-ms": "euc-jp", "cp20932": "euc-jp", "euc": "euc-jp",
	"gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "cp936": "gb18030", "ms936": "gb18030", "euc-cn": "gb18030", "x-euc-cn": "gb18030", "gb_2312-80": "gb18030", "windows-936": "gb18030", "gb_18030": "gb18030", "gb18030-2000": "gb18030", "gb": "gb18030", "chinese": "gb18030",
	"hz": "hz-gb-2312", "hz-gb-2312": "hz-gb-2312",
	"big5-hkscs": "big5", "x-big5": "big5", "cp950": "big5", "big-5": "big5", "cn-big5": "big5", "windows-950": "big5", "big5hkscs": "big5",
	"euckr": "euc-kr", "ks_c_5601": "euc-kr", "ks_c_5601-1987": "euc-kr", "ks_c_5601-1989": "euc-kr", "ksc5601": "euc-kr", "ks-c-5601-1987": "euc-kr", "cp949": "euc-kr", "ms949": "euc-kr", "windows-949": "euc-kr", "uhc": "euc-kr", "x-windows-949": "euc-kr", "johab": "euc-kr",
	"latin1": "windows-1252", "iso-8859-1": "windows-1252", "iso8859-1": "windows-1252", "iso_8859-1": "windows-1252", "iso-8859_1": "windows-1252", "cp1252": "windows-1252", "cp-1252": "windows-1252", "ansi": "windows-1252", "8859-1": "windows-1252", "x-ansi": "windows-1252",
}

// normalCharset is the one name under which a charset is known here.
func normalCharset(charset string) string {
	label := strings.ToLower(strings.Trim(strings.TrimSpace(charset), "\"'<>;,. "))
	label, _, _ = strings.Cut(label, "*")
	if known, ok := aliases[label]; ok {
		return known
	}
	return label
}

// encodingOf returns the table of a charset, or nil.
func encodingOf(label string) encoding.Encoding {
	switch label {
	case "shift_jis":
		return japanese.ShiftJIS
	case "euc-jp":
		return japanese.EUCJP
	case "gb18030":
		return simplifiedchinese.GB18030
	case "hz-gb-2312":
		return simplifiedchinese.HZGB2312
	case "big5":
		return traditionalchinese.Big5
	case "euc-kr":
		return korean.EUCKR
	case "windows-1252":
		return charmap.Windows1252
	case "utf-32", "utf-32le", "utf-32be": // nobody writes them; they are guessed
		return nil
	}
	if strings.HasPrefix(label, "cp") && len(label) == 6 {
		if e, err := htmlindex.Get("windows-" + strings.TrimPrefix(label, "cp")); err == nil {
			return e
		}
	}
	if e, err := htmlindex.Get(label); err == nil {
		return e
	}
	if e, err := ianaindex.MIME.Encoding(label); err == nil {
		return e
	}
	return nil
}
