package queue

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// Samples implements relay.Log. Of each stretch of time the moments are given at which
// most waited for the primary and for the secondary, and the one that it ended with; of
// each of them how all stood then, so that mail that was led from one provider to the
// other within a stretch is not seen at both. As points are filed only when something
// changes, and hourly, what held at since is told too, at that time.
func (q *Queue) Samples(ctx context.Context, since, until time.Time, most int) ([]relay.Sample, error) {
	var t *thinning
	err := q.reading(func() error {
		t = newThinning(since, until, most)
		return t.run(ctx, q)
	})
	if err != nil {
		return nil, err
	}
	return t.result(), nil
}

func (t *thinning) run(ctx context.Context, q *Queue) error {
	segments := q.snapshot()
	for _, f := range q.past.files {
		t.stretch(f.from, f.to)
	}
	for _, s := range segments {
		t.stretch(s.from, s.to)
	}
	for _, f := range q.past.files {
		if err := t.past(ctx, q, f); err != nil {
			return err
		}
	}
	for _, s := range segments {
		if err := t.segment(ctx, q, s); err != nil {
			return err
		}
	}
	return nil
}

// thinning chooses points as they go by, in the order in which they were filed.
type thinning struct {
	from, to int64 // wanted; 0: no bound
	most     int
	first    int64 // of all times that there are
	last     int64

	now    map[at]relay.Sample // how all stand by the time of the point that came last
	time   int64               // that time; 0: none yet
	before map[at]relay.Sample // how all stood when what is wanted begins; nil: it has not begun
	chosen map[int64]*stretch
}

// stretch has the moments that were chosen of a part of the time.
type stretch struct{ primary, secondary, end still }

// still is how all stood at a time.
type still struct {
	depth int // of the provider it was chosen for
	all   []relay.Sample
}

func newThinning(since, until time.Time, most int) *thinning {
	return &thinning{from: nanos(since), to: nanos(until), most: most, now: map[at]relay.Sample{}, chosen: map[int64]*stretch{}}
}

// stretch takes in the times of a file.
func (t *thinning) stretch(from, to int64) {
	if from == 0 && to == 0 {
		return
	}
	if t.first == 0 && t.last == 0 {
		t.first, t.last = from, to
	}
	t.first, t.last = min(t.first, from), max(t.last, to)
}

// wants reports whether what has these times can have a point that is wanted, or that
// holds at the beginning.
func (t *thinning) wants(from, to int64) bool {
	return (t.from == 0 || to >= t.from-int64(again+again/4)) && (t.to == 0 || from <= t.to)
}

func (t *thinning) add(s relay.Sample) {
	n := nanos(s.At)
	if !t.wants(n, n) {
		return
	}
	if n != t.time {
		t.choose(n)
	}
	if t.before == nil && n >= t.from {
		t.before = maps.Clone(t.now)
	}
	a := at{s.Domain, s.Role}
	if n == t.from {
		delete(t.before, a)
	}
	if old, ok := t.now[a]; ok {
		s.Domain, s.Role = old.Domain, old.Role
	} else {
		s.Domain, s.Role = strings.Clone(s.Domain), failover.Role(strings.Clone(string(s.Role)))
	}
	t.now[at{s.Domain, s.Role}], t.time = s, n
}

// choose looks at how all stood, when all points of that time have gone by; next is the
// time of the point that follows, 0 at the end.
func (t *thinning) choose(next int64) {
	if t.time == 0 || t.time < t.from {
		return
	}
	var first, second int
	for _, s := range t.now {
		if s.Role == failover.Secondary {
			second += depth(s)
		} else {
			first += depth(s)
		}
	}
	i := t.index(t.time)
	c := t.chosen[i]
	if c == nil {
		c = &stretch{}
		t.chosen[i] = c
	}
	ends := next == 0 || t.index(next) != i
	if first <= c.primary.depth && second <= c.secondary.depth && !ends {
		return
	}
	all := make([]relay.Sample, 0, len(t.now))
	for _, s := range t.now {
		all = append(all, t.within(s))
	}
	c.primary.highest(first, all)
	c.secondary.highest(second, all)
	if ends {
		c.end.all = all
	}
}

