package engine_test

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"lifeboat/app/engine"
	"lifeboat/configs"
	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/dnshost/rfc2136"
	"lifeboat/failover/dnswire"
	"lifeboat/failover/journal"
	"lifeboat/failover/lab"
)

// A journal that cannot be believed stops everything that would write to it, with
// the line that is wrong, and is left as it is.
func TestDamagedJournal(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.done(o.failover())
	whole, err := os.ReadFile(o.journal())
	if err != nil {
		t.Fatal(err)
	}
	edited := bytes.Replace(whole, []byte("practice@lab"), []byte("somebody@lab"), 1)
	if err := os.WriteFile(o.journal(), edited, 0o600); err != nil {
		t.Fatal(err)
	}
	before := o.zone()
	for name, do := range map[string]func() error{
		"failback": func() error { _, err := o.failback(); return err },
		"rollback": func() error { _, err := o.rollback(); return err },
		"abandon": func() error {
			_, err := o.rollback(func(r *engine.RollbackRequest) { r.Abandon = "why not" })
			return err
		},
		"check":  func() error { _, err := o.Check(t.Context(), engine.CheckRequest{}); return err },
		"status": func() error { _, err := o.Status(t.Context(), nil); return err },
		"verify": func() error { _, err := o.Verify(t.Context(), nil); return err },
	} {
		t.Run(name, func(*testing.T) {
			o.refused(before, do(), failover.ErrDamaged, "line 1", o.journal(), "move the file aside")
		})
	}
	if now, err := os.ReadFile(o.journal()); err != nil || !bytes.Equal(now, edited) {
		t.Errorf("the damaged journal was touched: %v", err)
	}
	// Put aside, it is in nobody's way.
	if err := os.Rename(o.journal(), o.journal()+".old"); err != nil {
		t.Fatal(err)
	}
	o.done(o.failback())
}

// A last line that a power cut tore is no damage.
func TestTornJournal(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.unprepared()
	open := o.interrupt(2)
	f, err := os.OpenFile(o.journal(), os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"seq":99,"at":"2026-`); err != nil || f.Close() != nil {
		t.Fatal(err)
	}
	if out := o.done(o.failover()); out.Operation != open.Operation || !out.Resumed {
		t.Errorf("%+v", out)
	}
}

// While an engine works in a data folder no other one does; whoever only looks
// may.
func TestLease(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	other := o.another(func(*engine.Options) {})
	before := o.zone()
	o.done(o.failover(func(r *engine.SwitchRequest) {
		r.Confirm = func(engine.Preview) (bool, error) {
			_, err := other.Switch(t.Context(), engine.SwitchRequest{PlanRequest: engine.PlanRequest{Kind: failover.Failover}})
			o.refused(before, err, failover.ErrLocked, "another Lifeboat is at work", o.parts.DataDir)
			_, err = other.Check(t.Context(), engine.CheckRequest{})
			oneSentence(t, err, failover.ErrLocked)
			_, err = other.Rollback(t.Context(), engine.RollbackRequest{})
			oneSentence(t, err, failover.ErrLocked)
			if _, err := other.Status(t.Context(), nil); err != nil {
				t.Errorf("looking is refused: %v", err)
			}
			if _, err := other.Verify(t.Context(), nil); err != nil {
				t.Errorf("looking is refused: %v", err)
			}
			return true, nil
		}
	}))
	if _, err := other.Rollback(t.Context(), engine.RollbackRequest{}); err != nil {
		t.Errorf("the folder is still taken: %v", err)
	}
}

// Two machines with a data folder each have the zone's lock record between them.
func TestLockRecordOfAnotherMachine(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	theirs := dnshost.Lock{Operation: "20260101T000000-abcdef", Owner: "eve@elsewhere", Expires: time.Now().Add(time.Hour)}
	record := failover.NewRRset(dnshost.LockName("example.test"), "TXT", 60, dnswire.TXT(theirs.Text()))
	if err := o.world.Put(record); err != nil {
		t.Fatal(err)
	}
	before := o.zone()
	_, err := o.failover()
	o.refused(before, err, failover.ErrLocked, "eve@elsewhere", "--take-lock")
	o.done(o.failover(func(r *engine.SwitchRequest) { r.TakeLock = true }))
	if !strings.Contains(o.events(), string(journal.LockTaken)) {
		t.Errorf("the journal does not tell whose lock was taken: %s", o.events())
	}
	if got := o.world.Truth(record.Name, "TXT"); got.Exists() {
		t.Errorf("the lock is left: %v", got)
	}
}

