package engine

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"lifeboat/mailstore"
	"lifeboat/mailstore/export"
	"lifeboat/mailstore/mime"
	"lifeboat/mailstore/mirror"
	"lifeboat/mailstore/store"
)

// ImportRequest brings mail files of others into the mirror: a way to have something
// to read when the primary is down already.
type ImportRequest struct {
	Paths []string // eml files, mbox files, zip files and folders of them
	// Account is the mailbox that the mail is for, where the files do not say, and
	// Folder the name of the folder that it goes to, "Imported" when empty.
	Account, Folder string
	Code            func(code string)     // as in [MirrorRequest]
	Tell            func(export.Progress) // may be nil
}

// ImportedMail is what came in.
type ImportedMail struct {
	Messages int           `json:"messages"`
	Bytes    int64         `json:"bytes"`
	Known    int           `json:"known"` // of these, those that were here already
	LeftOut  []UnmovedMail `json:"left_out"`
}

// importedFolder is where mail goes whose folder nobody knows.
const importedFolder = "Imported"

// ImportMail brings mail in. What is here already is not brought in twice.
func (e *Engine) ImportMail(ctx context.Context, req ImportRequest) (ImportedMail, error) {
	if e.opt.Mail == nil {
		return ImportedMail{}, noMail()
	}
	address, err := e.importFor(req.Account)
	if err != nil {
		return ImportedMail{}, err
	}
	if err := makeDir(e.path(mailDir)); err != nil {
		return ImportedMail{}, err
	}
	key, code, err := e.withRecovery(ctx)
	if err != nil {
		return ImportedMail{}, err
	}
	if code != "" && req.Code != nil {
		req.Code(code)
	}
	m, err := e.mailIn(ctx, store.Options{Key: key.Derive(storePurpose)})
	if err != nil {
		return ImportedMail{}, err
	}
	in := &importing{
		m: m, req: req, address: address, folders: map[string]*importFolder{},
		sum: ImportedMail{LeftOut: []UnmovedMail{}},
	}
	err = in.all(ctx)
	if err == nil {
		err = e.describeAll(ctx, m.store)
	}
	return in.sum, errors.Join(err, m.Close())
}

// importFor is the mailbox for mail that does not say whose it is: the one named, else
// the only one in the settings.
func (e *Engine) importFor(account string) (string, error) {
	known := e.opt.Settings.MirrorAccounts()
	if account == "" && len(known) == 1 {
		account = known[0].Address
	}
	for _, d := range e.opt.Settings.Domains {
		for _, r := range e.opt.Settings.RecipientsOf(d.Name) {
			if account != "" && strings.EqualFold(r.Address, account) {
				return strings.ToLower(account), nil
			}
		}
	}
	if account == "" {
		return "", nil
	}
	return "", mailstore.Fail(mailstore.ErrInvalid, "{address} is no mailbox of the settings: give one of theirs with --account.", "address", account)
}

// importing is one import.
type importing struct {
	m       *Mail
	req     ImportRequest
	address string
	folders map[string]*importFolder
	sum     ImportedMail
}

// importFolder is a folder that exists here alone, being filled.
type importFolder struct {
	folder mailstore.Folder
	next   mailstore.UID
	known  map[mailstore.Hash]bool
	batch  []mailstore.Arrival
	bytes  int64
}

// A batch is brought in when it is so large.
const (
	importMessages = 200
	importBytes    = 32 << 20
)

