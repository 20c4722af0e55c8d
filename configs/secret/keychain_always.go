//go:build windows || darwin

package secret

import "context"

// reachable is always so: the system's own library or program answers or fails.
func reachable(ctx context.Context) error { return ctx.Err() }
