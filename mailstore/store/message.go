package store

import (
	"errors"
	"time"

	"lifeboat/mailstore"
)

// A message's ID is the second it was received in, counted from secondsFrom so that
// it is positive whatever a Date says, and a number within that second.
const (
	withinSecond = 20
	secondsFrom  = int64(1) << 36 // some 2,000 years before 1970
	lastSecond   = int64(1)<<42 - 1
)

func firstID(received time.Time) mailstore.MessageID {
	return mailstore.MessageID(min(max(received.Unix()+secondsFrom, 1), lastSecond) << withinSecond)
}

// message is what a change needs to know of a row of messages.
type message struct {
	id        mailstore.MessageID
	account   mailstore.AccountID
	body      int64
	size      int64
	live      int
	described bool
}

const selectMessage = `SELECT id, account, body, size, live, described FROM messages WHERE `

func (t *tx) scanMessage(where string, args ...any) (m message, found bool, err error) {
	found, err = t.row(selectMessage+where, args, &m.id, &m.account, &m.body, &m.size, &m.live, &m.described)
	return m, found, err
}

// message finds or makes the account's message that an arrival is.
func (t *tx) message(account mailstore.AccountID, a *mailstore.Arrival) (m message, isNew bool, err error) {
	if a.Body.Hash == (mailstore.Hash{}) {
		m, found, err := t.scanMessage(`id = ?`, int64(a.Message))
		if err == nil && (!found || m.account != account) {
			err = t.s.noMessage(a.Message)
		}
		return m, false, err
	}
	b, err := t.keep(a.Body)
	if err != nil {
		return m, false, err
	}
	m, found, err := t.scanMessage(`body = ? AND account = ?`, b.id, int64(account))
	if err != nil {
		return m, false, err
	}
	if found {
		if a.RemoteID != "" {
			err = t.exec(`UPDATE messages SET remote = ?1 WHERE id = ?2 AND remote IS NOT ?1`, a.RemoteID, int64(m.id))
		}
		return m, false, err
	}
	m = message{account: account, body: b.id, size: b.size}
	if m.id, err = t.newID(a.Received); err != nil {
		return m, false, err
	}
	err = t.exec(`INSERT INTO messages (id, account, body, size, received, live, remote) VALUES (?, ?, ?, ?, ?, 1, nullif(?, ''))`,
		int64(m.id), int64(account), m.body, m.size, a.Received.Unix(), a.RemoteID)
	return m, true, err
}

// errCrowded: 2^20 messages in each of many seconds.
var errCrowded = errors.New("too many messages were received in one second")

// newID finds a free ID for a message received then; a second that is full spills over
// into the next.
func (t *tx) newID(received time.Time) (mailstore.MessageID, error) {
	first := firstID(received)
	for range 1000 {
		last := first | (1<<withinSecond - 1)
		newest, known := t.newest[int64(first)]
		if !known {
			var highest int64
			if _, err := t.row(`SELECT ifnull(max(id), ?1 - 1) FROM messages WHERE id BETWEEN ?1 AND ?2`, []any{int64(first), int64(last)}, &highest); err != nil {
				return 0, err
			}
			newest = mailstore.MessageID(highest)
		}
		if newest < last {
			t.newest[int64(first)] = newest + 1
			return newest + 1, nil
		}
		first = last + 1
	}
	return 0, errCrowded
}

// shown counts a place that is not hidden, or no longer. A new message was counted
// with its row.
func (t *tx) shown(folder mailstore.FolderID, m message, flags int64, isNew bool) error {
	seen, err := t.seen(flags)
	if err != nil {
		return err
	}
	t.countFolder(folder, 1, unseen(seen))
	if isNew {
		t.countAccount(m.account, 1, m.size, 1)
		return nil
	}
	if m.live == 0 {
		t.countAccount(m.account, 1, m.size, 0)
	}
	return t.exec(`UPDATE messages SET live = live + 1 WHERE id = ?`, int64(m.id))
}

// concealed counts a place that was not hidden, and now is, or is removed.
func (t *tx) concealed(folder mailstore.FolderID, p place) error {
	seen, err := t.seen(p.flags)
	if err != nil {
		return err
	}
	t.countFolder(folder, -1, -unseen(seen))
	m, found, err := t.scanMessage(`id = ?`, int64(p.message))
	if err != nil || !found {
		return err
	}
	if m.live == 1 {
		t.countAccount(m.account, -1, -m.size, 0)
	}
	return t.exec(`UPDATE messages SET live = live - 1 WHERE id = ?`, int64(p.message))
}
