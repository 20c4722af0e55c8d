package configs

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

// Sending is how mail of one address is handed in to a provider.
type Sending struct {
	// Provider is complete, as it serves the address's domain.
	Provider Provider
	// Address is whose credential it is: of an alias, that of its account; empty for
	// one that all senders share.
	Address string
	// User is the name to sign in with.
	User string
	// Method is one of [SignIns]; with SignInPassword, Password is the secret. For the
	// others Provider.SignIn says where tokens come from.
	Method   string
	Password SecretRef
}

// SubmissionFor says how mail from an address is handed in to the provider in a role
// ("primary" or "secondary"): with one credential for all where submission has a user
// name, otherwise with the sender's own, since most providers refuse another's address.
// The error is a [Problem] that says what is missing.
func (s *Settings) SubmissionFor(role, address string) (Sending, error) {
	address, name, ok := mailAddress(address)
	if !ok {
		return Sending{}, Say("A message without a sender's address belongs to no domain, so there is no way out for it.").at(place{file: s.file}, "")
	}
	p, err := s.submissionProvider(role, name)
	if err != nil {
		return Sending{}, err
	}
	if p.Submission.Username != "" {
		out := Sending{Provider: p, User: p.Submission.Username, Method: SignInPassword, Password: p.Submission.Password}
		if out.Password == "" {
			out.Method, out.Address = p.SignIn.Method, p.Submission.Username
		}
		return out, nil
	}
	r, err := s.senderOf(address)
	if err != nil {
		return Sending{}, err
	}
	user, own := r.PrimaryUser, cmp.Or(r.PrimaryPassword, p.SignIn.Password)
	if role == roleSecondary {
		user, own = r.SecondaryUser, cmp.Or(r.SecondaryPassword, p.SignIn.Password)
	}
	return Sending{
		Provider: p, Address: sameAddress(r.Address), User: p.SignIn.UserFor(user), Method: cmp.Or(p.SignIn.Method, SignInPassword),
		Password: cmp.Or(own, p.SignIn.MailboxSecret(role, r.Address)),
	}, nil
}

// SubmissionAt returns the provider in a role as it serves a domain, or an emergency
// subdomain. The error says that it cannot be sent through, and what to do.
func (s *Settings) SubmissionAt(role, domain string) (Provider, error) {
	name, ok := domainName(domain)
	if !ok {
		name = domain
	}
	return s.submissionProvider(role, name)
}

func (s *Settings) submissionProvider(role, domain string) (Provider, error) {
	i := slices.IndexFunc(s.Domains, func(d Domain) bool { return d.Name == domain || d.EmergencySubdomain == domain })
	if i < 0 {
		return Provider{}, Say("{at}: {domain} is not among the domains, so there is no way out for its mail.", "domain", show(domain)).
			at(s.places.of("domains"), "domains")
	}
	p := s.provider(i, role)
	if path := "providers." + role + ".submission"; p.Submission.Host == "" {
		return Provider{}, Say("{at}: there is no {key}, so no mail of {domain} can be sent through this provider. Add the server where outgoing mail is handed in.",
			"domain", domain).at(s.places.of(path), path)
	}
	return p, nil
}

// senderOf finds whose credential mail from an address is sent with. Somebody who is
// not listed is taken for an account: not everybody who sends receives. At the
// emergency subdomain people are who they are at the domain.
func (s *Settings) senderOf(address string) (Recipient, error) {
	r, ok := s.recipientAt(address)
	if ok && r.Kind == KindAlias && r.Of != "" {
		r, ok = s.recipientAt(r.Of)
	}
	local, domain, _ := strings.Cut(address, "@")
	switch i := slices.IndexFunc(s.Domains, func(d Domain) bool { return d.EmergencySubdomain == domain }); {
	case !ok && i >= 0:
		return s.senderOf(local + "@" + s.Domains[i].Name)
	case !ok:
		r = Recipient{Address: address, Kind: KindAccount}
		r.fillUsers()
		return r, nil
	case r.Kind == KindAccount || r.Kind == KindShared:
		return r, nil
	}
	return Recipient{}, Say("{at}: nobody signs in as {address}, which is a group or an alias of nobody known. Send from a mailbox's address, or give submission a username that may send as everybody.",
		"address", address).at(s.places.of("recipients"), "recipients")
}

func (s *Settings) recipientAt(address string) (Recipient, bool) {
	list := s.byDomain[address[strings.LastIndexByte(address, '@')+1:]]
	i := slices.IndexFunc(list, func(r Recipient) bool { return sameAddress(r.Address) == sameAddress(address) })
	if i < 0 {
		return Recipient{}, false
	}
	return list[i], true
}

// MailboxSecretAt is [MailboxSecret] for the provider in a role; the primary's is
// MailboxSecret itself.
func MailboxSecretAt(role, address string) SecretRef {
	if role != roleSecondary {
		return MailboxSecret(address)
	}
	const enough = 12 // bytes, as there
	sum := sha256.Sum256([]byte("lifeboat mailbox at the secondary\x00" + sameAddress(address)))
	return SecretRef("secondary-" + hex.EncodeToString(sum[:enough]))
}

// Sends reports whether mail of a domain can leave at all: whether it is among the
// domains or their emergency subdomains.
func (s *Settings) Sends(domain string) bool {
	name, ok := domainName(domain)
	return ok && slices.ContainsFunc(s.Domains, func(d Domain) bool { return d.Name == name || d.EmergencySubdomain == name })
}
