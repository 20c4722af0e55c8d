package store

import (
	"context"
	"time"
)

const (
	// leap is how far the clock may go on between two tidyings and be believed at once.
	// Nobody runs a mirror so seldom that it matters when it is waited a little longer.
	leap = 10 * 24 * time.Hour
	// doubted is how long a clock that has leapt must go on before it is believed.
	doubted = 3 * 24 * time.Hour
	// clockEvery is how often it is noted how late it is.
	clockEvery = time.Hour
)

// believed is the time by which mail has grown old. A clock that was set to another
// year by mistake must not have all mail removed at once: one that has leapt far ahead
// since the last tidying is believed after some days only, and when an account's check was
// complete since, as the primary's certificate was valid then. Until that nothing grows older.
func (s *Store) believed(ctx context.Context) (time.Time, error) {
	var at, since, complete int64
	var accounts int
	err := s.read.QueryRowContext(ctx, `SELECT believed, doubted, (SELECT count(*) FROM accounts WHERE removed = 0),
		(SELECT ifnull(max(complete), 0) FROM accounts WHERE removed = 0) FROM clock`).Scan(&at, &since, &accounts, &complete)
	if err != nil {
		return time.Time{}, s.failed(err)
	}
	now := s.now()
	was, from := time.Unix(at, 0), time.Unix(since, 0)
	switch {
	case at == 0, now.Before(was), now.Sub(was) <= leap:
		if at != 0 && since == 0 && !now.Before(was) && now.Sub(was) < clockEvery {
			return now, nil
		}
		return now, s.noteClock(ctx, now, time.Time{})
	case since == 0 || now.Before(from):
		s.log.WarnContext(ctx, "The clock has gone far ahead since the mirrored mail was last tidied. Nothing is removed until it is certain that it is right.",
			"before", was.UTC(), "now", now.UTC())
		return was, s.noteClock(ctx, was, now)
	case now.Sub(from) < doubted, accounts > 0 && complete <= from.UnixNano():
		return was, nil
	}
	return now, s.noteClock(ctx, now, time.Time{})
}

func (s *Store) noteClock(ctx context.Context, believed, since time.Time) error {
	return s.change(ctx, func(t *tx) error {
		return t.exec(`UPDATE clock SET believed = ?, doubted = ?`, unix(believed), unix(since))
	})
}
