package lab

import (
	"math"
	"slices"
	"sync"

	"github.com/emersion/go-smtp"
	"github.com/miekg/dns"

	"lifeboat/failover"
)

// ward is where a provider's troubles show beside its connections: in its own
// zone, in what it keeps back, and on its status page.
type ward struct {
	changing sync.Mutex // one trouble after the other

	names *zone              // the provider's own
	lost  map[rrKey][]dns.RR // what NoName took out of it
	page  *statusPage

	mu        sync.Mutex
	held      []Mail
	heldBytes int
}

// suffer puts a trouble in the place of the last one, wherever it shows.
func (p *provider) suffer(t Trouble) {
	p.changing.Lock()
	defer p.changing.Unlock()
	p.cond.set(t)
	p.forget(t)
	if t.Fault != DelayAttachments {
		p.release()
	}
	p.page.note(t)
}

// forget takes the names that a trouble concerns out of the provider's zone, and
// brings back those that the last one took.
func (p *provider) forget(t Trouble) {
	var gone []*host
	if t.Fault == NoName {
		gone = slices.DeleteFunc(p.exchangers(), func(h *host) bool { return !t.concerns(h.name) })
		if t.Share > 0 {
			gone = gone[:int(math.Ceil(t.Share*float64(len(gone))))]
		}
	}
	if len(gone)+len(p.lost) == 0 {
		return
	}
	p.names.change(func(sets map[rrKey][]dns.RR) bool {
		for key, set := range p.lost {
			sets[key] = set
		}
		p.lost = map[rrKey][]dns.RR{}
		for _, h := range gone {
			for _, typ := range []uint16{dns.TypeA, dns.TypeAAAA} {
				key := rrKey{h.name, typ}
				if set := sets[key]; len(set) > 0 {
					p.lost[key] = set
					delete(sets, key)
				}
			}
		}
		return true
	})
}

// exchangers are the provider's hosts that take mail from outside.
func (p *provider) exchangers() []*host {
	var out []*host
	for _, h := range p.hosts {
		for _, s := range h.services {
			if s.port == 25 {
				out = append(out, h)
			}
		}
	}
	return out
}

// maxHeld bounds, in octets, what a provider keeps back; beyond it is full, and says so.
const maxHeld = 64 << 20

// full is what RFC 3463 calls "mail system full".
var full = &smtp.SMTPError{Code: 452, EnhancedCode: smtp.EnhancedCode{4, 3, 1}, Message: "Insufficient system storage"}

// room reports whether a message can be kept back.
func (p *provider) room(octets int) bool {
	p.ward.mu.Lock()
	defer p.ward.mu.Unlock()
	return p.heldBytes+octets <= maxHeld
}

// hold keeps a message back that has been taken, until release. Where there is
// nothing to wait for any more it comes into the mailboxes at once.
func (p *provider) hold(m Mail) {
	p.ward.mu.Lock()
	if p.cond.now() != DelayAttachments {
		p.ward.mu.Unlock()
		p.store(m)
		return
	}
	// Before release can hand it on.
	if n, ok := p.marker.find(m.Data); ok {
		p.ledger.taken(n)
	}
	p.held = append(p.held, m)
	p.heldBytes += len(m.Data)
	p.ward.mu.Unlock()
}

// release puts what was kept back into the mailboxes, in the order in which it
// came.
func (p *provider) release() {
	p.ward.mu.Lock()
	out := p.held
	p.held, p.heldBytes = nil, 0
	p.ward.mu.Unlock()
	for _, m := range out {
		p.store(m)
		n, ok := p.marker.find(m.Data)
		if !ok {
			continue
		}
		if e, settled := p.ledger.handed(n, p.now()); settled {
			p.events.tell(Event{Kind: EventDelivered, Message: n, Sender: e.Sender, Way: e.Direction, Role: p.role,
				Say: failover.Say("Message {number} for {address} arrived at {provider}.", "number", n, "address", e.To, "provider", p.title)})
		}
	}
}
