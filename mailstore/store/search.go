package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"strings"

	"lifeboat/mailstore"
	"lifeboat/mailstore/fulltext"
)

// Search returns a page of what a query finds among the messages of a list, the
// newest first, each with its places; the next page begins Before the last one's ID.
// What is hidden in every place is found only by a list that asks for it, and what was
// not described yet is not found. The error is ErrNotFound when the query names an
// account or a folder that there is not.
func (s *Store) Search(ctx context.Context, q fulltext.Query, l mailstore.List) ([]mailstore.Message, error) {
	if q.IsZero() {
		return s.Messages(ctx, l)
	}
	if l.Limit <= 0 {
		l.Limit = 100
	}
	ids, err := s.search(ctx, q, l)
	if err != nil {
		return nil, s.failed(err)
	}
	return s.messages(ctx, ids)
}

// search reads all of its answer from one state of the index.
func (s *Store) search(ctx context.Context, q fulltext.Query, l mailstore.List) ([]mailstore.MessageID, error) {
	tx, err := s.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	defer tx.Rollback() //nolint:errcheck // it only read
	f := &finder{ctx: ctx, tx: tx, list: l}
	if err := f.plan(q); err != nil {
		return nil, err
	}
	return f.page(s.words)
}

// finder is one search.
type finder struct {
	ctx   context.Context //nolint:containedctx // it lives as long as one call
	tx    *sql.Tx
	list  mailstore.List
	words fulltext.Query  // what the index of words answers
	late  []string        // SQL conditions on message m, tried on what it finds
	plain int             // how many of them, the first ones, say no more than the list does
	limit fulltext.Limits // what narrows that
}

// few is how many messages of folders are listed beforehand, rather than tried one by
// one whether they lie there.
const few = 5000

// plan takes the query apart: words are found by the index, where a message lies and how
// it is flagged is known by the tables.
func (f *finder) plan(q fulltext.Query) error {
	f.limit = fulltext.Limits{Account: f.list.Account, Before: f.list.Before, First: firstID, Resolve: f.resolve}
	if !f.list.Gone {
		f.late = append(f.late, `m.live > 0`)
	}
	if f.list.Account == 0 && f.list.Accounts != nil {
		f.late = append(f.late, `m.account IN (`+numbers(f.list.Accounts)+`)`)
	}
	if f.list.Folder != 0 {
		if err := f.inFolders([]mailstore.FolderID{f.list.Folder}, false); err != nil {
			return err
		}
	}
	f.plain = len(f.late)
	var words []fulltext.Query
	for _, part := range q.Parts() {
		state, negated, ok := part.State()
		switch {
		case !ok || state.Key == fulltext.InAccount:
			words = append(words, part)
		case state.Key == fulltext.InFolder:
			folders, err := f.folders(state.Value)
			if err != nil {
				return err
			}
			if err := f.inFolders(folders, negated); err != nil {
				return err
			}
		default:
			condition, err := f.flagged(state.Key)
			if err != nil {
				return err
			}
			f.late = append(f.late, negate(condition, negated))
		}
	}
	f.words = fulltext.All(words...)
	return nil
}

// inFolders narrows the search to what lies in one of the folders, or does not.
func (f *finder) inFolders(folders []mailstore.FolderID, negated bool) error {
	condition := `EXISTS (SELECT 1 FROM places p WHERE p.message = m.id AND p.folder IN (` + numbers(folders) + `)` + f.visible() + `)`
	if negated {
		f.late = append(f.late, negate(condition, true))
		return nil
	}
	var messages, accounts int
	var account mailstore.AccountID
	if err := f.tx.QueryRowContext(f.ctx, `SELECT ifnull(sum(messages), 0), count(DISTINCT account), ifnull(min(account), 0) FROM folders WHERE id IN (`+numbers(folders)+`)`).
		Scan(&messages, &accounts, &account); err != nil {
		return err
	}
	if accounts == 1 && f.limit.Account == 0 {
		f.limit.Account = account
	}
	if f.limit.Within != nil || messages > few {
		f.late = append(f.late, condition)
		return nil
	}
	ids, err := f.ids(`SELECT DISTINCT p.message FROM places p WHERE p.folder IN (` + numbers(folders) + `)` + f.visible() + ` ORDER BY p.message`)
	f.limit.Within = ids
	return err
}

