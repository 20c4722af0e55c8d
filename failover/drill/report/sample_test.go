package report

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"lifeboat/failover"
	"lifeboat/failover/drill"
	"lifeboat/failover/lab"
	"lifeboat/failover/relay"
)

// tongue speaks from the catalogues that the program has, and from those of the
// samples.
type tongue map[string]string

func (t tongue) T(template string, parts ...any) string {
	args := make([]string, len(parts))
	for i, p := range parts {
		args[i] = fmt.Sprint(p)
		if s, ok := p.(failover.Sentence); ok {
			args[i] = t.T(s.Template, anys(s.Args)...)
		}
	}
	if word, ok := t[template]; ok {
		template = word
	}
	return failover.Fill(template, args)
}

func anys(list []string) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}

// speakers are the languages of the reports.
func speakers(t testing.TB) map[string]Speaker {
	t.Helper()
	words := tongue{}
	files, err := filepath.Glob("../../../assets/translations/ja/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no catalogues", err)
	}
	for _, f := range append(files, "testdata/ja.yaml") {
		data, err := os.ReadFile(f)
		if err == nil {
			err = yaml.Unmarshal(data, &words)
		}
		if err != nil {
			t.Fatal(f, err)
		}
	}
	return map[string]Speaker{"en": tongue{}, "ja": words}
}

// tokyo is where the samples were held.
var tokyo = time.FixedZone("JST", 9*3600)

func tellers(t testing.TB) map[string]teller {
	t.Helper()
	out := map[string]teller{}
	for l, s := range speakers(t) {
		out[l] = newTeller(s, tokyo)
	}
	return out
}

func seconds(s float64) drill.Span { return drill.Span(s * float64(time.Second)) }

func took(name drill.MeasureName, s, goal float64) drill.Measure {
	d, met := seconds(s), s <= goal
	m := drill.Measure{Name: name, Took: &d, Goal: seconds(goal)}
	if goal > 0 {
		m.Met = &met
	}
	return m
}

var resets = drill.Scenario{
	Name:    "ex196121-2019-11-19",
	Title:   "The MX hosts reset every connection",
	Summary: "Modelled on 19 November 2019 (EX196121): the primary's mail hosts answered every connection with a reset, and mail waited outside for ten hours.",
	Scope:   "From the fault to the way back: detection, decision, switch, first mail, return. Not the reading of past mail.",
	Kinds:   []drill.Kind{drill.Functional, drill.Tabletop},
	Lasts:   drill.Span(45 * time.Minute),
	Objectives: []string{
		"Find the fault before customers call.",
		"Switch without losing, doubling or bouncing a message.",
	},
	Expected: []string{
		"Look whether our own line works before blaming the provider.",
		"Say who decides, and write down when.",
	},
	Questions: []string{
		"Did everybody know who decides?",
		"What would you have told a customer after ten minutes?",
	},
	Right: drill.Right{
		Moves: []drill.Move{drill.Failover, drill.Failback}, Fault: "resets", Blame: "provider",
		Why: "Nothing arrives at the primary, its status page is silent, and the secondary takes mail.",
	},
	Injects: []drill.Inject{
		{At: 0, From: "A customer, by phone", Says: "My order came back to me as undeliverable?", Expect: []string{"Ask for the exact error.", "Write down when it was."}},
		{At: seconds(600), From: "The status page", Says: "All services are available.", Expect: []string{"Trust what you measure more than the page."}},
	},
}

var start = time.Date(2026, 11, 19, 10, 42, 7, 0, tokyo)

