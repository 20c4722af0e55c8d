package main_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"lifeboat/failover/failovertest/servers"
)

// TestWindowFromNothing: somebody starts Lifeboat on a computer that has never seen it
// and is led to a tested set-up.
func TestWindowFromNothing(t *testing.T) {
	t.Parallel()
	fromNothing(t, ways()[0])
}

// TestWindowFromNothingLong does it by keys alone, and in Japanese.
func TestWindowFromNothingLong(t *testing.T) {
	long(t)
	inEachWay(t, ways()[1:], fromNothing)
}

func fromNothing(t *testing.T, w way) {
	if !servers.InNamespace(t, resolvConf) {
		return
	}
	o := newOffice(t, false)
	o.letters("before", o.primary)
	p := w.sit(t, o.display, o.env(w))
	p.awaits(p.says("Mail is flowing through {primary}.", "primary", "Harbormail"))
	p.picture("practice")
	p.enterSetup()

	p.awaits(p.says("Which domain is your mail on?"))
	p.fills("Domain", "example.test")
	p.does("Look up")
	p.awaits("mx.primary.test")
	p.picture("domain")
	p.does("Next")

	p.awaits(p.says("Where is your mail today?"))
	p.chooses(p.says("Another (IMAP and SMTP)"), "End")
	p.signsIn("mx.primary.test", true)
	p.does("Next")
	p.awaits(p.says("Choose a secondary provider"))
	p.chooses(p.says("Another (IMAP and SMTP)"), "End")
	p.signsIn("mx.secondary.test", false)
	p.scrollsUp()
	p.awaits(p.says("Independent"))
	p.does("Next")

	p.awaits(p.says("Addresses that work without a switch"))
	p.awaits(p.says("emergency") + ".example.test")
	p.picture("emergency")
	p.does("Next")

	p.awaits(p.says("Who changes the DNS records?"))
	p.chooses(p.says("Own name server"), "Home", "Right")
	p.fills("Server", "127.0.53.1")
	p.fills("Name of the key", "lifeboat")
	p.fills("Key (base64)", o.key.Secret)
	p.does("Test")
	p.awaits(p.says("May change records"))
	p.picture("dns")
	p.does("Next")

	p.awaits(p.says("Who must go on receiving mail?"))
	p.fills("Addresses", strings.Join(o.recipients, "\n"))
	p.does("Add")
	p.awaits(p.says("{count} addresses were added.", "count", len(o.recipients)))
	p.does("Test")
	p.awaits(p.says("{count} of {of}", "count", len(o.recipients), "of", len(o.recipients)))
	p.picture("accounts")
	p.does("Next")

	p.awaits(p.says("How much mail shall be at hand?"))
	p.does("Save, and mirror now")
	p.awaits(p.says("Mirrored"))
	p.awaits(p.says("The recovery code: print it, and lock it away. It opens the mirror when this computer is lost, and is shown only now."))
	p.picture("mirror")
	p.does("Next")
	p.awaits(p.says("Practice it once"))
	p.picture("first-drill")
	p.does("Later: save, and go Home")

	p.awaits(p.says("Mail is flowing through {primary}.", "primary", "mx.primary.test"))
	p.awaitsLike("The mirror is {span} old.")
	p.picture("home")
	o.noSecrets(o.key.Secret, passphrase)
	if b, err := os.ReadFile(o.file()); err != nil || !strings.Contains(string(b), "emergency_subdomain: "+p.says("emergency")) || notByName.Match(b) {
		t.Errorf("%v\n%s", err, b)
	}
}

// notByName finds secrets in settings that do not stand there by their names.
var notByName = regexp.MustCompile(`(?m)^ *(password|secret): (?:[^s]|s[^e])`)

// enterSetup goes from practice to the first set-up.
func (p *person) enterSetup() {
	p.t.Helper()
	if p.byKeys {
		p.tabToItem("First set-up")
		p.keys("Return")
		return
	}
	p.goes("First set-up", "")
}

// signsIn fills in a provider that is not known, and tests all of it.
func (p *person) signsIn(host string, first bool) {
	p.t.Helper()
	p.fills("A mailbox to try", anna)
	p.fills("Password", password)
	if p.keys("Tab"); first {
		p.asked("Passphrase of the passwords", true) // for there is no keychain
	}
	p.fills("Receiving (MX)", host)
	p.fills("Sending (SMTP)", host)
	p.picks("Sending (SMTP)", "587"+p.says(", ")+"STARTTLS", 2)
	p.fills("Reading (IMAP)", host)
	p.does("Test all")
	p.awaits(p.says("Can send"))
	p.awaits(p.says("Signed in"))
	p.awaitsGone(p.says("Stop the tests"))
	p.picture(host)
}
