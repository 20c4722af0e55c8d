package watch_test

import (
	"strings"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/detect"
	"lifeboat/failover/lab"
)

// Every fault of the practice world's providers, met over real sockets, is named
// after the looks that it takes, with the servers' own words.
func TestEachFaultOfTheWorld(t *testing.T) {
	for _, c := range []struct {
		fault  lab.Fault
		rounds int
		health detect.Health
		named  detect.Fault
		advice detect.Advice
		words  string // somewhere in the evidence
	}{
		{lab.Reset, 7, detect.Down, detect.FaultResets, detect.SwitchHelps, "reset"},
		{lab.Refuse, 7, detect.Down, detect.FaultRefuses, detect.SwitchHelps, "refused"},
		{lab.Silent, 7, detect.Down, detect.FaultNoAnswer, detect.SwitchHelps, ""},
		{lab.Hang, 7, detect.Down, detect.FaultMute, detect.SwitchHelps, ""},
		{lab.Busy, 16, detect.Down, detect.FaultBusy, detect.SwitchHelps, "421 4.3.2"},
		{lab.Defer, 16, detect.Down, detect.FaultDefers, detect.SwitchHelps, "451 4.3.2"},
		{lab.Reject, 7, detect.Down, detect.FaultRejects, detect.SwitchHelps, "550 5.4.1"},
		{lab.NoTLS, 21, detect.Degraded, detect.FaultTLS, detect.SwitchOptional, ""},
		{lab.BadCertificate, 21, detect.Degraded, detect.FaultTLS, detect.SwitchOptional, "expired"},
		{lab.NoSignIn, 16, detect.Degraded, detect.FaultSignIn, "", "454 4.7.0"},
		{lab.LoseReply, 21, detect.Healthy, detect.FaultNone, detect.SwitchWrong, ""},
		{lab.Swallow, 21, detect.Healthy, detect.FaultNone, detect.SwitchWrong, ""},
	} {
		t.Run(string(c.fault), func(t *testing.T) {
			t.Parallel()
			patience := 5 * time.Second
			if c.fault == lab.Silent || c.fault == lab.Hang {
				patience = time.Second // which is waited for each time
			}
			o := newOffice(t, patience, lab.Options{})
			o.calm()
			if err := o.world.Break(failover.Primary, c.fault); err != nil {
				t.Fatal(err)
			}
			s := o.look(c.rounds)
			p := s.Primary
			if p.Health != c.health || p.Fault != c.named || c.advice != "" && p.Switch != c.advice {
				t.Errorf("%s, %s, a switch is %s: %s", p.Health, p.Fault, p.Switch, p.Say)
			}
			if s.Secondary.Health != detect.Healthy || s.Line.Health != detect.Healthy {
				t.Errorf("the secondary is %s, the line %s", s.Secondary.Health, s.Line.Health)
			}
			words := ""
			for _, part := range p.Parts {
				for _, e := range part.Evidence {
					words += e.Answer + "\n"
				}
			}
			if !strings.Contains(words, c.words) {
				t.Errorf("the evidence says:\n%s", words)
			}
			o.world.Mend(failover.Primary)
			if s = o.look(20); s.Primary.Health != detect.Healthy {
				t.Errorf("20 rounds after its end: %s, %s", s.Primary.Health, s.Primary.Say)
			}
		})
	}
}

// A part of a provider fails: some of its hosts, or some of the connections.
func TestPartOfAProvider(t *testing.T) {
	o := newOffice(t, 5*time.Second, lab.Options{})
	o.calm()
	host := o.world.Domain().Primary.MX[0].Host
	if err := o.world.BreakPart(failover.Primary, lab.Trouble{Fault: lab.Refuse, Hosts: []string{host}}); err != nil {
		t.Fatal(err)
	}
	s := o.look(7)
	if p := s.Primary.Part(detect.Inbound); s.Primary.Health != detect.Degraded || p.Failing != 1 || p.Of != 2 || s.Primary.Switch != detect.SwitchOptional {
		t.Errorf("one host of two: %s, %d of %d, a switch is %s: %s", s.Primary.Health, p.Failing, p.Of, s.Primary.Switch, s.Primary.Say)
	}
	if err := o.world.BreakPart(failover.Primary, lab.Trouble{Fault: lab.Reset, Share: 0.5}); err != nil {
		t.Fatal(err)
	}
	if s = o.look(20); s.Primary.Health != detect.Degraded || s.Primary.Fault != detect.FaultResets {
		t.Errorf("half of the connections: %s, %s: %s", s.Primary.Health, s.Primary.Fault, s.Primary.Say)
	}
}

