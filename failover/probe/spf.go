package probe

import (
	"context"
	"fmt"

	"lifeboat/failover"
	"lifeboat/failover/dnswire"
)

// SPF is about mail that leaves, and the switch is about mail that comes in; but
// during a failover staff answer through the other provider, and what they send
// must not bounce either. So: a record that orders receivers to refuse that
// provider ("-all" without it), or that receivers take for broken, is a failure;
// one that makes its mail merely suspect ("~all", "?all", no record) is a warning.
func checkSPF() Check {
	return Check{
		ID:       "spf",
		Reason:   failover.Say("During a failover staff send through the other provider. The domain's SPF record (RFC 7208) has to allow it, or their mail is refused or marked as spam."),
		Remedy:   failover.Say("In calm times, let Lifeboat add the provider's include to the domain's SPF record (plan prepare)."),
		subjects: theDomain, asked: onTheSPFInclude,
		run: func(ctx context.Context, v *visit, _ []string) {
			if s := v.judgeSPF(ctx); ctx.Err() == nil {
				v.note("", s)
			}
		},
	}
}

func (s *survey) judgeSPF(ctx context.Context) say {
	domain := failover.Display(s.target.Domain.Name)
	sets := s.published(ctx, s.target.Domain.Name, "TXT")
	var records []string
	for _, text := range sets.texts() {
		if dnswire.IsSPF(text) {
			records = append(records, text)
		}
	}
	out := say{verdict: failover.Red}
	for _, text := range records {
		out.evidence = append(out.evidence, domain+" TXT "+clean(text, 600))
	}
	switch {
	case sets.err != nil:
		out.verdict, out.unseen, out.evidence = failover.Unknown, true, []string{clean(sets.err.Error(), 300)}
		out.text = failover.Say("Nobody could say what the SPF record of {domain} is: the DNS gives no answer.", "domain", domain)
		out.remedy = failover.Say("See whether this machine is on the network, and check again.")
		return out
	case len(records) == 0:
		out.verdict = failover.Warn
		out.text = failover.Say("{domain} has no SPF record; mail sent through {provider} may be taken for spam.", "domain", domain, "provider", s.target.Provider.Name)
		out.remedy = s.addInclude()
		return out
	case len(records) > 1:
		out.text = failover.Say("{domain} has {count} SPF records; receivers accept only one and treat several as an error (RFC 7208 section 4.5).", "domain", domain, "count", len(records))
		out.remedy = failover.Say("Join them into one record.")
		return out
	}
	w := &spfWalk{s: s, included: map[string]bool{}}
	w.walk(ctx, s.target.Domain.Name, records[0], true, true)
	return s.judgeWalk(ctx, domain, w)
}

// judgeWalk says what receivers make of the record.
func (s *survey) judgeWalk(ctx context.Context, domain string, w *spfWalk) say {
	out := say{verdict: failover.Red, evidence: append(w.lines, fmt.Sprintf("%d look-ups, %d of them void", w.lookups, w.voids))}
	switch {
	case w.lookups > spfLookups:
		out.text = failover.Say("The SPF record of {domain} needs {count} DNS look-ups; receivers stop after 10 and treat it as an error (RFC 7208 section 4.6.4).", "domain", domain, "count", w.lookups)
		out.remedy = failover.Say("Remove includes that nobody sends through any more, or have the provider's networks written out.")
		return out
	case w.problem != nil:
		out.evidence = append(out.evidence, clean(w.problem.Error(), 300))
		out.text = failover.Say("Receivers treat the SPF record of {domain} as an error: {error}", "domain", domain, "error", clean(w.problem.Error(), 200))
		out.remedy = failover.Say("Correct the record.")
		return out
	}
	if covered := s.coveredBy(ctx, w); !covered {
		return s.notCovered(domain, w, out)
	}
	out.verdict = failover.Warn
	switch {
	case w.unsure != nil:
		out.unseen = true
		out.evidence = append(out.evidence, clean(w.unsure.Error(), 300))
		out.text = failover.Say("The SPF record of {domain} could not be followed to its end: the DNS gives no answer for part of it.", "domain", domain)
		out.remedy = failover.Say("Check again later.")
	case w.all == '+':
		out.text = failover.Say(`The SPF record of {domain} ends in "+all", which lets anybody send in its name.`, "domain", domain)
		out.remedy = failover.Say(`End the record in "~all" or "-all".`)
	case w.voids > spfVoids:
		out.text = failover.Say("The SPF record of {domain} names {count} hosts that do not exist; receivers stop after 2 (RFC 7208 section 4.6.4).", "domain", domain, "count", w.voids)
		out.remedy = failover.Say("Remove what does not exist from the record.")
	default:
		return say{verdict: failover.Pass, evidence: out.evidence,
			text: failover.Say("The SPF record of {domain} covers {provider}, with {count} of 10 look-ups.", "domain", domain, "provider", s.target.Provider.Name, "count", w.lookups)}
	}
	return out
}

// coveredBy reports whether the provider may send: its include is there, directly
// or within another, or all of its networks are. A provider without an include
// asks for nothing.
func (s *survey) coveredBy(ctx context.Context, w *spfWalk) bool {
	include := s.target.Provider.SPFInclude
	if include == "" || w.all == '+' || w.included[failover.FQDN(include)] {
		return true
	}
	theirs := &spfWalk{s: s, included: map[string]bool{}}
	theirs.into(ctx, spfTerm{domain: include}, include, true, false)
	return w.covers(theirs)
}

func (s *survey) notCovered(domain string, w *spfWalk, out say) say {
	provider := s.target.Provider.Name
	out.remedy = s.addInclude()
	switch {
	case w.unsure != nil:
		out.verdict, out.unseen = failover.Warn, true
		out.evidence = append(out.evidence, clean(w.unsure.Error(), 300))
		out.text = failover.Say("The SPF record of {domain} could not be followed to its end: the DNS gives no answer for part of it.", "domain", domain)
		out.remedy = failover.Say("Check again later.")
	case w.all == '-':
		out.text = failover.Say(`The SPF record of {domain} ends in "-all" and does not cover {provider}: what staff send through it would be refused.`, "domain", domain, "provider", provider)
	default:
		out.verdict = failover.Warn
		out.text = failover.Say("The SPF record of {domain} does not cover {provider}; what staff send through it may be taken for spam.", "domain", domain, "provider", provider)
	}
	return out
}

func (s *survey) addInclude() failover.Sentence {
	include := s.target.Provider.SPFInclude
	if include == "" {
		return failover.Say("Publish an SPF record that names the senders of the domain.")
	}
	return failover.Say(`Add "include:{include}" to the record in calm times (plan prepare).`, "include", failover.Display(include))
}
