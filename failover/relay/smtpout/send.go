package smtpout

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

const (
	// blockSize is how much of a message is sent in one go, with a time limit of its own.
	blockSize = 32 << 10
	// inMemory is how large a message may be to be looked at and sent from memory; a larger
	// one is read twice.
	inMemory = 256 << 10
	// chunkSize is the most that one BDAT brings.
	chunkSize = 256 << 10
	// group is how many commands are sent before their replies are read (RFC 2920 section
	// 3.1: a client that only writes can block itself and the server for ever).
	group = 100
)

// Mail is a message to hand over.
type Mail struct {
	From     string
	To       []string
	Size     int64
	EightBit bool
	UTF8     bool
	// Body opens the message; it may be called twice.
	Body func() (io.ReadCloser, error)
	// Taken, if set, is called when the server wants the data, with the recipients that it
	// took: what has to be written down before the data is ended can be written meanwhile.
	Taken func(to []string)
}

// Outcome is what the server said about the envelope.
type Outcome struct {
	Mail Reply
	Rcpt []Reply // for each of To; zero where it came to nothing before
	// Data is the refusal of DATA, or our own where the message cannot be sent this way.
	Data Reply
	// Open: the message is sent, but for its end: call Finish, or Close to take it back.
	Open bool
}

// pending is a message whose end is not sent.
type pending struct {
	stuff *stuffer
	last  []byte // of BDAT
}

// Send hands a message over up to, not including, its end. An error is a *Fault, after
// which the connection is of no use; but one of Body, which is returned as it is.
func (c *Conn) Send(ctx context.Context, m Mail) (Outcome, error) {
	c.drop()
	c.phase, c.heard = Sending, false
	defer func() { c.kept = true }()
	stop := context.AfterFunc(ctx, c.interrupt)
	defer stop()
	refused, way, err := c.choose(m)
	if err != nil {
		return Outcome{}, err
	}
	defer way.free()
	if refused.Code != 0 {
		return Outcome{Data: refused}, nil
	}
	o, err := c.envelope(ctx, m, !way.chunked)
	if err != nil || o.Mail.Code/100 != 2 || o.Data.Code != 0 {
		return o, err
	}
	var taken []string
	for i, r := range o.Rcpt {
		if r.Positive() {
			taken = append(taken, m.To[i])
		}
	}
	if len(taken) == 0 {
		return o, nil
	}
	if m.Taken != nil {
		m.Taken(taken)
	}
	c.phase = Data
	if way.chunked {
		err = c.chunks(ctx, way, &o)
	} else {
		err = c.data(ctx, way)
	}
	o.Open = err == nil && o.Data.Code == 0
	return o, err
}

// Finish ends the message of Send and returns what the server says to it. Any error
// leaves open whether the server has the message.
func (c *Conn) Finish(ctx context.Context) (Reply, error) {
	work := c.work
	if work == nil {
		return Reply{}, c.fault(errors.New("no message was begun"))
	}
	c.phase = End
	stop := context.AfterFunc(ctx, c.interrupt)
	defer stop()
	var err error
	if work.stuff != nil {
		_, err = c.out.WriteString(work.stuff.end())
	} else if _, err = fmt.Fprintf(c.out, "BDAT %d LAST\r\n", len(work.last)); err == nil {
		_, err = c.out.Write(work.last)
	}
	c.drop()
	if err != nil {
		return Reply{}, c.fault(err)
	}
	if err := c.flush(ctx, c.t.Block); err != nil {
		return Reply{}, err
	}
	r, err := c.read(ctx, c.t.End)
	if err == nil && r.Code/100 == 3 {
		return Reply{}, &Fault{Phase: End, Reply: r, Err: ErrGarbage}
	}
	c.dirty = err != nil
	return r, err
}

func (c *Conn) drop() {
	if c.work != nil && c.work.last != nil {
		release(c.work.last)
	}
	c.work = nil
}

