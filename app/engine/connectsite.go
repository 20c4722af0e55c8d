package engine

import (
	"context"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-sasl"

	"lifeboat/configs"
	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/probe"
)

func roleOf(s Side) failover.Role {
	if s == SidePrimary {
		return failover.Primary
	}
	return failover.Secondary
}

// nameAt is the name whose mail a side takes; empty where there is none.
func nameAt(d failover.Domain, s Side) string {
	if s == SideEmergency {
		return d.Emergency
	}
	return d.Name
}

// siteBuilder puts together what is to be tried at the sides of one domain.
type siteBuilder struct {
	e      *Engine
	d      failover.Domain
	run    *connecting
	at     configs.Providers
	writes func(context.Context) (probe.Writing, error) // in the domain's zone, once
	seeds  *seeding
}

func (e *Engine) siteBuilder(d failover.Domain, run *connecting) *siteBuilder {
	b := &siteBuilder{e: e, d: d, run: run}
	b.at, _ = e.opt.Settings.ProvidersOf(d.Name) // the domain is one of the settings
	b.writes = once(func(ctx context.Context) (probe.Writing, error) { return e.tryWriting(ctx, d.Name, d.Name) })
	b.seeds = b.seeding()
	return b
}

// once does something for whoever asks first; the others get the same.
func once[T any](do func(context.Context) (T, error)) func(context.Context) (T, error) {
	var turn sync.Once
	var v T
	var err error
	return func(ctx context.Context) (T, error) {
		turn.Do(func() { v, err = do(ctx) })
		return v, err
	}
}

// site is what is to be tried at a side; false where there is none.
func (b *siteBuilder) site(side Side) (probe.Site, bool) {
	role := roleOf(side)
	p := b.d.Provider(role)
	if nameAt(b.d, side) == "" || role == failover.Secondary && b.e.opt.Settings.NeedSecondary(failover.Display(b.d.Name)) != nil {
		return probe.Site{}, false
	}
	site := probe.Site{Target: probe.Target{Domain: b.d, Provider: p}, Seed: b.seeds.of(side)}
	if b.writesRecords() {
		site.Writing = func(ctx context.Context) (probe.Writing, error) { return b.writing(ctx, side) }
	}
	if side == SideEmergency {
		site.Emergency, site.Domain = true, b.emergency()
		site.Provider.DKIM = nil // its selectors are published for the domain (plan.Build)
		return site, true        // signing in there is signing in at the secondary
	}
	site.Senders, site.Readers = b.senders(role), b.readers(role)
	return site, true
}

// emergencySample is how many addresses are asked for at the emergency subdomain. All
// of them lead to the same mailboxes as the domain's own, which are asked for one by one.
const emergencySample = 5

// emergency is the emergency subdomain in the place of the domain: the same people, some
// of them, others each day.
func (b *siteBuilder) emergency() failover.Domain {
	d := b.d
	d.Name, d.Emergency, d.Signing, d.Recipients = b.d.Emergency, "", failover.DKIMSelector{}, nil
	all := b.d.Recipients
	first := 0
	if len(all) > emergencySample {
		first = b.e.opt.Now().UTC().YearDay() * emergencySample % len(all)
	}
	for i := range min(emergencySample, len(all)) {
		r := all[(first+i)%len(all)]
		r.Address = b.atEmergency(r.Address)
		d.Recipients = append(d.Recipients, r)
	}
	return d
}

// atEmergency is the address of the same person at the emergency subdomain.
func (b *siteBuilder) atEmergency(address string) string {
	return address[:strings.LastIndexByte(address, '@')+1] + strings.TrimSuffix(b.d.Emergency, ".")
}

// writesRecords reports whether Lifeboat itself changes the records.
func (b *siteBuilder) writesRecords() bool {
	d, _ := b.e.opt.Settings.Domain(b.d.Name) // it is one of the settings
	return d.DNS.RFC2136 != nil || d.DNS.Cloudflare != nil
}

// writing tries to change the zone of a side; where it is the domain's, that was tried
// for the primary already.
func (b *siteBuilder) writing(ctx context.Context, side Side) (probe.Writing, error) {
	w, err := b.writes(ctx)
	if err != nil || side == SidePrimary {
		return w, err
	}
	if side == SideEmergency {
		host, err := b.e.hostOf(ctx, failover.Display(b.d.Name))
		if err != nil {
			return w, err
		}
		zone, err := host.Zone(ctx, b.d.Emergency)
		if err != nil {
			return w, err
		}
		if zone != w.Zone {
			return b.e.tryWriting(ctx, b.d.Name, b.d.Emergency)
		}
	}
	w.Shared = slices.Contains(b.run.sides, SidePrimary)
	return w, nil
}

