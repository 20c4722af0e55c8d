package engine

import (
	"context"
	"io"
	"iter"
	"strings"

	"lifeboat/mailstore"
	"lifeboat/mailstore/export"
	"lifeboat/mailstore/fulltext"
)

// ExportRequest says which mail goes out, in what form, and where to.
type ExportRequest struct {
	Target string // a folder or file that does not exist yet
	Format export.Format
	// Selection and Query say which messages; Limit 0 is all of them.
	Selection MailSelection
	Query     string
	Tell      func(export.Progress) // may be nil
}

// ExportedMail is what went out.
type ExportedMail struct {
	Target   string        `json:"target"`
	Messages int           `json:"messages"`
	Bytes    int64         `json:"bytes"`
	LeftOut  []UnmovedMail `json:"left_out"`
	Format   export.Format `json:"format"`
}

// UnmovedMail is a message that could not be brought in or out, and why.
type UnmovedMail struct {
	Path string             `json:"message"` // its ID, or where it was found
	Why  mailstore.Sentence `json:"why"`
}

// Export writes messages as files that any program reads, newest first.
func (m *Mail) Export(ctx context.Context, req ExportRequest) (ExportedMail, error) {
	out := ExportedMail{Target: req.Target, Format: req.Format, LeftOut: []UnmovedMail{}}
	l, err := m.list(req.Selection)
	if err != nil {
		return out, err
	}
	l.Limit = exportPage
	next := m.store.Messages
	if req.Query != "" {
		q, err := fulltext.Parse(req.Query, m.e.opt.Now())
		if err != nil {
			return out, err
		}
		next = func(ctx context.Context, l mailstore.List) ([]mailstore.Message, error) {
			return m.store.Search(ctx, q, l)
		}
	}
	sum, err := export.Write(ctx, req.Target, m.outgoing(ctx, l, next), export.Options{Format: req.Format, Now: m.e.opt.Now, Tell: req.Tell})
	out.Messages, out.Bytes = sum.Messages, sum.Bytes
	for _, left := range sum.LeftOut {
		out.LeftOut = append(out.LeftOut, UnmovedMail{left.Message.Path, left.Why})
	}
	return out, err
}

// exportPage is how many messages are asked of the index at a time.
const exportPage = 500

// outgoing goes through the messages, a page at a time.
func (m *Mail) outgoing(ctx context.Context, l mailstore.List, next func(context.Context, mailstore.List) ([]mailstore.Message, error)) iter.Seq2[export.Message, error] {
	return func(yield func(export.Message, error) bool) {
		for {
			page, err := next(ctx, l)
			if err != nil {
				yield(export.Message{}, err)
				return
			}
			for _, msg := range page {
				if !yield(m.out(msg, l.Folder), nil) {
					return
				}
				l.Before = msg.ID
			}
			if len(page) < l.Limit {
				return
			}
		}
	}
}

// out is a message on its way out, from the folder wanted or else the first it lies
// in.
func (m *Mail) out(msg mailstore.Message, folder mailstore.FolderID) export.Message {
	x := export.Message{
		Account: m.address(msg.Account), Received: msg.Received, Hash: msg.Hash, Size: msg.Size, Subject: msg.Summary.Subject, Path: msg.ID.Text(),
		Open: func(ctx context.Context) (io.ReadCloser, error) { return m.store.Open(ctx, msg.ID) },
	}
	best := -1
	for i, p := range msg.Places {
		if best < 0 || p.Folder == folder || p.Gone.IsZero() && !msg.Places[best].Gone.IsZero() && msg.Places[best].Folder != folder {
			best = i
		}
	}
	if best >= 0 {
		p := msg.Places[best]
		f := m.folders[p.Folder]
		x.Folder, x.UID, x.Flags, x.Received = f.Name, p.UID, p.Flags, p.Received
		if f.Delimiter != "" && f.Delimiter != "/" {
			x.Folder = strings.ReplaceAll(f.Name, f.Delimiter, "/")
		}
	}
	return x
}
