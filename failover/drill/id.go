package drill

import (
	"strings"
	"time"
)

// NewID names a drill by when it started and what it plays; names sort by time.
func NewID(at time.Time, scenario string) string {
	return at.UTC().Format("2006-01-02T15-04-05") + "-" + strings.ToLower(scenario)
}
