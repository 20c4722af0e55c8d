package export

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"strings"

	"lifeboat/mailstore"
)

// Read finds the messages in a file or folder: an export of ours, a mail file (eml), a
// mailbox (mbox), a zip file of mail files, or a folder of any of these. Whatever
// cannot be taken comes as an error, with a Message whose Path alone is set, and what
// follows comes all the same: ErrInvalid, ErrDamaged, ErrDisk, ErrNotFound or
// ErrUnsupported. After the context's own error, which has no Path, nothing comes. What
// comes was read to the end once and, where a manifest tells,
// found to be what was exported; it can be opened while the sequence lasts.
func Read(ctx context.Context, name string) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		r := &reading{ctx: ctx, yield: yield}
		info, err := os.Stat(name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			r.fail(name, mailstore.Fail(mailstore.ErrNotFound, "There is no file or folder {file}.", "file", name).Because(err))
		case err != nil:
			r.fail(name, notRead(name, err))
		case !info.IsDir():
			r.file(name)
		default:
			if _, err := os.Stat(filepath.Join(name, manifestName)); err == nil {
				r.exported(os.DirFS(name), name)
			} else {
				r.folder(name)
			}
		}
	}
}

// reading is an import under way.
type reading struct {
	ctx   context.Context // of the call that reads
	yield func(Message, error) bool
	ended bool // nobody wants more
}

// more is false when no more is wanted.
func (r *reading) more() bool {
	if !r.ended && r.ctx.Err() != nil {
		r.yield(Message{}, r.ctx.Err())
		r.ended = true
	}
	return !r.ended
}

// fail names what is left out.
func (r *reading) fail(path string, err error) {
	if r.more() {
		r.ended = !r.yield(Message{Path: path}, err)
	}
}

func (r *reading) found(m Message) {
	if r.more() {
		r.ended = !r.yield(m, nil)
	}
}

// folder takes every file below a folder, but for hidden ones.
func (r *reading) folder(name string) {
	_ = filepath.WalkDir(name, func(file string, d fs.DirEntry, err error) error { // our function gives SkipAll alone
		switch {
		case !r.more():
			return fs.SkipAll
		case err != nil:
			r.fail(file, notRead(file, err))
		case strings.HasPrefix(d.Name(), ".") && file != name:
			if d.IsDir() {
				return fs.SkipDir
			}
		case d.Type().IsRegular():
			r.file(file)
		}
		return nil
	})
}

// file takes a file, by its ending or by how it begins.
func (r *reading) file(name string) {
	f, err := os.Open(name)
	if err != nil {
		r.fail(name, notRead(name, err))
		return
	}
	defer func() { _ = f.Close() }()
	start := make([]byte, maxFrom)
	n, err := io.ReadFull(f, start)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		r.fail(name, notRead(name, err))
		return
	}
	start = bytes.TrimLeft(bytes.TrimPrefix(start[:n], []byte("\xEF\xBB\xBF")), "\r\n")
	switch ext := strings.ToLower(filepath.Ext(name)); {
	case ext == ".eml":
		r.eml(func(context.Context) (io.ReadCloser, error) { return os.Open(name) }, name)
	case ext == ".zip" || bytes.HasPrefix(start, []byte("PK\x03\x04")):
		r.zip(name)
	case bytes.HasPrefix(start, []byte(fromLetters)):
		r.mbox(f, name)
	case n == 0 && ext == ".mbox": // an empty mailbox
	case n == 0 && ext == "": // as are those of many programs
	default:
		r.fail(name, noMail(name))
	}
}

// eml takes a file with one message. shown is what people call it.
func (r *reading) eml(open func(context.Context) (io.ReadCloser, error), shown string) {
	m := Message{Path: shown, Open: open}
	if r.look(&m) {
		if m.Size == 0 {
			r.fail(shown, noMail(shown))
			return
		}
		r.found(m)
	}
}

