package chart_test

import (
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/width"

	"lifeboat/failover"
	"lifeboat/failover/relay"
	"lifeboat/failover/relay/chart"
)

var update = flag.Bool("update", false, "write the pictures as they are drawn now")

var nine = time.Date(2026, 1, 22, 9, 0, 0, 0, time.UTC)

// outage is a morning on which the primary stops taking mail at 9:30 and the route is
// switched at 11:04; what waits drains through the secondary, thirty a minute, and in
// the afternoon all goes home.
func outage() chart.Input {
	in := chart.Input{Since: nine, Until: nine.Add(6 * time.Hour), Zone: time.UTC}
	minute := func(n int) time.Time { return nine.Add(time.Duration(n) * time.Minute) }
	wait, sent := [2]int{}, [2]uint64{}
	for m := range 361 {
		route := failover.Primary
		if m >= 124 && m < 300 {
			route = failover.Secondary
		}
		if m == 124 {
			wait[1], wait[0] = wait[0], 0 // what waits follows
		}
		broken := m >= 30 && m < 290
		arrive := 6 + m%5
		switch {
		case route == failover.Primary && broken:
			wait[0] += arrive
		case route == failover.Primary:
			sent[0] += uint64(arrive + wait[0])
			wait[0] = 0
		default:
			take := min(wait[1]+arrive, 30)
			wait[1] += arrive - take
			sent[1] += uint64(take)
		}
		for i, role := range []failover.Role{failover.Primary, failover.Secondary} {
			s := relay.Sample{At: minute(m), Domain: "example.jp", Role: role, Waiting: wait[i], Delivered: sent[i]}
			if wait[i] > 0 {
				s.Oldest = minute(max(30, m-90))
			}
			in.Samples = append(in.Samples, s)
		}
		if m >= 60 {
			held := relay.Sample{At: minute(m), Domain: "example.com", Role: failover.Primary, Held: 40, Uncertain: 2, Oldest: minute(60), Again: 3}
			if m > 200 {
				held = relay.Sample{At: minute(m), Domain: "example.com", Role: failover.Primary, Again: 5}
			}
			in.Samples = append(in.Samples, held)
		}
	}
	in.Routes = []relay.Event{
		{At: minute(124), Kind: relay.RouteChange, Domain: "example.jp", Role: failover.Secondary},
		{At: minute(125), Kind: relay.Warning, Domain: "example.jp"},
		{At: minute(300), Kind: relay.RouteChange, Domain: "example.jp", Role: failover.Primary},
		{At: minute(300).Add(time.Second), Kind: relay.RouteChange, Domain: "example.com", Role: failover.Primary},
	}
	return in
}

// japanese tells sentences by the catalogues that the program has.
func japanese(t *testing.T) func(failover.Sentence) string {
	t.Helper()
	words := map[string]string{}
	for _, name := range []string{"chart", "report"} {
		data, err := os.ReadFile("../../../assets/translations/ja/" + name + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(data)) {
			key, err := strconv.QuotedPrefix(line)
			if err != nil {
				continue
			}
			value, err := strconv.QuotedPrefix(strings.TrimLeft(line[len(key):], ": "))
			if err != nil {
				continue
			}
			from, _ := strconv.Unquote(key)
			to, _ := strconv.Unquote(value)
			words[from] = to
		}
	}
	return func(s failover.Sentence) string {
		template, args := s.Sentence()
		if w, ok := words[template]; ok {
			template = w
		}
		return failover.Fill(template, args)
	}
}

// kept holds a picture against the one that is kept.
func kept(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("the picture is not that in %s; go test -update writes it:\n%s", file, got)
	}
}

func TestPictures(t *testing.T) {
	t.Parallel()
	quiet := chart.Input{
		Since: nine, Until: nine.Add(48 * time.Hour), Zone: time.UTC,
		Samples: []relay.Sample{{At: nine, Domain: "example.jp", Role: failover.Primary}, {At: nine.Add(time.Hour), Domain: "example.jp", Role: failover.Primary, Delivered: 3}},
	}
	for _, c := range []struct {
		name string
		in   chart.Input
		ja   bool
		at   int
	}{
		{"outage", outage(), false, 80}, {"outage-ja", outage(), true, 80}, {"outage-narrow", outage(), false, 40},
		{"outage-wide", outage(), false, 132}, {"quiet", quiet, false, 72}, {"nothing", chart.Input{Since: nine, Until: nine.Add(time.Hour), Zone: time.UTC}, false, 80},
	} {
		if c.ja {
			c.in.Say = japanese(t)
		}
		drawn := chart.New(c.in)
		lines := drawn.Text(c.at)
		for _, l := range lines {
			if w := columns(l); w > c.at {
				t.Errorf("%s: %d columns wide: %s", c.name, w, l)
			}
		}
		kept(t, c.name+".txt", strings.Join(lines, "\n")+"\n")
		kept(t, c.name+".svg", drawn.SVG())
		wellFormed(t, c.name, drawn.SVG())
	}
}

func columns(l string) int {
	n := 0
	for _, r := range l {
		n++
		if k := width.LookupRune(r).Kind(); k == width.EastAsianWide || k == width.EastAsianFullwidth {
			n++
		}
	}
	return n
}

