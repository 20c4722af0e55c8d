package cli

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"lifeboat/app/i18n"
	"lifeboat/failover"
)

// count is a check of positional arguments: at least least, at most most (any
// number when that is negative).
func count(least, most int) cobra.PositionalArgs {
	return func(c *cobra.Command, a []string) error {
		if len(a) < least || most >= 0 && len(a) > most {
			return failover.Fail(failover.ErrInvalid, "this is how the command is given: {usage}",
				"usage", strings.TrimSuffix(c.UseLine(), " [flags]"))
		}
		return nil
	}
}

// wrongFlag puts what the library says about flags into our own sentences.
func wrongFlag(c *cobra.Command, err error) error {
	help := c.CommandPath() + " --help"
	var (
		unknown *pflag.NotExistError
		bare    *pflag.ValueRequiredError
		invalid *pflag.InvalidValueError
	)
	switch {
	case errors.As(err, &unknown):
		flag := "--" + unknown.GetSpecifiedName()
		if unknown.GetSpecifiedShortnames() != "" {
			flag = "-" + unknown.GetSpecifiedName()
		}
		return failover.Fail(failover.ErrInvalid, "there is no flag {flag}: {help} lists them", "flag", flag, "help", help)
	case errors.As(err, &bare):
		return failover.Fail(failover.ErrInvalid, "the flag {flag} needs a value: {help} says which", "flag", "--"+bare.GetFlag().Name, "help", help)
	case errors.As(err, &invalid):
		return failover.Fail(failover.ErrInvalid, "the flag {flag} does not take {value}: {help} says what it takes",
			"flag", "--"+invalid.GetFlag().Name, "value", invalid.GetValue(), "help", help)
	default:
		return failover.Fail(failover.ErrInvalid, "the flags cannot be read: {help} lists them", "help", help).Because(err)
	}
}

// tellDefaults writes into what is said of a flag what holds without it, in the session's
// language: the library would write that in English.
func tellDefaults(c *cobra.Command, t *i18n.Tongue) {
	zero := map[string]string{"int": "0", "float64": "0", "string": "", "duration": "0s"}
	c.LocalFlags().VisitAll(func(f *pflag.Flag) {
		none, known := zero[f.Value.Type()]
		if !known || f.DefValue == none {
			return
		}
		f.Usage, f.DefValue = t.T("{usage} (default {value})", "usage", f.Usage, "value", f.DefValue), none
	})
	for _, below := range c.Commands() {
		tellDefaults(below, t)
	}
}

// onlyBelow is for a command that is nothing without one of those below it.
func onlyBelow(c *cobra.Command, a []string) error {
	if len(a) == 0 {
		return c.Help()
	}
	return failover.Fail(failover.ErrInvalid, "there is no command {value}: {help} lists them",
		"value", a[0], "help", c.CommandPath()+" --help")
}

// helpCommand is "lifeboat help COMMAND", for those who try that first.
func (s *session) helpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use: "help [COMMAND]", Short: s.tongue.T("Say what a command does"),
		RunE: func(_ *cobra.Command, a []string) error {
			c, rest, err := root.Find(a)
			if err != nil || len(rest) > 0 && len(a) > 0 {
				return onlyBelow(root, a)
			}
			return c.Help()
		},
	}
}
