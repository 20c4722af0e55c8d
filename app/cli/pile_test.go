package cli_test

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"lifeboat/app/engine"
	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// noon is when the pile is looked at; all its times are in the local zone, so that they
// read the same everywhere.
var noon = time.Date(2026, 1, 22, 12, 0, 0, 0, time.Local)

// pile stands in for the send route: a queue of a few messages in each state, its log
// and its history, on the day of an outage.
type pile struct {
	items   []relay.Item
	events  []relay.Event
	samples []relay.Sample
	running bool
	acts    []relay.Act
	routes  map[string]failover.Role
	post    post // what is sent; see [pile.take]
}

func newPile() *pile {
	at := func(before time.Duration) time.Time { return noon.Add(-before) }
	long := strings.Repeat("a long subject ", 10)
	p := &pile{running: true, routes: map[string]failover.Role{"example.test": failover.Secondary}}
	busy := failover.Say("the provider put it off: {answer}", "answer", "451 4.3.2 Please try again later")
	p.items = []relay.Item{
		{
			ID: "01KFJ3A0000000AA", Envelope: relay.Envelope{User: "sales@example.test", From: "sales@example.test", To: []string{"a@customer.test", "b@customer.test", "c@customer.test"}},
			To:   []relay.Recipient{{Address: "a@customer.test", Fate: relay.Delivered}, {Address: "b@customer.test", Fate: relay.Pending}, {Address: "c@customer.test", Fate: relay.Pending}},
			Size: 12_300, Subject: "見積書の件", Arrived: at(2*time.Hour + 4*time.Minute), State: relay.Waiting, Tries: 3, Next: noon.Add(8 * time.Minute), Why: busy,
		},
		{
			ID: "01KFJ3B0000000AB", Envelope: relay.Envelope{User: "sales@example.test", From: "sales@example.test", To: []string{"d@customer.test"}},
			To: []relay.Recipient{{Address: "d@customer.test", Fate: relay.Pending}}, Size: 900, Subject: "evil \x1b[31m\u202e" + long, Arrived: at(time.Hour),
			State: relay.Uncertain, Tries: 1, Next: noon.Add(10 * time.Minute), Handed: failover.Primary, Via: failover.Primary, Again: 1,
			Why: failover.Say("the provider's last reply was lost: it may have the message"),
		},
		{
			ID: "01KFJ3C0000000AC", Envelope: relay.Envelope{User: "printer@example.test", From: "printer@example.test", To: []string{"e@customer.test"}},
			To: []relay.Recipient{{Address: "e@customer.test", Fate: relay.Pending}}, Size: 48_000_000, Subject: "Scan", Arrived: at(30 * time.Minute), State: relay.Held,
			Why: failover.Say("{reason}", "reason", "wait for the new price list"),
		},
		{
			ID: "01KFJ3C0000000AD", Envelope: relay.Envelope{Report: true, As: "sales@example.test", To: []string{"sales@example.test"}},
			To: []relay.Recipient{{Address: "sales@example.test", Fate: relay.Pending}}, Size: 2_000, Arrived: at(time.Minute), State: relay.Waiting,
		},
	}
	tls := &relay.TLS{Version: "TLS 1.3", Cipher: "TLS_AES_128_GCM_SHA256", Name: "smtp.lighthouse.test"}
	first := p.items[0]
	p.events = []relay.Event{
		{At: first.Arrived, ID: first.ID, Kind: relay.Submitted, User: "sales@example.test", From: "sales@example.test", To: first.Envelope.To, MessageID: "1@example.test", Subject: first.Subject, Size: first.Size, Domain: "example.test", Host: "192.168.1.7"},
		{At: first.Arrived.Add(time.Second), ID: first.ID, Kind: relay.Attempt, To: first.Envelope.To, Domain: "example.test", Role: failover.Primary, Host: "smtp.lighthouse.test", Try: 1},
		{At: first.Arrived.Add(2 * time.Second), ID: first.ID, Kind: relay.Deferred, To: first.Envelope.To, Domain: "example.test", Role: failover.Primary, Host: "smtp.lighthouse.test", Code: 451, Answer: "451-4.3.2 Please try again later\n451 4.3.2 \x1b]0;evil\a", TLS: tls, Say: busy},
		{At: at(100 * time.Minute), Kind: relay.Refused, User: "sales@example.test", From: "boss@example.test", Host: "192.168.1.7", Code: 550, Answer: "550 5.7.1 You may not send as boss@example.test", Say: failover.Say("{user} may not send as {sender}", "user", "sales@example.test", "sender", "boss@example.test")},
		{At: at(90 * time.Minute), Kind: relay.RouteChange, Domain: "example.test", Role: failover.Secondary, By: "sato@pc"},
		{At: at(80 * time.Minute), ID: first.ID, Kind: relay.Sent, To: []string{"a@customer.test"}, Domain: "example.test", Role: failover.Secondary, Host: "smtp.harbormail.test", Code: 250, Answer: "250 2.0.0 Ok: queued as 4F2", TLS: tls},
		{At: at(30 * time.Minute), ID: p.items[2].ID, Kind: relay.Hold, By: "sato@pc", Domain: "example.test", Say: failover.Say("{reason}", "reason", "wait for the new price list")},
	}
	for m := range 181 {
		s := relay.Sample{At: at(3*time.Hour - time.Duration(m)*time.Minute), Domain: "example.test", Role: failover.Primary}
		o := relay.Sample{At: s.At, Domain: "example.test", Role: failover.Secondary}
		switch {
		case m < 90:
			s.Waiting, s.Oldest = 4*m, at(3*time.Hour)
		default:
			s.Uncertain, s.Oldest = 1, at(time.Hour)
			o.Waiting, o.Delivered = max(360-6*(m-90), 2), uint64(8*(m-90))
			o.Oldest = at(3 * time.Hour)
		}
		p.samples = append(p.samples, s, o)
	}
	return p
}

