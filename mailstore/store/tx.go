package store

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"strings"

	"lifeboat/mailstore"
)

// tx is a change of the index. What tables count of each other (a folder its
// messages, an account its bytes) is summed up beside it and written at its end, once.
type tx struct {
	*sql.Tx
	ctx   context.Context
	s     *Store
	stmts map[string]*sql.Stmt

	folders  map[mailstore.FolderID]folderSum
	accounts map[mailstore.AccountID]accountSum
	segments map[uint64]int64 // octets that are wanted, more or less
	flags    flagsets         // new ones
	newest   map[int64]mailstore.MessageID
}

type folderSum struct{ messages, unseen int }

type accountSum struct {
	messages, undescribed int
	bytes                 int64
}

// change runs a change of the index: all of it is on the disk when it returns, or
// nothing of it happened.
func (s *Store) change(ctx context.Context, do func(*tx) error) error {
	if err := s.owned(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failed(s.changeLocked(ctx, do))
}

func (s *Store) changeLocked(ctx context.Context, do func(*tx) error) error {
	begun, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	t := &tx{
		Tx: begun, ctx: ctx, s: s, stmts: map[string]*sql.Stmt{},
		folders: map[mailstore.FolderID]folderSum{}, accounts: map[mailstore.AccountID]accountSum{}, segments: map[uint64]int64{},
		newest: map[int64]mailstore.MessageID{},
	}
	if err := do(t); err != nil {
		return errors.Join(err, begun.Rollback())
	}
	if err := t.sums(); err != nil {
		return errors.Join(err, begun.Rollback())
	}
	if err := begun.Commit(); err != nil {
		return err
	}
	s.flags.add(t.flags)
	return s.keepStatements(ctx, t)
}

// keepStatements has the statements of a change ready for the next. They cannot be
// taken over from a transaction.
func (s *Store) keepStatements(ctx context.Context, t *tx) error {
	for query := range t.stmts {
		if s.stmts[query] != nil {
			continue
		}
		stmt, err := s.write.PrepareContext(ctx, query) //nolint:sqlclosecheck // closed with the store
		if err != nil {
			return nil //nolint:nilerr // what was to be done is done; it is prepared next time
		}
		s.stmts[query] = stmt
	}
	return nil
}

func (t *tx) stmt(query string) (*sql.Stmt, error) {
	if stmt := t.stmts[query]; stmt != nil {
		return stmt, nil
	}
	var stmt *sql.Stmt
	if kept := t.s.stmts[query]; kept != nil {
		stmt = t.StmtContext(t.ctx, kept)
	} else {
		var err error
		if stmt, err = t.PrepareContext(t.ctx, query); err != nil {
			return nil, err
		}
	}
	t.stmts[query] = stmt
	return stmt, nil
}

// exec runs a statement that is used again and again.
func (t *tx) exec(query string, args ...any) error {
	stmt, err := t.stmt(query) //nolint:sqlclosecheck // closed with the transaction
	if err != nil {
		return err
	}
	_, err = stmt.ExecContext(t.ctx, args...)
	return err
}

// insert runs an INSERT and returns the new row's id.
func (t *tx) insert(query string, args ...any) (int64, error) {
	stmt, err := t.stmt(query) //nolint:sqlclosecheck // closed with the transaction
	if err != nil {
		return 0, err
	}
	done, err := stmt.ExecContext(t.ctx, args...)
	if err != nil {
		return 0, err
	}
	return done.LastInsertId()
}

// row scans the one row that a query gives; found is false when there is none.
func (t *tx) row(query string, args []any, into ...any) (found bool, err error) {
	stmt, err := t.stmt(query) //nolint:sqlclosecheck // closed with the transaction
	if err != nil {
		return false, err
	}
	err = stmt.QueryRowContext(t.ctx, args...).Scan(into...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// sums writes what was counted.
func (t *tx) sums() error {
	for id, sum := range t.folders {
		if sum == (folderSum{}) {
			continue
		}
		if err := t.exec(`UPDATE folders SET messages = messages + ?, unseen = unseen + ? WHERE id = ?`, sum.messages, sum.unseen, int64(id)); err != nil {
			return err
		}
	}
	for id, sum := range t.accounts {
		if sum == (accountSum{}) {
			continue
		}
		if err := t.exec(`UPDATE accounts SET messages = messages + ?, bytes = bytes + ?, undescribed = undescribed + ? WHERE id = ?`,
			sum.messages, sum.bytes, sum.undescribed, int64(id)); err != nil {
			return err
		}
	}
	for id, live := range t.segments {
		if live == 0 {
			continue
		}
		//nolint:gosec // segments are counted from 1
		if err := t.exec(`INSERT INTO segments (id, live) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET live = live + ?2`, int64(id), live); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) countFolder(id mailstore.FolderID, messages, unseen int) {
	sum := t.folders[id]
	sum.messages += messages
	sum.unseen += unseen
	t.folders[id] = sum
}

func (t *tx) countAccount(id mailstore.AccountID, messages int, bytes int64, undescribed int) {
	sum := t.accounts[id]
	sum.messages += messages
	sum.bytes += bytes
	sum.undescribed += undescribed
	t.accounts[id] = sum
}

// flagsets is the dictionary of the sets of flags that messages bear: there are few.
type flagsets struct {
	ids  map[string]int64
	sets map[int64]mailstore.Flags
}

func (f *flagsets) add(more flagsets) {
	if f.ids == nil {
		f.ids, f.sets = map[string]int64{}, map[int64]mailstore.Flags{}
	}
	maps.Copy(f.ids, more.ids)
	maps.Copy(f.sets, more.sets)
}

func (f *flagsets) put(id int64, joined string) {
	if f.ids == nil {
		f.ids, f.sets = map[string]int64{}, map[int64]mailstore.Flags{}
	}
	f.ids[joined] = id
	f.sets[id] = splitFlags(joined)
}

// Flags are atoms (RFC 9051 section 9): no blank is within one. The dictionary holds
// them with a blank between.
func splitFlags(joined string) mailstore.Flags {
	if joined == "" {
		return nil
	}
	return strings.Split(joined, " ")
}

func joinFlags(flags mailstore.Flags) string {
	flags = slices.DeleteFunc(mailstore.MakeFlags(flags...), func(f string) bool { return f == "" || strings.Contains(f, " ") })
	return strings.Join(flags, " ")
}

// flagset is the number of a set of flags.
func (t *tx) flagset(flags mailstore.Flags) (int64, error) {
	joined := joinFlags(flags)
	for _, known := range []flagsets{t.s.flags, t.flags} {
		if id, ok := known.ids[joined]; ok {
			return id, nil
		}
	}
	var id int64
	found, err := t.row(`SELECT id FROM flagsets WHERE flags = ?`, []any{joined}, &id)
	if err == nil && !found {
		id, err = t.insert(`INSERT INTO flagsets (flags) VALUES (?)`, joined)
	}
	if err == nil {
		t.flags.put(id, joined)
	}
	return id, err
}

// flagsOf is the set of flags of a number.
func (t *tx) flagsOf(id int64) (mailstore.Flags, error) {
	for _, known := range []flagsets{t.s.flags, t.flags} {
		if set, ok := known.sets[id]; ok {
			return set, nil
		}
	}
	var joined string
	if _, err := t.row(`SELECT flags FROM flagsets WHERE id = ?`, []any{id}, &joined); err != nil {
		return nil, err
	}
	t.flags.put(id, joined)
	return splitFlags(joined), nil
}

// seen reports whether a set of flags holds \Seen.
func (t *tx) seen(flags int64) (bool, error) {
	set, err := t.flagsOf(flags)
	return set.Has(mailstore.Seen), err
}
