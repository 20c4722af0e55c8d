package engine_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/failover"
	"lifeboat/failover/lab"
)

// In the practice world every row means something: messages go out and back, too.
func TestConnectInPractice(t *testing.T) {
	t.Parallel()
	p, err := engine.OpenPracticeIn(t.Context(), lab.Options{Interval: -1}, i18n.English, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	got, err := p.Engine.Connect(t.Context(), engine.ConnectRequest{Seed: true})
	if err != nil {
		t.Fatal(err)
	}
	unused := 0
	for _, c := range got.Cells {
		switch {
		case c.State == engine.CellUnused && c.Side == engine.SideEmergency:
			unused++
		case c.State != engine.CellDone || c.Verdict != failover.Pass:
			t.Errorf("%s of the %s: %s, %s, %q: %+v", c.Test, c.Side, c.State, c.Verdict, c.Word, c.Findings)
		}
	}
	if tests := len(p.Engine.ConnectTests()); len(got.Cells) != 3*tests || unused != 2 { // one signs in at the secondary
		t.Errorf("%d cells of %d tests, %d of them unused", len(got.Cells), tests, unused)
	}
	if err := p.World.Break(failover.Secondary, lab.BadCertificate); err != nil {
		t.Fatal(err)
	}
	got, err = p.Engine.Connect(t.Context(), engine.ConnectRequest{Tests: []string{"tls"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range got.Cells {
		if bad := c.Side != engine.SidePrimary; bad != (c.Verdict == failover.Red) {
			t.Errorf("%s of the %s: %s, %q", c.Test, c.Side, c.Verdict, c.Word)
		}
	}
}

// Cells are told one at a time, in the order in which they change; one row or one side
// can be tested alone, and what nobody knows is refused before anybody is disturbed.
func TestConnectTells(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	state := map[cellAt]engine.CellState{}
	order := map[engine.CellState]int{"": 0, engine.CellWaiting: 1, engine.CellWorking: 2, engine.CellDone: 3, engine.CellUnused: 3}
	got, err := o.Connect(t.Context(), engine.ConnectRequest{
		Tests: []string{"rcpt", "imap"}, Sides: []engine.Side{engine.SideSecondary},
		Tell: func(c engine.TestCell) {
			at := cellAt{c.Test, c.Side}
			if order[c.State] < order[state[at]] || c.Domain != "example.test." || c.Side != engine.SideSecondary {
				t.Errorf("%+v after %s", c, state[at])
			}
			state[at] = c.State
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Cells) != 2 || state[cellAt{"rcpt", engine.SideSecondary}] != engine.CellDone || state[cellAt{"imap", engine.SideSecondary}] != engine.CellUnused {
		t.Errorf("%+v, %v", got.Cells, state)
	}
	for _, req := range []engine.ConnectRequest{{Domains: []string{"other.test"}}, {Tests: []string{"x"}}, {Sides: []engine.Side{"x"}}} {
		req.Tell = func(engine.TestCell) { t.Error("something was tested") }
		if _, err := o.Connect(t.Context(), req); !errors.Is(err, failover.ErrInvalid) {
			t.Errorf("%+v: %v", req, err)
		}
	}
}

// The newest result of every cell is kept, until the settings are others.
func TestConnectIsKept(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	if _, ok := o.LastConnect(t.Context()); ok {
		t.Error("there is a result before anything was tested")
	}
	first, err := o.Connect(t.Context(), engine.ConnectRequest{})
	if err != nil {
		t.Fatal(err)
	}
	o.world.SetRecipient(failover.Secondary, "sales@example.test", false)
	if _, err = o.Connect(t.Context(), engine.ConnectRequest{Tests: []string{"rcpt"}, Sides: []engine.Side{engine.SideSecondary}}); err != nil {
		t.Fatal(err)
	}
	again := engine.New(o.parts) // after a restart
	last, ok := again.LastConnect(t.Context())
	if !ok || len(last.Cells) != len(first.Cells) || last.At.Before(first.At) {
		t.Fatalf("%d cells are kept, of %d", len(last.Cells), len(first.Cells))
	}
	for i, c := range last.Cells {
		newer := c.Test == "rcpt" && c.Side == engine.SideSecondary
		if newer != (c.Verdict == failover.Red) || !newer && !c.At.Equal(first.Cells[i].At) || c.Test != first.Cells[i].Test {
			t.Errorf("%+v", c)
		}
	}
	// With another provider nothing is known of it; of the others all.
	parts := o.parts
	changed := *o.parts.Settings
	changed.Providers.Secondary.Name = "Somebody else"
	parts.Settings = &changed
	last, _ = engine.New(parts).LastConnect(t.Context())
	if len(last.Cells) == 0 || slices.ContainsFunc(last.Cells, func(c engine.TestCell) bool { return c.Side != engine.SidePrimary }) {
		t.Errorf("%d cells are kept of other settings", len(last.Cells))
	}
	// Nor is anything known with another key of the DNS host's, or another sign-in name.
	changed = *o.parts.Settings
	changed.Domains = slices.Clone(changed.Domains)
	dns := *changed.Domains[0].DNS.RFC2136
	dns.KeyName = "another-key"
	changed.Domains[0].DNS.RFC2136 = &dns
	if last, ok = engine.New(parts).LastConnect(t.Context()); ok {
		t.Errorf("%d cells are kept of another key", len(last.Cells))
	}
	changed = *o.parts.Settings
	changed.Providers.Primary.Submission.Username = "another-user"
	last, _ = engine.New(parts).LastConnect(t.Context())
	if len(last.Cells) == 0 || slices.ContainsFunc(last.Cells, func(c engine.TestCell) bool { return c.Side == engine.SidePrimary }) {
		t.Errorf("%d cells are kept of another user", len(last.Cells))
	}
	// A damaged file is no result, and no obstacle.
	if err := os.WriteFile(filepath.Join(o.parts.DataDir, "connect.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, ok := again.LastConnect(t.Context()); ok {
		t.Error("a damaged file has results")
	}
	if _, err = o.Connect(t.Context(), engine.ConnectRequest{Tests: []string{"dns"}}); err != nil {
		t.Fatal(err)
	}
	if last, ok = again.LastConnect(t.Context()); !ok || len(last.Cells) != 3 {
		t.Errorf("%d cells after the damage", len(last.Cells))
	}
}

// Who stops the tests keeps what was found, and the cells that were not done are waiting.
func TestConnectIsStopped(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	if err := o.world.Break(failover.Secondary, lab.Hang); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := 0
	got, err := o.Connect(ctx, engine.ConnectRequest{
		Tests: []string{"dns", "smtp"}, Sides: []engine.Side{engine.SideSecondary, engine.SidePrimary},
		Tell: func(c engine.TestCell) {
			if c.State == engine.CellDone {
				done++
			}
			if done == 3 { // all but the one that hangs
				cancel()
			}
		},
	})
	if !errors.Is(err, failover.ErrWaiting) || !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
	for _, c := range got.Cells {
		if c.Test == "smtp" && c.Side == engine.SideSecondary {
			if c.State != engine.CellWaiting || c.Word.String() != "stopped" {
				t.Errorf("%+v", c)
			}
		} else if c.State != engine.CellDone {
			t.Errorf("%+v", c)
		}
	}
	if last, _ := o.LastConnect(t.Context()); len(last.Cells) != 3 {
		t.Errorf("%d cells are kept: %+v", len(last.Cells), last.Cells)
	}
}

// Results name people, and are sealed where the mirror's key is.
func TestConnectIsSealed(t *testing.T) {
	t.Parallel()
	p := newPost(t, true)
	if _, err := p.Connect(t.Context(), engine.ConnectRequest{Tests: []string{"rcpt", "imap"}}); err != nil {
		t.Fatal(err)
	}
	kept, err := os.ReadFile(filepath.Join(p.parts.DataDir, "connect.json"))
	if err != nil || strings.Contains(string(kept), "example.test") {
		t.Errorf("it can be read by anybody: %v", err)
	}
	last, ok := engine.New(p.parts).LastConnect(t.Context())
	if !ok || len(last.Cells) == 0 || last.At.After(time.Now().Add(time.Minute)) {
		t.Errorf("%+v", last)
	}
}
