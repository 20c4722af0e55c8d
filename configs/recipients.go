package configs

import (
	"slices"
	"strings"
)

// Kind says what an address is.
type Kind string

// The kinds of recipient.
const (
	KindAccount Kind = "account"
	KindAlias   Kind = "alias"
	KindGroup   Kind = "group"
	KindShared  Kind = "shared"
)

// Recipient is an address that must go on receiving mail.
type Recipient struct {
	// Address has its local part as it was written and its domain in lower-case
	// A-labels.
	Address string
	Kind    Kind
	// Of is the address that an alias leads to, if that is known.
	Of string
	// PrimaryUser and SecondaryUser are the sign-in names at the two providers;
	// empty for aliases and groups, which nobody signs in to.
	PrimaryUser, SecondaryUser string
	// What the mirror keeps of it: see [Mailbox].
	PrimaryPassword SecretRef
	MirrorDays      int
	SkipMirror      bool
	// SecondaryPassword is for sending: see [Mailbox].
	SecondaryPassword SecretRef
}

// RecipientsOf lists the addresses of a domain, from all lists and CSV files, in
// the order in which they are written.
func (s *Settings) RecipientsOf(domain string) []Recipient {
	name, ok := domainName(domain)
	if !ok {
		return nil
	}
	return slices.Clone(s.byDomain[name])
}

// sortRecipients finds out which recipients each domain has.
func (s *Settings) sortRecipients() {
	all := s.Recipients.flat()
	for _, d := range s.Domains {
		all = append(all, d.Recipients.flat()...)
	}
	s.byDomain = map[string][]Recipient{}
	for _, r := range all {
		domain := r.Address[strings.LastIndexByte(r.Address, '@')+1:]
		s.byDomain[domain] = append(s.byDomain[domain], r)
	}
}

// flat lists the recipients one by one, aliases after what they are aliases of.
func (r Recipients) flat() []Recipient {
	var all []Recipient
	add := func(r Recipient, aliases []string) {
		all = append(all, r)
		for _, a := range aliases {
			all = append(all, Recipient{Address: a, Kind: KindAlias, Of: r.Address})
		}
	}
	for _, m := range r.Accounts {
		add(m.recipient(KindAccount), m.Aliases)
	}
	for _, g := range r.Groups {
		add(Recipient{Address: g.Address, Kind: KindGroup}, g.Aliases)
	}
	for _, m := range r.SharedMailboxes {
		add(m.recipient(KindShared), m.Aliases)
	}
	return append(all, r.rows...)
}

func (m Mailbox) recipient(kind Kind) Recipient {
	r := Recipient{
		Address: m.Address, Kind: kind, PrimaryUser: m.PrimaryUser, SecondaryUser: m.SecondaryUser,
		PrimaryPassword: m.PrimaryPassword, MirrorDays: m.MirrorDays, SkipMirror: m.SkipMirror,
		SecondaryPassword: m.SecondaryPassword,
	}
	r.fillUsers()
	return r
}

// fillUsers gives the address as sign-in name where none is written.
func (r *Recipient) fillUsers() {
	if r.Kind != KindAccount && r.Kind != KindShared {
		r.PrimaryUser, r.SecondaryUser = "", ""
		return
	}
	if r.PrimaryUser == "" {
		r.PrimaryUser = r.Address
	}
	if r.SecondaryUser == "" {
		r.SecondaryUser = r.Address
	}
}
