package engine

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"lifeboat/configs"
	"lifeboat/failover"
	"lifeboat/failover/probe"
	"lifeboat/mailstore"
	"lifeboat/mailstore/imaplink"
	"lifeboat/mailstore/signin"
)

// readers are the mailboxes that are read at a provider: those of the mirror at the
// primary, everybody's at the secondary.
func (b *siteBuilder) readers(role failover.Role) []probe.Login {
	var out []probe.Login
	for _, m := range b.mailboxes(role) {
		out = append(out, probe.Login{Who: m.address, Optional: role == failover.Secondary, Try: func(ctx context.Context) (probe.Word, error) {
			conn, err := m.open(ctx)
			if err != nil {
				return wordOfIMAP(err)
			}
			_ = conn.Close() // it was signed in to
			return probe.Word{Stage: probe.AtSignIn, Ending: probe.Well, Where: failover.Display(b.d.Provider(role).IMAP.Host)}, nil
		}})
	}
	return out
}

// mailbox is one that can be signed in to.
type mailbox struct {
	address string
	open    func(context.Context) (*imaplink.Conn, error)
}

func (b *siteBuilder) mailboxes(role failover.Role) []mailbox {
	e := b.e
	if e.opt.Mail == nil || b.d.Provider(role).IMAP.Host == "" {
		return nil
	}
	var out []mailbox
	if role == failover.Primary {
		for _, m := range e.opt.Settings.MirrorAccounts() {
			if failover.FQDN(m.Address[strings.LastIndexByte(m.Address, '@')+1:]) != b.d.Name {
				continue
			}
			out = append(out, mailbox{m.Address, func(ctx context.Context) (*imaplink.Conn, error) {
				return b.openMailbox(ctx, b.at.Primary, func() (signin.Source, error) { return e.opt.Mail.SignIn(ctx, m) })
			}})
		}
		return out
	}
	if e.opt.Relay == nil || e.opt.Relay.SignIn == nil {
		return nil
	}
	for _, r := range b.people() {
		out = append(out, mailbox{r.Address, func(ctx context.Context) (*imaplink.Conn, error) {
			return b.openMailbox(ctx, b.at.Secondary, func() (signin.Source, error) {
				return e.opt.Relay.SignIn(ctx, failover.Secondary, atSecondary(b.at.Secondary, r))
			})
		}})
	}
	return out
}

// atSecondary is how somebody signs in at the secondary in their own name.
func atSecondary(p configs.Provider, r configs.Recipient) configs.Sending {
	return configs.Sending{
		Provider: p, Address: strings.ToLower(r.Address), User: p.SignIn.UserFor(r.SecondaryUser),
		Method:   cmp.Or(p.SignIn.Method, configs.SignInPassword),
		Password: cmp.Or(r.SecondaryPassword, p.SignIn.Password, p.SignIn.MailboxSecret(string(failover.Secondary), r.Address)),
	}
}

// notHad is the error of a credential that could not be had: nobody was asked.
type notHad struct{ error }

func (n notHad) Unwrap() error { return n.error }

// openMailbox signs in to a mailbox.
func (b *siteBuilder) openMailbox(ctx context.Context, p configs.Provider, source func() (signin.Source, error)) (*imaplink.Conn, error) {
	s, err := source()
	if err != nil {
		return nil, notHad{err}
	}
	trust, err := b.e.opt.Mail.TLS(p)
	if err != nil {
		return nil, notHad{err}
	}
	security := imaplink.Implicit
	if p.IMAP.TLS == configs.TLSStart {
		security = imaplink.StartTLS
	}
	return imaplink.Dial(ctx, imaplink.Options{
		Server: imaplink.Endpoint{Host: p.IMAP.Host, Port: int(p.IMAP.Port), TLS: security},
		Dialer: b.e.opt.Mail.Dialer, TLS: trust, SignIn: s, Now: b.e.opt.Now, Log: b.e.opt.Logger,
		Patience: imaplink.Patience{Connect: signInPatience, Answer: signInPatience},
	})
}

// wordOfIMAP puts what package imaplink says into the words of package probe. The error
// is that the credential could not be had.
func wordOfIMAP(err error) (probe.Word, error) {
	var missing notHad
	if errors.As(err, &missing) {
		return probe.Word{}, inFailover(failover.ErrCredential, missing.error)
	}
	w := probe.Word{Stage: probe.AtConnect, Ending: probe.Reset, Answer: answerIn(err)}
	for kind, at := range map[error]probe.Word{
		mailstore.ErrSignIn:      {Stage: probe.AtSignIn, Ending: probe.Never},
		mailstore.ErrUnsupported: {Stage: probe.AtSignIn, Ending: probe.Never},
		mailstore.ErrThrottled:   {Stage: probe.AtSignIn, Ending: probe.Later},
		mailstore.ErrCertificate: {Stage: probe.AtTLS, Ending: probe.Never},
		mailstore.ErrServer:      {Stage: probe.AtTLS, Ending: probe.Reset},
	} {
		if errors.Is(err, kind) {
			w.Stage, w.Ending = at.Stage, at.Ending
		}
	}
	if errors.Is(err, mailstore.ErrUnreachable) {
		w.Ending = probe.EndingOf(rootOf(err))
	}
	return w, nil
}

// rootOf is the technical cause of an error.
func rootOf(err error) error {
	var ours *mailstore.Error
	if errors.As(err, &ours) && ours.Cause != nil {
		return ours.Cause
	}
	return err
}

// answerIn is what the server said, or what the system says of the connection.
func answerIn(err error) string {
	var ours *mailstore.Error
	if !errors.As(err, &ours) {
		return err.Error()
	}
	_, args := ours.Sentence()
	if i := slices.Index(args, "answer"); i >= 0 && i+1 < len(args) {
		return args[i+1]
	}
	return rootOf(err).Error()
}
