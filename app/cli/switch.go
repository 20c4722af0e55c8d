package cli

import (
	"context"
	"errors"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"lifeboat/app/engine"
	"lifeboat/failover"
	"lifeboat/failover/plan"
)

// planFlags are the flags of every command that makes a plan.
type planFlags struct {
	trustHost bool
	replaceMX bool
}

func (s *session) planFlags(c *cobra.Command, f *planFlags) {
	t := s.tongue
	c.Flags().BoolVar(&f.trustHost, "trust-host", false, t.T("where the name servers answer something else than the DNS host holds, go by the DNS host"))
	c.Flags().BoolVar(&f.replaceMX, "replace-mx", false, t.T("replace an MX set that is neither provider's, or both's"))
}

func (f planFlags) request(kind failover.Kind, domains []string) engine.PlanRequest {
	return engine.PlanRequest{Kind: kind, Domains: domains, TrustHost: f.trustHost, ReplaceMX: f.replaceMX}
}

// runFlags are the flags of every command that changes records.
type runFlags struct {
	yes      bool
	takeLock bool
	override string
}

func (s *session) runFlags(c *cobra.Command, f *runFlags) {
	t := s.tongue
	c.Flags().BoolVarP(&f.yes, "yes", "y", false, t.T("do it without asking"))
	c.Flags().BoolVar(&f.takeLock, "take-lock", false, t.T("take the zone's lock over from whoever holds it"))
	c.Flags().StringVar(&f.override, "override", "", t.T("go on although the preflight refuses, for this `REASON`, which is kept in the journal"))
}

// switchCommand is failover, failback or prepare.
func (s *session) switchCommand(kind failover.Kind) *cobra.Command {
	t := s.tongue
	var pf planFlags
	var rf runFlags
	var file string
	short := map[failover.Kind]string{
		failover.Failover: t.T("Switch mail to the secondary provider"),
		failover.Failback: t.T("Switch mail back to the primary provider, once it accepts again"),
		failover.Prepare:  t.T("Publish in calm times what a failover needs: emergency subdomain, SPF, DKIM, a short TTL"),
	}
	c := &cobra.Command{
		Use:   string(kind) + " [DOMAIN...]",
		Short: short[kind],
		RunE: func(c *cobra.Command, domains []string) error {
			sr := engine.SwitchRequest{PlanRequest: pf.request(kind, domains), TakeLock: rf.takeLock, Override: rf.override}
			if file != "" {
				saved, err := readPlan(file)
				if err != nil {
					return err
				}
				sr.Saved = &saved
			}
			return s.carryOut(c, sr, rf.yes)
		},
	}
	s.planFlags(c, &pf)
	s.runFlags(c, &rf)
	c.Flags().StringVar(&file, "plan", "", t.T("apply the plan saved in `FILE`, if nothing has moved since"))
	return c
}

func readPlan(file string) (failover.Plan, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return failover.Plan{}, failover.Fail(failover.ErrInvalid, "the plan {file} cannot be read", "file", file).Because(err)
	}
	return plan.Read(data)
}

// carryOut runs a switch and tells it.
func (s *session) carryOut(c *cobra.Command, req engine.SwitchRequest, yes bool) error {
	e, err := s.open()
	if err != nil {
		return err
	}
	p := s.progress()
	req.Tell, req.Found = p.event, p.finding
	began := s.Now()
	req.Confirm = func(pre engine.Preview) (bool, error) {
		ok, err := s.confirm(c.Context(), pre, yes)
		began = s.Now() // what is told is the time since the yes
		return ok, err
	}
	out, err := e.Switch(c.Context(), req)
	told := s.conclude(out, err, s.Now().Sub(began))
	if req.Kind != failover.Failover || !notHere(err) {
		return told
	}
	return s.routeAlone(e, req.Domains, told)
}

// notHere reports whether a switch failed because of what is elsewhere: a provider, a
// DNS host, the records.
func notHere(err error) bool {
	if err == nil || errors.Is(err, engine.ErrDeclined) || errors.Is(err, context.Canceled) {
		return false
	}
	return !slices.ContainsFunc([]error{failover.ErrWaiting, failover.ErrInvalid, failover.ErrLocked, failover.ErrDisk, failover.ErrDamaged},
		func(kind error) bool { return errors.Is(err, kind) })
}

// routeAlone tells, after a failover of which nothing was done, that what staff write
// can leave through the secondary all the same. It returns the error, told already.
func (s *session) routeAlone(e *engine.Engine, names []string, err error) error {
	domains := e.RouteAlone(names)
	if len(domains) == 0 {
		return err
	}
	if status := (statusError{}); !errors.As(err, &status) {
		s.complain(err, nil)
		err = statusError{statusOf(err)}
	}
	command := "lifeboat relay route secondary"
	for _, d := range domains {
		if len(names) > 0 {
			command += " " + failover.Display(d.Name)
		}
	}
	s.note("  " + s.tongue.T("What your users send can leave through the secondary all the same: {command}", "command", command))
	return err
}

// confirm shows what would be done and asks, unless the answer was given with
// --yes.
func (s *session) confirm(ctx context.Context, pre engine.Preview, yes bool) (bool, error) {
	s.showPreview(pre)
	if yes {
		return true, nil
	}
	return s.ask(ctx, s.tongue.T("Do this now?"))
}

// conclude tells what became of a run.
func (s *session) conclude(out failover.Outcome, err error, took time.Duration) error {
	if err != nil && len(out.Steps)+len(out.Routes) > 0 {
		s.complain(err, &out)
		return statusError{statusOf(err)}
	}
	if err != nil {
		return err
	}
	if derr := s.document(out); derr != nil {
		return derr
	}
	s.showOutcome(out, took)
	for _, st := range out.Steps {
		if !st.Problem.IsZero() {
			return statusError{exitFailed}
		}
	}
	return nil
}
