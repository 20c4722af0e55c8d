package cli

import (
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lifeboat/app/engine"
	"lifeboat/failover"
)

// relayStatus says whether mail is taken in and sent on here, and how much waits.
func (s *session) relayStatus() *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: s.tongue.T("Say whether mail is taken in and sent on here"), Args: count(0, 0),
		RunE: func(c *cobra.Command, _ []string) error {
			e, err := s.open()
			if err != nil {
				return err
			}
			st := e.Serving(c.Context())
			if err := s.document(st); err != nil {
				return err
			}
			s.showServing(st)
			if !st.Running || !st.Say.IsZero() {
				return statusError{exitFailed}
			}
			return nil
		},
	}
}

func (s *session) showServing(st engine.ServeStatus) {
	t := s.tongue
	switch {
	case !st.Say.IsZero():
		s.print("! " + s.say(st.Say))
	case !st.Running:
		s.printT("No Lifeboat is running here, so no mail is taken in or sent on: lifeboat serve does that.")
	default:
		s.printT("Lifeboat {version} has been running since {when} (process {pid}).",
			"version", oneLine(st.Version), "when", t.Clock(st.Started, s.Now()), "pid", st.PID)
	}
	if len(st.Listen) > 0 {
		s.printT("Mail is handed in at {addresses}.", "addresses", oneLine(strings.Join(st.Listen, ", ")))
	}
	for _, p := range st.Parts {
		s.showPart(p)
	}
	if st.Running {
		s.showSums(st.Queue, s.Now())
	}
	for _, r := range st.Routes {
		s.printT("{domain}: mail leaves through {role}.", "domain", failover.Display(r.Domain), "role", s.roleWord(r.Role))
	}
}

func (s *session) showPart(p engine.PartStatus) {
	if p.Up {
		s.print("  " + s.partWord(p.Part, p.Domain) + ": " + s.tongue.T("running"))
		return
	}
	told := []string{s.tongue.T("{part}: not running.", "part", s.partWord(p.Part, p.Domain))}
	if !p.Say.IsZero() {
		told = append(told, s.say(p.Say))
	}
	s.print("! " + oneLine(sentences(append(told, s.again(p.Retry))...)))
}

// sentences puts sentences one behind the other: with a space between them, but for the
// full-width stop, which brings its own.
func sentences(list ...string) string {
	var b strings.Builder
	for _, one := range list {
		if one == "" {
			continue
		}
		if sofar := b.String(); sofar != "" && !strings.HasSuffix(sofar, "。") {
			b.WriteByte(' ')
		}
		b.WriteString(one)
	}
	return b.String()
}

// again tells when something is tried again.
func (s *session) again(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return s.tongue.T("Tried again at {when}.", "when", s.tongue.Clock(at, s.Now()))
}

// partWord names a part of what serves.
func (s *session) partWord(p engine.Part, domain string) string {
	t := s.tongue
	switch p {
	case engine.PartRelay:
		return t.T("send route")
	case engine.PartSubmit:
		return t.T("mail taken in")
	case engine.PartMirror:
		return t.T("mirror")
	case engine.PartWatch:
		return t.T("watch of {domain}", "domain", failover.Display(domain))
	case engine.PartFaces:
		return t.T("link to other commands and windows")
	}
	return oneLine(string(p))
}
