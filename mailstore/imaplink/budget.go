package imaplink

import (
	"context"
	"time"
)

// Spent is how much was received in an hour.
type Spent struct {
	Hour  time.Time `json:"hour"` // its beginning
	Bytes int64     `json:"bytes"`
}

// Ledger keeps what a [Budget] has spent, over restarts of the program.
type Ledger interface {
	Load(ctx context.Context) ([]Spent, error)
	Save(ctx context.Context, spent []Spent) error
}

// Budget is what a provider allows, shared by the connections of all accounts that
// are given it.
type Budget struct {
	// Connections is how many may be open at once; 0: any number. Dial waits.
	Connections int
	// BytesPerDay is how many octets may be received within any 24 hours; 0: any.
	BytesPerDay int64
	Ledger      Ledger           // nil: what was spent is forgotten with the program
	Now         func() time.Time // nil: time.Now
}
