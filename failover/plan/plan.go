// Package plan decides what has to change: it takes what is wanted and what was
// observed, and writes a [failover.Plan]. It is pure: no network, no clock, no
// files; the same input gives the same plan, which is why it can be tested by
// cases and shown before anything happens.
//
// A plan is refused rather than guessed. Two sources that disagree about what is
// there, an MX set that belongs to neither provider, both providers published
// with one preference: each stops the plan with a sentence, until the admin says
// that the DNS host's view holds or that the set is to be replaced. Only the
// emergency subdomain never stops a failover: what is wrong there is noted.
//
// Where mail is led, a TTL is no reason for a change of its own; calm times
// ([failover.Prepare]) are for those.
//
// With the MX goes the send route ([failover.RouteStep]), where both providers take
// submissions: what staff write leaves through the provider that mail comes in at. A
// plan of kind [failover.SendRoute] moves it alone; that needs no records to be read.
//
// Only these records are ever in a plan: the MX sets of a domain and of its
// emergency subdomain, and, for [failover.Prepare] in calm times, the domain's
// one SPF string and the secondary's DKIM selectors. [failover.Plan]s read from a
// file are held to the same list ([Check]), so that a plan edited by hand cannot
// reach NS, DS or anybody's other TXT.
package plan

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"lifeboat/failover"
)

// Request is what is wanted.
type Request struct {
	Kind   failover.Kind
	ID     string
	Author string
	Now    time.Time
	// TrustHost is the admin's word that what the DNS host holds is right where the
	// authoritative servers answer something else. Without it a difference blocks the
	// plan. There is no such word for the servers: a change is made at the host, on the
	// condition that the host holds what the plan found.
	TrustHost bool
	// ReplaceMX allows an MX set that is neither provider's, or both's at once,
	// to be replaced.
	ReplaceMX bool
	// To is where a failover.SendRoute leads, and Why the reason that the admin gave.
	To  failover.Role
	Why string
}

// target is the provider that mail leaves through once the plan is carried out.
func (r Request) target() failover.Role {
	if r.Kind == failover.SendRoute {
		return r.To
	}
	return r.Kind.Target()
}

// Observed is one domain with what was seen of it.
type Observed struct {
	Domain failover.Domain
	Zone   string // the zone that holds the domain
	Host   string // the DNS host's name in the settings
	// MinTTL and MaxTTL bound the TTLs that the host takes, in seconds; 0 is no
	// bound.
	MinTTL, MaxTTL uint32
	// OwnTTL: the host gives records a TTL of its own choice.
	OwnTTL bool
	// Route is the provider that the domain's mail leaves through; empty where that is not
	// to be changed.
	Route failover.Role
	// Live is what the host holds; Views what the servers answer.
	Live  []failover.RRset
	Views []failover.View
	// Unread says why a set could not be read at the host, where one could not. Of a
	// failover's sets only the domain's own MX is worth giving the plan up for.
	Unread map[failover.Key]error
}

// Keys returns the record sets that a plan of this kind needs to know of.
func Keys(kind failover.Kind, d failover.Domain) []failover.Key {
	if kind == failover.SendRoute {
		return nil
	}
	keys := []failover.Key{{Name: d.Name, Type: "MX"}}
	if d.Emergency != "" && kind != failover.Failback {
		keys = append(keys, failover.Key{Name: d.Emergency, Type: "MX"})
	}
	if kind == failover.Prepare {
		keys = append(keys, failover.Key{Name: d.Name, Type: "TXT"})
		for _, s := range selectors(d) {
			keys = append(keys, failover.Key{Name: dkimName(d, s), Type: strings.ToUpper(s.Type)})
		}
	}
	return keys
}

// Build writes the plan. A plan without steps says that everything is as wanted
// already. Errors are failover.ErrInvalid (the request makes no sense) and
// failover.ErrBlocked (what was observed forbids it).
func Build(req Request, observed []Observed) (failover.Plan, error) {
	p := failover.Plan{
		Version: failover.PlanVersion, ID: req.ID, Kind: req.Kind,
		Created: req.Now.UTC().Truncate(time.Second), Author: req.Author,
		Domains: []string{}, Steps: []failover.Step{},
	}
	for _, o := range observed {
		b := builder{req: req, o: o, plan: &p}
		p.Domains = append(p.Domains, o.Domain.Name)
		if err := b.domain(); err != nil {
			return failover.Plan{}, err
		}
	}
	if err := p.Seal(); err != nil {
		return failover.Plan{}, err
	}
	return p, Check(p)
}

type builder struct {
	req  Request
	o    Observed
	plan *failover.Plan
}

func (b *builder) domain() error {
	if err := b.sensible(); err != nil {
		return err
	}
	switch b.req.Kind {
	case failover.Prepare:
		return b.prepare()
	case failover.SendRoute:
		return b.sendRoute()
	case failover.Failover, failover.Failback, failover.Rollback:
	}
	// Home leads a route even where the settings have lost the other way meanwhile.
	if d := b.o.Domain; d.HasSendRoute() || b.req.Kind == failover.Failback && d.Primary.Submission.Host != "" {
		b.moveRoute()
	}
	if err := b.switchMX(); err != nil {
		return err
	}
	if b.req.Kind == failover.Failover {
		return b.emergency()
	}
	return nil
}