// wellFormed reads the picture as XML, and finds nothing in it that leads elsewhere.
func wellFormed(t *testing.T, name, svg string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(svg))
	d.Strict = true
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		e, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if e.Name.Local == "script" || e.Name.Local == "image" || e.Name.Local == "a" || e.Name.Local == "foreignObject" {
			t.Errorf("%s: there is an element %s", name, e.Name.Local)
		}
		for _, a := range e.Attr {
			if strings.HasPrefix(a.Name.Local, "on") || strings.Contains(a.Value, "://") && a.Name.Local != "xmlns" {
				t.Errorf("%s: %s=%q", name, a.Name.Local, a.Value)
			}
		}
	}
	if strings.Contains(svg, "@import") || strings.Contains(svg, "url(h") || strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") {
		t.Errorf("%s: it leads elsewhere, or has numbers that are none", name)
	}
}

// Names come from outside: they are text in a picture, on one line, and no more.
func TestNamesAreOnlyText(t *testing.T) {
	t.Parallel()
	const evil = "a\"><script>alert(1)</script>\x1b[31m\u202eb\n&c"
	in := outage()
	for i := range in.Samples {
		in.Samples[i].Domain += evil
	}
	for i := range in.Routes {
		in.Routes[i].Domain = fmt.Sprintf("%d%s", i, evil)
	}
	c := chart.New(in)
	wellFormed(t, "evil", c.SVG())
	if strings.Contains(c.SVG(), "<script") {
		t.Error("a name has become an element")
	}
	for _, l := range c.Text(80) {
		if strings.ContainsAny(l, "\x1b\n\u202e") {
			t.Errorf("a name steers the terminal: %q", l)
		}
	}
}

// A short peak is shown however many columns there are, and whatever order the samples
// come in; a counter that begins anew counts nothing.
func TestPeaksAndCounters(t *testing.T) {
	t.Parallel()
	in := chart.Input{Since: nine, Until: nine.Add(24 * time.Hour), Zone: time.UTC}
	for m := range 24 * 60 {
		s := relay.Sample{At: nine.Add(time.Duration(m) * time.Minute), Domain: "example.jp", Role: failover.Primary, Delivered: uint64(m)}
		if m == 777 {
			s.Waiting, s.Oldest = 500, s.At.Add(-time.Minute)
		}
		if m >= 1000 {
			s.Delivered = uint64(m - 1000)
		}
		in.Samples = append([]relay.Sample{s}, in.Samples...)
	}
	all := strings.Join(chart.New(in).Text(60), "\n")
	for _, want := range []string{"at most 500 (01-22 21:57), now 0", fmt.Sprintf("%d delivered", 999+439), "600 ┤", "█"} {
		if !strings.Contains(all, want) {
			t.Errorf("not there: %s\n%s", want, all)
		}
	}
}

// What was before the time shown is where the picture begins, not part of it.
func TestBeginning(t *testing.T) {
	t.Parallel()
	in := outage()
	in.Since = nine.Add(100 * time.Minute)
	in.Until = nine.Add(110 * time.Minute)
	c := chart.New(in)
	all := strings.Join(c.Text(60), "\n")
	if c.Empty() || strings.Contains(all, "leaves through") || strings.Contains(all, "second time") || !strings.Contains(all, "0 delivered") {
		t.Errorf("drawn:\n%s", all)
	}
	in.Until = in.Since
	if !chart.New(in).Empty() {
		t.Error("a time of no length is drawn")
	}
}

func FuzzChart(f *testing.F) {
	f.Add(int64(0), int64(3600), 80, "example.jp", 3, uint64(7))
	f.Add(int64(-5), int64(-9), 0, "\x00", -1, uint64(1)<<63)
	f.Add(int64(1), int64(1)<<40, 500, "日本語.jp", 1<<40, uint64(0))
	f.Fuzz(func(t *testing.T, since, length int64, wide int, domain string, depth int, delivered uint64) {
		const far = 1 << 33 // seconds, beyond which no clock goes
		since, length = since%far, length%far
		in := chart.Input{Since: time.Unix(since, 0), Until: time.Unix(since+length, 0), Zone: time.UTC}
		for i := range int64(5) {
			in.Samples = append(in.Samples, relay.Sample{
				At: time.Unix(since+length*i/4, 0), Domain: domain, Role: failover.Primary, Waiting: max(depth, 0) % 1e9,
				Oldest: time.Unix(since-i, 0), Delivered: delivered * uint64(i),
			})
			in.Routes = append(in.Routes, relay.Event{At: time.Unix(since+i, 0), Kind: relay.RouteChange, Domain: domain, Role: failover.Secondary})
		}
		c := chart.New(in)
		wide = max(0, wide) % 1000
		for _, l := range c.Text(wide) {
			if columns(l) > max(wide, 40) || strings.ContainsAny(l, "\n\r\x1b") {
				t.Errorf("line %q", l)
			}
		}
		wellFormed(t, "fuzz", c.SVG())
	})
}

// What came before the first sample of a provider counts where the samples are whole.
func TestCountsFromNothing(t *testing.T) {
	t.Parallel()
	in := chart.Input{Since: nine, Until: nine.Add(time.Hour), Zone: time.UTC, Samples: []relay.Sample{
		{At: nine.Add(time.Minute), Domain: "example.jp", Role: failover.Secondary, Delivered: 31},
		{At: nine.Add(2 * time.Minute), Domain: "example.jp", Role: failover.Secondary, Delivered: 35},
	}}
	for whole, want := range map[bool]string{true: "35 delivered", false: "4 delivered"} {
		in.Whole = whole
		if all := strings.Join(chart.New(in).Text(60), "\n"); !strings.Contains(all, want) {
			t.Errorf("whole %t: not there: %s\n%s", whole, want, all)
		}
	}
}
