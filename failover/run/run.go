// Package run carries out plans: it takes the zone's lock record, makes each
// change by compare-and-swap where the DNS host can, checks at every address of
// every authoritative server what became of it, and counts down how long old
// answers stay in caches.
//
// Before each act a line goes into the journal and onto the disk, so whatever
// kills the program, the next start knows what may have happened. It does not
// guess the rest: it reads the live records. A set that is as wanted was changed;
// one that is as before was not, and is changed now; anything else was somebody
// else's doing, and the run stops with the three-way difference.
//
// A run that is interrupted stays open, and while one is open no other begins:
// it is gone on with ([Runner.Resume]), taken back by a rollback, or closed
// deliberately ([Runner.Abandon]).
package run

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/dnsview"
	"lifeboat/failover/journal"
	"lifeboat/failover/plan"
)

// Viewer sees what the authoritative servers answer; *dnsview.Reader is one.
type Viewer interface {
	Servers(ctx context.Context, zone string) ([]dnsview.Server, error)
	Authoritative(ctx context.Context, zone string, servers []dnsview.Server, key failover.Key) failover.View
}

// Log is where entries go; *journal.Journal is one.
type Log interface {
	Append(journal.Entry) error
	Entries() []journal.Entry
}

// Event is something that happened in a run, for a face to show.
type Event struct {
	Operation string
	Step      failover.Step
	State     failover.StepState
	Say       failover.Sentence
	Guide     *dnshost.Guide // what a person has to do, for an interactive host
	View      failover.View  // what the servers answer, while verifying
	// Route is the step that the event is about, where that is one of a send route; Step
	// is none then.
	Route *failover.RouteStep
}

// Runner carries out plans. All fields but Routes, Tell and Logger must be set.
type Runner struct {
	Journal Log
	// HostOf returns the DNS host of a domain.
	HostOf func(domain string) (dnshost.Host, error)
	View   Viewer
	// Routes keeps the send routes. Without it a plan that moves one is refused.
	Routes SendRoutes
	Now    func() time.Time
	// Sleep waits, or returns early with the context's error.
	Sleep func(ctx context.Context, d time.Duration) error
	Owner string // user@machine, for journal and lock
	// Tell, when set, is called with every event. Calls may come from several
	// goroutines.
	Tell   func(Event)
	Logger *slog.Logger
	// VerifyFor is how long a server that still answers with the old set is waited
	// for; 0 is one minute.
	VerifyFor time.Duration
}

// Options are the admin's choices for one run.
type Options struct {
	// TakeLock takes the zone's lock over from whoever holds it.
	TakeLock bool
	// Override is the reason that the admin typed for overruling the preflight.
	Override string
}

const (
	lockFor       = 30 * time.Minute
	zonesAtOnce   = 8
	defaultVerify = time.Minute
)

// Apply carries out a new plan. A plan without steps does nothing and leaves no
// trace. When nothing at all was changed the run is over and the error says why;
// when something was, the run stays open.
func (r *Runner) Apply(ctx context.Context, p failover.Plan, opt Options) (failover.Outcome, error) {
	out := failover.Outcome{Operation: p.ID, Plan: p, Started: r.Now().UTC()}
	if err := plan.Check(p); err != nil {
		return out, err
	}
	if op, open := journal.Unfinished(r.Journal.Entries()); open {
		return out, failover.Fail(failover.ErrBlocked,
			"the {kind} begun on {when} is not finished: give lifeboat {kind} to go on with it, or lifeboat rollback to take it back",
			"kind", op.Plan.Kind, "when", op.Started.Format("2006-01-02 15:04 MST"))
	}
	if p.Empty() {
		out.Done = true
		return out, nil
	}
	if r.Routes == nil && len(p.Routes) > 0 {
		return out, failover.Fail(failover.ErrUnsupported, "there are no send routes here to move: make a plan without them")
	}
	// The reason comes first, so that no run goes on, after a crash, whose reason
	// is not on record.
	if err := r.overruled(p.ID, opt); err != nil {
		return out, err
	}
	if err := r.Journal.Append(journal.Entry{Op: p.ID, Event: journal.Begin, Who: r.Owner, Plan: &p}); err != nil {
		return out, err
	}
	op, _ := journal.Unfinished(r.Journal.Entries())
	return r.carryOut(ctx, op, opt, out)
}

