package lab

import (
	"fmt"
	"net/netip"

	"github.com/miekg/dns"

	"lifeboat/failover"
	"lifeboat/failover/dnswire"
)

// describe makes the domain as the settings would tell it.
func (w *World) describe() {
	w.domain = failover.Domain{
		Name: w.opt.Domain, MXTTL: w.opt.TTL, Recipients: w.opt.Recipients,
		Primary:   w.provider[failover.Primary].describe(),
		Secondary: w.provider[failover.Secondary].describe(),
	}
	if !w.opt.Unprepared {
		w.domain.Emergency = w.emergency()
	}
}

// describe is the provider as the settings would tell it. The two differ in how
// they want their DKIM key published, as providers do: one leads to a record of its
// own, the other gives the key.
func (p *provider) describe() failover.Provider {
	dkim := failover.DKIMSelector{Selector: p.dkim, Type: "CNAME", Value: p.dkim + ".dkim." + p.zone}
	if p.role == failover.Secondary {
		dkim.Type, dkim.Value = "TXT", p.key
	}
	return failover.Provider{
		Role: p.role, Name: p.title,
		MX:         []failover.MX{{Preference: 10, Host: p.hosts[0].name}, {Preference: 20, Host: p.hosts[1].name}},
		SPFInclude: "spf." + p.zone,
		DKIM:       []failover.DKIMSelector{dkim},
		Submission: failover.Endpoint{Host: hostOf(p.hosts[2].name), Port: 587, Security: failover.StartTLS},
		IMAP:       failover.Endpoint{Host: hostOf(p.hosts[3].name), Port: 993, Security: failover.ImplicitTLS},
		StatusPage: p.page.url,
	}
}

// settleZones fills the tree of zones and opens its servers.
func (w *World) settleZones() error {
	t := &tree{world: w}
	t.domain()
	t.hosting()
	t.above()
	if t.err != nil {
		return t.err
	}
	w.zone.changed = w.tellSwitch
	return nil
}

// tree builds zones; the first error stays.
type tree struct {
	world *World
	zones []*zone // what the hosting server holds
	err   error
}

// records collects the record sets of one zone.
type records struct {
	name    string
	sets    []failover.RRset
	hostTTL uint32 // of addresses, in seconds
}

func (r *records) add(name, typ string, ttl uint32, values ...string) {
	r.sets = append(r.sets, failover.NewRRset(name, typ, ttl, values...))
}

// host adds a host's addresses.
func (r *records) host(h *host) {
	for _, a := range h.addrs {
		typ := "A"
		if a.Is6() {
			typ = "AAAA"
		}
		r.add(h.name, typ, r.hostTTL, a.String())
	}
}

// infraTTL is that of records that no exercise changes, in seconds.
const infraTTL = 3600

// providerTTL is that of a provider's hosts, which big ones keep short, and of the
// answer that one of them does not exist (NoName); in seconds.
const providerTTL = 60

// open makes a zone out of its records, with an SOA. Its negative TTL (RFC 2308
// section 5) is that of its records.
func (t *tree) open(r records, primary string, ttl uint32) *zone {
	r.add(r.name, "SOA", ttl, fmt.Sprintf("%s hostmaster.%s 1 7200 900 1209600 %d", primary, labZone, ttl))
	var all []dns.RR
	for _, set := range r.sets {
		rrs, err := dnswire.Records(set)
		if err != nil && t.err == nil {
			t.err = err
		}
		all = append(all, rrs...)
	}
	return newZone(r.name, t.world.opt.Now, all)
}

// serve puts a name server on the network.
func (t *tree) serve(name string, addr netip.Addr, zones ...*zone) (*nameserver, *host) {
	cond := newCondition()
	s := &nameserver{name: name, addr: addr, zones: zones, cond: cond, door: newCondition(), now: t.world.opt.Now, seen: map[*zone]*version{}}
	h := t.world.house(name, addr, cond)
	h.services = []*service{dnsService(s.respond, cond)}
	return s, h
}

// domain is the zone that everything is about, as calm times leave it, and its
// servers.
func (t *tree) domain() {
	w := t.world
	d, ttl := w.opt.Domain, w.opt.TTL
	primary, secondary := w.domain.Primary, w.domain.Secondary
	r := records{name: d, hostTTL: infraTTL}
	var names []string
	for i := range w.opt.Secondaries + 1 {
		name := fmt.Sprintf("ns%d.%s", i+1, d)
		s, h := t.serve(name, netip.AddrFrom4([4]byte{198, 51, 100, byte(11 + i)}))
		names = append(names, name)
		w.servers = append(w.servers, s)
		r.host(h)
		if i > 0 {
			s.lag = w.opt.Lag
		}
	}
	r.add(d, "NS", infraTTL, names...)
	r.sets = append(r.sets, failover.MXSet(d, ttl, primary.MX))
	spf := "v=spf1 include:" + hostOf(primary.SPFInclude) + " -all"
	r.add(dkimName(primary.DKIM[0], d), "CNAME", ttl, primary.DKIM[0].Value)
	if !w.opt.Unprepared {
		spf = "v=spf1 include:" + hostOf(primary.SPFInclude) + " include:" + hostOf(secondary.SPFInclude) + " -all"
		r.add(dkimName(secondary.DKIM[0], d), "TXT", ttl, dnswire.TXT(secondary.DKIM[0].Value))
		r.sets = append(r.sets, failover.MXSet(w.emergency(), ttl, secondary.MX))
		r.add(w.emergency(), "TXT", ttl, dnswire.TXT("v=spf1 include:"+hostOf(secondary.SPFInclude)+" -all"))
	}
	// Beside SPF, what any domain has and no switch may touch.
	r.add(d, "TXT", ttl, dnswire.TXT(spf), dnswire.TXT("site-verification=3f6c1b9a"))
	r.add("_dmarc."+d, "TXT", ttl, dnswire.TXT("v=DMARC1; p=quarantine; rua=mailto:postmaster@"+hostOf(d)))
	r.add(d, "A", ttl, siteAddr)
	r.add("www."+d, "A", ttl, siteAddr)
	w.zone = t.open(r, names[0], ttl)
	for _, s := range w.servers {
		s.zones = []*zone{w.zone}
	}
	w.servers[0].key = &w.key
}

