// Package corpus makes mail for tests: as many messages as are wanted, the same
// ones for the same options, among them every odd kind that mailboxes hold in
// life and that other programs alter, skip or choke on.
//
// Nothing is kept: each message is made when it is asked for, from the seed and its
// number alone, so ten thousand of them (344 MB) need the memory of one.
package corpus

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"iter"
	"math/rand/v2"
	"time"

	"lifeboat/mailstore"
)

// Days is how long before Options.Now the first message was received.
const Days = 30

// Message is a message and where it lies.
type Message struct {
	Number   int    // from 0, in the order of Received
	Kind     string // what it is an example of; see [Kinds]
	Folder   string // one of [Folders]
	Flags    mailstore.Flags
	Received time.Time // the internal date, whole seconds, UTC
	Bytes    []byte    // as they were sent; see Served
}

// Served is the message as Dovecot serves it from files: an LF that stands alone
// has become CRLF, and NUL, which an IMAP literal cannot hold (RFC 9051 section 9),
// has become 0x80. Everything else is as it was sent.
func (m Message) Served() []byte { return served(m.Bytes) }

func served(raw []byte) []byte {
	out := make([]byte, 0, len(raw)+len(raw)/64)
	for i, b := range raw {
		switch {
		case b == '\n' && (i == 0 || raw[i-1] != '\r'):
			out = append(out, '\r', '\n')
		case b == 0:
			out = append(out, 0x80)
		default:
			out = append(out, b)
		}
	}
	return out
}

// Options say which messages are made.
type Options struct {
	Count int    // how many messages
	Seed  uint64 // another seed, other messages
	// Now is the end of the 30 days in which they were received.
	Now time.Time
	// Small makes small attachments: the messages are about 4 KB on average then, else
	// 34 KB (10,000: 344 MB).
	Small bool
	// Huge makes one of them 50 MB long, beside the Count.
	Huge bool
}

// Folders are the names that the messages lie under, in Unicode, their levels
// separated by "/". There are twenty, of every kind that IMAP's old encoding of
// names (RFC 3501 section 5.1.3) makes hard; "lists" itself does not exist, and
// nothing lies in the last one.
func Folders() []string {
	return []string{
		"INBOX", "Sent", "Drafts", "Junk", "Trash", "Archive", "Archive/2026", "Projects", "Projects/御見積",
		"取引先", "取引先/株式会社みらい", "Входящие", "Kunden & Partner", "Größe", "📬 émoji", "lists/go-nuts",
		"「重要」", `quote"back\slash`, "100%", "空のフォルダー",
	}
}

// Kinds are the names of all kinds of messages. Each occurs once at least where
// there are as many messages as kinds.
func Kinds() []string {
	var names []string
	for _, k := range append(usual(), odd()...) {
		names = append(names, k.name)
	}
	return names
}

type kind struct {
	name   string
	weight int // among the usual ones
	make   func(*maker) []byte
}

// Messages makes the messages, one at a time, oldest first.
func Messages(o Options) iter.Seq[Message] {
	return func(yield func(Message) bool) {
		all := append(usual(), odd()...)
		// Every stride-th message is the next of all kinds in turn, the others are usual.
		stride := max(1, min(12, o.Count/len(all)))
		for i := range o.Count {
			m := o.maker(i)
			k := m.pickUsual()
			if i%stride == 0 {
				k = all[i/stride%len(all)]
			}
			if !yield(m.message(k)) {
				return
			}
		}
		if o.Huge {
			yield(o.maker(o.Count).message(kind{"huge", 0, hugeMessage}))
		}
	}
}

// maker makes one message.
type maker struct {
	*rand.Rand
	options Options
	number  int
	at      time.Time
}

func (o Options) maker(i int) *maker {
	const seconds = Days * 24 * 60 * 60
	back := time.Duration(seconds-seconds*(i+1)/(o.Count+2)) * time.Second
	return &maker{
		Rand:    rand.New(rand.NewPCG(o.Seed, uint64(i))), //nolint:gosec // the same messages each time are the purpose
		options: o, number: i, at: o.Now.Add(-back).UTC().Truncate(time.Second),
	}
}

func (m *maker) message(k kind) Message {
	out := Message{Number: m.number, Kind: k.name, Received: m.at, Folder: m.folder(), Flags: m.flags()}
	out.Bytes = k.make(m)
	return out
}

func (m *maker) pickUsual() kind {
	kinds := usual()
	sum := 0
	for _, k := range kinds {
		sum += k.weight
	}
	at := m.IntN(sum)
	for _, k := range kinds {
		if at -= k.weight; at < 0 {
			return k
		}
	}
	return kinds[0]
}

// folder puts a third into the inbox and the others everywhere but in the last.
func (m *maker) folder() string {
	folders := Folders()
	if m.IntN(3) == 0 {
		return folders[0]
	}
	return folders[m.IntN(len(folders)-1)]
}

func (m *maker) flags() mailstore.Flags {
	var flags []string
	for flag, share := range map[string]int{mailstore.Seen: 2, mailstore.Answered: 5, mailstore.Starred: 12, mailstore.Draft: 90, mailstore.Deleted: 200} {
		if hash(m.number, flag)%share == 0 {
			flags = append(flags, flag)
		}
	}
	for i, keyword := range keywords() {
		if m.number%(20+i) == 0 {
			flags = append(flags, keyword)
		}
	}
	return mailstore.MakeFlags(flags...)
}

// keywords are the keywords in use; at most 26, as Dovecot names them by letters.
func keywords() []string { return []string{"$Forwarded", "$MDNSent", "NonJunk", "$label1"} }

// hash spreads a flag over the messages without touching the random numbers, so
// that the order of a map does not matter.
func hash(number int, flag string) int {
	h := fnv.New32a()
	_, _ = fmt.Fprint(h, flag, number)
	return int(h.Sum32() >> 4)
}

// hugeMessage is an ordinary message with 37 MB attached.
func hugeMessage(m *maker) []byte {
	var b bytes.Buffer
	m.head(&b, "Large drawing", "Content-Type: multipart/mixed; boundary=huge")
	b.WriteString("--huge\r\nContent-Type: text/plain\r\n\r\nThe drawing is attached.\r\n")
	b.WriteString("--huge\r\nContent-Type: application/octet-stream; name=drawing.dwg\r\n" +
		"Content-Disposition: attachment; filename=drawing.dwg\r\nContent-Transfer-Encoding: base64\r\n\r\n")
	m.base64(&b, 50<<20*57/78)
	b.WriteString("--huge--\r\n")
	return b.Bytes()
}
