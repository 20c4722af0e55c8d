package detect_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/detect"
)

var (
	primaryMX  = is(mx1, mx2)
	primaryAll = is(mx1, mx2, submit, imap)
	busy       = "421 4.3.2 Service not available, closing transmission channel"
	defers     = "451 4.3.2 Temporary server error. Please try again later ATTR2"
	noUser     = "550 5.4.1 Recipient address rejected: Access denied"
	noAuth     = "535 5.7.3 Authentication unsuccessful"
)

// seedsLost is what seed messages meet with while no MX host of theirs takes mail.
var seedsLost = all(is(seed, file), detect.AtRoundTrip, detect.Timeout, "not arrived after 10 minutes")

// beside makes a target show a failure, and that it works otherwise.
func beside(fits func(detect.Target) bool, at detect.Stage, o detect.Outcome, answer string) ailment {
	return func(t detect.Target) []detect.Observation {
		if !fits(t) {
			return nil
		}
		return append(meets(t, at, o, answer), fine(t))
	}
}

func late(fits func(detect.Target) bool) ailment {
	return func(t detect.Target) []detect.Observation {
		if !fits(t) {
			return nil
		}
		o := fine(t)
		o.Took = 50 * time.Second
		return []detect.Observation{o}
	}
}

// A trouble is a fault, how it is met, and what ought to be made of it.
type trouble struct {
	name    string
	ail     ailment
	minutes int // after which it is certainly found
	health  detect.Health
	fault   detect.Fault
	advice  detect.Advice
	blame   detect.Blame
	say     string // part of what the primary's sentence says
	because string // part of what the part that fails says
}

