package compose

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// param writes a parameter of a field as RFC 2045 section 5.1 has it, which is for
// values that are known to be plain.
func (h *header) param(name, value string) {
	h.out.WriteString(";")
	h.column++
	h.token(name + "=" + value)
}

// fileName writes a file name by RFC 2231: with its charset, percent-encoded, and in
// pieces where it is long, each of whole characters, since many programs decode
// each on its own.
func (h *header) fileName(name string) {
	if plainName(name) {
		h.param("filename", quoted(name))
		return
	}
	const charset = "UTF-8''"
	if whole := charset + percent(name); len(" filename*=")+len(whole) < lineLength {
		h.param("filename*", whole)
		return
	}
	for i := 0; name != ""; i++ {
		key, value := "filename*"+strconv.Itoa(i)+"*", ""
		if i == 0 {
			value = charset
		}
		for name != "" {
			_, n := utf8.DecodeRuneInString(name)
			next := percent(name[:n])
			if len(key)+len(value)+len(next)+3 > lineLength {
				break
			}
			value, name = value+next, name[n:]
		}
		h.param(key, value)
	}
}

// oldName writes a file name in the way of programs that know only encoded-words, and
// read them within quotes, where RFC 2047 section 5 has none. Those who know RFC 2231
// read the file name of Content-Disposition before it (RFC 2183 section 2.3).
func (h *header) oldName(name string) {
	if plainName(name) {
		h.param("name", quoted(name))
		return
	}
	h.out.WriteString(";")
	h.column++
	for i, inBase64 := 0, shorterInBase64(name); name != ""; i++ {
		var word string
		word, name = encodedWord(name, inBase64, wordLength-len(`name=""`))
		if i == 0 {
			word = `name="` + word
		}
		if name == "" {
			word += `"`
		}
		h.token(word)
	}
}

// plainName reports whether a file name fits into a line and needs no charset.
func plainName(name string) bool {
	return isASCII(name) && len(name) <= plainWord && !strings.Contains(name, "=?") && !strings.ContainsAny(name, `\"`)
}

// percent encodes all but the attribute-chars of RFC 2231 section 7.
func percent(text string) string {
	var out strings.Builder
	for _, c := range []byte(text) {
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("!#$&+-.^_`{|}~", c) >= 0 {
			out.WriteByte(c)
			continue
		}
		out.WriteString("%" + hexDigits[c>>4:c>>4+1] + hexDigits[c&15:c&15+1])
	}
	return out.String()
}
