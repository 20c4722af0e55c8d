package cli

import (
	"context"

	"lifeboat/configs"
	"lifeboat/configs/secret"
	"lifeboat/failover"
)

// storedPasswords is the document of a list of passwords that was stored.
type storedPasswords struct {
	Stored int      `json:"stored"`
	Left   []string `json:"left_out"` // sentences
}

// setPasswords stores the passwords of mailboxes from a table.
func (s *session) setPasswords(ctx context.Context, file, at string) error {
	role, err := roleNamed(at)
	if err != nil {
		return err
	}
	list, bad, err := configs.ReadPasswords(file)
	if err != nil {
		return err
	}
	values := map[string]secret.Value{}
	for _, row := range list {
		values[s.mailboxSecret(role, row.Address)] = secret.New(row.Password)
	}
	doc := storedPasswords{Left: []string{}}
	for _, p := range bad {
		s.note(s.say(p))
		doc.Left = append(doc.Left, s.say(p))
	}
	if len(values) == 0 {
		return failover.Fail(failover.ErrInvalid, "{file} has no row with an address and a password, so nothing was stored", "file", file)
	}
	if _, err := s.Secrets(s.place).SetAll(ctx, values); err != nil {
		return err
	}
	doc.Stored = len(values)
	s.printT("Stored: the passwords of {count} mailboxes. The file {file} holds them in the open: delete it now.", "count", doc.Stored, "file", file)
	if err := s.document(doc); err != nil {
		return err
	}
	if len(bad) > 0 {
		return statusError{exitFailed}
	}
	return nil
}

// mailboxSecret is the name of the secret with a mailbox's password at a provider: in the set
// that the settings name, as far as there are settings.
func (s *session) mailboxSecret(role failover.Role, address string) string {
	e, _, err := s.Open(s.place)
	if err != nil {
		return configs.MailboxSecretAt(string(role), address).Name()
	}
	p := e.Settings().Providers.Primary
	if role == failover.Secondary {
		p = e.Settings().Providers.Secondary
	}
	return p.SignIn.MailboxSecret(string(role), address).Name()
}

// secretName is the name of a secret as it was typed: for a mail address, that of the
// mailbox's password at a provider.
func (s *session) secretName(typed, at string) (string, error) {
	role, err := roleNamed(at)
	if err != nil {
		return "", err
	}
	if address, ok := configs.MailboxAddress(typed); ok {
		return s.mailboxSecret(role, address), nil
	}
	if role != failover.Primary {
		return "", failover.Fail(failover.ErrInvalid, "--provider goes with a mail address, not with the name of a secret")
	}
	return typed, nil
}

// mailboxesBySecret tells which mailbox a secret of a name without meaning is for, as
// far as there are settings that say so.
func (s *session) mailboxesBySecret() map[string]string {
	out := map[string]string{}
	e, _, err := s.Open(s.place)
	if err != nil {
		return out // the list is told without
	}
	providers := e.Settings().Providers
	for _, d := range e.Settings().Domains {
		for _, r := range e.Settings().RecipientsOf(d.Name) {
			if r.Kind != configs.KindAccount && r.Kind != configs.KindShared {
				continue
			}
			address, _ := configs.MailboxAddress(r.Address)
			out[providers.Primary.SignIn.MailboxSecret(string(failover.Primary), address).Name()] = address
			out[providers.Secondary.SignIn.MailboxSecret(string(failover.Secondary), address).Name()] = s.tongue.T("{address} at the secondary", "address", address)
		}
	}
	return out
}
