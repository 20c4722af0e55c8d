package engine

import (
	"context"
	"errors"

	"lifeboat/mailstore"
	"lifeboat/mailstore/store"
)

// VerifiedMail is what a reading of all mirrored mail found.
type VerifiedMail struct {
	Messages int                  `json:"messages"`
	Bytes    int64                `json:"bytes"`
	Damaged  []MailLine           `json:"damaged"` // the next run of the mirror fetches them again
	Lost     []mailstore.Sentence `json:"lost,omitempty"`
}

// Sound reports whether nothing is damaged.
func (v VerifiedMail) Sound() bool { return len(v.Damaged) == 0 && len(v.Lost) == 0 }

// VerifyMail reads every message and holds it against its hash. What is damaged is
// marked, so that the next run of the mirror fetches it again. It needs the store for
// itself. tell may be nil.
func (e *Engine) VerifyMail(ctx context.Context, tell func(mailstore.VerifyProgress)) (VerifiedMail, error) {
	var out VerifiedMail
	err := e.ownMail(ctx, func(m *Mail) error {
		if tell == nil {
			tell = func(mailstore.VerifyProgress) {}
		}
		v, err := m.store.Verify(ctx, tell)
		out = VerifiedMail{Messages: v.Messages, Bytes: v.Bytes, Damaged: []MailLine{}, Lost: v.Lost}
		for _, d := range v.Damaged {
			d.Damaged = true
			out.Damaged = append(out.Damaged, m.line(d))
		}
		return err
	})
	return out, err
}

// ownMail opens mail that there is as its one owner, for a use.
func (e *Engine) ownMail(ctx context.Context, do func(*Mail) error) error {
	switch {
	case e.opt.Mail == nil:
		return noMail()
	case !e.hasMail():
		return nothingMirrored()
	}
	key, err := e.unlocked(ctx, true)
	if err != nil {
		return err
	}
	m, err := e.mailIn(ctx, store.Options{Key: key.Derive(storePurpose)})
	if err != nil {
		return err
	}
	return errors.Join(do(m), m.Close())
}

func nothingMirrored() error {
	return mailstore.Fail(mailstore.ErrNotFound, "Nothing was mirrored yet: lifeboat mirror begins.")
}
