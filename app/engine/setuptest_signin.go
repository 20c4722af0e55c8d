package engine

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"lifeboat/configs"
	"lifeboat/configs/secret"
	"lifeboat/failover"
	"lifeboat/failover/relay/smtpout"
	"lifeboat/mailstore"
	"lifeboat/mailstore/imaplink"
	"lifeboat/mailstore/signin"
)

// signInFor is how long signing in to one mailbox may take.
const signInFor = signInPatience

// mailboxes are those of a side that can be signed in to: all that are listed or, before
// there are any, the trial one. Where a single user hands in everybody's mail, only that
// one's.
func (t trial) mailboxes(side Side) []mailbox {
	p := t.provider(side)
	if side == SidePrimary || p.SignIn.Configured() {
		return t.builder().mailboxes(side.role())
	}
	if p.Submission.Username == "" || p.IMAP.Host == "" {
		return nil
	}
	s := configs.Sending{Provider: p, User: p.Submission.Username, Method: configs.SignInPassword, Password: p.Submission.Password}
	return []mailbox{{s.User, func(ctx context.Context) (*imaplink.Conn, error) {
		return t.builder().openMailbox(ctx, p, func() (signin.Source, error) { return t.engine.opt.Relay.SignIn(ctx, failover.Secondary, s) })
	}}}
}

// builder puts together what the connectivity tests try.
func (t trial) builder() *siteBuilder {
	return t.engine.siteBuilder(domainOf(t.settings, t.domain), &connecting{look: t.engine.looker(nil, nil)})
}

// opened opens a trial of a side for signing in; false: it was said why not.
func (t *fieldTest) opened(side Side) (trial, bool) {
	tr, err := t.s.trial(t.draft, t.sidesFor(side)...)
	switch {
	case err != nil:
		t.fails(err)
	case tr.engine.opt.Mail == nil || tr.engine.opt.Relay == nil:
		t.missing(failover.Say("There are no mailboxes in this world of practice."))
	default:
		return tr, true
	}
	return tr, false
}

// testIMAP signs in to the mailboxes of a side: to one first, which finds out what is
// wrong with the server, then to the others.
func (t *fieldTest) testIMAP(ctx context.Context, side Side, all bool) {
	tr, ok := t.opened(side)
	if !ok {
		return
	}
	imap := tr.provider(side).IMAP
	switch logins := tr.mailboxes(side); {
	case imap.Host == "":
		t.missing(failover.Say("Enter the server where mail is read (IMAP)."))
	case len(logins) == 0:
		t.missing(failover.Say("Choose how to sign in, and enter a mailbox to try it with."))
	case t.consentMissing(ctx, tr, side, logins[0]):
	case t.named(ctx, tr, []string{imap.Host}):
		if !all {
			logins = logins[:1]
		}
		t.signInAll(ctx, logins)
	}
}

// consentMissing says that somebody has yet to agree: nobody is asked by a test.
func (t *fieldTest) consentMissing(ctx context.Context, tr trial, side Side, l mailbox) bool {
	how := tr.provider(side).SignIn
	if m := how.Method; m != configs.SignInDevice && m != configs.SignInPKCE {
		return false
	}
	_, err := t.s.opt.Secrets.Get(ctx, how.MailboxSecret(string(side), l.address).Name())
	if !errors.Is(err, secret.ErrMissing) {
		return false
	}
	t.missing(failover.Say("{address} has not agreed yet: sign in with the code first.", "address", l.address))
	return true
}

// signedIn counts sign-ins.
type signedIn struct {
	mu      sync.Mutex
	well    int
	refused []string
	first   error
	info    imaplink.Info
}

const (
	// atOnce is how many sign-ins are tried side by side.
	atOnce = 4
	// enoughRefused is how many may be refused, and none accepted, before the rest is left
	// alone.
	enoughRefused = 3
)

