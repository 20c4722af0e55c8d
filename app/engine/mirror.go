package engine

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"lifeboat/configs"
	"lifeboat/mailstore"
	"lifeboat/mailstore/keys"
	"lifeboat/mailstore/mirror"
	"lifeboat/mailstore/store"
)

// MirrorRequest asks for the mirror to be brought up to date.
type MirrorRequest struct {
	// Accounts are addresses; none means all.
	Accounts []string
	// Watch keeps it up to date until the context ends.
	Watch bool
	// Decisions are a person's answers about folders that are held. They are carried
	// out before anything else.
	Decisions []Decision
	// Code is shown the recovery code of a key that was made just now.
	Code func(code string)
	// Tell hears how it goes; it may be nil.
	Tell func(mirror.Progress)
	// beside, if set, is called while Watch mirrors into the store; its context ends
	// before the store is closed.
	beside func(context.Context, *store.Store, *mirror.Mirror)
}

// Decision is what a person says about a folder from which unusually much vanished.
type Decision struct {
	// Account may be empty where only one account has such a folder.
	Account, Folder string
	// Keep puts what vanished into a folder that exists here alone; otherwise it is
	// hidden as the primary has it.
	Keep bool
}

// Mirror brings the mirror up to date, or with Watch keeps it so. What went wrong with
// an account is in the report and stops no other.
func (e *Engine) Mirror(ctx context.Context, req MirrorRequest) (MirrorReport, error) {
	if e.opt.Mail == nil {
		return MirrorReport{}, noMail()
	}
	if err := e.opt.Settings.NeedMirror(); err != nil {
		return MirrorReport{}, err
	}
	if err := makeDir(e.path(mailDir)); err != nil {
		return MirrorReport{}, err
	}
	key, code, err := e.withRecovery(ctx)
	if err != nil {
		return MirrorReport{}, err
	}
	if code != "" && req.Code != nil {
		req.Code(code)
	}
	return e.mirrorUnder(ctx, key, req)
}

// mirrorUnder opens the store with the data key and mirrors into it.
func (e *Engine) mirrorUnder(ctx context.Context, key keys.Key, req MirrorRequest) (MirrorReport, error) {
	defer debug.SetGCPercent(debug.SetGCPercent(generous))
	l := e.links()
	l.dialAhead(ctx, req.Accounts)
	defer l.ahead.Close()
	s, err := store.Open(ctx, store.Options{
		Dir: e.path(mailDir), Key: key.Derive(storePurpose), Cache: e.opt.Mail.Cache, Now: e.opt.Now, Log: e.opt.Logger,
	})
	if err != nil {
		return MirrorReport{}, err
	}
	debug.SetGCPercent(frugal)
	r, err := e.mirrorInto(ctx, s, l, req)
	return r, errors.Join(err, l.save(context.WithoutCancel(ctx)), s.Close())
}

// By how many hundredths memory may outgrow what is in use. While the store is opened
// that is next to nothing, and collected again and again; while mail is mirrored, Go's
// usual 100 makes a first pull have twice as much resident as it needs.
const (
	generous = 400
	frugal   = 50
)

// storePurpose is what the store's key is derived for.
const storePurpose = "store"

// hasMail reports whether anything was mirrored or imported yet. An index is empty for
// the moments in which the first mirror begins.
func (e *Engine) hasMail() bool {
	index, err := os.Stat(filepath.Join(e.path(mailDir), "index.db"))
	return err == nil && index.Size() > 0
}

func (e *Engine) mirrorInto(ctx context.Context, s *store.Store, l *links, req MirrorRequest) (MirrorReport, error) {
	accounts, err := s.SaveAccounts(ctx, mirroredAccounts(e.opt.Settings))
	if err != nil {
		return MirrorReport{}, err
	}
	wanted, err := accountsNamed(accounts, req.Accounts)
	if err != nil {
		return MirrorReport{}, err
	}
	options := e.mirrorOptions(s, req)
	options.Connect, options.Expiries = l.connect, l.expiries
	m, err := mirror.New(options)
	if err != nil {
		return MirrorReport{}, err
	}
	for _, d := range req.Decisions {
		if err := decide(ctx, s, m, accounts, d); err != nil {
			return MirrorReport{}, err
		}
	}
	if req.Watch {
		return e.watchMirror(ctx, s, m, req.beside)
	}
	if err := e.fileCopies(ctx, e.ring.opened(), s); err != nil {
		e.opt.Logger.Warn("copies of sent mail", "error", err) // the next run files them
	}
	got, err := m.Once(ctx, wanted...)
	r := reportOf(got, e.opt.Now())
	if r.Removed = got.Tidied.Messages; err != nil {
		return r, err
	}
	fresh, err := s.Freshness(ctx)
	r.Alarms = e.alarms(fresh)
	return r, err
}

