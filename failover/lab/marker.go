package lab

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"mime"
	"net/mail"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// marker makes messages that are known again wherever they turn up: by a header
// field with the message's number and a word that only this world uses. The
// Message-ID would not do: programs make new ones, and repeat old ones.
type marker struct {
	tail   string              // ".4f3a..."
	letter func(Letter) Letter // what people write; nil: what compose has
}

// markerHead begins the field. Its name is the world's own, so nobody else's rules
// concern it (RFC 6648).
const markerHead = "Lifeboat-Practice-Message: "

func newMarker() (marker, error) {
	word := make([]byte, 8)
	if _, err := rand.Read(word); err != nil {
		return marker{}, err
	}
	return marker{tail: "." + hex.EncodeToString(word)}, nil
}

// paper is what a message says of itself, out of which it can be written again to
// the last octet. A number of 0 is a message that the ledger does not follow.
type paper struct {
	number   int
	by       Group
	way      Direction
	from, to string
	at       time.Time
}

// attachEvery is how often a message has an attachment: the last of so many.
const attachEvery = 5

// compose writes a message, with CRLF after each line.
func (m marker) compose(p paper) []byte {
	var b bytes.Buffer
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\r\n", args...) }
	from := mail.Address{Name: nameOf(p.from), Address: p.from}
	line("From: %s", &from)
	line("To: <%s>", p.to)
	words, written := m.words(p)
	if written {
		line("Subject: %s", mime.BEncoding.Encode("utf-8", words.Subject))
	} else {
		line("Subject: %s %d", p.subject(), p.number)
	}
	line("Date: %s", p.at.Format(time.RFC1123Z))
	line("Message-ID: <%d%s@%s>", p.number, m.tail, domainOf(p.from))
	line(markerHead+"%d%s", p.number, m.tail)
	line("MIME-Version: 1.0")
	boundary := "part" + m.tail
	attached := p.number%attachEvery == 0
	if attached {
		line(`Content-Type: multipart/mixed; boundary="%s"`, boundary)
		line("")
		line("--%s", boundary)
	}
	line("Content-Type: text/plain; charset=utf-8")
	line("Content-Transfer-Encoding: 8bit")
	line("")
	if written {
		for text := range strings.Lines(words.Text) {
			line("%s", strings.TrimRight(text, "\r\n"))
		}
	} else {
		p.text(line)
	}
	if attached {
		line("")
		line("--%s", boundary)
		line(`Content-Type: application/pdf; name="order-%d.pdf"`, p.number)
		line(`Content-Disposition: attachment; filename="order-%d.pdf"`, p.number)
		line("Content-Transfer-Encoding: base64")
		line("")
		for range 12 {
			line("%s", base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%-54d", p.number)))
		}
		line("--%s--", boundary)
	}
	return b.Bytes()
}

func (p paper) subject() string {
	switch p.way {
	case Outbound:
		return "Re: Order"
	case Internal:
		return mime.BEncoding.Encode("utf-8", "回覧")
	default:
		return "Order"
	}
}

// text writes what a person would, with all that mail systems stumble over.
func (p paper) text(line func(format string, args ...any)) {
	line("Good day,")
	line("")
	if p.way == Inbound {
		line("this is order %d. Please confirm it.", p.number)
		line("注文書 %d をお送りします。ご確認ください。", p.number)
	} else {
		line("thank you for number %d. All is in hand.", p.number)
		line("%d 番の件、承知しました。", p.number)
	}
	line(".")
	line("..and two lines that begin with a dot, which SMTP doubles on its way.")
}

// nameOf makes a person's name of their address: "hanako.sato@..." is Hanako Sato.
func nameOf(address string) string {
	local, _, _ := strings.Cut(address, "@")
	var words []string
	for word := range strings.FieldsFuncSeq(local, func(r rune) bool { return r == '.' || r == '-' || r == '_' }) {
		first, size := utf8.DecodeRuneInString(word)
		words = append(words, string(unicode.ToUpper(first))+word[size:])
	}
	return strings.Join(words, " ")
}

func domainOf(address string) string {
	_, domain, _ := strings.Cut(address, "@")
	return domain
}

// find reads the number off a message's header.
func (m marker) find(data []byte) (n int, ok bool) {
	header, _, _ := bytes.Cut(data, []byte("\r\n\r\n"))
	for line := range bytes.Lines(header) {
		rest, is := bytes.CutPrefix(bytes.TrimRight(line, "\r\n"), []byte(markerHead))
		if !is {
			continue
		}
		if digits, is := bytes.CutSuffix(rest, []byte(m.tail)); is {
			if n, err := strconv.Atoi(string(digits)); err == nil && n > 0 {
				return n, true
			}
		}
	}
	return 0, false
}
