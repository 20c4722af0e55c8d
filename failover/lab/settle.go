package lab

import (
	"crypto/rand"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"net/netip"
	"strings"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/miekg/dns"

	"lifeboat/failover"
)

// Who lives where. Addresses are of the ranges for documentation.
const (
	root1Addr    = "192.0.2.1"
	root2Addr    = "192.0.2.4"
	tldAddr      = "192.0.2.2"
	hostingAddr  = "192.0.2.3"
	resolverAddr = "192.0.2.53"
	dohAddr      = "192.0.2.54"
	officeAddr   = "192.0.2.200"
	siteAddr     = "198.51.100.80"

	root1Name    = "a.root.lab.test."
	root2Name    = "b.root.lab.test."
	tldName      = "a.nic.lab.test."
	hostingName  = "ns.lab.test."
	resolverName = "resolver.lab.test."
	dohName      = "dns.lab.test."

	labZone       = "lab.test."
	primaryZone   = "harbormail.test."
	secondaryZone = "lighthouse.test."

	maxSecondaries = 8
)

// controlNames are the hosts that have nothing to do with either provider.
var controlNames = [...]string{"mx.alder.test.", "mx.birch.test.", "mx.cedar.test."}

// taken are the zones that the domain cannot be, nor be in, nor hold.
func taken() []string {
	zones := []string{labZone, primaryZone, secondaryZone}
	for _, o := range outsiders {
		zones = append(zones, o.zone)
	}
	for _, c := range controlNames {
		zones = append(zones, parent(c))
	}
	return zones
}

func checkDomain(domain string) error {
	_, ok := dns.IsDomainName(domain)
	ok = ok && dns.CountLabel(domain) >= 2 && !strings.ContainsAny(domain, `\ `)
	for _, z := range taken() {
		ok = ok && !dns.IsSubDomain(z, domain) && !dns.IsSubDomain(domain, z)
	}
	if !ok {
		return failover.Fail(failover.ErrInvalid, `"{domain}" cannot be the practice domain; give a name of two parts or more such as example.test`,
			"domain", failover.Display(domain))
	}
	return nil
}

func someRecipients(domain string) []failover.Recipient {
	at := "@" + failover.Display(domain)
	return []failover.Recipient{
		{Address: "hanako.sato" + at, Kind: failover.Account},
		{Address: "taro.tanaka" + at, Kind: failover.Account},
		{Address: "office" + at, Kind: failover.Alias},
		{Address: "sales" + at, Kind: failover.Group},
		{Address: "orders" + at, Kind: failover.Shared},
	}
}

// hostOf is a name as it stands in certificates, greetings and URLs.
func hostOf(name string) string { return strings.TrimSuffix(name, ".") }

// settle puts everybody in their place: hosts, zones, servers, people.
func (w *World) settle() error {
	w.office = w.newLine(officeAddr)
	w.office.inside = netip.MustParseAddr(resolverAddr)
	world := w.newLine(resolverAddr)
	w.resolver = newResolver(world, w.opt.Now, w.opt.Log, w.DNSControls())
	mark, err := newMarker()
	if err != nil {
		return err
	}
	mark.letter = w.opt.Letter
	w.marker = mark
	w.books = &books{ledger: w.ledger, events: w.events, clock: w.clock, marker: mark, owner: w.owner}
	w.ledger.late = w.opt.LateAfter
	w.stub = map[string]*condition{}
	w.provider = map[failover.Role]*provider{}
	for _, role := range []failover.Role{failover.Primary, failover.Secondary} {
		if err := w.settleProvider(role, mark); err != nil {
			return err
		}
	}
	if err := w.settleOutsiders(); err != nil {
		return err
	}
	w.describe()
	if err := w.settleZones(); err != nil {
		return err
	}
	if err := w.settleResolver(); err != nil {
		return err
	}
	for i, name := range controlNames {
		h := w.house(name, netip.AddrFrom4([4]byte{198, 51, 100, byte(201 + i)}), newCondition())
		h.services = []*service{{port: 25, cond: h.cond, stream: smtpServer(name, smtp.BackendFunc(answering), nil, w.opt.Log)}}
		w.controls = append(w.controls, hostOf(name)+":25")
	}
	w.traffic = &traffic{world: w, turn: make(chan struct{}, 1), interval: w.opt.Interval}
	w.staff = w.newStaff()
	return nil
}

func (w *World) newLine(addr string) *line {
	return &line{inet: w.inet, local: netip.MustParseAddr(addr), find: findHost}
}

// house puts a host on the network, with an IPv6 address beside the other where
// the world has IPv6.
func (w *World) house(name string, addr netip.Addr, cond *condition) *host {
	h := &host{name: name, addrs: []netip.Addr{addr}, cond: cond}
	if w.opt.IPv6 {
		h.addrs = append(h.addrs, sixOf(addr))
	}
	w.inet.add(h)
	return h
}

