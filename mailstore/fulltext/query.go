package fulltext

import "time"

// Query is what somebody looks for.
type Query struct{}

// Parse reads a query as a person types it. Days are those of now's time zone.
func Parse(text string, now time.Time) (Query, error) { return Query{}, nil }

// String is the query in its plainest spelling; Parse reads it back as the same.
func (q Query) String() string { return "" }
