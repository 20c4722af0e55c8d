package manual

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/miekg/dns"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/dnshost/hosttest"
	"lifeboat/failover/dnsview"
	"lifeboat/failover/dnswire"
)

// noLine is a machine without any network.
type noLine struct{}

func (noLine) DialContext(context.Context, string, string) (net.Conn, error) {
	return nil, errors.New("network is unreachable")
}

// The contract of all DNS hosts, with a person who does what the guide says.
func TestContract(t *testing.T) {
	t.Parallel()
	w := newWorld(t, hosttest.Lines(hosttest.Records(zoneName)...)...)
	generic, err := loadConsole("generic")
	if err != nil {
		t.Fatal(err)
	}
	person := &typist{t: t, console: generic, zone: w.zone}
	put := 0
	hosttest.Run(t, hosttest.Subject{
		Zone: zoneName, Foreign: "www.example.com.",
		Faults:       []hosttest.Fault{hosttest.Unreachable, hosttest.Silent},
		Capabilities: dnshost.Capabilities{Interactive: true},
		Open: func(t testing.TB, with hosttest.With) dnshost.Host {
			return w.host(t, &clock{}, func(o *Options) {
				switch with.Fault {
				case hosttest.Unreachable:
					o.Zone = ""
					o.Reader = dnsview.New(dnsview.Options{Dialer: noLine{}, Resolvers: []string{"192.0.2.53:53"}, Timeout: 500 * time.Millisecond})
				case hosttest.Silent:
					o.Reader = dnsview.New(dnsview.Options{Dialer: w, Resolvers: []string{"192.0.2.66:53"}, Timeout: 500 * time.Millisecond})
				}
			})
		},
		Snapshot: func(t testing.TB) []string {
			var lines []string
			for _, text := range w.zone.Text() {
				rr, err := dns.NewRR(text)
				if err != nil {
					t.Fatal(err)
				}
				if k := dnswire.KeyOf(rr); k.Type != "SOA" {
					lines = append(lines, fmt.Sprintf("%s %d %s %s", k.Name, rr.Header().Ttl, k.Type, dnswire.Value(rr)))
				}
			}
			slices.Sort(lines)
			return lines
		},
		Put:     func(_ testing.TB, set failover.RRset) { put++; w.put(set) },
		Changes: func(testing.TB) int { return put + person.changes },
		Person:  func(testing.TB) func(dnshost.Progress) { return person.tell },
		Secrets: func() []string { return nil },
	})
}
