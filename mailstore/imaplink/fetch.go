package imaplink

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"lifeboat/mailstore"
)

// setLine is how long a set within a command may be: servers read lines of 8,192
// octets at least (RFC 7162 section 4).
const setLine = 4000

// fetched is one FETCH response: what of a message the server told.
type fetched struct {
	Overview
	has  item
	body []byte // a buffer of the pool, if has is hasBody; nil: NIL
	// origin is where in the message body begins, for a part of it; -1: it is all.
	origin int64
	// over is how long the body was that was too long to be kept.
	over int64
}

// item is what a FETCH response told.
type item uint

const (
	hasUID item = 1 << iota
	hasFlags
	hasDate
	hasSize
	hasBody
	hasEnd // nothing is behind the body
	whole  = hasUID | hasFlags | hasDate | hasSize
)

// fetch reads the rest of a FETCH response. Bodies of up to atMost octets are kept.
// Items may come in any order, UID behind the body, too; those that are not known are
// passed over.
func (c *Conn) fetch(r *response, atMost int64) (*fetched, error) {
	f := &fetched{origin: -1}
	r.space()
	err := r.list(func() error {
		name := strings.ToUpper(r.item())
		if name == "" || !r.space() {
			return protocol("an item of FETCH without a value")
		}
		return c.item(r, f, name, atMost)
	})
	if err != nil {
		free(f.body)
		return nil, err
	}
	return f, nil
}

func (c *Conn) item(r *response, f *fetched, name string, atMost int64) (err error) {
	switch name {
	case "UID":
		var n uint64
		n, err = r.number()
		if err == nil && (n == 0 || n > uint64(^mailstore.UID(0))) {
			return protocol("a UID that is none")
		}
		f.UID = mailstore.UID(n) //nolint:gosec // it was compared
		f.has |= hasUID
	case "FLAGS":
		f.Flags, err = c.flagList(r)
		f.has |= hasFlags
	case "INTERNALDATE":
		var s string
		if s, _, err = r.text(); err == nil {
			f.Received, err = parseDate(s)
		}
		f.has |= hasDate
	case "RFC822.SIZE":
		var n uint64
		n, err = r.number()
		f.Size = int64(min(n, 1<<62))
		f.has |= hasSize
	case "MODSEQ":
		err = r.list(func() error {
			f.ModSeq, err = r.number()
			return err
		})
	case "EMAILID":
		var ids []string
		if ids, err = r.strings(); err == nil && len(ids) > 0 && f.RemoteID == "" {
			f.RemoteID = ids[0]
		}
	case "X-GM-MSGID":
		var n uint64
		n, err = r.number()
		f.RemoteID = strconv.FormatUint(n, 10)
	case "X-GM-LABELS":
		f.Labels, err = r.strings()
	default:
		if origin, ok := bodyItem(name); ok {
			f.origin = origin
			f.has |= hasBody
			return r.body(f, atMost)
		}
		err = r.skip()
	}
	return err
}

// bodyItem reads "BODY[]" and "BODY[]<0>".
func bodyItem(name string) (origin int64, ok bool) {
	rest, ok := strings.CutPrefix(name, "BODY[]")
	if !ok || rest == "" {
		return -1, ok
	}
	origin, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimPrefix(rest, "<"), ">"), 10, 64)
	return origin, err == nil && origin >= 0
}

// body reads a message's octets, literal or quoted; NIL is none.
func (r *response) body(f *fetched, atMost int64) error {
	size, ok, err := r.literal()
	if err != nil {
		return err
	}
	if !ok {
		s, null, err := r.text()
		if !null {
			f.body = append(buffer(int64(len(s)))[:0], s...)
		}
		return err
	}
	if size > 1<<32 {
		return protocol("a message of %d octets", size)
	}
	if size > atMost {
		f.over = size
		if err := r.w.discard(size); err != nil {
			return err
		}
		return r.more()
	}
	// What a server announces is believed in steps.
	f.body = buffer(min(size, 1<<20))
	for read := 0; ; {
		if err := r.w.full(f.body[read:]); err != nil {
			return err
		}
		if read = len(f.body); int64(read) == size {
			break
		}
		step := int(min(size-int64(read), int64(read)))
		f.body = slices.Grow(f.body, step)[:read+step]
	}
	return r.more()
}

// flagList reads a list of flags. Most messages of a folder have the same few, so
// that they share them.
func (c *Conn) flagList(r *response) (mailstore.Flags, error) {
	if r.peek() == '(' {
		rest := r.rest()[1:]
		if end := bytes.IndexByte(rest, ')'); end >= 0 && bytes.IndexByte(rest[:end], '"') < 0 {
			flags, ok := c.flags[string(rest[:end])]
			if !ok {
				flags = mailstore.MakeFlags(strings.Fields(string(rest[:end]))...)
				if c.flags == nil || len(c.flags) > 4096 {
					c.flags = map[string]mailstore.Flags{}
				}
				c.flags[string(rest[:end])] = flags
			}
			r.pos += end + 2
			return flags, nil
		}
	}
	list, err := r.strings()
	return mailstore.MakeFlags(list...), err
}

// items are what is asked of a message, with all or with its flags alone.
func (c *Conn) items(need item) string {
	out := "UID FLAGS"
	if need == whole {
		out += " INTERNALDATE RFC822.SIZE"
	}
	if c.caps.CondStore {
		out += " MODSEQ"
	}
	switch {
	case need != whole:
	case c.caps.Gmail:
		out += " X-GM-MSGID X-GM-LABELS"
	case c.caps.ObjectID:
		out += " EMAILID"
	}
	return out
}

