package imaplink

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2/imapclient"

	"lifeboat/mailstore"
)

// Conn is a signed-in connection to a server. It does one thing at a time: calls
// from several goroutines wait for each other. When a call's context ends before the
// call does, the connection is of no more use, except with Idle.
type Conn struct {
	host    string
	options Options
	now     func() time.Time
	log     *slog.Logger
	release func()

	link    *link
	library *imapclient.Client
	caps    Caps
	info    Info

	busy     sync.Mutex // whoever does something
	prepared []*order   // ENABLE and ID, until their answers are read
	opened   bool       // they were sent
	names    map[string]string
	exists   uint32
	trip     time.Duration // how long TLS took: a round trip and little more, from end to end
	charged  int64         // octets that the budget knows of
	flags    map[string]mailstore.Flags
	until    time.Time        // the server asked to be left alone until then
	last     *mailstore.Error // and said so

	mu sync.Mutex // over caps and info
}

// Caps is what the server can do, less what the options forbid.
func (c *Conn) Caps() Caps {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.caps
}

// Info is what is known of the connection.
func (c *Conn) Info() Info {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.info
}

// Traffic is what went over the wire so far.
func (c *Conn) Traffic() Traffic {
	p := c.link.pace
	return Traffic{In: p.in.Load(), Out: p.out.Load(), RoundTrips: int(p.trips.Load())}
}

// do runs one operation, with whatever takes what the server tells.
func (c *Conn) do(ctx context.Context, take sink, f func() error) error {
	c.busy.Lock()
	defer c.busy.Unlock()
	if dead, _ := c.link.death(); dead != nil {
		return c.broken(dead)
	}
	if left := c.until.Sub(c.now()); left > 0 {
		e := *c.last
		e.After = left
		return &e
	}
	if err := ctx.Err(); err != nil {
		return broken(c.host, errors.Join(errGivenUp, err), "")
	}
	defer c.link.watch(ctx)()
	c.link.expect(take)
	defer c.link.expect(nil)
	err := f()
	c.charge(ctx)
	return err
}

// charge tells the budget what came since it was told last.
func (c *Conn) charge(ctx context.Context) {
	in := c.link.pace.in.Load()
	if err := c.options.Budget.spend(ctx, in-c.charged); err != nil {
		c.log.WarnContext(ctx, "what was received could not be noted", "server", c.host, "error", err)
	}
	c.charged = in
}

// expect says who takes what the server tells from now on; nil: nobody. Whoever did
// before is done when it returns.
func (l *link) expect(take sink) {
	l.taking.Lock()
	defer l.taking.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sink, l.noise = take, 0
}

// flight sends what f sends in one piece, so that all of it takes one round trip; the
// first flight of a connection begins with what prepares it.
func (c *Conn) flight(f func()) {
	c.link.cork()
	defer c.link.uncork()
	if !c.opened {
		c.opened = true
		c.prepare()
	}
	f()
}

// prepare sends ENABLE (RFC 5161) and ID (RFC 2971).
func (c *Conn) prepare() {
	c.link.mu.Lock()
	c.link.facts = c.fact
	c.link.mu.Unlock()
	has := func(capability string) bool { return slices.Contains(c.caps.All, capability) }
	if has("ENABLE") {
		var enable []string
		if c.caps.QResync {
			enable = append(enable, "QRESYNC")
		} else if c.caps.CondStore {
			enable = append(enable, "CONDSTORE")
		}
		// Without it a server may rewrite messages whose header is in UTF-8.
		if has("UTF8=ACCEPT") || has("UTF8=ONLY") {
			enable = append(enable, "UTF8=ACCEPT")
		}
		if len(enable) > 0 {
			c.prepared = append(c.prepared, c.link.send("ENABLE "+strings.Join(enable, " "), nil))
		}
	}
	if has("ID") {
		c.prepared = append(c.prepared, c.link.send(`ID ("name" "Lifeboat")`, nil))
	}
}

// settle reads the answers to what prepare sent; by then they have come, as servers
// answer in order.
func (c *Conn) settle() error {
	for _, o := range c.prepared {
		if a := <-o.done; a.err != nil {
			return c.broken(a.err)
		}
	}
	if c.prepared == nil {
		return nil
	}
	c.prepared = nil
	c.mu.Lock()
	c.caps.QResync = c.caps.QResync && c.link.enabled("QRESYNC")
	c.mu.Unlock()
	if c.caps.Compress && c.options.CompressBelow == 1<<63-1 {
		return c.compress()
	}
	return nil
}

