package rfc2136_test

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/miekg/dns"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/dnshost/hosttest"
	"lifeboat/failover/dnshost/rfc2136"
	"lifeboat/failover/dnswire"
	"lifeboat/failover/failovertest/servers"
)

const zone = "example.test."

func TestContractBIND(t *testing.T) {
	t.Parallel()
	config := zones()
	config.UpdateTypes = []string{"MX", "TXT", "CNAME"}
	hosttest.Run(t, subject(t, servers.StartBIND(t, config)))
}

func TestContractKnot(t *testing.T) {
	t.Parallel()
	config := zones()
	config.UpdateTypes = []string{"MX", "TXT", "CNAME"}
	hosttest.Run(t, subject(t, servers.StartKnot(t, config)))
}

func TestContractPowerDNS(t *testing.T) {
	t.Parallel()
	hosttest.Run(t, subject(t, servers.StartPowerDNS(t, zones()).DNS))
}

func zones() servers.DNSConfig {
	return servers.DNSConfig{Zones: []servers.Zone{{Name: zone, Text: hosttest.ZoneText(zone)}}}
}

// subject is a server as the suite wants it.
func subject(t testing.TB, server *servers.DNS) hosttest.Subject {
	stranger := servers.NewKey(server.Writer.Name)
	refused := servers.FreeAddress(t)
	return hosttest.Subject{
		Zone: zone, Foreign: "mail.foreign.test.",
		Credentials:  []hosttest.Credential{hosttest.Wrong, hosttest.ReadOnly},
		Faults:       []hosttest.Fault{hosttest.LostReply, hosttest.LostRequest, hosttest.Unreachable, hosttest.Silent},
		Capabilities: dnshost.Capabilities{CompareAndSwap: true, LockRecord: true, MaxTTL: 1<<31 - 1},
		Secrets:      func() []string { return []string{server.Writer.Secret, server.Reader.Secret, stranger.Secret} },
		Open: func(t testing.TB, with hosttest.With) dnshost.Host {
			key := map[hosttest.Credential]servers.Key{
				hosttest.Right: server.Writer, hosttest.Wrong: stranger, hosttest.ReadOnly: server.Reader,
			}[with.Credential]
			d := &faultyDialer{fault: with.Fault}
			if with.Fault == hosttest.Unreachable {
				d.instead = refused
			}
			return open(t, rfc2136.Options{Server: server.Addr, Dialer: d}, key)
		},
		Snapshot: func(t testing.TB) []string { return snapshot(t, server) },
		Put:      func(t testing.TB, set failover.RRset) { put(t, server, set) },
		// Each update that changes anything moves the serial on by one.
		Changes: func(t testing.TB) int {
			soa, ok := servers.Ask(t, server.Addr, zone, dns.TypeSOA).Answer[0].(*dns.SOA)
			if !ok {
				t.Fatal("no SOA record in the answer to a question for it")
			}
			return int(soa.Serial)
		},
	}
}

func open(t testing.TB, o rfc2136.Options, key servers.Key) *rfc2136.Host {
	t.Helper()
	o.Key, o.Algorithm, o.Secret = key.Name, key.Algorithm, dnshost.Secret(key.Secret)
	h, err := rfc2136.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func snapshot(t testing.TB, server *servers.DNS) []string {
	t.Helper()
	var lines []string
	for _, text := range server.Others(t, zone) {
		rr, err := dns.NewRR(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		lines = append(lines, hosttest.Lines(dnswire.Set([]dns.RR{rr}))...)
	}
	slices.Sort(lines)
	return lines
}

// put is the colleague: an update without prerequisites.
func put(t testing.TB, server *servers.DNS, set failover.RRset) {
	t.Helper()
	rrs, err := dnswire.Records(set)
	if err != nil {
		t.Fatal(err)
	}
	m := new(dns.Msg).SetUpdate(zone)
	m.RemoveRRset([]dns.RR{&dns.ANY{Hdr: dns.RR_Header{Name: set.Name, Rrtype: dns.StringToType[set.Type]}}})
	m.Insert(rrs)
	if rcode := server.Update(t, m); rcode != dns.RcodeSuccess {
		t.Fatalf("putting %v: %s", set, dns.RcodeToString[rcode])
	}
}

// faultyDialer loses what the fault says.
type faultyDialer struct {
	fault   hosttest.Fault
	instead string // dial this address, when set
	lost    atomic.Bool
}

func (d *faultyDialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if d.instead != "" {
		address = d.instead
	}
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil || d.fault == hosttest.NoFault {
		return conn, err
	}
	return &faultyConn{Conn: conn, d: d}, nil
}

type faultyConn struct {
	net.Conn
	d    *faultyDialer
	drop bool // the next answer
}

func (c *faultyConn) Write(b []byte) (int, error) {
	if c.d.fault == hosttest.Silent {
		return len(b), nil
	}
	// After the length: opcode UPDATE (5), and anything in the update section.
	changes := len(b) > 14 && b[4]>>3&15 == 5 && binary.BigEndian.Uint16(b[10:]) > 0
	if !changes || !c.d.lost.CompareAndSwap(false, true) {
		return c.Conn.Write(b)
	}
	c.drop = true
	if c.d.fault == hosttest.LostRequest {
		return len(b), c.Close()
	}
	return c.Conn.Write(b)
}

func (c *faultyConn) Read(b []byte) (int, error) {
	if !c.drop {
		return c.Conn.Read(b)
	}
	// Only when the server has answered is the change carried out for sure.
	if _, err := io.ReadFull(c.Conn, make([]byte, 2)); err != nil {
		return 0, err
	}
	return 0, io.ErrUnexpectedEOF
}