// visible is the condition on a place that counts.
func (f *finder) visible() string {
	if f.list.Gone {
		return ``
	}
	return ` AND p.gone = 0`
}

func negate(condition string, negated bool) string {
	if negated {
		return `NOT ` + condition
	}
	return condition
}

// flagged is the condition on a message that a state of its flags is. One that lies unread
// in any place is unread.
func (f *finder) flagged(key fulltext.StateKey) (string, error) {
	flag, has, negated := mailstore.Seen, false, false
	switch key {
	case fulltext.Read:
		negated = true
	case fulltext.Flagged:
		flag, has = mailstore.Starred, true
	case fulltext.Answered:
		flag, has = mailstore.Answered, true
	case fulltext.Unread, fulltext.InAccount, fulltext.InFolder:
	}
	rows, err := f.tx.QueryContext(f.ctx, `SELECT id, flags FROM flagsets`)
	if err != nil {
		return "", err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var sets []int64
	for rows.Next() {
		var id int64
		var flags string
		if err := rows.Scan(&id, &flags); err != nil {
			return "", err
		}
		if splitFlags(flags).Has(flag) == has {
			sets = append(sets, id)
		}
	}
	return negate(`EXISTS (SELECT 1 FROM places p WHERE p.message = m.id AND p.flags IN (`+numbers(sets)+`)`+f.visible()+`)`, negated), rows.Err()
}

// atOnce is how many messages are tried by one statement.
const atOnce = 4000

// page collects the messages of the page.
func (f *finder) page(words *fulltext.Index) (page []mailstore.MessageID, err error) {
	var some []mailstore.MessageID
	take := min(f.list.Limit, atOnce)
	for id, err := range words.Find(f.ctx, f.tx, f.words, f.limit) {
		if err != nil {
			return nil, err
		}
		if some = append(some, id); len(some) < take || f.list.Limit == everything {
			continue
		}
		if page, err = f.keep(page, some); err != nil || len(page) == f.list.Limit {
			return page, err
		}
		some = some[:0]
		take = min(2*take, atOnce)
	}
	if len(some) > atOnce {
		if some, err = f.listed(some); err != nil {
			return nil, err
		}
	}
	for chunk := range slices.Chunk(some, atOnce) {
		if page, err = f.keep(page, chunk); err != nil {
			return nil, err
		}
	}
	return page, nil
}

// listed keeps those of very many messages that are in the list at all: it is read as a
// whole, rather than asked of each of them.
func (f *finder) listed(some []mailstore.MessageID) (in []mailstore.MessageID, err error) {
	all, err := listIDs(f.ctx, f.tx, mailstore.List{Account: f.list.Account, Accounts: f.list.Accounts, Folder: f.list.Folder, Before: f.list.Before, Gone: f.list.Gone})
	if err != nil {
		return nil, err
	}
	for _, id := range some { // both downwards
		for len(all) > 0 && all[0] > id {
			all = all[1:]
		}
		if len(all) > 0 && all[0] == id {
			in = append(in, id)
		}
	}
	f.late = f.late[f.plain:]
	return in, nil
}

// keep adds to a page what of some messages fulfils the conditions, up to its end.
func (f *finder) keep(page, some []mailstore.MessageID) ([]mailstore.MessageID, error) {
	if len(some) == 0 {
		return page, nil
	}
	if len(f.late) > 0 {
		asked, err := json.Marshal(some)
		if err != nil {
			return nil, err
		}
		query := `SELECT m.id FROM json_each(?) j CROSS JOIN messages m ON m.id = j.value WHERE ` + strings.Join(f.late, ` AND `) + ` ORDER BY j.key LIMIT ?`
		if some, err = f.ids(query, string(asked), f.list.Limit-len(page)); err != nil {
			return nil, err
		}
	}
	return append(page, some[:min(len(some), f.list.Limit-len(page))]...), nil
}

// ids reads a column of messages; never nil.
func (f *finder) ids(query string, args ...any) ([]mailstore.MessageID, error) {
	rows, err := f.tx.QueryContext(f.ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	ids := []mailstore.MessageID{}
	for rows.Next() {
		var id mailstore.MessageID
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// resolve lists of what a state is true, for a query in which it is one of several
// possibilities.
func (f *finder) resolve(_ context.Context, state fulltext.State) (fulltext.Set, error) {
	switch state.Key {
	case fulltext.InAccount:
		accounts, err := f.accounts(state.Value)
		return fulltext.Set{Accounts: accounts}, err
	case fulltext.InFolder:
		folders, err := f.folders(state.Value)
		if err != nil {
			return fulltext.Set{}, err
		}
		ids, err := f.ids(`SELECT DISTINCT p.message FROM places p WHERE p.folder IN (` + numbers(folders) + `)` + f.visible() + ` ORDER BY p.message`)
		return fulltext.Set{Messages: ids}, err
	case fulltext.Unread, fulltext.Read, fulltext.Flagged, fulltext.Answered:
	}
	condition, err := f.flagged(state.Key)
	if err != nil {
		return fulltext.Set{}, err
	}
	ids, err := f.ids(`SELECT m.id FROM messages m WHERE ` + condition + ` ORDER BY m.id`)
	return fulltext.Set{Messages: ids}, err
}

// accounts are those in whose address the words stand.
func (f *finder) accounts(words string) (ids []mailstore.AccountID, err error) {
	err = f.each(`SELECT id, address FROM accounts`, func(id int64, texts [3]string) {
		if strings.Contains(" "+fulltext.Words(texts[0]), " "+words) {
			ids = append(ids, mailstore.AccountID(id))
		}
	})
	if err == nil && len(ids) == 0 {
		err = mailstore.Fail(mailstore.ErrNotFound, "No mirrored account has {words} in its address.", "words", words)
	}
	return ids, err
}

// folderWords are what people call folders beside their role's name.
var folderWords = map[string]mailstore.Role{
	"spam": mailstore.Junk, "deleted": mailstore.Trash, "bin": mailstore.Trash, "draft": mailstore.Drafts,
	"受信箱": mailstore.Inbox, "受信トレイ": mailstore.Inbox, "送信済み": mailstore.Sent, "下書き": mailstore.Drafts,
	"迷惑メール": mailstore.Junk, "ゴミ箱": mailstore.Trash, "アーカイブ": mailstore.Archive,
}

// folders are those that are called so, by their name, the last level of it, or
// their role; where none is, those in whose name the words stand.
func (f *finder) folders(words string) ([]mailstore.FolderID, error) {
	role := folderWords[words]
	query := `SELECT id, name, delimiter, role FROM folders`
	if f.list.Account != 0 {
		query += ` WHERE account = ` + numbers([]mailstore.AccountID{f.list.Account})
	}
	var called, like []mailstore.FolderID
	err := f.each(query, func(id int64, texts [3]string) {
		name, last, its := fulltext.Words(texts[0]), texts[0], texts[2]
		if texts[1] != "" {
			last = last[strings.LastIndex(last, texts[1])+1:]
		}
		switch {
		case name == words, fulltext.Words(last) == words, its != "" && (its == words || its == string(role)):
			called = append(called, mailstore.FolderID(id))
		case strings.Contains(name, words):
			like = append(like, mailstore.FolderID(id))
		}
	})
	switch {
	case err != nil:
		return nil, err
	case len(called) > 0:
		return called, nil
	case len(like) > 0:
		return like, nil
	}
	return nil, mailstore.Fail(mailstore.ErrNotFound, "No mirrored folder has {words} in its name.", "words", words)
}

// each reads rows of a number and up to three texts.
func (f *finder) each(query string, do func(id int64, texts [3]string)) error {
	rows, err := f.tx.QueryContext(f.ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	for rows.Next() {
		var id int64
		var texts [3]string
		if err := rows.Scan([]any{&id, &texts[0], &texts[1], &texts[2]}[:len(columns)]...); err != nil {
			return err
		}
		do(id, texts)
	}
	return rows.Err()
}

// numbers writes IDs for SQL.
func numbers[T ~int64](ids []T) string {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = itoa(int(id))
	}
	slices.Sort(texts)
	return strings.Join(texts, ",")
}