// look reads a message once: its size, hash and what its header tells.
func (r *reading) look(m *Message) bool {
	if !r.more() {
		return false
	}
	body, err := m.Open(r.ctx)
	if err == nil {
		err = r.measure(m, body)
		_ = body.Close() // only read from
	}
	switch {
	case errors.Is(err, zip.ErrChecksum), errors.Is(err, zip.ErrFormat), errors.Is(err, zip.ErrAlgorithm), errors.Is(err, io.ErrUnexpectedEOF):
		r.fail(m.Path, damagedZip(m.Path, err))
	case r.ctx.Err() != nil:
		r.more()
	case err != nil:
		r.fail(m.Path, notRead(m.Path, err))
	}
	return err == nil
}

func (r *reading) measure(m *Message, body io.Reader) error {
	buffered := bufio.NewReaderSize(body, maxHead)
	start, err := buffered.Peek(maxHead)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	h := readHead(start)
	hash := &summing{w: io.Discard, h: sha256.New()}
	for {
		if r.ctx.Err() != nil {
			return r.ctx.Err()
		}
		_, err := io.CopyN(hash, buffered, 1<<20)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
	}
	m.Size = hash.n
	hash.h.Sum(m.Hash[:0])
	m.Flags, m.Labels = h.flags, h.labels
	if m.Received.IsZero() {
		m.Received = h.received
	}
	return nil
}

// mbox takes a mailbox.
func (r *reading) mbox(f *os.File, name string) {
	info, err := f.Stat()
	if err != nil {
		r.fail(name, notRead(name, err))
		return
	}
	s, err := newScanner(f, info.Size())
	if err != nil {
		if errors.Is(err, errNoMbox) {
			r.fail(name, noMail(name))
		} else {
			r.fail(name, notRead(name, err))
		}
		return
	}
	for i := 1; r.more(); i++ {
		at, err := s.message()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			r.fail(name, notRead(name, err))
			return
		}
		m := Message{Path: fmt.Sprintf("%s#%d", name, i), Received: at.received, Open: openWithin(func() (fs.File, error) { return os.Open(name) }, at)}
		if r.look(&m) {
			r.found(m)
		}
	}
}

// within is a message in a mailbox that is open.
type within struct {
	io.Reader
	io.Closer
}

// openWithin opens a message in a mailbox.
func openWithin(open func() (fs.File, error), at found) func(context.Context) (io.ReadCloser, error) {
	return func(context.Context) (io.ReadCloser, error) {
		f, err := open()
		if err != nil {
			return nil, err
		}
		file, ok := f.(io.ReaderAt)
		if !ok {
			_ = f.Close() // only read from
			return nil, errNoMbox
		}
		return within{at.open(file), f}, nil
	}
}

// zip takes a zip file: an export of ours, or mail files in one of somebody else's.
// It is open while the sequence lasts.
func (r *reading) zip(name string) {
	z, err := zip.OpenReader(name)
	if err != nil {
		r.fail(name, damagedZip(name, err))
		return
	}
	defer func() { _ = z.Close() }()
	if _, err := fs.Stat(z, manifestName); err == nil {
		r.exported(z, name)
		return
	}
	some, boxed := false, false
	for _, entry := range z.File {
		if !r.more() {
			return
		}
		base := path.Base(strings.ReplaceAll(entry.Name, `\`, "/"))
		boxed = boxed || strings.ToLower(path.Ext(base)) == ".mbox"
		if strings.ToLower(path.Ext(base)) != ".eml" || strings.HasPrefix(base, ".") {
			continue
		}
		some = true
		// Old programs write names in the character set of their system.
		shown := name + "/" + strings.ToValidUTF8(entry.Name, "\uFFFD")
		r.eml(func(context.Context) (io.ReadCloser, error) { return entry.Open() }, shown)
	}
	switch {
	case boxed: // as Gmail's Takeout is downloaded
		r.fail(name, mailstore.Fail(mailstore.ErrUnsupported, "There are mailboxes within {file}, which are not taken from there. Unpack it, then import the folder.", "file", name))
	case !some:
		r.fail(name, noMail(name))
	}
}
