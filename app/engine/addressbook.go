package engine

import (
	"context"

	"lifeboat/mailstore"
)

// addressBook is who was seen in the mail.
type addressBook struct{}

// Complete implements [MailSource].
func (m *Mail) Complete(context.Context, string, int) []mailstore.Address { return nil }

var _ MailSource = (*Mail)(nil)
