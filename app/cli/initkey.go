package cli

import (
	"context"
	"slices"
	"strings"

	"lifeboat/app/engine"
	"lifeboat/configs"
	"lifeboat/configs/secret"
	"lifeboat/failover"
)

// signingKey is a DKIM key that settings are to name.
type signingKey struct {
	ref  configs.SecretRef // empty: there is none to be named
	made bool              // by this command
}

// signingKey makes the domain's own DKIM key, unless the settings name one. One that is
// stored already is taken: its record may be published. Where none can be stored, that
// is said, and the settings are written without.
func (s *session) signingKey(ctx context.Context, domain string, now *configs.Settings, f initFlags) (signingKey, error) {
	if f.noDKIM {
		return signingKey{}, nil
	}
	if now != nil {
		if d, ok := now.Domain(domain); ok && d.Signing.On() {
			return signingKey{}, nil
		}
	}
	ref, secrets := engine.SigningSecret(domain), s.Secrets(s.place)
	stored, err := secrets.List()
	if err == nil && slices.ContainsFunc(stored, func(e secret.Entry) bool { return e.Name == ref.Name() }) {
		return signingKey{ref: ref}, nil
	}
	if err == nil {
		var private secret.Value
		if private, err = engine.NewSigningKey(); err != nil {
			return signingKey{}, err
		}
		_, err = secrets.Set(ctx, ref.Name(), private)
	}
	if ctx.Err() != nil {
		return signingKey{}, ctx.Err()
	}
	if err != nil {
		s.note("! " + strings.Join(s.tongue.Errors(err), " "))
		s.note("  " + s.tongue.T(`So no DKIM key was made, and what the relay sends is not signed. Give "lifeboat init {domain}" again when secrets can be stored.`, "domain", failover.Display(domain)))
		return signingKey{}, nil
	}
	s.note("  " + s.tongue.T(`DKIM: a key was made and stored as {name}; "lifeboat prepare" publishes its record.`, "name", ref.Name()))
	return signingKey{ref, true}, nil
}

// forgetKey takes a key away that was made for settings that could not be written.
func (s *session) forgetKey(ctx context.Context, k signingKey) {
	if k.made {
		_ = s.Secrets(s.place).Remove(context.WithoutCancel(ctx), k.ref.Name()) // what went wrong before is told
	}
}
