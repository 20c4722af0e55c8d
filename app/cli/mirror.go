package cli

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"lifeboat/app/engine"
	"lifeboat/failover"
	"lifeboat/mailstore"
	"lifeboat/mailstore/mirror"
)

type mirrorFlags struct {
	accounts     []string
	accept, keep []string
	watch        bool
}

// mirrorCommand brings the mirror up to date, or keeps it so.
func (s *session) mirrorCommand() *cobra.Command {
	t := s.tongue
	var f mirrorFlags
	c := &cobra.Command{
		Use: "mirror", Short: t.T("Bring the mirror of recent mail up to date"), Args: count(0, 0),
		RunE: func(c *cobra.Command, _ []string) error { return s.mirror(c.Context(), f) },
	}
	c.Flags().StringSliceVar(&f.accounts, "account", nil, t.T("only this mailbox, an `ADDRESS`"))
	c.Flags().BoolVar(&f.watch, "watch", false, t.T("keep the mirror up to date until Ctrl-C. With --json, one document a line"))
	c.Flags().StringSliceVar(&f.accept, "accept", nil, t.T("this `FOLDER` is held because unusually much of it vanished: hide that here, too"))
	c.Flags().StringSliceVar(&f.keep, "keep", nil, t.T("this `FOLDER` is held because unusually much of it vanished: keep that here, in a folder of its own"))
	return c
}

func (s *session) mirror(ctx context.Context, f mirrorFlags) error {
	e, err := s.open()
	if err != nil {
		return err
	}
	req := engine.MirrorRequest{Accounts: f.accounts, Watch: f.watch, Code: s.showCode}
	account := ""
	if len(f.accounts) == 1 {
		account = f.accounts[0]
	}
	for keep, folders := range map[bool][]string{false: f.accept, true: f.keep} {
		for _, folder := range folders {
			req.Decisions = append(req.Decisions, engine.Decision{Account: account, Folder: folder, Keep: keep})
		}
	}
	p := s.mirrorProgress(f.watch)
	req.Tell = p.tell
	report, err := e.Mirror(ctx, req)
	p.end()
	switch {
	case f.watch && err == nil:
		s.note(s.tongue.T("Stopped. What has arrived is kept, and the next run goes on from here."))
		return s.unwritten
	case err != nil && ctx.Err() != nil:
		return failover.Fail(failover.ErrWaiting, "stopped; what has arrived is kept, and the next run goes on from here").Because(err)
	case err != nil:
		return err
	}
	if err := s.document(report); err != nil {
		return err
	}
	s.showMirrored(report)
	if report.Failed > 0 || report.HeldFolders > 0 {
		return statusError{exitFailed}
	}
	return nil
}

// showCode shows the recovery code of a new key, on the terminal alone: it is in no
// document and in no file.
func (s *session) showCode(code string) {
	t := s.tongue
	s.note("")
	s.note(t.T("Mail is kept encrypted here. When this computer cannot open it any more, this recovery code does:"))
	s.note("")
	s.note("    " + code)
	s.note("")
	s.note(t.T("Print it or write it down now, and keep it away from this computer, with the run card. It is not shown again; lifeboat key add recovery makes another one."))
	s.note("")
}

// allShown is how many mailboxes are all told of; of more, those with news.
const allShown = 20

// showMirrored tells what a run did, account by account.
func (s *session) showMirrored(r engine.MirrorReport) {
	t := s.tongue
	arrived, fetched := 0, int64(0)
	for _, a := range r.Accounts {
		arrived, fetched = arrived+a.Arrived, fetched+a.Bytes
		if len(r.Accounts) <= allShown || !a.Quiet() {
			s.showMirroredAccount(a)
		}
	}
	s.printT("{complete} of {all} mailboxes are up to date. New: {arrived} messages, {size}.",
		"complete", len(r.Accounts)-r.Failed, "all", len(r.Accounts), "arrived", arrived, "size", size(fetched))
	if r.Removed > 0 {
		s.print(t.T("Older than what is kept, and removed: {count} messages.", "count", r.Removed))
	}
	s.showAlarms(slices.DeleteFunc(r.Alarms, func(alarm engine.MirrorAlarm) bool {
		return slices.ContainsFunc(r.Accounts, func(a engine.MirroredAccount) bool { return !a.Complete && a.Account == alarm.Account })
	}))
}

