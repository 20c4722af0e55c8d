package lab

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
