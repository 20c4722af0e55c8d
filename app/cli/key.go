package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"lifeboat/app/engine"
	"lifeboat/failover"
	"lifeboat/mailstore/keys"
)

// keyCommand manages the ways to open the mirrored mail.
func (s *session) keyCommand() *cobra.Command {
	t := s.tongue
	c := &cobra.Command{Use: "key", Short: t.T("Keep the ways to open the mirrored mail: keychain, passphrase, this machine, recovery code"), RunE: onlyBelow}
	c.AddCommand(s.keyList(), s.keyAdd(), s.keyRevoke(), s.keyRecover())
	return c
}

func (s *session) keyList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: s.tongue.T("List the ways to open the mirrored mail"), Args: count(0, 0),
		RunE: func(*cobra.Command, []string) error {
			e, err := s.open()
			if err != nil {
				return err
			}
			slots, err := e.KeySlots()
			if err != nil {
				return err
			}
			if len(slots) == 0 {
				s.printT("There is no key yet: the first lifeboat mirror makes one.")
			}
			for _, slot := range slots {
				s.print(slot.ID + "  " + fit(s.slotKind(slot.Kind), widestKind) + "  " + slot.Made.Local().Format("2006-01-02 15:04") + "  " + oneLine(slot.Label))
			}
			return s.document(append([]keys.Slot{}, slots...))
		},
	}
}

const widestKind = 20

func (s *session) slotKind(k keys.Kind) string {
	switch k {
	case keys.InKeychain:
		return s.tongue.T("keychain")
	case keys.Machine:
		return s.tongue.T("this machine")
	case keys.Passphrase:
		return s.tongue.T("passphrase")
	case keys.Recovery:
		return s.tongue.T("recovery code")
	}
	return string(k)
}

// addedKey is the document of a new slot. The code is in it only where it was asked
// for, since documents end up in logs.
type addedKey struct {
	Slot keys.Slot `json:"slot"`
	Code string    `json:"recovery_code,omitempty"`
}

func (s *session) keyAdd() *cobra.Command {
	t := s.tongue
	var label string
	var inDocument bool
	c := &cobra.Command{
		Use:       "add keychain|passphrase|machine|recovery",
		Short:     t.T("Add a way to open the mirrored mail"),
		Args:      count(1, 1),
		ValidArgs: []string{string(keys.InKeychain), string(keys.Passphrase), string(keys.Machine), string(keys.Recovery)},
		RunE: func(c *cobra.Command, a []string) error {
			if inDocument && !s.json {
				return failover.Fail(failover.ErrInvalid, "--code goes with --json")
			}
			e, err := s.open()
			if err != nil {
				return err
			}
			slot, code, err := e.AddKey(c.Context(), keys.Kind(a[0]), label)
			if err != nil {
				return err
			}
			doc := addedKey{Slot: slot}
			switch {
			case inDocument:
				doc.Code = code
			case code != "":
				s.showCode(code)
			}
			s.printT("Added: {id}", "id", slot.ID)
			return s.document(doc)
		},
	}
	c.Flags().StringVar(&label, "label", "", t.T("a `TEXT` to know it by"))
	c.Flags().BoolVar(&inDocument, "code", false, t.T("with --json: put a new recovery code into the document"))
	return c
}

func (s *session) keyRevoke() *cobra.Command {
	t := s.tongue
	var yes, last bool
	c := &cobra.Command{
		Use: "revoke ID", Short: t.T("Take a way to open the mirrored mail away"), Args: count(1, 1),
		RunE: func(c *cobra.Command, a []string) error {
			e, err := s.open()
			if err != nil {
				return err
			}
			if !yes {
				switch sure, err := s.ask(c.Context(), t.T("Take away {id}? Whoever has only that cannot open the mail any more.", "id", a[0])); {
				case err != nil:
					return err
				case !sure:
					return engine.ErrDeclined
				}
			}
			if err := e.RevokeKey(c.Context(), a[0], last); err != nil {
				return err
			}
			s.printT("Taken away: {id}", "id", a[0])
			return s.document(map[string]any{"id": a[0], "revoked": true})
		},
	}
	c.Flags().BoolVarP(&yes, "yes", "y", false, t.T("do not ask"))
	c.Flags().BoolVar(&last, "last-recovery", false, t.T("also the last recovery code"))
	return c
}

func (s *session) keyRecover() *cobra.Command {
	t := s.tongue
	return &cobra.Command{
		Use: "recover", Short: t.T("Open the mirrored mail with the recovery code, on this computer from now on; the code is typed unseen, or piped in"), Args: count(0, 0),
		RunE: func(c *cobra.Command, _ []string) error {
			e, err := s.open()
			if err != nil {
				return err
			}
			code, err := s.readCode(c.Context())
			if err != nil {
				return err
			}
			slot, err := e.RecoverKey(c.Context(), code)
			if err != nil {
				return err
			}
			s.printT("Opened. From now on it is opened with: {kind}", "kind", s.slotKind(slot.Kind))
			return s.document(addedKey{Slot: slot})
		},
	}
}

// readCode takes the recovery code from the environment, the terminal or a pipe.
func (s *session) readCode(ctx context.Context) (string, error) {
	if code := s.Getenv(engine.RecoveryVariable); code != "" {
		return code, nil
	}
	code, err := s.readSecret(ctx, s.tongue.T("the recovery code"))
	return strings.TrimSpace(code), err
}
