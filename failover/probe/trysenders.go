package probe

import (
	"context"
	"slices"
	"strings"
	"time"

	"lifeboat/failover"
)

// testSenders looks at what receivers look at in mail that leaves through a provider: that
// SPF covers it, that the provider's own DKIM selectors lead to it, and that our own key
// is published.
func testSenders() Test {
	return Test{
		ID:     "senders",
		Title:  failover.Say("SPF and DKIM in place"),
		Reason: failover.Say("Receivers check in the DNS whether a provider may send in the domain's name (SPF, RFC 7208) and whether its signature is right (DKIM, RFC 6376). What is missing makes mail look like spam."),
		Remedy: failover.Say("In calm times, let Lifeboat publish what is missing (lifeboat prepare)."),
		Limit:  45 * time.Second, Usual: 2 * time.Second,
		used: func(Site) bool { return true },
		run: func(ctx context.Context, t *attempt) {
			found := shown(t.preflight(ctx, checkSPF().ID))
			found = append(found, shown(t.preflight(ctx, checkDKIM().ID))...)
			for _, d := range t.site.Provider.DKIM {
				if s := t.survey.judgeSelector(ctx, d); ctx.Err() == nil {
					found = append(found, t.survey.finding(t.test.ID, d.Selector, s))
				}
			}
			t.take(found...)
			t.say(wordOnSenders(found, len(t.site.Provider.DKIM)))
		},
	}
}

// wordOnSenders tells the worst, or else what was counted.
func wordOnSenders(found []failover.Finding, selectors int) failover.Sentence {
	worst := failover.Finding{Verdict: failover.Pass}
	lookups := ""
	for _, f := range found {
		if badness(f.Verdict) < badness(worst.Verdict) {
			worst = f
		}
		if f.Check == "spf" && f.Verdict == failover.Pass {
			lookups = part(f.Say, "count")
		}
	}
	switch {
	case worst.Verdict == failover.Unknown:
		return failover.Say("no answer")
	case worst.Verdict != failover.Pass && worst.Check == "spf":
		return failover.Say("SPF is not right")
	case worst.Verdict != failover.Pass:
		return failover.Say("DKIM is not right")
	case selectors == 1:
		return failover.Say("1 selector")
	case selectors > 1:
		return failover.Say("{count} selectors", "count", selectors)
	}
	return failover.Say("{count} of 10 look-ups", "count", lookups)
}

// judgeSelector looks whether one of a provider's DKIM records is published as the
// settings have it.
func (s *survey) judgeSelector(ctx context.Context, d failover.DKIMSelector) say {
	name := d.Selector + "._domainkey." + s.target.Domain.Name
	shownName := failover.Display(failover.FQDN(name))
	key := failover.Key{Name: failover.FQDN(name), Type: strings.ToUpper(d.Type)}
	sets := s.authoritative(ctx, key)
	if sets.err != nil {
		sets = s.overHTTPS(ctx, key)
	}
	if sets.err != nil {
		sets = s.resolved(ctx, key)
	}
	out := say{verdict: failover.Warn, remedy: failover.Say("Let Lifeboat publish it in calm times (lifeboat prepare), or copy it again from the provider's console.")}
	for _, v := range sets.set.Values {
		out.evidence = append(out.evidence, shownName+" "+key.Type+" "+clean(v, 600))
	}
	switch {
	case sets.err != nil:
		return say{verdict: failover.Unknown, unseen: true, evidence: []string{clean(sets.err.Error(), 300)},
			text:   failover.Say("Nobody could say whether {name} is published: the DNS gives no answer.", "name", shownName),
			remedy: failover.Say("See whether this machine is on the network, and check again.")}
	case !sets.set.Exists():
		out.text = failover.Say("{name} is not published, so the signatures of {provider} cannot be checked: its mail may be taken for spam.", "name", shownName, "provider", s.target.Provider.Name)
	case !holds(sets, d):
		out.verdict = failover.Red
		out.text = failover.Say("{name} is not what {provider} gave out, so its signatures fail.", "name", shownName, "provider", s.target.Provider.Name)
	default:
		return say{verdict: failover.Pass, evidence: out.evidence, text: failover.Say("{name} is published as {provider} wants it.", "name", shownName, "provider", s.target.Provider.Name)}
	}
	return out
}

// holds reports whether a set is the selector's record.
func holds(r records, d failover.DKIMSelector) bool {
	if strings.EqualFold(d.Type, "CNAME") {
		return len(r.set.Values) == 1 && failover.FQDN(r.set.Values[0]) == failover.FQDN(d.Value)
	}
	want, ok := parseDKIMKey(d.Value)
	texts := r.texts()
	if !ok || len(texts) != 1 {
		return slices.Contains(texts, d.Value)
	}
	there, ok := parseDKIMKey(texts[0])
	return ok && there.key == want.key
}