// compress compresses the line from now on. A server that refuses goes on without.
func (c *Conn) compress() error {
	a := c.link.compress()
	if a.err != nil {
		return c.broken(a.err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.info.Compressed = a.status == "OK"
	c.caps.Compress = c.info.Compressed
	return nil
}

// fact reads what a server tells of itself. It takes nothing: too much of it is too
// much.
func (c *Conn) fact(r *response) (taken bool, err error) {
	switch r.kind {
	case "ENABLED":
		for _, name := range capabilities(string(r.rest())) {
			c.link.enable(name)
		}
	case "ID":
		r.space()
		fields, err := r.strings()
		for i := 0; i+1 < len(fields) && err == nil; i += 2 {
			if strings.EqualFold(fields[i], "name") {
				c.mu.Lock()
				c.info.Server = plain(fields[i+1])
				c.mu.Unlock()
			}
		}
		return false, err
	}
	return false, nil
}

// finish waits for the answer to an order; a refusal is an error.
func (c *Conn) finish(o *order) error {
	if a := <-o.done; a.err != nil || a.status != "OK" {
		return c.refusal(a)
	}
	return nil
}

// await waits for the library. The clock runs until it has understood the answer, not
// only until that was read. A command that is begun just as the connection ends never
// ends, so the end is waited for, too.
func await[T any](c *Conn, wait func() (T, error)) (out T, err error) {
	type result struct {
		out T
		err error
	}
	done := make(chan result, 1)
	go func() {
		out, err := wait()
		done <- result{out, err}
	}()
	select {
	case r := <-done:
		out, err = r.out, r.err
	case <-c.library.Closed():
		err = io.ErrUnexpectedEOF
	}
	c.link.pace.end()
	if err != nil {
		return out, c.of(err)
	}
	return out, nil
}

// wait is await for a command that gives nothing.
func (c *Conn) wait(command interface{ Wait() error }) error {
	_, err := await(c, func() (struct{}, error) { return struct{}{}, command.Wait() })
	return err
}

// Noop asks whether the server is still there, and lets it tell what is new.
func (c *Conn) Noop(ctx context.Context) error {
	return c.do(ctx, nil, func() error {
		var noop *imapclient.Command
		c.flight(func() { noop = c.library.Noop() })
		if err := c.wait(noop); err != nil {
			return err
		}
		return c.settle()
	})
}

// Idle waits with IDLE (RFC 2177) and calls changed whenever the server says that
// something changed in the selected folder, until the context ends (nil) or the
// connection does. changed is called by the goroutine that reads, and must not call
// the connection. The connection is of use afterwards.
func (c *Conn) Idle(ctx context.Context, changed func()) error {
	if !c.Caps().Idle {
		return mailstore.Fail(mailstore.ErrUnsupported, "{server} cannot tell of new mail by itself.", "server", c.host)
	}
	// Not watched: a context that ends is the usual end of it.
	return c.do(context.WithoutCancel(ctx), nil, func() error {
		c.link.tell(changed)
		defer c.link.tell(nil)
		for ctx.Err() == nil {
			if err := c.idle(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}

// idle is one IDLE, until it is to be renewed.
func (c *Conn) idle(ctx context.Context) error {
	if !c.opened {
		c.flight(func() {})
		if err := c.settle(); err != nil {
			return err
		}
	}
	idle, err := await(c, c.library.Idle)
	if err != nil {
		return err
	}
	c.link.expect(nil) // what came until now is no flood
	timer := time.NewTimer(c.options.Patience.Idle)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-c.link.ended:
	}
	// If the server hung up meanwhile, Wait says so.
	_ = idle.Close()
	return c.wait(idle)
}

// farewell is how long a server may take to say goodbye.
const farewell = 5 * time.Second

// Close says goodbye and closes the connection.
func (c *Conn) Close() error {
	c.busy.Lock()
	defer c.busy.Unlock()
	if dead, _ := c.link.death(); dead == nil {
		stop := time.AfterFunc(min(c.options.Patience.Connect, farewell), func() { c.link.end(errStalled) })
		// Whether the server says goodbye or not, it was told.
		_ = c.wait(c.library.Logout())
		stop.Stop()
	}
	c.drop()
	return nil
}

// drop ends the connection without a word.
func (c *Conn) drop() {
	if c.link != nil {
		c.link.end(errGivenUp)
		if c.library != nil {
			<-c.library.Closed()
		}
	}
	if c.release != nil {
		c.release()
		c.release = nil
	}
}
