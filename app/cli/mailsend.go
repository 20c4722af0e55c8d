package cli

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lifeboat/app/engine"
	"lifeboat/failover"
	"lifeboat/failover/relay"
	"lifeboat/mailstore/compose"
)

type sendFlags struct {
	engine.MailToSend
	body, bodyFile string
	attach         []string
}

// usualWait is how long it is waited for what becomes of a message.
const usualWait = 30 * time.Second

func (s *session) mailSend() *cobra.Command {
	t := s.tongue
	var f sendFlags
	c := &cobra.Command{
		Use: "send [-]", Short: t.T("Write a message, answer one, or pass one on, and send it"),
		Long: t.T(`Write a message, answer one, or pass one on, and send it the way that your domain's
mail takes now.

The text is given with --body or --body-file, or comes in on standard input: write -
at the end. Several addresses are separated by commas, and may have names:

  lifeboat mail send --from taro@example.jp --to "Hanako <hanako@example.org>" \
      --subject Hello --body "Hello, Hanako!" --attach plan.pdf

While your mail leaves through the secondary, and the MX, as far as is known here, still
leads to the primary, answers are led to the emergency subdomain (Reply-To), where
they arrive. --reply-to says otherwise.`),
		Args: count(0, 1),
		RunE: func(c *cobra.Command, a []string) error {
			if len(a) == 1 && a[0] != "-" {
				return failover.Fail(failover.ErrInvalid, "this is how the command is given: {usage}", "usage", "lifeboat mail send --from ADDRESS --to ADDRESS --subject TEXT [--body TEXT | --body-file FILE | -]")
			}
			return s.sendMail(c.Context(), f, len(a) == 1)
		},
	}
	fl := c.Flags()
	fl.StringVar(&f.From, "from", "", t.T("the sender, an `ADDRESS`; with --reply and --forward: whose message that is"))
	fl.StringArrayVar(&f.To, "to", nil, t.T("to this `ADDRESS`; several are separated by commas"))
	fl.StringArrayVar(&f.Cc, "cc", nil, t.T("a copy to this `ADDRESS`"))
	fl.StringArrayVar(&f.Bcc, "bcc", nil, t.T("a copy to this `ADDRESS`, which nobody else sees"))
	fl.StringArrayVar(&f.ReplyTo, "reply-to", nil, t.T("answers go to this `ADDRESS`"))
	fl.StringVar(&f.Subject, "subject", "", t.T("the subject, a `TEXT`"))
	fl.StringVar(&f.body, "body", "", t.T("the message, a `TEXT`"))
	fl.StringVar(&f.bodyFile, "body-file", "", t.T("the message, out of a `FILE` in UTF-8"))
	fl.StringArrayVar(&f.attach, "attach", nil, t.T("send this `FILE` with it"))
	fl.StringVar(&f.Reply, "reply", "", t.T("answer this message, an `ID`"))
	fl.StringVar(&f.Reason, "reason", "", t.T("with --reply and --forward: why other people's mail has to be read, a `TEXT`; it goes into the log (not needed in an outage)"))
	fl.BoolVar(&f.All, "all", false, t.T("with --reply: answer everybody who had it"))
	fl.StringVar(&f.Forward, "forward", "", t.T("pass this message on, an `ID`"))
	fl.BoolVar(&f.Inline, "inline", false, t.T("with --forward: in the text, rather than as an attachment"))
	fl.DurationVar(&f.Wait, "wait", usualWait, t.T("how long to wait for what becomes of it, a `TIME`; 0s: not at all"))
	return c
}

// sendMail sends a message, and says what became of it. It fails where a provider refused it.
func (s *session) sendMail(ctx context.Context, f sendFlags, fromInput bool) error {
	if err := f.check(); err != nil {
		return err
	}
	text, err := s.bodyText(f, fromInput)
	if err != nil {
		return err
	}
	return s.atDesk(ctx, func(e *engine.Engine, desk engine.Desk) error {
		var err error
		f.Text, f.Language = text, s.tongue.Language
		if f.Attachments, err = attachments(f.attach, int64(e.Settings().Relay.MessageSize)); err != nil {
			return err
		}
		sent, err := e.SendMail(ctx, desk, f.MailToSend)
		if err != nil {
			return err
		}
		if err := s.document(sent); err != nil {
			return err
		}
		return s.showSent(e, sent, desk.Running())
	})
}

// check refuses flags that do not go together.
func (f sendFlags) check() error {
	switch {
	case f.All && f.Reply == "":
		return failover.Fail(failover.ErrInvalid, "--all goes with --reply")
	case f.Inline && f.Forward == "":
		return failover.Fail(failover.ErrInvalid, "--inline goes with --forward")
	case f.Wait < 0:
		return failover.Fail(failover.ErrInvalid, "--wait takes a time such as 30s, or 0s")
	}
	return nil
}

// maxBody is how much text is taken; longer ones are files to attach.
const maxBody = 10 << 20

