package submit

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// class is an enhanced status code (RFC 3463).
type class = smtp.EnhancedCode

// refusal is why something is not taken in.
type refusal struct {
	code  int
	class class
	say   failover.Sentence
}

// longestReply keeps a reply line within 512 octets, code and line end included.
const longestReply = 490

// reply is what the client is told: the sentence in English, in ASCII, on one line that
// RFC 5321 section 4.5.3.1.5 allows.
func (f refusal) reply() *smtp.SMTPError {
	text := strings.Map(func(r rune) rune {
		switch {
		case r == '“' || r == '”':
			return '\''
		case r == '—' || r == '–':
			return '-'
		case r < ' ' || r >= 0x7f:
			return '?'
		}
		return r
	}, f.say.String())
	if len(text) > longestReply {
		text = text[:longestReply] + "..."
	}
	return &smtp.SMTPError{Code: f.code, EnhancedCode: f.class, Message: text}
}

// replyOf writes a reply out.
func replyOf(e *smtp.SMTPError) []byte {
	return fmt.Appendf(nil, "%d %d.%d.%d %s\r\n", e.Code, e.EnhancedCode[0], e.EnhancedCode[1], e.EnhancedCode[2], e.Message)
}

// refuse files a refusal and returns what the client is told.
func (s *session) refuse(f refusal) *smtp.SMTPError {
	e := f.reply()
	s.server.note(relay.Event{
		Kind: relay.Refused, User: s.who(), From: s.from, To: firstOf(s.to), Domain: relay.DomainOf(s.from),
		Host: s.c.client.String(), Answer: strings.TrimRight(string(replyOf(e)), "\r\n"), Code: f.code, Say: f.say,
	}, s.c.client)
	return e
}

// firstOf keeps a log line about a thousand recipients short.
func firstOf(to []string) []string {
	if len(to) > 10 {
		to = to[:10]
	}
	return append([]string(nil), to...)
}

// notAllowed is the refusal of somebody else's address.
func (s *session) notAllowed(address string) *refusal {
	return &refusal{550, class{5, 7, 1}, failover.Say("{user} may not send as {address}; an administrator can allow it: lifeboat user add {user} --send-as {address}", "user", s.user.Address, "address", shown(address, 100))}
}

func (s *session) tooLarge() refusal {
	return refusal{552, class{5, 3, 4}, failover.Say("The message is larger than {size} MB, the most that is taken in.", "size", megabytes(s.server.opt.MaxSize))}
}

func megabytes(n int64) string {
	return strings.TrimSuffix(fmt.Sprintf("%.1f", float64(n)/(1<<20)), ".0")
}

// smuggled is the refusal of a message with what another server could take for its end,
// and for the beginning of a second message that nobody checked (SMTP smuggling, 2023).
func smuggled() refusal {
	return refusal{550, class{5, 6, 0}, failover.Say("The message contains a line with nothing but a dot whose line ends are not CR LF; another server could take it for the end of the message.")}
}

// unkept is what a client is told when the queue cannot keep a message. The log has the
// cause; it concerns nobody outside.
func (s *session) unkept(err error) *smtp.SMTPError {
	s.server.opt.Log.Error("relay: the queue does not take a message", "user", s.user.Address, "error", err)
	if errors.Is(err, failover.ErrDisk) {
		return &smtp.SMTPError{Code: 452, EnhancedCode: class{4, 3, 1}, Message: "Lifeboat cannot write the message to its disk, and has not taken it; see whether the disk is full, and send it again later"}
	}
	return &smtp.SMTPError{Code: 451, EnhancedCode: class{4, 3, 0}, Message: "Lifeboat's queue takes nothing at the moment; its log says why. Send the message again later"}
}

// Bounds of what is filed about refusals: whoever makes a thousand of them must not fill
// the log with them.
const (
	notesAtOnce  = 60 // of one client address, and then
	notesEvery   = time.Minute
	notesClients = 1000 // addresses that are told apart
)

// notes bounds the refusals that are filed.
type notes struct {
	opt Options

	mu   sync.Mutex
	from map[netip.Addr]*allowance
}

type allowance struct {
	left float64
	at   time.Time // of left
	lost int       // not filed since
}

func newNotes(opt Options) *notes { return &notes{opt: opt, from: map[netip.Addr]*allowance{}} }

// spend reports whether one more may be filed, and how many were not before it.
func (n *notes) spend(client netip.Addr) (ok bool, lost int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := n.opt.Now()
	a := n.from[client]
	if a == nil {
		if len(n.from) >= notesClients {
			n.forget(now)
		}
		a = &allowance{left: notesAtOnce, at: now}
		n.from[client] = a
	}
	if passed := now.Sub(a.at); passed > 0 {
		a.left = min(notesAtOnce, a.left+float64(passed)/float64(notesEvery))
	}
	a.at = now
	if a.left < 1 {
		a.lost++
		return false, 0
	}
	a.left--
	lost, a.lost = a.lost, 0
	return true, lost
}

// forget makes room: for those who were quiet, and if there are none, for anybody.
func (n *notes) forget(now time.Time) {
	for client, a := range n.from {
		if now.Sub(a.at) > notesAtOnce*notesEvery {
			delete(n.from, client)
		}
	}
	for client := range n.from {
		if len(n.from) < notesClients {
			return
		}
		delete(n.from, client)
	}
}

// note files a refusal, within the bounds.
func (s *Server) note(e relay.Event, client netip.Addr) {
	ok, lost := s.notes.spend(client)
	if !ok {
		return
	}
	e.At = s.opt.Now()
	s.opt.Log.Info("relay refuses", "user", e.User, "client", e.Host, "answer", e.Answer)
	all := []relay.Event{e}
	if lost > 0 {
		all = append(all, relay.Event{At: e.At, Kind: relay.Refused, Host: e.Host,
			Say: failover.Say("{count} more refusals to {client} were too many to be listed one by one.", "count", lost, "client", e.Host)})
	}
	if err := s.opt.Queue.File(s.life, all...); err != nil {
		s.opt.Log.Error("relay: a refusal could not be filed", "error", err)
	}
}
