package compose

import (
	"bytes"
	"strings"

	"lifeboat/mailstore"
)

// header writes header fields, folded.
type header struct {
	out    bytes.Buffer
	column int  // octets in the present line
	begun  bool // the field has something beside its name
}

// field begins a field.
func (h *header) field(name string) {
	h.out.WriteString(name + ":")
	h.column, h.begun = len(name)+1, false
}

// end ends a line.
func (h *header) end() {
	h.out.WriteString("\r\n")
	h.column = 0
}

// token writes what cannot be divided after a blank, at which the line may be folded.
func (h *header) token(text string) { h.after(" ", text) }

// after writes a text after blanks. The first of a field is never folded: some
// programs do not read a field whose first line is its name alone.
func (h *header) after(blanks, text string) {
	if h.begun && h.column+len(blanks)+len(text) > lineLength {
		h.end()
	}
	h.out.WriteString(blanks + text)
	h.column += len(blanks) + len(text)
	h.begun = true
}

// encoded writes a text as encoded-words.
func (h *header) encoded(text string) {
	inBase64 := shorterInBase64(text)
	for text != "" {
		const least = 40 // a few characters, rather than one
		room := lineLength - h.column - 1
		if h.begun && room < least {
			room = lineLength - 1 // in a new line
		}
		var word string
		word, text = encodedWord(text, inBase64, max(room, least))
		h.token(word)
	}
}

// text writes an unstructured field, such as the subject. What comes before the first word
// that has to be encoded stays as it is, so that "Re:" is seen by everything.
func (h *header) text(name, value string) {
	value = strings.TrimSpace(strings.ReplaceAll(value, "\t", " "))
	h.field(name)
	plain := value
	if !plainWords(value) {
		plain = plainBeginning(value)
	}
	blanks := " "
	for word := range strings.SplitSeq(plain, " ") {
		if word == "" { // blanks in a row belong together: no line is of blanks alone
			blanks += " "
			continue
		}
		h.after(blanks, word)
		blanks = " "
	}
	if rest := strings.TrimPrefix(value[len(plain):], " "); rest != "" {
		h.encoded(rest)
	}
	h.end()
}

// plainBeginning is the words before the first that needs to be encoded.
func plainBeginning(value string) string {
	at := 0
	for {
		word, _, more := strings.Cut(value[at:], " ")
		if !more || word == "" || !plainWords(word) {
			return strings.TrimSuffix(value[:at], " ")
		}
		at += len(word) + 1
	}
}

// addresses writes a list of addresses, all of which have been checked.
func (h *header) addresses(name string, list []mailstore.Address) error {
	if len(list) == 0 {
		return nil
	}
	h.field(name)
	for i, a := range list {
		spec, err := addrSpec(a)
		if err != nil {
			return err
		}
		comma := ","
		if i == len(list)-1 {
			comma = ""
		}
		if h.phrase(a.Name) {
			spec = "<" + spec + ">"
		}
		h.token(spec + comma)
	}
	h.end()
	return nil
}

// phrase writes a name (RFC 5322 section 3.2.5), and reports whether there is one.
func (h *header) phrase(name string) bool {
	name = strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(name, "\uFFFD"), "\t", " "))
	switch {
	case name == "":
		return false
	case !plainWords(name) || len(name) > plainWord:
		h.encoded(name)
	case strings.Trim(name, atext+" ") == "" && !strings.Contains(name, "  "):
		for word := range strings.SplitSeq(name, " ") {
			h.token(word)
		}
	default:
		h.token(quoted(name))
	}
	return true
}

// ids writes message-ids.
func (h *header) ids(name string, ids []string) {
	if len(ids) == 0 {
		return
	}
	h.field(name)
	for _, id := range ids {
		h.token("<" + id + ">")
	}
	h.end()
}

// line writes a short field of ours as it is.
func (h *header) line(name, value string) {
	h.field(name)
	h.token(value)
	h.end()
}
