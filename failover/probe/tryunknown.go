package probe

import (
	"context"

	"lifeboat/failover"
)

// testUnknown asks each mail exchanger for an address that nobody has. What the preflight
// calls unknown, since nothing is proven by a server that takes everybody, is a failure
// of the server here: it is the very thing that is looked at.
func testUnknown(recipients int) Test {
	return Test{
		ID:     "unknown",
		Title:  failover.Say("Unknown address refused"),
		Reason: failover.Say("A server that takes every address proves nothing by taking yours, and whoever mistypes one never hears of it. Mail to nobody has to be refused at once."),
		Remedy: failover.Say("Ask the provider to refuse unknown addresses for good (550 5.1.1), and switch off any catch-all mailbox."),
		Limit:  limitFor(recipients), Usual: usualFor(recipients),
		used: hasHosts,
		run:  func(ctx context.Context, t *attempt) { t.askForNobody(ctx) },
	}
}

func (t *attempt) askForNobody(ctx context.Context) {
	found := shown(t.preflight(ctx, checkMXAnswers().ID))
	word := failover.Say("not asked")
	for i, f := range found {
		iv := t.survey.interviewed(ctx, f.Subject)
		a, asked := iv.answers[iv.stranger]
		switch {
		case !asked || len(a.reply.lines) == 0:
			if g := t.survey.greeting(ctx, f.Subject); g.fault != nil {
				if s := t.unreached(ctx, f.Subject, g); s.verdict != "" {
					found[i].Verdict, found[i].Say, found[i].Remedy, found[i].OwnLine = s.verdict, s.text, s.remedy, s.ownLine
				}
			}
		case a.kind == taken:
			found[i].Verdict = failover.Red
			word = failover.Say("{code}: takes everybody", "code", a.reply.code)
		case word.String() == "not asked":
			word = failover.Say("{code} at RCPT", "code", a.reply.code)
		}
	}
	t.take(found...)
	t.say(word)
}

// interviewed is what a host was asked and said, as the checks have it already.
func (s *survey) interviewed(ctx context.Context, host string) interview {
	if r := s.roster(ctx); r.host == host {
		return r.interview
	}
	return s.asked.get(host, func() interview { return interview{host: host} })
}
