package engine

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"path/filepath"
	"sync"

	"lifeboat/app/i18n"
	"lifeboat/configs"
	"lifeboat/failover"
	"lifeboat/failover/relay"
	"lifeboat/failover/relay/deliver"
	"lifeboat/failover/relay/dkim"
	"lifeboat/failover/relay/queue"
	"lifeboat/failover/relay/submit"
	"lifeboat/failover/relay/users"
	"lifeboat/mailstore"
	"lifeboat/mailstore/keys"
	"lifeboat/mailstore/signin"
)

// RelayParts are what the send route needs of the world around it.
type RelayParts struct {
	Dialer failover.Dialer
	// TLS has the authorities to trust for a provider's servers.
	TLS func(configs.Provider) (*tls.Config, error)
	// SignIn returns who signs in to hand mail in to the provider in a role.
	SignIn func(context.Context, failover.Role, configs.Sending) (signin.Source, error)
	// Local is how faces in other processes reach the engine that runs in a data
	// folder; nil: they do not.
	Local LocalAPI
	// Around, when set, stands between the queue and the parts that take mail in and send
	// it on: for a world that is told what becomes of each message.
	Around func(*queue.Queue) relay.Queue
	// Timeouts bound each phase of a conversation with a provider; zero fields are the
	// usual ones.
	Timeouts deliver.Timeouts
	// Getenv says in which language reports are written where the settings leave it
	// open; nil: English.
	Getenv func(string) string
}

// relayDir is the folder of the send route in the data folder.
const relayDir = "relay"

// What the keys of the send route are derived for.
const (
	queuePurpose       = "relay queue"
	usersPurpose       = "relay users"
	certificatePurpose = "relay certificate"
	copiesPurpose      = "relay copies"
)

// noRelay is the refusal in a world that has no send route of its own.
func noRelay() error {
	return failover.Fail(failover.ErrUnsupported, "there is no send route in a world of practice")
}

// relayKey opens the data key, or makes it where there is none yet.
func (e *Engine) relayKey(ctx context.Context, ask bool) (keys.Key, error) {
	if e.opt.Mail == nil || e.opt.Relay == nil {
		return keys.Key{}, noRelay()
	}
	if err := makeDir(e.path(mailDir)); err != nil {
		return keys.Key{}, err
	}
	key, err := e.unlocked(ctx, ask)
	if errors.Is(err, mailstore.ErrNotFound) {
		return e.quietly(ctx)
	}
	return key, err
}

// Users opens the book of who may hand mail in. A person may be asked for the
// passphrase of the data key.
func (e *Engine) Users(ctx context.Context) (*users.Book, error) {
	key, err := e.relayKey(ctx, true)
	if err != nil {
		return nil, err
	}
	return e.users(key)
}

func (e *Engine) users(key keys.Key) (*users.Book, error) {
	if err := makeDir(e.path(relayDir)); err != nil {
		return nil, err
	}
	return users.Open(filepath.Join(e.path(relayDir), "users"), key.Derive(usersPurpose), users.Options{Now: e.opt.Now, Log: e.opt.Logger})
}

// sendRoute is the send route at work: the queue, and what sends it on.
type sendRoute struct {
	e         *Engine
	key       keys.Key
	queue     *queue.Queue
	mail      relay.Queue // the same, as the parts use it: see [RelayParts.Around]
	routes    *routeBook
	signer    relay.Signer
	deliverer *deliver.Deliverer
}

