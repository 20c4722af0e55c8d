package dnsview_test

import (
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/dnsview"
	"lifeboat/failover/failovertest/fakedns"
)

const (
	resolver  = "192.0.2.53"
	parentNS  = "192.0.2.10"
	first     = "192.0.2.1"
	second    = "192.0.2.2"
	third     = "192.0.2.3"
	firstSix  = "2001:db8::1"
	patience  = 2 * time.Second // a live server answers well within it, even on a busy machine
	impatient = 800 * time.Millisecond
)

var mx = failover.Key{Name: "example.test.", Type: "MX"}

// world is a small Internet: a top-level domain "test" that delegates
// example.test to three servers, and a resolver that knows it all.
type world struct {
	*fakedns.World
	test, example, net *fakedns.Zone
}

func newWorld(t *testing.T) *world {
	w := &world{World: fakedns.New(t)}
	w.test = fakedns.NewZone("test.",
		"@ 3600 NS ns.test.", "ns 3600 A "+parentNS,
		"example 3600 NS ns1.example.test.", "example 3600 NS ns2.example.test.", "example 3600 NS ns3.example.net.",
		"ns1.example 3600 A "+first, "ns1.example 3600 AAAA "+firstSix, "ns2.example 3600 A "+second)
	w.example = fakedns.NewZone("example.test.",
		"@ 3600 NS ns1.example.test.", "@ 3600 NS ns2.example.test.", "@ 3600 NS ns3.example.net.",
		"ns1 3600 A "+first, "ns1 3600 AAAA "+firstSix, "ns2 3600 A "+second,
		"@ 300 MX 10 mx1.example.net.", "@ 300 MX 20 mx2.example.net.",
		"www 300 CNAME web.example.net.", "mail 300 A 192.0.2.80")
	w.net = fakedns.NewZone("example.net.", "@ 3600 NS ns3.example.net.", "ns3 3600 A "+third, "web 60 A 192.0.2.81", "web 60 AAAA 2001:db8::81")
	w.Serve(resolver, fakedns.Resolver(w.test, w.example, w.net))
	w.Serve(parentNS, fakedns.Authority(w.test))
	for _, a := range []string{first, second, third, firstSix} {
		w.Serve(a, fakedns.Authority(w.example))
	}
	return w
}

// reader returns a Reader in this world; change the options before it is made.
func (w *world) reader(change ...func(*dnsview.Options)) *dnsview.Reader {
	opt := dnsview.Options{Dialer: w, Resolvers: []string{resolver + ":53"}, Timeout: patience}
	for _, c := range change {
		c(&opt)
	}
	return dnsview.New(opt)
}

// hurried is for tests in which someone is silent for good.
func hurried(o *dnsview.Options) { o.Timeout = impatient }
