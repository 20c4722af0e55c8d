// Package presentertest makes what presenters are shown in tests: states as the real
// detection finds them from rounds made by hand, and the status beside them.
package presentertest

import (
	"net/netip"
	"testing"
	"time"

	"lifeboat/app/engine"
	"lifeboat/failover"
	"lifeboat/failover/detect"
	"lifeboat/failover/probe"
)

// Noon is when everything here happens.
var Noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// Now is the moment that states are told at.
func Now() time.Time { return Noon }

// Domain is aoba.example, with two providers.
func Domain() failover.Domain {
	return failover.Domain{
		Name: "aoba.example.", Emergency: "emergency.aoba.example.", MXTTL: 300,
		Primary: failover.Provider{
			Role: failover.Primary, Name: "Microsoft 365", MX: []failover.MX{{Preference: 10, Host: "mx1.primary.example."}, {Preference: 20, Host: "mx2.primary.example."}},
			Submission: failover.Endpoint{Host: "smtp.primary.example", Port: 587}, IMAP: failover.Endpoint{Host: "imap.primary.example", Port: 993},
		},
		Secondary: failover.Provider{
			Role: failover.Secondary, Name: "Fastmail", MX: []failover.MX{{Preference: 10, Host: "mx1.secondary.example."}},
			Submission: failover.Endpoint{Host: "smtp.secondary.example", Port: 587}, IMAP: failover.Endpoint{Host: "imap.secondary.example", Port: 993},
		},
		Recipients: make([]failover.Recipient, 40),
	}
}

// Look is how a target answers in a round; the zero value is in order.
type Look struct {
	At     detect.Stage
	Met    detect.Outcome
	Answer string
}

// Story says how a target answers, so many looks before the end.
type Story func(t detect.Target, before int) Look

// Every is the time between two rounds.
const Every = time.Minute

// rounds is how many rounds a story has.
const rounds = 60

// State is what detection makes of a story that ends at Noon.
func State(tb testing.TB, d failover.Domain, story Story) detect.State {
	tb.Helper()
	all := States(tb, d, story)
	return all[len(all)-1]
}

// States are those after each round of a story, the last one at Noon.
func States(tb testing.TB, d failover.Domain, story Story) []detect.State {
	tb.Helper()
	var out []detect.State
	targets := detect.Watch(d)
	for _, ns := range []string{"ns1.aoba.example.", "ns2.aoba.example."} {
		targets = append(targets, detect.Target{Service: detect.Records, Host: ns})
	}
	for _, c := range []string{"mx.alder.example.", "mx.birch.example.", "mx.cedar.example."} {
		targets = append(targets, detect.Target{Service: detect.MX, Host: c})
	}
	targets = append(targets, detect.Target{Service: detect.DNS, Host: "a.root.example."}, detect.Target{Service: detect.DNS, Host: "b.root.example."})
	targets = append(targets, detect.Target{Role: failover.Primary, Service: detect.StatusPage, Host: "status.primary.example."})
	det, err := detect.New(detect.Settings{Names: map[failover.Role]string{failover.Primary: d.Primary.Name, failover.Secondary: d.Secondary.Name}}, targets)
	if err != nil {
		tb.Fatal(err)
	}
	for i := range rounds {
		before := rounds - 1 - i
		r := detect.Round{Number: uint64(i + 1), At: Noon.Add(-time.Duration(before) * Every)}
		for _, t := range targets {
			l := story(t, before)
			o := detect.Observation{Target: t, Stage: l.At, Outcome: l.Met, Answer: l.Answer}
			if o.Outcome == "" {
				o.Outcome, o.Stage = detect.OK, detect.AtRCPT
			}
			r.Observations = append(r.Observations, o)
		}
		det.Take(r)
		out = append(out, det.State(r.At))
	}
	return out
}

// Of reports whether a target is a service of a provider.
func Of(t detect.Target, r failover.Role, services ...detect.Service) bool {
	for _, s := range services {
		if t.Role == r && t.Service == s {
			return true
		}
	}
	return false
}

// Calm is a story without trouble.
func Calm(detect.Target, int) Look { return Look{} }

// Resets is 41 minutes in which the primary's MX hosts and submission reset every
// connection.
func Resets(t detect.Target, before int) Look {
	if before < 41 && Of(t, failover.Primary, detect.MX, detect.Submission) {
		return Look{At: detect.AtTCP, Met: detect.Reset}
	}
	return Look{}
}

// Set is the MX set that leads to a provider.
func Set(d failover.Domain, r failover.Role) failover.RRset {
	return failover.MXSet(d.Name, 300, d.Provider(r).MX)
}

// Status is that of one domain whose mail is led by a set, with six server
// addresses, and the evidence for a switch at hand.
func Status(d failover.Domain, set failover.RRset) engine.DomainStatus {
	s := engine.DomainStatus{
		Domain: d.Name, Route: d.RouteOf(set), Secondary: d.Secondary.Name, SwitchTakes: 7 * time.Minute,
		MX: failover.View{Key: failover.Key{Name: d.Name, Type: "MX"}, Zone: d.Name}, Ready: probe.Judgement{Allowed: true},
	}
	for i, ns := range []string{"ns1", "ns2", "ns3"} {
		for _, addr := range []string{"192.0.2.5", "2001:db8::5"} {
			s.MX.Answers = append(s.MX.Answers, failover.Answer{
				Server: ns + ".aoba.example.", Addr: netip.MustParseAddr(addr + string(rune('1'+i))), State: failover.Answered, Set: set, At: Noon,
			})
		}
	}
	switch s.Route {
	case failover.RoutePrimary:
		s.Provider = d.Primary.Name
	case failover.RouteSecondary:
		s.Provider = d.Secondary.Name
	default:
	}
	return s
}

// told and failed are failover.Say and failover.Fail under other names: what is said
// in tests needs no translation.
func told(template string, parts ...any) failover.Sentence { return failover.Say(template, parts...) }

func failed(kind error, template string, parts ...any) *failover.Error {
	return failover.Fail(kind, template, parts...)
}
