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
	maxNoise = 8 << 20
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

	// taking is held while a sink runs, so that whoever takes its sink away knows that
	// it runs no more.
	taking sync.Mutex

	mu      sync.Mutex
	orders  map[string]*order
	tags    int
	facts   sink            // takes what a server tells of itself
	on      map[string]bool // what it has enabled (RFC 5161)
	sink    sink
	news    func()   // the folder has changed without being asked
	noise   int      // octets since the last thing of use
	found   int      // octets of SEARCH responses, since the last answer
	bye     string   // what the server said as it hung up
	mailbox string   // MAILBOXID of the folder that was opened last
	idle    string   // the tag of an IDLE that waits for its "+"
	pieces  []string // of a command, which the server is to ask for
	dead    error    // why it ended
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
	l.pace.Close()
}

func (l *link) death() (err error, bye string) { //nolint:revive,staticcheck // the error is what is asked for, not that asking failed
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dead, l.bye
}

func (l *link) enable(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.on) < 100 {
		l.on[name] = true
	}
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
