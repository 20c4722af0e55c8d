package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"lifeboat/app/engine"
	"lifeboat/failover"
)

type showFlags struct {
	readFlags
	account string
	raw     bool
	save    string
	out     string
}

func (s *session) mailShow() *cobra.Command {
	t := s.tongue
	var f showFlags
	c := &cobra.Command{
		Use: "show ID", Short: t.T("Show a message, save an attachment, or give its exact bytes"), Args: count(1, 1),
		RunE: func(c *cobra.Command, a []string) error {
			return s.openMail(c.Context(), f.readFlags, f.account, func(m engine.MailSource) error {
				switch {
				case f.raw && f.save != "":
					return failover.Fail(failover.ErrInvalid, "--raw and --save do not go together")
				case f.raw:
					return s.rawMail(c.Context(), m, a[0], f.out)
				case f.save != "":
					return s.savePart(c.Context(), m, a[0], f)
				case f.out != "":
					return failover.Fail(failover.ErrInvalid, "--out goes with --raw or --save")
				}
				shown, err := m.Show(c.Context(), a[0])
				if err != nil {
					return err
				}
				if err := s.document(shown); err != nil {
					return err
				}
				s.showMail(shown)
				return nil
			})
		},
	}
	s.readingFlags(c, &f.readFlags)
	c.Flags().StringVar(&f.account, "account", "", t.T("with --at: whose mailbox, an `ADDRESS`"))
	c.Flags().BoolVar(&f.raw, "raw", false, t.T("the message's bytes, exactly as the primary served them"))
	c.Flags().StringVar(&f.save, "save", "", t.T("save this attachment, a `PART` as listed below the text"))
	c.Flags().StringVarP(&f.out, "out", "o", "", t.T("with --raw or --save: into this `FILE`"))
	return c
}

// rawMail writes a message's bytes to standard output or into a file.
func (s *session) rawMail(ctx context.Context, m engine.MailSource, id, file string) error {
	if file == "" {
		if s.json {
			return failover.Fail(failover.ErrInvalid, "bytes are no JSON document: leave --json out, or add --out FILE")
		}
		return m.Raw(ctx, id, s.Out)
	}
	w, err := newFile(file)
	if err != nil {
		return err
	}
	if err := finish(w, m.Raw(ctx, id, w)); err != nil {
		return err
	}
	s.printT("Written to {file}.", "file", file)
	return s.document(map[string]any{"file": file})
}

// savePart saves an attachment, under its own name in this folder unless told
// otherwise.
func (s *session) savePart(ctx context.Context, m engine.MailSource, id string, f showFlags) error {
	var w *os.File
	name := f.out
	err := m.Part(ctx, id, f.save, func(a engine.AttachedFile) (io.Writer, error) {
		if name == "" {
			name = filepath.Base(strings.TrimLeft(oneLine(a.Name), "."))
		}
		var err error
		w, err = newFile(name)
		return w, err
	})
	if w == nil {
		return err
	}
	if err := finish(w, err); err != nil {
		return err
	}
	s.printT("Written to {file}.", "file", name)
	return s.document(map[string]any{"file": name})
}

// newFile makes a file that was not there: what lies in a folder already is never
// replaced by what somebody sent.
func newFile(name string) (*os.File, error) {
	w, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, failover.Fail(failover.ErrDisk, "{file} cannot be made: it is there already, or its folder cannot be written to", "file", name).Because(err)
	}
	return w, nil
}

// finish closes a file that was written, and takes away one that is not whole.
func finish(w *os.File, err error) error {
	if closed := w.Close(); err == nil && closed != nil {
		err = failover.Fail(failover.ErrDisk, "{file} could not be written: see whether the disk is full", "file", w.Name()).Because(closed)
	}
	if err != nil {
		_ = os.Remove(w.Name()) // what is left is not the message
	}
	return err
}

// showMail shows a message as a person reads it.
func (s *session) showMail(m engine.ShownMail) {
	t := s.tongue
	var b bytes.Buffer
	head := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%s %s\n", fit(name, headColumns), oneLine(value))
		}
	}
	head(t.T("From:"), strings.Join(m.From, ", "))
	head(t.T("To:"), strings.Join(m.To, ", "))
	head(t.T("Cc:"), strings.Join(m.Cc, ", "))
	head(t.T("Subject:"), m.Subject)
	if !m.Date.IsZero() {
		head(t.T("Date:"), m.Date.Format("2006-01-02 15:04:05 -0700"))
	}
	head(t.T("Received:"), m.Received.Local().Format("2006-01-02 15:04:05 -0700"))
	head(t.T("Mailbox:"), m.Account+"  "+strings.Join(m.Folders, ", "))
	if !m.HiddenSince.IsZero() {
		head(t.T("Hidden:"), t.T("the primary no longer had it at {when}", "when", t.Clock(m.HiddenSince, s.Now())))
	}
	b.WriteByte('\n')
	for _, l := range lines(m.Text) {
		b.WriteString(l + "\n")
	}
	if m.Cut {
		b.WriteString("\n" + t.T("[The text goes on; --raw gives all of it.]") + "\n")
	}
	if len(m.Notes) > 0 {
		b.WriteByte('\n')
	}
	for _, n := range m.Notes {
		b.WriteString("! " + oneLine(s.say(n)) + "\n")
	}
	if len(m.Attached) > 0 {
		b.WriteString("\n" + t.T("Attachments (--save PART saves one):") + "\n")
	}
	for _, a := range m.Attached {
		fmt.Fprintf(&b, "  %s  %s  %s  %s\n", fit(a.Part, partColumns), oneLine(a.Name), oneLine(a.Type), size(a.Size))
	}
	s.print(strings.TrimSuffix(b.String(), "\n"))
}

const (
	headColumns = 10
	partColumns = 5
)