func TestSlow(t *testing.T) {
	o := newOffice(t, 10*time.Second, lab.Options{Delay: 20 * time.Millisecond})
	o.set.SlowAfter = 300 * time.Millisecond
	o.look(2)
	if err := o.world.Break(failover.Primary, lab.Slow); err != nil {
		t.Fatal(err)
	}
	if s := o.look(9); s.Primary.Health != detect.Degraded || s.Primary.Fault != detect.FaultSlow || s.Primary.Switch != detect.SwitchOptional {
		t.Errorf("%s, %s, a switch is %s: %s", s.Primary.Health, s.Primary.Fault, s.Primary.Switch, s.Primary.Say)
	}
}

// A server whose replies all come, so late that nobody waits for the last of them, is
// slow and not dead.
func TestSoSlowThatNobodyWaits(t *testing.T) {
	o := newOffice(t, time.Second, lab.Options{Delay: 300 * time.Millisecond})
	o.set.SlowAfter = 900 * time.Millisecond
	o.look(2)
	if err := o.world.Break(failover.Primary, lab.Slow); err != nil {
		t.Fatal(err)
	}
	if s := o.look(9); s.Primary.Health != detect.Degraded || s.Primary.Fault != detect.FaultSlow {
		t.Errorf("%s, %s: %s", s.Primary.Health, s.Primary.Fault, s.Primary.Say)
	}
}

func TestNamesGone(t *testing.T) {
	o := newOffice(t, 5*time.Second, lab.Options{TTL: 60})
	o.calm()
	if err := o.world.Break(failover.Primary, lab.NoName); err != nil {
		t.Fatal(err)
	}
	o.clock.pass(time.Hour) // caches forget them
	if s := o.look(16); s.Primary.Health != detect.Down || s.Primary.Fault != detect.FaultName || s.Primary.Switch != detect.SwitchHelps {
		t.Errorf("%s, %s, a switch is %s: %s", s.Primary.Health, s.Primary.Fault, s.Primary.Switch, s.Primary.Say)
	}
}

// What our own line does is held against nobody.
func TestOurOwnLine(t *testing.T) {
	for name, c := range map[string]struct {
		line    lab.Line
		inbound detect.Health // of the primary
		records detect.Health
		health  detect.Health // of the line
	}{
		"down":            {lab.Line{Down: true}, detect.Unknown, detect.Unknown, detect.Down},
		"port 25 blocked": {lab.Line{Blocked: []uint16{25}}, detect.Unknown, detect.Healthy, detect.Degraded},
		"port 53 blocked": {lab.Line{Blocked: []uint16{53}}, detect.Healthy, detect.Unknown, detect.Degraded},
		"no IPv6":         {lab.Line{NoIPv6: true}, detect.Healthy, detect.Healthy, detect.Healthy},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, time.Second, lab.Options{IPv6: true})
			o.calm()
			o.world.SetLine(c.line)
			s := o.look(8)
			if in := s.Primary.Part(detect.Inbound); in.Health != c.inbound || s.Records.Health != c.records || s.Line.Health != c.health {
				t.Errorf("mail arrives: %s, records %s, line %s: %s", in.Health, s.Records.Health, s.Line.Health, s.Line.Say)
			}
			if s.Primary.Switch == detect.SwitchHelps || s.Primary.Health == detect.Down {
				t.Errorf("%s, a switch is %s", s.Primary.Health, s.Primary.Switch)
			}
			o.world.SetLine(lab.Line{})
			o.calm()
		})
	}
}

