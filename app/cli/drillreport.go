package cli

import (
	"bytes"
	"context"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lifeboat/app/engine"
	"lifeboat/failover"
	"lifeboat/failover/drill"
	"lifeboat/failover/drill/report"
)

// drillHistoryCommand lists the drills held.
func (s *session) drillHistoryCommand() *cobra.Command {
	return &cobra.Command{
		Use: "history", Short: s.tongue.T("List the drills held, with what was measured"), Args: count(0, 0),
		RunE: func(*cobra.Command, []string) error {
			s.adopt()
			held, damaged := engine.HeldDrills(s.history())
			if len(held) == 0 && damaged != nil {
				return damaged
			}
			if err := s.document(held); err != nil {
				return err
			}
			if len(held) == 0 {
				s.printT("No drill has been held yet. To hold one: lifeboat drill run NAME --unattended")
			}
			for _, h := range held {
				s.showHeld(h)
			}
			if damaged != nil {
				s.warn(damaged)
			}
			return nil
		},
	}
}

// adopt takes the language of the settings on, where there are any. The history needs
// none, so settings that cannot be read keep nobody from it.
func (s *session) adopt() {
	file, _ := s.Files(s.place)
	if _, err := os.Stat(file); err != nil {
		return
	}
	_, _ = s.open()
}

// showHeld tells one drill of the history: what, how it went, what was measured.
func (s *session) showHeld(h engine.HeldDrill) {
	t := s.tongue
	result := t.T("passed")
	switch {
	case h.Kind == drill.Tabletop:
		result = t.T("talked through")
	case !h.Passed:
		result = t.T("NOT PASSED")
	}
	s.print(h.Started.Local().Format("2006-01-02 15:04") + "  " + h.Scenario + "  " + string(h.Kind) + "  " + result)
	var parts []string
	if first, ok := h.Took(drill.MeasureFirstMail); ok {
		parts = append(parts, t.T("first mail {span}", "span", failover.Took(time.Duration(first)))+s.trend(h.Change))
	}
	if took, ok := h.Took(drill.MeasureVerify); ok {
		parts = append(parts, t.T("switch {span}", "span", failover.Took(time.Duration(took))))
	}
	if h.Sent > 0 {
		parts = append(parts, t.T("sent {sent}, lost {lost}, doubled {doubled}, bounced {bounced}",
			"sent", h.Sent, "lost", h.Lost, "doubled", h.Doubled, "bounced", h.Bounced))
	}
	if h.Kind != drill.Tabletop && h.Factor != 1 {
		parts = append(parts, t.T("time compressed {factor} times", "factor", h.Factor))
	}
	if h.Open > 0 {
		parts = append(parts, t.T("actions without owner or date: {count}", "count", h.Open))
	}
	if len(parts) > 0 {
		s.print("    " + strings.Join(parts, " · "))
	}
	s.print("    " + h.ID)
}

// trend tells how the first mail compares with the drill before.
func (s *session) trend(change *drill.Span) string {
	if change == nil {
		return ""
	}
	t := s.tongue
	switch d := time.Duration(*change).Round(100 * time.Millisecond); {
	case d < 0:
		return t.T(" ({span} faster than before)", "span", failover.Took(-d))
	case d > 0:
		return t.T(" ({span} slower than before)", "span", failover.Took(d))
	default:
		return t.T(" (as before)")
	}
}

// drillReportCommand writes the report of a drill, and adds to its record what comes
// up afterwards.
func (s *session) drillReportCommand() *cobra.Command {
	t := s.tongue
	var p paper
	var add additions
	c := &cobra.Command{
		Use: "report [ID|last]", Args: count(0, 1),
		Short: t.T("Write the report of a drill, or add to it what came up afterwards"),
		RunE: func(c *cobra.Command, a []string) error {
			s.adopt()
			name := "last"
			if len(a) > 0 {
				name = a[0]
			}
			tongue, err := p.tongue(s)
			if err != nil {
				return err
			}
			r, err := s.recordOf(c.Context(), name, add)
			if err != nil {
				return err
			}
			var b bytes.Buffer
			form := p.form(s, report.FormatMarkdown)
			damaged, err := engine.WriteReport(&b, s.history(), r, tongue, form)
			if err != nil {
				return err
			}
			if damaged != nil {
				s.warn(damaged)
			}
			return p.deliver(s, form, b.Bytes())
		},
	}
	p.flags(c, s, "md, html, json")
	c.Flags().StringArrayVar(&add.actions, "action", nil, t.T("add an `ACTION` to be done, as \"WHAT; OWNER; {day}\"; may be given several times", "day", "2026-12-01"))
	c.Flags().StringArrayVar(&add.better, "observe", nil, t.T("add a `NOTE` of what could be better, as \"WHO: TEXT\""))
	c.Flags().StringArrayVar(&add.well, "went-well", nil, t.T("add a `NOTE` of what went well, as \"WHO: TEXT\""))
	return c
}

// additions are what is added to a record.
type additions struct{ actions, better, well []string }

// recordOf loads the record of a drill, and adds to it.
func (s *session) recordOf(ctx context.Context, name string, add additions) (drill.Result, error) {
	var actions []drill.Action
	for _, text := range add.actions {
		a, err := readAction(text)
		if err != nil {
			return drill.Result{}, err
		}
		actions = append(actions, a)
	}
	var noticed []drill.Observation
	for i, text := range append(append([]string{}, add.better...), add.well...) {
		o, err := readObservation(text, s.Now(), i >= len(add.better))
		if err != nil {
			return drill.Result{}, err
		}
		noticed = append(noticed, o)
	}
	if len(actions)+len(noticed) == 0 {
		return s.history().Load(name)
	}
	_, data := s.Files(s.place)
	r, err := engine.AddToDrill(ctx, data, name, actions, noticed)
	if err == nil {
		s.note(s.tongue.T("Added to {id}: actions {actions}, observations {observations}.", "id", r.ID, "actions", len(actions), "observations", len(noticed)))
	}
	return r, err
}

// readAction reads "WHAT; OWNER; 2006-01-02"; owner and day may be left for later.
func readAction(text string) (drill.Action, error) {
	parts := strings.Split(strings.ReplaceAll(text, "；", ";"), ";")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	parts = append(parts, "", "")
	a := drill.Action{What: parts[0], Owner: parts[1], Due: parts[2]}
	if a.What == "" || len(parts) > 5 {
		return a, failover.Fail(failover.ErrInvalid, `--action is "WHAT; OWNER; DAY", not "{value}"`, "value", short(text))
	}
	if _, err := time.Parse(time.DateOnly, a.Due); a.Due != "" && err != nil {
		return a, failover.Fail(failover.ErrInvalid, "{value} is no day: write it like {day}", "value", short(a.Due), "day", "2006-01-02")
	}
	return a, nil
}

// readObservation reads "WHO: TEXT"; without a colon nobody is named.
func readObservation(text string, at time.Time, good bool) (drill.Observation, error) {
	who, rest, named := cutColon(text)
	if !named {
		who, rest = "", strings.TrimLeft(strings.TrimSpace(text), ":：")
	}
	if strings.TrimSpace(rest) == "" {
		return drill.Observation{}, failover.Fail(failover.ErrInvalid, `an observation is "WHO: TEXT", not "{value}"`, "value", short(text))
	}
	return drill.Observation{Who: who, Text: strings.TrimSpace(rest), At: at, Good: good}, nil
}
