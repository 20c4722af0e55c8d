package cli

import (
	"time"

	"github.com/spf13/cobra"

	"lifeboat/app/engine"
	"lifeboat/failover"
	"lifeboat/mailstore/export"
)

func (s *session) mailExport() *cobra.Command {
	t := s.tongue
	var req engine.ExportRequest
	var f readFlags
	var format string
	c := &cobra.Command{
		Use: "export TARGET", Short: t.T("Write mirrored mail as files that any mail program reads, with a list of their SHA-256 sums"), Args: count(1, 1),
		RunE: func(c *cobra.Command, a []string) error {
			req.Target, req.Format = a[0], export.Format(format)
			if sel := req.Selection; len(req.IDs) > 0 && (req.Query != "" || sel.Account != "" && f.at == "" || sel.Folder != "" || sel.Gone) {
				return failover.Fail(failover.ErrInvalid, "--id names the messages, so it goes with none of --account, --folder, --gone and --search")
			}
			switch req.Format {
			case export.EML, export.Mbox, export.Zip:
			default:
				return failover.Fail(failover.ErrInvalid, "--format takes eml, mbox or zip, not {value}", "value", format)
			}
			req.Tell = s.movedSoFar()
			return s.openMail(c.Context(), f, req.Selection.Account, func(m engine.MailSource) error {
				got, err := m.Export(c.Context(), req)
				if err != nil {
					return err
				}
				if err := s.document(got); err != nil {
					return err
				}
				s.noteLocked(got.Locked)
				if got.Messages == 1 {
					s.printT("Exported to {file}: one message, {size}.", "file", got.Target, "size", size(got.Bytes))
				} else {
					s.printT("Exported to {file}: {count} messages, {size}.", "file", got.Target, "count", got.Messages, "size", size(got.Bytes))
				}
				return s.unmoved(got.LeftOut)
			})
		},
	}
	s.selectionFlags(c, &req.Selection)
	s.readingFlags(c, &f)
	c.Flags().StringSliceVar(&req.IDs, "id", nil, t.T("only these messages, `IDS` separated by commas"))
	c.Flags().StringVar(&format, "format", string(export.EML), t.T("eml (a folder with a file for each message), mbox (a file for each mail folder) or zip: a `FORMAT`"))
	c.Flags().StringVar(&req.Query, "search", "", t.T("only what this `QUERY` finds, as in mail search"))
	return c
}

func (s *session) mailImport() *cobra.Command {
	t := s.tongue
	var req engine.ImportRequest
	c := &cobra.Command{
		Use: "import FILE...", Short: t.T("Bring mail files (eml, mbox, or folders of them) in, to have something to read when the primary is down already"), Args: count(1, -1),
		RunE: func(c *cobra.Command, files []string) error {
			e, err := s.open()
			if err != nil {
				return err
			}
			req.Paths, req.Code, req.Tell = files, s.showCode, s.movedSoFar()
			got, err := e.ImportMail(c.Context(), req)
			if err != nil {
				return err
			}
			if err := s.document(got); err != nil {
				return err
			}
			s.printT("Imported: {count} messages, {size}; {known} of them were here already.",
				"count", got.Messages, "size", size(got.Bytes), "known", got.Known)
			return s.unmoved(got.LeftOut)
		},
	}
	c.Flags().StringVar(&req.Account, "account", "", t.T("the mailbox that the mail is for, an `ADDRESS`"))
	c.Flags().StringVar(&req.Folder, "folder", "", t.T("the folder that it goes to, a `NAME` (default: Imported)"))
	return c
}

// movedSoFar counts messages at a terminal.
func (s *session) movedSoFar() func(export.Progress) {
	told := s.Now()
	return func(p export.Progress) {
		if now := s.Now(); s.Terminal && now.Sub(told) > movedToldEvery {
			told = now
			s.note(s.tongue.T("So far: {count} messages, {size}", "count", p.Messages, "size", size(p.Bytes)))
		}
	}
}

const movedToldEvery = 2 * time.Second

// unmoved tells what was left out; that is a failure, though the rest is done.
func (s *session) unmoved(list []engine.UnmovedMail) error {
	for _, l := range list {
		s.print("! " + s.tongue.T("Left out: {message}. {why}", "message", oneLine(l.Path), "why", s.say(l.Why)))
	}
	if len(list) > 0 {
		return statusError{exitFailed}
	}
	return nil
}