// sensible refuses settings that no plan can be made of.
func (b *builder) sensible() error {
	d := b.o.Domain
	domain := failover.Display(d.Name)
	switch {
	case b.req.Kind == failover.SendRoute:
		return nil // whatever their MX hosts are
	case b.req.Kind != failover.Failback && len(d.Secondary.MX) == 0:
		return failover.Fail(failover.ErrInvalid,
			"{domain} has no secondary provider: enter one under providers.secondary in the settings, with its MX hosts", "domain", domain)
	case b.req.Kind == failover.Failback && len(d.Primary.MX) == 0:
		return failover.Fail(failover.ErrInvalid,
			"the MX hosts of {domain}'s primary provider are not known: enter them under providers.primary in the settings", "domain", domain)
	case d.Emergency != "" && !strings.HasSuffix(d.Emergency, "."+d.Name):
		return failover.Fail(failover.ErrInvalid,
			"the emergency subdomain {name} is not below {domain}: correct emergency_subdomain in the settings",
			"name", failover.Display(d.Emergency), "domain", domain)
	}
	primary := map[string]bool{}
	for _, m := range d.Primary.MX {
		primary[failover.FQDN(m.Host)] = true
	}
	for _, m := range slices.Concat(d.Primary.MX, d.Secondary.MX) {
		if failover.FQDN(m.Host) == "." {
			return failover.Fail(failover.ErrInvalid,
				"{domain} has a provider whose MX host has no name, which would refuse all mail (RFC 7505): correct providers in the settings", "domain", domain)
		}
	}
	for _, m := range d.Secondary.MX {
		if primary[failover.FQDN(m.Host)] {
			return failover.Fail(failover.ErrInvalid,
				"{host} is an MX host of both providers of {domain}, so nobody could tell where mail goes: correct providers in the settings",
				"host", failover.Display(failover.FQDN(m.Host)), "domain", domain)
		}
	}
	return nil
}

// switchMX leads the domain's mail to the plan's target.
func (b *builder) switchMX() error {
	d := b.o.Domain
	target := d.Provider(b.req.Kind.Target())
	after := failover.MXSet(d.Name, b.ttl(d.MXTTL), target.MX)
	before, err := b.before(after.Key, after)
	if err != nil {
		return err
	}
	if err := b.known(before); err != nil {
		return err
	}
	b.step(before, after, failover.Say("mail for {domain} is delivered to {provider}",
		"domain", failover.Display(d.Name), "provider", target.Name))
	return nil
}

// known refuses an MX set that nobody in the settings accounts for.
func (b *builder) known(before failover.RRset) error {
	d := b.o.Domain
	domain := failover.Display(before.Name)
	switch d.RouteOf(before) {
	case failover.RouteMixed:
		if samePreference(d, before) && !b.req.ReplaceMX {
			return failover.Fail(failover.ErrBlocked,
				"mail for {domain} is split: MX hosts of {primary} and of {secondary} are published with the same preference ({records}); find out who did this, or replace the whole set with --replace-mx",
				"domain", domain, "primary", d.Primary.Name, "secondary", d.Secondary.Name, "records", records(before))
		}
		b.note(failover.Say("{domain} has MX hosts of both providers ({records}); all of them are replaced",
			"domain", domain, "records", records(before)))
	case failover.RouteForeign:
		if !b.req.ReplaceMX {
			return failover.Fail(failover.ErrBlocked,
				"the MX of {domain} is {records}, which the settings give to neither provider: correct providers in the settings, or replace the set with --replace-mx",
				"domain", domain, "records", records(before))
		}
		b.note(failover.Say("{records} belongs to neither provider and is replaced", "records", records(before)))
	case failover.RouteNone:
		b.note(failover.Say("{domain} has no MX record now", "domain", domain))
	case failover.RoutePrimary, failover.RouteSecondary, failover.RouteUnknown:
	}
	return nil
}

// emergency keeps the emergency subdomain with the secondary. In an outage the
// domain's own mail comes first: there, a subdomain that cannot be seen to is noted
// and left.
func (b *builder) emergency() error {
	d := b.o.Domain
	if d.Emergency == "" {
		return nil
	}
	after := failover.MXSet(d.Emergency, b.ttl(d.MXTTL), d.Secondary.MX)
	before, err := b.before(after.Key, after)
	if err == nil && before.Exists() {
		err = b.known(before)
	}
	switch {
	case err != nil && b.req.Kind == failover.Failover:
		b.note(failover.Say("the emergency subdomain {name} stays as it is, which does not keep {domain} from being switched",
			"name", failover.Display(d.Emergency), "domain", failover.Display(d.Name)))
		b.note(failover.SentenceOf(err))
		return nil
	case err != nil:
		return err
	}
	b.step(before, after, failover.Say("the emergency subdomain {name} leads to {provider} at all times",
		"name", failover.Display(d.Emergency), "provider", d.Secondary.Name))
	return nil
}