// bodyText is what the person writes. A message that is passed on, or that brings files,
// needs no words.
func (s *session) bodyText(f sendFlags, fromInput bool) (string, error) {
	given := 0
	for _, is := range []bool{f.body != "", f.bodyFile != "", fromInput} {
		if is {
			given++
		}
	}
	switch {
	case given > 1:
		return "", failover.Fail(failover.ErrInvalid, "the text is given in one way: --body, --body-file, or - for standard input")
	case fromInput:
		return readBody(s.In, "-")
	case f.bodyFile != "":
		r, err := os.Open(f.bodyFile)
		if err != nil {
			return "", unreadable(f.bodyFile, err)
		}
		defer func() { _ = r.Close() }() // it was only read
		return readBody(r, f.bodyFile)
	case given == 0 && f.Forward == "" && len(f.attach) == 0:
		return "", failover.Fail(failover.ErrInvalid, "the message has no text: give --body TEXT, --body-file FILE, or - to read it from standard input")
	}
	return f.body, nil
}

func readBody(r io.Reader, name string) (string, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxBody+1))
	if err != nil {
		return "", unreadable(name, err)
	}
	if len(b) > maxBody {
		return "", failover.Fail(failover.ErrInvalid, "{file} is larger than {most}, which no text is: send it with --attach", "file", name, "most", size(maxBody))
	}
	return strings.TrimPrefix(string(b), "\uFEFF"), nil
}

func unreadable(file string, cause error) error {
	return failover.Fail(failover.ErrInvalid, "{file} cannot be read: see that the name is right, and that you may read it", "file", file).Because(cause)
}

// attachments reads the files that go with a message, together at most so many octets
// (0: no bound).
func attachments(files []string, most int64) ([]compose.Attachment, error) {
	var out []compose.Attachment
	var all int64
	for _, name := range files {
		info, err := os.Stat(name)
		if err != nil {
			return nil, unreadable(name, err)
		}
		if !info.Mode().IsRegular() {
			return nil, failover.Fail(failover.ErrInvalid, "{file} is no file that can be sent: name files one by one, or pack a folder first", "file", name)
		}
		// In base64 four octets stand for three.
		if all += info.Size() / 3 * 4; most > 0 && all > most {
			return nil, failover.Fail(failover.ErrInvalid, "with {file} the message would be larger than {most}: send less in it, or raise relay.message_size in the settings", "file", name, "most", size(most))
		}
		content, err := os.ReadFile(name)
		if err != nil {
			return nil, unreadable(name, err)
		}
		out = append(out, compose.Attachment{Name: filepath.Base(name), Content: content})
	}
	return out, nil
}

// showSent says what became of a message.
func (s *session) showSent(e *engine.Engine, m engine.MailSent, running bool) error {
	t := s.tongue
	if m.Emergency {
		s.printT("Answers go to {address}, since the MX still leads to the primary.", "address", strings.Join(m.ReplyTo, ", "))
	}
	provider := providerOf(e, m)
	refused := s.showFates(m, provider)
	switch m.State {
	case relay.Ended:
	case relay.Uncertain:
		s.printT("It is not known whether {provider} has it: {why} It stands still as {id}; see lifeboat relay queue.", "provider", provider, "why", s.say(m.Why), "id", string(m.ID))
	case relay.Held:
		s.printT("It is held in the queue as {id}.", "id", string(m.ID))
	case relay.Waiting:
		if m.Why.IsZero() {
			s.printT("It is in the queue as {id}.", "id", string(m.ID))
		} else {
			s.printT("It is in the queue as {id}: {why}", "id", string(m.ID), "why", s.say(m.Why))
		}
		if !m.Next.IsZero() && running {
			s.printT("It is tried again at {when}.", "when", t.Clock(m.Next, s.Now()))
		}
		if !running {
			s.printT("Nobody sends it on from here until lifeboat serve runs.")
		}
	}
	switch m.Copy {
	case engine.CopyFiled:
		s.printT("A copy is in the sent mail of {address}.", "address", m.From)
	case engine.CopyPending:
		s.printT("There is no copy in the sent mail of {address} yet: {why}", "address", m.From, "why", s.say(m.CopySay))
	case engine.CopyNone:
	}
	if refused {
		return statusError{exitFailed}
	}
	return nil
}

// showFates says what has become of a message for each recipient, together where it is the
// same, and whether anybody was refused.
func (s *session) showFates(m engine.MailSent, provider string) (refused bool) {
	type fate struct {
		fate   relay.Fate
		answer string
	}
	who := map[fate][]string{}
	var order []fate
	for _, r := range m.To {
		f := fate{r.Fate, r.Answer}
		if who[f] == nil {
			order = append(order, f)
		}
		who[f] = append(who[f], r.Address)
	}
	for _, f := range order {
		addresses := strings.Join(who[f], ", ")
		switch f.fate {
		case relay.Delivered:
			s.printT("Accepted by {provider}, for {addresses}: {answer}", "provider", provider, "addresses", addresses, "answer", oneLine(f.answer))
		case relay.Bounced:
			refused = true
			s.printT("Refused by {provider}, for {addresses}: {answer}", "provider", provider, "addresses", addresses, "answer", oneLine(f.answer))
		case relay.Expired, relay.Dropped:
			refused = true
			s.printT("Not sent to {addresses}.", "addresses", addresses)
		case relay.Pending:
		}
	}
	return refused
}

// providerOf is the name of the provider that took a message, or whose turn it is.
func providerOf(e *engine.Engine, m engine.MailSent) string {
	providers, ok := e.Settings().ProvidersOf(relay.DomainOf(m.From))
	name := providers.Primary.Name
	if m.Via == failover.Secondary {
		name = providers.Secondary.Name
	}
	if !ok || name == "" {
		return string(m.Via)
	}
	return name
}