// practised is a drill as it should be.
func practised() drill.Result {
	entry := func(s float64, k drill.EntryKind, who string, bad bool, say failover.Sentence) drill.Entry {
		return drill.Entry{At: start.Add(time.Duration(seconds(s))), Since: seconds(s), Kind: k, Who: who, Say: say, Bad: bad}
	}
	found := failover.Say("{service}: {failed} of {looks} connections were reset (TCP RST).", "service", "MX", "failed", 12, "looks", 12)
	down := failover.Say("{provider} is down: it takes no mail.", "provider", "Harbormail")
	return drill.Result{
		ID: "2026-11-19T01-42-07-ex196121-2019-11-19", Scenario: resets, Kind: drill.Functional, Domain: "aoba.example",
		Started: start, Ended: start.Add(94 * time.Second), Factor: 1, Version: "1.2.3",
		Facilitator:  "Hanako Yamada",
		Participants: []drill.Participant{{Name: "Taro Suzuki", Role: "decides"}, {Name: "Jiro Sato"}},
		Timeline: []drill.Entry{
			entry(0, drill.EntryMail, "", false, failover.Say("Mail flows.")),
			entry(5, drill.EntryFault, "", true, failover.Say("{provider} resets every connection.", "provider", "Harbormail")),
			{At: start.Add(11 * time.Second), Since: seconds(11.2), Kind: drill.EntryFound, Say: down, Bad: true, Evidence: []failover.Sentence{found}},
			entry(14.9, drill.EntryDecision, "Taro Suzuki", false, failover.Say("Switch mail to the secondary")),
			entry(15.4, drill.EntryStep, "", false, failover.Say("all {count} name servers give the new records", "count", 3)),
			entry(22.3, drill.EntryMail, "", false, failover.Say("The first message arrived at {provider}.", "provider", "Lighthouse")),
			entry(61, drill.EntryNote, "Jiro Sato", false, failover.Say("Who tells the sales team?")),
		},
		Moves: []drill.Decision{
			{Move: drill.Failover, Who: "Taro Suzuki", Why: "Nothing arrives, and the line is ours and sound.", At: start.Add(15 * time.Second), Since: seconds(14.9)},
			{
				Move: drill.Failback, Who: "The script", At: start.Add(24 * time.Second), Since: seconds(24), TooEarly: true,
				Refused: failover.Say("{provider} does not take mail yet", "provider", "Harbormail"),
			},
			{Move: drill.Failback, Who: "Taro Suzuki", At: start.Add(70 * time.Second), Since: seconds(70)},
		},
		Measures: []drill.Measure{
			took(drill.MeasureDetect, 6.2, 10), took(drill.MeasureDecide, 3.7, 10), took(drill.MeasureSwitch, 0.31, 0), took(drill.MeasureVerify, 0.52, 10),
			took(drill.MeasureFirstMail, 17.3, 45), took(drill.MeasureDrained, 31.8, 0), took(drill.MeasureFailback, 16.4, 15), took(drill.MeasureBehind, 0.8, 0),
			{Name: drill.MeasureHome}, took(drill.MeasureOldTTL, 10, 0),
		},
		Mail: lab.Totals{
			Sent: 1214, Delivered: 1212, Waiting: 2, Delayed: 31, Tries: 1580, Primary: 690, Secondary: 301, Read: 870, Wrote: 223,
			Inbound: lab.Subtotal{Sent: 991, Delivered: 991}, Outbound: lab.Subtotal{Sent: 180, Delivered: 178, Waiting: 2}, Internal: lab.Subtotal{Sent: 43, Delivered: 43},
		},
		Mirror: &drill.Mirrored{Messages: 61, Held: 60, Behind: seconds(0.8)},
		Relay: &drill.Relayed{
			Accepted: 223, Primary: 61, Secondary: 160, Waiting: 2, Uncertain: 1, Again: 1, Most: 34, Longest: seconds(21.4),
			Samples: piledUp(), Routes: []relay.Event{{At: start.Add(13 * time.Second), Kind: relay.RouteChange, Domain: "example.test", Role: failover.Secondary}},
		},
		Checks: []drill.Check{
			{Say: failover.Say("No message was lost, doubled or bounced."), OK: true},
			{Say: failover.Say("Moves made: {moves}, which is right here.", "moves", "failover, failback"), OK: true},
		},
		Passed: true,
		Answers: []drill.Answer{
			{Question: resets.Questions[0], Who: "Taro Suzuki", Text: "Yes, it is on the card.", Score: 4},
			{Question: resets.Questions[0], Who: "Jiro Sato", Text: "No.\nI had to ask.", Score: 2},
		},
		Observations: []drill.Observation{
			{Who: "Jiro Sato", Text: "The sales team heard of it from customers.", At: start},
			{Who: "Hanako Yamada", Text: "The line was looked at first.", At: start, Good: true},
		},
		Recommendations: []failover.Sentence{failover.Say("The way back took longer than its goal: look at what it waited for.")},
		Actions:         []drill.Action{{What: "Put the card beside every telephone", Owner: "Jiro Sato", Due: "2026-12-01"}},
		Targets:         drill.Targets{RTO: drill.Span(time.Hour), RPO: drill.Span(15 * time.Minute), MTPD: drill.Span(24 * time.Hour), CostPerHour: 50000, SecondaryPerYear: 120000, Currency: "JPY"},
		Cost: &drill.Cost{Currency: "JPY", Say: []failover.Sentence{
			failover.Say("Without a second provider: {span} without mail, {cost}.", "span", "10h", "cost", "500,000 JPY"),
			failover.Say("The second provider has paid for itself once mail is gone for {span} in a year.", "span", "2h24m"),
		}},
	}
}