// before returns what is there, once the host's view and the servers' agree or
// the admin has said that the host's holds. Two differences need no decision. Servers
// that lag behind a host which has what is wanted: nothing is to be changed (want is
// the set that is wanted, where that is known beforehand). And a set below the domain
// that the host does not hold: servers make one up out of a wildcard (RFC 4592), and
// nothing of anybody's is replaced.
func (b *builder) before(key failover.Key, want failover.RRset) (failover.RRset, error) {
	if err := b.o.Unread[key]; err != nil {
		return failover.RRset{}, err
	}
	live := failover.RRset{Key: key}
	for _, s := range b.o.Live {
		if s.Key == key {
			live = s
		}
	}
	seen, asked := b.served(key)
	if asked && len(seen) == 0 {
		b.note(failover.Say("{name}: no authoritative server answers, so the DNS host's view ({host}) is taken as it is",
			"name", key.String(), "host", records(live)))
	}
	for _, s := range seen {
		if s.SameValues(live) {
			if !s.Equal(live) {
				b.note(failover.Say("{name}: the DNS host says TTL {host}, the servers answer {served}",
					"name", key.String(), "host", live.TTL, "served", s.TTL))
			}
			continue
		}
		switch {
		case b.req.TrustHost:
			b.note(failover.Say("{name}: the DNS host's view ({host}) is taken, although servers answer {served}",
				"name", key.String(), "host", records(live), "served", records(s)))
		case want.Exists() && live.SameValues(want):
			b.note(failover.Say("{name}: the DNS host holds what is wanted, but servers still answer {served}; give lifeboat verify later",
				"name", key.String(), "served", records(s)))
		case !live.Exists() && key.Name != b.o.Domain.Name:
			b.note(failover.Say("{name}: the DNS host holds no such record; what servers answer ({served}) is taken for a wildcard's",
				"name", key.String(), "served", records(s)))
		default:
			return live, failover.Fail(failover.ErrBlocked,
				"{name}: the DNS host holds {host}, but authoritative servers answer {served}; wait until they agree, or, if the DNS host is right, add --trust-host",
				"name", key.String(), "host", records(live), "served", records(s))
		}
	}
	return live, nil
}

// served returns the different sets that the servers answer, the most frequent
// first, and whether they were asked at all.
func (b *builder) served(key failover.Key) (sets []failover.RRset, asked bool) {
	for _, v := range b.o.Views {
		if v.Key == key && len(v.Answers) > 0 {
			return v.Distinct(), true
		}
	}
	return nil, false
}

// step adds a change of records, unless they are as wanted already.
func (b *builder) step(before, after failover.RRset, reason failover.Sentence) {
	if before.SameValues(after) {
		return
	}
	if b.o.OwnTTL && before.Exists() {
		after.TTL = before.TTL
	}
	b.change(before, after, reason)
}

// change adds a change, of records or of a TTL.
func (b *builder) change(before, after failover.RRset, reason failover.Sentence) {
	b.plan.Steps = append(b.plan.Steps, failover.Step{
		ID: strconv.Itoa(len(b.plan.Steps) + 1), Domain: b.o.Domain.Name, Zone: b.o.Zone, Host: b.o.Host,
		Before: before, After: after, Reason: reason, OwnTTL: b.o.OwnTTL,
	})
}

// note adds a remark, once.
func (b *builder) note(s failover.Sentence) {
	same := func(n failover.Noted) bool {
		return n.Domain == b.o.Domain.Name && n.Say.String() == s.String()
	}
	if !slices.ContainsFunc(b.plan.Notes, same) {
		b.plan.Notes = append(b.plan.Notes, failover.Noted{Domain: b.o.Domain.Name, Say: s})
	}
}

// ttl bends a TTL to what the host takes.
func (b *builder) ttl(want uint32) uint32 {
	got := want
	if b.o.MinTTL > 0 {
		got = max(got, b.o.MinTTL)
	}
	if b.o.MaxTTL > 0 {
		got = min(got, b.o.MaxTTL)
	}
	if got != want {
		b.note(failover.Say("the DNS host does not take a TTL of {want} seconds; {got} is used", "want", want, "got", got))
	}
	return got
}

func samePreference(d failover.Domain, set failover.RRset) bool {
	owner := map[string]failover.Role{}
	for _, r := range []failover.Role{failover.Primary, failover.Secondary} {
		for _, m := range d.Provider(r).MX {
			owner[failover.FQDN(m.Host)] = r
		}
	}
	at := map[uint16]failover.Role{}
	for _, m := range set.MX() {
		if r, seen := at[m.Preference]; seen && r != owner[m.Host] {
			return true
		}
		at[m.Preference] = owner[m.Host]
	}
	return false
}

// records shows a set's values on one line for a sentence.
func records(s failover.RRset) string {
	if !s.Exists() {
		return "—"
	}
	return strings.Join(s.Values, ", ")
}
