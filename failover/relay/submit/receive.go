package submit

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"time"

	"github.com/emersion/go-smtp"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

const (
	// longestHeader bounds the one part of a message that is held in memory.
	longestHeader = 256 << 10
	// mostHops is how many servers a message may have passed before it is going round in
	// circles (RFC 5321 section 6.3).
	mostHops = 50
)

// receiver takes one message in. Its header is kept in memory and judged when it is
// complete; only then does the queue hear of it, and gets the rest as it comes. Once
// something is wrong, the message is read to its end and forgotten.
type receiver struct {
	s       *session
	refused *smtp.SMTPError
	size    int64
	head    []byte
	at      int // where the line of head begins that is being looked at
	inBody  bool
	eight   bool
	dots    dots

	fields  fields
	queued  relay.Incoming
	added   []byte // fields that were missing
	signing *signing
}

// receive begins a message.
func (s *session) receive() *receiver { return &receiver{s: s, head: s.head[:0]} }

// fail gives the message up; the first reason counts.
func (r *receiver) fail(why refusal) {
	if r.refused == nil {
		r.refused = r.s.refuse(why)
		r.abort()
	}
}

// lose gives the message up because the queue does not keep it.
func (r *receiver) lose(err error) {
	if r.refused == nil {
		r.refused = r.s.unkept(err)
		r.abort()
	}
}

// abort forgets the message.
func (r *receiver) abort() {
	if r.queued != nil {
		r.queued.Abort()
	}
	if r.signing != nil {
		r.signing.give(errEnded)
	}
}

// chunk takes a piece of a message that comes with BDAT.
func (r *receiver) chunk(b []byte) {
	if r.dots.found(b) {
		r.fail(smuggled())
	}
	r.write(b)
}

// write takes the next bytes of the message.
func (r *receiver) write(b []byte) {
	if r.refused != nil || len(b) == 0 {
		return
	}
	if r.size += int64(len(b)); r.size > r.s.server.opt.MaxSize {
		r.fail(r.s.tooLarge())
		return
	}
	if bytes.IndexByte(b, 0) >= 0 {
		r.fail(refusal{550, class{5, 6, 0}, failover.Say("The message contains NUL, which no mail may (RFC 5321 section 4.1.1.4); binary data belongs into an attachment.")})
		return
	}
	r.eight = r.eight || eightBit(b)
	if r.inBody {
		r.pass(b)
		return
	}
	r.head = append(r.head, b...)
	end := r.headerEnd()
	switch {
	case end >= 0:
		r.openBody(end)
	case len(r.head) > longestHeader:
		r.fail(refusal{552, class{5, 3, 4}, failover.Say("The header of the message is longer than {size} KB, the most that is taken in.", "size", longestHeader>>10)})
	}
}

// headerEnd returns where the body begins, or -1 if that has not come yet. A line may
// end with LF alone: who reads the message later may take it so, and must not see
// another header than was judged here.
func (r *receiver) headerEnd() int {
	for {
		i := bytes.IndexByte(r.head[r.at:], '\n')
		if i < 0 {
			return -1
		}
		line := r.head[r.at : r.at+i]
		r.at += i + 1
		if len(line) == 0 || len(line) == 1 && line[0] == '\r' {
			return r.at
		}
	}
}

// openBody judges the header, which ends at end, and begins the message in the queue.
func (r *receiver) openBody(end int) {
	r.inBody = true
	from, bad := r.judge(r.head[:end])
	if bad != nil {
		r.fail(*bad)
		return
	}
	env := r.s.envelope(from)
	env.UTF8 = r.s.utf8 && (eightBit(r.head[:end]) || !ascii(env.From) || !allASCII(env.To))
	env.EightBit = r.eight // in what has come so far; Commit is told of all
	r.queued = r.s.server.opt.Queue.New(env)
	if s := r.s.server.opt.Signer; s != nil {
		r.signing = sign(r.s.server.life, s, from)
		r.signing.write(r.added)
	}
	r.pass(r.head)
}

// pass hands bytes to the queue and to the signature.
func (r *receiver) pass(b []byte) {
	if _, err := r.queued.Write(b); err != nil {
		r.lose(err)
		return
	}
	if r.signing != nil {
		r.signing.write(b)
	}
}

