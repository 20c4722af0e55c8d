package drill

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/lab"
)

func advice(r *record) string {
	measures := r.measures()
	var out []string
	for _, s := range r.recommend(measures, r.checks()) {
		out = append(out, s.String())
	}
	return strings.Join(out, "\n")
}

func TestRecommend(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*record)
		says   string // all of it, without what every unattended drill says
	}{
		"nothing to mend": {func(*record) {}, ""},
		"found late": {func(r *record) {
			r.moments[Detected] = after(20)
			r.decisions[0].At = after(21)
			r.scenario.Goals.FirstMail = 0
		},
			"Detection took 15s; the goal is 10s. Look more often, or accept the goal as too tight."},
		"decided late": {func(r *record) { r.decisions[0].At = after(31.04) },
			"The decision took 20s; the goal is 5s. Agree beforehand who may decide without asking, and write it on the run card."},
		"verified late": {func(r *record) { m := r.moved[Failover]; m.Verified = after(20); r.moved[Failover] = m },
			"From the yes to verified everywhere it took 8s; the goal is 5s. See which name server was last, and ask its host why."},
		"mail late": {func(r *record) { r.firstMail = after(95) },
			"The first mail came 1m30s after the fault; the goal is 1m. Most of that is detection, decision and the old TTL: see which is the longest."},
		"home late": {func(r *record) { m := r.moved[Failback]; m.Verified = after(70); r.moved[Failback] = m },
			"The way back took 9s; the goal is 5s. See which name server was last."},
		"the RTO is met": {func(r *record) { r.targets.RTO = Span(time.Minute) },
			"Mail was back 15s after the fault, within the target (RTO) of 1m. The old TTL here was 10s; add what yours is longer."},
		"the RTO is missed": {func(r *record) { r.targets.RTO = Span(12 * time.Second) },
			"Mail was back 15s after the fault, and the target (RTO) is 12s: it was missed."},
		"the TTL alone is too long": {func(r *record) {
			r.targets.RTO = Span(20 * time.Second)
			m := r.moved[Failover]
			m.OldTTL = time.Hour
			r.moved[Failover] = m
		}, "Mail was back 15s after the fault, within the target (RTO) of 20s. The old TTL here was 1h; add what yours is longer.\n" +
			"The MX records had a TTL of 1h, which alone is not below the goal of 20s: lower it in calm times; during an outage that no longer helps."},
		"longer than can be borne": {func(r *record) { r.targets.MTPD = Span(4 * time.Hour) },
			"An outage like the one this is modelled on (10h) lasts longer than you can bear (MTPD 4h): without a second provider it cannot be sat out."},
		// A compressed time is no RTO, whatever it is compared with.
		"in haste": {func(r *record) {
			r.factor, r.targets.RTO, r.targets.MTPD, r.firstMail = 20, Span(time.Second), Span(time.Hour), after(95)
		},
			"This drill ran 20 times as fast as life: none of its times is an RTO. Repeat it at factor 1 before you rely on a time.\n" +
				"The MX records had a TTL of 10s, which alone is not below the goal of 1s: lower it in calm times; during an outage that no longer helps."},
		"a silent page": {func(r *record) { r.pageCalm = true }, "The status page of Harbormail said all the time that all was well: do not wait for it."},
		"a late page": {func(r *record) { r.pageCalm, r.pageTold = true, after(41) },
			"The status page of Harbormail told of the trouble 30s after detection did: do not wait for it."},
		"refused": {func(r *record) { r.decisions[0].Refused = failover.Say("no") },
			`"failover" was refused; the timeline says why. See to it in calm times, or know the way around it.`},
		"needless": {func(r *record) {
			r.scenario.Right.Moves, r.scenario.Right.Fault = []Move{Stay}, "sign_in"
		}, "\"failover\" was made and was not needed; talk it through with what follows in mind.\nBecause.\nChecks that do not hold: 1. Repeat the drill when that is mended."},
		"lost": {func(r *record) { r.mail.Lost = 1 },
			"Mail was lost, doubled or sent back: find out why before anything else, and repeat the drill.\nChecks that do not hold: 1. Repeat the drill when that is mended."},
		"announced": {func(r *record) {
			r.scenario.Right.Moves, r.made, r.moved = []Move{Announce}, []Move{Announce}, nil
			r.sending = failover.Secondary
		}, "Whoever must be told of the emergency subdomain has to be reachable without mail: keep their telephone numbers with the run card."},
	} {
		r := good()
		c.change(r)
		const usual = "Nobody decided in this drill: hold it again with those who will decide on the day."
		if got := strings.TrimSpace(strings.TrimSuffix(advice(r), usual)); got != c.says {
			t.Errorf("%s: says\n\t%s\nnot\n\t%s", name, got, c.says)
		}
	}
	r := good()
	r.unattended = false
	if got := advice(r); got != "" {
		t.Errorf("an attended drill in which all went well says %q", got)
	}
}

