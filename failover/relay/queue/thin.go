package queue

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// Samples implements relay.Log. Of each stretch of time the point with the most messages
// is given, and the last point of all. As points are filed only when something changes,
// and hourly, what held at since is told too, at that time.
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

// thinning chooses points as they go by.
type thinning struct {
	from, to int64 // wanted; 0: no bound
	most     int
	first    int64 // of all times that there are
	last     int64
	points   map[at]*points
}

type points struct {
	before  *relay.Sample // the last one before from
	best    map[int64]relay.Sample
	stretch []int64 // those of best
	latest  relay.Sample
	any     bool
}

func newThinning(since, until time.Time, most int) *thinning {
	return &thinning{from: nanos(since), to: nanos(until), most: most, points: map[at]*points{}}
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
	a := at{s.Domain, s.Role}
	p := t.points[a]
	if p == nil {
		s.Domain, s.Role = strings.Clone(s.Domain), failover.Role(strings.Clone(string(s.Role)))
		p = &points{best: map[int64]relay.Sample{}}
		t.points[at{s.Domain, s.Role}] = p
	} else {
		s.Domain, s.Role = p.latest.Domain, p.latest.Role
	}
	p.latest = s
	if t.from != 0 && n < t.from {
		p.before = &s
		return
	}
	p.any = true
	i := t.index(n)
	best, ok := p.best[i]
	if !ok {
		p.stretch = append(p.stretch, i)
	}
	if !ok || depth(s) > depth(best) {
		p.best[i] = s
	}
}

// index is the stretch of time that a moment is in.
func (t *thinning) index(n int64) int64 {
	if t.most <= 0 {
		return n
	}
	from, to := cmp.Or(t.from, t.first), cmp.Or(t.to, t.last)
	return int64(float64(n-from) / (float64(to-from) + 1) * float64(t.most))
}

func depth(s relay.Sample) int { return s.Waiting + s.Held + s.Uncertain }

func (t *thinning) result() []relay.Sample {
	var all []relay.Sample
	for _, p := range t.points {
		if p.before != nil && (!p.any || nanos(p.best[p.stretch[0]].At) > t.from) {
			s := *p.before
			s.At = moment(t.from)
			all = append(all, s)
		}
		if !p.any {
			continue
		}
		for _, i := range p.stretch {
			all = append(all, p.best[i])
		}
		if p.best[p.stretch[len(p.stretch)-1]] != p.latest {
			all = append(all, p.latest)
		}
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
