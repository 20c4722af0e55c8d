package engine

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"

	"lifeboat/configs"
	"lifeboat/failover/probe"
	"lifeboat/mailstore"
	"lifeboat/mailstore/imaplink"
	"lifeboat/mailstore/mirror"
	"lifeboat/mailstore/signin"
)

// perAccount is how many connections one mailbox may have at once, as few servers
// like more.
const perAccount = 2

// mirrorOptions are what the settings say of mirroring; the connections are those of
// links.
func (e *Engine) mirrorOptions(s mirror.Store, req MirrorRequest) mirror.Options {
	set, limits := e.opt.Settings.Mirror, e.opt.Settings.MirrorLimits()
	connections := min(perAccount, limits.Connections)
	return mirror.Options{
		Store: s,
		Folders: mirror.Rules{
			Junk: set.Folders.Junk, Trash: set.Folders.Trash, Include: set.Folders.Include, Exclude: set.Folders.Exclude,
		},
		Unusual: mirror.Unusual{Share: float64(set.UnusualShare)}, Grace: set.Grace.Duration(),
		// Accounts side by side, each with its connections, stay within the bound.
		Parallel: max(1, limits.Connections/connections), Connections: connections,
		Poll: set.Every.Duration(), Now: e.opt.Now, Log: e.opt.Logger, Tell: req.Tell,
	}
}

// links makes the connections of one run.
type links struct {
	e      *Engine
	limits configs.MirrorLimits

	ahead *mirror.Ahead // nil: nothing was dialled

	mu      sync.Mutex
	sources map[string]signin.Source // by address
	budgets map[mailstore.AccountID]*imaplink.Budget
}

func (e *Engine) links() *links {
	return &links{e: e, limits: e.opt.Settings.MirrorLimits(), sources: map[string]signin.Source{}, budgets: map[mailstore.AccountID]*imaplink.Budget{}}
}

// dialAhead begins to connect for one of the accounts that are to be mirrored, while
// the store is being opened. Where a person may have to be asked, or a ledger of the
// store's account says whether there is anything left to spend, it waits for the store.
func (l *links) dialAhead(ctx context.Context, addresses []string) {
	all := l.e.opt.Settings.MirrorAccounts()
	i := slices.IndexFunc(all, func(m configs.MirrorAccount) bool {
		return len(addresses) == 0 || slices.ContainsFunc(addresses, func(a string) bool { return strings.EqualFold(a, m.Address) })
	})
	if i < 0 || l.limits.BytesPerDay > 0 || l.e.opt.Settings.Providers.Primary.SignIn.Method != configs.SignInPassword {
		return
	}
	l.ahead = mirror.DialAhead(ctx, all[i].Address, func(ctx context.Context) (mirror.Link, error) {
		return l.dial(ctx, mailstore.Account{Address: all[i].Address})
	})
}

func (l *links) connect(ctx context.Context, a mailstore.Account) (mirror.Link, error) {
	return l.ahead.Connect(ctx, a, l.dial)
}

func (l *links) dial(ctx context.Context, a mailstore.Account) (mirror.Link, error) {
	e := l.e
	set, ok := l.settings(a)
	if !ok {
		return nil, mailstore.Fail(mailstore.ErrInvalid, "The mailbox {address} is no longer in the settings.", "address", a.Address)
	}
	source, err := l.source(ctx, a)
	if err != nil {
		return nil, err
	}
	trust, err := e.opt.Mail.TLS(e.opt.Settings.Providers.Primary)
	if err != nil {
		return nil, inMail(mailstore.ErrInvalid, err)
	}
	security := imaplink.Implicit
	if set.IMAP.TLS == configs.TLSStart {
		security = imaplink.StartTLS
	}
	return imaplink.Dial(ctx, imaplink.Options{
		Server: imaplink.Endpoint{Host: set.IMAP.Host, Port: int(set.IMAP.Port), TLS: security},
		Dialer: e.opt.Mail.Dialer, TLS: trust, SignIn: source, Budget: l.budget(a), Now: e.opt.Now, Log: e.opt.Logger,
	})
}

