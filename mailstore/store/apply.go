package store

import (
	"context"
	"slices"
	"time"

	"lifeboat/mailstore"
)

// displaced is the UIDVALIDITY, which no server can have, of places whose UID the
// server gave to another message, against its promise. Their UID is the message's ID.
const displaced = -1

// Apply brings a batch in. When it returns nil all of it is on the disk: the bytes
// first, then, in one transaction, the rows and the cursor. A failed one changed
// nothing, and bringing it in again is harmless even if it did not fail. The error is
// ErrNotFound without the folder, ErrInvalid for bodies that are not this store's, ErrDisk,
// or ErrDamaged.
func (s *Store) Apply(ctx context.Context, b mailstore.Batch) (mailstore.Applied, error) {
	var done mailstore.Applied
	if err := s.owned(); err != nil {
		return done, err
	}
	if err := s.durable(ctx, b.Arrived); err != nil {
		return done, err
	}
	if b.At.IsZero() {
		b.At = s.now()
	}
	if b.Cursor != nil && b.UIDValidity == 0 {
		b.UIDValidity = b.Cursor.UIDValidity
	}
	if b.UIDValidity == 0 || b.Cursor != nil && b.Cursor.UIDValidity != b.UIDValidity {
		return done, mailstore.Fail(mailstore.ErrInvalid, "What was read of a folder does not say what its numbers belong to (UIDVALIDITY).")
	}
	err := s.change(ctx, func(t *tx) error {
		var err error
		done, err = t.apply(b)
		return err
	})
	if err != nil {
		return mailstore.Applied{}, err
	}
	s.unpin(b.Arrived)
	return done, nil
}

// into is the folder that a batch comes to.
type into struct {
	folder   mailstore.FolderID
	account  mailstore.AccountID
	validity int64 // of the batch
	before   int64 // of the folder
	at       int64
}

func (t *tx) apply(b mailstore.Batch) (done mailstore.Applied, err error) {
	to := into{folder: b.Folder, validity: int64(b.UIDValidity), at: b.At.Unix()}
	found, err := t.row(`SELECT account, uidvalidity FROM folders WHERE id = ?`, []any{int64(b.Folder)}, &to.account, &to.before)
	if err != nil {
		return done, err
	}
	if !found {
		return done, t.s.noFolder(b.Folder)
	}
	if to.before == 0 { // the folder's first: what comes is known as soon as it is here
		to.before = to.validity
		if err := t.exec(`UPDATE folders SET uidvalidity = ? WHERE id = ?`, to.validity, int64(b.Folder)); err != nil {
			return done, err
		}
	}
	for i := range b.Arrived {
		if err := t.arrive(to, &b.Arrived[i], &done); err != nil {
			return done, err
		}
	}
	for _, c := range b.Changed {
		if err := t.changeFlags(to, c, &done); err != nil {
			return done, err
		}
	}
	for _, uid := range b.Gone {
		if err := t.vanish(to, uid, &done); err != nil {
			return done, err
		}
	}
	if b.Cursor != nil {
		err = t.cursor(to, *b.Cursor, &done)
	}
	return done, err
}

// place is a row of places.
type place struct {
	message mailstore.MessageID
	flags   int64
	gone    int64
}

const selectPlace = `SELECT message, flags, gone FROM places WHERE folder = ? AND uidvalidity = ? AND uid = ?`

func (t *tx) place(to into, uid mailstore.UID) (p place, found bool, err error) {
	found, err = t.row(selectPlace, []any{int64(to.folder), to.validity, int64(uid)}, &p.message, &p.flags, &p.gone)
	return p, found, err
}

func (t *tx) arrive(to into, a *mailstore.Arrival, done *mailstore.Applied) error {
	flags, err := t.flagset(a.Flags)
	if err != nil {
		return err
	}
	m, isNew, err := t.message(to.account, a)
	if err != nil {
		return err
	}
	old, found, err := t.place(to, a.UID)
	if err != nil {
		return err
	}
	if found && old.message == m.id {
		return t.comeAgain(to, a, old, flags, m, done)
	}
	if found {
		if err := t.displace(to, a.UID, old); err != nil {
			return err
		}
	}
	if !isNew {
		moved, err := t.isMove(to, m.id)
		if err != nil {
			return err
		}
		if moved {
			done.Moved++
		}
	} else {
		done.Arrived++
		done.Bytes += m.size
	}
	if err := t.exec(`INSERT INTO places (folder, uidvalidity, uid, message, flags, received) VALUES (?, ?, ?, ?, ?, ?)`,
		int64(to.folder), to.validity, int64(a.UID), int64(m.id), flags, a.Received.Unix()); err != nil {
		return err
	}
	return t.shown(to.folder, m, flags, isNew)
}

// comeAgain is for a message that has the place already, hidden or not.
func (t *tx) comeAgain(to into, a *mailstore.Arrival, old place, flags int64, m message, done *mailstore.Applied) error {
	if old.gone == 0 {
		return t.reflag(to, a.UID, old, flags, done)
	}
	if err := t.exec(`UPDATE places SET gone = 0, flags = ?, received = ? WHERE folder = ? AND uidvalidity = ? AND uid = ?`,
		flags, a.Received.Unix(), int64(to.folder), to.validity, int64(a.UID)); err != nil {
		return err
	}
	done.Moved++
	return t.shown(to.folder, m, flags, false)
}

