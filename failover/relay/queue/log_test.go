package queue

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// toPast moves all of the journal's events to the past.
func toPast(t testing.TB, q *Queue) {
	t.Helper()
	q.w.Lock()
	q.writer.end = true
	q.flush()
	q.w.Unlock()
	for len(q.writer.segments) > 1 {
		if err := q.clean(t.Context(), q.writer.segments[0]); err != nil {
			t.Fatal(err)
		}
	}
	if err := q.Tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestEvents(t *testing.T) {
	t.Parallel()
	c := newClock()
	begin := c.now()
	q := try(t, Options{Dir: t.TempDir(), Now: c.now}, noReserve())
	one := accept(t, q, relay.Envelope{User: "printer@example.jp", From: "Printer@Example.jp", To: []string{"a@example.com"}}, "x").ID
	c.pass(time.Minute)
	update(t, q, one, func(i *relay.Item) []relay.Event {
		return []relay.Event{{Kind: relay.Deferred, Role: failover.Primary, To: i.Envelope.To, Code: 451, Answer: "451 4.3.2 Try LATER",
			Host: "smtp.example.net", Say: failover.Say("{host} はあとで", "host", "smtp.example.net")}}
	})
	c.pass(time.Minute)
	two := accept(t, q, envelope("b@example.com"), "x").ID
	c.pass(time.Minute)
	if err := q.File(t.Context(), relay.Event{Kind: relay.Refused, User: "guess@example.jp", Host: "192.0.2.66", Say: failover.Say("wrong password")},
		relay.Event{Kind: relay.Reported, ID: two, Other: one}); err != nil {
		t.Fatal(err)
	}
	for _, where := range []string{"journal", "past"} {
		for _, test := range []struct {
			name  string
			query relay.LogQuery
			want  string
		}{
			{"all", relay.LogQuery{}, "submitted deferred submitted refused reported"},
			{"newest", relay.LogQuery{Limit: 2}, "refused reported"},
			{"message", relay.LogQuery{ID: one}, "submitted deferred reported"},
			{"beginning", relay.LogQuery{ID: relay.ID(strings.ToLower(string(one[:12])))}, "submitted deferred reported"},
			{"nobody", relay.LogQuery{ID: "ZZZZZZZZZZZZZZZZ"}, ""},
			{"sender", relay.LogQuery{Address: "printer@"}, "submitted deferred"},
			{"recipient", relay.LogQuery{Address: "B@example.com"}, "submitted"},
			{"user", relay.LogQuery{Address: "guess"}, "refused"},
			{"subject", relay.LogQuery{Text: "見積"}, "submitted submitted"},
			{"answer", relay.LogQuery{Text: "try later"}, "deferred"},
			{"host", relay.LogQuery{Text: "192.0.2.66"}, "refused"},
			{"sentence", relay.LogQuery{Text: "wrong PASSWORD"}, "refused"},
			{"sentence, filled", relay.LogQuery{Text: "example.net は"}, "deferred"},
			{"Message-ID", relay.LogQuery{Text: "1@example.jp"}, "submitted submitted"},
			{"kinds", relay.LogQuery{Kinds: []relay.EventKind{relay.Refused, relay.Deferred}}, "deferred refused"},
			{"provider", relay.LogQuery{Role: failover.Primary}, "deferred"},
			{"other provider", relay.LogQuery{Role: failover.Secondary}, ""},
			{"since", relay.LogQuery{Since: begin.Add(2 * time.Minute)}, "submitted refused reported"},
			{"until", relay.LogQuery{Until: begin.Add(time.Minute)}, "submitted deferred"},
			{"between", relay.LogQuery{Since: begin.Add(time.Second), Until: begin.Add(time.Minute)}, "deferred"},
			{"before all", relay.LogQuery{Until: begin.Add(-time.Second)}, ""},
			{"both", relay.LogQuery{Address: "printer", Text: "later", ID: one}, "deferred"},
		} {
			var got []string
			for _, e := range events(t, q, test.query) {
				got = append(got, string(e.Kind))
			}
			if strings.Join(got, " ") != test.want {
				t.Errorf("%s, in the %s: %v, not %s", test.name, where, got, test.want)
			}
		}
		toPast(t, q)
	}
	// What is filed later comes after what is in the past, and both stay when it is opened anew.
	deliver(t, q, two)
	for range 2 {
		all := events(t, q, relay.LogQuery{ID: two})
		if len(all) != 3 || all[2].Kind != relay.Sent || all[2].From != "hanako@example.jp" {
			t.Errorf("%+v", all)
		}
		o := q.opts
		shut(t, q)
		q = try(t, o, noReserve())
	}
}

// A damaged block of the log costs itself, and is said in its place.
func TestDamagedLog(t *testing.T) {
	t.Parallel()
	o := Options{Dir: t.TempDir()}
	q := try(t, o, noReserve())
	for n := range 3 {
		if err := q.File(t.Context(), relay.Event{Kind: relay.Refused, Host: fmt.Sprint(n)}); err != nil {
			t.Fatal(err)
		}
		toPast(t, q)
	}
	shut(t, q)
	path := pastPath(o.Dir, 1)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for at := range len(whole) {
		flip(t, path, int64(at))
		q := try(t, Options{Dir: o.Dir, ReadOnly: true}, noReserve())
		all := events(t, q, relay.LogQuery{})
		refused, said := 0, len(q.past.said)
		for _, e := range all {
			switch e.Kind {
			case relay.Refused:
				refused++
			case relay.Found:
				said++
				if !strings.Contains(e.Say.String(), path[len(o.Dir):]) {
					t.Error(e.Say)
				}
			}
		}
		if refused < 2 || refused == 2 && said == 0 || said == 0 && at >= int(framesFrom) {
			t.Fatalf("byte %d: %d events, said %v: %v", at, refused, q.past.said, all)
		}
		flip(t, path, int64(at))
	}
	// What was not finished is cut off, quietly, and moved again.
	for size := len(whole); size >= 0; size-- {
		if err := os.Truncate(path, int64(size)); err != nil {
			t.Fatal(err)
		}
		q := try(t, Options{Dir: o.Dir, ReadOnly: true}, noReserve())
		if len(q.past.said) > 0 {
			t.Fatalf("cut at %d: %v", size, q.past.said)
		}
	}
}

// Old log goes, little by little; a clock that leaps ahead does not cost the log.
func TestKeep(t *testing.T) {
	t.Parallel()
	c := newClock()
	tune := noReserve()
	tune.past = 1 // a file for each
	q := try(t, Options{Dir: t.TempDir(), Now: c.now, Keep: 40 * 24 * time.Hour}, tune)
	days := func(n int) {
		t.Helper()
		for range n {
			c.pass(24 * time.Hour)
			if err := q.File(t.Context(), relay.Event{Kind: relay.Refused}); err != nil {
				t.Fatal(err)
			}
			toPast(t, q)
		}
	}
	count := func() int { return len(events(t, q, relay.LogQuery{Limit: 10_000})) }
	days(60)
	if n := count(); n < 40 || n > 42 {
		t.Errorf("%d days are kept", n)
	}
	held := accept(t, q, envelope("a@example.com"), "still here")
	before := count()
	c.pass(20 * 365 * 24 * time.Hour)
	days(3)
	if n := count(); n < 40*2/3 {
		t.Errorf("%d events are left of %d after the clock leapt", n, before)
	}
	c.pass(-20 * 365 * 24 * time.Hour)
	days(20)
	if n := count(); n < 40 {
		t.Errorf("%d events are left after it came back", n)
	}
	if !strings.HasSuffix(text(t, q, held.ID), "still here") {
		t.Error("a message has gone with the log")
	}
}

func TestSamples(t *testing.T) {
	t.Parallel()
	c := newClock()
	begin := c.now()
	o := Options{Dir: t.TempDir(), Now: c.now}
	q := try(t, o, noReserve())
	sample := func() {
		t.Helper()
		if err := q.Sample(t.Context(), func(i relay.Item) failover.Role {
			if i.Via != "" {
				return i.Via
			}
			return failover.Primary
		}); err != nil {
			t.Fatal(err)
		}
	}
	show := func(since, until time.Time, most int) (all []string) {
		t.Helper()
		got, err := q.Samples(t.Context(), since, until, most)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range got {
			line := fmt.Sprint(s.At.Sub(begin).Minutes(), s.Domain, s.Role, s.Waiting, s.Held, s.Uncertain, s.Bytes, s.Accepted, s.Delivered, s.Bounced, s.Again)
			if !s.Oldest.IsZero() {
				line += fmt.Sprint(" ", s.Oldest.Sub(begin).Minutes())
			}
			all = append(all, line)
		}
		return all
	}
	sample() // nothing yet
	var all []relay.ID
	for n := range 4 {
		all = append(all, accept(t, q, envelope(fmt.Sprint(n, "@example.com")), "x").ID)
		c.pass(time.Minute)
		sample()
	}
	sample()
	update(t, q, all[0], func(i *relay.Item) []relay.Event {
		i.State, i.Via = relay.Held, failover.Secondary
		return nil
	})
	update(t, q, all[1], func(i *relay.Item) []relay.Event {
		i.State = relay.Uncertain
		return []relay.Event{{Kind: relay.Doubtful}}
	})
	c.pass(time.Minute)
	sample()
	deliver(t, q, all[2])
	update(t, q, all[3], func(i *relay.Item) []relay.Event {
		i.State, i.To[0].Fate = relay.Ended, relay.Expired
		return []relay.Event{{Kind: relay.Expiry, Role: failover.Secondary}, {Kind: relay.SentAgain, Role: failover.Secondary}}
	})
	c.pass(time.Minute)
	sample()
	c.pass(time.Minute)
	sample() // nothing new
	want := []string{
		"1example.jpprimary1 0 0 18 1 0 0 0 0", "2example.jpprimary2 0 0 36 2 0 0 0 0", "3example.jpprimary3 0 0 54 3 0 0 0 0",
		"4example.jpprimary4 0 0 72 4 0 0 0 0",
		"5example.jpprimary2 0 1 54 4 0 0 0 1", "5example.jpsecondary0 1 0 18 4 0 0 0 0",
		"6example.jpprimary0 0 1 18 4 1 0 0 1", "6example.jpsecondary0 1 0 18 4 0 1 1 0",
	}
	for range 2 {
		if got := show(time.Time{}, time.Time{}, 100); !slices.Equal(got, want) {
			t.Errorf("\n%s\nnot\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		// The highest stays, and the last.
		if got := show(time.Time{}, time.Time{}, 1); !slices.Equal(got, want[3:]) {
			t.Errorf("%s", strings.Join(got, "\n"))
		}
		// What held when it begins is told.
		if got := show(begin.Add(150*time.Second), begin.Add(3*time.Minute), 0); !slices.Equal(got, []string{"2.5" + want[1][1:], want[2]}) {
			t.Errorf("%s", strings.Join(got, "\n"))
		}
		shut(t, q)
		q = try(t, o, noReserve())
	}
	// They move to the past with the rest, and say the same there.
	toPast(t, q)
	if got := show(time.Time{}, begin.Add(7*time.Minute), 100); !slices.Equal(got, want) {
		t.Errorf("\n%s\nnot\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	// Counters outlive the log they were counted in, and segments.
	for range 3 {
		c.pass(time.Hour)
		toPast(t, q)
	}
	shut(t, q)
	q = try(t, o, noReserve())
	sample()
	got := show(c.now(), time.Time{}, 0)
	if len(got) != 2 || !strings.HasSuffix(got[0], "primary0 0 1 18 4 1 0 0 1") || !strings.HasSuffix(got[1], "secondary0 1 0 18 4 0 1 1 0") {
		t.Errorf("%v", got)
	}
	deliver(t, q, all[0])
	deliver(t, q, all[1])
	c.pass(time.Minute)
	sample()
	if got := show(c.now(), time.Time{}, 0); len(got) != 2 || !strings.Contains(got[0], "primary0 0 0 0 4 3 0 0") {
		t.Errorf("what has become empty is not told: %v", got)
	}
}

// Thinning gives few points, in order, and every peak of a stretch.
func TestThinning(t *testing.T) {
	t.Parallel()
	th := newThinning(time.Time{}, time.Time{}, 50)
	begin := newClock().now()
	th.stretch(nanos(begin), nanos(begin.Add(9999*time.Minute)))
	for n := range 10_000 {
		s := relay.Sample{At: begin.Add(time.Duration(n) * time.Minute), Domain: "example.jp", Role: failover.Primary, Waiting: n % 100}
		if n == 4321 {
			s.Waiting = 5000
		}
		th.add(s)
	}
	got := th.result()
	if len(got) < 25 || len(got) > 50 {
		t.Errorf("%d points", len(got))
	}
	if i := slices.IndexFunc(got, func(s relay.Sample) bool { return s.Waiting == 5000 }); i < 10 || i > 20 {
		t.Errorf("the highest is the %d. point", i)
	}
	if !slices.IsSortedFunc(got, func(a, b relay.Sample) int { return a.At.Compare(b.At) }) || !got[len(got)-1].At.Equal(begin.Add(9999*time.Minute)) {
		t.Error("they are out of order, or the last is missing")
	}
}

// Mail that is led from one provider to the other is not seen at both, however few points
// are wanted.
func TestThinningKeepsASwitch(t *testing.T) {
	t.Parallel()
	const stretches = 3
	th := newThinning(time.Time{}, time.Time{}, 2*stretches)
	begin := newClock().now()
	th.stretch(nanos(begin), nanos(begin.Add(29*time.Second)))
	for n := range 30 {
		at := begin.Add(time.Duration(n) * time.Second)
		first, second := n, 0
		if n >= 15 { // in the midst of a stretch
			first, second = 0, 30-n
		}
		th.add(relay.Sample{At: at, Domain: "example.jp", Role: failover.Primary, Waiting: first})
		th.add(relay.Sample{At: at, Domain: "example.jp", Role: failover.Secondary, Waiting: second})
	}
	got, now, most := th.result(), map[failover.Role]int{}, 0
	for i, s := range got {
		if now[s.Role] = s.Waiting; i+1 == len(got) || !got[i+1].At.Equal(s.At) {
			most = max(most, now[failover.Primary]+now[failover.Secondary])
		}
	}
	if len(got) > 4*stretches {
		t.Errorf("%d points", len(got))
	}
	if most > 15 {
		t.Errorf("%d seem to have waited at once, of 15: %+v", most, got)
	}
}
