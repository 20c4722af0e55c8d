package presenter

import (
	"context"
	"net"
	"strconv"
	"strings"

	"lifeboat/app/engine"
	"lifeboat/configs"
	"lifeboat/failover"
)

// MailServer is a server whose mail is to be looked at, as somebody typed it in.
type MailServer struct {
	// Mailbox is an address of the settings, whose mailbox at the secondary provider is
	// looked at with the sign-in that is set up; empty: Host and what follows say where.
	Mailbox string
	Host    string // a name, or an address
	Port    int    // 0: 993
	// CAFile holds certificates (PEM) of authorities to trust beside the system's, where the
	// server's own is none of theirs; empty: none. The server's certificate is checked always.
	CAFile string
	User   string
	// Password is only ever handed on, and kept nowhere.
	Password string
}

// Name is what the server is called.
func (s MailServer) Name() string {
	if s.Host == "" {
		return s.Mailbox
	}
	return s.Host
}

// portStartTLS is where IMAP servers begin to encrypt only after a word (RFC 9051 §2.1).
const portStartTLS = 143

// Request asks the engine for the mailbox; reason opens other people's mail, as in
// [engine.ReadAs].
func (s MailServer) Request(reason string) engine.BrowseRequest {
	if s.Host == "" {
		return engine.BrowseRequest{Account: s.Mailbox, Role: failover.Secondary, Reason: reason}
	}
	out := engine.BrowseRequest{
		Host: s.Host, Port: s.Port, CAFile: s.CAFile, User: s.User, Reason: reason,
		Password: func(context.Context) (string, error) { return s.Password, nil },
	}
	if s.Port == portStartTLS {
		out.TLS = configs.TLSStart
	}
	return out
}

// ServerOf reads what somebody typed: a host with or without a port, who signs in, and a
// file with certificates, or none.
func ServerOf(host, user, password, certificates string) (MailServer, error) {
	s := MailServer{Host: strings.TrimSpace(host), User: strings.TrimSpace(user), Password: password, CAFile: strings.TrimSpace(certificates)}
	if name, port, err := net.SplitHostPort(s.Host); err == nil {
		n, err := strconv.Atoi(port)
		if err != nil || n < 1 || n > 65535 {
			return s, failover.Fail(failover.ErrInvalid, "{port} is no port: 993 is usual for mail that is read.", "port", port)
		}
		s.Host, s.Port = name, n
	}
	switch {
	case s.Host == "":
		return s, failover.Fail(failover.ErrInvalid, "Write which server to look at, such as imap.example.jp.")
	case s.User == "" || s.Password == "":
		return s, failover.Fail(failover.ErrInvalid, "The server asks for a user name and a password.")
	}
	return s, nil
}

// Browse shows another server's mail instead of the mirror. Nothing of it is stored.
func (m *Mail) Browse(ctx context.Context, s MailServer, changed func()) error {
	if m.opt.Browse == nil {
		return nil
	}
	source, err := m.opt.Browse(ctx, s)
	if err != nil {
		return err
	}
	s.Password = "" // it is not needed again
	m.mu.Lock()
	if m.server == (MailServer{}) {
		m.mirror = m.source
	} else if m.source != nil {
		defer func(old engine.MailSource) { _ = old.Close() }(m.source)
	}
	m.begin(source, s)
	m.mu.Unlock()
	m.kick()
	changed()
	return nil
}

// Leave shows the mirror again.
func (m *Mail) Leave(changed func()) {
	m.mu.Lock()
	old := m.source
	if m.server == (MailServer{}) {
		m.mu.Unlock()
		return
	}
	m.begin(m.mirror, MailServer{})
	m.mirror = nil
	m.mu.Unlock()
	if old != nil {
		_ = old.Close() // it was only read
	}
	m.kick()
	changed()
}

// begin shows a source from its beginning. The lock is held.
func (m *Mail) begin(source engine.MailSource, s MailServer) {
	m.source, m.server, m.revision = source, s, ""
	m.accounts, m.folders, m.opened = nil, map[string][]engine.MailFolder{}, map[string]bool{}
	m.list.kept, m.list.asked = map[string]*keptLine{}, map[string]bool{}
	m.show(mailPlace{})
	m.folderVersion++
}

// Places lists whose mailboxes at the secondary provider can be looked at, the one that is
// shown first, and the provider's name; none where there is no secondary.
func (m *Mail) Places() (provider string, addresses []string) {
	if m.opt.Secondary == nil || m.opt.Browse == nil {
		return "", nil
	}
	if provider = m.opt.Secondary(); provider == "" {
		return "", nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.server != (MailServer{}) {
		return "", nil // its accounts are not those of the settings
	}
	for _, a := range m.accounts {
		if a.Address == m.here.account {
			addresses = append([]string{a.Address}, addresses...)
			continue
		}
		addresses = append(addresses, a.Address)
	}
	return provider, addresses
}

// Browsing says whether another server can be looked at.
func (m *Mail) Browsing() bool { return m.opt.Browse != nil }
