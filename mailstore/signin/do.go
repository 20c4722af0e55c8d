package signin

import (
	"context"

	"github.com/emersion/go-sasl"
)

// Do signs in. authenticate does one exchange with the client given: nil when the
// server said OK, a [*Refusal] when it said NO or BAD, and any other error when the
// connection is of no more use; it is called again on the same connection with
// another client where that can help. When the client's Next fails, authenticate
// cancels the exchange with "*" (RFC 9051 section 6.2.2), waits for the tagged
// answer, and returns the error of Next.
//
// The error is what authenticate returned when that was no refusal, and else a
// *mailstore.Error: ErrSignIn, ErrThrottled, ErrUnsupported, ErrServer.
func Do(ctx context.Context, source Source, offer Offer, authenticate func(context.Context, sasl.Client) error) error {
	client, err := source.Client(ctx, offer.Mechanisms, offer.Encrypted)
	if err != nil {
		return err
	}
	return authenticate(ctx, client)
}