func (p *pile) Route(domain string) failover.Role {
	if r, ok := p.routes[domain]; ok {
		return r
	}
	return failover.Primary
}

func (*pile) Changed() <-chan struct{} { return nil }

func (p *pile) Queue(_ context.Context, f relay.Filter, limit int) (relay.Listing, error) {
	out := relay.Listing{At: noon, Messages: []relay.Line{}, Running: p.running, Routes: []relay.Routing{{Domain: "example.test.", Role: p.Route("example.test"), Since: noon.Add(-90 * time.Minute), By: "sato@pc"}}}
	for _, i := range p.items {
		role := relay.RoleOf(p, i)
		if i.State == relay.Ended {
			continue
		}
		at := slices.IndexFunc(out.Totals, func(s relay.Sample) bool { return s.Role == role })
		if at < 0 {
			at = len(out.Totals)
			out.Totals = append(out.Totals, relay.Sample{At: noon, Domain: "example.test", Role: role, Oldest: i.Arrived})
		}
		s := &out.Totals[at]
		s.Bytes += i.Size
		switch i.State {
		case relay.Held:
			s.Held++
		case relay.Uncertain:
			s.Uncertain++
		case relay.Waiting, relay.Ended:
			s.Waiting++
		}
		if !f.Match(i, role) {
			continue
		}
		if out.Total++; len(out.Messages) < limit {
			out.Messages = append(out.Messages, relay.Line{Item: i, Role: role})
		}
	}
	return out, nil
}

func (p *pile) Log(_ context.Context, q relay.LogQuery) ([]relay.Event, error) {
	var out []relay.Event
	for _, e := range p.events {
		all := strings.Join(append(e.To, e.From, e.User), " ")
		if q.ID != "" && !strings.HasPrefix(string(e.ID), string(q.ID)) || !strings.Contains(all, q.Address) || q.Role != "" && q.Role != e.Role ||
			len(q.Kinds) > 0 && !slices.Contains(q.Kinds, e.Kind) || e.At.Before(q.Since) || !q.Until.IsZero() && e.At.After(q.Until) ||
			!strings.Contains(strings.ToLower(e.Subject+e.Answer+e.Host+e.MessageID), strings.ToLower(q.Text)) {
			continue
		}
		out = append(out, e)
	}
	if q.Limit > 0 && len(out) > q.Limit {
		out = out[len(out)-q.Limit:]
	}
	return out, nil
}

func (p *pile) Samples(_ context.Context, since, until time.Time, _ int) ([]relay.Sample, error) {
	return slices.DeleteFunc(slices.Clone(p.samples), func(s relay.Sample) bool { return s.At.Before(since) || s.At.After(until) }), nil
}

func (p *pile) Act(_ context.Context, a relay.Act) ([]relay.Line, error) {
	p.acts = append(p.acts, a)
	var out []relay.Line
	for n := range p.items {
		i := &p.items[n]
		if i.State == relay.Ended || !a.Of.Match(*i, relay.RoleOf(p, *i)) {
			continue
		}
		switch a.Kind {
		case relay.ActHold:
			i.State = relay.Held
		case relay.ActRetry:
			i.State, i.Next = relay.Waiting, time.Time{}
		case relay.ActReroute:
			i.Via = a.Via
		case relay.ActDrop, relay.ActSettle:
			i.State = relay.Ended
		}
		out = append(out, relay.Line{Item: *i, Role: relay.RoleOf(p, *i)})
	}
	return out, nil
}

func (p *pile) Send(_ context.Context, o engine.Outgoing) (engine.SentMail, error) { return p.take(o) }

func (p *pile) Running() bool { return p.running }
func (*pile) Close() error    { return nil }

// piles puts a pile of messages into the desk's send route; "stopped": with nobody who
// sends them on. From then on it is noon.
func piles(ts *testscript.TestScript, _ bool, args []string) {
	d := deskOf(ts)
	d.pile = newPile()
	d.pile.running = !slices.Contains(args, "stopped")
	if slices.Contains(args, "empty") {
		*d.pile = pile{running: d.pile.running}
	}
}
