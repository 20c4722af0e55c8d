package probe

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/net/publicsuffix"

	"lifeboat/failover"
)

func checkLine() Check {
	return Check{
		ID:       "line",
		Reason:   failover.Say("Many lines let no mail out on port 25, and some change it on the way. What such a line shows says nothing about the provider, so the line is looked at first."),
		Remedy:   failover.Say("Use one of the other ways to know: a seed message through the provider's submission port, or a result from another line."),
		subjects: theDomain, asked: onTheHosts, covered: true, keeps: soon,
		run: func(ctx context.Context, v *visit, _ []string) {
			line := v.lineState(ctx)
			if ctx.Err() != nil {
				return
			}
			v.note("", line.finding)
		},
	}
}

// otherWays is what to do when this line cannot show anything.
func otherWays() failover.Sentence {
	return failover.Say("There are two other ways to know: send a seed message through the provider's submission port, or run the check on another line (a rented server, a phone's hotspot) and import its result here.")
}

// lineKind is what our line does to port 25.
type lineKind string

const (
	lineOpen     lineKind = "open"
	lineBlocked  lineKind = "blocked"
	lineAltered  lineKind = "altered"  // something on the way answers or changes answers
	lineOffline  lineKind = "offline"  // no network at all
	lineUntested lineKind = "untested" // no control hosts to compare with
)

type lineState struct {
	kind    lineKind
	finding say
}

// sighting is what one host showed on port 25.
type sighting struct {
	host   string
	banner string // its first line; empty when there was none
	fault  *fault
}

// lineState finds out what the line does, from the controls and the destination.
func (s *survey) lineState(ctx context.Context) lineState {
	return s.line.get("", func() lineState {
		controls, hosts := s.prober.opt.Controls, s.target.hosts()
		seen := make([]sighting, len(controls))
		greetings := make([]greeting, len(hosts))
		var wg sync.WaitGroup
		for i, c := range controls {
			wg.Go(func() { seen[i] = s.prober.sight(ctx, c) })
		}
		for i, h := range hosts {
			wg.Go(func() { greetings[i] = s.greeting(ctx, h) })
		}
		wg.Wait()
		var theirs []sighting
		for i, g := range greetings {
			one := sighting{host: hosts[i], fault: g.fault}
			switch {
			case g.session != nil:
				one.banner = g.session.banner.String()
				if how := altered(g.session); how != "" {
					return alteredLine(how, append([]string{g.session.where}, g.session.ehlo.exact()...))
				}
			case len(g.fault.reply.lines) > 0:
				one.banner = g.fault.reply.String()
			}
			theirs = append(theirs, one)
		}
		return judgeLine(seen, theirs)
	})
}

// judgeLine weighs what was seen.
func judgeLine(controls, theirs []sighting) lineState {
	var evidence []string
	answering, nameless := 0, 0
	for _, c := range controls {
		if c.banner != "" {
			answering++
			evidence = append(evidence, failover.Display(c.host)+": "+c.banner)
			continue
		}
		if c.fault.kind == noWord {
			nameless++
		}
		evidence = append(evidence, failover.Display(c.host)+": "+strings.Join(c.fault.evidence(), " "))
	}
	if said := sameMouth(append(slices.Clone(controls), theirs...)); said != "" {
		return alteredLine(said, evidence)
	}
	reached := slices.ContainsFunc(theirs, func(t sighting) bool { return t.banner != "" })
	switch {
	case reached || answering > 0:
		return lineState{lineOpen, say{verdict: failover.Pass, evidence: evidence,
			text: failover.Say("This line lets mail out on port 25; {count} of {all} control hosts answer.", "count", answering, "all", len(controls))}}
	case len(controls) == 0:
		return lineState{lineUntested, say{verdict: failover.Unknown, evidence: evidence, unseen: true,
			remedy: failover.Say("Name mail servers of other organisations in the settings (controls, under resolver), and check again."),
			text:   failover.Say("Nobody answers on port 25, and there are no control hosts to tell whether this line blocks it.")}}
	case nameless == len(controls):
		return lineState{lineOffline, say{verdict: failover.Unknown, evidence: evidence, ownLine: true,
			text:   failover.Say("This machine finds no host at all; it seems to have no network."),
			remedy: failover.Say("Connect this machine to the network, or use another line, and check again.")}}
	}
	return lineState{lineBlocked, say{verdict: failover.Unknown, evidence: evidence, ownLine: true, remedy: otherWays(),
		text: failover.Say("Your line blocks port 25: none of {all} control hosts answers there either, so nothing can be said about the provider from here.", "all", len(controls))}}
}

