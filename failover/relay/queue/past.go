package queue

import (
	"crypto/cipher"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/klauspost/compress/zstd"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// past is the log of what the journal has given up: events and samples in compressed
// blocks, each after a summary that tells what it has, and after each segment's a mark
// that tells that all of it is there.
type past struct {
	files []*pastFile
	// last is the number of the last record whose events and samples are here. What the
	// journal has up to it is not looked at.
	last uint64
	said []failover.Sentence // what is damaged
}

type pastFile struct {
	id       uint32
	path     string
	size     int64
	from, to int64 // of the times in it
	days     map[int64]bool
	blocks   []block
	closed   bool // not to be appended to
}

// block is a block of a file of the past.
type block struct {
	summary
	at place // its segment is the file's number
}

// summary is what a block has.
type summary struct {
	samples     bool // else events
	count       int
	from, to    int64 // times
	first, last key   // of the messages that its events are about
	days        []int64
}

const (
	blockLen = 128 << 10 // before compression
	day      = int64(24 * 3600 * 1e9)
)

func pastPath(dir string, id uint32) string {
	return filepath.Join(dir, fmt.Sprintf("%08d.past", id))
}

func putSummary(b []byte, s summary) []byte {
	var flags byte
	if s.samples {
		flags = 1
	}
	b = putUint(append(b, flags), s.count)
	b = putInt(putInt(b, s.from), s.to)
	b = putKey(putKey(b, s.first), s.last)
	b = putUint(b, len(s.days))
	for _, n := range s.days {
		b = putInt(b, n)
	}
	return b
}

func readSummary(d *decoder) summary {
	s := summary{samples: d.byte()&1 != 0, count: int(d.uint()), from: d.int(), to: d.int(), first: d.key(), last: d.key()} //nolint:gosec // written from the same type
	for range d.count(1) {
		s.days = append(s.days, d.int())
	}
	return s
}

func (p *past) size() (n int64) {
	for _, f := range p.files {
		n += f.size
	}
	return n
}

// load reads the summaries of what there is. The owner cuts off what was not finished.
func (p *past) load(q *Queue, owner bool) error {
	ids, err := numbered(q.dir, ".past")
	if err != nil {
		return err
	}
	for n, id := range ids {
		if err := p.loadFile(q, id, n == len(ids)-1, owner); err != nil {
			return err
		}
	}
	return nil
}

func (p *past) loadFile(q *Queue, id uint32, newest, owner bool) error {
	cut := newest && owner
	path := pastPath(q.dir, id)
	f, err := os.Open(path)
	if err != nil {
		return notRead(path, err)
	}
	defer func() { _ = f.Close() }() // only read from
	info, err := f.Stat()
	if err != nil {
		return notRead(path, err)
	}
	pf := &pastFile{id: id, path: path, size: info.Size(), days: map[int64]bool{}}
	aead, spoilt, err := readHeader(f, q.opts.Key, pastMagic, uint64(id))
	if newest && errors.Is(err, errShort) {
		return p.unbegun(path, owner)
	}
	if err != nil {
		pf.closed = true
		p.files = append(p.files, pf)
		p.said = append(p.said, failover.Say("{file} with a part of the send route's log cannot be read.", "file", path))
		return nil
	}
	l := pastLoader{past: p, file: pf, end: framesFrom}
	got, err := scan(f, info.Size(), aead, func(kind byte) bool { return kind != blockFrame }, l.visit)
	if err != nil {
		return err
	}
	pf.closed = len(got.damages) > 0 || spoilt
	for _, d := range got.damages {
		p.said = append(p.said, failover.Say("{bytes} bytes of {file} are damaged, and with them a part of the send route's log.",
			"bytes", d.to-d.from, "file", path))
		l.end = info.Size() // what was read after the damage counts, with a mark or without
	}
	if len(got.damages) > 0 {
		l.settle()
	}
	if cut && !pf.closed && l.end < pf.size {
		if err := os.Truncate(path, l.end); err != nil {
			return notWritten(path, err)
		}
		pf.size = l.end
	}
	p.files = append(p.files, pf)
	return nil
}

// unbegun is for a file that was being made when its maker was killed.
func (p *past) unbegun(path string, owner bool) error {
	if !owner {
		return nil
	}
	if err := os.Remove(path); err != nil {
		return notWritten(path, err)
	}
	return nil
}

// pastLoader takes blocks as they come, and believes them when their mark does.
type pastLoader struct {
	past    *past
	file    *pastFile
	summary *summary
	loose   []block
	end     int64
}

func (l *pastLoader) visit(fr frame, content []byte) error {
	d := decoder{s: string(content)}
	switch fr.kind {
	case summaryFrame:
		if s := readSummary(&d); !d.bad {
			l.summary = &s
		}
	case blockFrame:
		if l.summary != nil {
			l.loose = append(l.loose, block{*l.summary, place{l.file.id, uint32(fr.at), uint32(fr.length)}}) //nolint:gosec // files are short
		}
		l.summary = nil
	case markFrame:
		if last := d.uint(); !d.bad {
			l.past.last = max(l.past.last, last)
			l.settle()
			l.end = fr.at + fr.length
		}
	}
	return nil
}

func (l *pastLoader) settle() {
	for _, b := range l.loose {
		l.file.add(b)
	}
	l.loose = nil
}

func (f *pastFile) add(b block) {
	if len(f.blocks) == 0 {
		f.from, f.to = b.from, b.to
	}
	f.from, f.to = min(f.from, b.from), max(f.to, b.to)
	for _, n := range b.days {
		f.days[n] = true
	}
	b.days = nil
	f.blocks = append(f.blocks, b)
}

// builder makes blocks.
type builder struct {
	summary summary
	plain   []byte
	days    map[int64]bool
}

func (b *builder) add(at int64, id relay.ID, content string) {
	s := &b.summary
	if s.count == 0 {
		s.from, s.to = at, at
		b.days = map[int64]bool{}
	}
	s.count++
	s.from, s.to = min(s.from, at), max(s.to, at)
	if n := at / day; !b.days[n] {
		b.days[n] = true
		s.days = append(s.days, n)
	}
	if k, ok := keyOf(id); ok {
		if s.first == (key{}) || k.compare(s.first) < 0 {
			s.first = k
		}
		if k.compare(s.last) > 0 {
			s.last = k
		}
	}
	b.plain = putString(b.plain, content)
}

// zip lends what compresses blocks.
type zip struct{ encoders, decoders sync.Pool }

func (z *zip) pack(plain []byte) ([]byte, error) {
	e, ok := z.encoders.Get().(*zstd.Encoder)
	if !ok {
		var err error
		e, err = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true), zstd.WithEncoderCRC(false))
		if err != nil {
			return nil, err
		}
	}
	defer z.encoders.Put(e)
	return e.EncodeAll(plain, nil), nil
}

