package imaplink

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
)

// stub is what Microsoft 365 gives in place of a message that it cannot convert: a
// message of its own, with the original's subject and date below.
var stub = []byte("Retrieval using the IMAP4 protocol failed")

// isStub reports whether the octets are such a stub, of a message of size octets (0:
// not known). A message that quotes one is none: it came through a mail server, which
// left a Received field, or has a Message-ID and the size that was told.
func isStub(body []byte, size int64) bool {
	head := body[:min(len(body), 4<<10)]
	if !bytes.Contains(head, stub) {
		return false
	}
	header, _, _ := bytes.Cut(head, []byte("\r\n\r\n"))
	lower := append([]byte("\n"), bytes.ToLower(header)...)
	has := func(field string) bool { return bytes.Contains(lower, []byte("\n"+field)) }
	length := int64(len(body))
	switch {
	case length < size/2:
		return true
	case has("received:"):
		return false
	case size > 0 && length != size:
		return true
	}
	return has("subject: "+strings.ToLower(string(stub))) && !has("message-id:")
}

// probes asks what lies behind the end of messages that came shorter than the server
// had said. Some servers only guess the size (Exchange does, unless told otherwise);
// others lose the end. Nothing behind the end: it is all there.
func (b *bodies) probes() (out []batch) {
	b.mu.Lock()
	doubtful := b.doubtful
	b.doubtful = nil
	for _, f := range doubtful {
		b.probing[f.UID] = f
	}
	b.mu.Unlock()
	for _, f := range doubtful {
		o := b.conn.link.send(fmt.Sprintf("UID FETCH %d (UID BODY.PEEK[]<%d.512>)", f.UID, len(f.body)), nil)
		out = append(out, batch{order: o, probe: f})
	}
	return out
}

// probeArrived takes what lies behind an end.
func (b *bodies) probeArrived(f *fetched) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	probe := b.probing[f.UID]
	if probe == nil || f.origin != int64(len(probe.body)) {
		return false
	}
	delete(b.probing, f.UID)
	if len(f.body) == 0 && f.over == 0 {
		probe.has |= hasEnd
	}
	free(f.body)
	return true
}

// probed decides about a message that was in doubt.
func (b *bodies) probed(f *fetched, a answer) (missing []Want) {
	b.mu.Lock()
	delete(b.probing, f.UID)
	b.doubted -= int64(len(f.body))
	b.mu.Unlock()
	if f.has&hasEnd == 0 || a.status != "OK" {
		free(f.body)
		return []Want{{f.UID, f.Size}}
	}
	b.push(f)
	return nil
}

// How messages come in parts: as large as a server may like, and as many at once as
// memory does.
const (
	partSize = 4 << 20
	parts    = 3
)

// part is a message that comes in parts.
type part struct {
	want Want
	came map[int64]*fetched
}

// partArrived keeps a part until those before it came.
func (b *bodies) partArrived(f *fetched) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.part == nil || b.part.want.UID != f.UID || f.origin < 0 {
		return false
	}
	if _, asked := b.part.came[f.origin]; !asked || b.part.came[f.origin] != nil || int64(len(f.body)) > partSize {
		return false
	}
	b.part.came[f.origin] = f
	return true
}

// inParts fetches one message in parts, and reports whether it is whole.
func (b *bodies) inParts(ctx context.Context, w Want) (came bool, err error) {
	if b.stopped() {
		return true, nil
	}
	if err := b.allow(ctx, []Want{w}); err != nil {
		return false, err
	}
	p := &part{want: w, came: map[int64]*fetched{}}
	b.mu.Lock()
	b.part = p
	b.mu.Unlock()
	s := &stream{bodies: b, part: p}
	came, err = s.run(ctx)
	b.mu.Lock()
	b.part = nil
	b.mu.Unlock()
	return came, err
}

// stream is a message on its way to take while its later parts are still coming.
type stream struct {
	bodies *bodies
	part   *part
	flying []batch
	asked  int64 // the end of what was asked for
	done   int64 // the end of what was given to take

	pipe  *io.PipeWriter // nil: take was not called
	taken sync.WaitGroup
}

