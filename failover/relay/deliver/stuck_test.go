package deliver_test

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/relay"
	"lifeboat/failover/relay/deliver"
)

// hasty is a queue in which a provider is handed a message at the moment at which a
// report about it is queued.
type hasty struct {
	*memory
	id relay.ID
}

func (h hasty) New(e relay.Envelope) relay.Incoming {
	if e.Report {
		_, _ = h.Update(context.Background(), h.id, true, func(i *relay.Item) ([]relay.Event, error) { // as deliver does
			if i.State != relay.Waiting {
				return nil, errors.New("held")
			}
			i.Handed = failover.Primary
			return nil, nil
		})
	}
	return h.memory.New(e)
}

// Nobody is told that a message was stopped when it was not.
func TestDropThatComesTooLate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	i := w.send(anna, boss)
	a := relay.Act{Kind: relay.ActDrop, Reason: "a loop", Report: true, By: "eva@office", Of: relay.Filter{IDs: []relay.ID{i.ID}}}
	_, err := deliver.Act(t.Context(), hasty{w.q, i.ID}, w.routes, a)
	for _, left := range w.q.all() {
		if err != nil && left.Envelope.Report {
			t.Errorf("%v, and yet the sender is told that it was stopped", err)
		}
	}
	if now, there := w.q.Get(i.ID); err == nil && there {
		t.Errorf("dropped, and still there: %+v", now)
	}
}

// A report tells times as the office's clock shows them.
func TestReportTellsTheOfficesTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tokyo := time.FixedZone("JST", 9*3600)
	w.o.Now = func() time.Time { return w.clock.now().In(tokyo) }
	w.q.now = func() time.Time { return w.clock.now().UTC() }
	i := w.send(anna, boss)
	w.o.Queue = w.queue
	if _, err := deliver.New(w.o).Act(t.Context(), relay.Act{Kind: relay.ActDrop, Reason: "a loop", Report: true, By: "eva@office"}); err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(string(w.q.bodies[w.q.all()[0].ID]), "base64\r\n\r\n")
	body, _, _ = strings.Cut(body, "--")
	text, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(body, "\r\n", ""))
	if err != nil {
		t.Fatal(err)
	}
	if want := i.Arrived.In(tokyo).Format("2006-01-02 15:04 -0700"); !strings.Contains(string(text), want) {
		t.Errorf("no %s in\n%s", want, text)
	}
}

// A restart does not forget what others sent with the same credential.
func TestPaceOfASharedLoginSurvivesARestart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.limits = relay.Limits{RecipientsPerDay: 4}
	w.login = func(string) string { return "office" }
	p := startProvider(t, nil)
	w.p[failover.Primary] = p
	for _, from := range []string{anna, "bert@example.test", "carl@example.test"} {
		w.send(from, boss)
	}
	w.start()
	w.awaitEmpty()
	w.end()
	for range 3 {
		w.send("dora@example.test", boss)
	}
	w.start()
	w.await("one, and word of the limit", func() bool { return len(p.messages()) >= 4 && len(w.q.of(relay.Pace)) > 0 })
	if n := len(p.messages()); n != 4 {
		t.Errorf("%d recipients in a day", n)
	}
}

// What was in doubt stays so while it is held: sent after that, it is sent once more.
func TestDoubtOutlastsAHold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	i := w.send(anna, boss)
	if _, err := w.q.Update(t.Context(), i.ID, true, func(i *relay.Item) ([]relay.Event, error) {
		i.State = relay.Uncertain // as a damaged queue does
		return nil, nil
	}); err != nil {
		t.Fatal(err)
	}
	act(t, w, relay.Act{Kind: relay.ActHold})
	if lines := act(t, w, relay.Act{Kind: relay.ActRetry}); lines[0].Again != 1 || len(w.q.of(relay.SentAgain)) != 1 {
		t.Errorf("nobody is told that it may be sent twice: %+v", lines[0])
	}
}
