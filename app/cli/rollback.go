package cli

import (
	"github.com/spf13/cobra"

	"lifeboat/app/engine"
)

// rollbackCommand takes a run back.
func (s *session) rollbackCommand() *cobra.Command {
	t := s.tongue
	var rf runFlags
	var abandon string
	c := &cobra.Command{
		Use:   "rollback [RUN]",
		Short: t.T("Take the last run, or the one named, back"),
		Args:  count(0, 1),
		RunE: func(c *cobra.Command, a []string) error {
			e, err := s.open()
			if err != nil {
				return err
			}
			p := s.progress()
			began := s.Now()
			req := engine.RollbackRequest{
				TakeLock: rf.takeLock, Override: rf.override, Abandon: abandon,
				Tell: p.event, Found: p.finding,
				Confirm: func(pre engine.Preview) (bool, error) {
					ok, err := s.confirm(c.Context(), pre, rf.yes)
					began = s.Now() // what is told is the time since the yes
					return ok, err
				},
			}
			if len(a) == 1 {
				req.Operation = a[0]
			}
			out, err := e.Rollback(c.Context(), req)
			if err == nil && abandon != "" {
				s.printT("The run of {when} is closed; the records stay as they are.", "when", t.Clock(out.Started, s.Now()))
				return s.document(out)
			}
			return s.conclude(out, err, s.Now().Sub(began))
		},
	}
	s.runFlags(c, &rf)
	c.Flags().StringVar(&abandon, "abandon", "", t.T("close the unfinished run and leave the records as they are, for this `REASON`"))
	return c
}
