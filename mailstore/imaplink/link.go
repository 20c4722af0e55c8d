package imaplink

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/flate"
)

// What a server may send that nobody asked for, between one answer and the next, and
// what it may make us keep in answer to one question.
const (
	maxNoise = 16 << 20
	maxHeld  = 64 << 20
)

// sink takes the untagged responses that the running question asks for. taken is
// false for one that it does not know: then it is news of the folder, or nothing. It
// is called from the goroutine that reads.
type sink func(r *response) (taken bool, err error)

// answer is what a server says to a command in the end.
type answer struct {
	status, code, text string
	err                error // the line broke before
}

// order is a command of our own, beside those of the library.
type order struct {
	tag  string
	done chan answer // of capacity 1
	ok   func()      // run by the reader when the server says OK, before it reads on
}

// link is the shim: the net.Conn that the library reads and writes. Beneath it lie
// compression, TLS and the pace. Everything that the server says is read here first,
// and what the library would choke on never gets to it.
type link struct {
	pace *pace
	wire *wire
	conn net.Conn // TLS, over the pace

	wmu    sync.Mutex
	out    bytes.Buffer  // what waits to be sent in one piece
	packer *flate.Writer // nil: the line is not compressed
	corked bool
	amend  func(command string) string // changes the library's next command, after its tag

	lib []byte // read by Read: what the library is yet to get

	mu      sync.Mutex
	orders  map[string]*order
	tags    int
	facts   sink            // takes what a server tells of itself
	on      map[string]bool // what it has enabled (RFC 5161)
	sink    sink
	news    func() // the folder has changed without being asked
	noise   int    // octets since the last thing of use
	bye     string // what the server said as it hung up
	leaving bool   // LOGOUT was sent
	idle    string // the tag of an IDLE that waits for its "+"
	dead    error  // why it ended
	ended   chan struct{}
}

func newLink(conn net.Conn, p *pace) *link {
	return &link{
		pace: p, conn: conn,
		wire:   &wire{br: bufio.NewReaderSize(conn, 64<<10), pace: p},
		orders: map[string]*order{}, on: map[string]bool{}, ended: make(chan struct{}),
	}
}

// send writes a command of our own: everything after the tag, without the line's end.
func (l *link) send(command string, ok func()) *order {
	l.mu.Lock()
	l.tags++
	o := &order{tag: "L" + strconv.Itoa(l.tags), done: make(chan answer, 1), ok: ok}
	if l.dead != nil {
		o.done <- answer{err: l.dead}
		l.mu.Unlock()
		return o
	}
	l.orders[o.tag] = o
	l.mu.Unlock()
	l.pace.begin()
	l.wmu.Lock()
	defer l.wmu.Unlock()
	fmt.Fprintf(&l.out, "%s %s\r\n", o.tag, command)
	l.flushLocked()
	return o
}

// cork holds back what is written until uncork sends it in one piece.
func (l *link) cork() {
	l.wmu.Lock()
	l.corked = true
	l.wmu.Unlock()
}

func (l *link) uncork() {
	l.wmu.Lock()
	defer l.wmu.Unlock()
	l.corked = false
	l.flushLocked()
}

func (l *link) flushLocked() {
	if l.corked || l.out.Len() == 0 {
		return
	}
	var err error
	if l.packer != nil {
		if _, err = l.packer.Write(l.out.Bytes()); err == nil {
			err = l.packer.Flush()
		}
	} else {
		_, err = l.conn.Write(l.out.Bytes())
	}
	l.out.Reset()
	if err != nil {
		l.end(err)
	}
}

// compress switches the line to DEFLATE (RFC 4978), both ways. Nothing else may be
// sent until the server has answered, and nothing else is.
func (l *link) compress() answer {
	inflate := func() {
		l.wire.br = bufio.NewReaderSize(flate.NewReader(l.wire.br), 64<<10)
	}
	o := l.send("COMPRESS DEFLATE", inflate)
	a := <-o.done
	if a.status == "OK" {
		l.wmu.Lock()
		defer l.wmu.Unlock()
		packer, err := flate.NewWriter(l.conn, flate.DefaultCompression)
		if err != nil {
			return answer{err: err}
		}
		l.packer = packer
	}
	return a
}

// Write takes a command of the library, or the DONE of its IDLE.
func (l *link) Write(p []byte) (int, error) {
	l.wmu.Lock()
	defer l.wmu.Unlock()
	line := string(p)
	tag, command, whole := strings.Cut(line, " ")
	switch {
	case line == "DONE\r\n":
		l.pace.begin()
	case !whole || !strings.HasSuffix(line, "\r\n"):
		return 0, protocol("the library sends less than a command")
	default:
		if l.amend != nil {
			line = tag + " " + l.amend(strings.TrimSuffix(command, "\r\n")) + "\r\n"
			l.amend = nil
		}
		l.mu.Lock()
		if command == "IDLE\r\n" {
			l.idle = tag
		}
		l.mu.Unlock()
		l.pace.begin()
	}
	l.out.WriteString(line)
	l.flushLocked()
	return len(p), nil
}