func (l *links) settings(a mailstore.Account) (configs.MirrorAccount, bool) {
	all := l.e.opt.Settings.MirrorAccounts()
	i := slices.IndexFunc(all, func(m configs.MirrorAccount) bool { return m.Address == a.Address })
	if i < 0 {
		return configs.MirrorAccount{}, false
	}
	return all[i], true
}

// source is who signs in to a mailbox: the same for the whole run, so that tokens and
// passwords are asked for once.
func (l *links) source(ctx context.Context, a mailstore.Account) (signin.Source, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s, ok := l.sources[a.Address]; ok {
		return s, nil
	}
	set, ok := l.settings(a)
	if !ok {
		return nil, mailstore.Fail(mailstore.ErrInvalid, "The mailbox {address} is no longer in the settings.", "address", a.Address)
	}
	s, err := l.e.opt.Mail.SignIn(ctx, set)
	if err != nil {
		return nil, inMail(mailstore.ErrSignIn, err)
	}
	l.sources[a.Address] = s
	return s, nil
}

// expiries tells until when a sign-in holds.
func (l *links) expiries(ctx context.Context, a mailstore.Account) []mailstore.Expiry {
	s, err := l.source(ctx, a)
	if err != nil {
		return nil // connecting says why
	}
	return s.Expiries(ctx)
}

// budget bounds what is fetched for an account in a day. What was spent is remembered
// over restarts.
func (l *links) budget(a mailstore.Account) *imaplink.Budget {
	l.mu.Lock()
	defer l.mu.Unlock()
	b, ok := l.budgets[a.ID]
	if !ok {
		b = &imaplink.Budget{BytesPerDay: int64(l.limits.BytesPerDay), Now: l.e.opt.Now}
		if b.BytesPerDay > 0 {
			b.Ledger = ledger{l.e, a.ID}
		}
		l.budgets[a.ID] = b
	}
	return b
}

// save notes what was received since it was noted last: a short run, and there may be
// many, comes to no full piece.
func (l *links) save(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var errs []error
	for _, b := range l.budgets {
		errs = append(errs, b.Save(ctx))
	}
	return errors.Join(errs...)
}

// ledger keeps what an account's budget has spent, in a file of its own.
type ledger struct {
	e  *Engine
	id mailstore.AccountID
}

const spentPurpose = "spent"

func (l ledger) file() string {
	return l.e.path(mailDir + "/spent/" + strconv.FormatInt(int64(l.id), 10))
}

// Load implements [imaplink.Ledger]. A record that is damaged, or sealed under a key
// that was lost, is begun anew: it must not keep the mail from being mirrored.
func (l ledger) Load(ctx context.Context) ([]imaplink.Spent, error) {
	var out []imaplink.Spent
	b, err := os.ReadFile(l.file())
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if b, err = l.e.unseal(ctx, spentPurpose, b); err == nil {
		err = json.Unmarshal(b, &out)
	}
	if err != nil && ctx.Err() == nil {
		l.e.opt.Logger.WarnContext(ctx, "the record of what was received today is begun anew", "error", err)
		return nil, nil
	}
	return out, err
}

// Save implements [imaplink.Ledger].
func (l ledger) Save(ctx context.Context, spent []imaplink.Spent) error {
	b, err := json.Marshal(spent)
	if err == nil {
		b, err = l.e.seal(ctx, spentPurpose, b)
	}
	if err == nil {
		err = makeDir(l.e.path(mailDir + "/spent"))
	}
	if err == nil {
		err = probe.ReplaceFile(l.file(), b)
	}
	return err
}

// inMail puts an error of another room into the words of package mailstore; one that
// speaks them already stays as it is.
func inMail(kind, err error) error {
	if ours := (*mailstore.Error)(nil); errors.As(err, &ours) {
		return err
	}
	var says interface {
		Sentence() (template string, args []string)
	}
	if !errors.As(err, &says) {
		return mailstore.Fail(kind, "{error}", "error", err.Error())
	}
	template, args := says.Sentence()
	out := &mailstore.Error{Kind: kind, Say: mailstore.Sentence{Template: template, Parts: map[string]string{}}, Cause: err}
	for i := 0; i+1 < len(args); i += 2 {
		out.Say.Parts[args[i]] = args[i+1]
	}
	return out
}
