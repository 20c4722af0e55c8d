package queue

import (
	"context"
	"maps"
	"slices"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// again is when a point is filed although nothing has changed.
const again = time.Hour

// Sample files how many messages of each domain stand how before each provider, now,
// where that is not what was filed last. role says which provider a message waits for.
func (q *Queue) Sample(ctx context.Context, role func(relay.Item) failover.Role) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	now := q.now()
	all := q.present(role)
	var changes []byte
	var times []int64
	q.mu.Lock()
	for a := range q.tallies {
		if _, ok := all[a]; !ok && a.role != "" {
			all[a] = relay.Sample{}
		}
	}
	for a := range q.filed {
		if _, ok := all[a]; !ok {
			all[a] = relay.Sample{}
		}
	}
	due := map[at]relay.Sample{}
	for _, a := range slices.SortedFunc(maps.Keys(all), at.compare) {
		s, t := all[a], q.tallies[a]
		s.At, s.Domain, s.Role = moment(nanos(now)), a.domain, a.role
		s.Accepted = q.tallies[at{domain: a.domain}].accepted
		s.Delivered, s.Bounced, s.Again = t.delivered, t.bounced, t.again
		old, ok := q.filed[a]
		age := s.At.Sub(old.At)
		if old.At = s.At; ok && old == s && age >= 0 && age < again {
			continue
		}
		due[a] = s
		changes = putChange(changes, changeSample, putSample(nil, &s))
		times = append(times, nanos(now))
	}
	q.mu.Unlock()
	if len(due) == 0 {
		return nil
	}
	if err := q.fileChanges(changes, times...); err != nil {
		return err
	}
	q.mu.Lock()
	maps.Copy(q.filed, due)
	q.mu.Unlock()
	return q.syncLong()
}

// present tells how the messages stand at this moment.
func (q *Queue) present(role func(relay.Item) failover.Role) map[at]relay.Sample {
	all := map[at]relay.Sample{}
	for e := range q.entries() {
		i := e.item()
		a := at{i.Domain(), role(i)}
		s := all[a]
		switch i.State {
		case relay.Held:
			s.Held++
		case relay.Uncertain:
			s.Uncertain++
		default:
			s.Waiting++
		}
		s.Bytes += i.Size
		if s.Oldest.IsZero() || i.Arrived.Before(s.Oldest) {
			s.Oldest = i.Arrived
		}
		all[a] = s
	}
	return all
}
