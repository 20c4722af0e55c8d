package detect_test

import (
	"slices"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/detect"
)

// What the tests look at: a primary with two MX hosts and all that can be
// watched, a secondary, the domain's name servers, and controls.
var (
	mx1     = detect.Target{Role: failover.Primary, Service: detect.MX, Host: "mx1.primary.test."}
	mx2     = detect.Target{Role: failover.Primary, Service: detect.MX, Host: "mx2.primary.test."}
	submit  = detect.Target{Role: failover.Primary, Service: detect.Submission, Host: "smtp.primary.test."}
	imap    = detect.Target{Role: failover.Primary, Service: detect.IMAP, Host: "imap.primary.test."}
	seed    = detect.Target{Role: failover.Primary, Service: detect.Delivery}
	file    = detect.Target{Role: failover.Primary, Service: detect.Attachments}
	portal  = detect.Target{Role: failover.Primary, Service: detect.Portal, Host: "admin.primary.test."}
	page    = detect.Target{Role: failover.Primary, Service: detect.StatusPage}
	spareMX = detect.Target{Role: failover.Secondary, Service: detect.MX, Host: "mx.secondary.test."}
	spareIn = detect.Target{Role: failover.Secondary, Service: detect.Submission, Host: "smtp.secondary.test."}
	spareIM = detect.Target{Role: failover.Secondary, Service: detect.IMAP, Host: "imap.secondary.test."}
	ns1     = detect.Target{Service: detect.Records, Host: "ns1.dns.test."}
	ns2     = detect.Target{Service: detect.Records, Host: "ns2.dns.test."}

	control25 = []detect.Target{
		{Service: detect.MX, Host: "mx.one.test."}, {Service: detect.MX, Host: "mx.two.test."}, {Service: detect.MX, Host: "mx.three.test."},
	}
	controlWeb = detect.Target{Service: detect.Web, Host: "www.four.test."}
	controlDNS = []detect.Target{{Service: detect.DNS, Host: "dns.five.test."}, {Service: detect.DNS, Host: "dns.six.test."}}
)

// everything lists all targets.
func everything() []detect.Target {
	return append([]detect.Target{
		mx1, mx2, submit, imap, seed, file, portal, page, spareMX, spareIn, spareIM, ns1, ns2, controlWeb,
	}, slices.Concat(control25, controlDNS)...)
}

func seldom(s detect.Service) bool {
	return s == detect.Delivery || s == detect.Attachments || s == detect.Portal || s == detect.StatusPage
}

// fine is the observation on a target that works.
func fine(t detect.Target) detect.Observation {
	at := map[detect.Service]detect.Stage{
		detect.MX: detect.AtRCPT, detect.Submission: detect.AtSignIn, detect.IMAP: detect.AtSignIn,
		detect.Delivery: detect.AtRoundTrip, detect.Attachments: detect.AtRoundTrip, detect.Portal: detect.AtPage,
		detect.StatusPage: detect.AtPage, detect.Web: detect.AtPage, detect.Records: detect.AtResolve, detect.DNS: detect.AtResolve,
	}[t.Service]
	if t.Service == detect.MX && t.Role == "" {
		at = detect.AtBanner
	}
	return detect.Observation{Target: t, Stage: at, Outcome: detect.OK, Took: 200 * time.Millisecond}
}

// An ailment is what a look at a target meets with instead; nil leaves it as it is.
type ailment func(t detect.Target) []detect.Observation

func meets(t detect.Target, at detect.Stage, o detect.Outcome, answer string) []detect.Observation {
	return []detect.Observation{{Target: t, Stage: at, Outcome: o, Answer: answer, Took: time.Second}}
}

// all strikes everything on that fits with one outcome.
func all(fits func(detect.Target) bool, at detect.Stage, o detect.Outcome, answer string) ailment {
	return func(t detect.Target) []detect.Observation {
		if !fits(t) {
			return nil
		}
		return meets(t, at, o, answer)
	}
}

func is(targets ...detect.Target) func(detect.Target) bool {
	return func(t detect.Target) bool {
		for _, x := range targets {
			if x == t {
				return true
			}
		}
		return false
	}
}

func either(a ...ailment) ailment {
	return func(t detect.Target) []detect.Observation {
		for _, x := range a {
			if o := x(t); o != nil {
				return o
			}
		}
		return nil
	}
}

// An office is a machine that looks once a minute.
type office struct {
	t       testing.TB
	d       *detect.Detector
	targets []detect.Target
	number  uint64
	at      time.Time
	extra   []detect.Observation // in every round beside the targets'
}

func settings() detect.Settings {
	return detect.Settings{Names: map[failover.Role]string{failover.Primary: "Primary Mail", failover.Secondary: "Second Mail"}}
}

func newOffice(t testing.TB, targets ...detect.Target) *office {
	t.Helper()
	if len(targets) == 0 {
		targets = everything()
	}
	d, err := detect.New(settings(), targets)
	if err != nil {
		t.Fatal(err)
	}
	return &office{t: t, d: d, targets: targets, at: time.Date(2026, 1, 22, 9, 0, 0, 0, time.UTC)}
}

// look takes so many rounds with the ailment; nil is none.
func (o *office) look(rounds int, a ailment) detect.State {
	o.t.Helper()
	for range rounds {
		o.number++
		o.at = o.at.Add(time.Minute)
		if !o.d.Take(detect.Round{Number: o.number, At: o.at, Observations: o.round(a)}) {
			o.t.Fatalf("round %d does not count", o.number)
		}
	}
	return o.d.State(o.at)
}

func (o *office) round(a ailment) []detect.Observation {
	out := append([]detect.Observation{}, o.extra...)
	for _, t := range o.targets {
		if seldom(t.Service) && o.number%10 != 0 {
			continue
		}
		if a != nil {
			if seen := a(t); seen != nil {
				out = append(out, seen...)
				continue
			}
		}
		out = append(out, fine(t))
	}
	return out
}
