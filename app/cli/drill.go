package cli

import (
	"errors"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lifeboat/app/engine"
	"lifeboat/failover"
	"lifeboat/failover/drill"
)

// drillCommand rehearses outages, and tells of those rehearsed.
func (s *session) drillCommand() *cobra.Command {
	c := &cobra.Command{Use: "drill", Short: s.tongue.T("Rehearse outages, with measured results"), RunE: onlyBelow}
	c.AddCommand(s.drillListCommand(), s.drillRunCommand(), s.drillHistoryCommand(), s.drillReportCommand())
	return c
}

// history is that of the data folder. It needs no settings.
func (s *session) history() *drill.History {
	_, data := s.Files(s.place)
	return engine.Drills(data)
}

// listed is one scenario in the list.
type listed struct {
	Name  string         `json:"name"`
	Title string         `json:"title"` // in English; what is printed is translated
	Kinds []drill.Kind   `json:"kinds"`
	Lasts drill.Span     `json:"lasts"`
	Last  *drill.Summary `json:"last,omitempty"`
}

func (s *session) drillListCommand() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: s.tongue.T("List the scenarios, with how each went last"), Args: count(0, 0),
		RunE: func(*cobra.Command, []string) error {
			s.adopt()
			all, err := engine.Scenarios()
			if err != nil {
				return err
			}
			held, damaged := s.history().List()
			out := make([]listed, len(all))
			for i, sc := range all {
				out[i] = listed{Name: sc.Name, Title: sc.Title, Kinds: sc.Kinds, Lasts: sc.Lasts, Last: lastOf(held, sc.Name)}
			}
			if err := s.document(out); err != nil {
				return err
			}
			for _, l := range out {
				s.showListed(l)
			}
			s.printT("To rehearse one: lifeboat drill run NAME --unattended")
			if damaged != nil {
				s.warn(damaged)
			}
			return nil
		},
	}
}

// lastOf finds the newest drill of a scenario; the list has the newest first.
func lastOf(held []drill.Summary, name string) *drill.Summary {
	for i := range held {
		if held[i].Scenario == name {
			return &held[i]
		}
	}
	return nil
}

func (s *session) showListed(l listed) {
	t := s.tongue
	s.print(l.Name)
	s.print("    " + s.text(l.Title))
	kinds := make([]string, len(l.Kinds))
	for i, k := range l.Kinds {
		kinds[i] = string(k)
	}
	line := strings.Join(kinds, ", ")
	if l.Lasts > 0 {
		line += " · " + t.T("about {span} at the table", "span", t.Span(time.Duration(l.Lasts)))
	}
	switch {
	case l.Last == nil:
		line += " · " + t.T("not rehearsed yet")
	case l.Last.Passed:
		line += " · " + t.T("last {when}: passed", "when", l.Last.Started.Local().Format("2006-01-02 15:04"))
	default:
		line += " · " + t.T("last {when}: not passed", "when", l.Last.Started.Local().Format("2006-01-02 15:04"))
	}
	s.print("    " + line)
}

// text tells a scenario's own text, which is a template without parts.
func (s *session) text(template string) string {
	return s.tongue.Say(failover.Sentence{Template: template})
}

// warn tells what is wrong and stops nothing.
func (s *session) warn(err error) {
	for _, l := range s.tongue.Errors(err) {
		s.note(s.tongue.Whole(l))
	}
}

// keep saves a drill's record, and shows it. What could not be saved is shown all the
// same.
func (s *session) keep(r drill.Result, broke error) error {
	saved := s.history().Save(r)
	if err := s.document(r); err != nil {
		return errors.Join(err, saved)
	}
	s.showResult(r)
	if saved == nil && !s.json {
		s.printT("The report: lifeboat drill report {id}", "id", r.ID)
	}
	if err := errors.Join(broke, saved); err != nil {
		for _, l := range s.tongue.Errors(stoppedDrill(err)) {
			s.note("lifeboat: " + s.tongue.Whole(l))
		}
		return statusError{statusOf(err)}
	}
	if !r.Passed && r.Kind != drill.Tabletop { // where nothing is measured, nothing fails
		return statusError{exitFailed}
	}
	return nil
}

// stoppedDrill says of a drill that somebody ended with Ctrl-C what has become of it.
func stoppedDrill(err error) error {
	if !isCanceled(err) {
		return err
	}
	return failover.Fail(failover.ErrWaiting, "the drill was stopped; what was measured until then is kept").Because(err)
}
