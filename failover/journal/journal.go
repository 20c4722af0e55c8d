// Package journal keeps the record of who did what to which record set, and
// when. It is what a crashed run is resumed from, and what an incident's report
// is written from, so it has two duties: nothing is believed to have happened
// that is not in it, and nothing that is in it is ever changed.
//
// The file holds one JSON document a line. Every line is fsynced before the act
// that it announces, carries the SHA-256 of the line before it, and is only ever
// appended. A line that a power cut tore in half is put aside when the journal
// is opened next ("journal.torn"); any other line that does not fit its
// predecessor means that the file was tampered with or damaged, and the
// journal says so instead of going on.
package journal

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"lifeboat/failover"
)

// Event is what an entry records.
type Event string

// The events of a run, in the order they come, and what an admin adds.
const (
	Begin     Event = "begin"      // the run, with its whole plan
	Override  Event = "override"   // the preflight was overruled, with the typed reason
	LockTaken Event = "lock_taken" // somebody's lock was taken over
	Intent    Event = "intent"     // a step is about to be sent
	Sent      Event = "sent"       // the request leaves now
	Refused   Event = "refused"    // the host surely did not do it
	Ack       Event = "ack"        // the host holds the new set
	Verified  Event = "verified"   // the authoritative servers give it
	Trouble   Event = "trouble"    // something went wrong; the run stays open
	End       Event = "end"        // the run is over
	Note      Event = "note"       // a remark
)

// Result is how a run ended.
type Result string

// The results. Aborted: nothing was changed. Abandoned: an admin closed the run
// and left the records as they were.
const (
	Done      Result = "done"
	Aborted   Result = "aborted"
	Abandoned Result = "abandoned"
)

// Entry is one line of the journal.
type Entry struct {
	Seq   uint64    `json:"seq"`
	At    time.Time `json:"at"`
	Prev  string    `json:"prev"` // SHA-256 of the line before, hexadecimal; empty in the first
	Op    string    `json:"op,omitempty"`
	Event Event     `json:"event"`
	Who   string    `json:"who,omitempty"`
	Step  string    `json:"step,omitempty"`
	// Plan is in Begin entries.
	Plan *failover.Plan `json:"plan,omitempty"`
	// Result is in End entries.
	Result Result `json:"result,omitempty"`
	// OldUntil and OldUntilOpen are in Verified entries; see failover.StepOutcome.
	OldUntil     time.Time         `json:"old_until,omitzero"`
	OldUntilOpen bool              `json:"old_until_open,omitempty"`
	Say          failover.Sentence `json:"say,omitzero"`
	// Reason is what a person typed.
	Reason string `json:"reason,omitempty"`
}

// Journal is an open journal. It is safe for use by several goroutines; only one
// process may have it open (the data folder's lease sees to that).
type Journal struct {
	mu      sync.Mutex
	f       *os.File
	size    int64
	prev    string
	entries []Entry
	now     func() time.Time
	broken  error
}

// Open opens the journal, making it and its folder if need be. The error is
// failover.ErrDamaged or failover.ErrDisk.
func Open(path string, now func() time.Time) (*Journal, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, diskError(path, err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, diskError(path, err)
	}
	j := &Journal{f: f, now: now}
	if err := j.load(path); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if err := syncDir(filepath.Dir(path)); err != nil {
		return nil, errors.Join(diskError(path, err), f.Close())
	}
	return j, nil
}

// Read returns the entries of a journal that another process may have open. A
// journal that does not exist has none.
func Read(path string) ([]Entry, error) {
	data, err := os.ReadFile(path) //nolint:gosec // the path is the data folder's own
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, failover.Fail(failover.ErrDamaged, "the journal {file} cannot be read", "file", path).Because(err)
	}
	p := parse(data)
	return p.entries, p.err(path)
}

func (j *Journal) load(path string) error {
	data, err := os.ReadFile(path) //nolint:gosec // the path is the data folder's own
	if err != nil {
		return failover.Fail(failover.ErrDamaged, "the journal {file} cannot be read", "file", path).Because(err)
	}
	p := parse(data)
	if err := p.err(path); err != nil {
		return err
	}
	if p.good < len(data) {
		if err := j.putAside(path, data[p.good:], int64(p.good)); err != nil {
			return err
		}
	}
	j.entries, j.prev, j.size = p.entries, p.prev, int64(p.good)
	return nil
}

// putAside keeps a torn last line in a file of its own and cuts it off.
func (j *Journal) putAside(path string, torn []byte, good int64) error {
	if err := os.WriteFile(path+".torn", torn, 0o600); err != nil {
		return diskError(path, err)
	}
	if err := j.f.Truncate(good); err != nil {
		return diskError(path, err)
	}
	if err := j.f.Sync(); err != nil {
		return diskError(path, err)
	}
	return nil
}

// Append writes an entry and returns once it is on the disk. It sets the
// entry's Seq, At and Prev. When it fails (failover.ErrDisk) the entry is not in
// the journal, and what it would have announced must not be done.
func (j *Journal) Append(e Entry) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.broken != nil {
		return j.broken
	}
	e.Seq, e.At, e.Prev = uint64(len(j.entries))+1, j.now().UTC(), j.prev
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	line = append(line, '\n')
	if err := j.write(line); err != nil {
		return diskError(j.f.Name(), err)
	}
	j.size += int64(len(line))
	j.prev = lineHash(line)
	j.entries = append(j.entries, e)
	return nil
}

// write puts the line at the end, or leaves the file as it was.
func (j *Journal) write(line []byte) error {
	_, err := j.f.WriteAt(line, j.size)
	if err == nil {
		err = j.f.Sync()
	}
	if err == nil {
		return nil
	}
	if cut := j.f.Truncate(j.size); cut != nil {
		// What is on the disk is not known any more: nothing may follow.
		j.broken = diskError(j.f.Name(), errors.Join(err, cut))
	}
	return err
}

// Entries returns a copy of all entries, oldest first.
func (j *Journal) Entries() []Entry {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.entries)
}

// Close closes the file.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.f.Close()
}

func lineHash(line []byte) string {
	sum := sha256.Sum256(line)
	return hex.EncodeToString(sum[:])
}

func diskError(path string, cause error) *failover.Error {
	return failover.Fail(failover.ErrDisk,
		"the journal {file} cannot be written, so nothing is changed: make room on the disk and see that the folder is yours", "file", path).Because(cause)
}
