package lab

// WithoutUDP makes a world that carries datagrams over TCP, as it does where the
// system has no UDP.
func WithoutUDP(o Options) Options {
	o.framed = true
	return o
}
