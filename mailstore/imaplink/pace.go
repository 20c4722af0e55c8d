package imaplink

import (
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// quantum is how many octets of an answer are progress within [Patience.Stall].
const quantum = 4 << 10

// errStalled ends a connection whose server lets a command wait.
var errStalled = errors.New("stalled")

// pace is the line beneath TLS. It counts what goes over it, and its reads fail once
// the server has let somebody wait for too long: the time between reads, when we are
// busy ourselves, is not held against the server.
type pace struct {
	net.Conn
	answer, stall time.Duration

	in, out, trips atomic.Int64
	wrote          atomic.Bool // since the last read that brought something

	mu      sync.Mutex
	waiting int           // commands without their tagged response
	within  bool          // an answer has begun and not ended
	waited  time.Duration // in reads, since the last progress
	got     int           // octets since then
	since   time.Time     // when the first of the commands was sent
	octets  int64         // read while somebody waited
	reading time.Duration // and the time that took
}

func (p *pace) limit() time.Duration {
	if p.within {
		return p.stall
	}
	return p.answer
}

func (p *pace) Read(b []byte) (int, error) {
	for {
		p.mu.Lock()
		start := time.Now()
		if p.waiting > 0 {
			p.SetReadDeadline(start.Add(p.limit() - p.waited))
		}
		p.mu.Unlock()
		n, err := p.Conn.Read(b)
		p.mu.Lock()
		waiting := p.waiting > 0
		if waiting {
			if p.since.After(start) {
				start = p.since
			}
			p.waited += time.Since(start)
			p.reading += time.Since(start)
			p.octets += int64(n)
		}
		late := waiting && p.waited >= p.limit()
		p.mu.Unlock()
		if n > 0 {
			p.in.Add(int64(n))
			if p.wrote.Swap(false) {
				p.trips.Add(1)
			}
			return n, nil
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return n, err
		}
		if late {
			return 0, errStalled
		}
	}
}

func (p *pace) Write(b []byte) (int, error) {
	p.SetWriteDeadline(time.Now().Add(p.answer))
	n, err := p.Conn.Write(b)
	p.out.Add(int64(n))
	p.wrote.Store(true)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = errStalled
	}
	return n, err
}

// begin says that the server owes an answer.
func (p *pace) begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting++; p.waiting == 1 {
		p.since, p.waited, p.got = time.Now(), 0, 0
		p.SetReadDeadline(p.since.Add(p.answer))
	}
}

// end says that it gave one.
func (p *pace) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waited, p.got = 0, 0
	if p.waiting = max(0, p.waiting-1); p.waiting == 0 {
		p.SetReadDeadline(time.Time{})
	}
}

// progress says that n octets of what was asked for have come.
func (p *pace) progress(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.got += n; p.got >= quantum {
		p.waited, p.got = 0, 0
	}
}

// inside says whether an answer has begun and not ended.
func (p *pace) inside(within bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.within = within
}

// speed is what was read while somebody waited, and how long the waiting took.
func (p *pace) speed() (octets int64, waited time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.octets, p.reading
}
