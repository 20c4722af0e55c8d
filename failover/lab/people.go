package lab

import "lifeboat/failover"

// SetSendRoute has the staff hand their mail to a provider from now on, also what
// waits in their outboxes.
func (w *World) SetSendRoute(failover.Role) {}

// SendRoute is the provider that the staff hand their mail to.
func (w *World) SendRoute() failover.Role { return failover.Primary }

// Announce tells those outside to write to the addresses of the emergency
// subdomain. What they have written already stays where it is.
func (w *World) Announce() {}

// BreakRemote gives the mail server of remote.test, a partner outside, a fault;
// None mends it.
func (w *World) BreakRemote(Fault) error { return nil }

// StaffLogin is the user name and password of one of the staff at a provider, for
// submission and IMAP alike; empty where the address is no account there.
func (w *World) StaffLogin(failover.Role, string) (user, password string) { return "", "" }

// Picture is what a drawing of the world needs now.
func (w *World) Picture() Picture { return Picture{At: w.Now()} }