// watchMirror keeps the mirror up to date, and space free, until the context ends,
// which is no error.
func (e *Engine) watchMirror(ctx context.Context, s *store.Store, m *mirror.Mirror, beside func(context.Context, *store.Store, *mirror.Mirror)) (MirrorReport, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var other sync.WaitGroup
	if beside != nil {
		other.Go(func() { beside(ctx, s, m) })
	}
	tidied := make(chan error, 1)
	go func() {
		var err error
		for err == nil {
			if _, err = e.retain(ctx, s); err == nil {
				err = e.opt.Sleep(ctx, retainEvery)
			}
		}
		tidied <- err
	}()
	err := m.Watch(ctx)
	stop()
	other.Wait()
	if err := <-tidied; err != nil && !errors.Is(err, context.Canceled) {
		e.opt.Logger.Warn("retention", "error", err)
	}
	if errors.Is(err, context.Canceled) {
		err = nil
	}
	return MirrorReport{At: e.opt.Now().UTC(), Accounts: []MirroredAccount{}, Alarms: []MirrorAlarm{}}, err
}

// retainEvery is how often a mirror that goes on tidies up.
const retainEvery = time.Hour

// retain removes what has grown older than what is to be kept.
func (e *Engine) retain(ctx context.Context, s *store.Store) (mailstore.Retained, error) {
	var sum mailstore.Retained
	for {
		r, err := s.Retain(ctx, mailstore.Retention{Grace: e.opt.Settings.Mirror.Grace.Duration()})
		sum.Messages, sum.Places, sum.Bytes, sum.More = sum.Messages+r.Messages, sum.Places+r.Places, sum.Bytes+r.Bytes, r.More
		if err != nil || !r.More {
			return sum, err
		}
	}
}

// mirroredAccounts puts the settings' mailboxes into the words of package mailstore.
func mirroredAccounts(s *configs.Settings) []mailstore.Account {
	var out []mailstore.Account
	for _, a := range s.MirrorAccounts() {
		kind := mailstore.Personal
		if a.Shared {
			kind = mailstore.Shared
		}
		out = append(out, mailstore.Account{Address: a.Address, Kind: kind, Days: a.Days})
	}
	return out
}

// accountsNamed finds accounts by their addresses; none for none named, which means
// all.
func accountsNamed(accounts []mailstore.Account, addresses []string) ([]mailstore.AccountID, error) {
	var out []mailstore.AccountID
	for _, address := range addresses {
		a, err := accountNamed(accounts, address)
		if err != nil {
			return nil, err
		}
		out = append(out, a.ID)
	}
	return out, nil
}

func accountNamed(accounts []mailstore.Account, address string) (mailstore.Account, error) {
	i := slices.IndexFunc(accounts, func(a mailstore.Account) bool { return strings.EqualFold(a.Address, address) })
	if i < 0 {
		return mailstore.Account{}, mailstore.Fail(mailstore.ErrInvalid,
			"There is no mailbox {address} in the mirror: \"lifeboat mail list --folders\" names those that are.", "address", address)
	}
	return accounts[i], nil
}

// decide carries out what a person says about a held folder.
func decide(ctx context.Context, s *store.Store, m *mirror.Mirror, accounts []mailstore.Account, d Decision) error {
	type place struct {
		account mailstore.Account
		folder  mailstore.Folder
	}
	var held []place
	for _, a := range accounts {
		if d.Account != "" && !strings.EqualFold(a.Address, d.Account) {
			continue
		}
		folders, err := s.Folders(ctx, a.ID)
		if err != nil {
			return err
		}
		for _, f := range folders {
			if f.Held != nil && strings.EqualFold(f.Name, d.Folder) {
				held = append(held, place{a, f})
			}
		}
	}
	switch {
	case len(held) == 0:
		return mailstore.Fail(mailstore.ErrInvalid, "No folder {folder} waits for a decision: \"lifeboat status\" names those that do.", "folder", d.Folder)
	case len(held) > 1:
		return mailstore.Fail(mailstore.ErrInvalid, "The folder {folder} of {count} mailboxes waits for a decision: say with --account whose is meant.",
			"folder", d.Folder, "count", len(held))
	case d.Keep:
		return m.Keep(ctx, held[0].account.ID, held[0].folder.ID)
	}
	return m.Accept(ctx, held[0].account.ID, held[0].folder.ID)
}
