package signin

import "time"

// PasswordWithClock is Password with another clock.
func PasswordWithClock(user string, password Secret, now func() time.Time) Source {
	return &passwordSource{user: user, secret: password, now: now}
}

// Reveal shows tests a token.
func Reveal(t Token) string { return t.reveal() }
