package servers

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

// A Delegation says which servers a parent names for a zone.
type Delegation struct {
	// Zone is the child, such as "example.test.".
	Zone string
	// Servers are its name servers: host names below some delegated zone, each with its addresses. The ports of a
	// delegation are always 53.
	Servers map[string][]string
}

// RootConfig describes the top of a name space of the test's own.
type RootConfig struct {
	// Listen is the server's address, such as "127.0.53.10:53".
	Listen string
	// Delegations are the zones below the top-level domains. The top-level domains are made from their names.
	Delegations []Delegation
	// Zones are further zones that this server holds itself, such as a provider's with the addresses of its MX hosts.
	// They are delegated to it.
	Zones []Zone
}

// rootServer is the name of the one root server, which serves the top-level domains too.
const rootServer = "a.root-server."

// StartRoot starts a BIND that serves the root zone and the top-level domains, from which a resolver finds its way as it
// does in the world: referral by referral, with glue.
func StartRoot(t testing.TB, config RootConfig) *DNS {
	t.Helper()
	host, port := hostPort(t, config.Listen)
	if port != 53 {
		t.Fatalf("resolvers ask root servers at port 53, so it cannot listen on %s", config.Listen)
	}
	delegations := slices.Clone(config.Delegations)
	for _, z := range config.Zones {
		delegations = append(delegations, Delegation{Zone: z.Name, Servers: map[string][]string{rootServer: {host}}})
	}
	top := make(map[string]*strings.Builder) // content by top-level domain
	for _, d := range delegations {
		name := dns.CanonicalName(d.Zone)
		labels := dns.SplitDomainName(name)
		if len(labels) < 2 {
			t.Fatalf("%q lies not below a top-level domain", d.Zone)
		}
		tld := labels[len(labels)-1] + "."
		if top[tld] == nil {
			top[tld] = new(strings.Builder)
		}
		delegate(t, top[tld], name, d.Servers)
	}
	root := new(strings.Builder)
	delegate(t, root, ".", map[string][]string{rootServer: {host}})
	zones := slices.Clone(config.Zones)
	for _, tld := range slices.Sorted(maps.Keys(top)) {
		fmt.Fprintf(root, "%s 3600 NS %s\n", tld, rootServer)
		zones = append(zones, Zone{Name: tld, Text: startOfAuthority(tld) + tld + " 3600 NS " + rootServer + "\n" + top[tld].String()})
	}
	zones = append(zones, Zone{Name: ".", Text: startOfAuthority(".") + root.String()})
	return StartBIND(t, DNSConfig{Name: "named (root)", Listen: []string{config.Listen}, Zones: zones})
}

func startOfAuthority(zone string) string {
	return fmt.Sprintf("%s 3600 SOA %s hostmaster.test. 1 3600 600 86400 5\n", zone, rootServer)
}

// delegate writes the NS records of a child and the glue.
func delegate(t testing.TB, text *strings.Builder, child string, servers map[string][]string) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(servers)) {
		host := dns.CanonicalName(name)
		fmt.Fprintf(text, "%s 3600 NS %s\n", child, host)
		if child != "." && !dns.IsSubDomain(child, host) {
			continue // no glue: the name is found by its own delegation
		}
		for _, a := range servers[name] {
			address, err := netip.ParseAddr(a)
			if err != nil {
				t.Fatalf("%s, a server of %s, has no IP address: %v", name, child, err)
			}
			kind := "A"
			if address.Is6() {
				kind = "AAAA"
			}
			fmt.Fprintf(text, "%s 3600 %s %s\n", host, kind, address)
		}
	}
}

// ResolverConfig describes a recursive resolver.
type ResolverConfig struct {
	// Listen is its address, such as "127.0.0.53:53".
	Listen string
	// Root is the IP address of the root server that it begins at.
	Root string
}

// Resolver is a running recursive resolver. It caches, as the world's resolvers do.
type Resolver struct {
	*Process
	Addr string
}

// StartResolver starts a BIND that resolves for everybody from the test's own root. It does not validate DNSSEC: the
// test's root has no keys that the world knows.
func StartResolver(t testing.TB, config ResolverConfig) *Resolver {
	t.Helper()
	host, _ := hostPort(t, config.Listen)
	claim(t, host)
	dir := tempDir(t)
	var conf strings.Builder
	bindOptions(t, &conf, dir, []string{config.Listen})
	conf.WriteString("\trecursion yes;\n\tallow-query { any; };\n\tallow-recursion { any; };\n\tallow-query-cache { any; };\n")
	conf.WriteString("\tempty-zones-enable no;\n};\n") // a hundred lines of log each time; the root says NXDOMAIN as well
	hints := write(t, dir, "hints", fmt.Sprintf(". 3600 NS %s\n%s 3600 A %s\n", rootServer, rootServer, config.Root))
	fmt.Fprintf(&conf, "zone \".\" { type hint; file %q; };\n", hints)
	return &Resolver{
		Process: runBIND(t, dir, conf.String(), Program{
			Name: "named (resolver)", Listen: []string{config.Listen},
			Ready: func(ctx context.Context) error {
				names, err := Answers(ctx, config.Listen, ".", dns.TypeNS)
				if err == nil && !slices.Equal(names, []string{rootServer}) {
					err = fmt.Errorf("the root servers are %q", names)
				}
				return err
			},
		}),
		Addr: config.Listen,
	}
}
