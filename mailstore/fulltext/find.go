package fulltext

import (
	"context"
	"database/sql"
	"iter"
	"slices"
	"time"

	"lifeboat/mailstore"
)

// Limits narrow a search beside the query, and tell it what the index does not know.
type Limits struct {
	Account mailstore.AccountID   // 0: of all
	Before  mailstore.MessageID   // only older ones; 0: from the newest
	Within  []mailstore.MessageID // only these, upwards; nil: all
	// First is the least ID that a message received then or later may have.
	First func(time.Time) mailstore.MessageID
	// Resolve tells of which messages a state is true.
	Resolve func(context.Context, State) (Set, error)
}

// Set is messages: those of some accounts, and some by ID, upwards.
type Set struct {
	Accounts []mailstore.AccountID
	Messages []mailstore.MessageID
}

// Find yields what a query finds, the newest first, for as long as the caller wants
// more. All of it happens in the transaction, which may be read-only. An error is the
// last that is yielded; it is of kind mailstore.ErrDamaged if the index cannot be believed.
func (x *Index) Find(ctx context.Context, tx *sql.Tx, q Query, l Limits) iter.Seq2[mailstore.MessageID, error] {
	return func(yield func(mailstore.MessageID, error) bool) {
		if err := x.find(ctx, tx, q, l, yield); err != nil {
			yield(0, damaged(err))
		}
	}
}

func (x *Index) find(ctx context.Context, tx *sql.Tx, q Query, l Limits, yield func(mailstore.MessageID, error) bool) error {
	all, err := segments(ctx, tx)
	if err != nil {
		return err
	}
	x.forget(all)
	read, err := newGroupQuery(ctx, tx)
	if err != nil {
		return err
	}
	defer read.close()
	s := &search{x: x, ctx: ctx, tx: tx, read: read, limits: l, sets: map[State]Set{}, what: q.root}
	var open []*hits
	for _, seg := range all {
		if l.Before == 0 || seg.oldest < l.Before {
			open = append(open, &hits{segment: seg, next: seg.newest})
		}
	}
	// A segment is searched when what is left of it may hold the newest message of all
	// that are left, and only some way back: most searches are over before the older
	// messages are touched.
	for len(open) > 0 {
		best := 0
		for i, h := range open {
			if h.next > open[best].next {
				best = i
			}
		}
		h := open[best]
		if h.found == nil {
			if err := s.in(h); err != nil {
				return err
			}
		} else if !yield(h.next, nil) {
			return nil
		}
		if !h.advance() {
			open = slices.Delete(open, best, best+1)
		}
	}
	return nil
}

// hits are what was found in a part of a segment.
type hits struct {
	*inSegment
	segment segment
	found   bitmap // nil: the next part is not searched yet
	doc     int    // the next hit's
	next    mailstore.MessageID
	from    int // the part's first document; what is before it is to be searched
	width   int // of the next part
}

// advance goes to the next hit, or to the next part; false: there is none.
func (h *hits) advance() bool {
	if h.doc = h.found.before(h.doc); h.doc < 0 {
		h.doc, h.found = h.from, nil
		if h.doc == 0 {
			return false
		}
		h.next = h.ids[h.doc-1]
		return true
	}
	h.next = h.ids[h.doc]
	return true
}

// search is one search, at work in one segment after the other.
type search struct {
	x      *Index
	ctx    context.Context //nolint:containedctx // it lives as long as one call
	tx     *sql.Tx
	read   *groupQuery
	limits Limits
	sets   map[State]Set
	what   expr

	*inSegment // the one at hand
}

// inSegment is what a search knows of a segment.
type inSegment struct {
	segment segment
	*contents
	may     bitmap          // the documents that may be found
	rows    map[int][]byte  // first rows of groups
	seconds map[int][]byte  // second rows
	places  map[slot]*place // what was looked up
}

// firstPart is how many documents of a segment are searched first. Each further part is
// four times as wide.
const firstPart = stride

// in searches the next part of a segment.
func (s *search) in(h *hits) (err error) {
	if err := s.ctx.Err(); err != nil {
		return err
	}
	if h.inSegment == nil {
		if err := s.enter(h); err != nil {
			return err
		}
	}
	s.inSegment = h.inSegment
	h.from = max(0, (h.doc-h.width)/stride*stride)
	h.width *= 4
	among := newBitmap(len(s.ids))
	among.setRange(h.from, h.doc)
	among.and(s.may)
	h.found, err = s.eval(s.what, among)
	return err
}

