package engine

import (
	"context"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strconv"
	"strings"

	"lifeboat/mailstore"
	"lifeboat/mailstore/fulltext"
	"lifeboat/mailstore/imaplink"
	"lifeboat/mailstore/mime"
)

// Folders implements [MailSource].
func (b *browser) Folders(ctx context.Context, account string, _ bool) ([]MailFolder, error) {
	if err := b.isMine(account); err != nil {
		return nil, err
	}
	if _, err := b.gate.check(ctx, b.address); err != nil {
		return nil, err
	}
	listed, err := b.list(ctx)
	if err != nil {
		return nil, err
	}
	out := []MailFolder{}
	for _, f := range listed {
		line := MailFolder{Account: b.address, Name: f.Name, Path: levels(f.Name, f.Delimiter), Role: f.Role, NoMail: f.NoSelect, Unread: -1}
		if f.Status != nil {
			line.Messages, line.Unread = int(f.Status.Messages), int(f.Status.Unseen)
		}
		out = append(out, line)
	}
	sortFolders(out)
	return out, nil
}

// manyFolders is how many folders are counted: a server may take its time for each.
const manyFolders = 500

// list lists the folders with their counts, and gives those that are new a number.
func (b *browser) list(ctx context.Context) ([]imaplink.Folder, error) {
	var listed []imaplink.Folder
	err := b.lists.do(ctx, func(ctx context.Context, l *lane) error {
		found, err := l.conn.List(ctx)
		if err != nil {
			return err
		}
		var names []string
		for _, f := range found {
			if !f.NoSelect && len(names) < manyFolders {
				names = append(names, f.Name)
			}
		}
		counts, err := l.conn.Counts(ctx, names)
		if err != nil {
			return err
		}
		for i, name := range names {
			at := slices.IndexFunc(found, func(f imaplink.Folder) bool { return f.Name == name })
			found[at].Status = counts[i]
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, f := range found {
			if at := b.number(f.Name); at >= 0 {
				b.folders[at] = f
			} else {
				b.folders = append(b.folders, f)
			}
		}
		listed = found
		return nil
	})
	if err != nil {
		return nil, err
	}
	return listed, nil
}

// number is that of a folder; -1: it is not known. The caller holds mu.
func (b *browser) number(name string) int {
	return slices.IndexFunc(b.folders, func(f imaplink.Folder) bool { return f.Name == name })
}

// folder finds a folder by its name, the inbox where there is none.
func (b *browser) folder(ctx context.Context, name string) (imaplink.Folder, error) {
	find := func() (imaplink.Folder, bool) {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, f := range b.folders {
			if f.Name == name || strings.EqualFold(f.Name, name) && b.number(name) < 0 || name == "" && f.Role == mailstore.Inbox {
				return f, true
			}
		}
		return imaplink.Folder{}, false
	}
	f, ok := find()
	if !ok {
		if _, err := b.list(ctx); err != nil {
			return f, err
		}
		f, ok = find()
	}
	if !ok || f.NoSelect {
		return f, mailstore.Fail(mailstore.ErrInvalid, "There is no folder {folder} at {server} that holds mail.", "folder", name, "server", b.server)
	}
	return f, nil
}

// listed lists the folders, unless that was done.
func (b *browser) listed(ctx context.Context) error {
	b.mu.Lock()
	known := len(b.folders) > 0
	b.mu.Unlock()
	if known {
		return nil
	}
	_, err := b.list(ctx)
	return err
}

// browsedID is what the ID of a message at a server is made of. As people see it, it
// stays the same for as long as the message lies there.
type browsedID struct {
	folder   int // its number here
	validity uint32
	uid      mailstore.UID
}

// text is the ID as people see it.
func (b *browser) text(i browsedID) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return fmt.Sprintf("%s.%s.%s", folderKey(b.folders[i.folder].Name), strconv.FormatUint(uint64(i.validity), mailstore.IDBase), strconv.FormatUint(uint64(i.uid), mailstore.IDBase))
}