func TestNameServersFail(t *testing.T) {
	for _, fault := range lab.DNSFaults() {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, 2*time.Second, lab.Options{})
			o.calm()
			servers := o.world.Nameservers()
			if err := o.world.BreakDNS(servers[0], fault); err != nil {
				t.Fatal(err)
			}
			rounds := 16 // "later" takes longer to believe than silence
			if fault == lab.Silent || fault == lab.Refuse {
				rounds = 7
			}
			if s := o.look(rounds); s.Records.Health != detect.Degraded || s.Records.Failing != 1 || s.Primary.Health != detect.Healthy {
				t.Errorf("one of %d: records %s, %d fail: %s; the primary is %s", len(servers), s.Records.Health, s.Records.Failing, s.Records.Say, s.Primary.Health)
			}
			for _, name := range servers[1:] {
				if err := o.world.BreakDNS(name, fault); err != nil {
					t.Fatal(err)
				}
			}
			if err := o.world.Break(failover.Primary, lab.Refuse); err != nil {
				t.Fatal(err)
			}
			s := o.look(rounds)
			if s.Records.Health != detect.Down || s.Records.Fault != detect.FaultDNSHost || s.Primary.Switch != detect.SwitchImpossible {
				t.Errorf("all: records %s, %s; a switch is %s: %s", s.Records.Health, s.Records.Fault, s.Primary.Switch, s.Primary.SaySwitch)
			}
		})
	}
}

func TestOwnRecordsWrong(t *testing.T) {
	o := newOffice(t, 5*time.Second, lab.Options{})
	o.calm()
	right := o.world.Truth("example.test.", "MX")
	if err := o.world.Put(failover.NewRRset("example.test.", "MX", 300, "10 mx.elsewhere.test.")); err != nil {
		t.Fatal(err)
	}
	s := o.look(8)
	if s.Records.Health != detect.Down || s.Records.Fault != detect.FaultRecords || s.Records.Blame != detect.BlameOurs || s.Primary.Switch != detect.SwitchWrong {
		t.Errorf("records %s, %s; a switch is %s: %s", s.Records.Health, s.Records.Fault, s.Primary.Switch, s.Records.Say)
	}
	if e := s.Records.Evidence[0]; !strings.Contains(e.Answer, "mx.elsewhere.test.") {
		t.Errorf("the evidence says %q", e.Answer)
	}
	if err := o.world.Put(right); err != nil {
		t.Fatal(err)
	}
	if s = o.look(20); s.Records.Health != detect.Healthy {
		t.Errorf("put right: %s", s.Records.Say)
	}
}

func TestSecondaryDownToo(t *testing.T) {
	o := newOffice(t, 5*time.Second, lab.Options{})
	o.calm()
	for _, r := range []failover.Role{failover.Primary, failover.Secondary} {
		if err := o.world.Break(r, lab.Refuse); err != nil {
			t.Fatal(err)
		}
	}
	if s := o.look(7); s.Primary.Health != detect.Down || s.Secondary.Health != detect.Down || s.Primary.Switch != detect.SwitchWrong {
		t.Errorf("%s, %s, a switch is %s", s.Primary.Health, s.Secondary.Health, s.Primary.Switch)
	}
}

// The status page is told and never decides: it may be late, silent or gone.
func TestStatusPages(t *testing.T) {
	for _, c := range []struct {
		how  lab.StatusPage
		says detect.Health
		note string
	}{
		{lab.StatusHonest, detect.Degraded, "reports trouble too"},
		{lab.StatusSilent, detect.Healthy, "says that all is well; the probes say otherwise"},
		{lab.StatusGone, "", ""},
	} {
		t.Run(string(c.how), func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, 2*time.Second, lab.Options{StatusDelay: 20 * time.Minute})
			o.calm()
			if says := o.detector.State(o.clock.now()).Primary.Status.Says; says != detect.Healthy {
				t.Errorf("in calm times it says %q", says)
			}
			if err := o.world.Break(failover.Primary, lab.Refuse); err != nil {
				t.Fatal(err)
			}
			if err := o.world.SetStatusPage(failover.Primary, c.how); err != nil {
				t.Fatal(err)
			}
			s := o.look(8)
			if s.Primary.Health != detect.Down || s.Primary.Status.Says != detect.Healthy {
				t.Errorf("at first: %s, and the page says %q", s.Primary.Health, s.Primary.Status.Says)
			}
			s = o.look(45)
			if s.Primary.Health != detect.Down || s.Primary.Status.Says != c.says {
				t.Errorf("later: %s, and the page says %q", s.Primary.Health, s.Primary.Status.Says)
			}
			notes := ""
			for _, n := range s.Primary.Notes {
				notes += n.String() + "\n"
			}
			if !strings.Contains(notes, c.note) {
				t.Errorf("the notes are: %s", notes)
			}
		})
	}
}
