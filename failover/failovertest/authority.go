package failovertest

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
)

// Authority holds zones, in memory: the truth that hosts change and servers
// answer. It is safe for use by several goroutines.
type Authority struct {
	mu    sync.Mutex
	zones []string
	sets  map[failover.Key]failover.RRset
	past  map[failover.Key][]failover.RRset
	n     int
}

// NewAuthority returns one that has these zones, all empty.
func NewAuthority(zones ...string) *Authority {
	a := &Authority{sets: map[failover.Key]failover.RRset{}, past: map[failover.Key][]failover.RRset{}}
	for _, z := range zones {
		a.zones = append(a.zones, failover.FQDN(z))
	}
	return a
}

// Put makes sets be these, whatever was there: what somebody else does. A set
// without values is removed.
func (a *Authority) Put(sets ...failover.RRset) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, s := range sets {
		a.put(s)
	}
}

func (a *Authority) put(s failover.RRset) {
	s.Values = slices.Clone(s.Values)
	a.n++
	a.past[s.Key] = append(a.past[s.Key], a.get(s.Key))
	if s.Exists() {
		a.sets[s.Key] = s
		return
	}
	delete(a.sets, s.Key)
}

// Get returns a set, without values when it is not there.
func (a *Authority) Get(key failover.Key) failover.RRset {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.get(key)
}

func (a *Authority) get(key failover.Key) failover.RRset {
	s, ok := a.sets[key]
	if !ok {
		return failover.RRset{Key: key}
	}
	s.Values = slices.Clone(s.Values)
	return s
}

// Past returns what a set was before each of its changes, oldest first.
func (a *Authority) Past(key failover.Key) []failover.RRset {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.past[key])
}

// Changes counts all changes so far, locks included, whoever made them.
func (a *Authority) Changes() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.n
}

// Records returns all sets of a zone, sorted by name and type, but those of the
// keys given.
func (a *Authority) Records(zone string, except ...failover.Key) []failover.RRset {
	a.mu.Lock()
	defer a.mu.Unlock()
	var out []failover.RRset
	for key := range maps.Keys(a.sets) {
		if failover.Within(key.Name, failover.FQDN(zone)) && !slices.Contains(except, key) {
			out = append(out, a.get(key))
		}
	}
	slices.SortFunc(out, func(x, y failover.RRset) int {
		return cmp.Or(strings.Compare(x.Name, y.Name), strings.Compare(x.Type, y.Type))
	})
	return out
}

// zone returns the longest zone that holds a name.
func (a *Authority) zone(name string) (string, bool) {
	best := ""
	for _, z := range a.zones {
		if failover.Within(name, z) && len(z) > len(best) {
			best = z
		}
	}
	return best, best != ""
}

// lock returns the zone's lock, nil when there is none.
func (a *Authority) lock(zone string) *dnshost.Lock {
	var texts []string
	for _, v := range a.get(lockKey(zone)).Values {
		texts = append(texts, strings.Trim(v, `"`))
	}
	return dnshost.LockFromTexts(texts)
}

func lockKey(zone string) failover.Key {
	return failover.Key{Name: dnshost.LockName(zone), Type: "TXT"}
}