// finish ends the message and returns what the client is told.
func (r *receiver) finish() *smtp.SMTPError {
	defer func() { r.s.head = r.head[:0] }()
	if r.dots.open {
		r.fail(smuggled())
	}
	if r.refused == nil && !r.inBody {
		r.openBody(len(r.head))
	}
	if r.refused == nil {
		r.charge()
	}
	if r.refused != nil {
		return r.refused
	}
	prepend := r.s.received()
	if r.signing != nil {
		prepend = append(prepend, r.signature()...)
	}
	prepend = append(prepend, r.added...)
	item, err := r.queued.Commit(r.s.server.life, relay.Header{MessageID: r.fields.messageID, Subject: r.fields.subject, Prepend: prepend, EightBit: r.eight})
	if err != nil {
		r.s.server.rates.giveBack(r.s.user.Address, len(r.s.to))
		r.queued.Abort()
		return r.s.unkept(err)
	}
	r.s.server.opt.Log.Debug("relay takes a message in", "id", item.ID, "user", r.s.user.Address, "size", r.size)
	return &smtp.SMTPError{Code: 250, EnhancedCode: smtp.EnhancedCode{2, 0, 0}, Message: "queued as " + string(item.ID)}
}

// charge counts the message against what its user may send.
func (r *receiver) charge() {
	if over := r.s.server.rates.take(r.s.user.Address, len(r.s.to)); over != nil {
		r.fail(r.s.tooMany(over))
	}
}

// signature waits for our signature. A message that cannot be signed is sent on all
// the same: SPF passes through either provider, and not to be able to write would be worse.
func (r *receiver) signature() []byte {
	line, err := r.signing.end()
	if err != nil {
		r.s.server.opt.Log.Warn("relay: a message could not be signed, and is sent without our signature", "user", r.s.user.Address, "error", err)
	}
	return line
}

// signing is a signature in the making: the signer reads the message while it comes, so
// that it need not be in memory.
type signing struct {
	w    *io.PipeWriter
	line []byte
	err  error
	done chan struct{}
}

func sign(ctx context.Context, signer relay.Signer, from string) *signing {
	r, w := io.Pipe()
	s := &signing{w: w, done: make(chan struct{})}
	go func() {
		defer close(s.done)
		s.line, s.err = signer.Sign(ctx, from, r)
		_ = r.Close() // what it does not want to read is not kept for it
	}()
	return s
}

// write lets the signer read more.
func (s *signing) write(b []byte) { _, _ = s.w.Write(b) } // an error: it has read enough

// give ends the signer's reading with an error.
func (s *signing) give(err error) { _ = s.w.CloseWithError(err) }

// end returns the signature of what was written.
func (s *signing) end() ([]byte, error) {
	_ = s.w.Close()
	<-s.done
	return s.line, s.err
}

// received is the trace line (RFC 5321 section 4.4). It tells that Lifeboat took the
// message in and how, and nothing about the office: no address, no name of a machine.
func (s *session) received() []byte {
	with := "SMTP"
	switch {
	case s.utf8:
		with = "UTF8SMTP" // RFC 6531 section 4.3
	case s.c.extended:
		with = "ESMTP"
	}
	if s.c.secure {
		with += "S"
	}
	if s.signedIn {
		with += "A"
	}
	b := append(make([]byte, 0, 512), "Received: by "...)
	b = append(append(b, s.server.opt.Hostname...), " (Lifeboat) with "...)
	b = append(append(b, with...), ";\r\n\t"...)
	return append(s.server.opt.Now().AppendFormat(b, time.RFC1123Z), "\r\n"...)
}

// eightBit reports whether a byte has its high bit set.
func eightBit(b []byte) bool {
	const high = 0x8080808080808080
	for len(b) >= 8 {
		if binary.NativeEndian.Uint64(b)&high != 0 {
			return true
		}
		b = b[8:]
	}
	for _, c := range b {
		if c >= 0x80 {
			return true
		}
	}
	return false
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

func allASCII(all []string) bool {
	for _, s := range all {
		if !ascii(s) {
			return false
		}
	}
	return true
}