func (z *zip) unpack(packed, into []byte) ([]byte, error) {
	d, ok := z.decoders.Get().(*zstd.Decoder)
	if !ok {
		var err error
		d, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxMemory(64<<20))
		if err != nil {
			return nil, err
		}
	}
	defer z.decoders.Put(d)
	return d.DecodeAll(packed, into[:0])
}

// unpackBlock returns what a block holds.
func (f *opened) unpackBlock(q *Queue, b block, buf, plain *[]byte) (string, error) {
	packed, err := f.frame(b.at, blockFrame, buf)
	if err == nil {
		*plain, err = q.packing.unpack(packed, *plain)
	}
	if err != nil {
		return "", err
	}
	return string(*plain), nil
}

func openPast(f *pastFile, key [32]byte) (*opened, error) {
	o, err := os.Open(f.path)
	if err != nil {
		return nil, notRead(f.path, err)
	}
	var aead cipher.AEAD
	if aead, _, err = readHeader(o, key, pastMagic, uint64(f.id)); err != nil {
		_ = o.Close() // only read from
		return nil, err
	}
	return &opened{o, aead}, nil
}

// each goes over what a block or a list of them holds.
func each(content string, visit func(string)) error {
	d := decoder{s: content}
	for d.s != "" {
		s := d.string()
		if d.bad {
			return errContent
		}
		visit(s)
	}
	return nil
}
