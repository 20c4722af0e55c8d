package cli

import (
	"github.com/spf13/cobra"

	"lifeboat/configs"
	"lifeboat/failover"
	"lifeboat/failover/plan"
)

// planCommand shows what a switch would change, and saves it when asked to.
func (s *session) planCommand() *cobra.Command {
	t := s.tongue
	var pf planFlags
	var out string
	c := &cobra.Command{
		Use:       "plan failover|failback|prepare [DOMAIN...]",
		Short:     t.T("Show what a switch would change, without changing anything"),
		ValidArgs: []string{string(failover.Failover), string(failover.Failback), string(failover.Prepare)},
		Args:      count(1, -1),
		RunE: func(c *cobra.Command, a []string) error {
			kind := failover.Kind(a[0])
			switch kind {
			case failover.Failover, failover.Failback, failover.Prepare:
			default:
				return failover.Fail(failover.ErrInvalid, "a plan is for failover, failback or prepare, not {value}", "value", a[0])
			}
			e, err := s.open()
			if err != nil {
				return err
			}
			p, err := e.Plan(c.Context(), pf.request(kind, a[1:]))
			if err != nil {
				return err
			}
			return s.showPlan(p, out)
		},
	}
	s.planFlags(c, &pf)
	c.Flags().StringVarP(&out, "out", "o", "", t.T("save the plan to this `FILE`"))
	return c
}

func (s *session) showPlan(p failover.Plan, file string) error {
	if file != "" {
		data, err := plan.Write(p)
		if err != nil {
			return err
		}
		if err := configs.WriteFile(file, data, 0o600); err != nil {
			return failover.Fail(failover.ErrDisk, "the plan cannot be written to {file}: choose another place, or make room", "file", file).Because(err)
		}
	}
	for _, l := range s.planLines(p) {
		s.print(l)
	}
	if file != "" {
		s.printT("Saved. To apply it: lifeboat {kind} --plan {file}", "kind", p.Kind, "file", file)
	}
	return s.document(p)
}
