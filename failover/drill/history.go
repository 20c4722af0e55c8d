package drill

import (
	"cmp"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/probe"
)

// History is a folder of results, one JSON file each. A file is written whole
// under another name, flushed to the disk and then renamed, so that a power cut
// leaves the old one or the new one. Several processes may read while one writes.
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

// NewID names a drill by when it started, in UTC, and by what it plays; names sort
// by time.
func NewID(at time.Time, scenario string) string {
	return at.UTC().Format("2006-01-02T15-04-05") + "-" + strings.ToLower(scenario)
}

const (
	resultSuffix = ".json"
	// maxResult bounds a result's file, in bytes.
	maxResult = 16 << 20
)

var properID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,199}$`)

// Save writes a result, in place of one of the same ID. A disk that takes no more
// is failover.ErrDisk, and then what was there is still there.
func (h *History) Save(r Result) error {
	if !properID.MatchString(r.ID) {
		return failover.Fail(failover.ErrInvalid, `"{id}" cannot be the name of a drill's file; use letters, digits, hyphens and dots.`, "id", clip(r.ID))
	}
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if len(data) > maxResult {
		return failover.Fail(failover.ErrInvalid, "The result of the drill {id} is too large to keep ({size} MB).", "id", r.ID, "size", len(data)>>20)
	}
	path := filepath.Join(h.dir, r.ID+resultSuffix)
	err = os.MkdirAll(h.dir, 0o700)
	if err == nil {
		err = probe.ReplaceFile(path, append(data, '\n'))
	}
	if err != nil {
		return failover.Fail(failover.ErrDisk, "The result of the drill could not be written to {file}: make room on the disk and see that the folder is yours.", "file", path).Because(err)
	}
	return nil
}

// List returns all drills, the newest first. A file that cannot be read is named in
// the error (failover.ErrDamaged), and the others are listed all the same.
func (h *History) List() ([]Summary, error) {
	all, err := h.Points()
	var out []Summary
	for _, p := range all {
		out = append(out, p.Summary)
	}
	return out, err
}

// Points returns what List does, with what was measured.
func (h *History) Points() ([]Point, error) {
	var out []Point
	err := h.each(func(r *Result) { out = append(out, r.Point()) })
	slices.SortFunc(out, func(a, b Point) int { return cmp.Or(b.Started.Compare(a.Started), cmp.Compare(b.ID, a.ID)) })
	return out, err
}

// Load returns the drill of that ID, the newest for "last", or the only one whose ID
// contains the text. Otherwise the error is failover.ErrInvalid.
func (h *History) Load(id string) (Result, error) {
	names, err := h.names()
	if err != nil {
		return Result{}, err
	}
	if len(names) == 0 {
		return Result{}, failover.Fail(failover.ErrInvalid, "No drill has been held yet.")
	}
	if id == "last" {
		return h.read(names[len(names)-1])
	}
	if slices.Contains(names, id) {
		return h.read(id)
	}
	like := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return id == "" || !strings.Contains(n, id) })
	switch len(like) {
	case 1:
		return h.read(like[0])
	case 0:
		return Result{}, failover.Fail(failover.ErrInvalid, `There is no drill "{id}"; the last ones are {list}.`, "id", clip(id), "list", lastOf(names))
	default:
		return Result{}, failover.Fail(failover.ErrInvalid, `"{id}" may be any of {count} drills, the last ones {list}; give more of the name.`,
			"id", clip(id), "count", len(like), "list", lastOf(like))
	}
}

func lastOf(names []string) string {
	return strings.Join(names[max(0, len(names)-5):], ", ")
}

// Trend returns the functional and live drills of a scenario, by its exact name, the
// oldest first; see List for the error.
func (h *History) Trend(scenario string) ([]Point, error) {
	var out []Point
	err := h.each(func(r *Result) {
		if r.Scenario.Name == scenario && r.Kind != Tabletop {
			out = append(out, r.Point())
		}
	})
	slices.SortFunc(out, func(a, b Point) int { return cmp.Or(a.Started.Compare(b.Started), cmp.Compare(a.ID, b.ID)) })
	return out, err
}

// Summary is the result in a list.
func (r *Result) Summary() Summary {
	s := Summary{
		ID: r.ID, Scenario: r.Scenario.Name, Title: r.Scenario.Title, Kind: r.Kind, Started: r.Started, Ended: r.Ended,
		Factor: r.Factor, Unattended: r.Unattended, Passed: r.Passed, Seed: r.Seed,
	}
	for _, c := range r.Checks {
		if !c.OK {
			s.Failed++
		}
	}
	for _, a := range r.Actions {
		if a.Owner == "" || a.Due == "" {
			s.Open++
		}
	}
	return s
}

// Point is the result in a trend.
func (r *Result) Point() Point {
	return Point{
		Summary: r.Summary(), Measures: r.Measures,
		Sent: r.Mail.Sent, Lost: r.Mail.Lost, Doubled: r.Mail.Doubled, Bounced: r.Mail.Bounced, Delayed: r.Mail.Delayed,
	}
}

// names lists the IDs that there are files of, the oldest first, as NewID makes them.
func (h *History) names() ([]string, error) {
	entries, err := os.ReadDir(h.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, failover.Fail(failover.ErrDamaged, "The folder of past drills, {file}, cannot be read: see that it is yours.", "file", h.dir).Because(err)
	}
	var out []string
	for _, e := range entries {
		if id, ok := strings.CutSuffix(e.Name(), resultSuffix); ok && !e.IsDir() && properID.MatchString(id) {
			out = append(out, id)
		}
	}
	return out, nil
}

// each reads every result. The error joins what could not be read.
func (h *History) each(take func(*Result)) error {
	names, err := h.names()
	if err != nil {
		return err
	}
	var all []error
	for _, id := range names {
		r, err := h.read(id)
		if err != nil {
			all = append(all, err)
			continue
		}
		take(&r)
	}
	return errors.Join(all...)
}

func (h *History) read(id string) (Result, error) {
	path := filepath.Join(h.dir, id+resultSuffix)
	data, err := os.ReadFile(path)
	if err == nil {
		var r Result
		if r, err = parseResult(data); err == nil && r.ID == id {
			return r, nil
		}
	}
	return Result{}, failover.Fail(failover.ErrDamaged, "The record of a drill, {file}, is damaged; move it out of the folder, or put it back from a copy.", "file", path).Because(err)
}

var errNoResult = errors.New("this is not the record of a drill")

// parseResult reads a result's file. Keys of a later version are passed over.
func parseResult(data []byte) (Result, error) {
	var r Result
	if len(data) > maxResult {
		return r, errNoResult
	}
	if err := json.Unmarshal(data, &r); err != nil {
		return Result{}, err
	}
	if !properID.MatchString(r.ID) || r.Started.IsZero() || r.Scenario.Name == "" {
		return Result{}, errNoResult
	}
	return r, nil
}