// A clock that is wrong by an hour is told as that, with the difference.
func TestWrongClock(t *testing.T) {
	t.Parallel()
	for _, off := range []time.Duration{time.Hour, -time.Hour} {
		o := newOffice(t)
		if _, err := o.Check(t.Context(), engine.CheckRequest{}); err != nil {
			t.Fatal(err)
		}
		e := o.another(func(p *engine.Options) {
			p.MakeHost = func(context.Context, configs.Domain) (dnshost.Host, error) {
				key := o.world.TSIG()
				return rfc2136.New(rfc2136.Options{
					Server: o.world.UpdateServer(), Dialer: o.world.Dialer(), Key: key.Name, Secret: dnshost.Secret(key.Secret),
					Now: func() time.Time { return time.Now().Add(off) },
				})
			}
		})
		way := "ahead of"
		if off < 0 {
			way = "behind"
		}
		before := o.zone()
		_, err := e.Switch(t.Context(), engine.SwitchRequest{PlanRequest: engine.PlanRequest{Kind: failover.Failover}})
		o.refused(before, err, failover.ErrClock, "1h0m0s", way, "set the clock that is wrong")
		if len(o.entries()) > 0 {
			t.Errorf("the journal tells of it: %s", o.events())
		}
	}
}

// A wrong key is told as that, once, and no answer quotes it.
func TestWrongKey(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	const wrong = "d3JvbmcgYW5kIHNlY3JldA=="
	e := o.another(func(p *engine.Options) {
		p.MakeHost = func(context.Context, configs.Domain) (dnshost.Host, error) {
			return rfc2136.New(rfc2136.Options{
				Server: o.world.UpdateServer(), Dialer: o.world.Dialer(), Key: o.world.TSIG().Name, Secret: dnshost.Secret(wrong),
			})
		}
	})
	before := o.zone()
	_, err := e.Switch(t.Context(), engine.SwitchRequest{PlanRequest: engine.PlanRequest{Kind: failover.Failover}})
	o.refused(before, err, failover.ErrCredential, "the secret is wrong")
	if strings.Contains(err.Error(), wrong) {
		t.Error("the error has the key in it")
	}
}

// Ctrl-C while the preflight asks changes nothing and counts for nothing.
func TestStoppedPreflight(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	before := o.zone()
	_, err := o.Switch(ctx, engine.SwitchRequest{
		PlanRequest: engine.PlanRequest{Kind: failover.Failover},
		Found:       func(failover.Finding) { cancel() },
	})
	o.refused(before, err, failover.ErrWaiting, "stopped")
	if _, err := os.Stat(o.evidence()); !os.IsNotExist(err) || len(o.entries()) > 0 {
		t.Errorf("something was kept: %v, %s", err, o.events())
	}
}

// The zone's servers all being down is no blocked line, and keeps nobody from
// switching through a host that can be reached.
func TestServersDown(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for _, s := range o.world.Nameservers()[1:] {
		if err := o.world.BreakDNS(s, lab.Refuse); err != nil {
			t.Fatal(err)
		}
	}
	out := o.done(o.failover())
	if v := out.Steps[0]; v.State != failover.Verified || len(v.Unverified) != 2 || !v.Open {
		t.Errorf("%+v", v)
	}
	if err := o.world.BreakDNS(o.world.Nameservers()[0], lab.Refuse); err != nil {
		t.Fatal(err)
	}
	st, err := o.Status(t.Context(), nil)
	if err != nil || st.Domains[0].Route != failover.RouteUnknown || st.Domains[0].Problem.IsZero() {
		t.Errorf("%+v, %v", st, err)
	}
	for _, a := range st.Domains[0].MX.Answers {
		if a.State == failover.BlockedLine {
			t.Errorf("the line is blamed: %v", a.Detail)
		}
	}
}
