package engine

import (
	"context"
	"slices"
	"strconv"

	"lifeboat/mailstore"
	"lifeboat/mailstore/fulltext"
)

// Index implements [MailSource].
func (m *Mail) Index(ctx context.Context, query string, sel MailSelection) (MailIndex, error) {
	q, err := fulltext.Parse(query, m.e.opt.Now())
	if err != nil {
		return MailIndex{}, err
	}
	l, r, err := m.list(ctx, sel)
	if err != nil {
		return MailIndex{}, err
	}
	l.Limit = max(0, sel.Limit)
	noted := make(chan error, 1) // a disk may take as long for it as the index for the list
	go func() { noted <- r.note(ctx, m.gate, AccessEntry{Deed: AccessList, Folder: sel.Folder}) }()
	out := MailIndex{Locked: r.locked}
	// Before the list: what comes meanwhile is noticed next time.
	out.Revision, err = m.Revision(ctx)
	var ids []mailstore.MessageID
	if err == nil {
		ids, err = m.store.SearchIDs(ctx, q, l)
	}
	if failed := <-noted; err == nil {
		err = failed
	}
	if err != nil {
		return MailIndex{}, err
	}
	out.IDs = texts(ids)
	return out, nil
}

// ListMail is a page of a list, newest first, of any source; for what is quicker, see
// [Mail.List]. Query may be empty.
func ListMail(ctx context.Context, from MailSource, query string, sel MailSelection) (MailPage, error) {
	if m, ok := from.(*Mail); ok {
		if query == "" {
			return m.List(ctx, sel)
		}
		return m.Search(ctx, query, sel)
	}
	limit := sel.Limit
	if limit <= 0 {
		limit = usualPage
	}
	sel.Limit = 0
	index, err := from.Index(ctx, query, sel)
	if err != nil {
		return MailPage{}, err
	}
	ids := index.IDs
	if sel.Before != "" {
		ids = ids[slices.Index(ids, sel.Before)+1:] // all, where it is gone
	}
	p := MailPage{Locked: index.Locked}
	if len(ids) > limit {
		ids = ids[:limit]
		p.Next = ids[limit-1]
	}
	p.Messages, err = from.Lines(ctx, ids)
	return p, err
}

// texts are IDs as people see them. They share their memory, which is a third of what
// each alone would take.
func texts(ids []mailstore.MessageID) []string {
	const usual = 11
	all := make([]byte, 0, usual*len(ids))
	ends := make([]int, len(ids))
	for i, id := range ids {
		all = strconv.AppendInt(all, int64(id), mailstore.IDBase)
		ends[i] = len(all)
	}
	joined, out, from := string(all), make([]string, len(ids)), 0
	for i, end := range ends {
		out[i], from = joined[from:end], end
	}
	return out
}

// Lines implements [MailSource].
func (m *Mail) Lines(ctx context.Context, ids []string) ([]MailLine, error) {
	wanted := make([]mailstore.MessageID, len(ids))
	for i, text := range ids {
		var err error
		if wanted[i], err = parseID(text); err != nil {
			return nil, err
		}
	}
	got, err := m.store.ByIDs(ctx, wanted)
	if err != nil {
		return nil, err
	}
	if err := m.loadFor(ctx, got); err != nil {
		return nil, err
	}
	byID := make(map[mailstore.MessageID]MailLine, len(got))
	checked := map[mailstore.AccountID]bool{}
	for _, msg := range got {
		if !checked[msg.Account] {
			if _, err := m.gate.check(ctx, m.address(msg.Account)); err != nil {
				return nil, err
			}
			checked[msg.Account] = true
		}
		byID[msg.ID] = m.line(msg)
	}
	out := make([]MailLine, len(wanted))
	for i, id := range wanted {
		line, ok := byID[id]
		if !ok {
			line = MailLine{ID: id.Text(), Missing: true}
		}
		out[i] = line
	}
	return out, nil
}

// loadFor reads the folders anew where messages lie in one that is not known yet.
func (m *Mail) loadFor(ctx context.Context, all []mailstore.Message) error {
	_, folders := m.known()
	for _, msg := range all {
		for _, p := range msg.Places {
			if _, ok := folders[p.Folder]; !ok {
				return m.load(ctx)
			}
		}
	}
	return nil
}

// Revision implements [MailSource].
func (m *Mail) Revision(ctx context.Context) (string, error) {
	n, err := m.store.Revision(ctx)
	return strconv.FormatInt(n, mailstore.IDBase), err
}
