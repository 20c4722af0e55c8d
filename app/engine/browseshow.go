package engine

import (
	"bytes"
	"context"
	"io"
	"iter"
	"slices"
	"strconv"

	"lifeboat/mailstore"
	"lifeboat/mailstore/export"
	"lifeboat/mailstore/imaplink"
	"lifeboat/mailstore/mime"
)

// What is kept of messages that were read, and how large one may be.
const (
	keptBodies  = 48 << 20
	largestBody = 150 << 20 // as large as any provider takes
)

// keptBody is a message's bytes.
type keptBody struct {
	id    string
	bytes []byte
}

// Show implements [MailSource].
func (b *browser) Show(ctx context.Context, id string) (ShownMail, error) {
	line, body, err := b.open(ctx, id, AccessShow)
	if err != nil {
		return ShownMail{}, err
	}
	return shownMail(line, bytes.NewReader(body))
}

// Raw implements [MailSource].
func (b *browser) Raw(ctx context.Context, id string, w io.Writer) error {
	_, body, err := b.open(ctx, id, AccessRaw)
	if err == nil {
		_, err = w.Write(body)
	}
	return err
}

// Part implements [MailSource].
func (b *browser) Part(ctx context.Context, id, part string, into func(AttachedFile) (io.Writer, error)) error {
	_, body, err := b.open(ctx, id, AccessFile)
	if err != nil {
		return err
	}
	return writePart(bytes.NewReader(body), part, into)
}

// open reads a message that may be read, and notes that it is.
func (b *browser) open(ctx context.Context, id string, deed AccessDeed) (MailLine, []byte, error) {
	if _, err := b.gate.check(ctx, b.address); err != nil {
		return MailLine{}, nil, err
	}
	if err := b.listed(ctx); err != nil {
		return MailLine{}, nil, err
	}
	i, err := b.parse(id)
	if err != nil {
		return MailLine{}, nil, err
	}
	a := AccessEntry{Deed: deed, Account: b.address, Folder: b.name(i.folder), Message: strconv.FormatUint(uint64(i.uid), 10)}
	if err := b.gate.read(ctx, a); err != nil {
		return MailLine{}, nil, err
	}
	lines, err := b.Lines(ctx, []string{id})
	if err != nil {
		return MailLine{}, nil, err
	}
	if lines[0].Missing {
		return lines[0], nil, b.gone()
	}
	body, err := b.body(ctx, id, lines[0].Size)
	return lines[0], body, err
}

func (b *browser) gone() error {
	return mailstore.Fail(mailstore.ErrNotFound, "{server} no longer has this message in this folder: it was moved or deleted.", "server", b.server)
}

// body is a message's bytes.
func (b *browser) body(ctx context.Context, id string, size int64) ([]byte, error) {
	if kept := b.keptBody(id); kept != nil {
		return kept, nil
	}
	if size > largestBody {
		return nil, mailstore.Fail(mailstore.ErrUnsupported, "This message has {size} MB, which is more than is opened here ({most} MB): open it in the provider's own mail program.",
			"size", size>>20, "most", largestBody>>20)
	}
	i, err := b.parse(id)
	if err != nil {
		return nil, err
	}
	name := b.name(i.folder)
	var body []byte
	err = b.bodies.do(ctx, func(ctx context.Context, l *lane) error {
		if err := l.open(ctx, name); err != nil {
			return err
		}
		if l.selected.UIDValidity != i.validity {
			return b.gone()
		}
		var got []byte
		err := l.conn.Bodies(ctx, []imaplink.Want{{UID: i.uid, Size: size}}, func(_ imaplink.Overview, r io.Reader) error {
			var err error
			got, err = io.ReadAll(io.LimitReader(r, largestBody))
			return err
		})
		if err == nil && got == nil {
			err = b.gone()
		}
		if err == nil {
			b.keep(id, got)
			body = got
		}
		return err
	})
	if err != nil {
		return nil, err // body may still be written
	}
	return body, nil
}

func (b *browser) keptBody(id string) []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	if i := slices.IndexFunc(b.kept, func(k keptBody) bool { return k.id == id }); i >= 0 {
		return b.kept[i].bytes
	}
	return nil
}

// keep keeps a message's bytes, and forgets the oldest where there are too many; the
// newest stays, however large.
func (b *browser) keep(id string, body []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.kept = append(slices.DeleteFunc(b.kept, func(k keptBody) bool { return k.id == id }), keptBody{id, body})
	sum := 0
	for i, k := range slices.Backward(b.kept) {
		if sum += len(k.bytes); sum > keptBodies && i < len(b.kept)-1 {
			b.kept = slices.Delete(b.kept, 0, i+1)
			return
		}
	}
}

// Export implements [MailSource].
func (b *browser) Export(ctx context.Context, req ExportRequest) (ExportedMail, error) {
	out := ExportedMail{Target: req.Target, Format: req.Format, LeftOut: []UnmovedMail{}}
	ids := req.IDs
	if len(ids) == 0 {
		list, err := b.Index(ctx, req.Query, req.Selection)
		if err != nil {
			return out, err
		}
		ids = list.IDs
	}
	if _, err := b.gate.check(ctx, b.address); err != nil {
		return out, err
	}
	if err := b.listed(ctx); err != nil {
		return out, err
	}
	for _, id := range ids {
		if _, err := b.parse(id); err != nil {
			return out, err
		}
	}
	if err := b.gate.read(ctx, AccessEntry{Deed: AccessExport, Account: b.address, Messages: len(ids)}); err != nil {
		return out, err
	}
	return exportAll(ctx, req, out, b.e.opt.Now, b.outgoing(ctx, ids))
}

// outgoing goes through the messages; those that are gone meanwhile are left out.
func (b *browser) outgoing(ctx context.Context, ids []string) iter.Seq2[export.Message, error] {
	return func(yield func(export.Message, error) bool) {
		for some := range slices.Chunk(ids, exportPage) {
			lines, err := b.Lines(ctx, some)
			if err != nil {
				yield(export.Message{}, err)
				return
			}
			for _, line := range lines {
				if !line.Missing && !yield(b.out(line), nil) {
					return
				}
			}
		}
	}
}

// out is a message on its way out.
func (b *browser) out(line MailLine) export.Message {
	i, err := b.parse(line.ID)
	x := export.Message{
		Account: b.address, Received: line.Received, Size: line.Size, Subject: line.Subject, Path: line.ID, Flags: mailstore.MakeFlags(line.Flags...), UID: i.uid,
		Open: func(ctx context.Context) (io.ReadCloser, error) {
			if err != nil {
				return nil, err
			}
			body, err := b.body(ctx, line.ID, line.Size)
			return io.NopCloser(bytes.NewReader(body)), err
		},
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if err == nil {
		f := b.folders[i.folder]
		x.Folder = slashed(f.Name, f.Delimiter)
	}
	return x
}

// writePart writes a part of a message to where the file that into is given goes.
func writePart(r io.Reader, part string, into func(AttachedFile) (io.Writer, error)) error {
	content, a, err := mime.Part(r, part)
	if err != nil {
		return err
	}
	w, err := into(AttachedFile{a.Part, a.Name, a.Type, a.Size, a.Inline})
	if err == nil {
		_, err = io.Copy(w, content)
	}
	return err
}
