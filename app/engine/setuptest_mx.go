package engine

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"lifeboat/configs"
	"lifeboat/failover"
	"lifeboat/failover/probe"
)

// testDomain looks whether there is such a domain, and whether it has mail.
func (t *fieldTest) testDomain(ctx context.Context) {
	if t.draft.Domain == "" {
		t.missing(failover.Say("Enter your mail domain first, as in example.jp."))
		return
	}
	found, err := t.s.opt.Discoverer.Discover(ctx, t.draft.Domain)
	name := failover.Display(failover.FQDN(t.draft.Domain))
	switch {
	case errors.Is(err, failover.ErrZone):
		t.says(failover.Red, failover.Say("No such domain"))
		t.answer.Detail = failover.Say("The DNS knows no domain {domain}.", "domain", name)
		if meant := t.meantDomain(ctx, name); meant != "" {
			t.answer.Detail = failover.Say("The DNS knows no domain {domain}. Did you mean {meant}?", "domain", name, "meant", meant)
		}
		t.answer.Exact = exactly(err)
	case err != nil:
		t.fails(err)
	case len(found.MX) == 0:
		t.says(failover.Red, failover.Say("No mail"))
		t.answer.Detail = failover.Say("{domain} has no MX record, so there is no primary provider to protect.", "domain", name)
		t.answer.Remedy = failover.Say("See that it is the domain after the @ of your mail addresses.")
	default:
		t.says(failover.Pass, failover.Say("Found"))
		t.answer.Exact = found.mxTexts()
		if found.SPF != "" {
			t.answer.Exact = append(t.answer.Exact, found.SPF)
		}
		provider := found.ProviderName
		if provider == "" {
			provider = failover.Display(found.MX[0].Host)
		}
		host := found.DNSHostName
		if host == "" && len(found.NameServers) > 0 {
			host = failover.Display(found.NameServers[0])
		}
		t.answer.Detail = failover.Say("Mail: {provider}. DNS: {host}.", "provider", provider, "host", host)
	}
}

// testMX looks whether a provider's hosts take mail: whether they answer as far as MAIL
// FROM and, once there are recipients, whether the secondary knows each of them.
func (t *fieldTest) testMX(ctx context.Context, side Side) {
	tr, err := t.s.trial(t.draft, t.sidesFor(side)...)
	if err != nil {
		t.fails(err)
		return
	}
	provider := tr.provider(side)
	hosts := slices.DeleteFunc(slices.Clone(provider.MX), func(m configs.MX) bool { return strings.HasSuffix(m.Host, ".invalid") })
	if len(hosts) == 0 {
		t.missing(failover.Say("Enter the hosts that take mail, as the provider's console shows them."))
		return
	}
	if !t.named(ctx, tr, hostsOf(hosts)) {
		return
	}
	domain := domainOf(tr.settings, tr.domain)
	if side == SideSecondary && len(domain.Recipients) > 0 {
		t.askRecipients(ctx, tr, domain)
		return
	}
	t.greet(ctx, tr, provider, hosts)
}

// sidesFor are the sides that a test of one needs.
func (t *fieldTest) sidesFor(side Side) []Side {
	if side == SidePrimary {
		return []Side{SidePrimary}
	}
	return []Side{SideSecondary}
}

func hostsOf(list []configs.MX) []string {
	var out []string
	for _, m := range list {
		out = append(out, m.Host)
	}
	return out
}

// named looks whether each host has an address; false says that one has none, with
// what may have been meant.
func (t *fieldTest) named(ctx context.Context, tr trial, hosts []string) bool {
	for _, host := range hosts {
		if _, err := netip.ParseAddr(host); err == nil {
			continue
		}
		addrs, _, err := tr.engine.opt.Reader.Addresses(ctx, failover.FQDN(host))
		if err != nil || len(addrs) > 0 {
			continue // what nobody could say now, the connection will
		}
		t.says(failover.Red, failover.Say("No such name"))
		t.answer.Detail = failover.Say("{host}: the DNS knows no such name.", "host", host)
		if meant := t.meantHost(ctx, tr.engine, host); meant != "" {
			t.answer.Detail = failover.Say("{host}: the DNS knows no such name. Did you mean {meant}?", "host", host, "meant", meant)
		}
		t.answer.Remedy = failover.Say("Copy the name again from the provider's console.")
		return false
	}
	return true
}

