package lab

import (
	"math"
	"slices"
	"sync"
)

// condition is how some hosts are, and the connections that a change concerns.
// Whom a trouble concerns is decided once for each connection, so that one which
// works goes on working.
type condition struct {
	mu      sync.Mutex
	trouble Trouble
	spread  spread
	changed chan struct{} // closed at the next change
	conns   map[*serverConn]Fault
	// judged counts the connections, by service, that the dialer has let through under
	// this trouble and that the listener has not seen yet: a packet that was not
	// refused on its way is not refused at the door.
	judged map[*service]int
}

func newCondition() *condition {
	return &condition{changed: make(chan struct{}), conns: map[*serverConn]Fault{}, judged: map[*service]int{}}
}

func (c *condition) now() Fault {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.trouble.Fault
}

// set puts a trouble in the place of the last one. The connections in use get
// their part of it.
func (c *condition) set(t Trouble) {
	c.mu.Lock()
	c.trouble = t
	close(c.changed)
	c.changed = make(chan struct{})
	clear(c.judged)
	var broken []*serverConn
	for conn := range c.conns {
		f := c.judge(conn.from.service)
		if c.conns[conn] = f; f == Reset || f == Refuse {
			broken = append(broken, conn)
		}
	}
	c.mu.Unlock()
	for _, conn := range broken {
		conn.reset()
	}
}

// judge decides what one more connection to a service suffers from. The caller
// holds mu.
func (c *condition) judge(s *service) Fault {
	f := c.trouble.Fault
	switch {
	case f == None || !c.trouble.concerns(s.host):
		return None
	case f == NoReading && !s.reads:
		return None
	case ofMessages(f):
		return f // each message is judged by itself
	case f == NoReading:
		f = Reset
	}
	if !c.spread.next(c.trouble.Share) {
		return None
	}
	return f
}

func (t Trouble) concerns(host string) bool {
	return len(t.Hosts) == 0 || slices.Contains(t.Hosts, host)
}

// ofMessages: the faults that choose among messages and not among connections.
func ofMessages(f Fault) bool { return f == DelayAttachments || LosesOrDoubles(f) }

// dialed decides about a connection that has not been made yet: Refuse and Silent
// meet it on its way, everything else behind the listener.
func (c *condition) dialed(s *service) Fault {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.trouble.Fault != Refuse && c.trouble.Fault != Silent {
		return None
	}
	f := c.judge(s)
	if f == None {
		c.judged[s]++
	}
	return f
}

// failed takes back that a connection was let through, for it was not made.
func (c *condition) failed(s *service) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.judged[s] = max(c.judged[s]-1, 0)
}

// admit takes a connection in and decides what it suffers from.
func (c *condition) admit(conn *serverConn) Fault {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := conn.from.service
	f := None
	if c.judged[s] > 0 {
		c.judged[s]--
	} else {
		f = c.judge(s)
	}
	c.conns[conn] = f
	return f
}

func (c *condition) forget(conn *serverConn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.conns, conn)
}

// of gives what a connection suffers from, and a channel that is closed when that
// may change.
func (c *condition) of(conn *serverConn) (Fault, <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.conns[conn], c.changed
}

// message decides what a message that came over a connection suffers from.
func (c *condition) message(conn *serverConn, data []byte) Fault {
	c.mu.Lock()
	defer c.mu.Unlock()
	f := c.conns[conn]
	if !ofMessages(f) || f == DelayAttachments && !hasAttachment(data) || !c.spread.next(c.trouble.Share) {
		return None
	}
	return f
}

// spread chooses a share of a row, evenly: it goes round a circle by the golden
// section of it and chooses what falls into the share's arc. No regular part of the
// row, such as every second one, has much more of it than another.
type spread struct{ at float64 }

// next reports whether the next of the row is one of the share, of which 0 is all.
func (s *spread) next(share float64) bool {
	if share == 0 || share == 1 {
		return true
	}
	_, s.at = math.Modf(s.at + 1/math.Phi)
	return s.at < share
}
