package mirror

import (
	"sync"
	"time"

	"lifeboat/mailstore"
)

// How often somebody is told, and over how long the rate is taken.
const (
	tellEvery = 200 * time.Millisecond
	rateOver  = 5 * time.Second
)

// meter counts what an account's check does, and tells of it at most every
// tellEvery, from a goroutine of its own: whoever listens never holds the work up,
// and never gets more than it can show.
type meter struct {
	tell func(Progress)
	now  func() time.Time
	done chan struct{}
	idle sync.WaitGroup

	mu      sync.Mutex
	p       Progress
	changed bool
	samples []sample // of the last rateOver, oldest first
}

type sample struct {
	at    time.Time
	bytes int64
}

func newMeter(o Options, account mailstore.Account) *meter {
	m := &meter{tell: o.Tell, now: o.Now, done: make(chan struct{})}
	m.p = Progress{Account: account, Stage: Connecting}
	m.idle.Go(m.run)
	return m
}

func (m *meter) run() {
	tick := time.NewTicker(tellEvery)
	defer tick.Stop()
	for {
		select {
		case <-m.done:
			m.say()
			return
		case <-tick.C:
			m.say()
		}
	}
}

func (m *meter) say() {
	m.mu.Lock()
	if !m.changed {
		m.mu.Unlock()
		return
	}
	m.changed = false
	m.sample(m.now())
	p := m.p
	m.mu.Unlock()
	m.tell(p)
}

// sample takes the rate and the time left.
func (m *meter) sample(now time.Time) {
	m.samples = append(m.samples, sample{now, m.p.Bytes})
	for len(m.samples) > 2 && now.Sub(m.samples[1].at) >= rateOver {
		m.samples = m.samples[1:]
	}
	first := m.samples[0]
	m.p.Rate, m.p.Left = 0, 0
	if took := now.Sub(first.at); took > 0 {
		m.p.Rate = float64(m.p.Bytes-first.bytes) / took.Seconds()
	}
	if todo := m.p.OfBytes - m.p.Bytes; m.p.Rate > 0 && todo > 0 {
		m.p.Left = time.Duration(float64(todo) / m.p.Rate * float64(time.Second))
	}
}

func (m *meter) change(f func(p *Progress)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f(&m.p)
	m.changed = true
}

func (m *meter) stage(s Stage) { m.change(func(p *Progress) { p.Stage = s }) }

// expect says that so much more (or, below 0, less) is to come.
func (m *meter) expect(messages int, bytes int64) {
	m.change(func(p *Progress) {
		p.Of += messages
		p.OfBytes += bytes
	})
}

func (m *meter) came(bytes int64) {
	m.change(func(p *Progress) {
		p.Messages++
		p.Bytes += bytes
	})
}

func (m *meter) moved() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.p.Bytes
}

// stop tells the last state.
func (m *meter) stop() {
	close(m.done)
	m.idle.Wait()
}
