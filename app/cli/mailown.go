package cli

import (
	"github.com/spf13/cobra"

	"lifeboat/failover"
)

// mailOwn says whose mailboxes are one's own.
func (s *session) mailOwn() *cobra.Command {
	t := s.tongue
	var none bool
	c := &cobra.Command{
		Use: "own [ADDRESS...]", Short: t.T("Say which mailboxes are your own, or list those that you have said are"),
		Long: t.T(`Say which mailboxes are your own, or list those that you have said are.

Your own mail can be read at all times. Other people's is locked in calm times: it
can be read in an outage (mail goes through the secondary, or the primary is found to be
down), during a live rehearsal, or for a reason that you give with --reason. Who read
whose mail, and why, is kept in a log, and so is what you say here. It counts for you
on this computer, and takes the place of what you said before.`),
		Args: count(0, -1),
		RunE: func(c *cobra.Command, addresses []string) error {
			if none && len(addresses) > 0 {
				return failover.Fail(failover.ErrInvalid, "--none goes with no address")
			}
			e, err := s.open()
			if err != nil {
				return err
			}
			if none || len(addresses) > 0 {
				if err := e.SetOwnMailboxes(c.Context(), addresses); err != nil {
					return err
				}
			}
			own, err := e.OwnMailboxes(c.Context())
			if err != nil {
				return err
			}
			if len(own) == 0 {
				s.printT("You have said of no mailbox that it is your own.")
			}
			for _, a := range own {
				s.print(a)
			}
			return s.document(map[string]any{"own": append([]string{}, own...)})
		},
	}
	c.Flags().BoolVar(&none, "none", false, t.T("none of them is your own"))
	return c
}
