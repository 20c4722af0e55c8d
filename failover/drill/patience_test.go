package drill

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/detect"
	"lifeboat/failover/lab"
)

// idle is an operator that sees nothing and can do nothing.
type idle struct{}

func (idle) Watch(ctx context.Context, _ time.Duration, tell func(detect.State)) error {
	tell(detect.State{At: noon, Primary: detect.Provider{Health: detect.Unknown}})
	<-ctx.Done()
	return nil
}

func (idle) Move(context.Context, Move, func(Step)) (Moved, error) {
	return Moved{}, failover.Fail(failover.ErrUnsupported, "no hands")
}

// A drill waits, but not for ever: neither for what does not come, nor for mail that
// does not arrive.
func TestPatienceEnds(t *testing.T) {
	outage := Act{Do: Break, Role: failover.Primary, Fault: lab.Refuse, Says: "it breaks"}
	for name, c := range map[string]struct {
		script []Act
		says   string
	}{
		"nothing happens": {[]Act{outage, {After: Arrived, Do: Finish}}, `For 20s nothing has happened: the drill waits for "arrived", and it does not come.`},
		"mail waits":      {[]Act{outage, {Delay: Span(5 * time.Second), Do: Finish}}, "After 20s "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, err := lab.New(lab.Options{Factor: 20, Interval: time.Second})
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			s, err := NewSession(SessionOptions{Scenario: Scenario{Name: "x", Script: c.script, Right: Right{Moves: []Move{Stay}, Fault: "refuses"}}, World: w, Operator: idle{}, Unattended: true})
			if err != nil {
				t.Fatal(err)
			}
			s.stall, s.drain = patience{world: 20 * time.Second}, patience{world: 20 * time.Second}
			r, err := s.Run(t.Context())
			if !errors.Is(err, failover.ErrBlocked) || !strings.HasPrefix(err.Error(), c.says) || r.Passed || r.Broke.IsZero() {
				t.Errorf("%v; %v, %v", err, r.Passed, r.Broke)
			}
			if waits := r.Timeline[len(r.Timeline)-1].Kind == EntryMail; waits != (name == "mail waits") {
				t.Errorf("the timeline ends with %v", r.Timeline[len(r.Timeline)-1])
			}
		})
	}
	if got := (patience{world: 5 * time.Minute, least: time.Minute}).in(50); got != time.Minute {
		t.Errorf("what the network takes is compressed: %v", got)
	}
	if got := (patience{world: 5 * time.Minute, least: time.Minute}).in(1); got != 5*time.Minute {
		t.Errorf("%v", got)
	}
}
