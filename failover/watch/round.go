package watch

import (
	"context"
	"math/rand/v2"
	"time"

	"lifeboat/failover/detect"
)

// A look is one thing to do in a round.
type look struct {
	name    string
	targets []detect.Target // that it is about, as far as they are known before
	take    func(context.Context) []detect.Observation
}

// Round looks at everything once and returns what it saw. It takes as long as the
// slowest look, and little more than the patience at most. Cut short by ctx it has
// less in it, and should not be counted.
func (w *Watcher) Round(ctx context.Context) detect.Round {
	select {
	case w.turn <- struct{}{}:
	case <-ctx.Done():
		return detect.Round{At: w.opt.Now()}
	}
	defer func() { <-w.turn }()
	ctx, cancel := context.WithTimeout(ctx, w.patience())
	defer cancel()

	w.mu.Lock()
	w.number++
	round := detect.Round{Number: w.number, At: w.opt.Now()}
	w.mu.Unlock()
	looks := w.looks(round.Number, round.At)
	got := w.takeAll(ctx, looks)
	for i, l := range looks {
		if got[i] == nil {
			for _, t := range l.targets {
				got[i] = append(got[i], detect.Observation{Target: t, Stage: detect.AtResolve, Outcome: detect.Unable, Answer: "the look did not end in time"})
			}
		}
		round.Observations = append(round.Observations, got[i]...)
	}
	return round
}

// takeAll takes the looks side by side. Of one that was left behind, now or in an
// earlier round, there is nothing.
func (w *Watcher) takeAll(ctx context.Context, looks []look) [][]detect.Observation {
	type result struct {
		index int
		seen  []detect.Observation
	}
	results := make(chan result, len(looks))
	under := 0
	// In an order of its own each time: a server that fails every other connection
	// must not fail the same look for ever.
	for _, i := range rand.Perm(len(looks)) { //nolint:gosec // an order that somebody could guess does no harm
		l := looks[i]
		if !w.leave(l.name) {
			w.opt.Log.Warn("a look has not come back yet", "look", l.name)
			continue
		}
		under++
		go func() {
			began := w.opt.Now()
			seen := l.take(ctx)
			took := w.opt.Now().Sub(began)
			for j := range seen {
				seen[j].Took = max(took, seen[j].Took)
			}
			w.back(l.name)
			results <- result{i, seen}
		}()
	}
	// Whoever obeys the deadline is back soon after it.
	over := time.NewTimer(w.patience() * 5 / 4)
	defer over.Stop()
	got := make([][]detect.Observation, len(looks))
	for ; under > 0; under-- {
		select {
		case r := <-results:
			got[r.index] = append([]detect.Observation{}, r.seen...)
		case <-over.C:
			return got
		}
	}
	return got
}

// leave notes that a look is under way; false when it still is from before.
func (w *Watcher) leave(name string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.away[name] {
		return false
	}
	w.away[name] = true
	return true
}

func (w *Watcher) back(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.away, name)
}

// looks lists what to do in a round.
func (w *Watcher) looks(number uint64, now time.Time) []look {
	var out []look
	add := func(name string, take func(context.Context) []detect.Observation, targets ...detect.Target) {
		out = append(out, look{name, targets, take})
	}
	for _, t := range detect.Watch(w.opt.Domain) {
		name := string(t.Role) + " " + string(t.Service) + " " + t.Host
		switch t.Service {
		case detect.MX:
			add(name, func(ctx context.Context) []detect.Observation { return w.mx(ctx, t, number) }, t)
		case detect.Submission, detect.IMAP:
			if try := w.mayTry(t, number); try != tryNothing {
				add(name, func(ctx context.Context) []detect.Observation { return w.signIn(ctx, t, try) }, t)
			}
		default:
		}
	}
	add("records", w.records)
	if len(w.opt.DNSControls) > 0 {
		add("name servers of others", w.dnsControls)
	}
	for _, c := range w.opt.Controls {
		add("control "+c, func(ctx context.Context) []detect.Observation { return w.control(ctx, c) }, controlOf(c))
	}
	if w.pagesDue(now) {
		for _, r := range roles() {
			if t := w.pageOf(r); t.Host != "" {
				add("status "+string(r), func(ctx context.Context) []detect.Observation { return w.page(ctx, t) }, t)
			}
		}
		for _, m := range w.opt.Mailboxes {
			add("notices "+string(m.Role)+" "+m.User, func(ctx context.Context) []detect.Observation { return w.notices(ctx, m) })
		}
	}
	return out
}

// pagesDue reports whether it is time for the status pages and the notices.
func (w *Watcher) pagesDue(now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if since := now.Sub(w.paged); !w.paged.IsZero() && since >= 0 && since < w.opt.Seldom {
		return false
	}
	w.paged = now
	return true
}