func (s *stream) ask() {
	b, origin := s.bodies, s.asked
	s.asked += partSize
	b.mu.Lock()
	s.part.came[origin] = nil
	b.mu.Unlock()
	var o *order
	b.conn.flight(func() {
		o = b.conn.link.send(fmt.Sprintf("UID FETCH %d (%s BODY.PEEK[]<%d.%d>)", s.part.want.UID, b.conn.items(whole), origin, partSize), nil)
	})
	s.flying = append(s.flying, batch{order: o})
}

// next waits for the next part; nil: the server did not give it.
func (s *stream) next() (*fetched, error) {
	b := s.bodies
	a := <-s.flying[0].order.done
	s.flying = s.flying[1:]
	if a.err != nil {
		return nil, b.conn.broken(a.err)
	}
	if _, busy := throttled(a); busy || a.status == "BAD" {
		return nil, b.conn.refusal(a)
	}
	if a.status == "NO" {
		b.rejected = a.line()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	f := s.part.came[s.done]
	delete(s.part.came, s.done)
	return f, nil
}

// run brings the parts one after the other to take. The message ends where a part is
// shorter than was asked for and nothing is behind it.
func (s *stream) run(ctx context.Context) (all bool, err error) {
	defer func() {
		// After trouble; what is told is the first.
		_ = s.drop(nil)
		if s.pipe == nil {
			return
		}
		if all && err == nil {
			_ = s.pipe.Close()
		} else {
			_ = s.pipe.CloseWithError(errNotWhole)
		}
		s.taken.Wait()
	}()
	for {
		for len(s.flying) == 0 || len(s.flying) < parts && s.asked < s.part.want.Size {
			s.ask()
		}
		f, err := s.next()
		if err != nil {
			return false, err
		}
		if f == nil || s.done == 0 && !s.begin(f) {
			return false, nil
		}
		s.done += int64(len(f.body))
		ended := len(f.body) < partSize
		if s.pipe != nil {
			// Fails when take has enough: then the rest is read past.
			_, _ = s.pipe.Write(f.body)
		}
		free(f.body)
		s.bodies.conn.charge(ctx)
		if ended {
			return s.end()
		}
	}
}

// begin gives the message to take.
func (s *stream) begin(f *fetched) bool {
	if f.has&whole != whole || len(f.body) == 0 || isStub(f.body, s.part.want.Size) {
		return false
	}
	r, w := io.Pipe()
	s.pipe = w
	o := f.Overview
	s.taken.Go(func() {
		err := s.bodies.take(o, r)
		_ = r.CloseWithError(io.ErrClosedPipe)
		if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
			s.bodies.fail(err)
		}
	})
	return true
}

// end makes sure that nothing is behind the last part.
func (s *stream) end() (bool, error) {
	end := s.done
	behind := int64(0)
	if err := s.drop(&behind); err != nil {
		return false, err
	}
	if end < s.part.want.Size && behind == 0 {
		b := s.bodies
		b.mu.Lock()
		s.part.came[end] = nil
		b.mu.Unlock()
		a := <-b.conn.link.send(fmt.Sprintf("UID FETCH %d (UID BODY.PEEK[]<%d.512>)", s.part.want.UID, end), nil).done
		if a.err != nil {
			return false, b.conn.broken(a.err)
		}
		b.mu.Lock()
		f := s.part.came[end]
		b.mu.Unlock()
		if a.status != "OK" || f == nil || len(f.body) > 0 {
			return false, nil
		}
	}
	return behind == 0, nil
}

// drop reads past the parts that are still on their way, and counts them.
func (s *stream) drop(octets *int64) error {
	for len(s.flying) > 0 {
		a := <-s.flying[0].order.done
		s.flying = s.flying[1:]
		if a.err != nil {
			return s.bodies.conn.broken(a.err)
		}
	}
	b := s.bodies
	b.mu.Lock()
	defer b.mu.Unlock()
	for origin, f := range s.part.came {
		if f != nil {
			if octets != nil {
				*octets += int64(len(f.body))
			}
			free(f.body)
		}
		delete(s.part.came, origin)
	}
	return nil
}

// errNotWhole is what take reads of a message whose end the server does not give.
var errNotWhole = fmt.Errorf("the message is not whole: %w", io.ErrUnexpectedEOF)