// folderKey is a folder's name in short: that two of a mailbox have the same is a chance
// of one in many millions, and then one of them is not shown.
func folderKey(name string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name)) // never fails
	return strconv.FormatUint(uint64(h.Sum32()), mailstore.IDBase)
}

// parse reads an ID; the folders are known by then.
func (b *browser) parse(text string) (i browsedID, err error) {
	folder, rest, ok1 := strings.Cut(text, ".")
	validity, uid, ok2 := strings.Cut(rest, ".")
	v, err2 := strconv.ParseUint(validity, mailstore.IDBase, 32)
	u, err3 := strconv.ParseUint(uid, mailstore.IDBase, 32)
	b.mu.Lock()
	defer b.mu.Unlock()
	n := slices.IndexFunc(b.folders, func(f imaplink.Folder) bool { return folderKey(f.Name) == folder })
	if !ok1 || !ok2 || n < 0 || err2 != nil || err3 != nil || u == 0 {
		return i, mailstore.Fail(mailstore.ErrInvalid, "{value} is no ID of a message of this list.", "value", text)
	}
	return browsedID{n, uint32(v), mailstore.UID(u)}, nil
}

// name is the name of a numbered folder.
func (b *browser) name(folder int) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.folders[folder].Name
}

// Index implements [MailSource].
func (b *browser) Index(ctx context.Context, query string, sel MailSelection) (MailIndex, error) {
	if err := b.isMine(sel.Account); err != nil {
		return MailIndex{}, err
	}
	q, err := fulltext.Parse(query, b.e.opt.Now())
	if err != nil {
		return MailIndex{}, err
	}
	criterion, words, err := criterionOf(q, query)
	if err != nil {
		return MailIndex{}, err
	}
	if _, err := b.gate.check(ctx, b.address); err != nil {
		return MailIndex{}, err
	}
	f, err := b.folder(ctx, sel.Folder)
	if err != nil {
		return MailIndex{}, err
	}
	if err := b.gate.read(ctx, AccessEntry{Deed: AccessList, Account: b.address, Folder: f.Name}); err != nil {
		return MailIndex{}, err
	}
	var ids []string
	err = b.lists.do(ctx, func(ctx context.Context, l *lane) error {
		if err := l.open(ctx, f.Name); err != nil {
			return err
		}
		uids, err := l.conn.Search(ctx, criterion, words...)
		if err != nil {
			return err
		}
		if sel.Limit > 0 && len(uids) > sel.Limit {
			uids = uids[len(uids)-sel.Limit:]
		}
		ids = make([]string, 0, len(uids))
		prefix := folderKey(f.Name) + "." + strconv.FormatUint(uint64(l.selected.UIDValidity), mailstore.IDBase)
		for _, uid := range slices.Backward(uids) {
			ids = append(ids, prefix+"."+strconv.FormatUint(uint64(uid), mailstore.IDBase))
		}
		return nil
	})
	if err != nil {
		return MailIndex{}, err
	}
	b.remember(f.Name, ids)
	rev, err := b.Revision(ctx)
	return MailIndex{IDs: ids, Revision: rev}, err
}

