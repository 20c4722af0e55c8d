package engine_test

import (
	"slices"
	"testing"
	"time"

	"lifeboat/app/engine"
	"lifeboat/failover"
	"lifeboat/failover/lab"
)

// ready is whether Home says that the secondary would take the mail, and what is unknown.
func ready(t *testing.T, e *engine.Engine) (bool, []failover.Finding) {
	t.Helper()
	s, err := e.Status(t.Context(), nil)
	if err != nil || len(s.Domains) != 1 {
		t.Fatal(s, err)
	}
	return s.Domains[0].Ready.Allowed, s.Domains[0].Ready.Unknown
}

// After a finished set-up Home said that the secondary was not tried lately, although the
// set-up's tests had just proved it: they count, for as long as they are fresh.
func TestSetupTestsCountForASwitch(t *testing.T) {
	t.Parallel()
	n := newNewcomer(t, lab.Options{})
	n.fillsIn()
	if a := n.tests(engine.FieldSecondaryMX); a.Verdict != failover.Pass {
		t.Fatalf("%+v", a)
	}
	n.reopen() // the window is closed in between
	w, err := n.setup.Write(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if ok, unknown := ready(t, w.Engine); !ok {
		t.Errorf("nobody knows of %+v", unknown)
	}
	later := n.parts.Now
	n.parts.Now = func() time.Time { return later().Add(25 * time.Hour) }
	aged, err := n.engine(w.Engine.Settings())
	if err != nil {
		t.Fatal(err)
	}
	if ok, _ := ready(t, aged); ok {
		t.Error("it counts for longer than a day")
	}
}

// What was seen of other hosts, other addresses or by signing in counts for nothing, and a
// draft's tests leave alone what is known about the provider in use.
func TestSetupTestsCountOnlyForWhatTheyTried(t *testing.T) {
	t.Parallel()
	n := newNewcomer(t, lab.Options{})
	n.fillsIn()
	for _, f := range []engine.SetupField{engine.FieldSecondarySignIn, engine.FieldSecondarySubmission, engine.FieldSecondaryIMAP, engine.FieldPrimaryMX} {
		if a := n.tests(f); a.Verdict != failover.Pass {
			t.Fatalf("%+v", a)
		}
	}
	w, err := n.setup.Write(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if ok, unknown := ready(t, w.Engine); ok || len(unknown) == 0 {
		t.Error("signing in counts for taking mail")
	}
	n.tests(engine.FieldSecondaryMX)
	if ok, unknown := ready(t, w.Engine); !ok {
		t.Fatalf("a test with the settings in use does not count: %+v", unknown)
	}

	good := n.setup.Draft()
	n.change(func(d *engine.SetupDraft) { d.Secondary.MX = slices.Clone(d.Primary.MX) })
	n.tests(engine.FieldSecondaryMX)
	if ok, unknown := ready(t, w.Engine); !ok {
		t.Errorf("a draft's test took away what is known of the provider in use: %+v", unknown)
	}
	n.change(func(d *engine.SetupDraft) {
		d.Secondary.MX = good.Secondary.MX
		d.Recipients = append(d.Recipients, engine.SetupRecipient{Address: "new@example.test", Kind: "account"})
	})
	if w, err = n.setup.Write(t.Context()); err != nil {
		t.Fatal(err)
	}
	ok, unknown := ready(t, w.Engine)
	if ok || len(unknown) != 1 || unknown[0].Subject != "new@example.test" {
		t.Errorf("somebody who was never tried counts as known: %+v", unknown)
	}
}
