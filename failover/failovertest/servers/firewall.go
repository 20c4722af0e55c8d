package servers

import (
	"crypto/rand"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"testing"
)

// A Block is a firewall rule against packets on their way to a server.
type Block struct {
	// Network is "tcp" or "udp"; tcp by default.
	Network string
	// Host is the address that is blocked; all of them by default.
	Host string
	// Port is the port that is blocked; all of them when it is 0.
	Port int
	// Reset refuses at once, with a TCP reset or an ICMP "port unreachable". Without it packets vanish, and whoever
	// connects waits.
	Reset bool
	// New blocks only connections that are being made; those that are open go on. It is for TCP.
	New bool
}

// Firewall blocks packets inside the test's namespace, those of open connections too (but see New), until undo is called
// or the test ends. The machine's own firewall is never touched.
func Firewall(t testing.TB, block Block) (undo func()) {
	t.Helper()
	if !Inside() {
		t.Fatal("a firewall rule outside a namespace would be the machine's own: call InNamespace first")
	}
	table := "lifeboat_" + strings.ToLower(rand.Text())
	match := nftMatch(t, block)
	verdict := "drop"
	switch {
	case block.Reset && block.Network == "udp":
		verdict = "reject" // with ICMP or ICMPv6 port unreachable
	case block.Reset:
		verdict = "reject with tcp reset"
	}
	// Input, as at a firewall in front of the server: a reset on the way out would be the client's own doing.
	command(t, "nftables", "nft", fmt.Sprintf(
		"add table inet %s; add chain inet %s input { type filter hook input priority 0; }; add rule inet %s input %s %s",
		table, table, table, match, verdict))
	blocked := true
	undo = func() {
		t.Helper()
		if blocked {
			blocked = false
			command(t, "nftables", "nft", "delete table inet "+table)
		}
	}
	t.Cleanup(undo)
	return undo
}

func nftMatch(t testing.TB, block Block) string {
	t.Helper()
	network := block.Network
	if network == "" {
		network = "tcp"
	}
	match := []string{"meta l4proto " + network}
	if block.Host != "" {
		address, err := netip.ParseAddr(block.Host)
		if err != nil {
			t.Fatalf("%q is no IP address: %v", block.Host, err)
		}
		family := "ip"
		if address.Is6() {
			family = "ip6"
		}
		match = append(match, family+" daddr "+address.String())
	}
	if block.Port != 0 {
		match = append(match, network+" dport "+strconv.Itoa(block.Port))
	}
	if block.New {
		match = append(match, "tcp flags & (syn | ack) == syn")
	}
	return strings.Join(match, " ")
}
