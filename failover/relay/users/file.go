package users

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/gofrs/flock"

	"lifeboat/failover"
)

// mark begins the file. The rest is the nonce and the sealed JSON.
const mark = "lifeboat users 1\n"

// purpose is authenticated with the content: no other file sealed with the same key
// can be put in its place.
const purpose = "relay users"

// lockPause is between two tries to take the lock file, which is held for as long as it
// takes to write a small file.
const lockPause = 20 * time.Millisecond

// content is what the file says. It is never changed once it is in use.
type content struct {
	Users []entry `json:"users"`
}

type entry struct {
	Address   string   `json:"address"`
	SendAs    []string `json:"send_as,omitempty"`
	Passwords []kept   `json:"passwords"`
}

type kept struct {
	Password
	Salt []byte `json:"salt"`
	Hash []byte `json:"hash"`
}

func (e entry) user() User {
	u := User{Address: e.Address, SendAs: append([]string(nil), e.SendAs...)}
	for _, p := range e.Passwords {
		u.Passwords = append(u.Passwords, p.Password)
	}
	return u
}

// find returns where a user is, or -1.
func (c content) find(address string) int {
	address = normal(address)
	for i, e := range c.Users {
		if normal(e.Address) == address && address != "" {
			return i
		}
	}
	return -1
}

var errSeal = errors.New("sealed under another key, or changed")

// parse reads a file's bytes.
func parse(box cipher.AEAD, b []byte) (content, error) {
	var c content
	sealed, ok := bytes.CutPrefix(b, []byte(mark))
	if !ok || len(sealed) < box.NonceSize() {
		return c, errors.New("no file of users")
	}
	plain, err := box.Open(nil, sealed[:box.NonceSize()], sealed[box.NonceSize():], []byte(purpose))
	if err != nil {
		return c, errSeal
	}
	return c, json.Unmarshal(plain, &c)
}

// format is the inverse of parse.
func format(box cipher.AEAD, c content) ([]byte, error) {
	plain, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	b := make([]byte, len(mark)+box.NonceSize())
	copy(b, mark)
	nonce := b[len(mark):]
	_, _ = rand.Read(nonce) // never fails (crypto/rand)
	return box.Seal(b, nonce, plain, []byte(purpose)), nil
}

func newBox(key [32]byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// look brings what is in memory up to date with the file. A file that is not there is an
// empty book.
func (b *Book) look() error {
	info, err := os.Stat(b.path)
	if errors.Is(err, fs.ErrNotExist) {
		b.content, b.seen = content{}, nil
		return nil
	}
	if err != nil {
		return b.unreadable(err)
	}
	if b.seen != nil && os.SameFile(b.seen, info) && b.seen.ModTime().Equal(info.ModTime()) && b.seen.Size() == info.Size() {
		return nil
	}
	raw, err := os.ReadFile(b.path)
	if err != nil {
		return b.unreadable(err)
	}
	c, err := parse(b.box, raw)
	if err != nil {
		return failover.Fail(failover.ErrDamaged, "The relay's users in {file} cannot be read: the file is damaged, or was sealed under another key. Put back a copy of it; or move it away and add the users again with lifeboat user add.", "file", b.path).Because(err)
	}
	// If the file was replaced between Stat and ReadFile, the next look reads it once more.
	b.content, b.seen = c, info
	return nil
}

func (b *Book) unreadable(err error) error {
	return failover.Fail(failover.ErrDisk, "The relay's users in {file} cannot be read; see that the file and its folder are yours.", "file", b.path).Because(err)
}

// edit changes the file under the lock, and what is in memory with it.
func (b *Book) edit(ctx context.Context, change func(*content) error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	lock := flock.New(b.path+".lock", flock.SetPermissions(0o600))
	if ok, err := lock.TryLockContext(ctx, lockPause); err != nil || !ok {
		return b.unwritten(err)
	}
	defer func() { _ = lock.Close() }()
	if err := b.look(); err != nil {
		return err
	}
	c := content{}
	for _, e := range b.content.Users {
		e.SendAs = append([]string(nil), e.SendAs...)
		e.Passwords = append([]kept(nil), e.Passwords...)
		c.Users = append(c.Users, e)
	}
	if err := change(&c); err != nil {
		return err
	}
	raw, err := format(b.box, c)
	if err == nil {
		err = replace(b.path, raw)
	}
	if err != nil {
		return b.unwritten(err)
	}
	return b.look()
}

func (b *Book) unwritten(err error) error {
	return failover.Fail(failover.ErrDisk, "The relay's users could not be written to {file}, and stay as they were; see whether the disk is full and the folder may be written to.", "file", b.path).Because(err)
}

// replace writes a file in one step: after a power cut there is the old one or the new.
func replace(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.new")
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	if runtime.GOOS == "windows" {
		return nil // a folder cannot be synced there, nor need it be
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// rename is tried again for a second: on Windows a file cannot be replaced at the moment
// at which another process reads it.
func rename(from, to string) error {
	err := os.Rename(from, to)
	if runtime.GOOS != "windows" {
		return err
	}
	again := time.NewTicker(lockPause)
	defer again.Stop()
	for n := 0; errors.Is(err, fs.ErrPermission) && n < 50; n++ {
		<-again.C
		err = os.Rename(from, to)
	}
	return err
}