// troubles are the faults of the practice world's providers, those that it has for
// shares and parts, and the outages of the past.
func troubles() []trouble {
	const theirs = detect.BlameProvider
	return []trouble{
		{"reset", either(all(primaryAll, detect.AtTCP, detect.Reset, "connection reset by peer"), seedsLost), 10,
			detect.Down, detect.FaultResets, detect.SwitchHelps, theirs, "is down: it takes no mail, sends none", "connections were reset (TCP RST)"},
		{"refuse", either(all(primaryAll, detect.AtTCP, detect.Refused, ""), seedsLost), 10,
			detect.Down, detect.FaultRefuses, detect.SwitchHelps, theirs, "is down", "refused"},
		{"silent", either(all(primaryAll, detect.AtTCP, detect.Timeout, ""), seedsLost), 10,
			detect.Down, detect.FaultNoAnswer, detect.SwitchHelps, theirs, "is down", "got no answer"},
		{"hang", either(all(primaryAll, detect.AtBanner, detect.Timeout, ""), seedsLost), 10,
			detect.Down, detect.FaultMute, detect.SwitchHelps, theirs, "is down", "nothing more was said"},
		{"slow", late(primaryMX), 30,
			detect.Degraded, detect.FaultSlow, detect.SwitchOptional, theirs, "slowly", "took too long"},
		{"busy", either(all(primaryMX, detect.AtBanner, detect.Temporary, busy), seedsLost), 30,
			detect.Down, detect.FaultBusy, detect.SwitchHelps, theirs, "takes no mail from outside", busy},
		{"defer", either(all(primaryMX, detect.AtRCPT, detect.Temporary, defers), seedsLost), 30,
			detect.Down, detect.FaultDefers, detect.SwitchHelps, theirs, "takes no mail from outside", "connection and greeting are fine, and after RCPT comes, 60 of 60 times: 451 4.3.2"},
		{"reject", either(all(primaryMX, detect.AtRCPT, detect.Permanent, noUser), seedsLost), 10,
			detect.Down, detect.FaultRejects, detect.SwitchHelps, theirs, "refuses every recipient for good: mail to you bounces", noUser},
		{"no_tls, and senders insist", either(all(primaryMX, detect.AtTLS, detect.Reset, "EOF"), seedsLost), 10,
			detect.Down, detect.FaultTLS, detect.SwitchHelps, theirs, "takes no mail from outside", "no sound TLS"},
		{"no_tls", beside(primaryMX, detect.AtTLS, detect.Reset, "EOF"), 30,
			detect.Degraded, detect.FaultTLS, detect.SwitchOptional, theirs, "encryption", "no sound TLS"},
		{"bad_certificate", beside(primaryMX, detect.AtTLS, detect.Permanent, "certificate has expired"), 30,
			detect.Degraded, detect.FaultTLS, detect.SwitchOptional, theirs, "encryption", "certificate has expired"},
		{"no_sign_in", all(is(submit, imap), detect.AtSignIn, detect.Permanent, noAuth), 10,
			detect.Degraded, detect.FaultSignIn, detect.SwitchOptional, detect.BlameUnclear, "Sign-in only: nobody gets in at Primary Mail, and mail flows", noAuth},
		{"lose_reply", nil, 60, // stored all the same: nothing that a look could show
			detect.Healthy, detect.FaultNone, detect.SwitchWrong, detect.BlameNobody, "is in order", ""},
		{"swallow", seedsLost, 60,
			detect.Degraded, detect.FaultUndelivered, detect.SwitchOptional, theirs, "accepts mail, and it does not reach the mailboxes", "seed messages did not reach"},
		{"attachments only", all(is(file), detect.AtRoundTrip, detect.Timeout, ""), 60,
			detect.Degraded, detect.FaultAttachments, detect.SwitchOptional, theirs, "Only messages with attachments", "with an attachment"},
		{"MX name gone", either(all(primaryMX, detect.AtResolve, detect.Permanent, "NXDOMAIN"), seedsLost), 30,
			detect.Down, detect.FaultName, detect.SwitchHelps, theirs, "takes no mail", "the name mx1.primary.test leads nowhere"},
		{"1 of 2 MX hosts", all(is(mx2), detect.AtTCP, detect.Refused, ""), 10,
			detect.Degraded, detect.FaultRefuses, detect.SwitchOptional, theirs, "1 of 2 MX hosts of Primary Mail are out of order; mail arrives through the others", "refused"},
		{"half of the connections", everyOther(all(primaryMX, detect.AtTCP, detect.Reset, "")), 30,
			detect.Degraded, detect.FaultResets, detect.SwitchOptional, theirs, "only some of the time", "reset"},
		{"submission only", all(is(submit), detect.AtTCP, detect.Timeout, ""), 10,
			detect.Degraded, detect.FaultNoAnswer, detect.SwitchSending, theirs, "Sending only", "SMTP AUTH"},
		{"IMAP only", all(is(imap), detect.AtTCP, detect.Refused, ""), 10,
			detect.Degraded, detect.FaultRefuses, detect.SwitchOptional, theirs, "Reading only", "IMAP"},
		{"EX196121, 19 Nov 2019", either(all(primaryMX, detect.AtTCP, detect.Reset, "connection reset by peer"), seedsLost,
			all(is(page), detect.AtPage, detect.OK, "all services are healthy")), 41,
			detect.Down, detect.FaultResets, detect.SwitchHelps, theirs, "takes no mail from outside", "MX: 82 of 82 connections were reset (TCP RST)"},
		{"sign-in, 19 Nov 2018", all(is(submit, imap, portal), detect.AtSignIn, detect.Timeout, ""), 30,
			detect.Degraded, detect.FaultSignIn, detect.SwitchOptional, theirs, "Sign-in only", "the sign-in fails"},
		{"EX957990, Dec 2024", all(is(portal), detect.AtPage, detect.Permanent, "404 Not Found"), 60,
			detect.Degraded, detect.FaultPages, detect.SwitchWrong, theirs, "Only web pages of Primary Mail fail; mail flows", "404"},
		{"22 Jan 2026", either(all(primaryMX, detect.AtRCPT, detect.Temporary, defers), seedsLost,
			all(is(portal), detect.AtPage, detect.Timeout, "")), 30,
			detect.Down, detect.FaultDefers, detect.SwitchHelps, theirs, "takes no mail from outside", "451 4.3.2"},
	}
}

// everyOther lets an ailment strike every other time.
func everyOther(a ailment) ailment {
	n := map[detect.Target]int{}
	return func(t detect.Target) []detect.Observation {
		if n[t]++; n[t]%2 == 0 {
			return nil
		}
		return a(t)
	}
}

