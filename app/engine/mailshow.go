package engine

import (
	"bytes"
	"context"
	"errors"
	"io"
	"time"

	"lifeboat/mailstore"
	"lifeboat/mailstore/mime"
)

// ShownMail is a message as a person reads it.
type ShownMail struct {
	MailLine
	Cc        []string             `json:"cc"`
	Bcc       []string             `json:"bcc"`
	ReplyTo   []string             `json:"reply_to"`
	MessageID string               `json:"message_id,omitempty"`
	Text      string               `json:"text"`
	Cut       bool                 `json:"cut,omitempty"` // the text goes on
	Notes     []mailstore.Sentence `json:"notes,omitempty"`
	Attached  []AttachedFile       `json:"files"`
	// Paragraphs are the text in pieces, with what is quoted marked for folding.
	Paragraphs  []mailstore.Paragraph   `json:"-"`
	Invitations []mailstore.Invitation  `json:"invitations,omitempty"`
	Deliveries  []mailstore.Delivery    `json:"deliveries,omitempty"`
	Headers     []mailstore.HeaderField `json:"headers"` // all of them, decoded, in their order
	HiddenSince time.Time               `json:"hidden_since,omitzero"`
	SHA256      string                  `json:"sha256"`
}

// AttachedFile is a part of a message that a person would save.
type AttachedFile struct {
	Part   string `json:"part"`
	Name   string `json:"name"`
	Type   string `json:"type"`
	Size   int64  `json:"size"`
	Inline bool   `json:"inline,omitempty"`
}

// shownText is how much text of a message is shown, in octets.
const shownText = 1 << 20

// Show implements [MailSource].
func (m *Mail) Show(ctx context.Context, id string) (ShownMail, error) {
	msg, r, err := m.open(ctx, id, AccessShow)
	if err != nil {
		return ShownMail{}, err
	}
	s, err := shownMail(m.line(msg), r)
	if err := errors.Join(err, r.Close()); err != nil {
		return ShownMail{}, err
	}
	s.SHA256 = msg.Hash.String()
	for _, p := range msg.Places {
		if s.Hidden && p.Gone.After(s.HiddenSince) {
			s.HiddenSince = p.Gone
		}
	}
	return s, nil
}

// shownMail reads a message's bytes for a person.
func shownMail(line MailLine, r io.ReadSeeker) (ShownMail, error) {
	letter := mime.Read(r, mime.Limits{Text: shownText})
	s := ShownMail{
		MailLine: line, Cc: addresses(letter.Cc), Bcc: addresses(letter.Bcc), ReplyTo: addresses(letter.ReplyTo),
		MessageID: letter.MessageID, Text: letter.Text, Cut: letter.Cut, Notes: letter.Notes, Attached: []AttachedFile{},
		Paragraphs: mime.Reading(letter.Text), Invitations: letter.Invitations, Deliveries: letter.Deliveries,
	}
	s.From, s.To, s.Subject, s.Date = addresses(letter.From), addresses(letter.To), letter.Subject, letter.Date
	for _, a := range letter.Attachments {
		s.Attached = append(s.Attached, AttachedFile{a.Part, a.Name, a.Type, a.Size, a.Inline})
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return s, err
	}
	s.Headers = mime.Headers(r)
	return s, nil
}

// RawText is a message's source as text, for looking at it: at most so many octets of
// it, and whether it goes on.
func RawText(ctx context.Context, from MailSource, id string, most int) (text string, cut bool, err error) {
	w := &beginning{most: most}
	if err := from.Raw(ctx, id, w); err != nil && !errors.Is(err, errEnough) {
		return "", false, err
	}
	return mime.Source(w.kept.Bytes()), w.cut, nil
}

// errEnough ends a reading of which no more is wanted.
var errEnough = errors.New("enough was read")

// beginning keeps the beginning of what is written to it.
type beginning struct {
	kept bytes.Buffer
	most int
	cut  bool
}

func (b *beginning) Write(p []byte) (int, error) {
	room := b.most - b.kept.Len()
	if len(p) > room {
		b.cut = true
		b.kept.Write(p[:room])
		return room, errEnough
	}
	return b.kept.Write(p)
}

// Raw implements [MailSource]: the bytes are exactly as the primary served them.
func (m *Mail) Raw(ctx context.Context, id string, w io.Writer) error {
	_, r, err := m.open(ctx, id, AccessRaw)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, r)
	return errors.Join(err, r.Close())
}

// Part implements [MailSource].
func (m *Mail) Part(ctx context.Context, id, part string, into func(AttachedFile) (io.Writer, error)) error {
	_, r, err := m.open(ctx, id, AccessFile)
	if err != nil {
		return err
	}
	return errors.Join(writePart(r, part, into), r.Close())
}

// open opens a message that may be read, and notes that it is.
func (m *Mail) open(ctx context.Context, text string, deed AccessDeed) (mailstore.Message, mailstore.Reader, error) {
	id, err := parseID(text)
	if err != nil {
		return mailstore.Message{}, nil, err
	}
	msg, err := m.store.Message(ctx, id)
	if err != nil {
		return msg, nil, err
	}
	if err := m.loadFor(ctx, []mailstore.Message{msg}); err != nil {
		return msg, nil, err
	}
	a := AccessEntry{Deed: deed, Account: m.address(msg.Account), Message: msg.ID.Text()}
	if len(msg.Places) > 0 {
		_, folders := m.known()
		a.Folder = folders[msg.Places[0].Folder].Name
	}
	if err := m.gate.read(ctx, a); err != nil {
		return msg, nil, err
	}
	r, err := m.store.Open(ctx, id)
	return msg, r, err
}
