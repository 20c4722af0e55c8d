package main_test

import (
	"testing"

	"lifeboat/failover/failovertest/servers"
)

// TestWindowKilled: the computer dies in the middle of a switch. The next start opens
// there, says what is done and what is not, and goes on to the end.
func TestWindowKilled(t *testing.T) {
	t.Parallel()
	killed(t, ways()[0])
}

// TestWindowKilledLong goes on by keys alone, and in Japanese.
func TestWindowKilledLong(t *testing.T) {
	long(t)
	inEachWay(t, ways()[1:], killed)
}

func killed(t *testing.T, w way) {
	if !servers.InNamespace(t, resolvConf) {
		return
	}
	o := newOffice(t, true)
	p := w.sit(t, o.display, o.env(w))
	p.awaits(p.says("Mail is flowing through {primary}.", "primary", "Primary"))
	p.goes("Switch", "ctrl+3")
	p.does("Switch to {secondary}", "secondary", "Secondary")
	p.typesDomain()
	// One name server falls silent: the switch waits for it, for some seconds. Nobody looks
	// at the window meanwhile, which takes time.
	mended := servers.Firewall(t, servers.Block{Network: "udp", Host: "127.0.53.3", Port: 53})
	mendedToo := servers.Firewall(t, servers.Block{Host: "127.0.53.3", Port: 53})
	p.does("Switch mail")
	o.await("new records at the first server", func() bool { return len(o.served(0)) == 1 && o.served(0)[0] == "10 mx.secondary.test." })
	if err := p.program.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = p.program.Wait() // it was killed
	mended()
	mendedToo()

	p = w.sit(t, o.display, o.env(w))
	p.awaits(p.says("The switch to {secondary} is not finished.", "secondary", "Secondary"))
	p.awaits(p.says("What is done, and what is not"))
	p.awaits(p.says("Send through {provider}", "provider", "Secondary"))
	p.picture("next-start")
	p.does("Go on")
	p.agrees("Switch mail") // what is left is shown, and asked, once more
	p.awaits(p.says("Mail goes to {secondary} now.", "secondary", "Secondary"))
	p.picture("gone-on")
	ids := o.letters("then", o.secondary)
	o.once(ids)
}
