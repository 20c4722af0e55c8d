package lab

import (
	"context"
	"crypto/tls"
	"net"

	"github.com/emersion/go-sasl"

	"lifeboat/failover"
)

// Office is a submission server of the domain's own, outside the world: the staff
// hand their mail to it, by SMTP with STARTTLS on a socket of this machine, and
// whoever runs it hands it on to the providers ([World.Dialer] is its line too). What
// it has taken it holds until it says what became of it, with [World.PassedOn] or
// [World.GaveBack].
type Office struct {
	Address string // host:port, as a net.Dialer wants it
	Host    string // as its certificate names it
	TLS     *tls.Config
	// Login is what one of the staff signs in with there.
	Login func(address string) (user, password string)
}

// SetOffice has the staff hand their mail to the office's server from now on, or, with
// nil, to the provider of the send route again.
func (w *World) SetOffice(o *Office) {
	w.staff.mu.Lock()
	w.staff.office = o
	w.staff.mu.Unlock()
	w.staff.flush()
}

// PassedOn says that the office's server has handed a message to a provider's
// submission host, which said to have it.
func (w *World) PassedOn(number int, role failover.Role) {
	if at, ok := w.provider[role]; ok && number > 0 {
		w.books.handed(&letter{paper: w.books.ledger.about(number)}, at.hosts[2].name)
	}
}

// GaveBack says that the office's server has given a message up and told its writer.
func (w *World) GaveBack(number int, why failover.Sentence) {
	if number > 0 {
		w.books.bounced(&letter{paper: w.books.ledger.about(number)}, "", why)
	}
}

// office is the server of the domain's own that the staff hand mail to, if there is
// one.
func (s *staff) ownServer() *Office {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.office
}

// take hands a letter in at the office's server. What it has taken it holds: nothing
// is closed in the ledger by that.
func (o *Office) take(ctx context.Context, p *person, l *letter) error {
	w := p.staff.world
	user, password := o.Login(p.address)
	_, err := handover{
		dialer: &net.Dialer{}, address: o.Address, host: o.Host, tls: o.TLS,
		patience: w.opt.Retry.Patience, name: "[" + officeAddr + "]", auth: sasl.NewPlainClient("", user, password),
		from: l.from, to: l.to, data: w.marker.compose(l.paper),
	}.run(ctx)
	return err
}