// Read gives the library what it asked for.
func (l *link) Read(p []byte) (int, error) {
	for len(l.lib) == 0 {
		if err := l.step(); err != nil {
			l.end(err)
			return 0, io.EOF
		}
	}
	n := copy(p, l.lib)
	l.lib = l.lib[n:]
	return n, nil
}

// step reads one response and gives it to whom it belongs.
func (l *link) step() error {
	r, err := l.wire.read()
	if err != nil {
		return err
	}
	switch r.tag {
	case "+":
		return l.goAhead()
	case "*":
		return l.untagged(r)
	}
	return l.tagged(r)
}

// goAhead passes the "+" of IDLE on.
func (l *link) goAhead() error {
	l.mu.Lock()
	idle := l.idle
	l.idle = ""
	l.mu.Unlock()
	if idle == "" {
		return protocol("an invitation to go on with nothing")
	}
	l.pace.end()
	l.lib = append(l.lib[:0], "+ idling\r\n"...)
	return nil
}

func (l *link) tagged(r *response) error {
	a := r.answer()
	if a.status != "OK" && a.status != "NO" && a.status != "BAD" {
		return protocol("an answer that is neither yes nor no")
	}
	l.mu.Lock()
	l.noise = 0
	o := l.orders[r.tag]
	delete(l.orders, r.tag)
	if l.idle == r.tag {
		l.idle = ""
	}
	l.mu.Unlock()
	if o != nil {
		l.pace.end()
		if o.ok != nil && a.status == "OK" {
			o.ok()
		}
		o.done <- a
		return nil
	}
	if !strings.HasPrefix(r.tag, "T") {
		return protocol("an answer to what nobody asked")
	}
	l.lib = append(l.lib[:0], r.tag+" "+a.status+" "...)
	if a.code != "" {
		l.lib = append(l.lib, "["+a.code+"] "...)
	}
	l.lib = append(append(l.lib, a.text...), "\r\n"...)
	return nil // the pace ends when the library has understood: see Conn.wait
}

// answer reads the rest of a status response: "[CODE arguments] text". Both are made
// into what any reader of IMAP can read.
func (r *response) answer() answer {
	a := answer{status: r.kind}
	r.space()
	text := string(r.rest())
	if strings.HasPrefix(text, "[") {
		if code, rest, ok := strings.Cut(text[1:], "]"); ok {
			a.code, text = code, strings.TrimLeft(rest, " ")
			if name, arguments, _ := strings.Cut(code, " "); name != "" {
				a.code = strings.ToUpper(name)
				if arguments != "" {
					text = strings.TrimSpace(text)
				}
			}
		}
	}
	a.code = strings.Map(func(c rune) rune {
		if c > ' ' && c < 0x7F && !strings.ContainsRune(`(){}%*"\[]`, c) {
			return c
		}
		return -1
	}, a.code)
	a.text = plain(text)
	return a
}

// plain makes a server's words into one short line that can be shown.
func plain(text string) string {
	text = strings.ToValidUTF8(text, "?")
	text = strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7F {
			return ' '
		}
		return c
	}, text)
	if text = strings.TrimSpace(text); text == "" {
		return "-"
	}
	if runes := []rune(text); len(runes) > 300 {
		text = string(runes[:300]) + "…"
	}
	return text
}

func (l *link) untagged(r *response) error {
	l.mu.Lock()
	take, facts, news := l.sink, l.facts, l.news
	l.mu.Unlock()
	taken := false
	var err error
	switch r.kind {
	case "BYE":
		l.mu.Lock()
		l.bye = r.answer().line()
		l.mu.Unlock()
		return nil
	case "OK", "SEARCH", "ESEARCH", "NAMESPACE", "EXISTS":
		if err := l.forward(r); err != nil {
			return err
		}
		if r.kind == "EXISTS" && news != nil {
			news()
		}
		// Much of it is too much, also for the library.
		return l.count(false)
	}
	for _, sink := range []sink{facts, take} {
		if sink == nil || taken {
			continue
		}
		if taken, err = sink(r); err != nil {
			return err
		}
	}
	if err := r.finish(); err != nil {
		return err
	}
	if taken {
		l.pace.progress(l.wire.size)
	} else if news != nil {
		switch r.kind {
		case "FETCH", "VANISHED", "EXPUNGE", "RECENT":
			news()
		}
	}
	return l.count(taken)
}

// count keeps account of what nobody asked for.
func (l *link) count(taken bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if taken {
		l.noise = 0
		return nil
	}
	if l.noise += l.wire.size + 16; l.noise > maxNoise {
		return protocol("more than %d octets that nobody asked for", maxNoise)
	}
	return nil
}

