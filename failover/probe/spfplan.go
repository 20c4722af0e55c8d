package probe

import (
	"context"
	"fmt"

	"lifeboat/failover"
)

// SPFWorks looks, before an SPF record is published, whether receivers will be able
// to evaluate it: read it, follow it with at most 10 look-ups, and find what it
// names (RFC 7208 section 4.6). Red is what they would answer with permerror, which
// is worse than no record at all; Unknown is what the DNS could not tell now.
// Whether the record covers a provider is not looked at, and nothing is told or
// kept: the finding is no evidence about the domain as it is.
func (p *Prober) SPFWorks(ctx context.Context, domain, spf string) failover.Finding {
	domain = failover.FQDN(domain)
	s := newSurvey(p, Target{Domain: failover.Domain{Name: domain}}, nil)
	w := &spfWalk{s: s, included: map[string]bool{}}
	w.walk(ctx, domain, spf, true, true)
	return s.finding("spf-planned", "", w.judgePlanned(failover.Display(domain)))
}

// judgePlanned says what receivers would make of a record that is not yet there.
func (w *spfWalk) judgePlanned(domain string) say {
	out := say{verdict: failover.Red, evidence: append(w.lines, fmt.Sprintf("%d look-ups, %d of them void", w.lookups, w.voids))}
	switch {
	case w.lookups > spfLookups:
		out.text = failover.Say("The SPF record planned for {domain} would need {count} DNS look-ups; receivers stop after 10 and treat it as an error (RFC 7208 section 4.6.4).", "domain", domain, "count", w.lookups)
		out.remedy = failover.Say("Remove includes that nobody sends through any more, or have the provider's networks written out.")
	case w.problem != nil:
		out.evidence = append(out.evidence, clean(w.problem.Error(), 300))
		out.text = failover.Say("Receivers would treat the SPF record planned for {domain} as an error: {error}", "domain", domain, "error", clean(w.problem.Error(), 200))
		out.remedy = failover.Say("Correct the present record, or the provider's include in the settings.")
	case w.voids > spfVoids:
		out.text = failover.Say("The SPF record planned for {domain} would name {count} hosts that do not exist; receivers stop after 2 and treat it as an error (RFC 7208 section 4.6.4).", "domain", domain, "count", w.voids)
		out.remedy = failover.Say("Remove what does not exist from the record.")
	case w.unsure != nil:
		out.verdict, out.unseen = failover.Unknown, true
		out.evidence = append(out.evidence, clean(w.unsure.Error(), 300))
		out.text = failover.Say("Whether the SPF record planned for {domain} works could not be found out: the DNS gives no answer for part of it.", "domain", domain)
		out.remedy = failover.Say("Check again later.")
	default:
		return say{verdict: failover.Pass, evidence: out.evidence,
			text: failover.Say("The SPF record planned for {domain} works, with {count} of 10 look-ups.", "domain", domain, "count", w.lookups)}
	}
	return out
}
