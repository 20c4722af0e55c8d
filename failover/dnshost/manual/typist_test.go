package manual

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/dnsview"
	"lifeboat/failover/dnswire"
	"lifeboat/failover/failovertest/fakedns"
)

const (
	zoneName = "example.test."
	ownTTL   = 3600 // what consoles without a TTL put
)

// world is a zone on three name servers that a test may let fall behind, and a
// resolver that knows them.
type world struct {
	*fakedns.World
	zone    *fakedns.Zone
	servers []string
}

var serverAddrs = []string{"192.0.2.1", "192.0.2.2", "192.0.2.3"}

func newWorld(t testing.TB, records ...string) *world {
	w := &world{World: fakedns.New(t), servers: serverAddrs}
	w.zone = fakedns.NewZone(zoneName, append([]string{
		"@ 3600 NS ns1", "@ 3600 NS ns2", "@ 3600 NS ns3",
		"ns1 3600 A 192.0.2.1", "ns2 3600 A 192.0.2.2", "ns3 3600 A 192.0.2.3",
	}, records...)...)
	w.Serve("192.0.2.53", fakedns.Resolver(w.zone))
	for _, a := range w.servers {
		w.Serve(a, fakedns.Authority(w.zone))
	}
	return w
}

// clock is a time that passes only while somebody waits.
type clock struct {
	now time.Time
	// during is called for each wait, with the number of waits before it.
	during func(n int) error
	waits  int
}

func (c *clock) wait(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c.now = c.now.Add(d)
	n := c.waits
	c.waits++
	if c.during == nil {
		return nil
	}
	return c.during(n)
}