// tryWriting reads a name's zone and tries to change it, without changing anything.
func (e *Engine) tryWriting(ctx context.Context, domain, name string) (probe.Writing, error) {
	settings, _ := e.opt.Settings.Domain(domain) // it is one of the settings
	w := probe.Writing{Host: hostTitle(settings), Zone: name}
	began := e.opt.Now()
	host, err := e.hostOf(ctx, failover.Display(domain))
	if err != nil {
		return w, inFailover(failover.ErrCredential, err)
	}
	if w.Zone, err = host.Zone(ctx, name); err != nil {
		return w, err
	}
	key := failover.Key{Name: failover.FQDN(name), Type: "MX"}
	if _, err := host.Read(ctx, w.Zone, []failover.Key{key}); err != nil {
		return w, err
	}
	trier, ok := host.(dnshost.Trier)
	if !ok {
		w.Untried = true
		return w, nil
	}
	err = trier.TryWriting(ctx, w.Zone, key.Name)
	w.Took = e.opt.Now().Sub(began)
	return w, err
}

// hostTitle is what people call a domain's DNS host.
func hostTitle(d configs.Domain) string {
	switch {
	case d.DNS.Cloudflare != nil:
		return "Cloudflare"
	case d.DNS.RFC2136 != nil:
		if host, _, err := net.SplitHostPort(d.DNS.RFC2136.Server); err == nil {
			return host
		}
		return d.DNS.RFC2136.Server
	}
	return d.DNS.Host
}

// people are those who sign in at the providers.
func (b *siteBuilder) people() []configs.Recipient {
	return slices.DeleteFunc(b.e.opt.Settings.RecipientsOf(b.d.Name), func(r configs.Recipient) bool {
		return r.Kind != configs.KindAccount && r.Kind != configs.KindShared
	})
}

// senders are the credentials that mail leaves with at a provider, each once.
func (b *siteBuilder) senders(role failover.Role) []probe.Login {
	var out []probe.Login
	seen := map[string]bool{}
	for _, r := range b.people() {
		s, err := b.e.opt.Settings.SubmissionFor(string(role), r.Address)
		if err == nil && seen[s.User+"\x00"+string(s.Password)] {
			continue
		}
		seen[s.User+"\x00"+string(s.Password)] = true
		who := s.User
		if s.Address != "" {
			who = s.Address
		}
		if err != nil {
			who, err = r.Address, inFailover(failover.ErrInvalid, err)
		}
		out = append(out, probe.Login{Who: who, Try: func(ctx context.Context) (probe.Word, error) {
			if err != nil {
				return probe.Word{}, err
			}
			return b.trySending(ctx, role, s)
		}})
	}
	return out
}

// trySending signs in at a submission server.
func (b *siteBuilder) trySending(ctx context.Context, role failover.Role, s configs.Sending) (probe.Word, error) {
	p, err := b.run.look.prober(role)
	if err != nil {
		return probe.Word{}, err
	}
	credential, err := b.e.credential(ctx, role, s)
	if err != nil {
		return probe.Word{}, inFailover(failover.ErrCredential, err)
	}
	return p.SignInWith(ctx, b.d.Provider(role).Submission, credential)
}

// credential is what signs in to send. A world without a send route knows one password
// for all.
func (e *Engine) credential(ctx context.Context, role failover.Role, s configs.Sending) (probe.Credential, error) {
	if e.opt.Relay != nil && e.opt.Relay.SignIn != nil {
		source, err := e.opt.Relay.SignIn(ctx, role, s)
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context, offered []string) (sasl.Client, error) {
			client, err := source.Client(ctx, offered, true)
			return client, inFailover(failover.ErrCredential, err)
		}, nil
	}
	password, err := e.opt.Password(ctx, s.Password)
	if err != nil {
		return nil, err
	}
	return func(_ context.Context, offered []string) (sasl.Client, error) {
		if slices.Contains(offered, sasl.Plain) || len(offered) == 0 {
			return sasl.NewPlainClient("", s.User, password), nil
		}
		return sasl.NewLoginClient(s.User, password), nil
	}, nil
}

// signInPatience is how long one sign-in may take.
const signInPatience = 20 * time.Second
