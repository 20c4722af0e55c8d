package lab

import "lifeboat/failover"

// WithoutUDP makes a world that carries datagrams over TCP, as it does where the
// system has no UDP.
func WithoutUDP(o Options) Options {
	o.framed = true
	return o
}

// The codes of errors as the system that runs the test gives them.
const (
	CodeRefused     = errRefused
	CodeUnreachable = errUnreachable
	CodeTooLong     = errTooLong
)

// Balances holds the sums of an account against each other.
func Balances(t interface {
	Helper()
	Fatalf(string, ...any)
}, n Totals) {
	t.Helper()
	balances(t, n)
}

// KeepOnly has a provider keep so few messages.
func KeepOnly(w *World, role failover.Role, most int) {
	p := w.provider[role]
	p.mu.Lock()
	defer p.mu.Unlock()
	p.most = most
}

// Trying is how many messages a provider is handing on at this moment.
func Trying(w *World, role failover.Role) int {
	_, trying, _ := w.provider[role].outgoing.waits()
	return trying
}
