package cli

import (
	"errors"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"lifeboat/app/engine"
	"lifeboat/app/presenter"
	"lifeboat/failover"
)

type checkFlags struct {
	to     string
	fresh  bool
	seed   bool
	file   string
	at     string
	passes bool
}

// checkCommand takes the preflight's evidence and shows it with its remedies.
func (s *session) checkCommand() *cobra.Command {
	t := s.tongue
	var f checkFlags
	c := &cobra.Command{
		Use:   "check [DOMAIN...]",
		Short: t.T("Try whether the secondary would take the mail of every recipient, and say what to mend"),
		RunE: func(c *cobra.Command, domains []string) error {
			to := failover.Role(f.to)
			if to != failover.Primary && to != failover.Secondary {
				return failover.Fail(failover.ErrInvalid, "--to is primary or secondary, not {value}", "value", f.to)
			}
			e, err := s.open()
			if err != nil {
				return err
			}
			if f.file != "" {
				if err := s.importEvidence(e, f, domains, to); err != nil {
					return err
				}
			}
			p := s.progress()
			report, err := e.Check(c.Context(), engine.CheckRequest{
				Domains: domains, To: to, Fresh: f.fresh, Seed: f.seed, Found: p.finding,
			})
			if err != nil {
				return err
			}
			if err := s.document(report); err != nil {
				return err
			}
			s.showReport(report, f.passes)
			if !report.Ready {
				return statusError{exitFailed}
			}
			return nil
		},
	}
	c.Flags().StringVar(&f.to, "to", string(failover.Secondary), t.T("the provider to try: primary or secondary"))
	c.Flags().BoolVar(&f.fresh, "fresh", false, t.T("try everything anew, also what is known from the last hours"))
	c.Flags().BoolVar(&f.seed, "seed", false, t.T("send a seed message through the provider's submission port"))
	c.Flags().StringVar(&f.file, "import", "", t.T("take in a result from another line: a report of lifeboat check --json, or a copied SMTP dialogue (- reads standard input)"))
	c.Flags().StringVar(&f.at, "at", "", t.T("when the imported dialogue took place, as 2006-01-02T15:04 (default: the file's time)"))
	c.Flags().BoolVar(&f.passes, "all", false, t.T("show what passes as well"))
	return c
}

// importEvidence takes in a file, or standard input.
func (s *session) importEvidence(e *engine.Engine, f checkFlags, domains []string, to failover.Role) error {
	at := s.Now()
	var r io.Reader = s.In
	if f.file != "-" {
		file, err := os.Open(f.file)
		if err != nil {
			return failover.Fail(failover.ErrInvalid, "{file} cannot be read", "file", f.file).Because(err)
		}
		defer func() { _ = file.Close() }() // only read
		if info, err := file.Stat(); err == nil {
			at = info.ModTime()
		}
		r = file
	}
	if f.at != "" {
		var err error
		if at, err = time.ParseInLocation("2006-01-02T15:04", f.at, time.Local); err != nil {
			return failover.Fail(failover.ErrInvalid, "--at is a time like 2006-01-02T15:04, not {value}", "value", f.at)
		}
	}
	count, err := e.ImportEvidence(r, at, domains, to)
	if err != nil {
		return err
	}
	s.note(s.tongue.T("Results taken in: {count}.", "count", count))
	return nil
}

// showReport tells the judgement of each domain, with what stands in the way and
// what to do about it.
func (s *session) showReport(r engine.CheckReport, passes bool) {
	for _, d := range r.Domains {
		parts := []any{"domain", failover.Display(d.Domain), "provider", d.Provider}
		switch {
		case d.Judgement.Allowed:
			s.printT("{domain}: ready. {provider} would take its mail.", parts...)
		case len(d.Judgement.Blocking) > 0:
			s.printT("{domain}: NOT READY. Mail led to {provider} would be lost or refused.", parts...)
		default:
			s.printT("{domain}: UNKNOWN. Nobody could look whether {provider} would take its mail.", parts...)
		}
		s.showFindings(d.Judgement.Blocking)
		s.showFindings(d.Judgement.Unknown)
		s.showFindings(d.Judgement.Warnings)
		if passes {
			var pass []failover.Finding
			for _, f := range r.Findings {
				if f.Domain == d.Domain && f.Verdict == failover.Pass {
					pass = append(pass, f)
				}
			}
			s.showFindings(pass)
		}
	}
}

// showFindings lists findings; one remedy that serves several is said once.
func (s *session) showFindings(list []failover.Finding) {
	for i, f := range list {
		age := s.tongue.Span(s.Now().Sub(f.At))
		s.print("  " + presenter.Verdict(s.tongue, f.Verdict) + "  " + s.say(f.Say) + s.tongue.T("  ({age} ago)", "age", age))
		if f.Verdict != failover.Pass {
			for _, l := range f.Evidence {
				s.print("        " + l)
			}
		}
		last := i+1 == len(list) || list[i+1].Remedy.String() != f.Remedy.String()
		if !f.Remedy.IsZero() && f.Verdict != failover.Pass && last {
			s.print(indent(s.say(f.Remedy), "      → "))
		}
	}
}

// withRemedies shows all of a refusal, and ends with its status.
func (s *session) withRemedies(err error) error {
	var refused *engine.RefusedError
	if !errors.As(err, &refused) {
		return err
	}
	shown := map[string]bool{}
	for _, r := range refusals(err) {
		if shown[r.Domain] {
			continue
		}
		shown[r.Domain] = true
		s.tellRefusal(*r)
	}
	if s.json {
		if derr := s.document(map[string]any{"error": refused.Error(), "refused": refusals(err)}); derr != nil {
			return derr
		}
	}
	return statusError{exitFailed}
}

func (s *session) tellRefusal(r engine.RefusedError) {
	t := s.tongue
	s.note("lifeboat: " + t.T("{domain} is not switched: nothing was changed.", "domain", failover.Display(r.Domain)))
	for _, list := range [][]failover.Finding{r.Blocking, r.Unknown} {
		for _, f := range list {
			s.note("  " + presenter.Verdict(s.tongue, f.Verdict) + "  " + s.say(f.Say))
			if !f.Remedy.IsZero() {
				s.note(indent(s.say(f.Remedy), "      → "))
			}
		}
	}
	s.note("  " + t.T(`To go on all the same, with your reason in the journal: --override "REASON"`))
}

// refusals finds every refusal joined in an error.
func refusals(err error) []*engine.RefusedError {
	var r *engine.RefusedError
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var out []*engine.RefusedError
		for _, e := range joined.Unwrap() {
			out = append(out, refusals(e)...)
		}
		return out
	}
	if errors.As(err, &r) {
		return []*engine.RefusedError{r}
	}
	return nil
}