// enter begins with a segment.
func (s *search) enter(h *hits) error {
	c, err := s.x.contents(s.ctx, s.tx, h.segment)
	if err != nil {
		return err
	}
	h.inSegment = &inSegment{segment: h.segment, contents: c, rows: map[int][]byte{}, seconds: map[int][]byte{}, places: map[slot]*place{}}
	s.inSegment = h.inSegment
	h.doc, h.width = len(c.ids), firstPart
	if s.limits.Before != 0 {
		h.doc, _ = slices.BinarySearch(c.ids, s.limits.Before)
	}
	s.may = fullBitmap(len(c.ids))
	gone, err := h.segment.removed()
	if err != nil {
		return err
	}
	s.may.andNot(gone)
	if s.limits.Within != nil {
		s.may.and(s.these(s.limits.Within))
	}
	if s.limits.Account != 0 {
		s.may, err = s.phrase(phrase{slots: []slot{{term: accountTerm(s.limits.Account)}}}, s.may)
	}
	return err
}

// eval returns which of the documents fit. The set it is given stays as it is.
func (s *search) eval(e expr, among bitmap) (bitmap, error) {
	if among.empty() {
		return among, nil
	}
	switch e := e.(type) {
	case nil:
		return among, nil
	case and:
		return s.all(e, among)
	case or:
		out := newBitmap(len(s.ids))
		for _, part := range e {
			found, err := s.eval(part, among)
			if err != nil {
				return nil, err
			}
			out.or(found)
		}
		return out, nil
	case not:
		found, err := s.eval(e.what, among)
		if err != nil {
			return nil, err
		}
		out := among.clone()
		out.andNot(found)
		return out, nil
	case dates:
		out := newBitmap(len(s.ids))
		first, _ := slices.BinarySearch(s.ids, s.limits.First(e.from))
		end := len(s.ids)
		if !e.until.IsZero() {
			end, _ = slices.BinarySearch(s.ids, s.limits.First(e.until))
		}
		out.setRange(first, end)
		out.and(among)
		return out, nil
	case State:
		return s.state(e, among)
	case attached:
		return s.phrase(phrase{slots: []slot{{term: string(rune(attachment))}}}, among)
	case words:
		return s.phrase(e.phrase(), among)
	}
	return nil, errDamaged // there are no others
}

// all narrows the set part by part, the cheap ones first.
func (s *search) all(parts and, among bitmap) (bitmap, error) {
	parts = slices.Clone(parts)
	slices.SortStableFunc(parts, func(a, b expr) int { return cost(a) - cost(b) })
	var err error
	for _, part := range parts {
		if among, err = s.eval(part, among); err != nil || among.empty() {
			return among, err
		}
	}
	return among, nil
}

// cost orders the parts of a query by the work that they are.
func cost(e expr) int {
	switch e := e.(type) {
	case dates:
		return 0
	case State, attached:
		return 1
	case words:
		p := e.phrase()
		if len(p.slots) == 1 && !p.slots[0].prefix {
			return 2
		}
		return 2 + len(p.slots)
	case not:
		return 1 + cost(e.what)
	}
	return 100
}

// these are the documents of the messages, which go upwards.
func (s *search) these(ids []mailstore.MessageID) bitmap {
	out := newBitmap(len(s.ids))
	first, _ := slices.BinarySearch(ids, s.segment.oldest)
	doc := 0
	for _, id := range ids[first:] {
		if id > s.segment.newest {
			break
		}
		at, found := slices.BinarySearch(s.ids[doc:], id)
		doc += at
		if found {
			out.set(doc)
		}
	}
	return out
}

// state asks who knows, once a search.
func (s *search) state(e State, among bitmap) (bitmap, error) {
	set, known := s.sets[e]
	if !known {
		var err error
		if set, err = s.limits.Resolve(s.ctx, e); err != nil {
			return nil, err
		}
		s.sets[e] = set
	}
	out := s.these(set.Messages)
	for _, id := range set.Accounts {
		found, err := s.phrase(phrase{slots: []slot{{term: accountTerm(id)}}}, among)
		if err != nil {
			return nil, err
		}
		out.or(found)
	}
	out.and(among)
	return out, nil
}
