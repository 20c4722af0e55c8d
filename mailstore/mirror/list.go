package mirror

import (
	"context"
	"slices"
	"strings"

	"lifeboat/mailstore"
	"lifeboat/mailstore/imaplink"
)

// job is a folder that is to be looked at.
type job struct {
	name   string // as the server has it
	folder mailstore.Folder
	status *imaplink.Status // nil: the server did not tell
	// estimate is how many messages the meter was told to expect before the folder
	// was compared.
	estimate int
	// stored counts what was stored for it, so that a try that got further is told
	// from one that did not.
	stored int
}

// list compares the server's folders with the store's, saves what is new about them,
// and tells which are to be looked at, and which are gone.
func (c *check) list(ctx context.Context, link Link) (jobs []*job, absent []mailstore.Folder, err error) {
	listed, err := link.List(ctx)
	if err != nil {
		return nil, nil, err
	}
	stored, err := c.m.o.Store.Folders(ctx, c.account.ID)
	if err != nil {
		return nil, nil, err
	}
	found, err := match(listed, stored, c.m.o.Folders)
	if err != nil {
		return nil, nil, err
	}
	if err := c.askStatus(ctx, link, found.pairs); err != nil {
		return nil, nil, err
	}
	if err := c.renamed(ctx, link, &found); err != nil {
		return nil, nil, err
	}
	c.out.Folders = len(found.pairs)
	damaged, err := c.m.o.Store.Damaged(ctx, c.account.ID)
	if err != nil {
		return nil, nil, err
	}
	for _, p := range found.pairs {
		folder, err := c.save(ctx, p)
		if err != nil {
			return nil, nil, err
		}
		j := &job{name: p.listed.Name, folder: folder, status: p.listed.Status}
		if !c.wantedByAnswer(folder) || !slices.Contains(damaged, folder.ID) && c.unchanged(folder, j.status) {
			continue
		}
		jobs = append(jobs, j)
	}
	c.out.Looked = len(jobs)
	inOrder(jobs)
	return jobs, found.absent, nil
}

// pair is a listed folder and what the store has of it; ID 0: nothing yet.
type pair struct {
	listed imaplink.Folder
	stored mailstore.Folder
}

// matched is the outcome of comparing lists.
type matched struct {
	pairs  []pair
	absent []mailstore.Folder // in the store, and no longer listed
}

// match compares what the server lists with what the store has. Folders are the same
// by the server's own name for them, else by their name.
func match(listed []imaplink.Folder, stored []mailstore.Folder, rules Rules) (matched, error) {
	all := make(map[string]imaplink.Folder, len(listed))
	names := make([]string, 0, len(listed))
	for _, f := range listed {
		if strings.EqualFold(f.Name, "INBOX") {
			f.Name = "INBOX" // it alone is one in upper and lower case (RFC 9051 section 5.1)
		}
		if _, double := all[f.Name]; double {
			continue
		}
		f.Role = roleOf(f)
		all[f.Name] = f
		if !f.NoSelect {
			names = append(names, f.Name)
		}
	}
	if _, there := all["INBOX"]; !there {
		return matched{}, mailstore.Fail(mailstore.ErrServer,
			"The server's list of folders lacks the inbox, so it is not believed. The next check asks again.")
	}
	var out matched
	taken := map[mailstore.FolderID]bool{}
	var unnamed []string
	for _, name := range names { // first by the server's own names
		f := all[name]
		i := slices.IndexFunc(stored, func(s mailstore.Folder) bool {
			return f.RemoteID != "" && s.RemoteID == f.RemoteID && !taken[s.ID]
		})
		if i < 0 {
			unnamed = append(unnamed, name)
			continue
		}
		taken[stored[i].ID] = true
		if rules.wants(f, all) {
			out.pairs = append(out.pairs, pair{f, stored[i]})
		}
	}
	for _, name := range unnamed {
		f := all[name]
		p := pair{listed: f}
		if i := sameName(f, stored, taken); i >= 0 {
			p.stored = stored[i]
			taken[p.stored.ID] = true
		}
		if rules.wants(f, all) {
			out.pairs = append(out.pairs, p)
		}
	}
	for _, s := range stored {
		if !taken[s.ID] && !s.Local() && s.Gone.IsZero() {
			out.absent = append(out.absent, s)
		}
	}
	return out, nil
}

// sameName finds the folder of that name; of several the one that was there last.
// One that the server knows by another name of its own is another folder.
func sameName(f imaplink.Folder, stored []mailstore.Folder, taken map[mailstore.FolderID]bool) int {
	found := -1
	for i, s := range stored {
		if s.Name != f.Name || taken[s.ID] || s.Local() || s.RemoteID != "" && f.RemoteID != "" {
			continue
		}
		if found < 0 || s.Gone.IsZero() || !stored[found].Gone.IsZero() && s.Gone.After(stored[found].Gone) {
			found = i
		}
	}
	return found
}

// askStatus asks for the status of folders that were listed without.
func (c *check) askStatus(ctx context.Context, link Link, pairs []pair) error {
	var names []string
	var of []int
	for i, p := range pairs {
		if p.listed.Status == nil {
			names = append(names, p.listed.Name)
			of = append(of, i)
		}
	}
	if len(names) == 0 {
		return nil
	}
	got, err := link.Status(ctx, names)
	if err != nil {
		return err
	}
	for i, status := range got {
		if i < len(of) {
			pairs[of[i]].listed.Status = status
		}
	}
	return nil
}

// save stores what is new about a folder, if anything is. One that is back stays Gone
// until it was compared: what lay in it is hidden.
func (c *check) save(ctx context.Context, p pair) (mailstore.Folder, error) {
	want := p.stored
	want.Account, want.Name, want.Delimiter = c.account.ID, p.listed.Name, p.listed.Delimiter
	want.Role = p.listed.Role
	if p.listed.RemoteID != "" {
		want.RemoteID = p.listed.RemoteID
	}
	s := p.stored
	if s.ID != 0 && want.Name == s.Name && want.Delimiter == s.Delimiter && want.Role == s.Role && want.RemoteID == s.RemoteID {
		return s, nil
	}
	return c.m.o.Store.SaveFolder(ctx, want)
}

// unchanged reports whether a folder need not be looked at.
func (c *check) unchanged(f mailstore.Folder, s *imaplink.Status) bool {
	k := f.Cursor
	if s == nil || f.Held != nil || !f.Gone.IsZero() || k.UIDValidity == 0 || c.cutoff.Before(k.From) {
		return false
	}
	if k.UIDValidity != s.UIDValidity || k.UIDNext != s.UIDNext || k.Exists != s.Messages || k.ModSeq != s.ModSeq {
		return false
	}
	if s.ModSeq == 0 && c.thorough {
		return false // flags may have changed without a trace
	}
	return !c.due(k)
}

// due reports whether everything is to be compared, whatever the server says.
func (c *check) due(k mailstore.Cursor) bool {
	every := reconcile
	if k.ModSeq == 0 {
		every = reconcileBlind
	}
	return c.began.Sub(k.Reconciled) >= every
}

// inOrder puts the folder of all mail first, as its bytes are those of the others,
// then the inbox, then those with little to fetch.
func inOrder(jobs []*job) {
	rank := func(j *job) int {
		switch j.folder.Role {
		case mailstore.All:
			return 0
		case mailstore.Inbox:
			return 1
		default:
			return 2
		}
	}
	slices.SortStableFunc(jobs, func(a, b *job) int { return rank(a) - rank(b) })
}
