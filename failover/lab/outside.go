package lab

import (
	"bytes"
	"crypto/tls"
	"io"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"lifeboat/failover"
)

// outsider is an organisation outside: a mail server that takes mail for its
// people and, for the groups that write to the domain, sends theirs, asking a
// resolver of its own.
type outsider struct {
	*mta
	group  Group  // empty for remote.test, whose people only answer the telephone
	zone   string // as FQDN makes it
	person string // who writes there, and is written to
	house  *host
	cond   *condition
	books  *books
	// cache is its resolver. Each has asked at a moment of its own, so that after a
	// switch the old answer runs out for one group after the other.
	cache *resolver
	asks  *host // where that is; nil where nobody asks

	box mailStack
}

// remoteZone is the partner that BreakRemote breaks.
const remoteZone = "remote.test."

// outsiders are who lives outside, with the last number of their mail server's
// address; the resolver's is higher by 10.
var outsiders = [...]struct {
	group  Group
	zone   string
	number byte
	person string
}{
	{Customers, "customers.test.", 77, "aoi.mori"},
	{Suppliers, "suppliers.test.", 78, "kenji.abe"},
	{Partners, "partners.test.", 79, "maria.weber"},
	{"", remoteZone, 76, "jean.martin"},
}

// settleOutsiders opens the mail servers outside, and the resolvers of those that
// send.
func (w *World) settleOutsiders() error {
	for i, o := range outsiders {
		name := "mail." + hostOf(o.zone)
		out := &outsider{group: o.group, zone: o.zone, person: o.person + "@" + hostOf(o.zone), cond: newCondition(), books: w.books}
		cert, err := w.ca.issue(time.Now().Add(certLife), name)
		if err != nil {
			return err
		}
		config := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{*cert}}
		addr := netip.AddrFrom4([4]byte{198, 51, 100, o.number})
		out.house = w.house(name+".", addr, out.cond)
		out.house.services = []*service{{
			port: 25, cond: out.cond, delay: w.opt.Delay, busy: greeting421(name),
			stream: smtpServer(name, out.backend, config, w.opt.Log),
		}}
		if o.group != "" {
			at := netip.AddrFrom4([4]byte{198, 51, 100, o.number + 10})
			out.cache, out.asks = w.settleCache("resolver."+o.zone, at)
			out.cache.spent = float64(i) / float64(len(outsiders)-1)
			out.mta = w.newMTA(name, addr.String(), netip.AddrPortFrom(at, 53).String())
			out.keeper = out
			w.groups = append(w.groups, out)
		}
		w.outside = append(w.outside, out)
	}
	return nil
}

// settleCache opens a resolver of somebody's own.
func (w *World) settleCache(name string, addr netip.Addr) (*resolver, *host) {
	r := newResolver(w.newLine(addr.String()), w.opt.Now, w.opt.Log, w.DNSControls())
	cond := newCondition()
	w.stub[name] = cond
	h := w.house(name, addr, cond)
	h.services = []*service{dnsService(r.responder(cond), cond)}
	return r, h
}

// write has somebody of the group write to an address of the domain.
func (o *outsider) write(to string) int {
	p := o.books.written(paper{by: o.group, way: Inbound, from: o.person, to: to})
	o.add(&letter{paper: p})
	return p.number
}

// halted is never: servers outside always work.
func (o *outsider) halted() <-chan struct{} { return nil }

func (o *outsider) role() failover.Role { return "" }

func (o *outsider) deferred(*letter, failover.Sentence) {}

func (o *outsider) gaveUp(*letter, failover.Sentence) {} // its writer is told, outside

func (o *outsider) passed(*letter) {}

// RemoteFaults lists what the mail server of remote.test can be given.
func RemoteFaults() []Fault { return []Fault{Refuse, Reset, Silent, Hang, Busy, Defer, Reject} }

