package export

import (
	"bufio"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"slices"
)

// maxOpen is how many mailboxes stay open at once.
const maxOpen = 16

// mailboxes is an export as Mbox.
type mailboxes struct {
	dir   string
	names *names
	sums  *sums
	boxes map[string]*mailbox // by path
	open  []*mailbox          // the one used last at the end
}

// mailbox is one file of it.
type mailbox struct {
	file *os.File // nil: not open
	buf  *bufio.Writer
	out  summing // through buf
}

func newMailboxes(work string) (*mailboxes, error) {
	b := &mailboxes{dir: filepath.Join(work, contents), names: newNames(), boxes: map[string]*mailbox{}}
	err := os.Mkdir(b.dir, 0o700)
	if err == nil {
		b.sums, err = newSums(b.dir)
	}
	return b, err
}

func (b *mailboxes) result() string { return b.dir }

func (b *mailboxes) close() {
	for _, box := range b.open {
		_ = box.file.Close() // given up
	}
	b.open = nil
	if b.sums != nil {
		b.sums.close()
	}
}

// box returns a mailbox open for appending.
func (b *mailboxes) box(name string) (*mailbox, error) {
	box := b.boxes[name]
	if box == nil {
		box = &mailbox{out: summing{h: sha256.New()}}
		b.boxes[name] = box
	}
	if box.file != nil {
		at := slices.Index(b.open, box)
		b.open = append(slices.Delete(b.open, at, at+1), box)
		return box, nil
	}
	if len(b.open) == maxOpen {
		if err := b.shut(b.open[0]); err != nil {
			return nil, err
		}
	}
	path := filepath.Join(b.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	box.file = f
	box.buf = bufio.NewWriterSize(f, 64<<10)
	box.out.w = box.buf
	b.open = append(b.open, box)
	return box, nil
}

func (b *mailboxes) shut(box *mailbox) error {
	err := errors.Join(box.buf.Flush(), syncSoon(box.file), box.file.Close())
	box.file = nil
	b.open = slices.DeleteFunc(b.open, func(o *mailbox) bool { return o == box })
	return err
}

func (b *mailboxes) add(m Message, body *spool) (entry, error) {
	name := b.names.folder(m, ".mbox")
	box, err := b.box(name)
	if err != nil {
		return entry{}, err
	}
	e := newEntry(m, name)
	e.Offset, e.Length, err = writeMbox(&box.out, m.Received, body)
	return e, err
}

func (b *mailboxes) finish(manifest string) error {
	var errs []error
	for len(b.open) > 0 {
		errs = append(errs, b.shut(b.open[0]))
	}
	paths := make([]string, 0, len(b.boxes))
	for name := range b.boxes {
		paths = append(paths, name)
	}
	slices.Sort(paths)
	for _, name := range paths {
		errs = append(errs, b.sums.add(name, b.boxes[name].out.h.Sum(nil)))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return complete(b.dir, b.sums, manifest)
}