// openSendRoute opens the queue for writing. Nothing is sent before deliver.
func (e *Engine) openSendRoute(ctx context.Context, key keys.Key) (*sendRoute, error) {
	q, err := e.openQueue(ctx, key, false)
	if err != nil {
		return nil, err
	}
	r := &sendRoute{e: e, key: key, queue: q, mail: q, routes: e.routeBook(), signer: e.signer()}
	if around := e.opt.Relay.Around; around != nil {
		r.mail = around(q)
	}
	if err := e.settleCopies(ctx, r); err != nil {
		e.opt.Logger.Warn("copies of sent mail", "error", err) // they stay for the next time
	}
	set := e.opt.Settings.Relay
	r.deliverer = deliver.New(deliver.Options{
		Queue: r.mail, Sampler: q, Routes: r.routes, Credentials: e.credentials(), Target: e.targets(),
		Dialer: e.opt.Relay.Dialer, Hostname: e.relayName(), Timeouts: e.opt.Relay.Timeouts,
		Retry: deliver.Retry{
			First: set.Retry.First.Duration(), Most: set.Retry.Most.Duration(), Expire: set.ExpireAfter.Duration(), Warn: set.WarnAfter.Duration(),
		},
		Doubt: deliver.Doubt{Wait: set.UncertainAfter.Duration(), Resend: set.UncertainThen == configs.UncertainResend},
		Words: e.reportWords(), Signer: r.signer, Now: e.opt.Now, Log: e.opt.Logger,
	})
	return r, nil
}

func (e *Engine) openQueue(ctx context.Context, key keys.Key, readOnly bool) (*queue.Queue, error) {
	set := e.opt.Settings.Relay
	if err := makeDir(e.path(relayDir)); err != nil {
		return nil, err
	}
	return queue.Open(ctx, queue.Options{
		Dir: filepath.Join(e.path(relayDir), "queue"), Key: key.Derive(queuePurpose), ReadOnly: readOnly,
		Keep: set.KeepLog.Duration(), Most: int64(set.QueueSize), Now: e.opt.Now, Log: e.opt.Logger,
	})
}

// deliver sends the queue on until ctx ends.
func (r *sendRoute) deliver(ctx context.Context) error {
	var following sync.WaitGroup
	following.Go(func() { r.routes.Follow(ctx) })
	following.Go(func() { r.logMoves(ctx) })
	defer following.Wait()
	return r.deliverer.Run(ctx)
}

// submit takes mail in until ctx ends.
func (r *sendRoute) submit(ctx context.Context, ready func([]net.Addr)) error {
	book, err := r.e.users(r.key)
	if err != nil {
		return err
	}
	set := r.e.opt.Settings.Relay
	o := submit.Options{
		Queue: r.mail, Users: book, Signer: r.signer, Certificate: r.certificate, Hostname: r.e.relayName(),
		MaxSize: int64(set.MessageSize), MaxRecipients: set.Recipients, Sessions: set.Sessions,
		PerUser: submit.Rate{MessagesPerHour: set.MessagesPerHour, RecipientsPerDay: set.RecipientsPerDay},
		Now:     r.e.opt.Now, Log: r.e.opt.Logger,
	}
	for _, l := range set.Listen {
		o.Listen = append(o.Listen, submit.Listen{Address: l.Address, TLS: failover.Security(l.TLS)})
	}
	for _, d := range set.Devices {
		o.Devices = append(o.Devices, submit.Device{Prefixes: d.Prefixes(), User: d.User})
	}
	return submit.New(o).Run(ctx, ready)
}

// certificate is the relay's own: the one of the settings, else one made here.
func (r *sendRoute) certificate() (*tls.Certificate, error) {
	var c tls.Certificate
	var err error
	if set := r.e.opt.Settings.Relay; set.Certificate.File != "" {
		c, err = submit.LoadCertificate(set.Certificate.File, set.Certificate.Key)
	} else {
		names := []string{r.e.relayName(), "localhost", "127.0.0.1", "::1"}
		for _, l := range set.Listen {
			if host, _, err := net.SplitHostPort(l.Address); err == nil && !net.ParseIP(host).IsUnspecified() {
				names = append(names, host)
			}
		}
		c, err = submit.SelfSigned(filepath.Join(r.e.path(relayDir), "tls"), r.key.Derive(certificatePurpose), names, r.e.opt.Now)
	}
	return &c, err
}

// role is the provider that a message waits for.
func (r *sendRoute) role(i relay.Item) failover.Role { return relay.RoleOf(r.routes, i) }

func (r *sendRoute) close() error { return r.queue.Close() }

// relayName is what the relay calls itself.
func (e *Engine) relayName() string {
	name := e.opt.Settings.Relay.Hostname
	if name == "" {
		name, _ = os.Hostname() // without a name it is localhost
	}
	return cmp.Or(name, "localhost")
}