func TestCost(t *testing.T) {
	r := good()
	prices := Targets{CostPerHour: 120000, SecondaryPerYear: 360000, Currency: "JPY"}
	c := costOf(prices, r.scenario, r.measures(), 1)
	want := []string{
		"The outage that this is modelled on lasted 10h. Without a second provider that would cost about JPY 1,200,000.",
		"In this drill there was no mail for 15s, which would cost about JPY 500.",
		"The second provider costs JPY 360,000 a year: it has paid for itself once mail would have been gone for 3h in a year.",
	}
	var got []string
	for _, s := range c.Say {
		got = append(got, s.String())
	}
	if !slices.Equal(got, want) || c.BreakEven != Span(3*time.Hour) || c.CostOutage != 1200000 || c.CostWith == nil || *c.CostWith != 500 {
		t.Errorf("%q, %+v", got, c)
	}
	// In a hurried world the seconds are not those of life.
	if c := costOf(prices, r.scenario, r.measures(), 20); c.With != nil || len(c.Say) != 2 {
		t.Errorf("%+v", c)
	}
	if c := costOf(Targets{SecondaryPerYear: 5}, r.scenario, r.measures(), 1); c != nil {
		t.Errorf("%+v", c)
	}
	if c := costOf(Targets{CostPerHour: 0.001, SecondaryPerYear: 100}, Scenario{}, nil, 1); c == nil || c.BreakEven != 0 || !strings.Contains(c.Say[0].String(), "more than a whole year") {
		t.Errorf("%+v", c)
	}
	if c := costOf(Targets{CostPerHour: 5}, Scenario{}, nil, 1); c != nil {
		t.Errorf("nothing to say, and says %+v", c)
	}
}

func TestMoney(t *testing.T) {
	for amount, want := range map[float64]string{0: "EUR 0", 12.5: "EUR 12.50", 99.999: "EUR 100.00", 1234567.8: "EUR 1,234,568", 100: "EUR 100", 1000: "EUR 1,000"} {
		if got := money("EUR", amount); got != want {
			t.Errorf("%v: %s, not %s", amount, got, want)
		}
	}
	if got := money("", 5); got != "5" {
		t.Error(got)
	}
}

// A result is the same after a trip through its file.
func TestResultJSON(t *testing.T) {
	took, met := Span(1500*time.Millisecond), true
	r := Result{
		ID: "x", Scenario: Scenario{Name: "s", Lasts: Span(time.Hour)}, Started: noon, Factor: 1, Mail: lab.Totals{Sent: 3},
		Measures: []Measure{{Name: MeasureDetect, Took: &took, Goal: Span(2 * time.Second), Met: &met}, {Name: MeasureHome}},
		Timeline: []Entry{{At: noon, Say: failover.Say("{a} is here", "a", "B")}},
		Broke:    failover.Say("Broken."),
	}
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var again Result
	if err := json.Unmarshal(data, &again); err != nil {
		t.Fatal(err)
	}
	second, err := json.Marshal(again)
	if err != nil || string(second) != string(data) {
		t.Errorf("%v\n%s\n%s", err, data, second)
	}
	if !strings.Contains(string(data), `"took":"1.5s"`) || !strings.Contains(string(data), `"lasts":"1h"`) {
		t.Errorf("%s", data)
	}
}

func FuzzResult(f *testing.F) {
	took := Span(time.Second)
	data, err := json.Marshal(Result{ID: "x", Started: noon, Scenario: Scenario{Name: "x"}, Measures: []Measure{{Name: MeasureHome, Took: &took}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"id":"x","started":"2026-11-19T10:00:00Z","scenario":{"name":"x"},"timeline":[{"say":{"text":"a","args":{"b":"c"}}}]}`))
	f.Add([]byte(`{"id":"x","measures":[{"took":"1e9s"}]}`))
	f.Add([]byte(`{"id":"x","measures":[{"took":5}]}`))
	f.Add([]byte(`{"id":"../x"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := parseResult(data)
		if err != nil {
			return
		}
		// What could be read can be written and read again.
		written, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		again, err := parseResult(written)
		if err != nil || again.ID != r.ID || !again.Started.Equal(r.Started) || again.Summary().ID != r.ID {
			t.Errorf("%+v, %v", again, err)
		}
	})
}
