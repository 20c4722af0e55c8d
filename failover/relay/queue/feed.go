package queue

import "lifeboat/failover/relay"

// feed remembers which messages changed last.
type feed struct {
	ring    []key
	mark    uint64 // counts changes
	changed chan struct{}
}

const feedLen = 4096

func (f *feed) reset() {
	f.ring, f.mark, f.changed = nil, f.mark+feedLen+1, make(chan struct{})
}

// add tells of a change.
func (f *feed) add(k key) {
	if f.ring == nil {
		f.ring = make([]key, feedLen)
	}
	f.mark++
	f.ring[f.mark%feedLen] = k
}

// wake wakes those who wait for one.
func (f *feed) wake() {
	close(f.changed)
	f.changed = make(chan struct{})
}

// Changed implements relay.Queue.
func (q *Queue) Changed() <-chan struct{} {
	q.mu.RLock()
	defer q.mu.RUnlock()
	return q.feed.changed
}

// Latest implements relay.Feed.
func (q *Queue) Latest(mark uint64) (ids []relay.ID, now uint64, complete bool) {
	q.mu.RLock()
	defer q.mu.RUnlock()
	now = q.feed.mark
	if mark == 0 || mark > now || now-mark > feedLen {
		return nil, now, false
	}
	seen := make(map[key]bool, now-mark)
	for mark < now {
		mark++
		if k := q.feed.ring[mark%feedLen]; !seen[k] {
			seen[k] = true
			ids = append(ids, k.id())
		}
	}
	return ids, now, true
}