func TestEachFaultIsNamed(t *testing.T) {
	for _, c := range troubles() {
		t.Run(c.name, func(t *testing.T) {
			o := newOffice(t)
			if s := o.look(60, nil); s.Primary.Health != detect.Healthy || s.Secondary.Health != detect.Healthy || s.Line.Health != detect.Healthy {
				t.Fatalf("before: %+v", s)
			}
			began := o.at.Add(time.Minute)
			s := o.look(c.minutes, c.ail)
			p := s.Primary
			if p.Health != c.health || p.Fault != c.fault || p.Switch != c.advice || p.Blame != c.blame || !strings.Contains(p.Say.String(), c.say) {
				t.Errorf("%s, %s, a switch is %s, blame %s: %s", p.Health, p.Fault, p.Switch, p.Blame, p.Say)
			}
			if s.Secondary.Health != detect.Healthy || s.Line.Health != detect.Healthy || s.Records.Health != detect.Healthy {
				t.Errorf("the others: %s, line %s, records %s", s.Secondary.Health, s.Line.Health, s.Records.Health)
			}
			if c.health == detect.Healthy {
				return
			}
			because := ""
			for _, part := range p.Parts {
				if part.Health == detect.Down || part.Health == detect.Degraded {
					because += part.Say.String() + "\n"
				}
			}
			if !strings.Contains(because, c.because) || p.SayBlame.IsZero() || p.SaySwitch.IsZero() || p.Confidence == "" {
				t.Errorf("because %q; %s; %s; %s", because, p.SayBlame, p.SaySwitch, p.Confidence)
			}
			if d := p.Since.Sub(began); d < 0 || d > 10*time.Minute {
				t.Errorf("since %s, began %s", p.Since, began)
			}
			for i := 1; o.look(1, nil).Primary.Health != detect.Healthy; i++ {
				if i > 90 {
					t.Fatalf("not recovered after %d minutes: %+v", i, o.d.State(o.at).Primary)
				}
			}
			if s := o.d.State(o.at); s.Primary.Fault != detect.FaultNone || s.Primary.Switch != detect.SwitchWrong {
				t.Errorf("afterwards: %+v", s.Primary)
			}
		})
	}
}

func TestOurOwnLine(t *testing.T) {
	network := func(t detect.Target) bool { return t.Service != detect.Remote }
	notSMTP := func(t detect.Target) bool { return t.Service == detect.MX }
	for _, c := range []struct {
		name   string
		ail    ailment
		line   detect.Health
		health detect.Health // of the primary
		say    string
	}{
		{"down", all(network, detect.AtTCP, detect.Timeout, ""), detect.Down, detect.Unknown, "Your own line is down, so nothing can be said about Primary Mail."},
		{"no names", all(network, detect.AtResolve, detect.Timeout, ""), detect.Down, detect.Unknown, "Your own line is down"},
		{"port 25 blocked", all(notSMTP, detect.AtTCP, detect.Timeout, ""), detect.Degraded, detect.Healthy, "is in order"}, // by its seed messages
		{"port 25 rejected", all(notSMTP, detect.AtTCP, detect.Reset, ""), detect.Degraded, detect.Healthy, "is in order"},
		{"port 53 blocked", all(is(ns1, ns2, controlDNS[0], controlDNS[1]), detect.AtResolve, detect.Timeout, ""), detect.Degraded, detect.Healthy, "is in order"},
		{"probes cannot run", all(network, detect.AtTCP, detect.Unable, ""), detect.Unknown, detect.Unknown, "too little has been seen of Primary Mail lately"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := newOffice(t)
			o.look(60, nil)
			for range 120 {
				s := o.look(1, c.ail)
				if s.Primary.Health == detect.Down || s.Secondary.Health == detect.Down || s.Records.Health == detect.Down {
					t.Fatalf("%s %s %s %+v", s.Primary.Say, s.Secondary.Say, s.Records.Say, s.Line)
				}
			}
			s := o.d.State(o.at)
			if c.name != "probes cannot run" && s.Line.Health != c.line || s.Primary.Health != c.health || !strings.Contains(s.Primary.Say.String(), c.say) {
				t.Errorf("line %s (%s), primary %s: %s", s.Line.Health, s.Line.Say, s.Primary.Health, s.Primary.Say)
			}
			if s = o.look(30, nil); s.Primary.Health != detect.Healthy || s.Line.Health != detect.Healthy {
				t.Errorf("afterwards: line %s, primary %s: %s", s.Line.Health, s.Primary.Health, s.Primary.Say)
			}
		})
	}
	t.Run("port 25 blocked, no seeds", func(t *testing.T) {
		o := newOffice(t, append([]detect.Target{mx1, mx2, submit, imap, spareMX, spareIM, controlWeb}, control25...)...)
		s := o.look(60, all(notSMTP, detect.AtTCP, detect.Timeout, ""))
		if s.Primary.Health != detect.Unknown || s.Primary.Fault != detect.FaultOwnLine || s.Primary.Blame != detect.BlameOurs || s.Primary.Switch != detect.SwitchUnclear {
			t.Errorf("%+v", s.Primary)
		}
		if got := s.Line.Say.String(); got != "Your line blocks port 25: no control host can be reached there, while other ports work." || fmt.Sprint(s.Line.Shut) != "[mx]" {
			t.Errorf("%s %v", got, s.Line.Shut)
		}
		if got := s.Primary.Part(detect.Inbound).Say.String(); !strings.Contains(got, "blocks port 25") {
			t.Error(got)
		}
		// What can be seen over other ports still is.
		s = o.look(10, all(func(t detect.Target) bool { return notSMTP(t) || t == imap || t == submit }, detect.AtTCP, detect.Refused, ""))
		if s.Primary.Health != detect.Degraded || s.Primary.Switch != detect.SwitchUnclear || !strings.Contains(s.Primary.Say.String(), "whether mail arrives is unknown") {
			t.Errorf("%s: %s; a switch is %s", s.Primary.Health, s.Primary.Say, s.Primary.Switch)
		}
	})
}