// greet talks to every host as a sender would, as far as MAIL FROM.
func (t *fieldTest) greet(ctx context.Context, tr trial, provider configs.Provider, hosts []configs.MX) {
	prober, err := tr.engine.opt.MakeProber(provider, func(failover.Finding) {})
	if err != nil {
		t.fails(err)
		return
	}
	words := make([]probe.Word, len(hosts))
	var wg sync.WaitGroup
	for i, m := range hosts {
		wg.Go(func() {
			if all := prober.Ask(ctx, failover.FQDN(m.Host), nil); len(all) > 0 {
				words[i] = all[len(all)-1]
			}
		})
	}
	wg.Wait()
	well := 0
	for i, w := range words {
		line := hosts[i].Host
		if w.Where != "" {
			line = w.Where
		}
		if w.Ending == probe.Well {
			well++
			t.answer.Exact = append(t.answer.Exact, line+": 250")
			continue
		}
		t.answer.Exact = append(t.answer.Exact, fmt.Sprintf("%s: %s %s %s", line, w.Stage, w.Ending, w.Answer))
	}
	word := failover.Say("{count} of {of} hosts answer", "count", well, "of", len(hosts))
	switch {
	case len(hosts) == 1 && well == 1:
		word = failover.Say("Answers")
	case well == 0:
		word = failover.Say("No answer")
	}
	t.says(failover.Pass, word)
	switch {
	case well == len(hosts):
	case well > 0:
		t.answer.Verdict = failover.Warn
	case t.lineBlocks(ctx, tr, prober):
		t.says(failover.Unknown, failover.Say("Your line blocks port 25"))
		t.answer.Detail = failover.Say("No mail server at all can be reached on port 25 from this line, as is usual for office lines; this says nothing about the provider.")
		t.answer.Remedy = failover.Say("Test from another line, or go on: the sign-in tests and a seed message show the rest.")
	default:
		t.answer.Verdict = failover.Red
		t.answer.Detail = failover.Say("{host} does not answer as a mail server.", "host", hosts[0].Host)
		t.answer.Remedy = failover.Say("See at the provider whether the hosts are right and in service, and test again.")
	}
}

// lineBlocks looks whether our own line lets nothing out on port 25.
func (t *fieldTest) lineBlocks(ctx context.Context, tr trial, prober *probe.Prober) bool {
	controls := tr.settings.Resolver.Controls
	if len(controls) == 0 {
		return false
	}
	greets := make(chan bool, len(controls))
	for _, c := range controls {
		go func() { greets <- prober.Hail(ctx, c).Ending == probe.Well }()
	}
	for range controls {
		if <-greets {
			return false
		}
	}
	return ctx.Err() == nil
}

// askRecipients asks the secondary for every recipient, by the preflight's rules. With both
// providers chosen it looks at all that the preflight asks for, so that this counts; the
// answer of the field is about the recipients.
func (t *fieldTest) askRecipients(ctx context.Context, tr trial, domain failover.Domain) {
	whole := false
	if t.draft.Primary.chosen() {
		if both, err := t.s.trial(t.draft, SidePrimary, SideSecondary); err == nil {
			tr, domain, whole = both, domainOf(both.settings, both.domain), true
		}
	}
	target := probe.Target{Domain: domain, Provider: domain.Secondary}
	var needs []probe.Need
	recipients := 0
	for _, n := range target.Needs() {
		if n.Check == rcptCheck {
			recipients++
		}
		if n.Check == rcptCheck || whole {
			needs = append(needs, n)
		}
	}
	var mu sync.Mutex
	done := map[string]bool{}
	prober, err := tr.engine.opt.MakeProber(tr.provider(SideSecondary), func(f failover.Finding) {
		mu.Lock()
		defer mu.Unlock()
		if f.Check == rcptCheck && !done[f.Subject] {
			done[f.Subject] = true
			t.working(failover.Say("{count} of {of}", "count", len(done), "of", recipients))
		}
	})
	if err != nil {
		t.fails(err)
		return
	}
	found := prober.Look(ctx, target, needs)
	t.judgeRecipients(found, domain.Secondary.Name)
	if whole && ctx.Err() == nil {
		if err := t.s.prove(ctx, target, found); err != nil {
			tr.engine.opt.Logger.Warn("a test of the set-up is not taken in as evidence", "error", err) // it is shown all the same
		}
	}
}

