package probe

import (
	"context"
	"strings"
	"time"

	"lifeboat/failover"
)

// testCertificate looks at the mail exchangers' certificates as the preflight does:
// chain, name, dates and version.
func testCertificate() Test {
	c := checkStartTLS()
	return Test{
		ID: "tls", Title: failover.Say("TLS certificate"), Reason: c.Reason, Remedy: c.Remedy,
		Limit: 75 * time.Second, Usual: time.Second,
		used: hasHosts,
		run: func(ctx context.Context, t *attempt) {
			for _, f := range shown(t.preflight(ctx, c.ID)) {
				if g := t.survey.greeting(ctx, f.Subject); f.Verdict == failover.Unknown && !f.OwnLine && g.fault != nil {
					if s := t.unreached(ctx, f.Subject, g); s.verdict != "" {
						f.Say, f.Remedy, f.OwnLine = s.text, s.remedy, s.ownLine
					}
				}
				t.take(f)
			}
			t.say(t.wordOnTLS(ctx))
		},
	}
}

// wordOnTLS tells the worst of the certificates.
func (t *attempt) wordOnTLS(ctx context.Context) failover.Sentence {
	now, left, seen := t.prober.now(), time.Duration(0), false
	for _, host := range t.site.hosts() {
		c := t.survey.greeting(ctx, host).session
		switch {
		case c == nil:
			continue
		case c.secure == nil && !c.offered:
			return failover.Say("no STARTTLS")
		case c.secure == nil:
			return failover.Say("no encryption")
		}
		leaf := c.secure.PeerCertificates[0]
		until := leaf.NotAfter.Sub(now)
		pinned := t.survey.tlsa(ctx, host)
		switch {
		case c.chainErr == nil || pinned.pinsLeaf(c.secure.PeerCertificates):
		case until < 0:
			return failover.Say("expired")
		case leaf.NotBefore.After(now):
			return failover.Say("not valid yet")
		case leaf.VerifyHostname(strings.TrimSuffix(failover.FQDN(host), ".")) != nil:
			return failover.Say("wrong name")
		default:
			return failover.Say("not trusted")
		}
		if !seen || until < left {
			left, seen = until, true
		}
	}
	if !seen {
		return failover.Say("not seen")
	}
	const day = 24 * time.Hour
	if left/day == 1 {
		return failover.Say("1 day left")
	}
	return failover.Say("{days} days left", "days", int(left/day))
}
