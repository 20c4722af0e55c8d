package lab

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

var errNoTLS = errors.New("TLS is broken here")

// The answers of a provider's servers.
var (
	noSuchUser = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "No such user here"}
	noRelay    = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "Relaying denied"}
	signIn     = &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "Authentication required"}
	noSignIn   = &smtp.SMTPError{Code: 454, EnhancedCode: smtp.EnhancedCode{4, 7, 0}, Message: "Temporary authentication failure"}
	notYours   = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 7, 60}, Message: "Client does not have permissions to send as this sender"}
	wrongLogin = &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "Authentication credentials invalid"}
	putOff     = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 2}, Message: "Temporary server error. Please try again later"}
	denied     = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 4, 1}, Message: "Recipient address rejected: Access denied"}
	tooBusy    = &smtp.SMTPError{Code: 421, EnhancedCode: smtp.EnhancedCode{4, 3, 2}, Message: "Service not available, closing transmission channel"}
	brokenOff  = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 4, 2}, Message: "Connection broken"}
)

// smtpServer serves SMTP under a host's name until the listener is closed.
func smtpServer(host string, backend smtp.BackendFunc, tlsConfig *tls.Config, log *slog.Logger) func(context.Context, net.Listener) {
	return func(ctx context.Context, l net.Listener) {
		srv := smtp.NewServer(backend)
		srv.Domain = hostOf(host)
		srv.TLSConfig = tlsConfig
		srv.MaxMessageBytes = maxMail
		srv.MaxRecipients = 100
		srv.MaxLineLength = 64 << 10 // the default, 2,000, refuses longer lines for good
		srv.ReadTimeout, srv.WriteTimeout = 5*time.Minute, time.Minute
		srv.ErrorLog = smtpLog{ctx, log.With("host", hostOf(host))}
		_ = srv.Serve(l) // ends when the listener is closed, and says so
		// Not Close, which would touch connections while they change to TLS: the
		// listener has closed them, and what is left to do is to wait.
		_ = srv.Shutdown(context.WithoutCancel(ctx))
	}
}

// smtpLog lets the server's complaints go where all else goes.
type smtpLog struct {
	ctx context.Context //nolint:containedctx // the library's logger is handed none
	log *slog.Logger
}

// Printf logs a complaint.
func (l smtpLog) Printf(format string, v ...any) {
	l.log.DebugContext(l.ctx, "smtp", "says", fmt.Sprintf(format, v...))
}

// Println logs a complaint.
func (l smtpLog) Println(v ...any) {
	l.log.DebugContext(l.ctx, "smtp", "says", strings.TrimSpace(fmt.Sprintln(v...)))
}

// greeting421 is what a busy host says instead of its greeting.
func greeting421(host string) string {
	return fmt.Sprintf("421 4.3.2 %s Service not available, closing transmission channel\r\n", hostOf(host))
}

// session is one client's dialogue with a provider: at an MX, or, where
// submission is set, at the port for those who sign in (RFC 6409).
type session struct {
	*provider
	host       string // which of the provider's
	conn       *smtp.Conn
	submission bool
	signedIn   bool
	as         *account // who has signed in; nil for the admin
	from       string
	to         []string
}

func (p *provider) backend(host string, submission bool) smtp.BackendFunc {
	return func(c *smtp.Conn) (smtp.Session, error) {
		p.count(func(n *Counters) { n.Sessions++ })
		s := &session{provider: p, host: host, conn: c, submission: submission}
		if submission {
			return submitter{s}, nil
		}
		return s, nil
	}
}

// Mail begins a message.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if faultOf(s.conn.Conn()) == Busy {
		return tooBusy
	}
	if s.submission && !s.signedIn {
		return signIn
	}
	if s.as != nil && !s.writesAs(s.as, from) {
		return notYours
	}
	s.from = from
	return nil
}