func (i *importing) all(ctx context.Context) error {
	for _, path := range i.req.Paths {
		for msg, err := range export.Read(ctx, path) {
			if err := i.one(ctx, msg, err); err != nil {
				return err
			}
		}
	}
	for _, f := range i.folders {
		if err := i.flush(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

// one brings a message in. What cannot be read is told and left out, unless all of
// the import fails with it.
func (i *importing) one(ctx context.Context, msg export.Message, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		if msg.Path != "" { // it is about that alone
			i.sum.LeftOut = append(i.sum.LeftOut, UnmovedMail{msg.Path, mailstore.SentenceOf(err)})
			return nil
		}
		return err
	}
	f, err := i.folderOf(ctx, msg)
	if err != nil {
		return err
	}
	body, received, err := i.body(ctx, msg)
	if err != nil {
		if errors.Is(err, mailstore.ErrDisk) || ctx.Err() != nil {
			return err
		}
		i.sum.LeftOut = append(i.sum.LeftOut, UnmovedMail{msg.Path, mailstore.SentenceOf(err)})
		return nil
	}
	i.sum.Messages++
	i.sum.Bytes += body.Size
	if i.req.Tell != nil {
		i.req.Tell(export.Progress{Messages: i.sum.Messages, Bytes: i.sum.Bytes})
	}
	if f.known[body.Hash] {
		i.sum.Known++
		return nil // the bytes just written belong to nothing, and go in time
	}
	f.known[body.Hash] = true
	f.batch = append(f.batch, mailstore.Arrival{UID: f.next, Received: received, Flags: mailstore.MakeFlags(msg.Flags...), Body: body})
	f.next++
	f.bytes += body.Size
	if len(f.batch) >= importMessages || f.bytes >= importBytes {
		return i.flush(ctx, f)
	}
	return nil
}

// body writes a message's bytes into the store, and finds out when it came.
func (i *importing) body(ctx context.Context, msg export.Message) (mailstore.Body, time.Time, error) {
	r, err := msg.Open(ctx)
	if err != nil {
		return mailstore.Body{}, time.Time{}, err
	}
	defer func() { _ = r.Close() }() // it was only read
	w := i.m.store.NewBody()
	defer w.Abort()
	head := &headOf{}
	if _, err := io.Copy(io.MultiWriter(w, head), r); err != nil {
		return mailstore.Body{}, time.Time{}, err
	}
	received := msg.Received
	if received.IsZero() {
		received = mime.Header(head.bytes).Date
	}
	now := i.m.e.opt.Now()
	if received.IsZero() || received.After(now) || received.Year() < firstMail {
		received = now
	}
	body, err := w.Close()
	return body, received, err
}

// firstMail is the year before which no message can have come.
const firstMail = 1971

// headOf keeps the beginning of what is written to it.
type headOf struct{ bytes []byte }

func (h *headOf) Write(p []byte) (int, error) {
	const enough = 64 << 10
	h.bytes = append(h.bytes, p[:min(len(p), enough-len(h.bytes))]...)
	return len(p), nil
}

// folderOf is the folder that a message goes to.
func (i *importing) folderOf(ctx context.Context, msg export.Message) (*importFolder, error) {
	address := cmp.Or(i.address, strings.ToLower(msg.Account))
	if i.req.Account == "" && msg.Account != "" {
		address = strings.ToLower(msg.Account)
	}
	if address == "" {
		return nil, mailstore.Fail(mailstore.ErrInvalid, "Nobody knows whose mail {file} is: say it with --account.", "file", msg.Path)
	}
	name := cmp.Or(i.req.Folder, msg.Folder, importedFolder)
	if name != importedFolder && i.req.Folder == "" {
		name = importedFolder + "/" + name
	}
	if f, ok := i.folders[address+"\x00"+name]; ok {
		return f, nil
	}
	account, err := i.account(ctx, address)
	if err != nil {
		return nil, err
	}
	f, err := i.open(ctx, account, name)
	if err == nil {
		i.folders[address+"\x00"+name] = f
	}
	return f, err
}

// account is the account of an address, made where there is none.
func (i *importing) account(ctx context.Context, address string) (mailstore.Account, error) {
	if a, err := accountNamed(i.m.accounts, address); err == nil {
		return a, nil
	}
	wanted := slices.DeleteFunc(slices.Clone(i.m.accounts), func(a mailstore.Account) bool { return !a.Removed.IsZero() })
	wanted = append(wanted, mailstore.Account{Address: address, Kind: mailstore.Personal, Days: i.m.e.opt.Settings.Mirror.Days})
	all, err := i.m.store.SaveAccounts(ctx, wanted)
	if err != nil {
		return mailstore.Account{}, err
	}
	i.m.accounts = all
	return accountNamed(all, address)
}

// open opens or makes the folder, and learns what is in it already.
func (i *importing) open(ctx context.Context, a mailstore.Account, name string) (*importFolder, error) {
	folders, err := i.m.store.Folders(ctx, a.ID)
	if err != nil {
		return nil, err
	}
	remote := mailstore.ImportPrefix + name
	f := &importFolder{known: map[mailstore.Hash]bool{}, next: 1}
	at := slices.IndexFunc(folders, func(f mailstore.Folder) bool { return f.RemoteID == remote })
	if at < 0 {
		f.folder, err = i.m.store.SaveFolder(ctx, mailstore.Folder{Account: a.ID, Name: name, Delimiter: "/", RemoteID: remote})
		return f, err
	}
	f.folder = folders[at]
	known, err := i.m.store.Known(ctx, f.folder.ID)
	if err != nil {
		return nil, err
	}
	for _, k := range known {
		msg, err := i.m.store.Message(ctx, k.Message)
		if err != nil {
			return nil, err
		}
		f.known[msg.Hash], f.next = true, max(f.next, k.UID+1)
	}
	return f, nil
}

func (i *importing) flush(ctx context.Context, f *importFolder) error {
	if len(f.batch) == 0 {
		return nil
	}
	_, err := i.m.store.Apply(ctx, mailstore.Batch{Folder: f.folder.ID, UIDValidity: 1, Arrived: f.batch, At: i.m.e.opt.Now()})
	f.batch, f.bytes = nil, 0
	return err
}

// describeAll reads the messages that no search finds yet, as a mirror does that
// connects to nobody.
func (e *Engine) describeAll(ctx context.Context, s *store.Store) error {
	nobody := func(context.Context, mailstore.Account) (mirror.Link, error) { return nil, nothingMirrored() }
	m, err := mirror.New(mirror.Options{Store: s, Connect: nobody, Now: e.opt.Now, Log: e.opt.Logger})
	if err != nil {
		return err
	}
	return m.Describe(ctx)
}
