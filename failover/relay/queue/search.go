package queue

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// defaultLimit is how many events a query without a limit gives.
const defaultLimit = 1000

// Events implements relay.Log. Events are in the order in which they were filed, whatever
// the clock said. The beginning of an ID is enough, and an event that names it as its
// Other is found too. Where a part of the log cannot be read, a relay.Found event says so
// in its place.
func (q *Queue) Events(ctx context.Context, query relay.LogQuery) ([]relay.Event, error) {
	var s *search
	err := q.reading(func() error {
		s = newSearch(query)
		return s.run(ctx, q)
	})
	if err != nil {
		return nil, err
	}
	slices.Reverse(s.parts)
	return slices.Concat(s.parts...), nil
}

func (s *search) run(ctx context.Context, q *Queue) error {
	for _, seg := range slices.Backward(q.snapshot()) {
		if !s.spans(seg.from, seg.to) || s.left == 0 {
			continue
		}
		if err := s.segment(ctx, q, seg); err != nil {
			return err
		}
	}
	for _, f := range slices.Backward(q.past.files) {
		if s.left == 0 || len(f.blocks) == 0 || !s.spans(f.from, f.to) {
			continue
		}
		if err := s.past(ctx, q, f); err != nil {
			return err
		}
	}
	return nil
}

// snapshot returns the segments as they are now.
func (q *Queue) snapshot() []segment {
	q.w.Lock()
	defer q.w.Unlock()
	all := make([]segment, len(q.writer.segments))
	for i, s := range q.writer.segments {
		all[i] = *s
	}
	return all
}

// search is a query under way, from the newest part of the log to the oldest.
type search struct {
	query    relay.LogQuery
	exact    key
	one      bool // exact is the message that is looked for
	address  string
	text     string
	from, to int64
	left     int             // how many more events are wanted
	parts    [][]relay.Event // newest part first
}

func newSearch(query relay.LogQuery) *search {
	s := &search{query: query, address: strings.ToLower(query.Address), text: strings.ToLower(query.Text), left: query.Limit}
	if s.left <= 0 {
		s.left = defaultLimit
	}
	s.query.ID = query.ID.Normal()
	s.exact, s.one = keyOf(s.query.ID)
	s.from, s.to = nanos(query.Since), nanos(query.Until)
	return s
}

// spans reports whether what has these times can have what is looked for.
func (s *search) spans(from, to int64) bool {
	return (s.from == 0 || to >= s.from) && (s.to == 0 || from <= s.to)
}

// part keeps the newest of a part's events.
type part struct {
	search *search
	events []relay.Event
}

func (p *part) add(e relay.Event) {
	if len(p.events) >= 2*p.search.left+64 {
		p.events = append(p.events[:0], p.events[len(p.events)-p.search.left:]...)
	}
	p.events = append(p.events, keepEvent(e))
}

func (p *part) done() {
	s := p.search
	if n := len(p.events) - s.left; n > 0 {
		p.events = p.events[n:]
	}
	s.left -= len(p.events)
	s.parts = append(s.parts, p.events)
}

func (s *search) segment(ctx context.Context, q *Queue, seg segment) error {
	f, err := openSegment(&seg, q.opts.Key)
	if err != nil {
		if seg.damaged {
			return nil // told when the queue was opened
		}
		return err
	}
	defer func() { _ = f.Close() }() // only read from
	p := &part{search: s}
	_, err = scan(f, seg.size, f.aead, isRecord, func(_ frame, content []byte) error {
		if content == nil {
			return ctx.Err()
		}
		d := decoder{s: string(content)}
		if d.uint() <= q.past.last {
			return nil
		}
		_, _ = readRecord(string(content), func(what byte) bool { return what == changeEvent }, func(c change) {
			if s.match(&c.event) {
				p.add(c.event)
			}
		})
		return nil
	})
	p.done()
	return err
}

func (s *search) past(ctx context.Context, q *Queue, pf *pastFile) error {
	f, err := openPast(pf, q.opts.Key)
	if err != nil {
		if q.opts.ReadOnly && errors.Is(err, fs.ErrNotExist) {
			return err
		}
		s.unreadable(pf, pf.to)
		return nil
	}
	defer func() { _ = f.Close() }() // only read from
	var buf, plain []byte
	for _, b := range slices.Backward(pf.blocks) {
		if err := ctx.Err(); err != nil || s.left == 0 {
			return err
		}
		if b.samples || !s.spans(b.from, b.to) || s.one && (s.exact.compare(b.first) < 0 || s.exact.compare(b.last) > 0) {
			continue
		}
		p := &part{search: s}
		content, err := f.unpackBlock(q, b, &buf, &plain)
		if err == nil {
			var e relay.Event
			err = each(content, func(raw string) {
				d := decoder{s: raw}
				if readEvent(&d, &e); !d.bad && s.match(&e) {
					p.add(e)
				}
			})
		}
		if err != nil {
			s.unreadable(pf, b.from)
		}
		p.done()
	}
	return nil
}

// unreadable says in its place that a part of the log is damaged.
func (s *search) unreadable(f *pastFile, at int64) {
	s.parts = append(s.parts, []relay.Event{{At: moment(at), Kind: relay.Found,
		Say: failover.Say("A part of the send route's log in {file} is damaged and cannot be read.", "file", f.path)}})
}

func (s *search) match(e *relay.Event) bool {
	query := &s.query
	at := nanos(e.At)
	switch {
	case s.from != 0 && at < s.from, s.to != 0 && at > s.to,
		query.Role != "" && e.Role != query.Role,
		len(query.Kinds) > 0 && !slices.Contains(query.Kinds, e.Kind),
		query.ID != "" && !strings.HasPrefix(string(e.ID), string(query.ID)) && !strings.HasPrefix(string(e.Other), string(query.ID)):
		return false
	}
	return (s.address == "" || s.matchAddress(e)) && (s.text == "" || s.matchText(e))
}

func (s *search) matchAddress(e *relay.Event) bool {
	return contains(e.From, s.address) || contains(e.User, s.address) ||
		slices.ContainsFunc(e.To, func(to string) bool { return contains(to, s.address) })
}

func (s *search) matchText(e *relay.Event) bool {
	return contains(e.MessageID, s.text) || contains(e.Subject, s.text) || contains(e.Answer, s.text) ||
		contains(e.Host, s.text) || !e.Say.IsZero() && contains(e.Say.String(), s.text)
}

// contains reports whether a text has a part, which is in lower case, in either case.
func contains(text, part string) bool { return strings.Contains(strings.ToLower(text), part) }
