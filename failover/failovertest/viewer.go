package failovertest

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/dnsview"
)

// Server is an authoritative server of a [Viewer]. What it does can be changed at
// any time.
type Server struct {
	name string
	addr netip.Addr

	mu    sync.Mutex
	state failover.AnswerState
	lag   int
	given map[failover.Key]failover.RRset
	looks map[failover.Key]int
}

// NewServer returns a server that answers at once with what the authority holds.
func NewServer(name, addr string) *Server {
	return &Server{
		name: failover.FQDN(name), addr: netip.MustParseAddr(addr), state: failover.Answered,
		given: map[failover.Key]failover.RRset{}, looks: map[failover.Key]int{},
	}
}

// Be makes the server answer in a way, from now on: failover.Silent,
// failover.Lame, failover.NoIPv6, and failover.Answered again.
func (s *Server) Be(state failover.AnswerState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state = state
}

// Lag makes the server give each change only when it has been asked n times since;
// negative is never.
func (s *Server) Lag(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lag = n
}

// answer is what the server says of a set whose truth this is.
func (s *Server) answer(truth failover.RRset) (failover.AnswerState, failover.RRset) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != failover.Answered {
		return s.state, failover.RRset{Key: truth.Key}
	}
	given := s.given[truth.Key]
	given.Key = truth.Key
	if !given.Equal(truth) && (s.lag < 0 || s.looks[truth.Key] < s.lag) {
		s.looks[truth.Key]++
		return failover.Answered, given
	}
	s.given[truth.Key], s.looks[truth.Key] = truth, 0
	return failover.Answered, truth
}

// Viewer sees what a zone's servers answer. Its servers know, at first, what the
// authority held when the viewer was made.
type Viewer struct {
	authority *Authority
	servers   []*Server
	// Now is the clock; nil is time.Now.
	Now func() time.Time

	mu    sync.Mutex
	err   error
	looks int
}

// NewViewer returns a viewer of an authority's servers.
func NewViewer(a *Authority, servers ...*Server) *Viewer {
	v := &Viewer{authority: a, servers: servers}
	a.mu.Lock()
	defer a.mu.Unlock()
	for key := range a.sets {
		for _, s := range servers {
			s.given[key] = a.get(key)
		}
	}
	return v
}

// Fail makes finding the servers fail, until it is called with nil.
func (v *Viewer) Fail(err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.err = err
}

// Looks counts how often the servers were asked for a set.
func (v *Viewer) Looks() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.looks
}

// Servers returns the servers, the same for every zone.
func (v *Viewer) Servers(ctx context.Context, _ string) ([]dnsview.Server, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if v.err != nil {
		return nil, v.err
	}
	var out []dnsview.Server
	for _, s := range v.servers {
		out = append(out, dnsview.Server{Name: s.name, Addrs: []netip.Addr{s.addr}, Listed: dnsview.ListedBoth})
	}
	return out, nil
}

// Authoritative asks the servers for a set.
func (v *Viewer) Authoritative(ctx context.Context, zone string, servers []dnsview.Server, key failover.Key) failover.View {
	v.mu.Lock()
	v.looks++
	v.mu.Unlock()
	now := time.Now
	if v.Now != nil {
		now = v.Now
	}
	view := failover.View{Key: key, Zone: failover.FQDN(zone)}
	for _, asked := range servers {
		for _, s := range v.servers {
			if s.name != asked.Name {
				continue
			}
			a := failover.Answer{Server: s.name, Addr: s.addr, State: failover.Silent, Set: failover.RRset{Key: key}, At: now()}
			if ctx.Err() == nil {
				a.State, a.Set = s.answer(v.authority.Get(key))
			}
			view.Answers = append(view.Answers, a)
		}
	}
	return view
}

// Look finds the servers and asks them for several sets.
func (v *Viewer) Look(ctx context.Context, zone string, keys ...failover.Key) ([]failover.View, error) {
	servers, err := v.Servers(ctx, zone)
	if err != nil {
		return nil, err
	}
	var views []failover.View
	for _, k := range keys {
		views = append(views, v.Authoritative(ctx, zone, servers, k))
	}
	return views, nil
}
