package signin

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/emersion/go-sasl"

	"lifeboat/mailstore"
)

// exchange is a SASL client of this package, which knows more than a sasl.Client
// tells.
type exchange interface {
	sasl.Client
	mechanism() string
	// credential is whether the password, the token or a proof of it went out.
	credential() bool
	// finish is asked after the server said OK: whether it proved what it had to.
	finish() error
	// leaks reports whether a text of the server's holds anything that is secret.
	leaks(text string) bool
	// explain says what the server's refusal means for this credential; nil: nothing
	// that is known.
	explain(server string, r *Refusal) *mailstore.Error
}

// Do signs in. authenticate does one exchange with the client given: nil when the
// server said OK, a [*Refusal] when it said NO or BAD, and any other error when the
// connection is of no more use; it is called again on the same connection with
// another client where that can help. When the client's Next fails, authenticate
// cancels the exchange with "*" (RFC 9051 section 6.2.2), waits for the tagged
// answer, and returns the error of Next.
//
// The error is what authenticate returned when that was no refusal, and else a
// *mailstore.Error: ErrSignIn, ErrThrottled, ErrUnsupported, ErrServer, or what the
// source failed with.
func Do(ctx context.Context, source Source, offer Offer, authenticate func(context.Context, sasl.Client) error) error {
	mechs := slices.Clone(offer.Mechanisms)
	if offer.LoginCommand {
		mechs = append(mechs, LoginCommand)
	}
	var refused *bearer
	for {
		client, err := source.Client(ctx, mechs, offer.Encrypted)
		if err != nil {
			return err
		}
		token, isToken := client.(*bearer)
		if refused != nil && isToken && token.token.same(refused.token) {
			return refusal(offer.Server, refused, refused.refusal) // there is no other
		}
		err = authenticate(ctx, client)
		var no *Refusal
		switch {
		case err == nil:
			return finish(client)
		case !errors.As(err, &no):
			return remembered(client, err)
		case unsupported(client, no):
			mechs = without(mechs, client)
		case isToken && refused == nil && token.perhapsOld(no):
			source.Rejected()
			token.refusal, refused = no, token
		default:
			return remembered(client, refusal(offer.Server, client, no))
		}
	}
}

// remembered lets a source know that its password was refused.
func remembered(client sasl.Client, err error) error {
	if ours, ok := client.(interface{ rejected(why error) }); ok && errors.Is(err, mailstore.ErrSignIn) {
		ours.rejected(err)
	}
	return err
}

// without is the mechanisms without the client's; none where it has no name.
func without(mechs []string, client sasl.Client) []string {
	ours, ok := client.(exchange)
	if !ok {
		return nil
	}
	return slices.DeleteFunc(mechs, func(m string) bool { return strings.EqualFold(m, ours.mechanism()) })
}

func finish(client sasl.Client) error {
	if ours, ok := client.(exchange); ok {
		return ours.finish()
	}
	return nil
}

// unsupported reports whether a refusal says that the server lacks the mechanism, so
// that another one may be tried: never when it could mean a wrong password, of which
// a few lock an account out. A BAD before anything secret went out can mean nothing
// else; after that, words must say so.
func unsupported(client sasl.Client, r *Refusal) bool {
	switch r.Code {
	case "AUTHENTICATIONFAILED", "AUTHORIZATIONFAILED", "EXPIRED", "UNAVAILABLE", "CONTACTADMIN", "LIMIT", "INUSE", "WEBALERT":
		return false
	}
	ours, ok := client.(exchange)
	if r.Status == "BAD" && ok && !ours.credential() {
		return true
	}
	text := strings.ToLower(r.Text)
	if strings.Contains(text, "invalid credentials") || strings.Contains(text, "password") {
		return false
	}
	for _, words := range [][2]string{
		{"mechanism", "unsupported"}, {"mechanism", "not supported"}, {"mechanism", "unknown"}, {"mechanism", "unrecognized"},
		{"mechanism", "not enabled"}, {"mechanism", "disabled"}, {"mechanism", "not available"}, {"mechanism", "invalid"},
		{"authentication type", "not supported"}, {"authentication type", "unsupported"}, {"authentication method", "not supported"},
		{"authentication method", "unsupported"}, {"authentication method", "disabled"},
	} {
		if strings.Contains(text, words[0]) && strings.Contains(text, words[1]) {
			return true
		}
	}
	return false
}
