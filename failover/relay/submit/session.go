package submit

import (
	"bytes"
	"io"
	"strings"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"lifeboat/failover"
	"lifeboat/failover/relay"
	"lifeboat/failover/relay/users"
)

// session is what go-smtp asks what to do about a client's commands.
type session struct {
	c      *conn
	server *Server

	user     users.User
	device   bool   // user is who the client's address makes it
	signedIn bool   // user signed in
	tried    string // whom the client said it was

	open   bool   // after MAIL
	from   string // the envelope sender; "" is <>
	utf8   bool   // SMTPUTF8 was asked for
	to     []string
	seen   map[string]bool // recipients, by how they are compared
	full   bool            // the limit of recipients was noted
	chunks *receiver       // the message that comes with BDAT
	head   []byte          // room for a header, used again
}

// begin is called at the first EHLO or HELO.
func (s *Server) begin(p *smtp.Conn) (smtp.Session, error) {
	c, ok := p.Conn().(*conn)
	if !ok {
		return nil, errEnded
	}
	n := &session{c: c, server: s}
	n.user.Address, n.device = s.device(c.client)
	c.session = n
	return n, nil
}

// known reports whether it is known who the client is.
func (s *session) known() bool { return s.device || s.signedIn }

// refresh brings what the user may do up to date with the book; false: the password that
// was used was revoked meanwhile.
func (s *session) refresh() bool {
	now, ok := s.server.opt.Users.Get(s.user.Address)
	switch {
	case s.signedIn && (!ok || !now.Has(s.user.Used)):
		return false
	case !ok: // a device that is not in the book sends as itself
		now.Address = s.user.Address
	}
	now.Used = s.user.Used
	s.user = now
	return true
}

// who is the user, or who the client said it was.
func (s *session) who() string {
	if s.known() {
		return s.user.Address
	}
	return s.tried
}

// Reset implements smtp.Session: the transaction is forgotten.
func (s *session) Reset() {
	if s.chunks != nil {
		s.chunks.abort()
		s.chunks = nil
	}
	s.open, s.from, s.utf8, s.full = false, "", false, false
	s.to = nil // the queue has it
	clear(s.seen)
	s.c.setBusy(false)
}

// Logout implements smtp.Session.
func (s *session) Logout() error {
	s.Reset()
	return nil
}

// path reads the address from the command line itself: go-smtp takes the quotes away,
// so that "a@b"@example.test could not be told from a@b@example.test.
func (s *session) path() (string, error) {
	i := bytes.IndexByte(s.c.line, ':')
	return pathOf(bytes.TrimRight(s.c.line[i+1:], "\r\n"))
}

// Mail implements smtp.Session.
func (s *session) Mail(_ string, opts *smtp.MailOptions) error {
	if s.open {
		return &smtp.SMTPError{Code: 503, EnhancedCode: class{5, 5, 1}, Message: "There is a message already; give it up with RSET first"}
	}
	if !s.known() {
		return s.refuse(s.stranger())
	}
	if !s.refresh() {
		s.signedIn = false
		return s.refuse(refusal{530, class{5, 7, 0}, failover.Say("The password that {user} signed in with has been revoked; sign in with another one.", "user", s.user.Address)})
	}
	from, err := s.path()
	s.from = from // for what is filed about a refusal
	defer func() {
		if !s.open {
			s.from = ""
		}
	}()
	switch {
	case err != nil:
		return s.refuse(refusal{501, class{5, 1, 7}, failover.Say("The sender's address cannot be understood: {text}", "text", s.text())})
	case !ascii(from) && !opts.UTF8:
		return s.refuse(refusal{550, class{5, 6, 7}, failover.Say("The address {address} needs SMTPUTF8 after MAIL FROM (RFC 6531).", "address", from)})
	case opts.Size > s.server.opt.MaxSize:
		return s.refuse(s.tooLarge())
	case from != "" && !s.user.MaySendAs(from):
		return s.refuse(*s.notAllowed(from))
	}
	if over := s.server.rates.check(s.user.Address, 1); over != nil {
		return s.refuse(s.tooMany(over))
	}
	s.open, s.utf8 = true, opts.UTF8
	s.c.setBusy(true)
	return nil
}

