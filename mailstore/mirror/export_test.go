package mirror

import "time"

// SetSlowAfter has accounts found slow after another time.
func (m *Mirror) SetSlowAfter(d time.Duration) { m.slowAfter = d }

// Pause is how long an account is left alone after failures.
func (m *Mirror) Pause(failures int, asked time.Duration) time.Duration {
	return m.pause(failures, asked)
}