func (w *world) host(t testing.TB, c *clock, change ...func(*Options)) *Host {
	t.Helper()
	c.now = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	opt := Options{
		Zone:   zoneName,
		Reader: dnsview.New(dnsview.Options{Dialer: w, Resolvers: []string{"192.0.2.53:53"}, Timeout: 800 * time.Millisecond}),
		Poll:   10 * time.Second, Now: func() time.Time { return c.now }, Wait: c.wait,
	}
	for _, f := range change {
		f(&opt)
	}
	h, err := New(opt)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// typist is a person at a console, who does what the guide says and knows nothing
// else. The screen behaves as the console's file says: what is typed there goes into
// the zone.
type typist struct {
	t       testing.TB
	console *console
	zone    *fakedns.Zone
	changes int
	// after is called after each change.
	after func()
}

func (p *typist) tell(pr dnshost.Progress) {
	if pr.Guide != nil {
		p.follow(*pr.Guide)
	}
}

type typed struct {
	name, typ, value string
	ttl              uint32
}

func (p *typist) follow(g dnshost.Guide) {
	p.t.Helper()
	var add, remove []typed
	for _, e := range g.Add {
		add = append(add, p.read(e))
	}
	for _, e := range g.Remove {
		remove = append(remove, p.read(e))
	}
	for _, r := range add {
		old := p.overtyped(g.Steps, r)
		p.enter(r)
		if old != "" && p.zone.Delete(r.name, r.typ, old) > 0 {
			p.changed()
		}
	}
	for _, r := range remove {
		if p.zone.Delete(r.name, r.typ, r.value) > 0 {
			p.changed()
		}
	}
}

// overtyped is the record that the steps say the new one is to be typed over. The
// screen of such a console refuses to take both.
func (p *typist) overtyped(steps []failover.Sentence, r typed) string {
	if *p.console.SamePreference || r.typ != "MX" {
		return ""
	}
	for _, s := range steps {
		arg := map[string]string{}
		for i := 0; i+1 < len(s.Args); i += 2 {
			arg[s.Args[i]] = s.Args[i+1]
		}
		if arg["new"] != "" && arg["new"] == undotted(r.value) {
			return arg["old"]
		}
	}
	for _, line := range p.zone.Text() {
		f := strings.Fields(line) // name ttl IN MX preference host
		if f[0] == r.name && f[3] == "MX" && f[4] == preference(r.value) && f[5] != r.value[len(f[4])+1:] {
			p.t.Errorf("%s refuses %q beside %q", p.console.Name, r.value, line)
		}
	}
	return ""
}

// enter types a record, or, when it is there, its TTL.
func (p *typist) enter(r typed) {
	p.t.Helper()
	p.zone.Delete(r.name, r.typ, r.value)
	if err := p.zone.Enter(fmt.Sprintf("%s %d IN %s %s", r.name, r.ttl, r.typ, r.value)); err != nil {
		p.t.Fatalf("the console refuses %+v: %v", r, err)
	}
	p.changed()
}

func (p *typist) changed() {
	p.changes++
	if p.after != nil {
		p.after()
	}
}

// read turns an entry into a record as the console does.
func (p *typist) read(e dnshost.Entry) typed {
	p.t.Helper()
	if p.console.Saving == savedBox {
		return p.readLine(e.Fields[0].Value)
	}
	r := typed{ttl: ownTTL}
	var pref, value string
	for _, f := range e.Fields {
		switch p.kind(f) {
		case nameField:
			r.name = p.owner(f.Value)
		case typeField:
			r.typ = f.Value
			for typ, word := range p.console.Types {
				if word == f.Value {
					r.typ = typ
				}
			}
		case valueField, priorityValueField:
			value = f.Value
		case priorityField:
			pref = f.Value + " "
		case ttlField:
			r.ttl = p.seconds(f.Value)
		}
	}
	if p.has(priorityValueField) && r.typ == "MX" {
		var host string
		pref, host, _ = strings.Cut(value, " ")
		pref, value = pref+" ", host
	}
	r.value = p.data(r.typ, pref, value)
	return r
}

func (p *typist) has(kind fieldKind) bool {
	return slices.ContainsFunc(p.console.Fields, func(f fieldOf) bool { return f.Is == kind })
}

func (p *typist) readLine(line string) typed {
	w := strings.Fields(line)
	r := typed{typ: strings.ToUpper(w[0]), ttl: ownTTL, name: zoneName}
	switch r.typ {
	case "MX": // mx host. preference [name.]
		r.value = p.data("MX", w[2]+" ", w[1])
		if len(w) > 3 {
			r.name = w[3]
		}
	default: // type name data
		r.name = p.owner(w[1])
		r.value = p.data(r.typ, "", strings.Join(w[2:], " "))
	}
	return r
}

func (p *typist) kind(f dnshost.Field) fieldKind {
	p.t.Helper()
	for _, k := range p.console.Fields {
		if labelSentence(k).String() == f.Label.String() {
			return k.Is
		}
	}
	p.t.Fatalf("the screen has no field %q", f.Label)
	return ""
}

func (p *typist) owner(name string) string {
	if name == p.console.Apex {
		return zoneName
	}
	return name + "." + zoneName
}

func (p *typist) data(typ, pref, value string) string {
	if typ == "TXT" {
		return dnswire.TXT(value)
	}
	if !*p.console.TargetDot {
		value = strings.TrimSuffix(value, ".") + "."
	} else if !strings.HasSuffix(value, ".") {
		value += "." + zoneName
	}
	return pref + value
}

func (p *typist) seconds(shown string) uint32 {
	p.t.Helper()
	for seconds, word := range p.console.TTL.Choices {
		if word == shown {
			return seconds
		}
	}
	shown = strings.TrimSuffix(strings.TrimPrefix(shown, "Custom: "), " Seconds")
	n, err := strconv.ParseUint(shown, 10, 32)
	if err != nil {
		p.t.Fatalf("the screen takes no TTL %q", shown)
	}
	return uint32(n)
}

// live is a set as the zone has it.
func (w *world) live(t testing.TB, key failover.Key) failover.RRset {
	t.Helper()
	var rrs []dns.RR
	for _, line := range w.zone.Text() {
		rr, err := dns.NewRR(line)
		if err != nil {
			t.Fatal(err)
		}
		rrs = append(rrs, rr)
	}
	return dnswire.Pick(key, rrs)
}

// put makes a set be this, past the console.
func (w *world) put(set failover.RRset) {
	w.zone.Delete(set.Name, set.Type)
	for _, v := range set.Values {
		w.zone.Add(fmt.Sprintf("%s %d %s %s", set.Name, set.TTL, set.Type, v))
	}
}

func mxSet(ttl uint32, values ...string) failover.RRset {
	return failover.NewRRset(zoneName, "MX", ttl, values...)
}

var (
	oldMX = mxSet(300, "10 mx1.primary.example.", "20 mx2.primary.example.")
	newMX = mxSet(300, "10 in1.secondary.example.", "20 in2.secondary.example.")
)