func (t *fieldTest) signInAll(ctx context.Context, logins []mailbox) {
	began := time.Now()
	var c signedIn
	one := func(l mailbox) error {
		conn, err := l.open(ctx)
		c.mu.Lock()
		defer c.mu.Unlock()
		if err != nil {
			c.refused = append(c.refused, l.address)
			if c.first == nil {
				c.first = err
			}
			return err
		}
		c.info = conn.Info()
		_ = conn.Close() // it has said all that was wanted
		c.well++
		if len(logins) > 1 {
			t.working(failover.Say("{count} of {of}", "count", c.well+len(c.refused), "of", len(logins)))
		}
		return nil
	}
	// One after the other until one is let in: what is wrong with the server, or with a
	// password for all, shows at once.
	next := 0
	for ; c.well == 0 && next < min(len(logins), enoughRefused); next++ {
		if err := one(logins[next]); err != nil && (len(logins) == 1 || !errors.Is(err, mailstore.ErrSignIn)) {
			t.fails(err)
			t.remedySignIn(err)
			return
		}
	}
	if c.well == 0 {
		next = len(logins) // servers lock out whoever goes on like that
	}
	var wg sync.WaitGroup
	turn := make(chan struct{}, atOnce)
	for _, l := range logins[next:] {
		turn <- struct{}{}
		wg.Go(func() {
			defer func() { <-turn }()
			if ctx.Err() == nil {
				_ = one(l) // counted
			}
		})
	}
	wg.Wait()
	t.judgeSignIns(&c, len(logins), time.Since(began))
}

func (t *fieldTest) judgeSignIns(c *signedIn, all int, took time.Duration) {
	slices.Sort(c.refused)
	word := failover.Say("{count} of {of}", "count", c.well, "of", all)
	if all == 1 {
		word = failover.Say("Signed in")
	}
	switch c.well {
	case all:
		t.says(failover.Pass, word)
		t.answer.Detail = secured(took, c.info.TLS, c.info.CertificateEnds, t.s.opt.Now())
	case 0:
		t.fails(c.first)
		t.answer.Word = word
		t.remedySignIn(c.first)
	default:
		t.says(failover.Warn, word)
		t.answer.Detail = failover.Say("No sign-in: {list}", "list", some(c.refused))
		t.answer.Exact = append(exactly(c.first), c.refused...)
		t.remedySignIn(c.first)
	}
}

func (t *fieldTest) remedySignIn(err error) {
	switch {
	case errors.Is(err, mailstore.ErrSignIn), errors.Is(err, failover.ErrCredential):
		t.answer.Remedy = failover.Say("Enter the right password or credential, and see at the provider whether the mailbox may be read and written with a mail program.")
	case errors.Is(err, mailstore.ErrCertificate):
		t.answer.Remedy = failover.Say("Use the server's name as its certificate has it, or give the certificate authority's file.")
	case errors.Is(err, mailstore.ErrUnreachable), errors.Is(err, failover.ErrUnreachable):
		t.answer.Remedy = failover.Say("See whether the name and port are right and this line lets it out, and test again.")
	}
}

const hoursOfDay = 24

// secured tells how long it took, and how the connection was protected.
func secured(took time.Duration, version string, ends, now time.Time) failover.Sentence {
	if ends.IsZero() {
		return failover.Say("{span}, {tls}", "span", tenth(took), "tls", version)
	}
	days := int(ends.Sub(now).Hours() / hoursOfDay)
	if days == 1 {
		return failover.Say("{span}, {tls}, certificate valid for one more day", "span", tenth(took), "tls", version)
	}
	return failover.Say("{span}, {tls}, certificate valid for {days} more days", "span", tenth(took), "tls", version, "days", days)
}

// testSignIn signs in once, wherever the chosen way leads: to a mailbox, or to hand mail
// in where there is no other way in.
func (t *fieldTest) testSignIn(ctx context.Context, side Side) {
	p := t.draft.side(side)
	if p.Method == "" {
		t.missing(failover.Say("Choose how to sign in."))
		return
	}
	tr, ok := t.opened(side)
	if !ok {
		return
	}
	logins := tr.mailboxes(side)
	if tr.provider(side).IMAP.Host == "" || len(logins) == 0 {
		t.testSubmission(ctx, side)
	} else {
		t.testIMAP(ctx, side, false)
	}
	if t.answer.Verdict == failover.Pass {
		t.answer.Word = failover.Say("Signed in")
		if len(logins) > 0 {
			t.answer.Detail = failover.Say("As {user}", "user", logins[0].address)
		}
	}
}

