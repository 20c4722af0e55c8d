package engine

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"

	"lifeboat/configs"
	"lifeboat/failover"
	"lifeboat/failover/relay"
	"lifeboat/mailstore"
	"lifeboat/mailstore/imaplink"
	"lifeboat/mailstore/signin"
)

// BrowseRequest says which mailbox is read where it lies: one of the settings, at one of
// the providers (Role and Account), or any (Host, User and Password).
type BrowseRequest struct {
	Role    failover.Role
	Account string // an address of the settings

	Host     string
	Port     int    // 0: the usual one
	TLS      string // as in the settings; empty: configs.TLSImplicit
	CAFile   string // of authorities to trust beside the system's; may be empty
	User     string
	Password func(context.Context) (string, error)

	// Reason opens other people's mail, as in [ReadAs].
	Reason string
}

// Browse reads a mailbox at an IMAP server. Nothing of it is stored, nothing there is
// changed, not even that a message was seen (EXAMINE and BODY.PEEK of RFC 9051), and no
// more than some tens of MiB are in memory. Nobody is dialled before something is asked
// for; a connection that broke is made anew with the next question. Lists are in the order
// in which messages came to the folder.
func (e *Engine) Browse(ctx context.Context, req BrowseRequest) (MailSource, error) {
	if e.opt.Mail == nil {
		return nil, noMail()
	}
	options, address, err := e.browseOptions(ctx, req)
	if err != nil {
		return nil, err
	}
	b := &browser{e: e, address: address, server: options.Server.Host, options: options, heads: map[string]MailLine{}}
	if b.gate, err = e.newGate(ctx, req.Reason, b.server); err != nil {
		return nil, err
	}
	b.base, b.stop = context.WithCancel(context.WithoutCancel(ctx)) // it ends with Close
	b.lists, b.bodies = newLane(b), newLane(b)
	return b, nil
}

func (e *Engine) browseOptions(ctx context.Context, req BrowseRequest) (imaplink.Options, string, error) {
	var at configs.Endpoint
	var source signin.Source
	provider, address := configs.Provider{CAFile: req.CAFile}, req.User
	if req.Role != "" {
		set, err := e.mailboxAt(ctx, req)
		if err != nil {
			return imaplink.Options{}, "", err
		}
		provider, at, source, address = set.provider, set.provider.IMAP, set.source, set.address
	} else {
		if req.Host == "" || req.User == "" || req.Password == nil || req.Port < 0 || req.Port > 65535 {
			return imaplink.Options{}, "", mailstore.Fail(mailstore.ErrInvalid, "To read a mailbox, its server, a user name and a password are needed.")
		}
		at = configs.Endpoint{Host: req.Host, Port: uint16(req.Port), TLS: req.TLS}
		source = signin.Password(req.User, req.Password)
	}
	trust, err := e.opt.Mail.TLS(provider)
	if err != nil {
		return imaplink.Options{}, "", inMail(mailstore.ErrInvalid, err)
	}
	security := imaplink.Implicit
	if at.TLS == configs.TLSStart {
		security = imaplink.StartTLS
	}
	return imaplink.Options{
		Server: imaplink.Endpoint{Host: at.Host, Port: int(at.Port), TLS: security},
		Dialer: e.opt.Mail.Dialer, TLS: trust, SignIn: source, Now: e.opt.Now, Log: e.opt.Logger,
	}, strings.ToLower(address), nil
}

// mailboxAtRole is a mailbox of the settings at a provider.
type mailboxAtRole struct {
	provider configs.Provider
	source   signin.Source
	address  string
}

func (e *Engine) mailboxAt(ctx context.Context, req BrowseRequest) (mailboxAtRole, error) {
	var out mailboxAtRole
	domain := strings.TrimSuffix(failover.FQDN(relay.DomainOf(req.Account)), ".")
	all := e.opt.Settings.RecipientsOf(domain)
	i := slices.IndexFunc(all, func(r configs.Recipient) bool {
		return strings.EqualFold(r.Address, req.Account) && r.PrimaryUser != ""
	})
	both, ok := e.opt.Settings.ProvidersOf(domain)
	if i < 0 || !ok {
		return out, mailstore.Fail(mailstore.ErrInvalid, "{address} is no mailbox of the settings: give one of theirs.", "address", req.Account)
	}
	r := all[i]
	user, password := r.PrimaryUser, r.PrimaryPassword
	out.provider, out.address = both.Primary, r.Address
	if req.Role == failover.Secondary {
		user, password, out.provider = r.SecondaryUser, r.SecondaryPassword, both.Secondary
	}
	if out.provider.IMAP.Host == "" {
		return out, mailstore.Fail(mailstore.ErrInvalid, "The settings name no IMAP server of {provider}: add imap to it, and its mailboxes can be read here.", "provider", cmp.Or(out.provider.Name, string(req.Role)))
	}
	how := out.provider.SignIn
	sending := configs.Sending{
		Provider: out.provider, Address: strings.ToLower(r.Address), User: how.UserFor(user), Method: cmp.Or(how.Method, configs.SignInPassword),
		Password: cmp.Or(password, how.Password, how.MailboxSecret(string(req.Role), r.Address)),
	}
	var err error
	switch {
	case e.opt.Relay != nil: // whoever hands mail in for a mailbox reads it with the same credential
		out.source, err = e.opt.Relay.SignIn(ctx, req.Role, sending)
	case sending.Method == configs.SignInPassword:
		out.source = signin.Password(sending.User, func(ctx context.Context) (string, error) { return e.opt.Password(ctx, sending.Password) })
	default:
		err = noRelay()
	}
	if err != nil {
		return out, inMail(mailstore.ErrSignIn, err)
	}
	return out, nil
}

// browser is a mailbox at a server. Lists and bodies have connections of their own, so that
// a large message keeps nobody from scrolling.
type browser struct {
	e               *Engine
	gate            *gate
	address, server string
	options         imaplink.Options
	base            context.Context //nolint:containedctx // of connections, which outlive a call
	stop            context.CancelFunc
	lists, bodies   *lane

	mu      sync.Mutex
	folders []imaplink.Folder // by their numbers, which IDs bear; never fewer
	heads   map[string]MailLine
	current string         // the folder that was listed last
	order   []string       // the IDs of the list that was made last, for reading ahead
	place   map[string]int // in order
	asked   revision
	kept    []keptBody // read last, the newest at the end
}

// Close implements [MailSource].
func (b *browser) Close() error {
	b.stop()
	b.lists.close()
	b.bodies.close()
	return nil
}

// Accounts implements [MailSource].
func (b *browser) Accounts(ctx context.Context) ([]MailAccount, error) {
	a := b.gate.account(ctx, b.address)
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, f := range b.folders {
		if f.Status != nil {
			a.Messages += int(f.Status.Messages)
		}
	}
	return []MailAccount{a}, nil
}

// Unlock implements [MailSource].
func (b *browser) Unlock(ctx context.Context, account, reason string) error {
	if account != "" {
		if err := b.isMine(account); err != nil {
			return err
		}
	}
	return b.gate.unlock(ctx, account, reason, []string{b.address})
}

func (b *browser) isMine(account string) error {
	if account != "" && !strings.EqualFold(account, b.address) {
		return mailstore.Fail(mailstore.ErrInvalid, "{server} is read for {address} here, not for {other}.", "server", b.server, "address", b.address, "other", account)
	}
	return nil
}

// Complete implements [MailSource]: only the mirror knows who is written to.
func (*browser) Complete(context.Context, string, int) []mailstore.Address { return nil }