// sixOf is the IPv6 address of a host that has this IPv4 address: 2001:db8:: and
// the four octets.
func sixOf(a netip.Addr) netip.Addr {
	four := a.As4()
	six := netip.MustParseAddr("2001:db8::").As16()
	copy(six[12:], four[:])
	return netip.AddrFrom16(six)
}

// owner is the provider whose host this is, or nil.
func (w *World) owner(host string) *provider {
	for _, p := range w.provider {
		if dns.IsSubDomain(p.zone, failover.FQDN(host)) {
			return p
		}
	}
	return nil
}

// settleProvider opens a provider's two mail hosts and its submission host.
func (w *World) settleProvider(role failover.Role, mark marker) error {
	secret, public := make([]byte, 12), make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		return err
	}
	if _, err := rand.Read(public); err != nil { // any 32 octets are an Ed25519 key as far as the DNS can tell
		return err
	}
	p := &provider{
		role: role, title: "Harbormail", zone: primaryZone, dkim: "harbor1", network: 10,
		cond: newCondition(), books: w.books, ledger: w.ledger, events: w.events, now: w.opt.Now, marker: mark,
		user: "lifeboat@" + hostOf(w.opt.Domain), password: hex.EncodeToString(secret),
		key:        "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public),
		domains:    w.domainsOf(role),
		recipients: map[string]bool{}, most: keepMails,
	}
	if role == failover.Secondary {
		p.title, p.zone, p.dkim, p.network = "Lighthouse", secondaryZone, "light1", 20
	}
	err := p.open(w.opt.Recipients)
	if err != nil {
		return err
	}
	names := []string{"mx1." + hostOf(p.zone), "mx2." + hostOf(p.zone), "smtp." + hostOf(p.zone), "imap." + hostOf(p.zone)}
	if p.good, err = w.ca.issue(time.Now().Add(certLife), names...); err != nil {
		return err
	}
	if p.bad, err = w.ca.issue(time.Now().Add(-24*time.Hour), "mail.elsewhere.test"); err != nil {
		return err
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: p.certificate}
	for i, name := range names {
		h := w.house(name+".", netip.AddrFrom4([4]byte{203, 0, 113, p.network + byte(i) + 1}), p.cond)
		service := &service{port: 25, cond: p.cond, delay: w.opt.Delay, busy: greeting421(name)}
		if i == 2 {
			service.port = 587
		}
		service.stream = smtpServer(name, p.backend(name, i == 2), config, w.opt.Log)
		if i == 3 {
			service.port, service.busy, service.reads = 993, "", true
			service.stream = p.imapServer(config, w.opt.Log)
		}
		h.services = append(h.services, service)
		p.hosts = append(p.hosts, h)
	}
	w.settleOutgoing(p)
	w.provider[role] = p
	return w.settleStatus(p)
}

// domainsOf are the domains that a provider takes mail for. The emergency subdomain is
// the secondary's alone: what is written to it at the primary leaves by its MX.
func (w *World) domainsOf(role failover.Role) []string {
	if role == failover.Secondary {
		return []string{w.opt.Domain, w.emergency()}
	}
	return []string{w.opt.Domain}
}

// settleStatus opens a provider's status page.
func (w *World) settleStatus(p *provider) error {
	name := "status." + p.zone
	cert, err := w.ca.issue(time.Now().Add(certLife), hostOf(name))
	if err != nil {
		return err
	}
	cond := newCondition()
	p.page = &statusPage{url: "https://" + hostOf(name) + statusPath, title: p.title, delay: max(w.opt.StatusDelay, 0), now: w.opt.Now, cond: cond}
	p.page.host = w.house(name, netip.AddrFrom4([4]byte{203, 0, 113, p.network + 8}), cond)
	p.page.host.services = []*service{{port: 443, cond: cond, stream: webServer(statusPath, p.page, cert, w.opt.Log)}}
	return nil
}

// settleResolver opens the resolver's two doors.
func (w *World) settleResolver() error {
	cert, err := w.ca.issue(time.Now().Add(certLife), hostOf(dohName), dohAddr)
	if err != nil {
		return err
	}
	plain, web := newCondition(), newCondition()
	w.stub[resolverName], w.stub[dohName] = plain, web
	h := w.house(resolverName, netip.MustParseAddr(resolverAddr), plain)
	h.services = []*service{dnsService(w.resolver.responder(plain), plain)}
	h = w.house(dohName, netip.MustParseAddr(dohAddr), web)
	h.services = []*service{{port: 443, cond: web, stream: w.resolver.responder(web).https(cert, w.opt.Log)}}
	return nil
}

func dnsService(r responder, cond *condition) *service {
	return &service{port: 53, cond: cond, stream: r.stream, packets: r}
}

// emergency is the emergency subdomain's name.
func (w *World) emergency() string { return "emergency." + w.opt.Domain }
