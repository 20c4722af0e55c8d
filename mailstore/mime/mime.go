// Package mime reads messages for people: whatever the bytes are, there is a
// subject, somebody it is from, a text and a list of attachments, as far as
// anybody could make them out.
package mime

import (
	"io"
	"net/mail"
	"strings"

	"lifeboat/mailstore"
)

// Limits bound what [Read] keeps of a message.
type Limits struct {
	// Text is how many octets of readable text there may be (UTF-8); 256 KiB by
	// default.
	Text int
}

// Read reads a message for people.
func Read(r io.Reader, limits Limits) mailstore.Letter {
	if limits.Text <= 0 {
		limits.Text = 256 << 10
	}
	m, err := mail.ReadMessage(r)
	if err != nil {
		return mailstore.Letter{}
	}
	l := mailstore.Letter{Subject: m.Header.Get("Subject"), MessageID: strings.Trim(m.Header.Get("Message-Id"), "<> ")}
	if from, err := m.Header.AddressList("From"); err == nil {
		for _, a := range from {
			l.From = append(l.From, mailstore.Address{Name: a.Name, Address: a.Address})
		}
	}
	l.Date, _ = m.Header.Date()
	text, _ := io.ReadAll(io.LimitReader(m.Body, int64(limits.Text)))
	l.Text = strings.ReplaceAll(string(text), "\r\n", "\n")
	return l
}

// Header reads what the header alone tells; raw may go on behind it.
func Header(raw []byte) mailstore.Letter {
	l := Read(strings.NewReader(string(raw)), Limits{})
	l.Text = ""
	return l
}

// Part finds an attachment by its number, and gives its bytes decoded. The
// attachment's Size is 0: it is known when all has been read. The error is
// mailstore.ErrNotFound where the message has no such part.
func Part(r io.Reader, part string) (io.Reader, mailstore.Attachment, error) {
	return nil, mailstore.Attachment{}, mailstore.Fail(mailstore.ErrNotFound, "The message has no part {part}.", "part", part)
}

// Paragraphs cuts a text into its paragraphs, for viewers that lay out each on its
// own.
func Paragraphs(text string) []string { return strings.Split(text, "\n\n") }