func (s *session) showMirroredAccount(a engine.MirroredAccount) {
	t := s.tongue
	switch {
	case !a.Complete:
		s.print(t.T("{account}: not complete. {why}", "account", a.Account, "why", s.say(a.Failed)))
		if !a.Retry.IsZero() {
			s.print("  " + t.T("The server asks to be left alone until {when}.", "when", t.Clock(a.Retry, s.Now())))
		}
	case a.Arrived+a.Moved+a.Changed+a.Gone == 0:
		s.print(t.T("{account}: nothing new.", "account", a.Account))
	default:
		s.print(t.T("{account}: {arrived} new, {moved} moved, {changed} changed, {gone} gone.",
			"account", a.Account, "arrived", a.Arrived, "moved", a.Moved, "changed", a.Changed, "gone", a.Gone))
	}
	for _, m := range a.Missing {
		s.print("  ! " + t.T("A message in {folder} ({size}) is listed there and was not given; it is asked for again next time. {why}",
			"folder", oneLine(m.Folder), "size", size(m.Size), "why", s.say(m.Why)))
	}
	s.showHeldFolders(a.Account, a.Held)
}

// showHeldFolders tells of folders that wait for a decision, and how it is given.
func (s *session) showHeldFolders(account string, held []engine.HeldFolder) {
	for _, h := range held {
		name := oneLine(h.Folder)
		s.print("  ! " + s.tongue.T("{gone} of {of} messages vanished from the folder {folder} at once, so they are kept visible until you decide:",
			"gone", h.Gone, "of", h.Of, "folder", name))
		flags := "lifeboat mirror --account " + account
		s.print("      " + s.tongue.T("{command} hides them, as at the primary", "command", flags+" --accept "+quoted(name)))
		s.print("      " + s.tongue.T("{command} keeps them here, in a folder of their own", "command", flags+" --keep "+quoted(name)))
	}
}

// quoted is a name as it is typed in a shell.
func quoted(name string) string {
	if strings.ContainsFunc(name, func(r rune) bool {
		return !strings.ContainsRune("-_./", r) && r < '0' || r == ' ' || r == '"' || r == '\'' || r == '`' || r == '$'
	}) {
		return `"` + name + `"`
	}
	return name
}

// showAlarms tells what is wrong with the mirror and what to do.
func (s *session) showAlarms(alarms []engine.MirrorAlarm) {
	for _, a := range alarms {
		mark := "  "
		if a.Severity != mirror.Notice {
			mark = "! "
		}
		s.print(mark + s.say(a.Say))
		if !a.Why.IsZero() {
			s.print(indent(s.say(a.Why), "    "))
		}
		if !a.Do.IsZero() {
			s.print(indent(s.say(a.Do), "    → "))
		}
	}
}

// mirrorLine is a line of "mirror --watch --json".
type mirrorLine struct {
	Account  string             `json:"account"`
	Stage    mirror.Stage       `json:"stage"`
	Messages int                `json:"messages"` // that came
	Failed   mailstore.Sentence `json:"failed,omitzero"`
	Next     string             `json:"next,omitempty"` // when it is looked at again
}

// documentLine prints a document on a line of its own.
func (s *session) documentLine(v any) {
	b, err := json.Marshal(v)
	if err == nil {
		_, err = s.Out.Write(append(b, '\n'))
	}
	if err != nil && s.unwritten == nil {
		s.unwritten = errors.Join(unwritten(err))
	}
}
