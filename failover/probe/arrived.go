package probe

import (
	"slices"
	"strings"

	"lifeboat/failover"
)

// seedMark begins the header line of a seed message that bears its id. The same
// line stands in the evidence of each recipient who was sent the message.
const seedMark = "X-Lifeboat-Seed: "

// Arrived returns the findings that follow when somebody has seen the seed
// messages to these addresses arrive: that the provider knows them, with the id of
// the message as proof. They are for [Evidence.Merge]. Each is dated when its
// message was sent, since that is the moment at which the mailbox was shown to be
// there.
//
// The error is failover.ErrInvalid when no seed message to one of the addresses is
// among the evidence that the target's present settings leave.
func (ev *Evidence) Arrived(target Target, addresses []string) ([]failover.Finding, error) {
	known := ev.Findings(target)
	var out []failover.Finding
	for _, address := range addresses {
		address = lowerAddress(address)
		id, sent := "", failover.Finding{}
		for _, f := range known {
			if f.Check == "rcpt" && f.Source == failover.FromSeed && f.Subject == address && f.Verdict != failover.Red && f.At.After(sent.At) {
				id, sent = seedOf(f), f
			}
		}
		if id == "" {
			return nil, failover.Fail(failover.ErrInvalid, "No seed message to {address} is on its way through {provider}; send one with lifeboat check --seed, and see it arrive first.",
				"address", clean(address, 254), "provider", target.Provider.Name)
		}
		out = append(out, failover.Finding{
			Check: "rcpt", Domain: target.Domain.Name, Subject: address, Verdict: failover.Pass,
			Say:      failover.Say("The seed message {id} has arrived at {address}.", "id", id, "address", address),
			Evidence: slices.Clone(sent.Evidence), Source: failover.FromSeed, At: sent.At,
		})
	}
	return out, nil
}

// seedOf returns the id of the seed message that a finding tells of; empty when
// none was sent.
func seedOf(f failover.Finding) string {
	for _, line := range f.Evidence {
		if id, ok := strings.CutPrefix(line, seedMark); ok {
			return clean(id, 80)
		}
	}
	return ""
}