// signer signs for the domains that have a key of ours.
func (e *Engine) signer() relay.Signer {
	own := map[string]dkim.Key{}
	for _, d := range e.opt.Settings.Domains {
		if d.Signing.On() {
			own[d.Name] = dkim.Key{Selector: d.Signing.Selector, Private: func(ctx context.Context) (string, error) {
				return e.opt.Password(ctx, d.Signing.Key)
			}}
		}
	}
	return dkim.New(own, e.opt.Now)
}

// reportWords tells sentences in the organisation's language, for reports.
func (e *Engine) reportWords() func(failover.Sentence) string {
	getenv := e.opt.Relay.Getenv
	if getenv == nil {
		getenv = func(string) string { return string(i18n.English) }
	}
	t, err := i18n.New(i18n.Choose(e.opt.Settings.Language, getenv))
	if err != nil {
		e.opt.Logger.Warn("the language of reports", "error", err)
		return nil // English
	}
	return func(s failover.Sentence) string { return t.Say(s) }
}

// targets says where a domain's mail is handed in. What is needed for TLS is read once
// for each file of authorities.
func (e *Engine) targets() func(domain string, role failover.Role) (deliver.Target, error) {
	var mu sync.Mutex
	trusted := map[string]*tls.Config{}
	trust := func(p configs.Provider) (*tls.Config, error) {
		mu.Lock()
		defer mu.Unlock()
		if c, ok := trusted[p.CAFile]; ok {
			return c, nil
		}
		c, err := e.opt.Relay.TLS(p)
		if err == nil {
			trusted[p.CAFile] = c
		}
		return c, err
	}
	return func(domain string, role failover.Role) (deliver.Target, error) {
		p, err := e.opt.Settings.SubmissionAt(string(role), domain)
		if err != nil {
			return deliver.Target{}, inFailover(failover.ErrInvalid, err)
		}
		c, err := trust(p)
		if err != nil {
			return deliver.Target{}, err
		}
		limits := relay.Limits{
			MessagesPerMinute: p.SendingLimits.MessagesPerMinute, RecipientsPerDay: p.SendingLimits.RecipientsPerDay,
			Connections: e.opt.Settings.Relay.Connections, PerLogin: p.SendingLimits.Connections,
		}
		switch {
		case limits.PerLogin > 0:
		case p.Submission.Username != "": // one login is all there is
			limits.PerLogin = limits.Connections
		default:
			limits.PerLogin = min(loginConnections, limits.Connections)
		}
		return deliver.Target{Name: p.Name, Endpoint: endpointOf(p.Submission.Endpoint), TLS: c, Limits: limits}, nil
	}
}

// loginConnections is how many connections one person's sign-in has at once where the
// provider's own limit is not known: as many as the strictest one known allows, which is
// Microsoft 365 ("Exchange Online limits", SMTP AUTH concurrent connections).
const loginConnections = 3

// inFailover puts an error of another room into the words of package failover; one
// that speaks them already stays as it is.
func inFailover(kind, err error) error {
	if ours := (*failover.Error)(nil); err == nil || errors.As(err, &ours) || errors.Is(err, context.Canceled) {
		return err
	}
	for theirs, own := range map[error]error{
		mailstore.ErrUnreachable: failover.ErrUnreachable, mailstore.ErrThrottled: failover.ErrThrottled,
		mailstore.ErrServer: failover.ErrUnreachable, mailstore.ErrDisk: failover.ErrDisk,
	} {
		if errors.Is(err, theirs) {
			kind = own
		}
	}
	return &failover.Error{Kind: kind, Say: sayOf(err), Cause: err}
}

// sayOf is what a person should read of an error, whichever room's it is.
func sayOf(err error) failover.Sentence {
	var says interface {
		Sentence() (template string, args []string)
	}
	if !errors.As(err, &says) {
		return failover.SentenceOf(err)
	}
	template, args := says.Sentence()
	return failover.Sentence{Template: template, Args: args}
}
