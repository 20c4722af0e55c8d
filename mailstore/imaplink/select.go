package imaplink

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"lifeboat/mailstore"
)

// Select opens a folder for reading (EXAMINE), and resynchronises it with what is
// known, where the server can (RFC 7162 section 3.2.5).
func (c *Conn) Select(ctx context.Context, name string, known *Known) (Selected, error) {
	got := &changes{conn: c}
	var out Selected
	err := c.do(ctx, got.take, func() error {
		if !c.opened && !plainName(name) {
			// Whether the server enables UTF-8 decides how the name is written.
			c.flight(func() {})
			if err := c.settle(); err != nil {
				return err
			}
		}
		resync := known != nil && known.ModSeq > 0 && known.UIDValidity > 0 && c.caps.QResync
		first := c.prepared == nil && !c.opened
		data, err := c.examine(name, c.parameters(known, resync))
		if err != nil && first && c.settle() == nil && resync && !c.caps.QResync {
			// It announces QRESYNC and does not enable it.
			resync = false
			data, err = c.examine(name, c.parameters(known, resync))
		}
		if err != nil {
			return err
		}
		c.exists = data.NumMessages
		out.Status = Status{UIDValidity: data.UIDValidity, UIDNext: mailstore.UID(data.UIDNext), Messages: data.NumMessages, ModSeq: data.HighestModSeq}
		c.link.mu.Lock()
		out.RemoteID = c.link.mailbox
		c.link.mu.Unlock()
		out.Resynced = resync && data.UIDValidity == known.UIDValidity && data.HighestModSeq > 0
		return c.settle()
	})
	if err != nil {
		return Selected{}, err
	}
	if out.Resynced {
		out.Changed, out.Vanished = got.changed, UIDSet(nil).Plus(got.gone)
	}
	return out, nil
}

func (c *Conn) parameters(known *Known, resync bool) string {
	switch {
	case resync:
		return fmt.Sprintf(" (QRESYNC (%d %d%s))", known.UIDValidity, known.ModSeq, known.uids())
	case c.caps.CondStore:
		return " (CONDSTORE)"
	}
	return ""
}

// plainName reports whether the name is written the same in every encoding.
func plainName(name string) bool { return quotable(name) && !strings.Contains(name, "&") }

// uids is the third parameter of QRESYNC, if it is short enough to be worth its way.
func (k *Known) uids() string {
	if len(k.UIDs) == 0 {
		return ""
	}
	s := k.UIDs.String()
	if len(s) > setLine {
		return ""
	}
	return " " + s
}

// examine sends EXAMINE through the library. The name and the parameters are put in by
// the shim: the library knows neither QRESYNC nor names that are no modified UTF-7.
func (c *Conn) examine(name, parameters string) (*imap.SelectData, error) {
	var command *imapclient.SelectCommand
	c.link.mu.Lock()
	c.link.mailbox = ""
	c.link.mu.Unlock()
	c.flight(func() {
		c.link.wmu.Lock()
		c.link.amend = func(string) string { return "EXAMINE " + quote(c.encode(name)) + parameters }
		c.link.wmu.Unlock()
		command = c.library.Select("INBOX", &imap.SelectOptions{ReadOnly: true})
	})
	return await(c, command.Wait)
}

// UIDs are the messages of the selected folder that were received since the day before
// since (servers compare days, of time zones of their own), ascending; all of them
// with the zero time.
func (c *Conn) UIDs(ctx context.Context, since time.Time) (out []mailstore.UID, err error) {
	criteria := &imap.SearchCriteria{}
	if since.IsZero() {
		criteria.UID = []imap.UIDSet{{imap.UIDRange{Start: 1}}}
	} else {
		criteria.Since = since.UTC().AddDate(0, 0, -1)
	}
	var options *imap.SearchOptions
	if c.Caps().ESearch {
		options = &imap.SearchOptions{ReturnAll: true}
	}
	err = c.do(ctx, nil, func() error {
		var search *imapclient.SearchCommand
		c.flight(func() { search = c.library.UIDSearch(criteria, options) })
		data, err := await(c, search.Wait)
		if err != nil {
			return err
		}
		set, _ := data.All.(imap.UIDSet)
		out, err = c.expand(set)
		if err != nil {
			return c.broken(err)
		}
		return c.settle()
	})
	return out, err
}

// expand lists a set that a server gave. It cannot hold many more messages than the
// folder, however much it says so.
func (c *Conn) expand(set imap.UIDSet) ([]mailstore.UID, error) {
	var n uint64
	for _, r := range set {
		if r.Start == 0 || r.Stop < r.Start {
			return nil, protocol("a set of UIDs that is none")
		}
		n += uint64(r.Stop) - uint64(r.Start) + 1
	}
	if atMost := uint64(c.exists) + 100_000; n > atMost {
		return nil, protocol("%d messages found in a folder of %d", n, c.exists)
	}
	out := make([]mailstore.UID, 0, n)
	for _, r := range set {
		for uid := uint64(r.Start); uid <= uint64(r.Stop); uid++ {
			out = append(out, mailstore.UID(uid)) //nolint:gosec // it is between two UIDs
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}
