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
		health detect.Health
		named  detect.Fault
		advice detect.Advice
		words  string // somewhere in the evidence
	}{
		{lab.Reset, detect.Down, detect.FaultResets, detect.SwitchHelps, "reset"},
		{lab.Refuse, detect.Down, detect.FaultRefuses, detect.SwitchHelps, "refused"},
		{lab.Silent, detect.Down, detect.FaultNoAnswer, detect.SwitchHelps, ""},
		{lab.Hang, detect.Down, detect.FaultMute, detect.SwitchHelps, ""},
		{lab.Busy, detect.Down, detect.FaultBusy, detect.SwitchHelps, "421 4.3.2"},
		{lab.Defer, detect.Down, detect.FaultDefers, detect.SwitchHelps, "451 4.3.2"},
		{lab.Reject, detect.Down, detect.FaultRejects, detect.SwitchHelps, "550 5.4.1"},
		{lab.NoTLS, detect.Degraded, detect.FaultTLS, detect.SwitchOptional, ""},
		{lab.BadCertificate, detect.Degraded, detect.FaultTLS, detect.SwitchOptional, "expired"},
		{lab.NoSignIn, detect.Degraded, detect.FaultSignIn, "", "454 4.7.0"},
		{lab.NoReading, detect.Degraded, detect.FaultResets, detect.SwitchOptional, "reset"},
		// What these looks cannot show: what becomes of mail that was accepted.
		{lab.DelayAttachments, detect.Healthy, detect.FaultNone, detect.SwitchWrong, ""},
		{lab.LoseReply, detect.Healthy, detect.FaultNone, detect.SwitchWrong, ""},
		{lab.Swallow, detect.Healthy, detect.FaultNone, detect.SwitchWrong, ""},
	} {
		t.Run(string(c.fault), func(t *testing.T) {
			t.Parallel()
			patience := 8 * time.Second
			if c.fault == lab.Hang {
				patience = 2 * time.Second // most of which is waited each time
			}
			o := newOffice(t, patience, lab.Options{})
			o.calm()
			if err := o.world.Break(failover.Primary, c.fault); err != nil {
				t.Fatal(err)
			}
			before := len(o.rounds)
			s := o.until("as expected", func(s detect.State) bool {
				p := s.Primary
				return p.Health == c.health && p.Fault == c.named && (c.advice == "" || p.Switch == c.advice) &&
					s.Secondary.Health == detect.Healthy && s.Line.Health == detect.Healthy && len(o.rounds) > before+5
			})
			p := s.Primary
			words := ""
			for _, part := range p.Parts {
				for _, e := range part.Evidence {
					words += e.Answer + "\n"
				}
			}
			if !strings.Contains(words, c.words) {
				t.Errorf("the evidence says:\n%s", words)
			}
			if c.fault == lab.Reset || c.fault == lab.Defer {
				o.world.Mend(failover.Primary)
				o.calm()
			}
		})
	}
}

// A part of a provider fails: some of its hosts, or some of the connections.
func TestPartOfAProvider(t *testing.T) {
	t.Parallel()
	o := newOffice(t, 8*time.Second, lab.Options{})
	o.calm()
	host := o.world.Domain().Primary.MX[0].Host
	if err := o.world.BreakPart(failover.Primary, lab.Trouble{Fault: lab.Refuse, Hosts: []string{host}}); err != nil {
		t.Fatal(err)
	}
	o.until("one host of two", func(s detect.State) bool {
		p := s.Primary.Part(detect.Inbound)
		return s.Primary.Health == detect.Degraded && p.Failing == 1 && p.Of == 2 && s.Primary.Switch == detect.SwitchOptional
	})
	// Which connections fail is a matter of chance: now and then it is so many in a row
	// that the provider is down, as far as anybody can see.
	for range 5 {
		o.world.Mend(failover.Primary)
		o.calm()
		if err := o.world.BreakPart(failover.Primary, lab.Trouble{Fault: lab.Reset, Share: 0.5}); err != nil {
			t.Fatal(err)
		}
		s := o.until("half of the connections", func(s detect.State) bool {
			return s.Primary.Fault == detect.FaultResets && (s.Primary.Health == detect.Degraded || s.Primary.Health == detect.Down)
		})
		if s.Primary.Health == detect.Degraded {
			return
		}
	}
	t.Error("half of the connections fail, and five times the provider is called down")
}

func TestSlow(t *testing.T) {
	t.Parallel()
	o := newOffice(t, 10*time.Second, lab.Options{Delay: 20 * time.Millisecond})
	o.set.SlowAfter = 300 * time.Millisecond
	if err := o.world.Break(failover.Primary, lab.Slow); err != nil {
		t.Fatal(err)
	}
	o.until("slow", func(s detect.State) bool {
		return s.Primary.Health == detect.Degraded && s.Primary.Fault == detect.FaultSlow && s.Primary.Switch == detect.SwitchOptional
	})
}

// A server whose replies all come, so late that nobody waits for the last of them, is
// slow and not dead.
func TestSoSlowThatNobodyWaits(t *testing.T) {
	t.Parallel()
	o := newOffice(t, 500*time.Millisecond, lab.Options{Delay: 200 * time.Millisecond})
	o.set.SlowAfter = 450 * time.Millisecond
	if err := o.world.Break(failover.Primary, lab.Slow); err != nil {
		t.Fatal(err)
	}
	o.until("slow", func(s detect.State) bool {
		return s.Primary.Health == detect.Degraded && s.Primary.Fault == detect.FaultSlow
	})
}

