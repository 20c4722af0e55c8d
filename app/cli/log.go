package cli

import (
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lifeboat/app/engine"
	"lifeboat/app/presenter"
	"lifeboat/failover"
)

// logCommand tells what happened.
func (s *session) logCommand() *cobra.Command {
	t := s.tongue
	var req engine.LogRequest
	var since, until string
	var kinds []string
	var details bool
	c := &cobra.Command{
		Use:   "log",
		Short: t.T("Tell what happened: switches, what was found, what had to wait, who read whose mail, drills"),
		Args:  count(0, 0),
		RunE: func(c *cobra.Command, _ []string) (err error) {
			if req.Since, err = moment(since, s.Now()); err != nil {
				return err
			}
			if req.Until, err = moment(until, s.Now()); err != nil {
				return err
			}
			if req.Kinds, err = logKinds(kinds); err != nil {
				return err
			}
			e, err := s.open()
			if err != nil {
				return err
			}
			entries, unread := e.Logbook(c.Context(), req)
			if err := s.document(append([]engine.LogEntry{}, entries...)); err != nil {
				return err
			}
			if !s.json {
				s.showLog(entries, details)
			}
			for _, line := range s.tongue.Errors(unread) { // the rest is told all the same
				s.note(s.tongue.Whole(line))
			}
			if unread != nil {
				return statusError{exitFailed}
			}
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&since, "since", "", t.T("not before this `TIME`: 2h, 3d, 2026-11-01 or 2026-11-01 09:30"))
	f.StringVar(&until, "until", "", t.T("not after this `TIME`"))
	f.StringSliceVar(&kinds, "kind", nil, t.T("only entries of this `KIND`: {kinds}", "kinds", strings.Join(knownLogKinds(), ", ")))
	f.IntVar(&req.Limit, "limit", usualLog, t.T("at most so many entries, the newest, a `NUMBER`"))
	f.BoolVar(&details, "details", false, t.T("with all that is known of each entry"))
	return c
}

// usualLog is how many entries are told where nobody says.
const usualLog = 100

func knownLogKinds() (out []string) {
	for _, k := range engine.LogKinds() {
		out = append(out, string(k))
	}
	return out
}

func logKinds(named []string) (out []engine.LogKind, err error) {
	for _, k := range named {
		if !slices.Contains(knownLogKinds(), k) {
			return nil, failover.Fail(failover.ErrInvalid, "the log has no entries of the kind {value}; there are {known}",
				"value", k, "known", strings.Join(knownLogKinds(), ", "))
		}
		out = append(out, engine.LogKind(k))
	}
	return out, nil
}

// showLog prints entries, newest first.
func (s *session) showLog(entries []engine.LogEntry, details bool) {
	if len(entries) == 0 {
		s.printT("The log has nothing of this.")
	}
	for _, l := range entries {
		line := l.At.Local().Format(time.DateTime) + "  " + verdictSign(l.Verdict) + " "
		line += fit(presenter.LogKind(s.tongue, l.Kind), widestLogKind) + "  " + oneLine(s.say(l.Say))
		if about := oneLine(s.tongue.Say(l.About)); about != "" {
			line += " (" + about + ")"
		}
		s.print(line)
		if !details {
			continue
		}
		if l.Who != "" {
			s.print("    " + s.tongue.T("by {who}", "who", oneLine(l.Who)))
		}
		for _, d := range l.Details {
			at := ""
			if !d.At.IsZero() {
				at = d.At.Local().Format(time.DateTime) + "  "
			}
			s.print("    " + verdictSign(d.Verdict) + " " + at + oneLine(s.say(d.Say)))
		}
		for _, x := range l.Exact {
			s.print("    « " + oneLine(x))
		}
	}
}

// widestLogKind is how many columns the longest name of a kind takes.
const widestLogKind = 10

func verdictSign(v failover.Verdict) string {
	switch v {
	case failover.Pass:
		return "✓"
	case failover.Warn:
		return "!"
	case failover.Red:
		return "×"
	case failover.Unknown:
		return "?"
	default:
		return " "
	}
}
