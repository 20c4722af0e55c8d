package cli

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"lifeboat/app/engine"
	"lifeboat/failover"
)

// KitVariable is the environment variable with a hand-over kit's passphrase.
const KitVariable = "LIFEBOAT_KIT_PASSPHRASE"

// kitCommand hands Lifeboat over to another computer.
func (s *session) kitCommand() *cobra.Command {
	c := &cobra.Command{Use: "kit", Short: s.tongue.T("Hand over to another computer or admin: settings, secrets and the key of the mail in one encrypted file"), RunE: onlyBelow}
	c.AddCommand(s.kitExport(), s.kitImport())
	return c
}

func (s *session) kitExport() *cobra.Command {
	return &cobra.Command{
		Use: "export FILE", Short: s.tongue.T("Write a hand-over kit, encrypted with a passphrase that you choose"), Args: count(1, 1),
		RunE: func(c *cobra.Command, a []string) error {
			e, err := s.open()
			if err != nil {
				return err
			}
			if _, err := os.Stat(a[0]); err == nil {
				return failover.Fail(failover.ErrInvalid, "{file} is there already: give another name", "file", a[0])
			}
			passphrase, err := s.kitPassphrase(c.Context(), true)
			if err != nil {
				return err
			}
			var kit bytes.Buffer
			if err := e.HandOver(c.Context(), &kit, passphrase); err != nil {
				return err
			}
			if err := writeKit(a[0], kit.Bytes()); err != nil {
				return err
			}
			s.printT("Written: {file}", "file", a[0])
			s.note(s.tongue.T("Whoever has this file and its passphrase has everything: keep the two apart, and remove the file when it has been taken over."))
			return s.document(map[string]any{"file": a[0], "bytes": kit.Len()})
		},
	}
}

// writeKit writes a file that only its owner may read, wholly or not at all, and over
// nothing.
func writeKit(name string, data []byte) error {
	failed := func(err error) error {
		return failover.Fail(failover.ErrDisk, "{file} could not be written: make room, or choose another place", "file", name).Because(err)
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return failover.Fail(failover.ErrInvalid, "{file} is there already: give another name", "file", name)
	}
	if err != nil {
		return failed(err)
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		_ = os.Remove(name) // half a kit is none
		return failed(err)
	}
	return nil
}

func (s *session) kitImport() *cobra.Command {
	t := s.tongue
	var overwrite bool
	c := &cobra.Command{
		Use: "import FILE", Short: t.T("Take over on this computer with a hand-over kit"), Args: count(1, 1),
		RunE: func(c *cobra.Command, a []string) error {
			f, err := os.Open(a[0])
			if err != nil {
				return failover.Fail(failover.ErrInvalid, "the hand-over kit {file} cannot be read: check that it is a file and that you may read it", "file", a[0]).Because(err)
			}
			defer func() { _ = f.Close() }() // it was only read
			passphrase, err := s.kitPassphrase(c.Context(), false)
			if err != nil {
				return err
			}
			o := s.TakeOver(s.place)
			o.Overwrite = overwrite
			took, err := engine.TakeOver(c.Context(), f, passphrase, o)
			if err != nil {
				return err
			}
			s.printT("Taken over from {machine}: the settings are in {file}; secrets that are kept here now: {count}.", "machine", took.From, "file", took.File, "count", len(took.Secrets))
			if took.Key {
				s.printT("Mirrored mail opens here, too: copy the folder \"mail\" of the other computer's data folder, all but keys.json, or run: lifeboat mirror")
			}
			return s.document(took)
		},
	}
	c.Flags().BoolVar(&overwrite, "overwrite", false, t.T("replace settings and secrets that are here already"))
	return c
}

// kitPassphrase asks for the passphrase unseen, for a new one twice; where nobody is
// there, it is in the environment.
func (s *session) kitPassphrase(ctx context.Context, fresh bool) (string, error) {
	if p := s.Getenv(KitVariable); p != "" {
		return p, nil
	}
	if !s.Terminal {
		return "", failover.Fail(failover.ErrInvalid, "the kit's passphrase is typed at a terminal, or given as {variable} in the environment", "variable", KitVariable)
	}
	question := s.tongue.T("Passphrase of the kit (not shown):")
	if fresh {
		question = s.tongue.T("Choose a passphrase for the kit (not shown):")
	}
	first, err := s.unseen(ctx, question)
	if err != nil || !fresh {
		return first, err
	}
	second, err := s.unseen(ctx, s.tongue.T("The same passphrase again (not shown):"))
	if err == nil && second != first {
		err = failover.Fail(failover.ErrInvalid, "the two passphrases differ; nothing was written")
	}
	return first, err
}

func (s *session) unseen(ctx context.Context, question string) (string, error) {
	s.note(question)
	text, err := s.ReadSecret(ctx)
	s.note("") // the line's end was not shown either
	return text, err
}
