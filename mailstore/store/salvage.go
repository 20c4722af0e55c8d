package store

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/ncruces/go-sqlite3"
)

// attempts bounds how often a table's unreadable parts are halved.
const attempts = 1000

// salvager copies the rows of one table that can be read.
type salvager struct {
	ctx      context.Context
	from, to *sqlite3.Conn
	table    table
	missed   int // how often something could not be read
}

func (v *salvager) run() error {
	if v.table.key != "" {
		return v.walk(`WHERE `, v.table.key, nil)
	}
	// Places have three columns for a key: each folder and UIDVALIDITY is a walk.
	keys, err := v.generations()
	if err != nil {
		return err
	}
	for _, k := range keys {
		if err := v.walk(`WHERE folder = ? AND uidvalidity = ? AND `, `uid`, k[:]); err != nil {
			return err
		}
	}
	return nil
}

// generations are the folders and UIDVALIDITYs that places can have.
func (v *salvager) generations() (all [][2]int64, err error) {
	stmt, _, err := v.to.Prepare(`SELECT id, uidvalidity FROM folders UNION SELECT id, ` + itoa(displaced) + ` FROM folders`)
	if err != nil {
		return nil, err
	}
	for stmt.Step() {
		all = append(all, [2]int64{stmt.ColumnInt64(0), stmt.ColumnInt64(1)})
	}
	return all, errors.Join(stmt.Err(), stmt.Close())
}

// span is rows by their key, the ends not among them.
type span struct{ from, to int64 }

// walk copies rows upwards by their key. At a page that cannot be read it goes on from
// the other end; what is between two such pages is looked into by halves.
func (v *salvager) walk(where, key string, fixed []int64) error {
	w := walker{salvager: v, fixed: fixed, columns: strings.Split(v.table.columns, ", ")}
	w.key = slices.Index(w.columns, key)
	w.query = `SELECT ` + v.table.columns + ` FROM ` + v.table.name + ` ` + where + key + ` > ? AND ` + key + ` < ? ORDER BY ` + key
	var err error
	w.insert, _, err = v.to.Prepare(`INSERT OR IGNORE INTO ` + v.table.name + ` (` + v.table.columns + `) VALUES (?` + strings.Repeat(`, ?`, len(w.columns)-1) + `)`)
	if err != nil {
		return err
	}
	defer w.insert.Close() //nolint:errcheck // each row's insertion tells
	spans := []span{{-2, math.MaxInt64}}
	for try := 0; len(spans) > 0 && try < attempts; try++ {
		left, err := w.ends(spans[0])
		if err != nil {
			return err
		}
		spans = append(spans[1:], left...)
	}
	return nil
}

// walker is one walk.
type walker struct {
	*salvager
	query   string
	fixed   []int64
	columns []string
	key     int // which of them
	insert  *sqlite3.Stmt
}

// ends copies what can be read from both ends of a span, and returns the halves of
// what is left between.
func (w *walker) ends(s span) (left []span, err error) {
	up, bad, err := w.rows(w.query, s)
	if err != nil || !bad {
		return nil, err
	}
	w.missed++
	s.from = max(s.from, up)
	down, bad, err := w.rows(w.query+` DESC`, s)
	if err != nil || !bad {
		return nil, err
	}
	if down != math.MinInt64 {
		s.to = min(s.to, down)
	}
	if s.to-s.from <= 2 {
		return nil, nil
	}
	middle := s.from + (s.to-s.from)/2
	return []span{{s.from, middle + 1}, {middle, s.to}}, nil
}

// rows copies the rows of a query until one cannot be read, and tells the key of the
// last; math.MinInt64 if there was none.
func (w *walker) rows(query string, s span) (reached int64, bad bool, err error) {
	reached = math.MinInt64
	stmt, _, err := w.from.Prepare(query)
	if err != nil {
		return reached, true, unlessDamaged(err)
	}
	defer stmt.Close() //nolint:errcheck // Err tells
	for i, a := range append(slices.Clone(w.fixed), s.from, s.to) {
		if err := stmt.BindInt64(i+1, a); err != nil {
			return reached, false, err
		}
	}
	for stmt.Step() {
		if err := w.ctx.Err(); err != nil {
			return reached, false, err
		}
		for i := range w.columns {
			if err := carry(w.insert, stmt, i); err != nil {
				return reached, false, err
			}
		}
		if err := w.insert.Exec(); err != nil {
			return reached, false, fmt.Errorf("the new index: %w", err)
		}
		reached = stmt.ColumnInt64(w.key)
	}
	return reached, stmt.Err() != nil, unlessDamaged(stmt.Err())
}

// carry takes the value of a column over to a statement of another connection.
func carry(to, from *sqlite3.Stmt, column int) error {
	switch from.ColumnType(column) {
	case sqlite3.INTEGER:
		return to.BindInt64(column+1, from.ColumnInt64(column))
	case sqlite3.TEXT:
		return to.BindText(column+1, from.ColumnText(column))
	case sqlite3.BLOB:
		return to.BindBlob(column+1, from.ColumnBlob(column, nil))
	case sqlite3.FLOAT:
		return to.BindFloat(column+1, from.ColumnFloat(column))
	case sqlite3.NULL:
	}
	return to.BindNull(column + 1)
}
