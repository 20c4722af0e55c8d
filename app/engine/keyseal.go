package engine

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"

	"lifeboat/mailstore/keys"
)

// What files of the data folder say about people (which addresses were asked for, and
// what was answered) is sealed with a key derived from the data key: AES-256-GCM (NIST
// SP 800-38D) under a random nonce, with the file's purpose as associated data. All of
// it can be found out anew, so that a key that is lost costs a check and nothing else,
// and a switch never waits for one.

// sealedMark begins a sealed file.
const sealedMark = "lifeboat sealed 1\n"

// errUnopened: the content is not what was written, or was written under another key.
var errUnopened = errors.New("sealed under another key, or changed")

// seal returns a file's content as it is kept.
func (e *Engine) seal(ctx context.Context, purpose string, plain []byte) ([]byte, error) {
	if e.opt.Mail == nil {
		return plain, nil
	}
	box, err := e.box(ctx, purpose, e.quietly)
	if err != nil {
		return nil, err
	}
	return sealIn(box, purpose, plain), nil
}

func sealIn(box cipher.AEAD, purpose string, plain []byte) []byte {
	nonce := make([]byte, box.NonceSize())
	_, _ = rand.Read(nonce) // never fails (crypto/rand)
	return box.Seal(append([]byte(sealedMark), nonce...), nonce, plain, []byte(purpose))
}

// unseal returns the content of a file as it was given to seal; what an older version
// wrote in the open, as it is.
func (e *Engine) unseal(ctx context.Context, purpose string, kept []byte) ([]byte, error) {
	sealed, isSealed := bytes.CutPrefix(kept, []byte(sealedMark))
	if !isSealed {
		return kept, nil
	}
	if e.opt.Mail == nil {
		return nil, errUnopened
	}
	box, err := e.box(ctx, purpose, func(ctx context.Context) (keys.Key, error) { return e.unlocked(ctx, false) })
	if err != nil {
		return nil, err
	}
	return openIn(box, purpose, sealed)
}

func openIn(box cipher.AEAD, purpose string, sealed []byte) ([]byte, error) {
	if len(sealed) < box.NonceSize() {
		return nil, errUnopened
	}
	plain, err := box.Open(nil, sealed[:box.NonceSize()], sealed[box.NonceSize():], []byte(purpose))
	if err != nil {
		return nil, errUnopened
	}
	return plain, nil
}

// box is the cipher for a purpose. Where the data key does not open, a key of this
// process alone takes its place: what is kept then is known until the program ends.
func (e *Engine) box(ctx context.Context, purpose string, open func(context.Context) (keys.Key, error)) (cipher.AEAD, error) {
	key, err := open(ctx)
	var secret [32]byte
	switch {
	case err == nil:
		secret = key.Derive("sealed " + purpose)
	case ctx.Err() != nil:
		return nil, err
	default:
		e.opt.Logger.Warn("data key", "error", err)
		secret = e.ring.passing()
	}
	return boxOf(secret)
}

func boxOf(secret [32]byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(secret[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// passing is the key of this process alone.
func (r *keyring) passing() [32]byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.own == nil {
		r.own = &[32]byte{}
		_, _ = rand.Read(r.own[:]) // never fails (crypto/rand)
	}
	return *r.own
}
