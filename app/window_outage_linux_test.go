package main_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"lifeboat/app/widgets/outline"
	"lifeboat/failover/failovertest/servers"
)

// TestWindowOutage: the primary goes down; the admin sees it on Home, switches, reads the
// mail of before, and answers it.
func TestWindowOutage(t *testing.T) {
	t.Parallel()
	if !servers.InNamespace(t, resolvConf) {
		return
	}
	intoOutage(newOffice(t, true), ways()[0])
}

// TestWindowOutageLong lives through it to the end, by keys alone, and with the mouse in
// Japanese: when the primary is back, mail is led home. Nothing is lost, and nothing is there twice.
func TestWindowOutageLong(t *testing.T) {
	long(t)
	inEachWay(t, ways()[1:], throughOutage)
}

func throughOutage(t *testing.T, w way) {
	if !servers.InNamespace(t, resolvConf) {
		return
	}
	o := newOffice(t, true)
	p, ids := intoOutage(o, w)
	p.goes("Home", "ctrl+1")
	o.primary.store.Start(t)
	o.primary.mx.Start(t)
	p.awaitsLike("{primary} has been in order for {span}. Nothing keeps you from going back home.")
	p.picture("works-again")
	p.does("Go back home")
	p.agrees("Go back home")
	p.awaits(p.says("Mail goes to {primary} again.", "primary", "Primary"))
	p.picture("home-again")
	p.does("Close")
	ids = append(ids, o.letters("after", o.primary)...)
	o.drained()
	o.once(ids)

	p.goes("Log", "ctrl+7")
	p.awaits(p.says("Mail was led home to {provider}.", "provider", "Primary"))
	p.awaits(p.says("Mail was switched to {provider}.", "provider", "Secondary"))
	p.picture("log")
}

// intoOutage goes as far as to the answer that leaves through the secondary. It returns
// the Message-IDs of what came from outside.
func intoOutage(o *office, w way) (*person, []string) {
	t := o.t
	t.Helper()
	ids := o.letters("before", o.primary)
	p := w.sit(t, o.display, o.env(w))
	p.awaits(p.says("Mail is flowing through {primary}.", "primary", "Primary"))
	p.awaitsLike("The mirror is {span} old.")
	p.picture("home")
	p.goes("Mail", "ctrl+2")
	p.opensRow("ben@")
	p.awaits(p.says("Write why you need it; it is kept in the log. In an outage or a drill it opens without."))
	p.picture("locked")
	p.goes("Home", "ctrl+1")

	closed := o.primary.mx.Retire(t)
	o.primary.mx.Stop(t)
	o.primary.store.Stop(t)
	closed()
	ids = append(ids, o.post("during")...)
	p.awaits(p.says("{primary} is not taking mail from outside.", "primary", "Primary"))
	p.picture("trouble")
	p.does("Switch mail")
	p.agrees("Switch mail")
	p.awaits(p.says("Mail goes to {secondary} now.", "secondary", "Secondary"))
	p.picture("switched")
	o.outside.Flush(t)
	o.awaitAt(o.secondary, ids[len(o.recipients):])
	p.does("Close")
	p.awaits(p.says("Mail goes to {secondary} now.", "secondary", "Secondary"))
	p.picture("home-switched")

	p.readsAndAnswers(o)
	p.goes("Queue", "ctrl+5")
	p.awaits(p.says("Nothing is waiting."))
	p.picture("queue")
	return p, ids
}

// agrees types the domain, and says yes.
func (p *person) agrees(yes string) {
	p.t.Helper()
	p.typesDomain()
	p.does(yes)
}

// typesDomain types the domain, by which one says yes.
func (p *person) typesDomain() {
	p.t.Helper()
	p.fills("To say yes, type the name of the domain", "example.test")
	p.awaits(p.says("That is it."))
	p.picture("plan")
}

// opensRow opens a row of a list.
func (p *person) opensRow(text string) {
	p.t.Helper()
	if !p.byKeys {
		p.click(text)
		return
	}
	list := func(i outline.Item) bool {
		return i.Kind == "RowList" && strings.Contains("\n"+i.Text+"\n", "\n"+text+"\n")
	}
	p.find("list with "+text, list)
	p.tabTo("list with "+text, list)
	p.keys("Home")
	for range p.rowsAbove(list, text) {
		p.keys("Down")
	}
}

// rowsAbove counts the rows of a list above that of a text; heads of groups are none.
func (p *person) rowsAbove(list func(outline.Item) bool, text string) int {
	p.t.Helper()
	all := p.see()
	in := all[slices.IndexFunc(all, list)]
	n := 0
	for _, i := range all {
		if i.Kind != "folderRowView" && i.Kind != "letterRow" || !within(i, in) || i.Text == p.says("Mailboxes") {
			continue
		}
		if slices.Contains(strings.Split(i.Text, "\n"), text) {
			return n
		}
		n++
	}
	p.t.Fatalf("%q is in no row", text)
	return 0
}

// readsAndAnswers reads a message of before in the mirror, and answers it: the answer
// leaves through the secondary.
func (p *person) readsAndAnswers(o *office) {
	p.t.Helper()
	p.goes("Mail", "ctrl+2")
	p.opensRow("anna@")
	p.opensRow("Order before 0")
	p.awaits("please confirm our order.")
	p.picture("mail")
	p.does("Reply")
	p.awaits("Re: Order before 0")
	p.types("Confirmed.")
	p.picture("answer")
	p.does("Send")
	p.awaits(p.says("Sent through {provider}.", "provider", "Secondary"))
	p.picture("sent")
	servers.Await(p.t, "the answer at the secondary", func(context.Context) error {
		for _, m := range o.secondary.store.Messages(p.t) {
			if s := string(m.Raw); strings.Contains(s, "Subject: Re: Order before 0") && strings.Contains(s, "Confirmed.") && strings.Contains(s, "In-Reply-To: <before0@outside.test>") {
				return nil
			}
		}
		return errors.New("it is not there")
	})
}
