package cli

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lifeboat/app/engine"
	"lifeboat/app/service"
	"lifeboat/failover"
)

// serveFlags say what is done in the background, and who starts it.
type serveFlags struct {
	noMirror, noWatch, noRelay bool
	install, uninstall         bool
	user, yes                  bool
}

// serveCommand does all background work, unattended.
func (s *session) serveCommand() *cobra.Command {
	t := s.tongue
	var f serveFlags
	c := &cobra.Command{
		Use: "serve", Args: count(0, 0),
		Short: t.T("Take mail in and send it on, keep the mirror up to date and watch the providers, until Ctrl-C"),
		RunE: func(c *cobra.Command, _ []string) error {
			switch {
			case f.install && f.uninstall:
				return failover.Fail(failover.ErrInvalid, "either --install or --uninstall, not both")
			case f.user && !f.install && !f.uninstall:
				return failover.Fail(failover.ErrInvalid, "--user goes with --install or --uninstall")
			case f.install:
				return s.installService(c.Context(), f)
			case f.uninstall:
				return s.uninstallService(c.Context(), f)
			}
			return service.Run(c.Context(), func(ctx context.Context) error { return s.serve(ctx, f) })
		},
	}
	c.Flags().BoolVar(&f.noMirror, "no-mirror", false, t.T("without the mirror"))
	c.Flags().BoolVar(&f.noWatch, "no-watch", false, t.T("without watching the providers"))
	c.Flags().BoolVar(&f.noRelay, "no-relay", false, t.T("without taking mail in and sending it on"))
	c.Flags().BoolVar(&f.install, "install", false, t.T("have the computer start it, before anybody signs in: as a systemd unit, a launchd job or a Windows service"))
	c.Flags().BoolVar(&f.uninstall, "uninstall", false, t.T("have the computer start it no more"))
	c.Flags().BoolVar(&f.user, "user", false, t.T("with --install or --uninstall: as a service of yours alone, without being an administrator"))
	c.Flags().BoolVarP(&f.yes, "yes", "y", false, t.T("do it without asking"))
	return c
}

// serve works until somebody ends it, which is what it is for, and no failure.
func (s *session) serve(ctx context.Context, f serveFlags) error {
	e, err := s.open()
	if err != nil {
		return err
	}
	// Whatever tells of the work tells it one at a time.
	events, told := make(chan engine.ServeEvent), make(chan struct{})
	go func() {
		defer close(told)
		for ev := range events {
			s.showServed(ev)
		}
	}()
	err = e.Serve(ctx, engine.ServeRequest{
		Tell:     func(ev engine.ServeEvent) { events <- ev },
		NoMirror: f.noMirror, NoWatch: f.noWatch, NoRelay: f.noRelay,
	})
	close(events)
	<-told
	if err == nil {
		s.note(s.tongue.T("Stopped. What was handed in is kept, and is sent on when Lifeboat serves again."))
	}
	return err
}

// showServed tells a line of the work.
func (s *session) showServed(ev engine.ServeEvent) {
	if s.json {
		s.documentLine(ev)
		return
	}
	t := s.tongue
	mark, part := "  ", s.partWord(ev.Part, ev.Domain)
	var told []string
	switch ev.Kind {
	case engine.PartStarted:
		told = append(told, t.T("{part}: started.", "part", part))
		if len(ev.Listen) > 0 {
			told[0] = t.T("{part}: started, at {addresses}.", "part", part, "addresses", strings.Join(ev.Listen, ", "))
		}
	case engine.PartFailed:
		mark = "! "
		told = append(told, t.T("{part}: failed.", "part", part))
	case engine.PartEnded:
		told = append(told, t.T("{part}: ended.", "part", part))
	case engine.PartRemark:
		told = append(told, part+":")
	}
	if !ev.Say.IsZero() {
		told = append(told, s.say(ev.Say))
	}
	s.print(ev.At.Local().Format(time.TimeOnly) + "  " + mark + oneLine(sentences(append(told, s.again(ev.Retry))...)))
}
