package engine

import (
	"context"
	"errors"

	"lifeboat/mailstore"
	"lifeboat/mailstore/keys"
	"lifeboat/mailstore/store"
)

// VerifiedMail is what a reading of all mirrored mail found.
type VerifiedMail struct {
	Messages int                  `json:"messages"`
	Bytes    int64                `json:"bytes"`
	Damaged  []MailLine           `json:"damaged"` // the next run of the mirror fetches them again
	Lost     []mailstore.Sentence `json:"lost,omitempty"`
	// Rebuilt is what a new index was made of; absent where none was made.
	Rebuilt *RebuiltMail `json:"rebuilt,omitempty"`
}

// Sound reports whether nothing is damaged.
func (v VerifiedMail) Sound() bool { return len(v.Damaged) == 0 && len(v.Lost) == 0 }

// VerifyRequest asks for a reading of all mirrored mail.
type VerifyRequest struct {
	// Rebuild makes a new index first, of what can be read of the one that there is; see
	// [store.Rebuild].
	Rebuild bool
	Tell    func(mailstore.VerifyProgress) // may be nil
}

// VerifyMail reads every message and holds it against its hash. What is damaged is
// marked, so that the next run of the mirror fetches it again. It needs the store for
// itself.
func (e *Engine) VerifyMail(ctx context.Context, req VerifyRequest) (VerifiedMail, error) {
	var out VerifiedMail
	if req.Rebuild {
		rebuilt, err := e.rebuildMail(ctx)
		if err != nil {
			return out, err
		}
		out.Rebuilt = &rebuilt
	}
	g, err := e.newGate(ctx, "", "")
	if err != nil {
		return out, err
	}
	err = e.ownMail(ctx, func(m *Mail) error {
		tell := req.Tell
		if tell == nil {
			tell = func(mailstore.VerifyProgress) {}
		}
		v, err := m.store.Verify(ctx, tell)
		out.Messages, out.Bytes, out.Damaged, out.Lost = v.Messages, v.Bytes, []MailLine{}, v.Lost
		for _, d := range v.Damaged {
			d.Damaged = true
			line := m.line(d)
			if g.grant(ctx, line.Account).ground == "" { // which it is can be told, and not what it says
				line.From, line.To, line.Subject, line.Preview, line.Described = []string{}, []string{}, "", "", false
			}
			out.Damaged = append(out.Damaged, line)
		}
		return err
	})
	return out, err
}

// RebuiltMail is what a new index was made of.
type RebuiltMail struct {
	Messages int `json:"messages"` // that it names
	// Whole: the old one could be read to its end. Copied: the copy of the day before
	// filled what could not.
	Whole  bool `json:"whole"`
	Copied bool `json:"copied"`
}

func (e *Engine) rebuildMail(ctx context.Context) (RebuiltMail, error) {
	key, err := e.mailKey(ctx)
	if err != nil {
		return RebuiltMail{}, err
	}
	r, err := store.Rebuild(ctx, e.storeOptions(store.Options{Key: key.Derive(storePurpose)}))
	return RebuiltMail(r), err
}

// ownMail opens mail that there is as its one owner, for a use.
func (e *Engine) ownMail(ctx context.Context, do func(*Mail) error) error {
	key, err := e.mailKey(ctx)
	if err != nil {
		return err
	}
	m, err := e.mailIn(ctx, store.Options{Key: key.Derive(storePurpose)})
	if err != nil {
		return err
	}
	return errors.Join(do(m), m.Close())
}

// mailKey opens the key of mail that there is.
func (e *Engine) mailKey(ctx context.Context) (keys.Key, error) {
	switch {
	case e.opt.Mail == nil:
		return keys.Key{}, noMail()
	case !e.hasMail():
		return keys.Key{}, nothingMirrored()
	}
	return e.unlocked(ctx, true)
}

func nothingMirrored() error {
	return mailstore.Fail(mailstore.ErrNotFound, "Nothing was mirrored yet: lifeboat mirror begins.")
}
