package configs

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
)

// MirrorAccount is a mailbox to be mirrored.
type MirrorAccount struct {
	Address string
	Shared  bool // several people read it
	// User is the name to sign in with at the primary; Password its secret, where one
	// is used.
	User     string
	Password SecretRef
	Days     int
	IMAP     Endpoint
}

// MirrorAccounts lists the mailboxes to be mirrored, in the order in which they are
// written; none when the primary has no way to sign in.
func (s *Settings) MirrorAccounts() []MirrorAccount {
	signIn := s.Providers.Primary.SignIn
	if !signIn.Configured() {
		return nil
	}
	var out []MirrorAccount
	for i, d := range s.Domains {
		imap := s.provider(i, rolePrimary).IMAP
		for _, r := range s.byDomain[d.Name] {
			if r.SkipMirror || r.Kind != KindAccount && r.Kind != KindShared {
				continue
			}
			out = append(out, MirrorAccount{
				Address: sameAddress(r.Address), Shared: r.Kind == KindShared, User: signIn.UserFor(r.PrimaryUser),
				Password: cmp.Or(r.PrimaryPassword, signIn.Password, signIn.MailboxSecret(rolePrimary, r.Address)),
				Days:     cmp.Or(r.MirrorDays, s.Mirror.Days), IMAP: imap,
			})
		}
	}
	return out
}

// MirrorLimits is how much of the primary the mirror may have: what the settings
// say, else the preset, else what is usual.
func (s *Settings) MirrorLimits() MirrorLimits {
	_, preset := s.written(rolePrimary)
	return MirrorLimits{
		Connections: cmp.Or(s.Mirror.Connections, preset.MirrorLimits.Connections, usualConnections),
		BytesPerDay: cmp.Or(s.Mirror.BytesPerDay, preset.MirrorLimits.BytesPerDay),
	}
}

// NeedMirror returns a sentence saying what the settings lack for a mirror, and
// otherwise nil.
func (s *Settings) NeedMirror() error {
	const path = "providers.primary.sign_in"
	if !s.Providers.Primary.SignIn.Configured() {
		return Say("{at}: there is no {key}, and the mirror needs a way to sign in to the mailboxes. Add it, as in lifeboat.example.yaml.").
			at(s.places.of(path), path)
	}
	if len(s.MirrorAccounts()) == 0 {
		return Say("{at}: no mailbox is listed under {key}, so there is nothing to mirror. Add accounts, or a CSV file.").
			at(s.places.of("recipients"), "recipients")
	}
	return nil
}

// LeftOut returns the rows of recipients' files that were left out because they
// cannot be read as what they are. Whoever stands there would not be tried at the
// secondary, and mail for them might be refused there.
func (s *Settings) LeftOut() []Problem { return s.leftOut }

// MailboxSecret is the secret that holds a mailbox's password where the settings
// name no other. Its name does not give the address away, since lists of names are
// kept in the open.
func MailboxSecret(address string) SecretRef {
	const enough = 12 // bytes, for no two addresses to be taken for each other
	sum := sha256.Sum256([]byte("lifeboat mailbox\x00" + sameAddress(address)))
	return SecretRef("mailbox-" + hex.EncodeToString(sum[:enough]))
}

// MailboxAddress normalises what may be a mail address.
func MailboxAddress(text string) (address string, ok bool) {
	address, _, ok = mailAddress(text)
	return sameAddress(address), ok
}
