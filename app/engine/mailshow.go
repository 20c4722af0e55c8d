package engine

import (
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

// Show reads a message for a person.
func (m *Mail) Show(ctx context.Context, id string) (ShownMail, error) {
	msg, r, err := m.open(ctx, id, AccessShow)
	if err != nil {
		return ShownMail{}, err
	}
	letter := mime.Read(r, mime.Limits{})
	if err := r.Close(); err != nil {
		return ShownMail{}, err
	}
	s := ShownMail{
		MailLine: m.line(msg), Cc: addresses(letter.Cc), Bcc: addresses(letter.Bcc), ReplyTo: addresses(letter.ReplyTo),
		MessageID: letter.MessageID, Text: letter.Text, Cut: letter.Cut, Notes: letter.Notes, Attached: []AttachedFile{}, SHA256: msg.Hash.String(),
	}
	s.From, s.To, s.Subject, s.Date = addresses(letter.From), addresses(letter.To), letter.Subject, letter.Date
	for _, a := range letter.Attachments {
		s.Attached = append(s.Attached, AttachedFile{a.Part, a.Name, a.Type, a.Size, a.Inline})
	}
	for _, p := range msg.Places {
		if s.Hidden && p.Gone.After(s.HiddenSince) {
			s.HiddenSince = p.Gone
		}
	}
	return s, nil
}

// Raw writes a message's bytes, exactly as the primary served them.
func (m *Mail) Raw(ctx context.Context, id string, w io.Writer) error {
	_, r, err := m.open(ctx, id, AccessRaw)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, r)
	return errors.Join(err, r.Close())
}

// Part writes an attachment, decoded, to where the file that into is given goes.
func (m *Mail) Part(ctx context.Context, id, part string, into func(AttachedFile) (io.Writer, error)) error {
	_, r, err := m.open(ctx, id, AccessFile)
	if err != nil {
		return err
	}
	content, a, err := mime.Part(r, part)
	if err != nil {
		return errors.Join(err, r.Close())
	}
	w, err := into(AttachedFile{a.Part, a.Name, a.Type, a.Size, a.Inline})
	if err == nil {
		_, err = io.Copy(w, content)
	}
	return errors.Join(err, r.Close())
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
