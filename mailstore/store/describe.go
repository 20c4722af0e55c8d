package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"strings"
	"time"

	"lifeboat/mailstore"
	"lifeboat/mailstore/fulltext"
)

// Undescribed returns messages whose text was not read yet, the newest first, without
// their places; 100 for limit 0. Damaged ones are left out.
func (s *Store) Undescribed(ctx context.Context, limit int) ([]mailstore.Message, error) {
	if limit <= 0 {
		limit = 100
	}
	return list(ctx, s, scanFull, `SELECT `+messageColumns+` FROM messages m`+messageTables+`WHERE m.described = 0 AND m.damaged = 0 ORDER BY m.id DESC LIMIT ?`, limit)
}

// described is a message ready to be written.
type described struct {
	id      mailstore.MessageID
	account mailstore.AccountID
	summary string
}

// Describe takes in what people can read of messages: the line of a list, and the
// words for searching, all in one stroke. Messages that no longer exist are passed over;
// one that was described already is described anew.
func (s *Store) Describe(ctx context.Context, all []mailstore.Description) error {
	if err := s.owned(); err != nil || len(all) == 0 {
		return err
	}
	accounts, err := s.accountsOf(ctx, all)
	if err != nil {
		return err
	}
	rows := make([]described, len(all))
	docs := make([]fulltext.Doc, len(all))
	for i, d := range all {
		summary, err := writeSummary(summarize(d.Letter))
		if err != nil {
			return err
		}
		rows[i] = described{id: d.Message, account: accounts[d.Message], summary: summary}
		docs[i] = fulltext.Doc{ID: d.Message, Account: accounts[d.Message], Letter: d.Letter}
	}
	words := fulltext.Prepare(docs)
	return s.change(ctx, func(t *tx) error {
		var gone []mailstore.MessageID
		for _, row := range rows {
			found, err := t.describe(row)
			if err != nil {
				return err
			}
			if !found {
				gone = append(gone, row.id)
			}
		}
		if err := s.words.Put(ctx, t.Tx, words); err != nil || len(gone) == 0 {
			return err
		}
		return s.words.Remove(ctx, t.Tx, gone)
	})
}

func (s *Store) accountsOf(ctx context.Context, all []mailstore.Description) (map[mailstore.MessageID]mailstore.AccountID, error) {
	ids := make([]mailstore.MessageID, len(all))
	for i, d := range all {
		ids[i] = d.Message
	}
	return s.AccountsOf(ctx, ids)
}

// AccountsOf tells whose messages are; those that do not exist are not among the answer.
func (s *Store) AccountsOf(ctx context.Context, ids []mailstore.MessageID) (map[mailstore.MessageID]mailstore.AccountID, error) {
	wanted, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	of := map[mailstore.MessageID]mailstore.AccountID{}
	_, err = list(ctx, s, func(r *sql.Rows) (id mailstore.MessageID, err error) {
		var account mailstore.AccountID
		err = r.Scan(&id, &account)
		of[id] = account
		return id, err
	}, `SELECT m.id, m.account FROM json_each(?) j CROSS JOIN messages m ON m.id = j.value`, string(wanted))
	return of, err
}

// describe writes one line. It tells false when the message is gone.
func (t *tx) describe(row described) (bool, error) {
	m, found, err := t.scanMessage(`id = ?`, int64(row.id))
	if err != nil || !found || m.account != row.account {
		return false, err
	}
	if !m.described {
		t.countAccount(m.account, 0, 0, -1)
		if err := t.exec(`UPDATE messages SET described = 1 WHERE id = ?`, int64(row.id)); err != nil {
			return false, err
		}
	}
	return true, t.exec(`INSERT INTO summaries (id, summary) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET summary = ?2`, int64(row.id), row.summary)
}

// previewLen is how many characters of the text a list shows.
const previewLen = 160

func summarize(l mailstore.Letter) mailstore.Summary {
	s := mailstore.Summary{From: l.From, To: l.To, Cc: l.Cc, Subject: l.Subject, Date: l.Date, MessageID: l.MessageID}
	for _, a := range l.Attachments {
		if !a.Inline {
			s.Attachments++
		}
	}
	s.Preview = preview(l.Text)
	return s
}

// preview is the beginning of a text as one line.
func preview(text string) string {
	var line strings.Builder
	n := 0
	for word := range strings.FieldsSeq(text) {
		if n > 0 {
			line.WriteByte(' ')
			n++
		}
		for _, r := range word {
			if n >= previewLen {
				return strings.TrimSpace(line.String())
			}
			line.WriteRune(r)
			n++
		}
	}
	return line.String()
}

// summaryRow is mailstore.Summary as it is kept.
type summaryRow struct {
	From        []addressRow `json:"f,omitempty"`
	To          []addressRow `json:"t,omitempty"`
	Cc          []addressRow `json:"c,omitempty"`
	Subject     string       `json:"s,omitempty"`
	Date        *dateRow     `json:"d,omitempty"`
	MessageID   string       `json:"i,omitempty"`
	Attachments int          `json:"a,omitempty"`
	Preview     string       `json:"p,omitempty"`
}

type addressRow struct {
	Name    string `json:"n,omitempty"`
	Address string `json:"a,omitempty"`
}

// dateRow is a date of any year, which RFC 3339 has no room for.
type dateRow struct {
	Seconds int64 `json:"s"`
	Zone    int   `json:"z"` // seconds east of UTC
}

// mostAddresses bounds a line of a list: a message may have been sent to thousands.
const mostAddresses = 20

func addressRows(all []mailstore.Address) []addressRow {
	var rows []addressRow
	for _, a := range all[:min(len(all), mostAddresses)] {
		rows = append(rows, addressRow(a))
	}
	return rows
}

func addresses(rows []addressRow) []mailstore.Address {
	var all []mailstore.Address
	for _, a := range rows {
		all = append(all, mailstore.Address(a))
	}
	return all
}

func writeSummary(s mailstore.Summary) (string, error) {
	row := summaryRow{
		From: addressRows(s.From), To: addressRows(s.To), Cc: addressRows(s.Cc), Subject: s.Subject, MessageID: s.MessageID, Attachments: s.Attachments, Preview: s.Preview,
	}
	if !s.Date.IsZero() {
		_, zone := s.Date.Zone()
		row.Date = &dateRow{s.Date.Unix(), zone}
	}
	b, err := json.Marshal(row)
	return string(b), err
}

func readSummary(text string) (s mailstore.Summary, err error) {
	if text == "" {
		return s, nil
	}
	var row summaryRow
	if err := json.Unmarshal([]byte(text), &row); err != nil {
		return s, err
	}
	s = mailstore.Summary{
		From: addresses(row.From), To: addresses(row.To), Cc: addresses(row.Cc), Subject: row.Subject, MessageID: row.MessageID, Attachments: row.Attachments, Preview: row.Preview,
	}
	if row.Date != nil {
		s.Date = time.Unix(row.Date.Seconds, 0).In(time.FixedZone("", row.Date.Zone))
	}
	return s, nil
}
