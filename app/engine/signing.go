package engine

import (
	"context"
	"strings"

	"lifeboat/configs"
	"lifeboat/configs/secret"
	"lifeboat/failover"
	"lifeboat/failover/relay/dkim"
)

// withSigning returns the domain with the record of its own DKIM key, for which the
// key has to be opened. Where it cannot be, the record stays empty, which plans and
// checks tell: nothing else waits for it.
func (e *Engine) withSigning(ctx context.Context, d failover.Domain) failover.Domain {
	settings, ok := e.opt.Settings.Domain(d.Name)
	if !ok || !settings.Signing.On() {
		return d
	}
	private, err := e.opt.Password(ctx, settings.Signing.Key)
	if err == nil {
		d.Signing.Value, err = dkim.Record(private)
	}
	if err != nil {
		e.opt.Logger.Warn("DKIM key", "domain", settings.Name, "secret", settings.Signing.Key.Name(), "error", err)
	}
	return d
}

// SigningSecret is the name under which the DKIM key of a domain is kept.
func SigningSecret(domain string) configs.SecretRef {
	words := strings.FieldsFunc(strings.ToLower(failover.FQDN(domain)), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	name := "dkim-" + strings.Join(words, "-")
	return configs.SecretRef(strings.TrimRight(name[:min(len(name), maxSecretName)], "-"))
}

// maxSecretName is how long the name of a secret may be, see configs.ValidSecretName.
const maxSecretName = 63

// NewSigningKey makes a DKIM key, to be kept under [SigningSecret].
func NewSigningKey() (secret.Value, error) {
	private, _, err := dkim.Generate()
	return secret.New(private), err
}