// isMove tells whether a message known already has come to the folder, rather than
// having got another number there: while the folder's UIDVALIDITY changes, everything
// gets one.
func (t *tx) isMove(to into, id mailstore.MessageID) (bool, error) {
	if to.validity == to.before {
		return true, nil
	}
	var one int
	lay, err := t.row(`SELECT 1 FROM places WHERE folder = ? AND message = ? AND uidvalidity = ? AND gone = 0 LIMIT 1`,
		[]any{int64(to.folder), int64(id), to.before}, &one)
	return !lay, err
}

func (t *tx) changeFlags(to into, c mailstore.Change, done *mailstore.Applied) error {
	old, found, err := t.place(to, c.UID)
	if err != nil || !found || old.gone != 0 {
		return err // what is not here yet comes with its flags
	}
	flags, err := t.flagset(c.Flags)
	if err != nil {
		return err
	}
	return t.reflag(to, c.UID, old, flags, done)
}

func (t *tx) reflag(to into, uid mailstore.UID, old place, flags int64, done *mailstore.Applied) error {
	if old.flags == flags {
		return nil
	}
	was, err := t.seen(old.flags)
	if err != nil {
		return err
	}
	is, err := t.seen(flags)
	if err != nil {
		return err
	}
	done.Changed++
	t.countFolder(to.folder, 0, unseen(is)-unseen(was))
	return t.exec(`UPDATE places SET flags = ? WHERE folder = ? AND uidvalidity = ? AND uid = ?`, flags, int64(to.folder), to.validity, int64(uid))
}

func (t *tx) vanish(to into, uid mailstore.UID, done *mailstore.Applied) error {
	old, found, err := t.place(to, uid)
	if err != nil || !found || old.gone != 0 {
		return err
	}
	done.Gone++
	if err := t.exec(`UPDATE places SET gone = ? WHERE folder = ? AND uidvalidity = ? AND uid = ?`,
		to.at, int64(to.folder), to.validity, int64(uid)); err != nil {
		return err
	}
	return t.concealed(to.folder, old)
}

// displace makes room for the message that the server now shows under the UID of
// another, which is kept as one that vanished.
func (t *tx) displace(to into, uid mailstore.UID, old place) error {
	gone := old.gone
	if gone == 0 {
		gone = to.at
		if err := t.concealed(to.folder, old); err != nil {
			return err
		}
	}
	if err := t.exec(`DELETE FROM places WHERE folder = ? AND uidvalidity = ? AND uid = ?`, int64(to.folder), displaced, int64(old.message)); err != nil {
		return err
	}
	return t.exec(`UPDATE places SET uidvalidity = ?, uid = message, gone = ? WHERE folder = ? AND uidvalidity = ? AND uid = ?`,
		displaced, gone, int64(to.folder), to.validity, int64(uid))
}

// cursor moves the folder's cursor. With a new UIDVALIDITY, what came anew loses its
// former place, and what did not is hidden.
func (t *tx) cursor(to into, c mailstore.Cursor, done *mailstore.Applied) error {
	if err := t.renumbered(to, done); err != nil {
		return err
	}
	return t.exec(`UPDATE folders SET uidvalidity = ?, uidnext = ?, modseq = ?, present = ?, since = ?, reconciled = ? WHERE id = ?`,
		int64(c.UIDValidity), int64(c.UIDNext), int64(c.ModSeq), int64(c.Exists), unix(c.From), unix(c.Reconciled), int64(to.folder)) //nolint:gosec // a mod-sequence has 63 bits (RFC 7162 section 7)
}

type formerPlace struct {
	place
	uidvalidity, uid int64
	anew             bool
}

func (t *tx) renumbered(to into, done *mailstore.Applied) error {
	former, err := t.formerPlaces(to)
	if err != nil {
		return err
	}
	for _, p := range former {
		query, args := `DELETE FROM places WHERE folder = ? AND uidvalidity = ? AND uid = ?`, []any{int64(to.folder), p.uidvalidity, p.uid}
		if !p.anew {
			done.Gone++
			query, args = `UPDATE places SET gone = ? WHERE folder = ? AND uidvalidity = ? AND uid = ?`, slices.Insert(args, 0, any(to.at))
		}
		if err := t.exec(query, args...); err != nil {
			return err
		}
		if err := t.concealed(to.folder, p.place); err != nil {
			return err
		}
	}
	return nil
}

// formerPlaces are those with another UIDVALIDITY that are not hidden; mostly none,
// which two looks into the table's order tell.
func (t *tx) formerPlaces(to into) (all []formerPlace, err error) {
	const query = `SELECT message, flags, uidvalidity, uid, EXISTS (SELECT 1 FROM places n
			WHERE n.folder = p.folder AND n.message = p.message AND n.uidvalidity = ?2 AND n.gone = 0)
		FROM places p WHERE folder = ?1 AND gone = 0 AND uidvalidity `
	stmt, err := t.stmt(query + `> ?2 UNION ALL ` + query + `< ?2 AND uidvalidity > 0`) //nolint:sqlclosecheck // closed with the transaction
	if err != nil {
		return nil, err
	}
	rows, err := stmt.QueryContext(t.ctx, int64(to.folder), to.validity)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		var p formerPlace
		if err := rows.Scan(&p.message, &p.flags, &p.uidvalidity, &p.uid, &p.anew); err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, rows.Err()
}

func unseen(seen bool) int {
	if seen {
		return 0
	}
	return 1
}

// unix is a time as the index has it.
func unix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

// when is the time of the index.
func when(seconds int64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}
