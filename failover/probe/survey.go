package probe

import (
	"context"
	"net/netip"
	"sync"

	"lifeboat/failover"
)

// survey is what the checks of one run learn together, each thing once.
type survey struct {
	prober *Prober
	target Target
	wanted []string // the recipients to ask for

	places   memo[string, place]
	opened   memo[string, greeting]
	line     memo[string, lineState]
	zones    memo[string, zone]
	sets     memo[failover.Key, records]
	policy   memo[string, stsResult]
	pinned   memo[string, tlsaResult]
	asked    memo[string, interview]
	complete memo[string, roster]

	mu   sync.Mutex
	told map[Need]failover.Finding
}

// newSurvey begins a survey for the needs. Where no recipient is among them, one
// stands for all in the checks that need somebody to ask for.
func newSurvey(p *Prober, t Target, needs map[Need]bool) *survey {
	s := &survey{prober: p, target: t}
	var all []string
	for _, address := range t.addresses() {
		if _, _, err := envelope(address); err != nil || domainOf(address) != failover.FQDN(t.Domain.Name) {
			continue
		}
		all = append(all, address)
		if needs[Need{"rcpt", address}] {
			s.wanted = append(s.wanted, address)
		}
	}
	if len(s.wanted) == 0 {
		s.wanted = all[:min(steadySample, len(all))]
	}
	return s
}

// finding makes a finding of this run.
func (s *survey) finding(check, subject string, what say) failover.Finding {
	return failover.Finding{
		Check: check, Domain: s.target.Domain.Name, Subject: subject, Verdict: what.verdict,
		Say: what.text, Remedy: what.remedy, Evidence: what.evidence, OwnLine: what.ownLine, Unseen: what.unseen || what.ownLine,
		Source: failover.FromHere, At: s.prober.now(),
	}
}

// report tells a finding, unless it has been told in the same words.
func (s *survey) report(f failover.Finding) {
	need := Need{f.Check, f.Subject}
	s.mu.Lock()
	before, told := s.told[need]
	if s.told == nil {
		s.told = map[Need]failover.Finding{}
	}
	s.told[need] = f
	s.mu.Unlock()
	s.prober.opt.Log.Debug("finding", "check", f.Check, "domain", f.Domain, "subject", f.Subject, "verdict", string(f.Verdict), "say", f.Say.String())
	if !told || before.Verdict != f.Verdict || before.Say.String() != f.Say.String() {
		s.prober.tell(f)
	}
}

// memo keeps what was found out under a key. Whoever asks first does the work,
// the others wait for it.
type memo[K comparable, V any] struct {
	mu    sync.Mutex
	known map[K]func() V
}

func (m *memo[K, V]) get(key K, find func() V) V {
	m.mu.Lock()
	if m.known == nil {
		m.known = map[K]func() V{}
	}
	once, ok := m.known[key]
	if !ok {
		once = sync.OnceValue(find)
		m.known[key] = once
	}
	m.mu.Unlock()
	return once()
}

// place is where a host is found.
type place struct {
	addrs []netip.Addr
	cname string // what its name is an alias of
	err   error  // nobody could tell
}

// place finds a host's addresses. An address in place of a name is its own.
func (s *survey) place(ctx context.Context, host string) place {
	return s.places.get(failover.FQDN(host), func() place { return s.prober.place(ctx, host) })
}

func (p *Prober) place(ctx context.Context, host string) place {
	if a, ok := literal(host); ok {
		return place{addrs: []netip.Addr{a}}
	}
	addrs, cname, err := p.opt.Reader.Addresses(ctx, host)
	return place{addrs, cname, err}
}
