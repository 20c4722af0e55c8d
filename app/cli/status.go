package cli

import (
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"lifeboat/app/engine"
	"lifeboat/app/presenter"
	"lifeboat/failover"
)

// statusCommand says how things are.
func (s *session) statusCommand() *cobra.Command {
	var follow bool
	var every time.Duration
	t := s.tongue
	c := &cobra.Command{
		Use:   "status [DOMAIN...]",
		Short: t.T("Say where mail goes now, and how ready a switch is"),
		RunE: func(c *cobra.Command, domains []string) error {
			e, err := s.open()
			switch {
			case err != nil:
				return err
			case follow:
				return s.watch(c.Context(), e, domains, every)
			case c.Flags().Changed("every"):
				return failover.Fail(failover.ErrInvalid, "--every goes with --watch")
			}
			st, err := e.Status(c.Context(), domains)
			if err != nil {
				return err
			}
			if err := s.document(st); err != nil {
				return err
			}
			s.showStatus(st)
			s.showMirrorStatus(st.Mirror)
			s.showSending(st.Serve)
			return nil
		},
	}
	c.Flags().BoolVar(&follow, "watch", false, t.T("look at both providers again and again, and tell each change; Ctrl-C ends. With --json, one document a line"))
	c.Flags().DurationVar(&every, "every", 0, t.T("with --watch: the `TIME` between two looks, as 30s (default: that of the settings)"))
	return c
}

// showSending tells what waits to be sent, and that nobody sends it.
func (s *session) showSending(st engine.ServeStatus) {
	switch {
	case !st.Say.IsZero():
		s.print("! " + s.say(st.Say))
	case st.Running:
		s.showSums(st.Queue, s.Now())
	default:
		_, data := s.Files(s.place)
		if _, err := os.Stat(filepath.Join(data, "relay", "queue")); err == nil { // somebody sends through here
			s.printT("No Lifeboat is running here, so no mail is taken in or sent on: lifeboat serve does that.")
		}
	}
}

func (s *session) showStatus(st engine.Status) {
	t := s.tongue
	for _, d := range st.Domains {
		s.print(presenter.Headline(t, d))
		for _, a := range d.MX.Answers {
			s.print("  " + s.servedLine(a))
		}
		if !d.Problem.IsZero() {
			s.print("  ! " + s.say(d.Problem))
		}
		s.showSends(d)
		s.print("  " + presenter.Readiness(t, d))
		s.showLastWatch(d.LastWatch)
		s.showCountdown(d.Countdown, d.CountdownOpen)
	}
	switch {
	case st.Open == nil:
	case st.Open.Kind == failover.SendRoute:
		s.printT("A move of the send route begun at {when} is not finished: the next switch, of whatever kind, finishes it.", "when", t.Clock(st.Open.Started, s.Now()))
	case st.Open.Kind == failover.Rollback:
		s.printT("A rollback begun at {when} is not finished: lifeboat rollback goes on with it.", "when", t.Clock(st.Open.Started, s.Now()))
	default:
		s.printT("A {kind} begun at {when} is not finished: lifeboat {kind} goes on with it, lifeboat rollback takes it back.",
			"kind", st.Open.Kind, "when", t.Clock(st.Open.Started, s.Now()))
	}
	if len(st.Runs) > 0 {
		s.printT("Runs:")
	}
	for _, r := range st.Runs {
		s.print("  " + r.ID + "  " + string(r.Kind) + "  " + presenter.Result(t, r) + "  " + r.Who)
	}
}

// showSends tells which provider the domain's mail leaves through, and that it is not
// the one that mail comes in at.
func (s *session) showSends(d engine.DomainStatus) {
	t := s.tongue
	switch r := d.Send; {
	case r == nil:
		return
	case (d.Route == failover.RoutePrimary || d.Route == failover.RouteSecondary) && d.Route != failover.Route(r.Role):
		s.print("  ! " + t.T("Mail goes out through {out}, and comes in at {in}.", "out", d.SendsThrough, "in", d.Provider))
	default:
		s.print("  " + t.T("Mail goes out through {out}.", "out", d.SendsThrough))
	}
	if !d.SendProblem.IsZero() {
		s.print("  ! " + s.say(d.SendProblem))
	}
}

// servedLine tells what one address gives, whatever is wanted.
func (s *session) servedLine(a failover.Answer) string {
	where := failover.Display(a.Server)
	if a.Addr.IsValid() {
		where += " " + a.Addr.String()
	}
	if a.State == failover.Answered {
		return where + ": " + a.Set.String()
	}
	return where + ": " + presenter.AnswerState(s.tongue, a.State)
}