// envelope sends MAIL, RCPT and, where asked, DATA: in one go where the server has PIPELINING.
func (c *Conn) envelope(ctx context.Context, m Mail, data bool) (Outcome, error) {
	o := Outcome{Rcpt: make([]Reply, len(m.To))}
	if !proper(m.From) {
		o.Mail = own(553, "5.1.7 The sender's address is malformed")
		return o, nil
	}
	var all []step
	if c.dirty {
		all = append(all, step{"RSET", nil})
	}
	all = append(all, step{c.mail(m), &o.Mail})
	for i, to := range m.To {
		if proper(to) && to != "" {
			all = append(all, step{"RCPT TO:<" + to + ">", &o.Rcpt[i]})
		} else {
			o.Rcpt[i] = own(553, "5.1.3 The address is malformed")
		}
	}
	var answer Reply
	if data {
		all = append(all, step{"DATA", &answer})
	}
	c.dirty = true
	if err := c.exchange(ctx, all, &o); err != nil {
		return o, err
	}
	if answer.Code == 354 && !o.taken() {
		// A server that wants data for nobody (RFC 2920 section 3.1).
		if _, err := c.ask(ctx, "."); err != nil {
			return o, err
		}
	} else if answer.Code != 354 && answer.Code != 0 && o.taken() {
		if answer.Positive() || answer.Code < 400 {
			return o, &Fault{Phase: Sending, Reply: answer, Err: ErrGarbage}
		}
		o.Data = answer
	}
	return o, nil
}

type step struct {
	line  string
	reply *Reply
}

// exchange sends commands and reads their replies. Without PIPELINING it stops where the
// rest is of no use.
func (c *Conn) exchange(ctx context.Context, all []step, o *Outcome) error {
	size := 1
	if c.Offers("PIPELINING") {
		size = group
	}
	for len(all) > 0 {
		now := all[:min(size, len(all))]
		all = all[len(now):]
		if now[0].line == "DATA" && !o.taken() {
			return nil
		}
		for _, s := range now {
			_, _ = c.out.WriteString(s.line) // the error stays with the writer, and Flush tells it
			_, _ = c.out.WriteString("\r\n")
		}
		if err := c.flush(ctx, c.t.Command); err != nil {
			return err
		}
		for _, s := range now {
			if err := c.reply(ctx, s); err != nil {
				return err
			}
		}
		if o.Mail.Code != 0 && !o.Mail.Positive() {
			return nil
		}
	}
	return nil
}

func (c *Conn) reply(ctx context.Context, s step) error {
	patience := c.t.Command
	if s.line == "DATA" {
		patience = c.t.Data
	}
	r, err := c.read(ctx, patience)
	if err != nil {
		return err
	}
	if s.reply == nil { // RSET
		c.heard = false
		s.reply = new(Reply)
	}
	if r.Code/100 == 3 && s.line != "DATA" {
		return &Fault{Phase: c.phase, Reply: r, Err: ErrGarbage}
	}
	*s.reply = r
	if r.Code == 421 { // it closes now (RFC 5321 section 3.8)
		f := c.fault(nil)
		f.Reply = r
		return f
	}
	return nil
}

func (o *Outcome) taken() bool {
	for _, r := range o.Rcpt {
		if r.Positive() {
			return o.Mail.Positive()
		}
	}
	return false
}

func (c *Conn) mail(m Mail) string {
	line := "MAIL FROM:<" + m.From + ">"
	if c.Offers("SIZE") {
		line += " SIZE=" + strconv.FormatInt(m.Size, 10)
	}
	if m.EightBit {
		line += " BODY=8BITMIME"
	}
	if m.UTF8 {
		line += " SMTPUTF8"
	}
	return line
}

// proper reports whether an address can stand in a command without breaking out of it;
// whether it is a good one is for the server to say.
func proper(address string) bool {
	quoted := false
	for i := 0; i < len(address); i++ {
		switch b := address[i]; {
		case b < ' ' || b == 0x7f:
			return false
		case b == '"':
			quoted = !quoted
		case b == '\\' && quoted:
			i++
			if i == len(address) || address[i] < ' ' {
				return false
			}
		case !quoted && strings.IndexByte(" <>", b) >= 0:
			return false
		}
	}
	return !quoted
}
