package fulltext

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"lifeboat/mailstore"
	"lifeboat/mailstore/mailstoretest/crowd"
)

// letters are a batch as the mirror describes them, of real sizes.
func letters(n int) []Doc {
	c := crowd.New(7, 300, now)
	docs := make([]Doc, n)
	for i := range docs {
		l := c.Letter(i*1000, n*1000)
		docs[i] = Doc{ID: mailstore.MessageID(l.Received.Unix()<<20 + int64(i)), Account: mailstore.AccountID(l.Account + 1), Letter: l.Letter}
	}
	return docs
}

func BenchmarkPrepare(b *testing.B) {
	docs := letters(500)
	b.ReportAllocs()
	for b.Loop() {
		Prepare(docs)
	}
	b.ReportMetric(float64(b.N*len(docs))/b.Elapsed().Seconds(), "messages/s")
}

// BenchmarkPut brings batch after batch into one index, with all the merging that follows.
func BenchmarkPut(b *testing.B) {
	s := newShelf(b)
	docs := letters(500)
	put := time.Duration(0)
	n := 0
	for b.Loop() {
		for i := range docs {
			docs[i].ID++
		}
		batch := Prepare(docs)
		began := time.Now()
		s.change(func(ctx context.Context, tx *sql.Tx) error { return s.x.Put(ctx, tx, batch) })
		put += time.Since(began)
		n += len(docs)
	}
	b.ReportMetric(float64(n)/put.Seconds(), "messages/s")
}