// Overviews tells of the messages of the selected folder that are in the set; those
// that are not there are passed over. It goes on to the end whatever yield returns,
// and returns its first error. yield must not call the connection.
func (c *Conn) Overviews(ctx context.Context, set UIDSet, yield func(Overview) error) error {
	return c.each(ctx, set, whole, yield)
}

// Flags are the flags of the messages of the set that are there.
func (c *Conn) Flags(ctx context.Context, set UIDSet) (out []Flagged, err error) {
	err = c.each(ctx, set, hasUID|hasFlags, func(o Overview) error {
		out = append(out, Flagged{o.UID, o.Flags, o.ModSeq})
		return nil
	})
	return out, err
}

// about reads a FETCH response; nil: it is not about a message of the set, or lacks
// something and so was not asked for.
func (c *Conn) about(r *response, set UIDSet, need item) (*fetched, error) {
	if r.kind != "FETCH" {
		return nil, nil
	}
	f, err := c.fetch(r, 0)
	if err != nil || f.has&need != need || !set.Has(f.UID) {
		return nil, err
	}
	return f, nil
}

// each fetches items of the messages of a set, in pieces, all sent at once.
func (c *Conn) each(ctx context.Context, set UIDSet, need item, yield func(Overview) error) error {
	if len(set) == 0 {
		return nil
	}
	found := make(chan Overview, 256)
	n, atMost := 0, 0
	take := func(r *response) (bool, error) {
		f, err := c.about(r, set, need)
		if f == nil || err != nil {
			return false, err
		}
		if n++; n > atMost {
			return false, protocol("%d messages told of in a folder of %d", n, c.exists)
		}
		select {
		case found <- f.Overview:
		case <-c.link.ended:
		}
		return true, nil
	}
	return c.do(ctx, take, func() error {
		if err := c.options.Budget.allow(ctx, 0); err != nil {
			return err
		}
		// Each may be told of again when its flags change meanwhile.
		atMost = 4*int(c.exists) + 100_000
		items := c.items(need)
		var failed, refused error
		var done sync.WaitGroup
		done.Go(func() {
			for o := range found {
				if failed == nil {
					failed = yield(o)
				}
			}
		})
		var orders []*order
		c.flight(func() {
			for _, piece := range set.pieces(setLine) {
				orders = append(orders, c.link.send(fmt.Sprintf("UID FETCH %s (%s)", piece, items), nil))
			}
		})
		for _, o := range orders {
			if err := c.finish(o); err != nil && refused == nil {
				refused = err
			}
		}
		if refused == nil {
			refused = c.settle()
		}
		c.link.expect(nil)
		close(found)
		done.Wait()
		if refused != nil {
			return refused
		}
		return failed
	})
}

// pieces cuts the set so that each is written in about atMost octets.
func (s UIDSet) pieces(atMost int) (out []UIDSet) {
	for start, n, i := 0, 0, 0; i < len(s); i++ {
		n += len(s[i:i+1].String()) + 1
		if n > atMost || i == len(s)-1 {
			out = append(out, s[start:i+1])
			start, n = i+1, 0
		}
	}
	return out
}

// ChangedSince are the flags of the selected folder's messages that changed since
// modseq, new ones included (Caps.CondStore); with vanished, which are gone, too
// (Caps.QResync).
func (c *Conn) ChangedSince(ctx context.Context, modseq uint64, vanished bool) (changed []Flagged, gone UIDSet, err error) {
	caps := c.Caps()
	if !caps.CondStore || vanished && !caps.QResync {
		return nil, nil, mailstore.Fail(mailstore.ErrUnsupported, "{server} cannot tell what changed.", "server", c.host)
	}
	got := &changes{conn: c}
	err = c.do(ctx, got.take, func() error {
		suffix := ""
		if vanished {
			suffix = " VANISHED"
		}
		var o *order
		c.flight(func() {
			o = c.link.send(fmt.Sprintf("UID FETCH 1:* (UID FLAGS MODSEQ) (CHANGEDSINCE %d%s)", modseq, suffix), nil)
		})
		if err := c.finish(o); err != nil {
			return err
		}
		return c.settle()
	})
	return got.changed, UIDSet(nil).Plus(got.gone), err
}

// changes gathers flags and what vanished (RFC 7162 section 3.2.10).
type changes struct {
	conn    *Conn
	changed []Flagged
	gone    UIDSet
	tidy    int // how many ranges gone had when it was put in order
	held    int
}

func (g *changes) take(r *response) (bool, error) {
	switch r.kind {
	case "FETCH":
		f, err := g.conn.fetch(r, 0)
		if err != nil || f.has&hasUID == 0 || f.has&hasFlags == 0 {
			return false, err
		}
		g.changed = append(g.changed, Flagged{f.UID, f.Flags, f.ModSeq})
	case "VANISHED":
		r.space()
		if r.peek() == '(' {
			if err := r.skip(); err != nil {
				return false, err
			}
			r.space()
		}
		set, err := ParseSet(r.atom())
		if err != nil {
			return false, err
		}
		// Put in order now and then, not each time: a server may name them one by one.
		if g.gone = append(g.gone, set...); len(g.gone) > 2*g.tidy+1024 {
			g.gone = UIDSet(nil).Plus(g.gone)
			g.tidy = len(g.gone)
		}
	default:
		return false, nil
	}
	if g.held += r.w.size; g.held > maxHeld {
		return false, protocol("more than %d octets of changes", maxHeld)
	}
	return true, nil
}
