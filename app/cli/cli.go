// Package cli is the command line: a file per command, each of which turns flags
// into a request to package engine, and the answer into lines for people or,
// with --json, into one JSON document on standard output. Progress and questions
// go to standard error, so that a pipe gets the result and nothing else.
//
// Documents have keys in snake_case and times as RFC 3339 writes them; names in the
// DNS are whole, with the final dot, as they are in zone files, in the journal and in
// saved plans, which a document of lifeboat plan is. A command that fails has a
// document too: {"error": "..."}, and beside it what was done before.
//
// The exit status is 0 when it is done, 1 when it failed or is not ready, and 2
// when the command or the settings are wrong.
package cli

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/configs"
	"lifeboat/failover"
	"lifeboat/mailstore"
)

// Streams are what the command line reads and writes.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
	// Terminal says whether a person is there to be asked (In and Err are one), and
	// ReadSecret reads a line from it without showing it.
	Terminal   bool
	ReadSecret func(context.Context) (string, error)
}

// Place is where settings and data are; empty fields are the usual places.
type Place struct {
	Config, Data string
}

// App is what the command line needs from the program around it.
type App struct {
	Streams
	Version string
	Getenv  func(string) string
	Now     func() time.Time
	// Open loads the settings and wires an engine; warnings are mistakes in the
	// settings that do not stop it.
	Open func(Place) (e *engine.Engine, warnings []configs.Problem, err error)
	// Discover wires what finds a domain's present set-up, without settings.
	Discover func() *engine.Discoverer
	// Files tells where settings and data are for a place.
	Files func(Place) (config, data string)
	// Secrets opens the store of secrets for a place.
	Secrets func(Place) Secrets
	// TakeOver says where a hand-over kit is put in place, with what keeps secrets and
	// opens keys here.
	TakeOver func(Place) engine.TakeOverOptions
	// Practice runs the built-in practice world.
	Practice func(ctx context.Context, tell func(engine.PracticeEvent)) (engine.PracticeResult, error)
	// Desk opens the send route; nil: as the engine does.
	Desk func(context.Context, *engine.Engine) (engine.Desk, error)
	// Services gives a service to the operating system, and Program is what it starts;
	// empty: this program.
	Services Services
	Program  string
	// Variables are what a service needs in its environment to find what this program
	// does.
	Variables map[string]string
	// Drill makes a mail world of its own and a functional drill in it.
	Drill func(context.Context, engine.DrillRequest) (*engine.Drill, error)
}

// Exit statuses.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// Run runs one command and returns the exit status.
func Run(ctx context.Context, app App, args []string) int {
	s := &session{App: app}
	s.speak("auto")
	root := s.root() //nolint:contextcheck // a command takes its context from cobra, which is given it below
	root.SetArgs(args)
	root.SetIn(app.In)
	root.SetOut(app.Out)
	root.SetErr(app.Err)
	err := root.ExecuteContext(ctx)
	if err == nil {
		err = s.unwritten
	}
	if err == nil {
		return exitDone
	}
	var status statusError
	if errors.As(err, &status) {
		return status.code
	}
	s.json = s.json || slices.Contains(args, "--json") // also where the flags could not be read
	s.complain(err, nil)
	return statusOf(err)
}

// session is one run of the program.
type session struct {
	App
	place  Place
	json   bool
	tongue *i18n.Tongue
	// unwritten is why a line of the answer did not get out.
	unwritten error
}

// statusError ends the program with a status when all has been said already.
type statusError struct{ code int }

func (e statusError) Error() string { return "" }

// statusOf is the exit status of an error.
func statusOf(err error) int {
	usage := len(configs.ProblemsIn(err)) > 0
	if ours := (*failover.Error)(nil); errors.As(err, &ours) {
		usage = errors.Is(ours.Kind, failover.ErrInvalid)
	}
	if ours := (*mailstore.Error)(nil); errors.As(err, &ours) {
		usage = errors.Is(ours.Kind, mailstore.ErrInvalid)
	}
	if !usage {
		return exitFailed
	}
	return exitUsage
}

// speak sets the language; one that the program does not have leaves English.
func (s *session) speak(setting string) {
	t, err := i18n.New(i18n.Choose(setting, s.Getenv))
	if err != nil {
		t = &i18n.Tongue{Language: i18n.English}
	}
	s.tongue = t
}

// open loads the settings, takes their language on, and wires an engine.
func (s *session) open() (*engine.Engine, error) {
	e, warnings, err := s.Open(s.place)
	if err != nil {
		return nil, err
	}
	if s.Getenv("LIFEBOAT_LANGUAGE") == "" {
		s.speak(e.Settings().Language)
	}
	for _, w := range warnings {
		s.note(s.say(w))
	}
	return e, nil
}

// root is the command tree.
func (s *session) root() *cobra.Command {
	s.speak(orAuto(s.Getenv("LIFEBOAT_LANGUAGE")))
	t := s.tongue
	root := &cobra.Command{
		Use:           "lifeboat",
		Short:         t.T("Keeps a small organisation's mail working while its provider is down."),
		Version:       s.Version,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		RunE:          onlyBelow,
	}
	f := root.PersistentFlags()
	f.StringVar(&s.place.Config, "config", "", t.T("settings `FILE` (default: lifeboat.yaml here, or in your configuration folder)"))
	f.StringVar(&s.place.Data, "data", "", t.T("data folder `DIR`"))
	f.BoolVar(&s.json, "json", false, t.T("print one JSON document"))
	root.SetFlagErrorFunc(wrongFlag)
	root.AddCommand(
		s.initCommand(), s.checkCommand(), s.statusCommand(), s.planCommand(),
		s.switchCommand(failover.Prepare), s.switchCommand(failover.Failover), s.switchCommand(failover.Failback),
		s.verifyCommand(), s.rollbackCommand(), s.mirrorCommand(), s.mailCommand(),
		s.relayCommand(), s.userCommand(), s.serveCommand(),
		s.secretCommand(), s.keyCommand(), s.kitCommand(), s.practiceCommand(), s.drillCommand(), s.runcardCommand(), s.logCommand(),
	)
	root.CompletionOptions.HiddenDefaultCmd = true
	f.BoolP("help", "h", false, t.T("say what a command does"))
	root.Flags().Bool("version", false, t.T("say which version this is"))
	root.SetHelpCommand(s.helpCommand(root))
	root.SetUsageTemplate(translated(root.UsageTemplate(), t))
	tellDefaults(root, t)
	return root
}

// translated tells the headings of cobra's usage text in the session's language.
func translated(template string, t *i18n.Tongue) string {
	return strings.NewReplacer(
		"Usage:", t.T("Usage:"),
		"Available Commands:", t.T("Commands:"),
		"Global Flags:", t.T("Flags of every command:"),
		"Flags:", t.T("Flags:"),
		`Use "{{.CommandPath}} [command] --help" for more information about a command.`,
		t.T(`More on a command: {command}`, "command", "{{.CommandPath}} [command] --help"),
	).Replace(template)
}

func orAuto(language string) string {
	if language == "" {
		return "auto"
	}
	return language
}
