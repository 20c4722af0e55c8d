package cli

import (
	"bufio"
	"strings"

	"github.com/spf13/cobra"

	"lifeboat/failover"
)

// Secrets keeps secrets by name.
type Secrets interface {
	Set(name, value string) error
	Remove(name string) error
	List() ([]string, error)
}

// secretCommand manages what the settings refer to as secret:NAME. A value is
// typed unseen or piped in; it is never an argument, which other users of the
// machine could see.
func (s *session) secretCommand() *cobra.Command {
	t := s.tongue
	c := &cobra.Command{Use: "secret", Short: t.T("Keep passwords and keys that the settings refer to as secret:NAME")}
	c.AddCommand(
		&cobra.Command{
			Use: "set NAME", Short: t.T("Store a secret; it is typed unseen, or piped in"), Args: args(cobra.ExactArgs(1)),
			RunE: func(_ *cobra.Command, a []string) error {
				value, err := s.readSecret(a[0])
				if err != nil {
					return err
				}
				if err := s.Secrets(s.place).Set(a[0], value); err != nil {
					return err
				}
				s.printT("Stored. In the settings write: secret:{name}", "name", a[0])
				return s.document(map[string]any{"name": a[0], "stored": true})
			},
		},
		&cobra.Command{
			Use: "list", Short: t.T("List the names of the secrets, never their values"), Args: args(cobra.NoArgs),
			RunE: func(*cobra.Command, []string) error {
				names, err := s.Secrets(s.place).List()
				if err != nil {
					return err
				}
				for _, n := range names {
					s.print(n)
				}
				if names == nil {
					names = []string{}
				}
				return s.document(names)
			},
		},
		&cobra.Command{
			Use: "remove NAME", Short: t.T("Remove a secret"), Args: args(cobra.ExactArgs(1)),
			RunE: func(_ *cobra.Command, a []string) error {
				if err := s.Secrets(s.place).Remove(a[0]); err != nil {
					return err
				}
				s.printT("Removed.")
				return s.document(map[string]any{"name": a[0], "removed": true})
			},
		},
	)
	return c
}

func (s *session) readSecret(name string) (string, error) {
	if s.Terminal {
		s.note(s.tongue.T("Value of {name} (not shown):", "name", name))
		return s.ReadSecret()
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
