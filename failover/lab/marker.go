package lab

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"
)

// marker makes messages that are known again wherever they turn up: by a
// Message-ID with the message's number and a word that only this world uses.
type marker struct {
	tail string // ".4f3a...@outside.test>"
}

func newMarker() (marker, error) {
	word := make([]byte, 8)
	if _, err := rand.Read(word); err != nil {
		return marker{}, err
	}
	return marker{"." + hex.EncodeToString(word) + "@" + hostOf(senderZone) + ">"}, nil
}

const markerHead = "Message-ID: <"

// compose writes a message, with CRLF after each line.
func (m marker) compose(n int, to string, at time.Time) []byte {
	var b bytes.Buffer
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\r\n", args...) }
	line("From: Someone Outside <someone@%s>", hostOf(senderZone))
	line("To: <%s>", to)
	line("Subject: Order %d", n)
	line("Date: %s", at.Format(time.RFC1123Z))
	line(markerHead+"%d%s", n, m.tail)
	line("MIME-Version: 1.0")
	line("Content-Type: text/plain; charset=utf-8")
	line("Content-Transfer-Encoding: 8bit")
	line("")
	line("Good day,")
	line("")
	line("this is order %d. Please confirm it.", n)
	line("注文書 %d をお送りします。ご確認ください。", n)
	line(".")
	line("..and two lines that begin with a dot, which SMTP doubles on its way.")
	return b.Bytes()
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
			n, err := strconv.Atoi(string(digits))
			return n, err == nil
		}
	}
	return 0, false
}
