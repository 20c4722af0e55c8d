package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"lifeboat/app/engine"
	"lifeboat/app/presenter"
	"lifeboat/failover"
)

// mailCommand reads the mirrored mail, and brings mail in and out.
func (s *session) mailCommand() *cobra.Command {
	c := &cobra.Command{Use: "mail", Short: s.tongue.T("Read the mirrored mail, and send mail, also while the primary is down"), RunE: onlyBelow}
	c.AddCommand(s.mailList(), s.mailSearch(), s.mailShow(), s.mailSend(), s.mailExport(), s.mailImport(), s.mailVerify(), s.mailOwn())
	return c
}

// selectionFlags are those of lists of mail.
func (s *session) selectionFlags(c *cobra.Command, sel *engine.MailSelection) {
	t := s.tongue
	c.Flags().StringVar(&sel.Account, "account", "", t.T("only of this mailbox, an `ADDRESS`"))
	c.Flags().StringVar(&sel.Folder, "folder", "", t.T("only in this folder, a `NAME`"))
	c.Flags().BoolVar(&sel.Gone, "gone", false, t.T("also what the primary no longer has, and is hidden here"))
}

// readFlags say as what mail is read, and where.
type readFlags struct {
	engine.ReadAs
	at, user, caFile string
}

// provider says whether a provider of the settings is meant, and not any server.
func (f readFlags) provider() bool {
	return f.at == string(failover.Primary) || f.at == string(failover.Secondary)
}

// readingFlags are those of all that reads mail.
func (s *session) readingFlags(c *cobra.Command, f *readFlags) {
	t := s.tongue
	c.Flags().StringVar(&f.Reason, "reason", "", t.T("why other people's mail has to be read, a `TEXT`; it goes into the log (not needed in an outage)"))
	c.Flags().StringVar(&f.at, "at", "", t.T("not in the mirror, but in the mailbox of --account at this provider, primary or secondary; or, with --user, at this `SERVER`, HOST or HOST:PORT"))
	c.Flags().StringVar(&f.user, "user", "", t.T("with --at SERVER: sign in as this `USER`; the password is typed unseen, or piped in, and not kept"))
	c.Flags().StringVar(&f.caFile, "ca-file", "", t.T("with --at SERVER: a `FILE` with certificates (PEM) to trust, too, only where the server is your own"))
}

func (s *session) pageFlags(c *cobra.Command, sel *engine.MailSelection) {
	t := s.tongue
	c.Flags().IntVar(&sel.Limit, "limit", usualLimit, t.T("at most so many messages, a `NUMBER`"))
	c.Flags().StringVar(&sel.Before, "before", "", t.T("only messages older than this one, an `ID`"))
}

const (
	usualLimit = 50
	mostLimit  = 10_000
)

// openMail opens the mail for a command: the mirror's, or that of a mailbox at a provider.
func (s *session) openMail(ctx context.Context, f readFlags, account string, do func(engine.MailSource) error) error {
	e, err := s.open()
	if err != nil {
		return err
	}
	var m engine.MailSource
	switch {
	case (f.at == "" || f.provider()) && (f.user != "" || f.caFile != ""):
		err = failover.Fail(failover.ErrInvalid, "--user and --ca-file go with --at and the name of a server")
	case f.at == "":
		m, err = e.OpenMail(ctx, f.ReadAs)
	case f.user != "":
		m, err = s.anyServer(ctx, e, f)
	case !f.provider():
		err = failover.Fail(failover.ErrInvalid, "--at takes primary, secondary or, together with --user, a server, not {value}", "value", f.at)
	case account == "":
		err = failover.Fail(failover.ErrInvalid, "--at goes with --account: say whose mailbox is to be read there")
	default:
		m, err = e.Browse(ctx, engine.BrowseRequest{Role: failover.Role(f.at), Account: account, Reason: f.Reason})
	}
	if err != nil {
		return err
	}
	defer func() { _ = m.Close() }() // it was only read
	return do(m)
}

// anyServer opens a mailbox at a server that the settings do not name.
func (s *session) anyServer(ctx context.Context, e *engine.Engine, f readFlags) (engine.MailSource, error) {
	password, err := s.readSecret(ctx, f.user)
	if err != nil {
		return nil, err
	}
	at, err := presenter.ServerOf(f.at, f.user, password, f.caFile)
	if err != nil {
		return nil, err
	}
	return e.Browse(ctx, at.Request(f.Reason))
}

// more is how the rest of a list is asked for.
func (f readFlags) more(command string) string {
	for _, flag := range [][2]string{{" --at ", f.at}, {" --user ", f.user}, {" --ca-file ", f.caFile}} {
		if flag[1] != "" {
			command += flag[0] + quoted(flag[1])
		}
	}
	if f.Reason != "" {
		command += " --reason " + quoted(f.Reason)
	}
	return command
}

