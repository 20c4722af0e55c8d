package cloudflare_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/dnshost/cloudflare"
	"lifeboat/failover/dnshost/cloudflare/cftest"
	"lifeboat/failover/dnshost/hosttest"
)

const zone = "example.test."

func TestContract(t *testing.T) {
	t.Parallel()
	server := cftest.New(t)
	hosttest.Run(t, subject(t, server))
}

// TestContractWhenCommentsCount: the suite again, with an API to which records that
// differ in their comment are not identical. Locks must still exclude each other.
func TestContractWhenCommentsCount(t *testing.T) {
	t.Parallel()
	server := cftest.New(t)
	server.CommentsDistinguish = true
	s := subject(t, server)
	held := 0
	for range 20 {
		errs := make(chan error)
		for i := range 12 {
			go func() {
				errs <- s.Open(t, hosttest.With{}).Lock(t.Context(), zone, dnshost.Lock{
					Operation: "run-" + string(rune('a'+i)), Owner: "ann@desk", Expires: time.Date(2031, 1, 2, 3, 4, 5, 0, time.UTC),
				}, nil)
			}()
		}
		won := 0
		for range 12 {
			if err := <-errs; err == nil {
				won++
			} else if !errors.Is(err, failover.ErrLocked) {
				t.Fatal(err)
			}
		}
		// All may have withdrawn before each other, but never do two stay.
		if won > 1 {
			t.Fatalf("%d took the lock", won)
		}
		held += won
		s.Put(t, failover.NewRRset(dnshost.LockName(zone), "TXT", 0))
	}
	if held == 0 {
		t.Error("nobody ever took the lock")
	}
}

func subject(t testing.TB, server *cftest.Server) hosttest.Subject {
	z := server.AddZone(zone)
	z.Seed(hosttest.Records(zone))
	server.AddZone("another.test.")
	refused := closedPort(t)
	var tokens tokens
	return hosttest.Subject{
		Zone: zone, Foreign: "mail.foreign.test.",
		Credentials: []hosttest.Credential{hosttest.Wrong, hosttest.ReadOnly},
		Faults: []hosttest.Fault{
			hosttest.LostReply, hosttest.LostRequest, hosttest.Unreachable, hosttest.Silent, hosttest.ThrottledBriefly, hosttest.Throttled,
		},
		Capabilities: dnshost.Capabilities{LockRecord: true, MinTTL: 60, MaxTTL: 86400},
		Secrets:      tokens.all,
		Open: func(t testing.TB, with hosttest.With) dnshost.Host {
			o := cloudflare.Options{BaseURL: server.URL}
			if with.Fault == hosttest.Unreachable {
				o.Dialer = refused
			}
			token := credential(server, with)
			tokens.add(token)
			return open(t, o, token)
		},
		Snapshot: func(t testing.TB) []string {
			lines, err := z.Snapshot()
			if err != nil {
				t.Fatal(err)
			}
			return lines
		},
		Put:     func(_ testing.TB, set failover.RRset) { z.Put(set) },
		Changes: func(testing.TB) int { return server.Changes() },
	}
}

// tokens are those handed out so far.
type tokens struct {
	mu   sync.Mutex
	list []string
}

func (s *tokens) add(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, token)
}

func (s *tokens) all() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.list)
}

// credential makes a token that meets the fault.
func credential(server *cftest.Server, with hosttest.With) string {
	switch with.Credential {
	case hosttest.Wrong:
		return strings.Repeat("wrong", 8)
	case hosttest.ReadOnly:
		return server.Token(cftest.Read)
	default:
	}
	switch with.Fault {
	case hosttest.LostReply:
		return server.Token(cftest.Edit, cftest.Fault{Writes: true, Times: 1, Commit: true, Drop: true})
	case hosttest.LostRequest:
		return server.Token(cftest.Edit, cftest.Fault{Writes: true, Times: 1, Drop: true})
	case hosttest.Silent:
		return server.Token(cftest.Edit, cftest.Fault{Hang: true})
	case hosttest.ThrottledBriefly:
		reads, writes := cftest.TooMany("1", 1), cftest.TooMany("2", 1)
		reads.Reads, writes.Writes = true, true
		return server.Token(cftest.Edit, reads, writes)
	case hosttest.Throttled:
		return server.Token(cftest.Edit, cftest.TooMany("240", 0))
	default:
		return server.Token(cftest.Edit)
	}
}

// open makes the host; waiting takes no time.
func open(t testing.TB, o cloudflare.Options, token string) *cloudflare.Host {
	t.Helper()
	o.Token = dnshost.Secret(token)
	if o.Wait == nil {
		o.Wait = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	}
	h, err := cloudflare.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

type dialTo string

func (d dialTo) DialContext(ctx context.Context, network, _ string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, network, string(d))
}

// closedPort leads every connection to a port where nobody listens.
func closedPort(t testing.TB) failover.Dialer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return dialTo(l.Addr().String())
}