func TestSeedsSpeakWherePort25IsShut(t *testing.T) {
	o := newOffice(t)
	shut := all(func(t detect.Target) bool { return t.Service == detect.MX }, detect.AtTCP, detect.Timeout, "")
	s := o.look(60, shut)
	if s.Primary.Health != detect.Healthy || s.Primary.Confidence != detect.Fair {
		t.Fatalf("%s, %s: %s", s.Primary.Health, s.Primary.Confidence, s.Primary.Say)
	}
	if s = o.look(60, either(shut, seedsLost)); s.Primary.Health != detect.Down || s.Primary.Fault != detect.FaultUndelivered {
		t.Errorf("%s, %s: %s", s.Primary.Health, s.Primary.Fault, s.Primary.Say)
	}
	// The seeds grow old while nobody looks: that is no recovery, and no fault.
	if s = o.d.State(o.at.Add(time.Hour)); s.Primary.Health != detect.Unknown {
		t.Errorf("%s: %s", s.Primary.Health, s.Primary.Say)
	}
}

// A host that wants nothing of us, a blocklist at work, is not down for others.
func TestRefusedHereOnly(t *testing.T) {
	o := newOffice(t)
	o.look(60, nil)
	s := o.look(60, all(primaryMX, detect.AtTCP, detect.Timeout, ""))
	if s.Primary.Health != detect.Degraded || s.Primary.Fault != detect.FaultNotForUs || s.Primary.Switch != detect.SwitchWrong || s.Primary.Blame != detect.BlameOurs {
		t.Errorf("%s, %s, a switch is %s: %s", s.Primary.Health, s.Primary.Fault, s.Primary.Switch, s.Primary.Say)
	}
}

func TestSecondaryDownToo(t *testing.T) {
	o := newOffice(t)
	o.look(60, nil)
	s := o.look(10, all(is(mx1, mx2, spareMX), detect.AtTCP, detect.Reset, ""))
	if s.Primary.Health != detect.Down || s.Secondary.Health != detect.Down || s.Primary.Switch != detect.SwitchWrong || !strings.Contains(s.Primary.SaySwitch.String(), "Second Mail takes no mail either") {
		t.Errorf("%s, %s: a switch is %s, %s", s.Primary.Health, s.Secondary.Health, s.Primary.Switch, s.Primary.SaySwitch)
	}
}

