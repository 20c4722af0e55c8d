package store

import (
	"cmp"
	"context"
	"database/sql"
	"time"

	"lifeboat/mailstore"
)

const (
	defaultGrace = 14 * 24 * time.Hour
	// margin is how much longer than an account's days mail is kept. IMAP tells what is
	// in the window by the day, in the server's zone: what is removed sooner would be
	// fetched again.
	margin = 48 * time.Hour
	// Work of one transaction, and of one call.
	placesAtOnce = 2000
	roundsAtOnce = 10
)

// Retain tidies: it removes what has grown older than its account's days, unless
// somebody imported it, and what has been hidden for longer than the grace, and gives
// the disk back what only they took. What a killed process had taken in and named in
// no batch goes with it. The work of a call is bounded, to some seconds; with nothing
// to do it is a few reads.
func (s *Store) Retain(ctx context.Context, r mailstore.Retention) (done mailstore.Retained, err error) {
	if err := s.owned(); err != nil {
		return done, err
	}
	s.tidying.Lock()
	defer s.tidying.Unlock()
	grace := cmp.Or(max(r.Grace, 0), defaultGrace)
	accounts, err := s.Accounts(ctx)
	if err != nil {
		return done, err
	}
	now, err := s.believed(ctx)
	if err != nil {
		return done, err
	}
	done.More = true
	for round := 0; done.More && round < roundsAtOnce; round++ {
		due, err := s.due(ctx, accounts, now, grace)
		if err != nil {
			return done, err
		}
		done.More = len(due) == placesAtOnce
		if len(due) == 0 {
			continue
		}
		removed := done
		if err := s.change(ctx, func(t *tx) error { return t.expire(due, &removed) }); err != nil {
			return done, err
		}
		done = removed
	}
	if err := s.dropEmpty(ctx, accounts, now.Add(-grace)); err != nil {
		return done, err
	}
	if err := s.compact(ctx, &done); err != nil {
		return done, err
	}
	if err := s.copyWhenDue(ctx); err != nil {
		return done, err
	}
	return done, s.tidyWords(ctx, &done)
}

// tidyWords lets the search index put itself in order.
func (s *Store) tidyWords(ctx context.Context, done *mailstore.Retained) error {
	return s.change(ctx, func(t *tx) error {
		more, err := s.words.Tidy(ctx, t.Tx)
		done.More = done.More || more
		return err
	})
}

// duePlace is a place to be removed.
type duePlace struct {
	place
	folder           mailstore.FolderID
	uidvalidity, uid int64
}

const dueColumns = `p.folder, p.uidvalidity, p.uid, p.message, p.flags, p.gone`

// due finds the next places to be removed.
func (s *Store) due(ctx context.Context, accounts []mailstore.Account, now time.Time, grace time.Duration) ([]duePlace, error) {
	all, err := list(ctx, s, scanDue, `SELECT `+dueColumns+` FROM places p WHERE p.gone <> 0 AND p.gone <= ? LIMIT ?`, now.Add(-grace).Unix(), placesAtOnce)
	if err != nil {
		return nil, err
	}
	for _, a := range accounts {
		if len(all) >= placesAtOnce {
			break
		}
		cut := now.Add(-margin).AddDate(0, 0, -a.Days)
		// A hidden place could be found by both.
		old, err := list(ctx, s, scanDue, `SELECT `+dueColumns+` FROM messages m JOIN places p ON p.message = m.id
			WHERE m.account = ? AND m.id < ? AND p.received < ? AND (p.gone = 0 OR p.gone > ?)
			AND p.folder NOT IN (SELECT id FROM folders WHERE account = ? AND remote LIKE ?) LIMIT ?`,
			int64(a.ID), int64(firstID(cut)), cut.Unix(), now.Add(-grace).Unix(), int64(a.ID), mailstore.ImportPrefix+"%", placesAtOnce-len(all))
		if err != nil {
			return nil, err
		}
		all = append(all, old...)
	}
	return all, nil
}

func scanDue(r *sql.Rows) (p duePlace, err error) {
	return p, r.Scan(&p.folder, &p.uidvalidity, &p.uid, &p.message, &p.flags, &p.gone)
}

// expire removes places, and messages that are nowhere any more.
func (t *tx) expire(due []duePlace, done *mailstore.Retained) error {
	touched := map[mailstore.MessageID]bool{}
	for _, p := range due {
		if p.gone == 0 {
			if err := t.concealed(p.folder, p.place); err != nil {
				return err
			}
		}
		if err := t.exec(`DELETE FROM places WHERE folder = ? AND uidvalidity = ? AND uid = ?`, int64(p.folder), p.uidvalidity, p.uid); err != nil {
			return err
		}
		done.Places++
		touched[p.message] = true
	}
	var gone []mailstore.MessageID
	for id := range touched {
		var one int
		lies, err := t.row(`SELECT 1 FROM places WHERE message = ? LIMIT 1`, []any{int64(id)}, &one)
		if err != nil {
			return err
		}
		if lies {
			continue
		}
		if err := t.remove(id); err != nil {
			return err
		}
		gone = append(gone, id)
	}
	done.Messages += len(gone)
	if len(gone) == 0 {
		return nil
	}
	return t.s.words.Remove(t.ctx, t.Tx, gone)
}

// remove removes a message that lies nowhere, and its bytes if nobody else has them.
func (t *tx) remove(id mailstore.MessageID) error {
	m, found, err := t.scanMessage(`id = ?`, int64(id))
	if err != nil || !found {
		return err
	}
	if !m.described {
		t.countAccount(m.account, 0, 0, -1)
	}
	if err := t.exec(`DELETE FROM messages WHERE id = ?`, int64(id)); err != nil {
		return err
	}
	if err := t.exec(`DELETE FROM summaries WHERE id = ?`, int64(id)); err != nil {
		return err
	}
	var place []byte
	found, err = t.row(`SELECT place FROM bodies WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM messages WHERE body = ?1)`, []any{m.body}, &place)
	if err != nil || !found {
		return err
	}
	if err := t.dead(place); err != nil {
		return err
	}
	return t.exec(`DELETE FROM bodies WHERE id = ?`, m.body)
}

// dropEmpty forgets folders that the primary no longer has and accounts that the
// settings no longer have, once nothing is left in them.
func (s *Store) dropEmpty(ctx context.Context, accounts []mailstore.Account, until time.Time) error {
	const folder = ` FROM folders WHERE gone <> 0 AND gone <= ?1 AND NOT EXISTS (SELECT 1 FROM places WHERE folder = folders.id)`
	ids, err := list(ctx, s, func(r *sql.Rows) (id int64, err error) { return id, r.Scan(&id) }, `SELECT id`+folder, until.Unix())
	if err != nil {
		return err
	}
	var leaving []mailstore.AccountID
	for _, a := range accounts {
		if !a.Removed.IsZero() && a.Removed.Before(until) {
			leaving = append(leaving, a.ID)
		}
	}
	if len(ids)+len(leaving) == 0 {
		return nil
	}
	return s.change(ctx, func(t *tx) error {
		if err := t.exec(`DELETE`+folder, until.Unix()); err != nil {
			return err
		}
		for _, id := range leaving {
			const empty = ` AND NOT EXISTS (SELECT 1 FROM messages WHERE account = ?1)`
			if err := t.exec(`DELETE FROM folders WHERE account = ?1`+empty, int64(id)); err != nil {
				return err
			}
			if err := t.exec(`DELETE FROM accounts WHERE id = ?1`+empty, int64(id)); err != nil {
				return err
			}
		}
		return nil
	})
}
