package deliver_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"lifeboat/failover"
	"lifeboat/failover/relay"
	"lifeboat/failover/relay/deliver"
)

func act(t *testing.T, w *world, a relay.Act) []relay.Line {
	t.Helper()
	a.By = "eva@office"
	lines, err := deliver.Act(t.Context(), w.queue, w.routes, a)
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

func TestActs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b, c := w.send(anna, boss), w.send("bert@example.test", boss), w.send("carl@other.test", boss)
	if lines := act(t, w, relay.Act{Kind: relay.ActHold, Reason: "the price is wrong", Of: relay.Filter{Address: "ANNA"}}); len(lines) != 1 || lines[0].ID != a.ID || lines[0].State != relay.Held {
		t.Fatalf("held %+v", lines)
	}
	if now, _ := w.q.Get(a.ID); now.Why.String() != "Held by eva@office: the price is wrong" || now.Since.IsZero() {
		t.Errorf("held: %+v", now)
	}
	if lines := act(t, w, relay.Act{Kind: relay.ActDrop, Reason: "a loop", Report: true, Of: relay.Filter{Domain: "OTHER.test"}}); len(lines) != 1 || lines[0].ID != c.ID || lines[0].To[0].Fate != relay.Dropped {
		t.Fatalf("dropped %+v", lines)
	}
	if kinds := w.q.kinds(c.ID); !slices.Equal(kinds, []relay.EventKind{relay.Submitted, relay.Drop, relay.Reported}) {
		t.Errorf("dropped: %v", kinds)
	}
	report := w.q.all()[2]
	if !report.Envelope.Report || report.Envelope.Sender() != "carl@other.test" || report.Envelope.From != "" || report.To[0].Address != "carl@other.test" {
		t.Errorf("the report: %+v", report)
	}
	w.p[failover.Primary] = startProvider(t, nil)
	w.start()
	w.await("all but the held one", func() bool { return len(w.q.all()) == 1 })
	act(t, w, relay.Act{Kind: relay.ActRetry, Of: relay.Filter{State: relay.Held}})
	w.awaitEmpty()
	if kinds := w.q.kinds(a.ID); !slices.Equal(kinds, []relay.EventKind{relay.Submitted, relay.Hold, relay.Release, relay.Attempt, relay.Handing, relay.Sent}) {
		t.Errorf("held and released: %v", kinds)
	}
	if by := w.q.of(relay.Release)[0].By; by != "eva@office" {
		t.Errorf("released by %q", by)
	}
	_ = b
}

func TestActsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	i := w.send(anna, boss)
	w.send(anna, boss)
	for want, a := range map[string]relay.Act{
		"reason":            {Kind: relay.ActDrop},
		"not through third": {Kind: relay.ActReroute, Via: "third"},
		"Nothing like":      {Kind: "burn"},
		"No message":        {Kind: relay.ActHold, Of: relay.Filter{IDs: []relay.ID{"ZZZ"}}},
		"Type more":         {Kind: relay.ActHold, Of: relay.Filter{IDs: []relay.ID{"000"}}},
		"not in doubt":      {Kind: relay.ActSettle, Of: relay.Filter{IDs: []relay.ID{i.ID}}},
	} {
		if _, err := deliver.Act(t.Context(), w.queue, w.routes, a); !errors.Is(err, failover.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v", a, err)
		}
	}
	if len(w.q.events) != 2 {
		t.Errorf("something was done: %v", w.q.events)
	}
}

// An act comes before the end of the data, and wins; or after it, and is refused.
func TestActsDuringDelivery(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"MAIL", "RCPT", "end"} {
		for _, kind := range []relay.ActKind{relay.ActHold, relay.ActDrop, relay.ActReroute} {
			t.Run(at+" "+string(kind), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				there, on := make(chan struct{}), make(chan struct{})
				p := startProvider(t, func(p *provider) {
					first := once(at, "wait", 1)
					p.script = func(s *session, verb, line string) string {
						if first(s, verb, line) == "wait" {
							close(there)
							<-on
						}
						return ""
					}
				})
				w.p[failover.Primary], w.p[failover.Secondary] = p, startProvider(t, nil)
				i := w.send(anna, boss)
				w.start()
				<-there
				_, err := w.d.Act(t.Context(), relay.Act{Kind: kind, Reason: "stop", Via: failover.Secondary, By: "eva", Of: relay.Filter{IDs: []relay.ID{i.ID}}})
				if at != "end" {
					// The worker hears of it, and leaves before it could hand the message over.
					w.await("the worker's end or the message's", func() bool {
						now, ok := w.q.Get(i.ID)
						return !ok || now.State == relay.Held || kind == relay.ActReroute
					})
				}
				close(on)
				if at == "end" {
					if !errors.Is(err, failover.ErrLocked) {
						t.Fatalf("an act on a message that is being handed over: %v", err)
					}
					w.awaitEmpty()
					if len(p.messages()) != 1 {
						t.Error("it did not arrive")
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				switch kind {
				case relay.ActReroute:
					w.awaitEmpty()
					if len(w.p[failover.Secondary].messages()) != 1 {
						t.Error("it did not arrive at the secondary")
					}
				default:
					w.end()
				}
				if n := len(p.messages()); n != 0 {
					t.Errorf("the primary has it: %v", w.q.kinds(i.ID))
				}
			})
		}
	}
}