const rcptCheck = "rcpt"

// judgeRecipients counts who is known.
func (t *fieldTest) judgeRecipients(found []failover.Finding, provider string) {
	var missing, unseen []string
	known := 0
	t.answer.Each = map[string]SetupSays{}
	var why failover.Finding
	for _, f := range found {
		if f.Check != rcptCheck {
			continue
		}
		t.answer.Exact = append(t.answer.Exact, f.Evidence...)
		t.answer.Each[strings.ToLower(f.Subject)] = saysOf(f)
		switch f.Verdict {
		case failover.Pass, failover.Warn:
			known++
			continue
		case failover.Red:
			if len(missing) == 0 {
				why = f
			}
			missing = append(missing, f.Subject)
		case failover.Unknown:
			if len(missing)+len(unseen) == 0 {
				why = f
			}
			unseen = append(unseen, f.Subject)
		}
	}
	t.says(failover.Pass, failover.Say("{count} of {of}", "count", known, "of", known+len(missing)+len(unseen)))
	t.answer.Remedy = why.Remedy
	switch {
	case len(missing) > 0 && known == 0:
		t.answer.Verdict, t.answer.Detail = failover.Red, why.Say
	case len(missing) > 0:
		t.answer.Verdict = failover.Warn
		t.answer.Detail = failover.Say("Not yet at {provider}: {list}", "provider", provider, "list", some(missing))
	case len(unseen) > 0:
		t.answer.Verdict, t.answer.Detail = failover.Unknown, why.Say
	default:
		t.answer.Detail = failover.Say("Every address is taken by {provider}.", "provider", provider)
	}
}

// saysOf is what a finding says of its address, with the reply to RCPT TO in its evidence.
func saysOf(f failover.Finding) SetupSays {
	out := SetupSays{Verdict: f.Verdict, Say: f.Say}
	asked := false
	for _, line := range f.Evidence {
		if _, command := strings.CutPrefix(line, "RCPT TO:<"); command {
			asked = true
		} else if asked && line != "" && line[0] >= '2' && line[0] <= '5' {
			out.Answer = line
		}
	}
	return out
}

// some names the first few of a list, as far as they fit on a line.
func some(list []string) string {
	const most = 3
	if len(list) <= most {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s … (+%d)", strings.Join(list[:most], ", "), len(list)-most)
}

// testRecipients looks for addresses that are there twice or belong to another domain,
// and whether the secondary knows the rest.
func (t *fieldTest) testRecipients(ctx context.Context) {
	d := t.draft
	if len(d.Recipients) == 0 {
		t.missing(failover.Say("Enter who has to go on receiving mail."))
		return
	}
	var foreign, broken []string
	for _, a := range d.addresses() {
		switch normal, ok := configs.MailboxAddress(a); {
		case !ok:
			broken = append(broken, a)
		case !sameName(normal[strings.LastIndexByte(normal, '@')+1:], d.Domain):
			foreign = append(foreign, a)
		}
	}
	switch twice := d.doubled(); {
	case len(broken) > 0:
		t.says(failover.Red, failover.Say("Not an address"))
		t.answer.Detail = failover.Say("No mail address in plain half-width letters: {list}", "list", some(broken))
	case len(twice) > 0:
		t.says(failover.Red, failover.Say("Listed twice"))
		t.answer.Detail = failover.Say("Listed more than once: {list}", "list", some(twice))
	case len(foreign) > 0:
		t.says(failover.Warn, failover.Say("Another domain"))
		t.answer.Detail = failover.Say("Not at {domain}, so never tried: {list}", "domain", failover.Display(failover.FQDN(d.Domain)), "list", some(foreign))
	case !d.Secondary.chosen():
		t.says(failover.Pass, failover.Say("Listed: {count}", "count", len(d.addresses())))
		t.answer.Detail = failover.Say("They are tried at the secondary once there is one.")
	default:
		t.testMX(ctx, SideSecondary)
	}
}
