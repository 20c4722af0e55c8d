package presenter

import (
	"slices"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/detect"
)

// Track is what was seen over the last while: one look after the other, and the
// mail that waited.
type Track struct {
	From, To time.Time
	Looks    []Sighting
	// Waiting is the mail known to wait at each look, -1 where nobody knew; empty where
	// nobody knows now.
	Waiting []int
	Most    int
	// Broke is when it began, and BrokeSays what; zero when nothing did.
	Broke     time.Time
	BrokeSays string
	Title     string
}

// Sighting is one look.
type Sighting struct {
	At    time.Time
	Light Light
}

// trailKeeps bounds the looks that are remembered.
const trailKeeps = 90

// trail remembers the last looks.
type trail struct {
	looks   []Sighting
	waiting []int
}

// add takes a state in: how mail fared at the provider that it is led to.
func (r *trail) add(s detect.State, route failover.Route, waiting int) {
	if n := len(r.looks); n > 0 && !s.At.After(r.looks[n-1].At) {
		return
	}
	p := s.Primary
	if route == failover.RouteSecondary {
		p = s.Secondary
	}
	in := p.Part(detect.Inbound)
	light := lightOf(in.Health)
	if in.Health == detect.Healthy && suspects(in) {
		light = LightDown // the looks themselves failed
	}
	r.looks = append(r.looks, Sighting{s.At, light})
	r.waiting = append(r.waiting, waiting)
	if n := len(r.looks) - trailKeeps; n > 0 {
		r.looks = slices.Delete(r.looks, 0, n)
	}
	if n := len(r.waiting) - trailKeeps; n > 0 {
		r.waiting = slices.Delete(r.waiting, 0, n)
	}
}

// show is the track as it is shown.
func (r *trail) show(f facts) Track {
	t := f.t
	tr := Track{Looks: slices.Clone(r.looks), Title: t.T("Looks at where your mail arrives")}
	if len(tr.Looks) == 0 {
		return tr
	}
	tr.From, tr.To = tr.Looks[0].At, tr.Looks[len(tr.Looks)-1].At
	if last := r.waiting[len(r.waiting)-1]; last >= 0 {
		tr.Waiting = slices.Clone(r.waiting)
		tr.Most = slices.Max(tr.Waiting)
		tr.Title = t.T("Waiting outside: {count}", "count", last)
		if q := f.queue; q != nil {
			tr.Title = t.T("Waiting in the send queue: {count}", "count", last)
			if last > 0 && !q.oldest.IsZero() {
				tr.Title = t.T("Waiting in the send queue: {count}, the oldest for {span}", "count", last, "span", t.Span(f.now.Sub(q.oldest)))
			}
		}
	}
	if f.state == nil {
		return tr
	}
	if p := f.state.Provider(f.carrier()); p.Health == detect.Down && !p.Since.Before(tr.From) {
		tr.Broke, tr.BrokeSays = p.Since, t.T("{when} it begins", "when", p.Since.Local().Format("15:04:05"))
	}
	return tr
}