// testSubmission signs in where outgoing mail is handed in, and sends nothing.
func (t *fieldTest) testSubmission(ctx context.Context, side Side) {
	tr, ok := t.opened(side)
	if !ok {
		return
	}
	end := tr.provider(side).Submission.Endpoint
	if end.Host == "" {
		t.missing(failover.Say("Enter the server where outgoing mail is handed in (SMTP)."))
		return
	}
	sender, ok := tr.sender(side)
	if !ok {
		t.missing(failover.Say("Choose how to sign in, and enter a mailbox to try it with."))
		return
	}
	if !t.named(ctx, tr, []string{end.Host}) {
		return
	}
	began := time.Now()
	conn, err := tr.submission(ctx, side, sender)
	if err != nil {
		t.submissionFails(err, end)
		return
	}
	defer conn.Quit(ctx)
	t.says(failover.Pass, failover.Say("Can send"))
	version := ""
	if s := conn.TLS(); s != nil {
		version = s.Version
	}
	t.answer.Detail = secured(time.Since(began), version, time.Time{}, t.s.opt.Now())
}

// sender is whose mail is handed in at a side: anybody's where one user does it for all.
func (t trial) sender(side Side) (string, bool) {
	p := t.provider(side)
	for _, r := range t.settings.RecipientsOf(t.domain.Name) {
		if r.Kind == configs.KindAccount || r.Kind == configs.KindShared {
			return r.Address, p.SignIn.Configured() || p.Submission.Username != ""
		}
	}
	if p.Submission.Username != "" {
		return "postmaster@" + t.domain.Name, true
	}
	return "", false
}

// submission connects and signs in for a sender.
func (t trial) submission(ctx context.Context, side Side, sender string) (*smtpout.Conn, error) {
	e, p := t.engine, t.provider(side)
	credential, err := e.credentials().Credential(ctx, side.role(), sender)
	if err != nil {
		return nil, err
	}
	trust, err := e.opt.Relay.TLS(p)
	if err != nil {
		return nil, err
	}
	return smtpout.Connect(ctx, smtpout.Config{
		Dialer: e.opt.Relay.Dialer, Endpoint: endpointOf(p.Submission.Endpoint), TLS: trust, Hostname: t.domain.Name,
		SignIn: credential.SignIn, Timeouts: smtpout.Timeouts{
			Connect: signInFor, Greeting: signInFor, Command: signInFor, Data: signInFor, Block: signInFor, End: signInFor,
		},
	})
}

// submissionFails says why nobody could sign in to hand mail in.
func (t *fieldTest) submissionFails(err error, end configs.Endpoint) {
	var fault *smtpout.Fault
	if !errors.As(err, &fault) || fault.Ours {
		if fault != nil && fault.Err != nil {
			err = fault.Err
		}
		t.fails(err)
		t.remedySignIn(err)
		return
	}
	server := []any{"server", end.Host, "port", end.Port}
	t.answer.Exact = []string{fault.Error()}
	kind := failover.ErrUnreachable
	switch {
	case fault.Phase == smtpout.SigningIn && fault.Reply.Code >= 500:
		kind = failover.ErrCredential
		t.says(failover.Red, failover.Say("Sign-in refused"))
		t.answer.Detail = failover.Say("{server} refuses the sign-in: {answer}", append(server, "answer", fault.Reply)...)
	case fault.Reply.Code != 0:
		t.says(failover.Unknown, failover.Say("Try again later"))
		t.answer.Detail = failover.Say("{server} answers: {answer}", append(server, "answer", fault.Reply)...)
	case fault.Phase == smtpout.Securing:
		t.says(failover.Red, failover.Say("No safe connection"))
		t.answer.Detail = failover.Say("{server} gives no connection that is encrypted and whose certificate is right, so no password was sent.", server...)
		t.answer.Remedy = failover.Say("Use the server's name as its certificate has it, or give the certificate authority's file.")
		return
	default:
		t.says(failover.Red, failover.Say("No answer"))
		t.answer.Detail = failover.Say("{server} does not answer on port {port}.", server...)
	}
	t.remedySignIn(failover.Fail(kind, "{error}", "error", fault))
}
