package users

import (
	"context"
	"crypto/cipher"
	"crypto/rand"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"lifeboat/failover"
)

// Options are what a book needs beside its file.
type Options struct {
	Now func() time.Time // nil: time.Now
	Log *slog.Logger     // nil: nothing is logged
}

// New is a user, or another password of one, to be added.
type New struct {
	Address string
	// SendAs is added to what the user may send as already: addresses, and
	// "@example.test" for a whole domain.
	SendAs []string
	// Label says what will use the password; empty: "mail".
	Label string
}

// Book is the file of users. It is safe for use by several goroutines, and several
// processes may have the same file open.
type Book struct {
	path string
	box  cipher.AEAD
	opt  Options

	mu      sync.Mutex
	content content
	seen    os.FileInfo // of the file that content is from
	failed  string      // what the log said last about a file that cannot be read
}

// Open opens the book at path, which need not exist yet. The error is
// failover.ErrDamaged where the file is not what was written under this key.
func Open(path string, key [32]byte, opt Options) (*Book, error) {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	box, err := newBox(key)
	if err != nil {
		return nil, err
	}
	b := &Book{path: path, box: box, opt: opt}
	return b, b.look()
}

// now returns what the file says; where it cannot be read any more, what it said last.
func (b *Book) now() content {
	b.mu.Lock()
	defer b.mu.Unlock()
	err := b.look()
	switch {
	case err == nil:
		b.failed = ""
	case err.Error() != b.failed:
		b.failed = err.Error()
		b.opt.Log.Warn("relay users", "error", err)
	}
	return b.content
}

// List returns the users in the order of their addresses.
func (b *Book) List() []User {
	var all []User
	for _, e := range b.now().Users {
		all = append(all, e.user())
	}
	slices.SortFunc(all, func(x, y User) int { return strings.Compare(normal(x.Address), normal(y.Address)) })
	return all
}

// Get returns a user.
func (b *Book) Get(address string) (User, bool) {
	c := b.now()
	if i := c.find(address); i >= 0 {
		return c.Users[i].user(), true
	}
	return User{}, false
}

// Check reports whether the password is one of the user's. It does not say whether it
// was the address or the password that was wrong, nor let the time it takes tell.
func (b *Book) Check(_ context.Context, address, password string) (User, bool) {
	c := b.now()
	canonical := typed(password)
	i := c.find(address)
	if i < 0 {
		kept{Salt: make([]byte, saltLength)}.matches(canonical)
		return User{}, false
	}
	used := ""
	for _, k := range c.Users[i].Passwords {
		if k.matches(canonical) && canonical != "" {
			used = k.ID
		}
	}
	if used == "" {
		return User{}, false
	}
	u := c.Users[i].user()
	u.Used = used
	return u, true
}

// Add adds a password, and the user if there was none, and returns the password: it is
// shown this once, and not kept.
func (b *Book) Add(ctx context.Context, n New) (string, error) {
	n.Address = strings.TrimSpace(n.Address)
	if err := checkAddress(n.Address); err != nil {
		return "", err
	}
	var senders []string
	for _, s := range n.SendAs {
		s = strings.TrimSpace(s)
		if err := checkSender(s); err != nil {
			return "", err
		}
		senders = append(senders, s)
	}
	n.Label = strings.TrimSpace(n.Label)
	if n.Label == "" {
		n.Label = "mail"
	}
	if err := checkLabel(n.Label); err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(b.path), 0o700); err != nil {
		return "", b.unwritten(err)
	}
	password := newPassword()
	err := b.edit(ctx, func(c *content) error {
		i := c.find(n.Address)
		if i < 0 {
			i = len(c.Users)
			c.Users = append(c.Users, entry{Address: n.Address})
		}
		u := &c.Users[i]
		for _, s := range senders {
			if !slices.ContainsFunc(u.SendAs, func(has string) bool { return normal(has) == normal(s) }) {
				u.SendAs = append(u.SendAs, s)
			}
		}
		salt := make([]byte, saltLength)
		_, _ = rand.Read(salt) // never fails (crypto/rand)
		h := hash(salt, typed(password))
		u.Passwords = append(u.Passwords, kept{
			Password: Password{ID: u.freeID(), Label: n.Label, Made: b.opt.Now().UTC().Truncate(time.Second)},
			Salt:     salt, Hash: h[:],
		})
		return nil
	})
	if err != nil {
		return "", err
	}
	return password, nil
}

func (e *entry) freeID() string {
	for {
		id := random(4)
		if !slices.ContainsFunc(e.Passwords, func(k kept) bool { return k.ID == id || strings.EqualFold(k.Label, id) }) {
			return id
		}
	}
}

// Revoke takes passwords from a user: the one with this ID, or those with this label;
// with which empty, the user and all passwords. A user without a password is removed.
func (b *Book) Revoke(ctx context.Context, address, which string) error {
	return b.edit(ctx, func(c *content) error {
		i := c.find(address)
		if i < 0 {
			return failover.Fail(failover.ErrInvalid, "The relay has no user {address}; lifeboat user list shows all.", "address", address)
		}
		u := &c.Users[i]
		before := len(u.Passwords)
		var names []string
		u.Passwords = slices.DeleteFunc(u.Passwords, func(k kept) bool {
			names = append(names, k.ID+" ("+k.Label+")")
			return which == "" || strings.EqualFold(k.ID, which) || strings.EqualFold(k.Label, which)
		})
		if which != "" && len(u.Passwords) == before {
			return failover.Fail(failover.ErrInvalid, "{address} has no password called {name}; there are: {names}.", "address", address, "name", which, "names", strings.Join(names, ", "))
		}
		if len(u.Passwords) == 0 {
			c.Users = slices.Delete(c.Users, i, i+1)
		}
		return nil
	})
}

// checkAddress refuses what no user is called. It is narrower than RFC 5321: no quoted
// local part and no address literal.
func checkAddress(address string) error {
	at := strings.LastIndexByte(address, '@')
	if at < 1 || len(address) > 254 || !plain(address[:at]) || !isDomain(address[at+1:]) {
		return failover.Fail(failover.ErrInvalid, "“{address}” is no mail address that a user can have; give one like tanaka@example.test.", "address", address)
	}
	return nil
}

func checkSender(s string) error {
	at := strings.LastIndexByte(s, '@')
	if at < 0 || len(s) > 254 || at > 0 && !plain(s[:at]) || !isDomain(s[at+1:]) {
		return failover.Fail(failover.ErrInvalid, "“{sender}” is nothing that a user could send as; give an address like info@example.test, or @example.test for the whole domain.", "sender", s)
	}
	return nil
}

func checkLabel(label string) error {
	if utf8.RuneCountInString(label) > 60 || !utf8.ValidString(label) || strings.ContainsFunc(label, unicode.IsControl) {
		return failover.Fail(failover.ErrInvalid, "The label of a password is at most 60 characters on one line, such as “Canon 2F”.")
	}
	return nil
}

func plain(local string) bool {
	return local != "" && utf8.ValidString(local) && !strings.ContainsFunc(local, func(r rune) bool {
		return unicode.IsControl(r) || unicode.IsSpace(r) || strings.ContainsRune(`()<>[]:;@\,"`, r)
	})
}

func isDomain(domain string) bool {
	for label := range strings.SplitSeq(domain, ".") {
		if !plain(label) || len(label) > 63 {
			return false
		}
	}
	return true
}
