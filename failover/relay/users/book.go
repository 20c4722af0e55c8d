package users

import (
	"context"
	"log/slog"
	"time"
)

// Options are what a book needs beside its file.
type Options struct {
	Now func() time.Time // nil: time.Now
	Log *slog.Logger     // nil: nothing is logged
}

// New is a user, or another password of one, to be added.
type New struct {
	Address string
	// SendAs is added to what the user may send as already.
	SendAs []string
	// Label says what will use the password; empty: "mail".
	Label string
}

// Book is the file of users. It is safe for use by several goroutines, and several
// processes may have the same file open.
type Book struct{}

// Open opens the book at path, which need not exist yet.
func Open(path string, key [32]byte, opt Options) (*Book, error) { return &Book{}, nil }

// Add adds a password, and the user if there was none, and returns the password: it is
// shown this once.
func (b *Book) Add(ctx context.Context, n New) (password string, err error) { return "", nil }

// List returns the users in the order of their addresses.
func (b *Book) List() []User { return nil }

// Get returns a user.
func (b *Book) Get(address string) (User, bool) { return User{}, false }

// Revoke takes one password from a user, named by its label or ID, or with which empty
// the user and all passwords.
func (b *Book) Revoke(ctx context.Context, address, which string) error { return nil }

// Check reports whether the password is one of the user's.
func (b *Book) Check(ctx context.Context, address, password string) (User, bool) {
	return User{}, false
}