// remember takes a list for reading ahead in it.
func (b *browser) remember(folder string, ids []string) {
	place := make(map[string]int, len(ids))
	for i, id := range ids {
		place[id] = i
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.current, b.order, b.place = folder, ids, place
}

// How many lines are kept, and how many more than are asked for are read along with them.
const (
	keptLines = 20_000
	ahead     = 60
)

// Lines implements [MailSource].
func (b *browser) Lines(ctx context.Context, ids []string) ([]MailLine, error) {
	if _, err := b.gate.check(ctx, b.address); err != nil {
		return nil, err
	}
	if err := b.listed(ctx); err != nil {
		return nil, err
	}
	lines, wanted, err := b.unread(ids)
	if err != nil {
		return nil, err
	}
	for folder, of := range wanted {
		got, err := b.readHeads(ctx, folder, of)
		if err != nil {
			return nil, err
		}
		maps.Copy(lines, got)
	}
	out := make([]MailLine, len(ids))
	for i, id := range ids {
		line, ok := lines[id]
		if !ok {
			line = MailLine{ID: id, Account: b.address, Missing: true}
		}
		out[i] = line
	}
	return out, nil
}

// folderOf is a folder under a UIDVALIDITY.
type folderOf struct {
	folder   int
	validity uint32
}

// unread are those of the IDs, and some behind them, that were not read yet. The lines of
// the others come with them: what is kept may be forgotten while these are read.
func (b *browser) unread(ids []string) (lines map[string]MailLine, out map[folderOf][]mailstore.UID, err error) {
	lines, out = map[string]MailLine{}, map[folderOf][]mailstore.UID{}
	add := func(id string) error {
		b.mu.Lock()
		line, known := b.heads[id]
		b.mu.Unlock()
		if known {
			lines[id] = line
			return nil
		}
		i, err := b.parse(id)
		if err == nil {
			of := folderOf{i.folder, i.validity}
			out[of] = append(out[of], i.uid)
		}
		return err
	}
	for _, id := range ids {
		if err := add(id); err != nil {
			return nil, nil, err
		}
	}
	if len(out) == 0 || len(ids) < 2 {
		return lines, out, nil
	}
	b.mu.Lock()
	order, at := b.order, 0
	if i, ok := b.place[ids[len(ids)-1]]; ok {
		at = i + 1
	} else {
		order = nil
	}
	b.mu.Unlock()
	for n := 0; n < ahead && at < len(order); n++ {
		if err := add(order[at]); err != nil {
			return nil, nil, err
		}
		at++
	}
	return lines, out, nil
}

// readHeads reads lines of a folder. Those of another UIDVALIDITY are gone.
func (b *browser) readHeads(ctx context.Context, of folderOf, uids []mailstore.UID) (map[string]MailLine, error) {
	name := b.name(of.folder)
	var read map[string]MailLine
	err := b.lists.do(ctx, func(ctx context.Context, l *lane) error {
		if err := l.open(ctx, name); err != nil {
			return err
		}
		if l.selected.UIDValidity != of.validity {
			return nil
		}
		got := map[string]MailLine{}
		err := l.conn.Heads(ctx, imaplink.SetOf(uids...), func(h imaplink.Head) error {
			line := b.line(h, name)
			line.ID = b.text(browsedID{of.folder, of.validity, h.UID})
			got[line.ID] = line
			return nil
		})
		b.mu.Lock()
		defer b.mu.Unlock()
		if len(b.heads)+len(got) > keptLines {
			clear(b.heads)
		}
		maps.Copy(b.heads, got)
		if err == nil {
			read = got
		}
		return err
	})
	if err != nil {
		return nil, err // read may still be written
	}
	return read, nil
}

// line is a message in a list.
func (b *browser) line(h imaplink.Head, folder string) MailLine {
	letter := mime.Header(h.Header)
	l := MailLine{
		Account: b.address, Received: h.Received.UTC(), Date: letter.Date, From: addresses(letter.From), To: addresses(letter.To),
		Subject: letter.Subject, Size: h.Size, Folders: []string{folder}, Flags: slices.Clone([]string(h.Flags)),
		Unread: !h.Flags.Has(mailstore.Seen), Described: true,
	}
	if l.Flags == nil {
		l.Flags = []string{}
	}
	for _, f := range mime.Headers(strings.NewReader(string(h.Header))) {
		// The server is not asked for the structure, which many find out anew each time.
		if strings.EqualFold(f.Name, "Content-Type") && strings.HasPrefix(strings.ToLower(f.Value), "multipart/mixed") {
			l.Attachments = 1
		}
	}
	return l
}
