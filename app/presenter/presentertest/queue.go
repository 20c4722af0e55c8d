package presentertest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"lifeboat/app/engine"
	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// Desk is the send route as somebody sees it at Noon: a queue that is made by hand.
type Desk struct {
	mu       sync.Mutex
	Err      error // of whatever is asked
	Offline  bool  // nobody sends the queue on
	Messages []relay.Line
	History  []relay.Sample
	Events   []relay.Event
	Acts     []relay.Act
}

// Desk implements presenter.SendRoute.
func (d *Desk) Desk(context.Context) (engine.Desk, error) { return d, d.Err }

// Queue implements [engine.Desk].
func (d *Desk) Queue(_ context.Context, f relay.Filter, limit int) (relay.Listing, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := relay.Listing{At: Noon, Running: !d.Offline}
	for _, role := range []failover.Role{failover.Primary, failover.Secondary} {
		s := relay.Sample{At: Noon, Domain: "aoba.example", Role: role}
		for _, h := range d.History {
			if h.Role == role {
				s.Delivered = h.Delivered
			}
		}
		for _, m := range d.Messages {
			if m.Role != role {
				continue
			}
			switch m.State {
			case relay.Held:
				s.Held++
			case relay.Uncertain:
				s.Uncertain++
			default:
				s.Waiting++
			}
			if s.Oldest.IsZero() || m.Arrived.Before(s.Oldest) {
				s.Oldest = m.Arrived
			}
		}
		l.Totals = append(l.Totals, s)
	}
	for _, m := range d.Messages {
		if f.Match(m.Item, m.Role) {
			if l.Total++; len(l.Messages) < limit {
				l.Messages = append(l.Messages, m)
			}
		}
	}
	return l, d.Err
}

// Log implements [engine.Desk].
func (d *Desk) Log(_ context.Context, q relay.LogQuery) (out []relay.Event, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, e := range d.Events {
		text := strings.ToLower(e.Subject + " " + e.Answer)
		if (q.ID == "" || q.ID == e.ID) && (len(q.Kinds) == 0 || slices.Contains(q.Kinds, e.Kind)) && !e.At.Before(q.Since) &&
			strings.Contains(text, strings.ToLower(q.Text)) && strings.Contains(strings.ToLower(e.From+" "+strings.Join(e.To, " ")), strings.ToLower(q.Address)) {
			out = append(out, e)
		}
	}
	return out, d.Err
}

// Samples implements [engine.Desk].
func (d *Desk) Samples(_ context.Context, since, _ time.Time, _ int) (out []relay.Sample, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.History {
		if !s.At.Before(since) {
			out = append(out, s)
		}
	}
	return out, d.Err
}

// Act implements [engine.Desk]: dropped and settled messages leave, others change state.
func (d *Desk) Act(_ context.Context, a relay.Act) (out []relay.Line, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.Err != nil {
		return nil, d.Err
	}
	d.Acts = append(d.Acts, a)
	var left []relay.Line
	for _, m := range d.Messages {
		if !a.Of.Match(m.Item, m.Role) {
			left = append(left, m)
			continue
		}
		switch a.Kind {
		case relay.ActDrop, relay.ActSettle:
			continue
		case relay.ActHold:
			m.State = relay.Held
		case relay.ActRetry:
			m.State, m.Next = relay.Waiting, Noon
		case relay.ActReroute:
			m.Via, m.Role = a.Via, a.Via
		}
		left, out = append(left, m), append(out, m)
	}
	d.Messages = left
	return out, nil
}

// Send implements [engine.Desk].
func (d *Desk) Send(context.Context, engine.Outgoing) (engine.SentMail, error) {
	return engine.SentMail{}, d.Err
}

// Running implements [engine.Desk].
func (d *Desk) Running() bool { return !d.Offline }

// Close implements [engine.Desk].
func (d *Desk) Close() error { return nil }

// Sent is a calm day: mail leaves at once, and nothing waits.
func Sent() *Desk {
	d := &Desk{}
	for i := range 25 * 4 {
		at := Noon.Add(time.Duration(i-25*4) * 15 * time.Minute)
		d.History = append(d.History, relay.Sample{At: at, Domain: "aoba.example", Role: failover.Primary, Delivered: uint64(1000 + 4*i)})
	}
	d.Events = []relay.Event{
		{At: Noon.Add(-40 * time.Minute), ID: "01JA0000000000A1", Kind: relay.Submitted, From: "tanaka@aoba.example", To: []string{"aoi.mori@customers.example"}, Subject: "Offer 2240", Size: 4711},
		{At: Noon.Add(-40 * time.Minute), ID: "01JA0000000000A1", Kind: relay.Sent, From: "tanaka@aoba.example", To: []string{"aoi.mori@customers.example"}, Role: failover.Primary, Host: "smtp.primary.example", Answer: "250 2.0.0 OK"},
		{At: Noon.Add(-30 * time.Minute), ID: "01JA0000000000A2", Kind: relay.Submitted, From: "sato@aoba.example", To: []string{"info@gone.example"}, Subject: "Brochure as promised", Size: 8811},
		{At: Noon.Add(-30 * time.Minute), ID: "01JA0000000000A2", Kind: relay.Bounce, From: "sato@aoba.example", To: []string{"info@gone.example"}, Role: failover.Primary, Host: "smtp.primary.example", Answer: "550 5.1.1 User unknown", Code: 550},
	}
	return d
}

