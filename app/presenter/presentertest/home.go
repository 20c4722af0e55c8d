package presentertest

import (
	"context"
	"math"
	"sync"
	"time"

	"lifeboat/app/engine"
	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// Mirror is one of 40 mailboxes that was complete two minutes before a moment.
func Mirror(now time.Time) engine.MirrorStatus {
	m := engine.MirrorStatus{State: engine.ReadyMirror, Complete: now.Add(-2 * time.Minute), Messages: 61204}
	for range 40 {
		m.Accounts = append(m.Accounts, engine.AccountStatus{Account: "sato@aoba.example", Days: 90, Complete: m.Complete})
	}
	return m
}

// Outbox is a send route through which mail left over the day, and of which so many
// messages wait.
type Outbox struct {
	Now     time.Time
	Waiting int
	Oldest  time.Time
	Held    int
	Idle    bool // nobody sends them on
	Err     error
}

// Queue lists no message, and the totals.
func (o Outbox) Queue(context.Context, relay.Filter, int) (relay.Listing, error) {
	if o.Err != nil {
		return relay.Listing{}, o.Err
	}
	last := o.sample(o.Now)
	last.Waiting, last.Held, last.Oldest = o.Waiting-o.Held, o.Held, o.Oldest
	return relay.Listing{At: o.Now, Total: o.Waiting, Totals: []relay.Sample{last}, Running: !o.Idle}, nil
}

// Samples are two an hour, with most mail in the middle of the day before.
func (o Outbox) Samples(_ context.Context, since, _ time.Time, _ int) ([]relay.Sample, error) {
	var out []relay.Sample
	for at := since; at.Before(o.Now); at = at.Add(30 * time.Minute) {
		out = append(out, o.sample(at))
	}
	return out, nil
}

// sample is how much had left at a moment: a curve that rises most by day.
func (o Outbox) sample(at time.Time) relay.Sample {
	hours := 24 - o.Now.Sub(at).Hours()
	return relay.Sample{At: at, Domain: "aoba.example.", Role: failover.Primary, Delivered: uint64(1000 + 100/(1+math.Exp(6-hours/2)))}
}

// Memory keeps things in memory.
type Memory struct {
	mu   sync.Mutex
	kept map[string]string
}

// String returns what is kept.
func (m *Memory) String(key string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.kept[key]
}

// SetString keeps a value.
func (m *Memory) SetString(key, value string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kept == nil {
		m.kept = map[string]string{}
	}
	m.kept[key] = value
}
