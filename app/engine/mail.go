package engine

import (
	"context"
	"errors"
	"sync"

	"lifeboat/mailstore"
	"lifeboat/mailstore/keys"
	"lifeboat/mailstore/store"
)

// Mail is the mirrored mail, open for reading, also while a mirror is at work. It is a
// [MailSource]. Close it after use.
type Mail struct {
	e     *Engine
	store *store.Store
	gate  *gate // nil: whoever has it open is not a person
	book  addressBook
	base  context.Context //nolint:containedctx // of work in the background; it ends with Close
	stop  context.CancelFunc

	mu       sync.Mutex // over accounts and folders
	accounts []mailstore.Account
	folders  map[mailstore.FolderID]mailstore.Folder
}

// ReadAs says as what somebody reads mail.
type ReadAs struct {
	// Reason opens other people's mail; empty: see [MailAccount] for what else does.
	Reason string
}

// OpenMail opens the mirrored mail. A person may be asked for the passphrase of the
// data key.
func (e *Engine) OpenMail(ctx context.Context, as ReadAs) (*Mail, error) {
	m, err := e.openMail(ctx, true)
	if err != nil {
		return nil, err
	}
	m.base, m.stop = context.WithCancel(context.WithoutCancel(ctx))
	if m.gate, err = e.newGate(ctx, as.Reason, ""); err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return m, nil
}

func (e *Engine) openMail(ctx context.Context, ask bool) (*Mail, error) {
	if e.opt.Mail == nil {
		return nil, noMail()
	}
	if !e.hasMail() {
		return nil, nothingMirrored()
	}
	key, err := e.unlocked(ctx, ask)
	if err != nil {
		return nil, err
	}
	return e.mailBy(ctx, key)
}

// mailBy opens the mirrored mail with its key.
func (e *Engine) mailBy(ctx context.Context, key keys.Key) (*Mail, error) {
	return e.mailIn(ctx, store.Options{Key: key.Derive(storePurpose), ReadOnly: true})
}

// mailIn opens the store; the options are completed.
func (e *Engine) mailIn(ctx context.Context, o store.Options) (*Mail, error) {
	s, err := store.Open(ctx, e.storeOptions(o))
	if err != nil {
		return nil, err
	}
	m := &Mail{e: e, store: s}
	if err := m.load(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return m, nil
}

// storeOptions say where the store is and what it works with.
func (e *Engine) storeOptions(o store.Options) store.Options {
	o.Dir, o.Cache, o.Now, o.Log = e.path(mailDir), e.opt.Mail.Cache, e.opt.Now, e.opt.Logger
	return o
}

// load reads accounts and folders, which change while the mail is open.
func (m *Mail) load(ctx context.Context) error {
	accounts, err := m.store.Accounts(ctx)
	if err != nil {
		return err
	}
	byID := map[mailstore.FolderID]mailstore.Folder{}
	for _, a := range accounts {
		folders, err := m.store.Folders(ctx, a.ID)
		if err != nil {
			return err
		}
		for _, f := range folders {
			byID[f.ID] = f
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.accounts, m.folders = accounts, byID
	return nil
}

// known are the accounts and folders as they were read last. Nobody changes what is
// returned.
func (m *Mail) known() ([]mailstore.Account, map[mailstore.FolderID]mailstore.Folder) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.accounts, m.folders
}

// Close gives the mail back.
func (m *Mail) Close() error {
	if m.stop != nil {
		m.book.end(m.stop)
	}
	return m.store.Close()
}
