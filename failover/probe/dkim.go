package probe

import (
	"context"

	"lifeboat/failover"
)

// DKIM is, like SPF, about mail that leaves: the secondary signs for itself at most,
// and SPF ends at the first forwarder. What makes staff's mail pass DMARC through any
// provider is the domain's own signature, which the relay puts in and receivers check
// against this record. Without a record they ignore the signature, as if there were none:
// a warning. With a wrong one every signature of ours fails, which is a failure: a
// message whose signature is broken is met with more suspicion than one that has none, and
// it looks well from here.
//
// Domains without a key of ours have nothing to look at, nor has the way home: what
// the relay signs does not depend on where the MX leads.
func checkDKIM() Check {
	return Check{
		ID:     "dkim",
		Reason: failover.Say("Lifeboat signs what staff send with the domain's own key (DKIM, RFC 6376), so that it passes DMARC through either provider. Receivers check the signature against a record in the DNS."),
		Remedy: failover.Say("In calm times, let Lifeboat publish the key's record (lifeboat prepare)."),
		subjects: func(t Target) []string {
			if t.Domain.Signing.Selector == "" || t.Provider.Role != failover.Secondary {
				return nil
			}
			return []string{t.Domain.Signing.Selector}
		},
		// The selector is the subject, and the value known only to whoever can open the key.
		asked: onNothing,
		run: func(ctx context.Context, v *visit, subjects []string) {
			for _, selector := range subjects {
				if s := v.judgeDKIM(ctx, selector); ctx.Err() == nil {
					v.note(selector, s)
				}
			}
		},
	}
}

func (s *survey) judgeDKIM(ctx context.Context, selector string) say {
	domain, name := failover.Display(s.target.Domain.Name), selector+"._domainkey."+s.target.Domain.Name
	shown := failover.Display(failover.FQDN(name))
	sets := s.published(ctx, name, "TXT")
	out := say{verdict: failover.Warn}
	for _, text := range sets.texts() {
		out.evidence = append(out.evidence, shown+" TXT "+clean(text, 600))
	}
	prepare := failover.Say("Publish the record in calm times (lifeboat prepare).")
	switch {
	case s.target.Domain.Signing.Value == "":
		out.unseen = true
		out.text = failover.Say("The DKIM key of {domain} cannot be opened here, so its mail cannot be signed, and through {provider} it may fail DMARC.", "domain", domain, "provider", s.target.Provider.Name)
		out.remedy = failover.Say(`Store the key with "lifeboat secret set", or run "lifeboat init {domain}" to see what is missing.`, "domain", domain)
	case sets.err != nil:
		out.unseen, out.evidence = true, []string{clean(sets.err.Error(), 300)}
		out.text = failover.Say("Nobody could say whether {name} holds the DKIM key: the DNS gives no answer.", "name", shown)
		out.remedy = failover.Say("See whether this machine is on the network, and check again.")
	case len(sets.set.Values) == 0:
		out.text = failover.Say("{name} does not exist, so nobody can check our signatures: mail of {domain} through {provider} may fail DMARC.", "name", shown, "domain", domain, "provider", s.target.Provider.Name)
		out.remedy = prepare
	case len(sets.set.Values) > 1:
		out.verdict = failover.Red
		out.text = failover.Say("{name} has {count} TXT records, and receivers may take any of them (RFC 6376 section 3.6.2.2): our signatures fail.", "name", shown, "count", len(sets.set.Values))
		out.remedy = failover.Say("Leave only the record of this key.")
	default:
		return s.judgeDKIMKey(sets.texts(), shown, out, prepare)
	}
	return out
}

// judgeDKIMKey compares the one record there is with the key that mail is signed with.
func (s *survey) judgeDKIMKey(texts []string, name string, out say, prepare failover.Sentence) say {
	var there dkimKey
	ok := len(texts) == 1
	if ok {
		there, ok = parseDKIMKey(texts[0])
	}
	ours, _ := parseDKIMKey(s.target.Domain.Signing.Value)
	out.verdict, out.remedy = failover.Red, prepare
	switch {
	case !ok:
		out.text = failover.Say("{name} holds no DKIM key record that receivers can read: our signatures fail.", "name", name)
	case there.key == "":
		out.text = failover.Say("{name} says that the key is revoked: our signatures fail.", "name", name)
	case there.key != ours.key:
		out.text = failover.Say("{name} holds another key than the one that mail is signed with: our signatures fail.", "name", name)
	case !there.signsMail:
		out.text = failover.Say("{name} holds our key, but does not allow it to sign mail with RSA and SHA-256: our signatures fail.", "name", name)
	case there.testing:
		out.verdict = failover.Warn
		out.text = failover.Say(`{name} holds our key marked as a test (t=y), and receivers treat what it signs as unsigned.`, "name", name)
	default:
		return say{verdict: failover.Pass, evidence: out.evidence,
			text: failover.Say("{name} holds the key that mail is signed with.", "name", name)}
	}
	return out
}