func (s *session) mailList() *cobra.Command {
	t := s.tongue
	var sel engine.MailSelection
	var f readFlags
	var folders bool
	c := &cobra.Command{
		Use: "list", Short: t.T("List messages, the newest first, or the folders"), Args: count(0, 0),
		RunE: func(c *cobra.Command, _ []string) error {
			return s.openMail(c.Context(), f, sel.Account, func(m engine.MailSource) error {
				if folders {
					list, err := m.Folders(c.Context(), sel.Account, sel.Gone)
					if err != nil {
						return err
					}
					s.showFolders(list)
					return s.document(list)
				}
				if err := limited(sel); err != nil {
					return err
				}
				page, err := engine.ListMail(c.Context(), m, "", sel)
				if err != nil {
					return err
				}
				return s.showPage(page, f.more("lifeboat mail list"), sel)
			})
		},
	}
	s.selectionFlags(c, &sel)
	s.pageFlags(c, &sel)
	s.readingFlags(c, &f)
	c.Flags().BoolVar(&folders, "folders", false, t.T("list the folders instead"))
	return c
}

func limited(sel engine.MailSelection) error {
	if sel.Limit < 1 || sel.Limit > mostLimit {
		return failover.Fail(failover.ErrInvalid, "--limit takes a number from 1 to {most}", "most", mostLimit)
	}
	return nil
}

func (s *session) mailSearch() *cobra.Command {
	t := s.tongue
	var sel engine.MailSelection
	var f readFlags
	c := &cobra.Command{
		Use: "search QUERY", Short: t.T("Find messages by words in them, the newest first"),
		Long: t.T(`Find messages by words in headers, text and names of attachments, the newest first.

All words must be there. In quotation marks, they stand together; with a minus
before it, a word must not be there. These look in one place, and for a time:

  from:hanako  to:sales  cc:info  subject:order  folder:inbox  account:taro
  has:attachment  since:7d  before:2026-11-01  on:yesterday`),
		Args: count(1, -1),
		RunE: func(c *cobra.Command, words []string) error {
			if err := limited(sel); err != nil {
				return err
			}
			return s.openMail(c.Context(), f, sel.Account, func(m engine.MailSource) error {
				query := strings.Join(words, " ")
				page, err := engine.ListMail(c.Context(), m, query, sel)
				if err != nil {
					return err
				}
				return s.showPage(page, f.more("lifeboat mail search "+quoted(query)), sel)
			})
		},
	}
	s.selectionFlags(c, &sel)
	s.pageFlags(c, &sel)
	s.readingFlags(c, &f)
	return c
}

// Columns of a list of mail.
const (
	fromColumns    = 22
	subjectColumns = 40
	accountColumns = 24
	folderColumns  = 30
)

// showPage lists messages, one a line.
func (s *session) showPage(p engine.MailPage, command string, sel engine.MailSelection) error {
	if len(p.Messages) == 0 {
		s.printT("No message was found.")
	}
	for _, m := range p.Messages {
		s.print(s.mailLine(m))
	}
	if p.Next != "" && !s.json {
		for flag, value := range map[string]string{"--account": sel.Account, "--folder": sel.Folder} {
			if value != "" {
				command += " " + flag + " " + quoted(value)
			}
		}
		s.note(s.tongue.T("More: {command}", "command", command+" --before "+p.Next))
	}
	s.noteLocked(p.Locked)
	return s.document(p)
}

// noteLocked says whose mail was left out.
func (s *session) noteLocked(locked []string) {
	if len(locked) > 0 && !s.json {
		s.note(s.tongue.T("Left out, as other people's mail is locked in calm times (--reason TEXT opens it): {addresses}", "addresses", strings.Join(locked, ", ")))
	}
}

// mailLine is a message on a line: when, from whom, about what, whose, which. Before
// it, a star says that it is unread, a minus that the primary no longer has it, an
// exclamation mark that it is damaged, and a plus that files are attached.
func (s *session) mailLine(m engine.MailLine) string {
	subject, senders := m.Subject, []string{}
	for _, f := range m.From {
		name, _, _ := strings.Cut(f, " <") // the name alone, where there is one
		senders = append(senders, name)
	}
	switch {
	case !m.Described:
		subject = s.tongue.T("(not read yet)")
	case subject == "":
		subject = s.tongue.T("(no subject)")
	}
	mark := " "
	switch {
	case m.Damaged:
		mark = "!"
	case m.Hidden:
		mark = "-"
	case m.Unread:
		mark = "*"
	}
	if m.Attachments > 0 {
		mark += "+"
	} else {
		mark += " "
	}
	return mark + " " + day(m.Received) + "  " + fit(strings.Join(senders, ", "), fromColumns) + "  " + fit(subject, subjectColumns) + "  " +
		fit(m.Account, accountColumns) + "  " + m.ID
}

// showFolders lists folders, account by account.
func (s *session) showFolders(list []engine.MailFolder) {
	t := s.tongue
	if len(list) == 0 {
		s.printT("There is no folder yet.")
	}
	account := ""
	for _, f := range list {
		if f.Account != account {
			account = f.Account
			s.print(account)
		}
		line := "  " + fit(f.Name, folderColumns) + "  " + t.T("{count} messages, {unread} unread", "count", f.Messages, "unread", f.Unread)
		switch {
		case f.Held != nil:
			line += "  " + t.T("(held: it waits for a decision)")
		case !f.Gone.IsZero():
			line += "  " + t.T("(no longer at the primary)")
		}
		s.print(line)
	}
}
