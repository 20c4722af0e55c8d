package cli

import (
	"context"
	"os"
	"time"

	"github.com/spf13/cobra"

	"lifeboat/app/engine"
	"lifeboat/failover"
)

type checkFlags struct {
	to     string
	fresh  bool
	seed   bool
	file   string
	at     string
	passes bool
	// arrived are addresses whose seed message was seen to arrive.
	arrived []string
	connect connectFlags
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
			if f.connect.wanted() {
				return s.connections(c.Context(), e, f, domains)
			}
			if f.file != "" {
				if err := s.importEvidence(c.Context(), e, f, domains, to); err != nil {
					return err
				}
			}
			if len(f.arrived) > 0 {
				count, err := e.Arrived(c.Context(), f.arrived, domains, to)
				if err != nil {
					return err
				}
				s.note(s.tongue.T("Results taken in: {count}.", "count", count))
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
			s.lastConnections(c.Context(), e)
			if !report.Ready {
				return statusError{exitFailed}
			}
			return nil
		},
	}
	c.Flags().StringVar(&f.to, "to", string(failover.Secondary), t.T("the `PROVIDER` to try: primary, or secondary as without this flag"))
	c.Flags().Lookup("to").DefValue = "" // the text says it
	c.Flags().BoolVar(&f.fresh, "fresh", false, t.T("try everything anew, also what is known from the last hours"))
	c.Flags().BoolVar(&f.seed, "seed", false, t.T("send a seed message through the provider's submission port"))
	c.Flags().StringSliceVar(&f.arrived, "arrived", nil, t.T("say that the seed message to `ADDRESS` was seen to arrive"))
	c.Flags().StringVar(&f.file, "import", "", t.T("take in `FILE`, a result from another line: a report of lifeboat check --json, or a copied SMTP dialogue (- reads standard input)"))
	c.Flags().StringVar(&f.at, "at", "", t.T("`TIME` of the imported dialogue, as 2006-01-02T15:04 (default: the file's time)"))
	c.Flags().BoolVar(&f.connect.on, "connections", false, t.T("test the connections of both providers and of the emergency subdomain instead; with --seed, messages out and back as well"))
	c.Flags().StringSliceVar(&f.connect.tests, "test", nil, t.T("only the connectivity test `TEST` (dns, mx-names, port25, smtp, tls, rcpt, unknown, submission, imap, senders, dns-host, seed)"))
	c.Flags().StringSliceVar(&f.connect.sides, "side", nil, t.T("only the connections of `SIDE`: primary, secondary or emergency"))
	c.Flags().BoolVar(&f.connect.last, "last", false, t.T("show what the connectivity tests found before, and test nothing"))
	c.Flags().BoolVar(&f.passes, "all", false, t.T("show what passes as well"))
	return c
}

// importEvidence takes in a file, or standard input.
func (s *session) importEvidence(ctx context.Context, e *engine.Engine, f checkFlags, domains []string, to failover.Role) error {
	var at time.Time // what comes by standard input does not say when it was
	r := s.In
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
	count, err := e.ImportEvidence(ctx, r, at, domains, to)
	if err != nil {
		return err
	}
	s.note(s.tongue.T("Results taken in: {count}.", "count", count))
	return nil
}