// stranger is the refusal of who has not signed in.
func (s *session) stranger() refusal {
	if s.c.secure {
		return refusal{530, class{5, 7, 0}, failover.Say("Sign in first, with the app password that lifeboat user add has shown.")}
	}
	return refusal{530, class{5, 7, 0}, failover.Say("Use STARTTLS and sign in first; a device that can do neither is let in by its address under relay.devices.")}
}

// text is the command line, to be shown.
func (s *session) text() string { return shown(string(s.c.line), 100) }

// Rcpt implements smtp.Session.
func (s *session) Rcpt(string, *smtp.RcptOptions) error {
	to, err := s.path()
	switch {
	case err != nil || to == "":
		return s.refuse(refusal{501, class{5, 1, 3}, failover.Say("The recipient's address cannot be understood: {text}", "text", s.text())})
	case !ascii(to) && !s.utf8:
		return s.refuse(refusal{550, class{5, 6, 7}, failover.Say("The address {address} needs SMTPUTF8 after MAIL FROM (RFC 6531).", "address", to)})
	case s.chunks != nil:
		return &smtp.SMTPError{Code: 503, EnhancedCode: class{5, 5, 1}, Message: "The message has begun already; its recipients come before it"}
	}
	at := strings.LastIndexByte(to, '@')
	same := to[:at+1] + strings.ToLower(to[at+1:])
	if s.seen[same] {
		return nil
	}
	if len(s.to) >= s.server.opt.MaxRecipients {
		full := refusal{452, class{4, 5, 3}, failover.Say("A message has at most {limit} recipients here; send it to the others separately.", "limit", s.server.opt.MaxRecipients)}
		if s.full { // once a message is enough for the log
			return full.reply()
		}
		s.full = true
		return s.refuse(full)
	}
	if over := s.server.rates.check(s.user.Address, len(s.to)+1); over != nil {
		return s.refuse(s.tooMany(over))
	}
	if s.seen == nil {
		s.seen = map[string]bool{}
	}
	s.seen[same] = true
	s.to = append(s.to, to)
	return nil
}

// Data implements smtp.Session. It reads the message from the connection, not from
// go-smtp, and leaves go-smtp the end of an empty one.
func (s *session) Data(io.Reader) error {
	r := s.receive()
	if err := s.c.body(r); err != nil {
		r.abort()
		s.c.ended = true
		s.server.opt.Log.Debug("relay: a message breaks off", "client", s.c.client, "error", err)
		return &smtp.SMTPError{Code: 421, EnhancedCode: class{4, 4, 2}, Message: "The message did not come to its end, and is not kept"}
	}
	s.c.give = []byte(".\r\n")
	return r.finish()
}

// envelope is what the queue is told of the message whose From is given.
func (s *session) envelope(from string) relay.Envelope {
	e := relay.Envelope{User: s.user.Address, From: s.from, To: s.to, Client: s.c.client.String()}
	if e.From == "" {
		e.As = from // a receipt or an automatic answer (RFC 8098 section 3): somebody's credential it needs
	}
	return e
}

// AuthMechanisms implements smtp.AuthSession.
func (s *session) AuthMechanisms() []string {
	if !s.c.secure {
		return nil
	}
	return []string{sasl.Plain, sasl.Login}
}

// Auth implements smtp.AuthSession.
func (s *session) Auth(mechanism string) (sasl.Server, error) {
	switch {
	case !s.c.secure:
		return nil, &smtp.SMTPError{Code: 538, EnhancedCode: class{5, 7, 11}, Message: "Use STARTTLS first: a password is not to be sent in the clear"}
	case s.open:
		return nil, &smtp.SMTPError{Code: 503, EnhancedCode: class{5, 5, 1}, Message: "Not in the middle of a message (RFC 4954 section 4)"}
	}
	switch mechanism {
	case sasl.Plain:
		return sasl.NewPlainServer(func(identity, username, password string) error {
			if identity != "" && identity != username {
				return s.refuse(refusal{535, class{5, 7, 8}, failover.Say("{user} may not act for {other}.", "user", shown(username, 100), "other", shown(identity, 100))})
			}
			return s.signIn(username, password)
		}), nil
	case sasl.Login:
		return &loginServer{check: s.signIn}, nil
	}
	return nil, smtp.ErrAuthUnknownMechanism
}
