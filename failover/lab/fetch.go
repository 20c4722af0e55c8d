package lab

import (
	"bufio"
	"bytes"
	"net/mail"
	"net/textproto"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	message "github.com/emersion/go-message/textproto"
)

// write gives what a client wants to have of messages, the UID before anything
// else: some clients forget a message whose UID follows its text.
func (r *reader) write(w *imapserver.FetchWriter, all []found, options *imap.FetchOptions) error {
	for _, f := range all {
		out := w.CreateMessage(f.number)
		out.WriteUID(f.uid)
		if options.Flags {
			out.WriteFlags(f.flags)
		}
		if options.InternalDate {
			out.WriteInternalDate(f.mail.At)
		}
		if options.RFC822Size {
			out.WriteRFC822Size(int64(len(f.mail.Data)))
		}
		if options.Envelope {
			out.WriteEnvelope(envelope(f.mail.Data))
		}
		if options.BodyStructure != nil {
			out.WriteBodyStructure(imapserver.ExtractBodyStructure(bytes.NewReader(f.mail.Data)))
		}
		for _, s := range options.BodySection {
			part := section(f.mail.Data, s)
			wc := out.WriteBodySection(s, int64(len(part)))
			_, err := wc.Write(part)
			if closed := wc.Close(); err == nil {
				err = closed
			}
			if err != nil {
				return err
			}
		}
		if err := out.Close(); err != nil {
			return err
		}
	}
	return nil
}

func envelope(data []byte) *imap.Envelope {
	h, err := message.ReadHeader(bufio.NewReader(bytes.NewReader(data)))
	if err != nil {
		return nil
	}
	return imapserver.ExtractEnvelope(h)
}

// section is a part of a message; the whole of it is what is stored, to the octet.
func section(data []byte, s *imap.FetchItemBodySection) []byte {
	if s.Specifier != imap.PartSpecifierNone || len(s.Part) > 0 {
		return imapserver.ExtractBodySection(bytes.NewReader(data), s)
	}
	if p := s.Partial; p != nil {
		from := min(max(p.Offset, 0), int64(len(data)))
		data = data[from:]
		data = data[:min(max(p.Size, 0), int64(len(data)))]
	}
	return data
}

// Search finds messages.
func (r *reader) Search(kind imapserver.NumKind, criteria *imap.SearchCriteria, _ *imap.SearchOptions) (*imap.SearchData, error) {
	var (
		data imap.SearchData
		seqs imap.SeqSet
		uids imap.UIDSet
	)
	for _, f := range r.each(imap.UIDSet{{Start: 1}}, func(*item) {}) {
		if !r.fits(f, criteria) {
			continue
		}
		n := f.number
		if kind == imapserver.NumKindUID {
			n = uint32(f.uid)
		}
		seqs.AddNum(f.number)
		uids.AddNum(f.uid)
		if data.Count++; data.Min == 0 {
			data.Min = n
		}
		data.Max = n
	}
	if data.All = seqs; kind == imapserver.NumKindUID {
		data.All = uids
	}
	return &data, nil
}

// fits reports whether a message is one that is searched for (RFC 9051 section
// 6.4.4).
func (r *reader) fits(f found, c *imap.SearchCriteria) bool {
	has := func(flag imap.Flag) bool {
		return slices.ContainsFunc(f.flags, func(x imap.Flag) bool { return strings.EqualFold(string(x), string(flag)) })
	}
	for _, set := range c.SeqNum {
		if !within(r.static(set), f.uid, f.number) {
			return false
		}
	}
	for _, set := range c.UID {
		if !within(r.static(set), f.uid, f.number) {
			return false
		}
	}
	switch size := int64(len(f.mail.Data)); {
	case slices.ContainsFunc(c.Flag, func(x imap.Flag) bool { return !has(x) }), slices.ContainsFunc(c.NotFlag, has):
		return false
	case c.Larger > 0 && size <= c.Larger, c.Smaller > 0 && size >= c.Smaller:
		return false
	case !inDays(f.mail.At, c.Since, c.Before), !f.says(c):
		return false
	}
	for i := range c.Not {
		if r.fits(f, &c.Not[i]) {
			return false
		}
	}
	for i := range c.Or {
		if !r.fits(f, &c.Or[i][0]) && !r.fits(f, &c.Or[i][1]) {
			return false
		}
	}
	return true
}

// inDays compares days as they are, whatever the time zone; a zero bound is none.
func inDays(t, since, before time.Time) bool {
	t = time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	return (since.IsZero() || !t.Before(since)) && (before.IsZero() || t.Before(before))
}

// says reports whether a message's text and header are as searched for.
func (f found) says(c *imap.SearchCriteria) bool {
	if len(c.Header)+len(c.Body)+len(c.Text) == 0 && c.SentSince.IsZero() && c.SentBefore.IsZero() {
		return true
	}
	within := func(text []byte, word string) bool {
		return bytes.Contains(bytes.ToLower(text), bytes.ToLower([]byte(word)))
	}
	head, body, _ := bytes.Cut(f.mail.Data, []byte("\r\n\r\n"))
	for _, word := range c.Body {
		if !within(body, word) {
			return false
		}
	}
	for _, word := range c.Text {
		if !within(f.mail.Data, word) {
			return false
		}
	}
	h, _ := textproto.NewReader(bufio.NewReader(bytes.NewReader(append(bytes.Clone(head), "\r\n\r\n"...)))).ReadMIMEHeader()
	for _, want := range c.Header {
		values := h.Values(want.Key)
		if !slices.ContainsFunc(values, func(v string) bool { return within([]byte(v), want.Value) }) {
			return false
		}
	}
	if c.SentSince.IsZero() && c.SentBefore.IsZero() {
		return true
	}
	sent, err := mail.Header(h).Date()
	return err == nil && inDays(sent, c.SentSince, c.SentBefore)
}
