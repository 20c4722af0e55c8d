package keys

import (
	"context"
	"errors"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"lifeboat/mailstore"
)

// MinPassphrase is how many characters a new passphrase has at least.
const MinPassphrase = 8

// Cost is what stretching a passphrase takes (Argon2id, RFC 9106).
type Cost struct {
	Passes    uint32 `json:"passes"`
	MemoryKiB uint32 `json:"memory_kib"`
	Threads   uint8  `json:"threads"`
}

// usualCost is RFC 9106's second recommended option (section 4).
var usualCost = Cost{Passes: 3, MemoryKiB: 64 << 10, Threads: 4}

// sane reports whether a cost can be paid: a forged file must not make us stretch
// for hours, or take all memory.
func (c Cost) sane() bool {
	return c.Passes >= 1 && c.Passes <= 64 && c.Threads >= 1 && c.Threads <= 16 &&
		c.MemoryKiB >= 8*uint32(c.Threads) && c.MemoryKiB <= 1<<20 && uint64(c.Passes)*uint64(c.MemoryKiB) <= 4<<20
}

// PassphraseOpener asks a person.
type PassphraseOpener struct {
	// Ask returns what the person typed; for a new slot it should have it typed
	// twice. It is called when nothing else has opened the store.
	Ask func(ctx context.Context) (string, error)
	// Cost is of new slots; zero: what is usual.
	Cost Cost
}

// Kind returns [Passphrase].
func (PassphraseOpener) Kind() Kind { return Passphrase }

// ask returns the passphrase in one form, however the keyboard composes letters
// (RFC 8265 section 4.2.2: NFC).
func (o PassphraseOpener) ask(ctx context.Context) (string, error) {
	text, err := o.Ask(ctx)
	if err != nil {
		return "", err
	}
	if text == "" {
		return "", mailstore.Fail(mailstore.ErrKey, "No passphrase was given, so the mail was not opened.")
	}
	return norm.NFC.String(text), nil
}

func (o PassphraseOpener) forge(ctx context.Context, s *record) (secret [Size]byte, code string, err error) {
	cost := o.Cost
	if cost == (Cost{}) {
		cost = usualCost
	}
	if !cost.sane() {
		return secret, "", mailstore.Fail(mailstore.ErrInvalid, "A passphrase cannot be stretched at that cost.")
	}
	text, err := o.ask(ctx)
	if err != nil {
		return secret, "", err
	}
	if utf8.RuneCountInString(text) < MinPassphrase {
		return secret, "", mailstore.Fail(mailstore.ErrInvalid, "The passphrase is too short. Take {count} characters or more; several words are best.", "count", MinPassphrase)
	}
	s.Cost = &cost
	return stretch(text, *s), "", nil
}

func (o PassphraseOpener) open(ctx context.Context, slots []record, fits func(record, [Size]byte) bool) error {
	text, err := o.ask(ctx)
	if err != nil {
		return err
	}
	for _, s := range slots {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if fits(s, stretch(text, s)) {
			return nil
		}
	}
	return mailstore.Fail(mailstore.ErrKey, "The passphrase does not open the mail. Check it and try again; nothing was changed.").Because(errNoFit)
}

func (PassphraseOpener) forget(context.Context, record) error { return nil }

// stretch makes a secret of a passphrase.
func stretch(text string, s record) [Size]byte {
	return [Size]byte(argon2.IDKey([]byte(text), s.Salt, s.Cost.Passes, s.Cost.MemoryKiB, s.Cost.Threads, Size))
}

// isCancelled is whether somebody gave up, rather than gave something wrong.
func isCancelled(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
