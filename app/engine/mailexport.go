package engine

import (
	"context"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"lifeboat/mailstore"
	"lifeboat/mailstore/export"
	"lifeboat/mailstore/fulltext"
)

// ExportRequest says which mail goes out, in what form, and where to.
type ExportRequest struct {
	Target string // a folder or file that does not exist yet
	Format export.Format
	// IDs are the messages, in this order; none: Selection and Query say which. Limit 0
	// is all of them.
	IDs       []string
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
	Locked   []string      `json:"locked,omitempty"` // mailboxes that were left out, as nothing has opened them
}

// UnmovedMail is a message that could not be brought in or out, and why.
type UnmovedMail struct {
	Path string             `json:"message"` // its ID, or where it was found
	Why  mailstore.Sentence `json:"why"`
}

// Export implements [MailSource]: it writes messages, newest first, or in the order of
// their IDs.
func (m *Mail) Export(ctx context.Context, req ExportRequest) (ExportedMail, error) {
	out := ExportedMail{Target: req.Target, Format: req.Format, LeftOut: []UnmovedMail{}}
	ids, folder, err := m.exported(ctx, req, &out)
	if err != nil {
		return out, err
	}
	return exportAll(ctx, req, out, m.e.opt.Now, m.outgoing(ctx, ids, folder))
}

// exportAll writes messages, and puts down what came of it.
func exportAll(ctx context.Context, req ExportRequest, out ExportedMail, now func() time.Time, all iter.Seq2[export.Message, error]) (ExportedMail, error) {
	sum, err := export.Write(ctx, req.Target, all, export.Options{Format: req.Format, Now: now, Tell: req.Tell})
	out.Messages, out.Bytes = sum.Messages, sum.Bytes
	for _, left := range sum.LeftOut {
		out.LeftOut = append(out.LeftOut, UnmovedMail{left.Message.Path, left.Why})
	}
	return out, err
}

// exported finds the messages that are to go out, and notes that they do.
func (m *Mail) exported(ctx context.Context, req ExportRequest, out *ExportedMail) ([]mailstore.MessageID, mailstore.FolderID, error) {
	q, err := fulltext.Parse(req.Query, m.e.opt.Now())
	if err != nil {
		return nil, 0, err
	}
	if len(req.IDs) > 0 {
		ids := make([]mailstore.MessageID, len(req.IDs))
		for i, text := range req.IDs {
			if ids[i], err = parseID(text); err != nil {
				return nil, 0, err
			}
		}
		return ids, 0, m.noteExported(ctx, ids)
	}
	l, r, err := m.list(ctx, req.Selection)
	if err != nil {
		return nil, 0, err
	}
	l.Limit, out.Locked = max(0, req.Selection.Limit), r.locked
	ids, err := m.store.SearchIDs(ctx, q, l)
	if err != nil {
		return nil, 0, err
	}
	return ids, l.Folder, m.noteExported(ctx, ids)
}

// noteExported refuses messages of accounts that may not be read, and counts the others
// in the log.
func (m *Mail) noteExported(ctx context.Context, ids []mailstore.MessageID) error {
	if m.gate == nil {
		return nil
	}
	of, err := m.store.AccountsOf(ctx, ids)
	if err != nil {
		return err
	}
	counts := map[mailstore.AccountID]int{}
	for _, account := range of {
		counts[account]++
	}
	var due []AccessEntry
	for _, account := range slices.Sorted(maps.Keys(counts)) {
		got, err := m.gate.check(ctx, m.address(account))
		if err != nil {
			return err
		}
		due = append(due, m.gate.due(got, AccessEntry{Deed: AccessExport, Account: m.address(account), Messages: counts[account]})...)
	}
	return m.gate.write(ctx, due)
}

// exportPage is how many messages are asked of the index at a time.
const exportPage = 500

// outgoing goes through the messages, a page at a time. One that is gone meanwhile is
// left out.
func (m *Mail) outgoing(ctx context.Context, ids []mailstore.MessageID, folder mailstore.FolderID) iter.Seq2[export.Message, error] {
	return func(yield func(export.Message, error) bool) {
		for some := range slices.Chunk(ids, exportPage) {
			page, err := m.store.ByIDs(ctx, some)
			if err == nil {
				err = m.loadFor(ctx, page)
			}
			if err != nil {
				yield(export.Message{}, err)
				return
			}
			for _, msg := range page {
				if !yield(m.out(msg, folder), nil) {
					return
				}
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
		_, folders := m.known()
		f := folders[p.Folder]
		x.Folder, x.UID, x.Flags, x.Received = slashed(f.Name, f.Delimiter), p.UID, p.Flags, p.Received
	}
	return x
}

// slashed is a folder's name with slashes between its levels.
func slashed(name, delimiter string) string {
	if delimiter == "" || delimiter == "/" {
		return name
	}
	return strings.ReplaceAll(name, delimiter, "/")
}