// Piled is an outage at the primary that began half an hour ago: mail piled up before
// it, until the send route was switched, and drains through the secondary.
func Piled() *Desk {
	d := Sent()
	d.History = slices.DeleteFunc(d.History, func(s relay.Sample) bool { return s.At.After(Noon.Add(-35 * time.Minute)) })
	sum := func(before time.Duration, r failover.Role, waiting int) {
		d.History = append(d.History, relay.Sample{
			At: Noon.Add(-before), Domain: "aoba.example", Role: r, Waiting: waiting, Delivered: 1400, Oldest: Noon.Add(-34 * time.Minute),
		})
	}
	for i, n := range []int{0, 3, 7, 12, 19, 25, 33, 40, 46, 52, 58, 61} {
		sum(time.Duration(34-2*i)*time.Minute, failover.Primary, n)
	}
	for i, n := range []int{2, 2, 2, 2, 2} {
		sum(time.Duration(10-2*i)*time.Minute, failover.Primary, n)
	}
	for i, n := range []int{59, 44, 31, 22, 14, 9} {
		sum(time.Duration(11-2*i)*time.Minute, failover.Secondary, n)
	}
	d.Events = append(d.Events, relay.Event{At: Noon.Add(-11 * time.Minute), Kind: relay.RouteChange, Domain: "aoba.example", Role: failover.Secondary})
	why := failover.Say("{host} put it off: {answer}", "host", "smtp.primary.example", "answer", "451 4.3.2 System not accepting network messages")
	subjects := []string{"Order 2219: two tables, twelve chairs", "お見積もり 2241 の件", "Re: Spring fair: booth 4-112", "Invoice 88-1204, due on the 30th", "Minutes of Monday's meeting"}
	for i := range 9 {
		d.add(i, relay.Waiting, failover.Secondary, subjects[i%len(subjects)], why)
	}
	d.Messages[0].State, d.Messages[0].Role, d.Messages[0].Why = relay.Held, failover.Primary, failover.Say("{text}", "text", "wait for the new price list")
	d.Messages[1].State, d.Messages[1].Role, d.Messages[1].Handed = relay.Uncertain, failover.Primary, failover.Primary
	return d
}

func (d *Desk) add(i int, s relay.State, r failover.Role, subject string, why failover.Sentence) {
	people := []string{"sato@aoba.example", "tanaka@aoba.example", "suzuki@aoba.example"}
	to := []string{"aoi.mori@customers.example", "kenji.abe@suppliers.example", "maria.weber@partners.example"}
	item := relay.Item{
		ID: relay.ID(fmt.Sprintf("01JB00000000%04d", i)), Subject: subject, Size: 12_000, State: s, Why: why, Tries: 3,
		Arrived: Noon.Add(time.Duration(i-30) * time.Minute), Next: Noon.Add(time.Duration(i*17+5) * time.Second),
		Envelope: relay.Envelope{From: people[i%3], To: []string{to[i%3]}}, To: []relay.Recipient{{Address: to[i%3], Fate: relay.Pending}},
		MessageID: fmt.Sprintf("%d@aoba.example", i),
	}
	d.Messages = append(d.Messages, relay.Line{Item: item, Role: r})
	d.Events = append(d.Events,
		relay.Event{At: item.Arrived, ID: item.ID, Kind: relay.Submitted, From: people[i%3], To: item.Envelope.To, Subject: subject, MessageID: item.MessageID, Size: item.Size},
		relay.Event{At: item.Arrived.Add(time.Second), ID: item.ID, Kind: relay.Attempt, Role: failover.Primary, Host: "smtp.primary.example"},
		relay.Event{At: item.Arrived.Add(2 * time.Second), ID: item.ID, Kind: relay.Deferred, To: item.Envelope.To, Role: failover.Primary, Host: "smtp.primary.example",
			Answer: "451 4.3.2 System not accepting network messages", Code: 451, Say: why})
}
