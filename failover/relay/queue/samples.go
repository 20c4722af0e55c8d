package queue

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// again is when a point is filed although nothing has changed.
const again = time.Hour

// Sample files how many messages of each domain stand how before each provider, now,
// where that is not what was filed last. role says which provider a message waits for.
func (q *Queue) Sample(ctx context.Context, role func(relay.Item) failover.Role) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	now := q.now()
	all := map[at]relay.Sample{}
	for e := range q.entries() {
		i := e.item()
		a := at{i.Domain(), role(i)}
		s := all[a]
		switch i.State {
		case relay.Held:
			s.Held++
		case relay.Uncertain:
			s.Uncertain++
		default:
			s.Waiting++
		}
		s.Bytes += i.Size
		if s.Oldest.IsZero() || i.Arrived.Before(s.Oldest) {
			s.Oldest = i.Arrived
		}
		all[a] = s
	}
	var changes []byte
	var times []int64
	q.mu.Lock()
	for a := range q.tallies {
		if _, ok := all[a]; !ok && a.role != "" {
			all[a] = relay.Sample{}
		}
	}
	for a := range q.filed {
		if _, ok := all[a]; !ok {
			all[a] = relay.Sample{}
		}
	}
	due := map[at]relay.Sample{}
	for _, a := range slices.SortedFunc(maps.Keys(all), at.compare) {
		s, t := all[a], q.tallies[a]
		s.At, s.Domain, s.Role = moment(nanos(now)), a.domain, a.role
		s.Accepted = q.tallies[at{domain: a.domain}].accepted
		s.Delivered, s.Bounced, s.Again = t.delivered, t.bounced, t.again
		old, ok := q.filed[a]
		age := s.At.Sub(old.At)
		if old.At = s.At; ok && old == s && age >= 0 && age < again {
			continue
		}
		due[a] = s
		changes = putChange(changes, changeSample, putSample(nil, &s))
		times = append(times, nanos(now))
	}
	q.mu.Unlock()
	if len(due) == 0 {
		return nil
	}
	if err := q.fileChanges(changes, times...); err != nil {
		return err
	}
	q.mu.Lock()
	maps.Copy(q.filed, due)
	q.mu.Unlock()
	return q.syncLong()
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
		if p.before != nil {
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
		q.log.Warn("A part of the send route's log cannot be read", "file", pf.path, "error", err)
		return nil
	}
	defer f.Close()
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
			return nil //nolint:nilerr // told when the queue was opened
		}
		return err
	}
	defer f.Close()
	_, err = scan(f, seg.size, framesFrom, f.aead, isRecord, func(_ frame, content []byte) error {
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