// within gives a point that was filed before what is wanted the time at which that begins.
func (t *thinning) within(s relay.Sample) relay.Sample {
	if nanos(s.At) < t.from {
		s.At = moment(t.from)
	}
	return s
}

// highest keeps the first of the highest.
func (s *still) highest(depth int, all []relay.Sample) {
	if depth > s.depth {
		s.depth, s.all = depth, all
	}
}

// index is the stretch of time that a moment is in.
func (t *thinning) index(n int64) int64 {
	if t.most <= 0 {
		return n
	}
	from, to := cmp.Or(t.from, t.first), cmp.Or(t.to, t.last)
	const moments = 3
	return int64(float64(n-from) / (float64(to-from) + 1) * float64(max(t.most/moments, 1)))
}

func depth(s relay.Sample) int { return s.Waiting + s.Held + s.Uncertain }

// result are the points of the moments that were chosen, each once, and what held at the
// beginning.
func (t *thinning) result() []relay.Sample {
	t.choose(0)
	if t.before == nil {
		t.before = t.now // nothing has come since
	}
	var all []relay.Sample
	told := map[relay.Sample]bool{}
	tell := func(list []relay.Sample) {
		for _, s := range list {
			if !told[s] {
				told[s] = true
				all = append(all, s)
			}
		}
	}
	for _, s := range t.before {
		tell([]relay.Sample{t.within(s)})
	}
	for _, c := range t.chosen {
		tell(c.primary.all)
		tell(c.secondary.all)
		tell(c.end.all)
	}
	slices.SortStableFunc(all, func(a, b relay.Sample) int {
		return cmp.Or(a.At.Compare(b.At), at{a.Domain, a.Role}.compare(at{b.Domain, b.Role}))
	})
	return all
}

func (t *thinning) past(ctx context.Context, q *Queue, pf *pastFile) error {
	if len(pf.blocks) == 0 || !t.wants(pf.from, pf.to) {
		return nil
	}
	f, err := openPast(pf, q.opts.Key)
	if err != nil {
		if q.opts.ReadOnly && errors.Is(err, fs.ErrNotExist) {
			return err
		}
		q.log.Warn("A part of the send route's log cannot be read", "file", pf.path, "error", err)
		return nil
	}
	defer func() { _ = f.Close() }() // only read from
	var buf, plain []byte
	for _, b := range pf.blocks {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !b.samples || !t.wants(b.from, b.to) {
			continue
		}
		content, err := f.unpackBlock(q, b, &buf, &plain)
		if err == nil {
			err = each(content, func(raw string) {
				d := decoder{s: raw}
				if s := readSample(&d); !d.bad {
					t.add(s)
				}
			})
		}
		if err != nil {
			q.log.Warn("A part of the send route's log cannot be read", "file", pf.path, "error", err)
		}
	}
	return nil
}

func (t *thinning) segment(ctx context.Context, q *Queue, seg segment) error {
	if !t.wants(seg.from, seg.to) {
		return nil
	}
	f, err := openSegment(&seg, q.opts.Key)
	if err != nil {
		if seg.damaged {
			return nil // told when the queue was opened
		}
		return err
	}
	defer func() { _ = f.Close() }() // only read from
	_, err = scan(f, seg.size, f.aead, isRecord, func(_ frame, content []byte) error {
		if content == nil {
			return ctx.Err()
		}
		d := decoder{s: string(content)}
		if d.uint() <= q.past.last {
			return nil
		}
		_, _ = readRecord(string(content), func(what byte) bool { return what == changeSample }, func(c change) { t.add(c.sample) })
		return nil
	})
	return err
}
