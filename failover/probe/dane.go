package probe

import (
	"context"
	"slices"
	"strings"

	"lifeboat/failover"
)

// Senders heed TLSA records only where DNSSEC proves them (RFC 7672 section 2.1).
// Nothing is validated here, but a resolver over HTTPS that validates tells whether
// they are proven. Where none can be asked, a record that does not fit is a failure
// all the same.
func checkDANE() Check {
	return Check{
		ID:       "dane",
		Reason:   failover.Say("A TLSA record pins the certificate of an MX host (DANE, RFC 7672). Senders that check it, many in Europe, refuse a host whose certificate does not fit."),
		Remedy:   failover.Say("Ask the provider to mend its TLSA records, or use another of its MX hosts."),
		subjects: eachHost, asked: onNothing, portable: true,
		run: func(ctx context.Context, v *visit, hosts []string) {
			for _, h := range hosts {
				if s := v.judgePins(ctx, h); ctx.Err() == nil && s.verdict != "" {
					v.note(h, s)
				}
			}
		},
	}
}

func (s *survey) judgePins(ctx context.Context, host string) say {
	mx := failover.Display(host)
	r := s.tlsa(ctx, host)
	switch {
	case r.err != nil:
		return say{verdict: failover.Unknown, unseen: true, evidence: []string{clean(r.err.Error(), 300)},
			text:   failover.Say("Nobody could say whether {mx} has TLSA records: the DNS gives no answer.", "mx", mx),
			remedy: failover.Say("See whether this machine is on the network, and check again.")}
	case len(r.values) == 0:
		return say{verdict: failover.Pass, text: failover.Say("{mx} has no TLSA records, so no certificate is pinned.", "mx", mx)}
	}
	out := say{verdict: failover.Red}
	for _, v := range r.values {
		out.evidence = append(out.evidence, "_25._tcp."+mx+" TLSA "+clean(v, 200))
	}
	if r.unproven {
		out.verdict = failover.Warn
		out.text = failover.Say("{mx} has TLSA records that DNSSEC does not prove, so senders do not use them (RFC 7672 section 2.1).", "mx", mx)
		out.remedy = failover.Say("Ask the provider to sign the zone of {mx} with DNSSEC, or to remove the records.", "mx", mx)
		return out
	}
	g := s.greeting(ctx, host)
	line := s.lineState(ctx)
	switch {
	case g.fault != nil || line.kind == lineAltered:
		out.verdict, out.unseen, out.ownLine = failover.Unknown, true, line.kind != lineOpen
		out.text = failover.Say("{mx} has TLSA records, but its certificate could not be looked at.", "mx", mx)
		out.remedy = otherWays()
		return out
	case g.session.secure == nil:
		out.text = failover.Say("{mx} has TLSA records but gives no encrypted connection; senders that check them refuse to deliver there.", "mx", mx)
		out.remedy = failover.Say("Ask the provider to mend TLS on the host.")
		return out
	case len(r.pins) == 0:
		out.verdict = failover.Warn
		out.text = failover.Say("None of the TLSA records of {mx} can be used for mail (usages 2 and 3 only, RFC 7672); senders insist on encryption but check no certificate.", "mx", mx)
		out.remedy = failover.Say("Ask the provider to mend its TLSA records.")
		return out
	}
	chain := g.session.secure.PeerCertificates
	out.evidence = append(out.evidence, slices.Clone(describeTLS(g.session))...)
	if err := r.match(chain, strings.TrimSuffix(host, "."), s.prober.now()); err != nil {
		out.evidence = append(out.evidence, clean(err.Error(), 300))
		out.text = failover.Say("The certificate of {mx} does not fit its TLSA records; senders that check them refuse to deliver there.", "mx", mx)
		out.remedy = failover.Say("Ask the provider to publish TLSA records for the certificate in use.")
		return out
	}
	return say{verdict: failover.Pass, evidence: out.evidence, text: failover.Say("The certificate of {mx} fits its TLSA records.", "mx", mx)}
}