func TestOwnRecords(t *testing.T) {
	o := newOffice(t)
	o.look(30, nil)
	s := o.look(10, all(is(ns2), detect.AtResolve, detect.Permanent, "0 mail.primary.test.example.test."))
	if s.Records.Health != detect.Down || s.Records.Fault != detect.FaultRecords || s.Primary.Health != detect.Healthy || s.Primary.Switch != detect.SwitchWrong ||
		!strings.Contains(s.Primary.SaySwitch.String(), "put them right") || !strings.Contains(s.Records.Say.String(), "ns2.dns.test gives other records") {
		t.Errorf("%s, %s: %s; a switch is %s: %s", s.Records.Health, s.Records.Fault, s.Records.Say, s.Primary.Switch, s.Primary.SaySwitch)
	}
	o = newOffice(t)
	o.look(30, nil)
	dead := all(is(ns1, ns2), detect.AtResolve, detect.Timeout, "")
	if s = o.look(10, all(is(ns1), detect.AtResolve, detect.Timeout, "")); s.Records.Health != detect.Degraded || s.Records.Fault != detect.FaultDNSHost {
		t.Errorf("one of two: %s, %s", s.Records.Health, s.Records.Fault)
	}
	if s = o.look(10, dead); s.Records.Health != detect.Down || s.Records.Fault != detect.FaultDNSHost || s.Primary.Health != detect.Healthy {
		t.Errorf("%s, %s, primary %s", s.Records.Health, s.Records.Fault, s.Primary.Health)
	}
	if s = o.look(10, either(dead, all(primaryMX, detect.AtTCP, detect.Reset, ""))); s.Primary.Switch != detect.SwitchImpossible || !strings.Contains(s.Primary.SaySwitch.String(), "emergency subdomain") {
		t.Errorf("a switch is %s: %s", s.Primary.Switch, s.Primary.SaySwitch)
	}
}

// "400 4.4.7 message delayed": it is the other domain's own trouble, whatever it
// looks like to who reads it.
func TestRemoteDomainIsNotOurTrouble(t *testing.T) {
	const delayed = "400 4.4.7 Message delayed"
	waiting := func(domains ...string) (out []detect.Observation) {
		for _, d := range domains {
			out = append(out, detect.Observation{Target: detect.Target{Role: failover.Primary, Service: detect.Remote, Host: d},
				Stage: detect.AtRoundTrip, Outcome: detect.Temporary, Answer: delayed})
		}
		return out
	}
	o := newOffice(t)
	o.look(30, nil)
	o.extra = waiting("partner.test.")
	s := o.look(120, nil)
	if s.Primary.Health != detect.Healthy || s.Primary.Switch != detect.SwitchWrong || len(s.Elsewhere) != 1 {
		t.Fatalf("%s, a switch is %s, elsewhere %v", s.Primary.Health, s.Primary.Switch, s.Elsewhere)
	}
	w := s.Elsewhere[0]
	if w.Domain != "partner.test." || w.Answer != delayed || !strings.Contains(w.Say.String(), "Mail to partner.test waits because of partner.test itself ("+delayed+")") {
		t.Errorf("%+v", w)
	}
	o.extra[0].Outcome = detect.OK
	if s = o.look(1, nil); len(s.Elsewhere) != 0 {
		t.Errorf("it is through, and still waits: %v", s.Elsewhere)
	}
	o.extra = waiting("a.test.", "b.test.", "c.test.", "d.test.")
	if s = o.look(1, nil); s.Primary.Health != detect.Degraded || s.Primary.Fault != detect.FaultSending || s.Primary.Switch != detect.SwitchSending || len(s.Elsewhere) != 0 {
		t.Errorf("to everybody: %s, %s, a switch is %s, elsewhere %d", s.Primary.Health, s.Primary.Fault, s.Primary.Switch, len(s.Elsewhere))
	}
	o.extra = nil
	if s = o.look(7*60, nil); s.Primary.Health != detect.Healthy || len(s.Elsewhere) != 0 {
		t.Errorf("nothing heard for hours: %s, %v", s.Primary.Health, s.Elsewhere)
	}
}