// overruled takes down why the preflight was overruled, if it was.
func (r *Runner) overruled(op string, opt Options) error {
	if opt.Override == "" {
		return nil
	}
	return r.Journal.Append(journal.Entry{Op: op, Event: journal.Override, Who: r.Owner, Reason: opt.Override})
}

// Resume goes on with the run that is open. It does nothing but look where all is
// done already; what somebody else has changed since is a failover.ErrSurprise there,
// too.
func (r *Runner) Resume(ctx context.Context, opt Options) (failover.Outcome, error) {
	op, open := journal.Unfinished(r.Journal.Entries())
	if !open {
		return failover.Outcome{}, failover.Fail(failover.ErrInvalid, "no run is open")
	}
	out := failover.Outcome{Operation: op.ID, Plan: op.Plan, Started: op.Started, Resumed: true}
	if err := r.overruled(op.ID, opt); err != nil {
		return out, err
	}
	return r.carryOut(ctx, op, opt, out)
}

// Abandon closes the open run and leaves the records as they are.
func (r *Runner) Abandon(reason string) (journal.Operation, error) {
	op, open := journal.Unfinished(r.Journal.Entries())
	if !open {
		return op, failover.Fail(failover.ErrInvalid, "no run is open")
	}
	return op, r.Journal.Append(journal.Entry{
		Op: op.ID, Event: journal.End, Who: r.Owner, Result: journal.Abandoned, Reason: reason,
	})
}

// carryOut does the work of Apply and Resume: the send routes that go first, the
// records, and the routes that go last.
func (r *Runner) carryOut(ctx context.Context, op journal.Operation, opt Options, out failover.Outcome) (failover.Outcome, error) {
	routes := r.routeRun(op)
	err, stop := routes.moveFirst(ctx)
	var zones []*zoneRun
	if stop == nil {
		var zerr error
		zones, zerr = r.changeZones(ctx, op, opt)
		lerr, lstop := routes.moveLast(ctx, zones)
		err, stop = errors.Join(err, zerr, lerr), lstop
	}
	for _, z := range zones {
		out.Changes += z.changes
		out.Steps = append(out.Steps, z.outcomes...)
	}
	out.Moved, out.Routes = routes.moved, routes.outcomes
	err = r.conclude(&out, op, errors.Join(err, stop))
	return out, err
}

// changeZones makes the changes of records, zone by zone, several at once unless a
// person makes them.
func (r *Runner) changeZones(ctx context.Context, op journal.Operation, opt Options) ([]*zoneRun, error) {
	zones, err := r.zones(op)
	if err != nil {
		return nil, err
	}
	var g errgroup.Group
	g.SetLimit(zonesAtOnce)
	if interactive(zones) {
		g.SetLimit(1)
	}
	errs := make([]error, len(zones))
	for i, z := range zones {
		g.Go(func() error {
			errs[i] = z.carryOut(ctx, opt)
			return nil
		})
	}
	_ = g.Wait() // the work's errors are in errs
	return zones, errors.Join(errs...)
}

// conclude writes how the run ended, or that it stays open.
func (r *Runner) conclude(out *failover.Outcome, op journal.Operation, err error) error {
	end := journal.Entry{Op: op.ID, Event: journal.End, Who: r.Owner, Result: journal.Done}
	if err != nil {
		now, _ := journal.Unfinished(r.Journal.Entries())
		if now.Touched() {
			if errors.Is(err, failover.ErrWaiting) || errors.Is(err, failover.ErrDisk) {
				return err
			}
			return errors.Join(err, r.Journal.Append(journal.Entry{Op: op.ID, Event: journal.Trouble, Who: r.Owner, Say: failover.SentenceOf(err)}))
		}
		end.Result, end.Say = journal.Aborted, failover.SentenceOf(err)
	}
	if jerr := r.Journal.Append(end); jerr != nil {
		return errors.Join(err, jerr)
	}
	out.Ended = r.Now().UTC()
	out.Done = err == nil
	return err
}

func (r *Runner) tell(e Event) {
	if r.Tell != nil {
		r.Tell(e)
	}
}
