package engine

import (
	"context"
	"sync"

	"lifeboat/failover"
	"lifeboat/failover/lab"
	"lifeboat/failover/relay"
	"lifeboat/failover/relay/queue"
)

// noticing is a drill's queue, whose keeper tells the world what becomes of each of its
// messages: what the relay holds is neither delivered nor lost.
type noticing struct {
	*queue.Queue
	world   *lab.World
	numbers *numbers
}

// numbers are the world's numbers of the messages in the queue.
type numbers struct {
	mu sync.Mutex
	of map[relay.ID]int
}

// take returns a message's number once: it has left.
func (n *numbers) take(id relay.ID) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	number := n.of[id]
	delete(n.of, id)
	return number
}

// New implements [relay.Queue].
func (q noticing) New(e relay.Envelope) relay.Incoming {
	return &numbered{Incoming: q.Queue.New(e), q: q}
}

// headKept is how much of a message is looked at for its number, which is in the header.
const headKept = 64 << 10

// numbered is a message on its way in, with the beginning that has its number.
type numbered struct {
	relay.Incoming
	q    noticing
	head []byte
}

// Write keeps the beginning.
func (n *numbered) Write(p []byte) (int, error) {
	n.head = append(n.head, p[:min(len(p), headKept-len(n.head))]...)
	return n.Incoming.Write(p)
}

// Commit notes the number before anybody can send the message on.
func (n *numbered) Commit(ctx context.Context, h relay.Header) (relay.Item, error) {
	number, ok := n.q.world.Number(n.head)
	// A message can be gone before Commit returns, so whoever settles it waits for this.
	n.q.numbers.mu.Lock()
	item, err := n.Incoming.Commit(ctx, h)
	if err == nil && ok {
		n.q.numbers.of[item.ID] = number
	}
	n.q.numbers.mu.Unlock()
	return item, err
}

// Update tells the world of a message that leaves.
func (q noticing) Update(ctx context.Context, id relay.ID, durable bool, change func(*relay.Item) ([]relay.Event, error)) (relay.Item, error) {
	var told []relay.Event
	item, err := q.Queue.Update(ctx, id, durable, func(i *relay.Item) ([]relay.Event, error) {
		events, err := change(i)
		told = events
		return events, err
	})
	if err != nil || item.State != relay.Ended {
		return item, err
	}
	number := q.numbers.take(id)
	for _, e := range told {
		switch e.Kind {
		case relay.Sent:
			q.world.PassedOn(number, e.Role)
			return item, nil
		case relay.Bounce, relay.Expiry, relay.Drop:
			q.world.GaveBack(number, failover.Say("{text}", "text", e.Answer))
			return item, nil
		default:
		}
	}
	return item, nil
}
