package export

import (
	"context"
	"io"
	"iter"
	"os"
	"path/filepath"
	"time"

	"lifeboat/mailstore"
)

// Message is a message in one place: on its way out, or found in somebody's files.
type Message struct {
	Account  string // its address; empty: not known
	Folder   string // as people see it, levels separated by "/"; empty: not known
	UID      mailstore.UID
	Flags    mailstore.Flags
	Received time.Time      // zero: not known
	Hash     mailstore.Hash // zero: not known
	Size     int64          // octets; -1: not known
	Subject  string         // for a file's name; may be empty
	// Labels are Gmail's, of its Takeout files.
	Labels []string
	// Path is where it was found: "backup/archive.mbox", and of a mailbox with "#3"
	// for its third message.
	Path string
	// Open gives its bytes.
	Open func(context.Context) (io.ReadCloser, error)
}

// Format is what an export is made of.
type Format string

// The formats.
const (
	EML  Format = "eml"  // a folder with a file for each message
	Mbox Format = "mbox" // a folder with a file for each mail folder
	Zip  Format = "zip"  // one file with all of EML in it
)

// Options are how an export is made.
type Options struct {
	Format Format
	Now    func() time.Time // nil: [time.Now]
	// Tell is called after every message, if it is not nil.
	Tell func(Progress)
}

// Progress is how far an export is.
type Progress struct {
	Messages int
	Bytes    int64
}

// LeftOut is a message that could not be exported, and why.
type LeftOut struct {
	Message Message
	Why     mailstore.Sentence
}

// Summary is what an export holds.
type Summary struct {
	Progress
	LeftOut []LeftOut
}

// sink is what an export is made of.
type sink interface {
	// add takes a message in, and says where it lies.
	add(m Message, body *spool) (entry, error)
	// finish completes everything, with the manifest at hand in a file of its own.
	finish(manifest string) error
	// result is the file or folder that is the export.
	result() string
	close()
}

// Write exports messages to a folder or, as Zip, a file that does not exist yet.
// Messages that are damaged or missing, as the sequence or their reader says, or that
// are not what their hash and size tell, are left out and named. Any other error ends
// the export, and nothing is left of it. The error is ErrInvalid, ErrDisk, that of
// the sequence, or the context's.
func Write(ctx context.Context, target string, messages iter.Seq2[Message, error], o Options) (s Summary, err error) {
	if _, err := os.Lstat(target); err == nil {
		return s, mailstore.Fail(mailstore.ErrInvalid, "{file} exists already and was left as it is. Give another name.", "file", target)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	target = filepath.Clean(target)
	work, err := os.MkdirTemp(filepath.Dir(target), filepath.Base(target)+".partial-*")
	if err != nil {
		return s, notWritten(target, err)
	}
	defer func() { _ = os.RemoveAll(work) }() // moved by then, or given up
	w := &writing{target: target, work: work, opts: o}
	defer w.close()
	if err := w.begin(); err != nil {
		return s, err
	}
	for m, err := range messages {
		if ctx.Err() != nil {
			return s, ctx.Err()
		}
		if err := w.one(ctx, m, err); err != nil {
			return s, err
		}
		if o.Tell != nil {
			o.Tell(w.summary.Progress)
		}
	}
	if ctx.Err() != nil {
		return s, ctx.Err()
	}
	if err := w.finish(); err != nil {
		return s, notWritten(target, err)
	}
	return w.summary, nil
}

// writing is an export under way.
type writing struct {
	target, work string
	opts         Options
	sink         sink
	manifest     *manifest
	spool        *spool
	summary      Summary
}

func (w *writing) begin() (err error) {
	w.spool = newSpool(w.work)
	switch w.opts.Format {
	case EML:
		w.sink, err = newTree(w.work)
	case Mbox:
		w.sink, err = newMailboxes(w.work)
	case Zip:
		w.sink, err = newArchive(w.work)
	default:
		return mailstore.Fail(mailstore.ErrInvalid, "There is no format “{format}”: it is eml, mbox or zip.", "format", w.opts.Format)
	}
	if err == nil {
		w.manifest, err = newManifest(filepath.Join(w.work, manifestName), w.opts.Format, w.opts.Now())
	}
	if err != nil {
		return notWritten(w.target, err)
	}
	return nil
}

func (w *writing) close() {
	if w.sink != nil {
		w.sink.close()
	}
	if w.manifest != nil {
		w.manifest.close()
	}
	w.spool.close()
}

// one exports a message, or notes that it is left out.
func (w *writing) one(ctx context.Context, m Message, err error) error {
	if err == nil {
		err = w.fetch(ctx, &m)
	}
	if leftOut(err) {
		w.summary.LeftOut = append(w.summary.LeftOut, LeftOut{m, mailstore.SentenceOf(err)})
		return nil
	}
	if err != nil {
		return err
	}
	e, err := w.sink.add(m, w.spool)
	if err == nil {
		err = w.manifest.add(e)
	}
	if err != nil {
		return notWritten(w.target, err)
	}
	w.summary.Messages++
	w.summary.Bytes += m.Size
	return nil
}

// fetch has the message's bytes at hand, and sees that they are the right ones.
func (w *writing) fetch(ctx context.Context, m *Message) error {
	r, err := m.Open(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	if err := w.spool.fill(ctx, r); err != nil {
		return err
	}
	got := w.spool.sum()
	if m.Hash != (mailstore.Hash{}) && m.Hash != got || m.Size >= 0 && m.Hash != (mailstore.Hash{}) && m.Size != w.spool.size {
		return mailstore.Fail(mailstore.ErrDamaged, "The message is not what it was when it was stored. Run: lifeboat mail verify.")
	}
	m.Hash, m.Size = got, w.spool.size
	return nil
}

// finish makes the export complete and gives it its name.
func (w *writing) finish() error {
	if err := w.manifest.finish(w.summary); err != nil {
		return err
	}
	w.spool.close()
	if err := w.sink.finish(w.manifest.path); err != nil {
		return err
	}
	if err := os.Rename(w.sink.result(), w.target); err != nil {
		return err
	}
	return syncDir(filepath.Dir(w.target))
}