func TestStatusPageNeverDecides(t *testing.T) {
	trouble := all(is(page), detect.AtPage, detect.Temporary, "EX1000: users may not receive mail")
	o := newOffice(t)
	if s := o.look(120, trouble); s.Primary.Health != detect.Healthy || len(s.Primary.Notes) != 1 || !strings.Contains(s.Primary.Notes[0].String(), "the probes see none") {
		t.Errorf("the page alone: %s, %v", s.Primary.Health, s.Primary.Notes)
	}
	down := all(primaryMX, detect.AtTCP, detect.Timeout, "")
	if s := o.look(10, down); s.Primary.Health != detect.Down || !strings.Contains(fmt.Sprint(s.Primary.Notes), "says that all is well") || s.Primary.Confidence != detect.Fair {
		t.Errorf("the page denies it: %s, %s, %v", s.Primary.Health, s.Primary.Confidence, s.Primary.Notes)
	}
	if s := o.look(10, either(down, trouble)); s.Primary.Confidence != detect.Sure || !strings.Contains(fmt.Sprint(s.Primary.Notes), "reports trouble too") {
		t.Errorf("the page admits it: %s, %v", s.Primary.Confidence, s.Primary.Notes)
	}
	if s := o.look(10, all(func(x detect.Target) bool { return x.Service != detect.StatusPage }, detect.AtTCP, detect.Unable, "")); s.Primary.Health != detect.Unknown {
		t.Errorf("the page says that all is well, and nobody looks: %s", s.Primary.Health)
	}
}

func TestNoiseIsNoise(t *testing.T) {
	for _, c := range []struct {
		name    string
		ail     ailment
		minutes int
	}{
		{"greylisting for five minutes", all(primaryMX, detect.AtRCPT, detect.Temporary, "450 4.2.0 Greylisted"), 6},
		{"a single 4xx", all(primaryMX, detect.AtRCPT, detect.Temporary, defers), 1},
		{"a lost packet or two", all(primaryAll, detect.AtTCP, detect.Timeout, ""), 2},
		{"one mailbox of three full", func(t detect.Target) []detect.Observation {
			if !primaryMX(t) {
				return nil
			}
			return append(meets(t, detect.AtRCPT, detect.Temporary, "452 4.2.2 Mailbox full"), fine(t), fine(t))
		}, 200},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := newOffice(t)
			o.look(30, nil)
			for range c.minutes {
				if s := o.look(1, c.ail); s.Primary.Health != detect.Healthy {
					t.Fatalf("%s: %s", s.Primary.Health, s.Primary.Say)
				}
			}
			if s := o.look(30, nil); s.Primary.Health != detect.Healthy {
				t.Errorf("afterwards %s", s.Primary.Health)
			}
		})
	}
}

// A state is told again when it says something else, and only then.
func TestDiffers(t *testing.T) {
	o := newOffice(t)
	calm := o.look(30, nil)
	if again := o.look(5, nil); again.Differs(calm) || calm.Differs(again) {
		t.Error("five calm minutes are a difference")
	}
	one := o.look(2, all(primaryMX, detect.AtTCP, detect.Reset, ""))
	if one.Differs(calm) {
		t.Error("two failed looks are a difference")
	}
	outage := either(all(primaryMX, detect.AtTCP, detect.Reset, ""), seedsLost)
	down := o.look(10, outage)
	if !down.Differs(calm) || !down.Primary.Differs(calm.Primary) || down.Secondary.Differs(calm.Secondary) || down.Line.Differs(calm.Line) || down.Records.Differs(calm.Records) {
		t.Error("an outage of the primary is no difference, or not of the primary alone")
	}
	if longer := o.look(15, outage); longer.Differs(down) {
		t.Error("the same outage, later, is a difference")
	}
	o.look(25, nil)
	if shut := o.look(10, all(is(slices.Concat(control25, []detect.Target{mx1, mx2, spareMX})...), detect.AtTCP, detect.Timeout, "")); !shut.Line.Differs(calm.Line) {
		t.Errorf("a shut port is no difference: %s", shut.Line.Say)
	}
}
