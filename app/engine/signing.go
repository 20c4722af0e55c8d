package engine

import (
	"context"

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
