package configs

import (
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Relay says how outgoing mail is taken in here, and how long and often it is tried.
// Where it goes is said by the providers: see [Settings.SubmissionFor].
type Relay struct {
	// Listen are the addresses at which staff, printers and programs hand mail in;
	// without any, only the composer can send.
	Listen []RelayListen `yaml:"listen"`
	// Devices may send without signing in and without TLS, by where they are.
	Devices     []RelayDevice    `yaml:"devices"`
	Certificate RelayCertificate `yaml:"certificate"`
	// Hostname is what the relay calls itself, to those who hand in and to the
	// providers (RFC 5321 section 4.1.1.1); empty: the computer's name.
	Hostname string `yaml:"hostname"`

	// What one message and one user may be at most; 0 is no bound for the rates.
	MessageSize      Size `yaml:"message_size"`
	Recipients       int  `yaml:"recipients"` // of one message
	MessagesPerHour  int  `yaml:"messages_per_hour"`
	RecipientsPerDay int  `yaml:"recipients_per_day"`
	// Sessions is how many may be connected at once to hand in.
	Sessions int `yaml:"sessions"`
	// QueueSize is how much may wait on this computer; 0: as much as the disk holds.
	QueueSize Size `yaml:"queue_size"`

	// Connections to one provider at once, for all users together.
	Connections int        `yaml:"connections"`
	Retry       RelayRetry `yaml:"retry"`
	// WarnAfter so long the sender is told that a message is late; after ExpireAfter it
	// is given up and its sender told.
	WarnAfter   Span `yaml:"warn_after"`
	ExpireAfter Span `yaml:"expire_after"`
	// A message whose final reply was lost stands still for UncertainAfter; then
	// UncertainThen is done, UncertainResend or UncertainHold.
	UncertainAfter Span   `yaml:"uncertain_after"`
	UncertainThen  string `yaml:"uncertain_then"`
	// KeepLog is how long it is kept what became of each message.
	KeepLog Span `yaml:"keep_log"`
}

// RelayListen is an address at which mail is handed in.
type RelayListen struct {
	// Address is an IP address or localhost, with a port.
	Address string `yaml:"address" short:""`
	TLS     string `yaml:"tls"` // TLSStart or TLSImplicit
}

// RelayDevice lets whatever is at some addresses send as one user: printers and
// programs that can neither sign in nor do TLS.
type RelayDevice struct {
	Addresses []string `yaml:"addresses"` // IP addresses, or networks as 192.168.1.0/28
	User      string   `yaml:"user"`      // a mail address
}

// Prefixes returns the addresses as networks.
func (d RelayDevice) Prefixes() []netip.Prefix {
	var out []netip.Prefix
	for _, a := range d.Addresses {
		if p, ok := network(a); ok {
			out = append(out, p)
		}
	}
	return out
}

// RelayCertificate names PEM files with the relay's own certificate; both are absolute
// paths once loaded. Without them one is made at the first start.
type RelayCertificate struct {
	File string `yaml:"file"` // with the chain that leads to its authority
	Key  string `yaml:"key"`
}

// RelayRetry is how long it is waited before the next try: First after the first one
// failed, longer each time, Most at last.
type RelayRetry struct {
	First Span `yaml:"first"`
	Most  Span `yaml:"most"`
}

// What is done at last with a message of which nobody knows whether the provider has
// it.
const (
	UncertainResend = "resend" // send it a second time, and say so
	UncertainHold   = "hold"   // wait until a person says
)

func usualRelay() Relay {
	return Relay{
		Listen:      []RelayListen{{"127.0.0.1:2587", TLSStart}, {"127.0.0.1:2465", TLSImplicit}},
		MessageSize: 50e6, Recipients: 500, MessagesPerHour: 1000, RecipientsPerDay: 10_000, Sessions: 200, QueueSize: 10e9,
		Connections: 10, Retry: RelayRetry{First: Span(time.Minute), Most: Span(15 * time.Minute)},
		WarnAfter: Span(4 * time.Hour), ExpireAfter: Span(5 * day),
		UncertainAfter: Span(15 * time.Minute), UncertainThen: UncertainResend,
		KeepLog: Span(400 * day),
	}
}

// What may be asked of the relay.
const (
	leastMessage          = Size(100e3)
	mostMessage           = Size(1e9)
	mostRelayRecipients   = 10_000
	mostRelayRate         = 1_000_000
	mostRelaySessions     = 10_000
	leastQueue            = Size(100e6)
	mostQueue             = Size(10e12)
	mostRelayConnections  = 100
	leastRetry, mostRetry = time.Second, 4 * time.Hour
	leastExpire           = time.Hour
	mostExpire            = 14 * day
	mostUncertain         = 5 * day
	leastRelayLog         = day
	mostRelayLog          = 3660 * day
)

func (c *checker) checkRelay() {
	r := &c.s.Relay
	for i := range r.Listen {
		c.relayListen(itemPath("relay.listen", i), &r.Listen[i])
	}
	for i := range r.Devices {
		c.relayDevice(itemPath("relay.devices", i), &r.Devices[i])
	}
	c.relayCertificate("relay.certificate", &r.Certificate)
	if r.Hostname != "" {
		name, ok := hostName(r.Hostname)
		if !ok {
			c.fail("relay.hostname", Say("{at}: {key} is {value}, which is not a host name. Write its full name, as in relay.example.jp, or leave it out.",
				"value", show(r.Hostname)))
		}
		r.Hostname = name
	}
	c.size("relay.message_size", r.MessageSize, leastMessage, mostMessage)
	if r.QueueSize != 0 {
		c.size("relay.queue_size", r.QueueSize, max(leastQueue, r.MessageSize), mostQueue)
	}
	c.between("relay.recipients", float64(r.Recipients), 1, mostRelayRecipients)
	c.between("relay.messages_per_hour", float64(r.MessagesPerHour), 0, mostRelayRate)
	c.between("relay.recipients_per_day", float64(r.RecipientsPerDay), 0, mostRelayRate)
	c.between("relay.sessions", float64(r.Sessions), 1, mostRelaySessions)
	c.between("relay.connections", float64(r.Connections), 1, mostRelayConnections)
	c.oneOf("relay.uncertain_then", &r.UncertainThen, []string{UncertainResend, UncertainHold})
	c.relayTimes(r)
}

func (c *checker) relayTimes(r *Relay) {
	c.span("relay.retry.first", r.Retry.First, leastRetry, mostRetry)
	c.span("relay.retry.most", r.Retry.Most, leastRetry, mostRetry)
	if r.Retry.Most < r.Retry.First {
		c.fail("relay.retry.most", Say("{at}: {key} must be at least as long as first, since the waits only grow."))
	}
	c.span("relay.expire_after", r.ExpireAfter, leastExpire, mostExpire)
	c.span("relay.warn_after", r.WarnAfter, leastRetry, mostExpire)
	if r.WarnAfter > r.ExpireAfter {
		c.fail("relay.warn_after", Say("{at}: {key} must not be longer than expire_after, or nobody would be warned."))
	}
	c.span("relay.uncertain_after", r.UncertainAfter, leastRetry, mostUncertain)
	c.span("relay.keep_log", r.KeepLog, leastRelayLog, mostRelayLog)
	if r.KeepLog < r.ExpireAfter {
		c.fail("relay.keep_log", Say("{at}: {key} must be at least as long as expire_after, or what waits would outlive its own story."))
	}
}

// size checks an amount of data.
func (c *checker) size(path string, value, least, most Size) {
	if value < least || value > most {
		c.fail(path, Say("{at}: {key} must be from {least} to {most}, not {value}.",
			"least", least.String(), "most", most.String(), "value", value.String()))
	}
}

// relayListen checks where mail is taken in. Other computers reach it only where the
// settings say an address of this one's, and that of all networks is worth a warning.
func (c *checker) relayListen(path string, l *RelayListen) {
	host, text, err := net.SplitHostPort(strings.TrimSpace(l.Address))
	port, bad := strconv.ParseUint(text, 10, 16)
	if strings.EqualFold(host, "localhost") {
		host = "127.0.0.1"
	}
	addr, wrong := netip.ParseAddr(host)
	if err != nil || bad != nil || port == 0 || wrong != nil {
		c.fail(path+".address", Say("{at}: {key} is {value}, but must be an IP address of this computer with a port, as in 127.0.0.1:2587.",
			"value", show(l.Address)))
		return
	}
	l.Address = net.JoinHostPort(addr.Unmap().String(), strconv.FormatUint(port, 10))
	if l.TLS == "" {
		l.TLS = TLSStart
		if port == 465 || port == 2465 { // RFC 8314 section 7.3, and our default
			l.TLS = TLSImplicit
		}
	}
	c.oneOf(path+".tls", &l.TLS, []string{TLSStart, TLSImplicit})
	if twice := slices.IndexFunc(c.s.Relay.Listen, func(o RelayListen) bool { return o.Address == l.Address }); itemPath("relay.listen", twice) != path {
		c.fail(path+".address", Say("{at}: {key} is {value}, which is listed already. Remove one of them.", "value", l.Address))
	}
	switch {
	case addr.IsUnspecified():
		c.warn(path+".address", Say("{at}: {key} is {value}: the relay is reached over every network that this computer is in. Write the address in your office's network instead, as in 192.168.1.10:{port}.",
			"value", l.Address, "port", text))
	case addr.IsGlobalUnicast() && !addr.IsPrivate():
		c.warn(path+".address", Say("{at}: {key} is {value}, which is an address of the Internet. Anybody there can try passwords; see that a firewall stands before it.",
			"value", l.Address))
	}
}

func (c *checker) relayDevice(path string, d *RelayDevice) {
	address, domain, ok := mailAddress(d.User)
	if d.User == "" {
		c.fail(path+".user", Say("{at}: {key} is missing. Write the mail address, as in info@example.jp."))
	} else if !ok {
		c.fail(path+".user", Say("{at}: {key} is {value}, which is not a mail address in plain half-width letters. Write it like info@example.jp.",
			"value", show(d.User)))
	} else if c.s.domainIndex(domain) < 0 {
		c.fail(path+".user", Say("{at}: {key} is {address}, but {domain} is not among the domains, so there is no way out for its mail.",
			"address", address, "domain", domain))
	}
	d.User = sameAddress(address)
	if len(d.Addresses) == 0 {
		c.fail(path+".addresses", Say("{at}: {key} is missing. Write the IP addresses of the devices, as in 192.168.1.20."))
	}
	for i, a := range d.Addresses {
		at := itemPath(path+".addresses", i)
		p, ok := network(a)
		switch {
		case !ok:
			c.fail(at, Say("{at}: {key} is {value}, but must be an IP address or a network, as in 192.168.1.20 or 192.168.1.0/28.", "value", show(a)))
			continue
		case p.Bits() < widestNetwork(p):
			c.fail(at, Say("{at}: {key} is {value}, which is too large a network to be let in without a password. Write the addresses of the devices.", "value", show(a)))
			continue
		}
		d.Addresses[i] = networkText(p)
	}
}

// network reads an IP address, or a network in the form of RFC 4632 section 3.1.
func network(text string) (netip.Prefix, bool) {
	text = strings.TrimSpace(text)
	if p, err := netip.ParsePrefix(text); err == nil {
		return p.Masked(), true
	}
	addr, err := netip.ParseAddr(text)
	if err != nil || addr.Zone() != "" {
		return netip.Prefix{}, false
	}
	addr = addr.Unmap()
	return netip.PrefixFrom(addr, addr.BitLen()), true
}

func networkText(p netip.Prefix) string {
	if p.IsSingleIP() {
		return p.Addr().String()
	}
	return p.String()
}

// widestNetwork is the fewest bits that a network of devices may have: that of a
// larger office.
func widestNetwork(p netip.Prefix) int {
	const four, six = 16, 48
	if p.Addr().Is4() {
		return four
	}
	return six
}

// relayCertificate completes the paths. Whether the files can be read is found out by
// whoever needs them, since others may not be allowed to.
func (c *checker) relayCertificate(path string, r *RelayCertificate) {
	switch {
	case r.File != "" && r.Key == "":
		c.fail(path+".key", Say("{at}: {key} is missing. Name the file with the certificate's private key, or leave out both: then a certificate is made."))
	case r.Key != "" && r.File == "":
		c.fail(path+".file", Say("{at}: {key} is missing. Name the file with the certificate, or leave out both: then a certificate is made."))
	case r.File != "":
		r.File, r.Key = c.s.beside(r.File), c.s.beside(r.Key)
	}
}
