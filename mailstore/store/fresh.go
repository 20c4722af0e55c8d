package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"lifeboat/mailstore"
)

// Checked notes a look at an account. A complete one counts from when it began:
// what had arrived before is here. The error is ErrNotFound without the account.
func (s *Store) Checked(ctx context.Context, account mailstore.AccountID, c mailstore.Check) error {
	failed, err := writeSentence(c.Failed)
	if err != nil {
		return err
	}
	expiries, err := writeExpiries(c.Expiries)
	if err != nil {
		return err
	}
	return s.change(ctx, func(t *tx) error {
		// What a failed look did not get to see expires all the same.
		const query = `UPDATE accounts SET tried = ?1, failed = ?2, retry = ?3, missing = ?6, expiries = CASE WHEN ?4 = '' AND ?2 <> '' THEN expiries ELSE ?4 END,
			complete = CASE WHEN ?2 = '' THEN ?1 ELSE complete END,
			since = CASE WHEN ?2 = '' THEN 0 WHEN since = 0 THEN ?1 ELSE since END
			WHERE id = ?5 RETURNING id`
		var id int64
		found, err := t.row(query, []any{nanos(c.Began), failed, unix(c.Retry), expiries, int64(account), c.Missing}, &id)
		if err == nil && !found {
			err = s.noAccount(account)
		}
		return err
	})
}

// Freshness returns how far behind each account's mirror may be, by address; removed
// accounts too.
func (s *Store) Freshness(ctx context.Context) ([]mailstore.Freshness, error) {
	all, err := list(ctx, s, scanFreshness, `SELECT `+accountColumns+`, complete, tried, since, retry, failed, expiries, messages, bytes, undescribed, missing,
			(SELECT count(*) FROM messages WHERE damaged <> 0 AND account = accounts.id)
		FROM accounts ORDER BY address`)
	if err != nil {
		return nil, err
	}
	held, err := list(ctx, s, scanFolder, `SELECT `+folderColumns+` FROM folders WHERE held <> '' ORDER BY account, name`)
	if err != nil {
		return nil, err
	}
	for i := range all {
		for _, f := range held {
			if f.Account == all[i].Account.ID {
				all[i].Held = append(all[i].Held, f)
			}
		}
	}
	return all, nil
}

func scanFreshness(r *sql.Rows) (f mailstore.Freshness, err error) {
	var complete, tried, since, retry int64
	var failed, expiries string
	f.Account, err = scanAccount(r, &complete, &tried, &since, &retry, &failed, &expiries, &f.Messages, &f.Bytes, &f.Undescribed, &f.Missing, &f.Damaged)
	if err != nil {
		return f, err
	}
	f.Complete, f.Tried, f.Since, f.Retry = instant(complete), instant(tried), instant(since), when(retry)
	if failed != "" {
		if err := json.Unmarshal([]byte(failed), &f.Failed); err != nil {
			return f, err
		}
	}
	f.Expiries, err = readExpiries(expiries)
	return f, err
}

func writeSentence(s mailstore.Sentence) (string, error) {
	if s.IsZero() {
		return "", nil
	}
	b, err := json.Marshal(s)
	return string(b), err
}

// expiryRow is mailstore.Expiry as it is kept.
type expiryRow struct {
	What mailstore.Sentence `json:"what"`
	At   int64              `json:"at"`
}

func writeExpiries(all []mailstore.Expiry) (string, error) {
	if len(all) == 0 {
		return "", nil
	}
	rows := make([]expiryRow, len(all))
	for i, e := range all {
		rows[i] = expiryRow{e.What, unix(e.At)}
	}
	b, err := json.Marshal(rows)
	return string(b), err
}

func readExpiries(text string) ([]mailstore.Expiry, error) {
	if text == "" {
		return nil, nil
	}
	var rows []expiryRow
	if err := json.Unmarshal([]byte(text), &rows); err != nil {
		return nil, err
	}
	all := make([]mailstore.Expiry, len(rows))
	for i, r := range rows {
		all[i] = mailstore.Expiry{What: r.What, At: when(r.At)}
	}
	return all, nil
}

// nanos and instant are for times that a person compares with the clock: checks may be
// less than a second apart.
func nanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

func instant(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}
