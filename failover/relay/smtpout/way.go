package smtpout

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// way is how a message is sent.
type way struct {
	chunked bool
	text    []byte // the whole message, where it is small
	body    func() (io.ReadCloser, error)
}

func (w *way) free() {
	if w.text != nil {
		release(w.text)
	}
}

var buffers = sync.Pool{New: func() any { b := make([]byte, 0, inMemory); return &b }}

func borrow(n int) []byte {
	if b, ok := buffers.Get().(*[]byte); ok && cap(*b) >= n {
		return (*b)[:n]
	}
	return make([]byte, n)
}

func release(b []byte) {
	if cap(b) == inMemory {
		buffers.Put(&b)
	}
}

// choose looks at the message and decides how it can be sent, if at all.
func (c *Conn) choose(m Mail) (Reply, *way, error) {
	w := &way{body: m.Body}
	switch {
	case c.Size() > 0 && m.Size > c.Size():
		return own(552, fmt.Sprintf("5.3.4 The message has %d octets, and the server takes %d", m.Size, c.Size())), w, nil
	case m.UTF8 && !c.Offers("SMTPUTF8"):
		return own(550, "5.6.7 An address or a header is not in ASCII, and the server does not offer SMTPUTF8"), w, nil
	case m.EightBit && !c.Offers("8BITMIME"):
		return own(554, "5.6.3 The message has 8-bit text, and the server does not offer 8BITMIME"), w, nil
	}
	var shape Shape
	if err := w.look(m, &shape); err != nil {
		w.free()
		return Reply{}, &way{}, err
	}
	w.chunked = shape.Bare && c.Offers("CHUNKING")
	if shape.Smuggles && !w.chunked {
		return own(554, "5.6.0 The message has line ends that can be taken for its end, and the server does not offer CHUNKING"), w, nil
	}
	return Reply{}, w, nil
}

func own(code int, text string) Reply { return Reply{Code: code, Lines: []string{text}, Local: true} }

// look reads the message for its shape, and keeps it where it is small.
func (w *way) look(m Mail, shape *Shape) error {
	body, err := m.Body()
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }()
	if m.Size <= inMemory {
		w.text = borrow(int(m.Size))
		if _, err := io.ReadFull(body, w.text); err != nil {
			return err
		}
		_, _ = shape.Write(w.text) // it never fails
	} else {
		block := borrow(blockSize)
		defer release(block)
		if _, err := io.CopyBuffer(shape, struct{ io.Reader }{body}, block); err != nil {
			return err
		}
	}
	shape.Close()
	return nil
}

// data sends the message after 354, but for its end.
func (c *Conn) data(ctx context.Context, w *way) error {
	c.work = &pending{stuff: &stuffer{to: c.out}}
	err := w.blocks(blockSize, func(block []byte, _ bool) error {
		c.allow(ctx, c.t.Block)
		_, err := c.work.stuff.Write(block)
		if err != nil {
			return c.broken(err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	c.allow(ctx, c.t.Block)
	if err := c.out.Flush(); err != nil {
		return c.broken(err)
	}
	return nil
}

// chunks sends the message by BDAT, but for the last chunk (RFC 3030 section 2).
func (c *Conn) chunks(ctx context.Context, w *way, o *Outcome) error {
	return w.blocks(chunkSize, func(block []byte, last bool) error {
		if last {
			c.work = &pending{last: append(borrow(0), block...)}
			return nil
		}
		c.allow(ctx, c.t.Block)
		_, err := fmt.Fprintf(c.out, "BDAT %d\r\n", len(block))
		if err == nil {
			_, err = c.out.Write(block)
		}
		if err == nil {
			err = c.out.Flush()
		}
		if err != nil {
			return c.broken(err)
		}
		r, err := c.read(ctx, c.t.Data)
		if err == nil && !r.Positive() {
			if r.Code < 400 {
				return &Fault{Phase: Data, Reply: r, Err: ErrGarbage}
			}
			o.Data = r
			err = errRefused
		}
		return err
	})
}

// errRefused stops sending; the reply is in the Outcome.
var errRefused = errors.New("refused")

// blocks calls do with one part of the message after the other.
func (w *way) blocks(size int, do func(block []byte, last bool) error) error {
	if w.text != nil {
		for rest := w.text; ; {
			n := min(size, len(rest))
			if err := do(rest[:n], n == len(rest)); err != nil {
				return unless(err)
			}
			if rest = rest[n:]; len(rest) == 0 {
				return nil
			}
		}
	}
	body, err := w.body()
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }()
	now, next := make([]byte, size), make([]byte, size)
	n, err := fill(body, now)
	for err == nil {
		var more int
		if more, err = fill(body, next); err != nil {
			break
		}
		if err := do(now[:n], more == 0); err != nil || more == 0 {
			return unless(err)
		}
		now, next, n = next, now, more
	}
	return err
}

func unless(err error) error {
	if errors.Is(err, errRefused) {
		return nil
	}
	return err
}

// fill reads as much as fits; at the end it reads nothing, without an error.
func fill(from io.Reader, into []byte) (int, error) {
	n, err := io.ReadFull(from, into)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return n, err
}

// broken makes the fault of a connection that takes no more data. What the server said
// before it hung up is worth more than how.
func (c *Conn) broken(err error) error {
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		_ = c.raw.SetReadDeadline(time.Now().Add(time.Second))
		if r, e := readReply(c.in); e == nil && r.Code >= 400 {
			return &Fault{Phase: c.phase, Reply: r, Err: err}
		}
	}
	return c.fault(err)
}
