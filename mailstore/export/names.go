package export

import (
	"fmt"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxName bounds a file's name in bytes, so that every file system takes it with a
// number and an ending.
const maxName = 100

// reserved are names that Windows takes for devices, whatever their ending.
var reserved = map[string]bool{"CON": true, "PRN": true, "AUX": true, "NUL": true, "CONIN$": true, "CONOUT$": true}

// SafeName makes a file's name of a text for every system: no path, no device, no
// character that is forbidden, invisible or turns the line around, no dot at an end,
// no hyphen that a command would take for an option, never empty.
func SafeName(text string, limit int) string {
	var b strings.Builder
	for _, r := range norm.NFC.String(strings.ToValidUTF8(text, "_")) {
		switch {
		case strings.ContainsRune(`<>:"/\|?*`, r), unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r), r == utf8.RuneError:
			r = '_'
		case unicode.IsSpace(r):
			r = ' '
		}
		if b.Len()+utf8.RuneLen(r) > limit {
			break
		}
		b.WriteRune(r)
	}
	name := strings.TrimRight(strings.TrimSpace(b.String()), ". ")
	if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "-") || strings.HasPrefix(name, "~") {
		name = "_" + name[1:]
	}
	stem, _, _ := strings.Cut(name, ".")
	stem = strings.ToUpper(strings.TrimSpace(stem))
	if reserved[stem] || isPort(stem) {
		name = "_" + name
	}
	if name == "" {
		return "_"
	}
	return name
}

// isPort is whether Windows takes a name for a port: COM1 to COM9, LPT1 to LPT9, also
// with superscript digits.
func isPort(stem string) bool {
	digit, ok := strings.CutPrefix(stem, "COM")
	if !ok {
		digit, ok = strings.CutPrefix(stem, "LPT")
	}
	return ok && utf8.RuneCountInString(digit) == 1 && strings.ContainsAny(digit, "0123456789¹²³")
}

// names gives folders their names in an export.
type names struct {
	given map[string]string // by what it is for
	taken map[string]bool   // in lower case, since some systems do not tell cases apart
}

func newNames() *names {
	return &names{given: map[string]string{}, taken: map[string]bool{manifestName: true, strings.ToLower(sumsName): true}}
}

// give returns a name below parent, always the same for the same purpose and no other's.
func (n *names) give(parent, purpose, wanted, ending string) string {
	key := parent + "\x00" + purpose + ending
	if got, ok := n.given[key]; ok {
		return got
	}
	name := SafeName(wanted, maxName)
	if ext := strings.ToLower(path.Ext(name)); ext == ".eml" || ext == ".mbox" {
		name += "_" // never a file's beside it
	}
	got := path.Join(parent, name+ending)
	for i := 2; n.taken[fold(got)]; i++ {
		got = path.Join(parent, fmt.Sprintf("%s~%d%s", name, i, ending))
	}
	n.taken[fold(got)] = true
	n.given[key] = got
	return got
}

// fold makes names equal that a system may take for equal.
func fold(name string) string { return strings.ToLower(strings.ToUpper(name)) }

// folder returns the path of a mail folder, with slashes; the last level has the ending.
func (n *names) folder(m Message, ending string) string {
	account := m.Account
	if account == "" {
		account = "mail"
	}
	at := n.give("", m.Account, account, "")
	levels := strings.Split(m.Folder, "/")
	for i, level := range levels {
		if i == len(levels)-1 {
			return n.give(at, level, level, ending)
		}
		at = n.give(at, level, level, "")
	}
	return at
}

// file returns the name of a message's own file: its number in the folder, date and
// subject.
func fileName(number int, m Message) string {
	name := fmt.Sprintf("%06d", number)
	if !m.Received.IsZero() {
		name += m.Received.UTC().Format("_2006-01-02")
	}
	if m.Subject != "" {
		name += "_" + strings.ReplaceAll(SafeName(m.Subject, 60), " ", "-")
	}
	return strings.TrimRight(name, ".") + ".eml"
}
