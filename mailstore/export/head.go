package export

import (
	"bytes"
	"mime"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"time"

	"lifeboat/mailstore"
)

// maxHead is how much of a message is looked at for its flags.
const maxHead = 64 << 10

// head is what a message's own header tells of where it lay.
type head struct {
	end      int   // where the body begins; -1: not within what was looked at
	length   int64 // Content-Length; -1: none
	flags    mailstore.Flags
	labels   []string
	received time.Time
}

// readHead reads the beginning of a message (RFC 5322 section 2.2).
func readHead(b []byte) head {
	h := head{end: -1, length: -1}
	fields := map[string]string{}
	var name string
	for at := 0; at < len(b); {
		n := bytes.IndexByte(b[at:], '\n') + 1
		if n == 0 {
			break // the last line may be cut off
		}
		line := strings.TrimRight(string(b[at:at+n]), "\r\n")
		at += n
		if line == "" {
			h.end = at
			break
		}
		if line[0] == ' ' || line[0] == '\t' {
			if name != "" {
				fields[name] += line
			}
			continue
		}
		field, value, ok := strings.Cut(line, ":")
		name = strings.ToLower(strings.TrimSpace(field))
		if _, again := fields[name]; !ok || again {
			name = "" // the first one counts: of Received it is the last hop
			continue
		}
		if wanted[name] {
			fields[name] = value
		} else {
			name = ""
		}
	}
	h.read(fields)
	return h
}

var wanted = map[string]bool{
	"status": true, "x-status": true, "x-keywords": true, "x-mozilla-status": true, "x-mozilla-keys": true,
	"x-gmail-labels": true, "content-length": true, "received": true, "date": true,
}

func (h *head) read(fields map[string]string) {
	for name, value := range fields {
		fields[name] = strings.TrimSpace(value)
	}
	if n, err := strconv.ParseInt(fields["content-length"], 10, 64); err == nil && n >= 0 {
		h.length = n
	}
	var flags []string
	if strings.ContainsRune(fields["status"], 'R') {
		flags = append(flags, mailstore.Seen)
	}
	for letter, flag := range map[rune]string{'A': mailstore.Answered, 'F': mailstore.Starred, 'T': mailstore.Draft, 'D': mailstore.Deleted} {
		if strings.ContainsRune(fields["x-status"], letter) {
			flags = append(flags, flag)
		}
	}
	if bits, err := strconv.ParseUint(fields["x-mozilla-status"], 16, 16); err == nil {
		for bit, flag := range map[uint64]string{1: mailstore.Seen, 2: mailstore.Answered, 4: mailstore.Starred, 8: mailstore.Deleted} {
			if bits&bit != 0 {
				flags = append(flags, flag)
			}
		}
	}
	for _, word := range strings.Fields(fields["x-keywords"] + " " + fields["x-mozilla-keys"]) {
		if keyword(word) {
			flags = append(flags, word)
		}
	}
	if labels, ok := fields["x-gmail-labels"]; ok {
		flags = append(flags, h.gmail(labels)...)
	}
	h.flags = mailstore.MakeFlags(flags...)
	_, hop, _ := strings.Cut(fields["received"], ";")
	for _, date := range []string{hop, fields["date"]} {
		if t, err := mail.ParseDate(strings.TrimSpace(date)); err == nil {
			h.received = t.UTC()
			break
		}
	}
}

// keyword is whether a word may be a flag (RFC 9051 section 9, flag-keyword).
func keyword(word string) bool {
	return len(word) <= 100 && !strings.ContainsFunc(word, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(`(){%*"\]`, r) })
}

// What Takeout's labels say of a message, in English and Japanese: what they are
// called depends on the person's language.
var (
	unreadLabels  = []string{"Unread", "未読"}
	starredLabels = []string{"Starred", "スター付き"}
	draftLabels   = []string{"Drafts", "Draft", "下書き"}
	openedLabels  = []string{"Opened", "開封済み"}
)

// gmail reads the labels of Gmail's Takeout, and what they say of flags.
func (h *head) gmail(text string) (flags []string) {
	words := mime.WordDecoder{}
	if decoded, err := words.DecodeHeader(text); err == nil {
		text = decoded
	}
	unread := false
	for label := range strings.SplitSeq(text, ",") {
		label = strings.Trim(strings.TrimSpace(label), `"`)
		switch {
		case label == "" || slices.Contains(openedLabels, label):
		case slices.Contains(unreadLabels, label):
			unread = true
		case slices.Contains(starredLabels, label):
			flags = append(flags, mailstore.Starred)
		default:
			if slices.Contains(draftLabels, label) {
				flags = append(flags, mailstore.Draft)
			}
			h.labels = append(h.labels, strings.ToValidUTF8(label, "\uFFFD"))
		}
	}
	if !unread {
		flags = append(flags, mailstore.Seen)
	}
	return flags
}