func TestNamesGone(t *testing.T) {
	t.Parallel()
	o := newOffice(t, 8*time.Second, lab.Options{TTL: 60})
	o.onlyMX()
	o.calm()
	if err := o.world.Break(failover.Primary, lab.NoName); err != nil {
		t.Fatal(err)
	}
	o.clock.pass(time.Hour) // caches forget them
	o.until("without a name", func(s detect.State) bool {
		return s.Primary.Health == detect.Down && s.Primary.Fault == detect.FaultName && s.Primary.Switch == detect.SwitchHelps
	})
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
			o := newOffice(t, 2*time.Second, lab.Options{IPv6: true})
			o.calm()
			o.world.SetLine(c.line)
			o.until("as expected", func(s detect.State) bool {
				if s.Primary.Switch == detect.SwitchHelps || s.Primary.Health == detect.Down || s.Records.Health == detect.Down {
					t.Fatalf("%s, a switch is %s, records %s", s.Primary.Health, s.Primary.Switch, s.Records.Health)
				}
				in := s.Primary.Part(detect.Inbound)
				return len(o.rounds) > 10 && in.Health == c.inbound && s.Records.Health == c.records && s.Line.Health == c.health
			})
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
			o.onlyMX()
			o.calm()
			servers := o.world.Nameservers()
			if err := o.world.BreakDNS(servers[0], fault); err != nil {
				t.Fatal(err)
			}
			o.until("one of them failing", func(s detect.State) bool {
				return s.Records.Health == detect.Degraded && s.Records.Failing == 1 && s.Primary.Health == detect.Healthy
			})
			for _, name := range servers[1:] {
				if err := o.world.BreakDNS(name, fault); err != nil {
					t.Fatal(err)
				}
			}
			if err := o.world.Break(failover.Primary, lab.Refuse); err != nil {
				t.Fatal(err)
			}
			o.until("all failing", func(s detect.State) bool {
				return s.Records.Health == detect.Down && s.Records.Fault == detect.FaultDNSHost && s.Primary.Switch == detect.SwitchImpossible
			})
		})
	}
}

func TestOwnRecordsWrong(t *testing.T) {
	t.Parallel()
	o := newOffice(t, 8*time.Second, lab.Options{})
	o.onlyMX()
	o.calm()
	right := o.world.Truth("example.test.", "MX")
	if err := o.world.Put(failover.NewRRset("example.test.", "MX", 300, "10 mx.elsewhere.test.")); err != nil {
		t.Fatal(err)
	}
	s := o.until("wrong", func(s detect.State) bool {
		return s.Records.Health == detect.Down && s.Records.Fault == detect.FaultRecords && s.Records.Blame == detect.BlameOurs && s.Primary.Switch == detect.SwitchWrong
	})
	if e := s.Records.Evidence[0]; !strings.Contains(e.Answer, "mx.elsewhere.test.") {
		t.Errorf("the evidence says %q", e.Answer)
	}
	if err := o.world.Put(right); err != nil {
		t.Fatal(err)
	}
	o.calm()
}

func TestSecondaryDownToo(t *testing.T) {
	t.Parallel()
	o := newOffice(t, 8*time.Second, lab.Options{})
	o.calm()
	for _, r := range []failover.Role{failover.Primary, failover.Secondary} {
		if err := o.world.Break(r, lab.Refuse); err != nil {
			t.Fatal(err)
		}
	}
	o.until("both down", func(s detect.State) bool {
		return s.Primary.Health == detect.Down && s.Secondary.Health == detect.Down && s.Primary.Switch == detect.SwitchWrong
	})
}

// The status page is told and never decides: it may be late, silent or gone.
func TestStatusPages(t *testing.T) {
	for _, c := range []struct {
		name string
		how  lab.StatusPage
		says detect.Health
		note string
	}{
		{"honest", lab.StatusHonest, detect.Degraded, "reports trouble too"},
		{"silent", lab.StatusSilent, detect.Healthy, "says that all is well; the probes say otherwise"},
		{"gone", lab.StatusGone, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, time.Second, lab.Options{StatusDelay: 12 * time.Minute})
			o.onlyMX()
			o.options.Seldom, o.set.Seldom.Every = 5*time.Minute, 5*time.Minute
			o.calm()
			o.until("read", func(s detect.State) bool { return s.Primary.Status.Says == detect.Healthy })
			if err := o.world.Break(failover.Primary, lab.Refuse); err != nil {
				t.Fatal(err)
			}
			if err := o.world.SetStatusPage(failover.Primary, c.how); err != nil {
				t.Fatal(err)
			}
			o.until("down", func(s detect.State) bool {
				return s.Primary.Health == detect.Down && s.Primary.Status.Says == detect.Healthy
			})
			o.look(16) // until the page is honest, or what it said last is too old
			s := o.until("what the page says later", func(s detect.State) bool { return s.Primary.Health == detect.Down && s.Primary.Status.Says == c.says })
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