// BreakRemote gives the mail server of remote.test, a partner outside, a fault;
// None mends it. Mail of the staff to it then waits at the provider, which tells
// them so, and nothing of the domain's is wrong. A fault that is not among
// RemoteFaults is failover.ErrInvalid.
func (w *World) BreakRemote(f Fault) error {
	if f != None && !slices.Contains(RemoteFaults(), f) {
		return failover.Fail(failover.ErrInvalid,
			`The mail server outside the practice domain cannot break as "{fault}"; see the list of faults`, "fault", f)
	}
	o := w.remote()
	if old := o.cond.now(); old == f {
		return nil
	}
	o.cond.set(Trouble{Fault: f})
	kind := EventBroken
	if f == None {
		kind = EventMended
	}
	w.events.tell(Event{Kind: kind, Say: outcry(hostOf(o.house.name), f)})
	return nil
}

func (w *World) remote() *outsider { return w.outside[len(w.outside)-1] }

// OutsideMailbox returns what has come for an address outside, the oldest first:
// of the last messages that its mail server has taken.
func (w *World) OutsideMailbox(address string) []Mail {
	_, domain := splitAddress(address)
	for _, o := range w.outside {
		if o.zone == domain {
			return o.box.of(address)
		}
	}
	return nil
}

// neighbour is a client's dialogue with a mail server outside.
type neighbour struct {
	*outsider
	conn *smtp.Conn
	from string
	to   []string
}

func (o *outsider) backend(c *smtp.Conn) (smtp.Session, error) {
	return &neighbour{outsider: o, conn: c}, nil
}

// Mail begins a message.
func (s *neighbour) Mail(from string, _ *smtp.MailOptions) error {
	if faultOf(s.conn.Conn()) == Busy {
		return tooBusy
	}
	s.from = from
	return nil
}

// Rcpt takes whoever has an address there.
func (s *neighbour) Rcpt(to string, _ *smtp.RcptOptions) error {
	switch faultOf(s.conn.Conn()) {
	case Defer:
		return putOff
	case Reject:
		return denied
	default:
	}
	if _, domain := splitAddress(to); domain != s.zone {
		return noRelay
	}
	s.to = append(s.to, to)
	return nil
}

// Data takes the message. From the moment it is stored the 250 is owed.
func (s *neighbour) Data(r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err // too large, or the client is gone
	}
	conn := rawConn(s.conn.Conn())
	if conn == nil || !conn.commit(func() {
		s.box.put(Mail{At: s.books.clock.now(), From: s.from, To: s.to, Data: data})
		if n, ok := s.books.marker.find(data); ok {
			s.books.arrived(n, "", s.house.name)
		}
	}) {
		return brokenOff
	}
	return nil
}

// Reset forgets the message under way.
func (s *neighbour) Reset() { s.from, s.to = "", nil }

// Logout ends the dialogue.
func (s *neighbour) Logout() error { return nil }

// mailStack keeps the last messages.
type mailStack struct {
	mu    sync.Mutex
	mail  []Mail
	bytes int
}

// keepOutside is how many messages a server outside keeps, as far as they have
// keepOutsideBytes together.
const (
	keepOutside      = 200
	keepOutsideBytes = 2 * maxMail
)

func (m *mailStack) put(mail Mail) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mail = append(m.mail, mail)
	m.bytes += len(mail.Data)
	for len(m.mail) > keepOutside || m.bytes > keepOutsideBytes {
		m.bytes -= len(m.mail[0].Data)
		m.mail[0] = Mail{}
		m.mail = m.mail[1:]
	}
}

func (m *mailStack) of(address string) []Mail {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []Mail
	for _, mail := range m.mail {
		if mail.isFor(address) {
			mail.Data = bytes.Clone(mail.Data)
			out = append(out, mail)
		}
	}
	return out
}

func (m Mail) isFor(address string) bool {
	return slices.ContainsFunc(m.To, func(to string) bool { return strings.EqualFold(to, address) })
}
