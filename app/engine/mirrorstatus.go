package engine

import (
	"context"
	"errors"
	"time"

	"lifeboat/mailstore"
)

// MirrorState says whether there is a mirror that can be read.
type MirrorState string

// The states of a mirror.
const (
	NoMirror     MirrorState = "none"   // the settings name no way to sign in
	EmptyMirror  MirrorState = "empty"  // nothing was mirrored yet
	LockedMirror MirrorState = "locked" // nothing at hand opens its key
	BrokenMirror MirrorState = "broken" // it cannot be read
	ReadyMirror  MirrorState = "ready"
)

// MirrorStatus is how the mirror is: how old what is here may be, for each account,
// and what is wrong.
type MirrorStatus struct {
	State MirrorState        `json:"state"`
	Say   mailstore.Sentence `json:"say,omitzero"` // why it is not ready
	// Complete is the oldest of the accounts' last complete looks, zero when there is
	// an account without any: all that had arrived before is here.
	Complete time.Time       `json:"complete,omitzero"`
	Accounts []AccountStatus `json:"accounts,omitempty"`
	Alarms   []MirrorAlarm   `json:"alarms,omitempty"`
	Messages int             `json:"messages"`
	Bytes    int64           `json:"bytes"`
}

// AccountStatus is how fresh an account's mirror is.
type AccountStatus struct {
	Account string                `json:"account"`
	Kind    mailstore.AccountKind `json:"kind"`
	Days    int                   `json:"days"`
	// Complete is when the last complete look began; all that had arrived before is
	// here. Age is how long ago that was, in seconds, -1 when it was never.
	Complete    time.Time          `json:"complete,omitzero"`
	Age         int                `json:"age_seconds"`
	Tried       time.Time          `json:"tried,omitzero"`
	Failed      mailstore.Sentence `json:"failed,omitzero"`
	Since       time.Time          `json:"failing_since,omitzero"`
	Retry       time.Time          `json:"retry,omitzero"`
	Messages    int                `json:"messages"`
	Bytes       int64              `json:"bytes"`
	Undescribed int                `json:"not_searchable_yet,omitempty"`
	Missing     int                `json:"missing,omitempty"`
	Held        []HeldFolder       `json:"held,omitempty"`
	Expiries    []MirrorExpiry     `json:"expiries,omitempty"`
	// Removed is when the settings no longer had it.
	Removed time.Time `json:"removed,omitzero"`
}

// MirrorExpiry is what the mirror rests on, and until when it holds.
type MirrorExpiry struct {
	What mailstore.Sentence `json:"what"`
	At   time.Time          `json:"at"`
}

// MirrorStatus looks at the mirror as it is here. It asks nobody for a passphrase, and
// no server for anything; what keeps it from looking is in its Say.
func (e *Engine) MirrorStatus(ctx context.Context) MirrorStatus {
	configured := e.opt.Settings.NeedMirror() == nil
	switch {
	case e.opt.Mail == nil || !configured && !e.hasMail():
		return MirrorStatus{State: NoMirror, Say: mailstore.Say("There is no mirror: the primary has no sign_in in the settings, or no mailbox is listed.")}
	case !e.hasMail():
		return MirrorStatus{State: EmptyMirror, Say: mailstore.SentenceOf(nothingMirrored())}
	}
	key, err := e.unlocked(ctx, false)
	if err != nil {
		state := BrokenMirror
		if errors.Is(err, mailstore.ErrKey) || errors.Is(err, mailstore.ErrNotFound) {
			state = LockedMirror
		}
		return MirrorStatus{State: state, Say: mailstore.SentenceOf(err)}
	}
	m, err := e.mailBy(ctx, key)
	switch {
	case errors.Is(err, mailstore.ErrNotFound): // it is just being made
		return MirrorStatus{State: EmptyMirror, Say: mailstore.SentenceOf(nothingMirrored())}
	case errors.Is(err, mailstore.ErrKey):
		return MirrorStatus{State: LockedMirror, Say: mailstore.SentenceOf(err)}
	case err != nil:
		return MirrorStatus{State: BrokenMirror, Say: mailstore.SentenceOf(err)}
	}
	defer func() { _ = m.Close() }() // it was only read
	fresh, err := m.store.Freshness(ctx)
	if err != nil {
		return MirrorStatus{State: BrokenMirror, Say: mailstore.SentenceOf(err)}
	}
	return e.statusOf(fresh)
}

func (e *Engine) statusOf(fresh []mailstore.Freshness) MirrorStatus {
	now := e.opt.Now()
	st := MirrorStatus{State: ReadyMirror, Alarms: e.alarms(fresh)}
	never := false
	for _, f := range fresh {
		a := AccountStatus{
			Account: f.Account.Address, Kind: f.Account.Kind, Days: f.Account.Days, Complete: f.Complete, Age: -1,
			Tried: f.Tried, Failed: f.Failed, Since: f.Since, Retry: f.Retry, Messages: f.Messages, Bytes: f.Bytes,
			Undescribed: f.Undescribed, Missing: f.Missing, Held: heldOf(f.Held), Removed: f.Account.Removed,
		}
		for _, x := range f.Expiries {
			a.Expiries = append(a.Expiries, MirrorExpiry(x))
		}
		if !f.Complete.IsZero() {
			a.Age = max(0, int(now.Sub(f.Complete).Seconds()))
		}
		st.Messages, st.Bytes = st.Messages+f.Messages, st.Bytes+f.Bytes
		st.Accounts = append(st.Accounts, a)
		if !f.Account.Removed.IsZero() {
			continue
		}
		never = never || f.Complete.IsZero()
		if st.Complete.IsZero() || f.Complete.Before(st.Complete) {
			st.Complete = f.Complete
		}
	}
	if never {
		st.Complete = time.Time{}
	}
	return st
}
