// Package journal keeps the record of who did what to which record set, and
// when. It is what a crashed run is resumed from, and what an incident's report
// is written from, so it has two duties: nothing is believed to have happened
// that is not in it, and nothing that is in it is ever changed.
//
// The file holds one JSON document a line. Every line is fsynced before the act
// that it announces, carries the checksum of the line before it and its own, and
// is only ever appended. A last line that a power cut tore is put aside when the
// journal is opened next (into "journal.torn" beside it); any other line whose
// checksums are wrong means that the file was damaged or edited, and the journal
// says so instead of going on.
//
// After an fsync that fails nothing more is written: the kernel tells of the
// failure once and then takes what it could not write for written, so that a
// later fsync which succeeds proves nothing. Opening the journal anew writes and
// flushes its last line once more before anybody relies on it.
package journal

import (
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
	Prev  string    `json:"prev"` // the checksum of the line before; empty in the first
	Op    string    `json:"op,omitempty"`
	Event Event     `json:"event"`
	Who   string    `json:"who,omitempty"`
	Step  string    `json:"step,omitempty"`
	// Plan is in Begin entries.
	Plan *failover.Plan `json:"plan,omitempty"`
	// Result is in End entries.
	Result Result `json:"result,omitempty"`
	// OldUntil and OldUntilOpen are in Verified entries, and in a Note on a step
	// that could not be verified; see failover.StepOutcome.
	OldUntil     time.Time         `json:"old_until,omitzero"`
	OldUntilOpen bool              `json:"old_until_open,omitempty"`
	Say          failover.Sentence `json:"say,omitzero"`
	// Reason is what a person typed.
	Reason string `json:"reason,omitempty"`
	// In the file, and not here, every line ends with its checksum as "sum":
	// SHA-256, in hexadecimal, over the line as it would be without.
}

// Journal is an open journal. It is safe for use by several goroutines; only one
// process may have it open (the data folder's lease sees to that).
type Journal struct {
	mu      sync.Mutex
	path    string
	f       file
	size    int64
	prev    string
	entries []Entry
	now     func() time.Time
	broken  error
}

// file is what a journal needs of an *os.File.
type file interface {
	WriteAt(b []byte, off int64) (int, error)
	Sync() error
	Truncate(size int64) error
	Close() error
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
	j := &Journal{path: path, f: f, now: now}
	if err := j.load(); err != nil {
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
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, failover.Fail(failover.ErrDamaged, "the journal {file} cannot be read", "file", path).Because(err)
	}
	p := parse(data)
	return p.entries, p.err(path)
}

func (j *Journal) load() error {
	data, err := os.ReadFile(j.path)
	if err != nil {
		return failover.Fail(failover.ErrDamaged, "the journal {file} cannot be read", "file", j.path).Because(err)
	}
	p := parse(data)
	if err := p.err(j.path); err != nil {
		return err
	}
	if p.good < len(data) {
		if err := j.putAside(data[p.good:], int64(p.good)); err != nil {
			return diskError(j.path, err)
		}
	}
	// What was read may be in the kernel's memory alone; see the package comment.
	if _, err = j.f.WriteAt(data[p.last:p.good], int64(p.last)); err == nil {
		err = j.f.Sync()
	}
	if err != nil {
		return diskError(j.path, err)
	}
	j.entries, j.prev, j.size = p.entries, p.prev, int64(p.good)
	return nil
}

// putAside keeps a torn last line in a file of its own and cuts it off.
func (j *Journal) putAside(torn []byte, good int64) error {
	f, err := os.OpenFile(j.path+".torn", os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(torn, '\n'))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return j.f.Truncate(good)
}

// Append writes an entry and returns once it is on the disk. It sets the
// entry's Seq, At and Prev. When it fails (failover.ErrDisk) the entry is not in
// the journal, and what it would have announced must not be done. A Begin while
// a run is open is failover.ErrBlocked.
func (j *Journal) Append(e Entry) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.broken != nil {
		return j.broken
	}
	if e.Event == Begin {
		if _, open := Unfinished(j.entries); open {
			return failover.Fail(failover.ErrBlocked, "another run has begun meanwhile, so this one does not: wait until it is done, then look again")
		}
	}
	e.Seq, e.At, e.Prev = uint64(len(j.entries))+1, j.now().UTC(), j.prev
	body, err := json.Marshal(e)
	if err != nil {
		return err
	}
	line, sum := seal(body)
	if err := j.write(line); err != nil {
		return err
	}
	j.size += int64(len(line))
	j.prev = sum
	j.entries = append(j.entries, e)
	return nil
}

// write puts the line at the end, or leaves the file as it was.
func (j *Journal) write(line []byte) error {
	if _, err := j.f.WriteAt(line, j.size); err != nil {
		if cut := j.f.Truncate(j.size); cut != nil {
			j.broken = j.doubtful(errors.Join(err, cut))
			return j.broken
		}
		return diskError(j.path, err)
	}
	if err := j.f.Sync(); err != nil {
		// So that whoever opens the file next does not believe the line; where this
		// fails too, it is a line that announces something which was not done.
		j.broken = j.doubtful(errors.Join(err, j.f.Truncate(j.size)))
		return j.broken
	}
	return nil
}

// doubtful is the error of a journal of which nobody knows what is on the disk.
func (j *Journal) doubtful(cause error) error {
	return failover.Fail(failover.ErrDisk,
		"the disk may not have kept the last line of the journal {file}, so nothing more is written or changed: see to the disk, then start Lifeboat again",
		"file", j.path).Because(cause)
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

func diskError(path string, cause error) *failover.Error {
	return failover.Fail(failover.ErrDisk,
		"the journal {file} cannot be written, so nothing is changed: make room on the disk and see that the folder is yours", "file", path).Because(cause)
}
