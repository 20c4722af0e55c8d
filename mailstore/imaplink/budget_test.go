package imaplink_test

import (
	"context"
	"testing"
	"time"

	"lifeboat/mailstore/imaplink"
)

// noted is a ledger that is written elsewhere.
type noted []imaplink.Spent

func (n noted) Load(context.Context) ([]imaplink.Spent, error) { return n, nil }

func (noted) Save(context.Context, []imaplink.Spent) error { return nil }

// What a clock that was ahead noted binds for a day, not until that time has come.
func TestBudgetSpentByAClockAhead(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	b := &imaplink.Budget{
		BytesPerDay: 1000, Now: func() time.Time { return now },
		Ledger: noted{{Hour: now.Add(-2 * time.Hour), Bytes: 100}, {Hour: now.AddDate(10, 0, 0), Bytes: 900}},
	}
	for _, c := range []struct {
		hours int
		left  int64
	}{{0, 0}, {23, 100}, {25, 1000}} {
		now = time.Date(2026, 11, 22, 12+c.hours, 0, 0, 0, time.UTC)
		if left, err := b.Left(t.Context()); err != nil || left != c.left {
			t.Errorf("after %d hours %d octets are left, not %d (%v)", c.hours, left, c.left, err)
		}
	}
}
