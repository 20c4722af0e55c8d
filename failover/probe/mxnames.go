package probe

import (
	"context"

	"lifeboat/failover"
)

func checkMXNames() Check {
	return Check{
		ID:       "mx-names",
		Reason:   failover.Say("An MX record has to name a host that has addresses and is no alias (RFC 2181 section 10.3); senders treat anything else as they please, some as a reason to bounce."),
		Remedy:   failover.Say("Enter the MX hosts exactly as the provider's documentation gives them."),
		subjects: eachHost, asked: onNothing,
		run: func(ctx context.Context, v *visit, hosts []string) {
			for _, h := range hosts {
				if s := judgeName(h, v.place(ctx, h)); ctx.Err() == nil {
					v.note(h, s)
				}
			}
		},
	}
}

// judgeName says whether a host may stand in an MX record.
func judgeName(host string, at place) say {
	mx := failover.Display(host)
	out := say{verdict: failover.Red, remedy: failover.Say("Enter the MX hosts in the settings exactly as the provider's documentation gives them.")}
	for _, a := range at.addrs {
		out.evidence = append(out.evidence, a.String())
	}
	switch _, ip := literal(host); {
	case host == ".":
		out.text = failover.Say(`The MX host is ".", which tells the world that the domain takes no mail (RFC 7505).`)
	case ip:
		out.text = failover.Say("The MX host {mx} is an IP address; an MX record can only name a host.", "mx", mx)
	case at.cname != "":
		out.evidence = append([]string{mx + " CNAME " + failover.Display(at.cname)}, out.evidence...)
		out.text = failover.Say("The MX host {mx} is an alias (CNAME) of {target}; an MX record must name the host itself (RFC 2181 section 10.3).", "mx", mx, "target", failover.Display(at.cname))
		out.remedy = failover.Say("Ask the provider for the MX host's own name; it may be {target}.", "target", failover.Display(at.cname))
	case at.err != nil:
		out.verdict, out.unseen, out.evidence = failover.Unknown, true, []string{clean(at.err.Error(), 300)}
		out.text = failover.Say("Nobody could say where {mx} is: the DNS gives no answer.", "mx", mx)
		out.remedy = failover.Say("See whether this machine is on the network, and check again.")
	case len(at.addrs) == 0:
		out.text = failover.Say("The MX host {mx} has no address in the DNS, so no mail can reach it.", "mx", mx)
	default:
		return say{verdict: failover.Pass, evidence: out.evidence, text: failover.Say("{mx} has an address and is no alias.", "mx", mx)}
	}
	return out
}