// piledUp is a queue that grows before the primary until the route is switched.
func piledUp() (all []relay.Sample) {
	waiting := [][2]int{{0, 0}, {2, 0}, {9, 0}, {21, 0}, {34, 0}, {1, 17}, {0, 6}, {0, 0}, {0, 2}}
	for i, n := range waiting {
		at := start.Add(time.Duration(i) * 3 * time.Second)
		for r, role := range []failover.Role{failover.Primary, failover.Secondary} {
			s := relay.Sample{At: at, Domain: "example.test", Role: role, Waiting: n[r], Delivered: uint64(20 * i * (r + 1))}
			if n[r] > 0 {
				s.Oldest = start.Add(3 * time.Second)
			}
			all = append(all, s)
		}
	}
	return all
}

// hurried is a drill in compressed time that went wrong.
func hurried() drill.Result {
	r := practised()
	r.ID, r.Factor, r.Passed, r.Unattended, r.Seed = "2026-11-20T01-42-07-random", 20, false, true, 4711
	r.Facilitator, r.Participants, r.Answers, r.Observations, r.Actions, r.Recommendations, r.Cost = "", nil, nil, nil, nil, nil, nil
	r.Started = start.Add(24 * time.Hour)
	r.Ended = r.Started.Add(time.Hour + 5*time.Minute)
	r.Moves = []drill.Decision{{
		Move: drill.Failover, Who: "Lifeboat's advice", Since: seconds(3700), Advice: failover.Say("a switch would help"),
		Refused: failover.Say("the DNS host does not answer"),
	}}
	r.Mail = lab.Totals{Sent: 40, Delivered: 30, Waiting: 3, Bounced: 5, Lost: 2, Doubled: 1, Primary: 30, Inbound: lab.Subtotal{Sent: 40, Delivered: 30, Waiting: 3, Bounced: 5, Lost: 2}}
	r.Checks = append([]drill.Check{{Say: failover.Say("{count} messages bounced", "count", 5)}}, r.Checks...)
	return r
}

// talked is a tabletop.
func talked() drill.Result {
	r := practised()
	r.ID, r.Kind, r.Factor = "2026-11-21T01-42-07-ex196121-2019-11-19", drill.Tabletop, 0
	r.Mail, r.Mirror, r.Relay, r.Measures, r.Checks, r.Cost, r.Passed = lab.Totals{}, nil, nil, nil, nil, nil, false
	r.Ended = r.Started.Add(42 * time.Minute)
	r.Moves = r.Moves[:1]
	r.Timeline = []drill.Entry{
		{At: start, Kind: drill.EntryInject, Who: resets.Injects[0].From, Say: failover.Sentence{Template: resets.Injects[0].Says}},
		{At: start.Add(5 * time.Minute), Since: seconds(300), Kind: drill.EntryDecision, Who: "Taro Suzuki", Say: failover.Say("Switch mail to the secondary")},
		{At: start.Add(10 * time.Minute), Since: seconds(600), Kind: drill.EntryInject, Who: resets.Injects[1].From, Say: failover.Sentence{Template: resets.Injects[1].Says}},
	}
	return r
}

// before are earlier drills of the scenario.
func before() []drill.Point {
	var out []drill.Point
	for i, first := range []float64{48, 31, 24.5, 17.3} {
		r := practised()
		r.Started = start.AddDate(0, 0, -30*(3-i))
		r.ID = drill.NewID(r.Started, r.Scenario.Name)
		r.Passed = i > 0
		r.Measures[4] = took(drill.MeasureFirstMail, first, 45)
		if i == 0 {
			r.Factor = 10
			r.Mail.Lost = 1
		}
		out = append(out, r.Point())
	}
	return out
}
