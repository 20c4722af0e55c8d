package deliver

import (
	"cmp"
	"slices"
	"time"

	"lifeboat/failover"
)

// Standing is why mail waits that was not tried itself: a host, a login at it, or one
// sender, with which nothing is tried before Next.
type Standing struct {
	Role   failover.Role     `json:"role,omitempty"`
	Host   string            `json:"host,omitempty"`
	Login  string            `json:"login,omitempty"`  // empty: the host as a whole
	Sender string            `json:"sender,omitempty"` // empty: all of the login
	Since  time.Time         `json:"since"`
	Next   time.Time         `json:"next"`
	Why    failover.Sentence `json:"why"`
	// Waiting is how many messages of those it holds up are due.
	Waiting int `json:"waiting"`
}

// Standings returns what stands in the way of the mail at present.
func (d *Deliverer) Standings() []Standing {
	d.mu.Lock()
	defer d.mu.Unlock()
	now, wall := d.o.Steady(), d.o.Now()
	var all []Standing
	add := func(t *trouble, s Standing, lanes ...*lane) {
		if t.fails == 0 || t.why.IsZero() {
			return
		}
		s.Since, s.Next, s.Why = t.since, wall.Add(max(0, t.until-now)), t.why
		for _, l := range lanes {
			s.Role = l.role
			s.Waiting += len(l.wait)
		}
		if s.Waiting > 0 {
			all = append(all, s)
		}
	}
	for _, h := range d.hosts {
		var lanes []*lane
		host := ""
		for _, g := range h.logins {
			host = g.target.Endpoint.Host
			add(&g.trouble, Standing{Host: host, Login: g.name}, g.lanes...)
			lanes = append(lanes, g.lanes...)
		}
		add(&h.trouble, Standing{Host: host}, lanes...)
	}
	for _, l := range d.lanes {
		s := Standing{Sender: l.key.sender}
		if l.login != nil {
			s.Host, s.Login = l.login.target.Endpoint.Host, l.login.name
		}
		add(&l.trouble, s, l)
	}
	slices.SortFunc(all, func(a, b Standing) int {
		return cmp.Or(cmp.Compare(a.Host, b.Host), cmp.Compare(a.Login, b.Login), cmp.Compare(a.Sender, b.Sender))
	})
	return all
}