func dkimName(s failover.DKIMSelector, domain string) string {
	return s.Selector + "._domainkey." + domain
}

// hosting is the one server for everybody else's zones.
func (t *tree) hosting() {
	w := t.world
	hosting, house := t.serve(hostingName, netip.MustParseAddr(hostingAddr))
	zone := func(name string, fill func(r *records)) *zone {
		r := records{name: name, hostTTL: infraTTL}
		r.add(name, "NS", infraTTL, hostingName)
		fill(&r)
		z := t.open(r, hostingName, r.hostTTL)
		t.zones = append(t.zones, z)
		return z
	}
	for _, role := range []failover.Role{failover.Primary, failover.Secondary} {
		p := w.provider[role]
		p.names = zone(p.zone, func(r *records) {
			r.hostTTL = providerTTL
			for _, h := range p.hosts {
				r.host(h)
			}
			r.host(p.page.host)
			r.host(p.asks)
			r.add("spf."+p.zone, "TXT", infraTTL, dnswire.TXT(fmt.Sprintf("v=spf1 ip4:203.0.113.%d/29 -all", p.network&^7)))
			r.add(p.dkim+".dkim."+p.zone, "TXT", infraTTL, dnswire.TXT(p.key))
		})
	}
	zone(labZone, func(r *records) {
		r.host(house)
		for name, addr := range map[string]string{resolverName: resolverAddr, dohName: dohAddr, root1Name: root1Addr, root2Name: root2Addr, tldName: tldAddr} {
			r.add(name, "A", infraTTL, addr)
		}
	})
	for _, o := range w.outside {
		zone(o.zone, func(r *records) {
			r.add(o.zone, "MX", infraTTL, "10 "+o.house.name)
			r.host(o.house)
			if o.asks != nil {
				r.host(o.asks)
			}
			r.add(o.zone, "TXT", infraTTL, dnswire.TXT("v=spf1 mx -all"))
		})
	}
	for i, name := range controlNames {
		zone(parent(name), func(r *records) {
			r.add(parent(name), "MX", infraTTL, "10 "+name)
			r.add(name, "A", infraTTL, fmt.Sprintf("198.51.100.%d", 201+i))
		})
	}
	hosting.zones = t.zones
}

// above is the top-level domain and the root.
func (t *tree) above() {
	w := t.world
	labels := dns.SplitDomainName(w.opt.Domain)
	tlds := []string{"test."}
	if last := labels[len(labels)-1] + "."; last != tlds[0] {
		tlds = append(tlds, last)
	}
	var zones []*zone
	root := records{name: "."}
	root.add(".", "NS", infraTTL, root1Name, root2Name)
	root.add(root1Name, "A", infraTTL, root1Addr)
	root.add(root2Name, "A", infraTTL, root2Addr)
	root.add(tldName, "A", infraTTL, tldAddr)
	for _, tld := range tlds {
		root.add(tld, "NS", infraTTL, tldName)
		r := records{name: tld}
		r.add(tld, "NS", infraTTL, tldName)
		if dns.IsSubDomain(tld, w.opt.Domain) {
			set := w.zone.latest().set(failover.Key{Name: w.opt.Domain, Type: "NS"})
			r.sets = append(r.sets, set)
			for _, s := range set.Values {
				for _, typ := range []string{"A", "AAAA"} {
					r.sets = append(r.sets, w.zone.latest().set(failover.Key{Name: s, Type: typ}))
				}
			}
		}
		if tld == "test." {
			r.add(tldName, "A", infraTTL, tldAddr)
			r.add(hostingName, "A", infraTTL, hostingAddr)
			for _, z := range t.zones {
				r.add(z.name, "NS", infraTTL, hostingName)
			}
		}
		zones = append(zones, t.open(r, tldName, infraTTL))
	}
	t.serve(tldName, netip.MustParseAddr(tldAddr), zones...)
	top := t.open(root, root1Name, infraTTL)
	t.serve(root1Name, netip.MustParseAddr(root1Addr), top)
	t.serve(root2Name, netip.MustParseAddr(root2Addr), top)
}

// tellSwitch tells of a new MX set.
func (w *World) tellSwitch(before, after *version) {
	key := failover.Key{Name: w.opt.Domain, Type: "MX"}
	old, set := before.set(key), after.set(key)
	if old.SameValues(set) {
		return
	}
	ev := Event{Kind: EventSwitched}
	name := failover.Display(w.opt.Domain)
	switch w.domain.RouteOf(set) {
	case failover.RoutePrimary:
		ev.Role = failover.Primary
	case failover.RouteSecondary:
		ev.Role = failover.Secondary
	case failover.RouteNone:
		ev.Say = failover.Say("{domain} has no MX record any more.", "domain", name)
	default:
		ev.Say = failover.Say("The MX records of {domain} are other ones now.", "domain", name)
	}
	if p, ok := w.provider[ev.Role]; ok {
		ev.Say = failover.Say("The MX records of {domain} now lead to {provider}.", "domain", name, "provider", p.title)
	}
	w.events.tell(ev)
}
