package imaplink

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"lifeboat/mailstore"
)

// Head is a message as a list shows it: without its bytes, with the fields of its
// header that people look at.
type Head struct {
	Overview
	// Header is From, To, Cc, Subject, Date, Message-ID and Content-Type as the message has
	// them, cut after 64 KiB.
	Header []byte
}

// headFields is what is asked of the header. The server would take it apart (ENVELOPE),
// each in a way of its own.
const headFields = "BODY.PEEK[HEADER.FIELDS (FROM TO CC SUBJECT DATE MESSAGE-ID CONTENT-TYPE)]"

// Heads tells of messages of the selected folder, in the server's order; those that are
// not there are passed over. yield must not call the connection; its first error is
// returned in the end.
func (c *Conn) Heads(ctx context.Context, set UIDSet, yield func(Head) error) error {
	if len(set) == 0 {
		return nil
	}
	var mu sync.Mutex // the reader's goroutine yields
	var failed error
	told := map[mailstore.UID]bool{}
	take := func(r *response) (bool, error) {
		if r.kind != "FETCH" {
			return false, nil
		}
		h, has, err := c.head(r)
		if err != nil || has&whole != whole || h.Header == nil || !set.Has(h.UID) || told[h.UID] {
			return false, err
		}
		told[h.UID] = true
		mu.Lock()
		defer mu.Unlock()
		if failed == nil {
			failed = yield(h)
		}
		return true, nil
	}
	err := c.do(ctx, take, func() error {
		var orders []*order
		c.flight(func() {
			for _, piece := range set.pieces(setLine) {
				orders = append(orders, c.link.send(fmt.Sprintf("UID FETCH %s (UID FLAGS INTERNALDATE RFC822.SIZE %s)", piece, headFields), nil))
			}
		})
		var refused error
		for _, o := range orders {
			if err := c.finish(o); err != nil && refused == nil {
				refused = err
			}
		}
		if refused != nil {
			return refused
		}
		return c.settle()
	})
	mu.Lock()
	defer mu.Unlock()
	if err != nil {
		return err
	}
	return failed
}

// head reads the rest of a FETCH response for Heads.
func (c *Conn) head(r *response) (h Head, has item, err error) {
	f := &fetched{origin: -1}
	r.space()
	err = r.list(func() error {
		name := strings.ToUpper(r.item())
		if name == "" || !r.space() {
			return protocol("an item of FETCH without a value")
		}
		if strings.HasPrefix(name, "BODY[HEADER.FIELDS") {
			h.Header, err = r.fields()
			return err
		}
		return c.item(r, f, name, 0)
	})
	h.Overview = f.Overview
	return h, f.has, err
}

// fields reads a string of header fields, and keeps the beginning of a long one.
func (r *response) fields() ([]byte, error) {
	size, ok, err := r.literal()
	if err != nil {
		return nil, err
	}
	if !ok {
		s, _, err := r.text()
		return []byte(s), err
	}
	b := make([]byte, min(size, maxLiteral))
	if err := r.w.full(b); err != nil {
		return nil, err
	}
	if rest := size - int64(len(b)); rest > 0 {
		return b, r.pass(rest)
	}
	return b, r.more()
}