func alteredLine(how string, evidence []string) lineState {
	return lineState{lineAltered, say{verdict: failover.Unknown, evidence: append([]string{how}, evidence...), ownLine: true, remedy: otherWays(),
		text: failover.Say("Something on your line answers on port 25 in the servers' place or changes their answers, so nothing seen there can be believed.")}}
}

// altered says how a conversation shows the marks of a box on the way: Cisco's
// "fixup" and its like overwrite the banner with asterisks and unwanted
// extensions with X.
func altered(s *session) string {
	if overwritten(s.banner.String()) {
		return "the banner is overwritten: " + s.banner.String()
	}
	for word := range s.features {
		if len(word) >= 4 && strings.Trim(strings.TrimRight(word, "ABC"), "X") == "" {
			return "an extension is overwritten: " + word
		}
	}
	return ""
}

// overwritten reports whether of a banner only asterisks are left, and the few
// digits that Cisco's boxes spare.
func overwritten(banner string) bool {
	return strings.Count(banner, "*") >= 5 && strings.IndexFunc(banner, unicode.IsLetter) < 0
}

// sameMouth notices one box that answers in the place of several servers: hosts
// of different organisations that all give the same name, which is the name of
// none of them. Empty when there is no such sign.
func sameMouth(seen []sighting) string {
	owners := map[string][]string{} // the name said, to the organisations whose hosts said it
	for _, s := range seen {
		if overwritten(s.banner) {
			return "the banner is overwritten: " + s.banner
		}
		fields := strings.Fields(s.banner)
		if len(fields) < 2 || fields[0] != "220" {
			continue
		}
		name := strings.ToLower(fields[1])
		if org := organisation(s.host); !slices.Contains(owners[name], org) {
			owners[name] = append(owners[name], org)
		}
	}
	for name, orgs := range owners {
		if len(orgs) > 1 && !slices.Contains(orgs, organisation(name)) {
			slices.Sort(orgs)
			return fmt.Sprintf("hosts of %s all call themselves %s", strings.Join(orgs, ", "), name)
		}
	}
	return ""
}

// organisation returns the registered domain that a host is in (by the public
// suffix list), or the network of a host that is given by its address.
func organisation(host string) string {
	name := strings.TrimSuffix(host, ".")
	if a, ok := literal(name); ok {
		bits := 16
		if a.Is6() {
			bits = 32
		}
		return netip.PrefixFrom(a, bits).Masked().String()
	}
	if org, err := publicsuffix.EffectiveTLDPlusOne(name); err == nil {
		return org
	}
	return name
}

// sight looks at one control: a connection, the banner, QUIT.
func (p *Prober) sight(ctx context.Context, control string) sighting {
	host, port := SplitControl(control)
	seen := sighting{host: host}
	at := p.place(ctx, host)
	if at.err != nil || len(at.addrs) == 0 {
		seen.fault = &fault{kind: noWord, stage: "connect", err: at.err}
		return seen
	}
	for _, a := range at.addrs[:min(2, len(at.addrs))] {
		s, f := p.connect(ctx, host, netip.AddrPortFrom(a, port), p.share(2))
		if f != nil {
			seen.fault = f
			continue
		}
		r, err := s.read()
		if err != nil {
			seen.fault = s.giveUp(ctx, "banner", r, err)
			continue
		}
		seen.banner = r.String()
		s.quit()
		return seen
	}
	return seen
}

// greeting is how a host of the destination greets.
type greeting struct {
	session *session // closed; what it noted counts
	fault   *fault
}

// greeting opens one connection to a host and takes leave again.
func (s *survey) greeting(ctx context.Context, host string) greeting {
	return s.opened.get(host, func() greeting {
		session, f := s.prober.dial(ctx, host, s.place(ctx, host), s.prober.opt.Port25)
		if f == nil {
			session.quit()
		}
		return greeting{session, f}
	})
}