// forward gives an untagged response to the library, in a form that it can read, or
// drops it.
func (l *link) forward(r *response) error {
	l.lib = l.lib[:0]
	switch r.kind {
	case "EXISTS":
		l.lib = fmt.Appendf(l.lib, "* %d EXISTS\r\n", r.num)
		return nil
	case "OK":
		r.space()
		code, _, ok := bytes.Cut(bytes.TrimPrefix(r.rest(), []byte("[")), []byte("]"))
		name, value, _ := strings.Cut(string(code), " ")
		name = strings.ToUpper(name)
		if !ok || r.peek() != '[' {
			return nil
		}
		bits := 64
		switch name {
		case "CLOSED":
			l.lib = append(l.lib, "* OK [CLOSED] closed\r\n"...)
			return nil
		case "UIDVALIDITY", "UIDNEXT":
			bits = 32
		case "HIGHESTMODSEQ":
		default:
			return nil
		}
		n, err := strconv.ParseUint(strings.TrimSpace(value), 10, bits)
		if err != nil || n > 1<<63-1 {
			return protocol("%s without a number", name)
		}
		l.lib = fmt.Appendf(l.lib, "* OK [%s %d] noted\r\n", name, n)
		return nil
	}
	l.lib = append(append(l.lib, "* "...), r.kind...)
	return l.copyRest(r)
}

// copyRest copies the rest of a response for the library, literals included.
func (l *link) copyRest(r *response) error {
	for {
		part := r.rest()
		if err := closed(part); err != nil {
			return err
		}
		i := bytes.LastIndexByte(part, '{')
		if i < 0 {
			l.lib = append(append(l.lib, bytes.TrimRight(part, " ")...), "\r\n"...)
			return nil
		}
		r.pos += i
		size, ok, err := r.literal()
		if err != nil {
			return err
		}
		l.lib = append(append(l.lib, part...), "\r\n"...)
		if !ok {
			return nil
		}
		if size > maxLiteral {
			return protocol("a literal of %d octets where a name belongs", size)
		}
		if r.w.size += int(size); r.w.size > maxLine {
			return protocol("a response of more than %d octets", maxLine)
		}
		octets := make([]byte, size)
		if err := r.w.full(octets); err != nil {
			return err
		}
		l.lib = append(l.lib, octets...)
		if err := r.more(); err != nil {
			return err
		}
	}
}

// closed makes sure that every string ends on its line, and that lists are not nested
// without measure: the library would read on for ever.
func closed(b []byte) error {
	depth, within := 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case within && c == '\\':
			i++
		case c == '"':
			within = !within
		case within:
		case c == '(':
			if depth++; depth > maxDepth {
				return protocol("lists within lists within lists")
			}
		case c == ')':
			depth--
		}
	}
	if within {
		return protocol("a string without end")
	}
	return nil
}

// end ends the link, once, and tells everybody who waits.
func (l *link) end(err error) {
	l.mu.Lock()
	if l.dead != nil {
		l.mu.Unlock()
		return
	}
	if err == nil {
		err = io.ErrUnexpectedEOF
	}
	l.dead = err
	orders := l.orders
	l.orders = map[string]*order{}
	close(l.ended)
	l.mu.Unlock()
	for _, o := range orders {
		o.done <- answer{err: err}
	}
	// Not the TLS connection: its farewell would wait for a server that does not read.
	l.pace.Conn.Close()
}

func (l *link) death() (err error, bye string) { //nolint:revive,staticcheck // the error is what is asked for, not that asking failed
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dead, l.bye
}

func (l *link) enable(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.on[name] = true
}

// enabled reports whether the server has enabled the extension.
func (l *link) enabled(name string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.on[name]
}

// tell says who is told of news from now on; nil: nobody.
func (l *link) tell(news func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.news = news
}

// watch ends the link when the context ends; the function returned stops watching.
func (l *link) watch(ctx context.Context) (stop func() bool) {
	return context.AfterFunc(ctx, func() { l.end(errors.Join(errGivenUp, context.Cause(ctx))) })
}

// errGivenUp: it was we who ended the connection.
var errGivenUp = errors.New("given up")

// errUnread: the library found words that it could not read, and closed.
var errUnread = fmt.Errorf("%w: words that cannot be read", errProtocol)

// Close ends the link, for the library, which does so when it cannot read on.
func (l *link) Close() error {
	l.end(errUnread)
	return nil
}

// LocalAddr is the address of this end.
func (l *link) LocalAddr() net.Addr { return l.pace.LocalAddr() }

// RemoteAddr is the server's.
func (l *link) RemoteAddr() net.Addr { return l.pace.RemoteAddr() }

// SetDeadline does nothing, nor do the other two: the library's patience is not ours;
// see [pace].
func (l *link) SetDeadline(time.Time) error { return nil }

// SetReadDeadline does nothing.
func (l *link) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline does nothing.
func (l *link) SetWriteDeadline(time.Time) error { return nil }