// Rcpt takes a recipient who is there.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	switch faultOf(s.conn.Conn()) {
	case Defer:
		s.count(func(n *Counters) { n.Deferred++ })
		return putOff
	case Reject:
		s.count(func(n *Counters) { n.Refused++ })
		return denied
	default:
	}
	there, local := s.has(to)
	if !there && (local || !s.submission) {
		s.count(func(n *Counters) { n.Refused++ })
		if local {
			return noSuchUser
		}
		return noRelay
	}
	s.to = append(s.to, to)
	return nil
}

// Data takes the message. From the moment it is stored the 250 is owed.
func (s *session) Data(r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err // too large, or the client is gone
	}
	if s.submission {
		s.count(func(n *Counters) { n.Submitted++ })
	}
	m := Mail{At: s.now(), From: s.from, To: s.to, Data: data, host: s.host}
	conn := rawConn(s.conn.Conn())
	if conn == nil {
		return brokenOff
	}
	fault := s.cond.message(conn, data)
	if fault == DelayAttachments && !s.room(len(data)) {
		return full
	}
	if !conn.commit(func() {
		switch fault {
		case Swallow:
		case DelayAttachments:
			s.hold(m)
		default:
			s.store(m)
		}
	}) {
		return brokenOff
	}
	if fault == LoseReply {
		conn.kill()
	}
	return nil
}

// faultOf is what a connection of a provider suffers from.
func faultOf(c net.Conn) Fault {
	conn := rawConn(c)
	if conn == nil {
		return None
	}
	f, _ := conn.suffers()
	return f
}

// rawConn finds the server's end of the connection, under TLS too.
func rawConn(c net.Conn) *serverConn {
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	s, ok := c.(*serverConn)
	if !ok {
		return nil
	}
	return s
}

// Reset forgets the message under way.
func (s *session) Reset() { s.from, s.to = "", nil }

// Logout ends the dialogue.
func (s *session) Logout() error { return nil }

// submitter is a session that can sign in.
type submitter struct{ *session }

// AuthMechanisms names what the port takes. The library offers it under TLS only.
func (s submitter) AuthMechanisms() []string { return []string{sasl.Plain, sasl.Login} }

// Auth begins to sign in.
func (s submitter) Auth(mech string) (sasl.Server, error) {
	check := func(user, password string) error {
		if faultOf(s.conn.Conn()) == NoSignIn {
			return noSignIn
		}
		if s.as, s.signedIn = s.login(user, password); !s.signedIn {
			return wrongLogin
		}
		return nil
	}
	switch mech {
	case sasl.Plain:
		return sasl.NewPlainServer(func(_, user, password string) error { return check(user, password) }), nil
	case sasl.Login:
		return &loginServer{check: check}, nil
	}
	return nil, smtp.ErrAuthUnknownMechanism
}

// loginServer is AUTH LOGIN, which no RFC describes and many programs speak.
type loginServer struct {
	check func(user, password string) error
	step  int
	user  string
}

// Next asks for the name, then for the password.
func (l *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	if l.step == 0 && response == nil {
		l.step = 1
		return []byte("Username:"), false, nil
	}
	if l.step < 2 {
		l.step, l.user = 2, string(response)
		return []byte("Password:"), false, nil
	}
	return nil, true, l.check(l.user, string(response))
}

// answering is a mail host that receives for nobody: it greets, and that is all.
func answering(*smtp.Conn) (smtp.Session, error) { return refusing{}, nil }

type refusing struct{}

// Mail takes any sender.
func (refusing) Mail(string, *smtp.MailOptions) error { return nil }

// Rcpt takes nobody.
func (refusing) Rcpt(string, *smtp.RcptOptions) error { return noRelay }

// Data takes nothing.
func (refusing) Data(io.Reader) error { return noRelay }

// Reset has nothing to forget.
func (refusing) Reset() {}

// Logout ends the dialogue.
func (refusing) Logout() error { return nil }
