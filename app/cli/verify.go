package cli

import (
	"github.com/spf13/cobra"

	"lifeboat/app/engine"
	"lifeboat/app/presenter"
	"lifeboat/failover"
)

// verifyCommand asks every authoritative server what it gives.
func (s *session) verifyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "verify [DOMAIN...]",
		Short: s.tongue.T("Ask every address of every authoritative server what it gives"),
		RunE: func(c *cobra.Command, domains []string) error {
			e, err := s.open()
			if err != nil {
				return err
			}
			found, err := e.Verify(c.Context(), domains)
			if err != nil {
				return err
			}
			if err := s.document(found); err != nil {
				return err
			}
			good := true
			for _, v := range found {
				s.showVerification(v)
				good = good && v.Good()
			}
			if !good {
				return statusError{exitFailed}
			}
			return nil
		},
	}
}

func (s *session) showVerification(v engine.Verification) {
	s.printT("{set}: {count} of {all} addresses give it.", "set", v.Want.String(), "count", v.Right, "all", v.Asked)
	for _, a := range v.View.Answers {
		s.print("  " + s.answerLine(a, v.Want))
	}
	if !v.Problem.IsZero() {
		s.print("  ! " + s.say(v.Problem))
	}
	s.showCountdown(v.Until, len(v.Silent) > 0)
}

// answerLine tells what one address gave.
func (s *session) answerLine(a failover.Answer, want failover.RRset) string {
	where := failover.Display(a.Server)
	if a.Addr.IsValid() {
		where += " " + a.Addr.String()
	}
	switch {
	case a.State == failover.Answered && a.Set.Equal(want):
		return s.tongue.T("✓ {server}", "server", where)
	case a.State == failover.Answered:
		return s.tongue.T("× {server}: {served}", "server", where, "served", a.Set.String())
	case a.State == failover.NoIPv6:
		return s.tongue.T("– {server}: {state}", "server", where, "state", presenter.AnswerState(s.tongue, a.State))
	default:
		return s.tongue.T("? {server}: {state}", "server", where, "state", presenter.AnswerState(s.tongue, a.State))
	}
}
