package store

import (
	"context"

	"lifeboat/mailstore"
)

// Retain TODO
func (s *Store) Retain(ctx context.Context, r mailstore.Retention) (mailstore.Retained, error) {
	return mailstore.Retained{}, nil
}

// Verify TODO
func (s *Store) Verify(ctx context.Context, tell func(mailstore.VerifyProgress)) (mailstore.Verified, error) {
	return mailstore.Verified{}, nil
}
