package cli

import (
	"bufio"
	"context"
	"strings"

	"github.com/spf13/cobra"

	"lifeboat/configs/secret"
	"lifeboat/failover"
)

// Secrets keeps secrets by name.
type Secrets interface {
	Set(ctx context.Context, name string, v secret.Value) (secret.Place, error)
	SetAll(ctx context.Context, values map[string]secret.Value) (map[string]secret.Place, error)
	Remove(ctx context.Context, name string) error
	List() ([]secret.Entry, error)
}

// secretCommand manages what the settings refer to as secret:NAME. A value is
// typed unseen or piped in; it is never an argument, which other users of the
// machine could see.
func (s *session) secretCommand() *cobra.Command {
	t := s.tongue
	c := &cobra.Command{Use: "secret", Short: t.T("Keep passwords and keys that the settings refer to as secret:NAME"), RunE: onlyBelow}
	c.AddCommand(
		s.secretSet(), s.secretRemove(),
		&cobra.Command{
			Use: "list", Short: t.T("List the names of the secrets, never their values"), Args: count(0, 0),
			RunE: func(*cobra.Command, []string) error {
				entries, err := s.Secrets(s.place).List()
				if err != nil {
					return err
				}
				if len(entries) == 0 {
					s.printT("No secret is kept here yet: lifeboat secret set NAME keeps one.")
				}
				mailboxes := s.mailboxesBySecret()
				for _, e := range entries {
					line := e.Name + "  " + s.secretPlace(e.Place)
					if address := mailboxes[e.Name]; address != "" {
						line += "  " + address
					}
					s.print(line)
				}
				return s.document(append([]secret.Entry{}, entries...))
			},
		},
	)
	return c
}

func (s *session) secretRemove() *cobra.Command {
	var at string
	c := &cobra.Command{
		Use: "remove NAME|ADDRESS", Short: s.tongue.T("Remove a secret"), Args: count(1, 1),
		RunE: func(c *cobra.Command, a []string) error {
			name, err := s.secretName(a[0], at)
			if err != nil {
				return err
			}
			if err := s.Secrets(s.place).Remove(c.Context(), name); err != nil {
				return err
			}
			s.printT("Removed.")
			return s.document(map[string]any{"name": a[0], "removed": true})
		},
	}
	s.providerFlag(c, &at)
	return c
}

// providerFlag says whose password of a mailbox is meant.
func (s *session) providerFlag(c *cobra.Command, at *string) {
	c.Flags().StringVar(at, "provider", string(failover.Primary), s.tongue.T("of an address: the password at this `PROVIDER`, primary or secondary"))
}

func (s *session) secretSet() *cobra.Command {
	t := s.tongue
	var table, at string
	c := &cobra.Command{
		Use: "set NAME|ADDRESS", Short: t.T("Store a secret, or the password of a mailbox; it is typed unseen, or piped in"), Args: count(0, 1),
		RunE: func(c *cobra.Command, a []string) error {
			switch {
			case table != "" && len(a) == 0:
				return s.setPasswords(c.Context(), table, at)
			case table != "" || len(a) == 0:
				return failover.Fail(failover.ErrInvalid, "this is how the command is given: {usage}", "usage", "lifeboat secret set NAME|ADDRESS, lifeboat secret set --csv FILE")
			}
			name, err := s.secretName(a[0], at)
			if err != nil {
				return err
			}
			value, err := s.readSecret(c.Context(), a[0])
			if err != nil {
				return err
			}
			where, err := s.Secrets(s.place).Set(c.Context(), name, secret.New(value))
			if err != nil {
				return err
			}
			switch {
			case name == a[0]:
				s.printT("Stored. In the settings write: secret:{name}", "name", name)
			case failover.Role(at) == failover.Secondary:
				s.printT("Stored, for the mailbox {address} at the secondary.", "address", a[0])
			default:
				s.printT("Stored, for the mailbox {address}.", "address", a[0])
			}
			return s.document(secret.Entry{Name: name, Place: where})
		},
	}
	s.providerFlag(c, &at)
	c.Flags().StringVar(&table, "csv", "", t.T("store the passwords of many mailboxes, from a `FILE` with the columns address and password"))
	return c
}

func (s *session) readSecret(ctx context.Context, name string) (string, error) {
	if s.Terminal {
		s.note(s.tongue.T("Value of {name} (not shown):", "name", name))
		value, err := s.ReadSecret(ctx)
		s.note("") // the line's end was not shown either
		return value, err
	}
	sc := bufio.NewScanner(s.In)
	sc.Buffer(nil, 1<<20)
	var lines []string
	for sc.Scan() {
		lines = append(lines, sc.Text())
	}
	value := strings.TrimRight(strings.Join(lines, "\n"), "\r\n")
	if value == "" && sc.Err() == nil {
		return "", failover.Fail(failover.ErrInvalid, "no value came in for {name}: pipe it in, or type it at a terminal", "name", name)
	}
	return value, sc.Err()
}

// secretPlace says where a secret is kept.
func (s *session) secretPlace(p secret.Place) string {
	switch p {
	case secret.Environment:
		return s.tongue.T("in the environment")
	case secret.InKeychain:
		return s.tongue.T("in the keychain")
	default:
		return s.tongue.T("in the vault")
	}
}
