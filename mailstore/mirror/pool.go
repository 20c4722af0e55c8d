package mirror

import (
	"context"
	"slices"
	"sync"

	"lifeboat/mailstore"
	"lifeboat/mailstore/imaplink"
)

// pool is the connections of an account. A link is lent to one goroutine at a time.
type pool struct {
	connect func(ctx context.Context) (Link, error)

	mu    sync.Mutex
	free  []Link
	open  []Link
	spent imaplink.Traffic // of links that were closed
	info  imaplink.Info    // of the link that was made last
}

func (m *Mirror) newPool(account mailstore.Account) *pool {
	return &pool{connect: func(ctx context.Context) (Link, error) { return m.o.Connect(ctx, account) }}
}

// get lends a link, a new one if none is free.
func (p *pool) get(ctx context.Context) (Link, error) {
	p.mu.Lock()
	if n := len(p.free); n > 0 {
		link := p.free[n-1]
		p.free = p.free[:n-1]
		p.mu.Unlock()
		return link, nil
	}
	p.mu.Unlock()
	link, err := p.connect(ctx)
	if err != nil {
		return nil, dialing{err}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open = append(p.open, link)
	p.info = link.Info()
	return link, nil
}

// put takes back a link that is well.
func (p *pool) put(link Link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = append(p.free, link)
}

// drop closes a link that was lent.
func (p *pool) drop(link Link) {
	_ = link.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.spent = plus(p.spent, link.Traffic())
	p.open = slices.DeleteFunc(p.open, func(l Link) bool { return l == link })
}

// trim closes free links until there are no more than keep.
func (p *pool) trim(keep int) {
	for {
		p.mu.Lock()
		n := len(p.free)
		if n <= keep {
			p.mu.Unlock()
			return
		}
		link := p.free[n-1]
		p.free = p.free[:n-1]
		p.mu.Unlock()
		p.drop(link)
	}
}

func (p *pool) close() { p.trim(0) }

// traffic is what went over all links so far.
func (p *pool) traffic() imaplink.Traffic {
	p.mu.Lock()
	defer p.mu.Unlock()
	sum := p.spent
	for _, link := range p.open {
		sum = plus(sum, link.Traffic())
	}
	return sum
}

func plus(a, b imaplink.Traffic) imaplink.Traffic {
	return imaplink.Traffic{In: a.In + b.In, Out: a.Out + b.Out, RoundTrips: a.RoundTrips + b.RoundTrips}
}

func minus(a, b imaplink.Traffic) imaplink.Traffic {
	return imaplink.Traffic{In: a.In - b.In, Out: a.Out - b.Out, RoundTrips: a.RoundTrips - b.RoundTrips}
}
