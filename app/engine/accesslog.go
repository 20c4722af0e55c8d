package engine

import (
	"bytes"
	"context"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"lifeboat/failover"
	"lifeboat/mailstore"
)

// Who read whose mail, when and why is kept in a file of its own, a line for each
// reading. A line is sealed, as it tells of people, and holds a checksum of the line
// before it: one that was taken away or put elsewhere is missed. How far the log goes is
// in a second file (see accessend.go), so that lines at its end are missed, too. Nothing
// of it is what stands in the mail: a message is named by its number, and what was
// searched for is not noted.
//
// A line is on the disk before anything of the mail is given out. Several processes may
// write: each holds a lock for as long as a line takes. What a crash has left of a line
// was never believed, and goes with the next one.

const (
	accessFile    = "access.log"
	accessLock    = "access.lock"
	accessEndFile = "access.end"
	accessPurpose = "access"
	// accessTail is more than the longest line.
	accessTail = 64 << 10
)

// AccessEntry is a reading of other people's mail, or what opened it.
type AccessEntry struct {
	At      time.Time  `json:"at"`
	Who     string     `json:"who"` // user@machine
	Deed    AccessDeed `json:"deed"`
	Account string     `json:"account"`
	Folder  string     `json:"folder,omitempty"`
	// Message is the ID of the message that was read, Messages how many went out.
	Message  string `json:"message,omitempty"`
	Messages int    `json:"messages,omitempty"`
	// Server is where it was read, when that was not the mirror.
	Server string            `json:"server,omitempty"`
	Ground AccessGround      `json:"ground,omitempty"`
	Why    failover.Sentence `json:"why,omitzero"` // of the ground
	Reason string            `json:"reason,omitempty"`
}

// AccessDeed is what somebody did.
type AccessDeed string

// The deeds.
const (
	AccessList   AccessDeed = "list"   // saw who wrote about what, in lists or by searching
	AccessShow   AccessDeed = "show"   // read a message
	AccessRaw    AccessDeed = "raw"    // had its bytes
	AccessFile   AccessDeed = "file"   // saved or opened an attachment
	AccessExport AccessDeed = "export" // took messages out
	AccessUnlock AccessDeed = "unlock" // gave a reason
	AccessOwn    AccessDeed = "own"    // said that the mailbox is their own
	AccessDisown AccessDeed = "disown" // said that it is not, or no longer
)

// accessLine is an entry as it is kept.
type accessLine struct {
	AccessEntry
	// No counts the lines from 1; those of older versions have none.
	No   int    `json:"no,omitempty"`
	Prev string `json:"prev,omitempty"` // of the line before, see lineSum
}

// accessLog is the file.
type accessLog struct {
	path, lock string
	box        cipher.AEAD // nil: in a world of practice nothing is sealed
}

// accessLog opens the log's key; a key that does not open is an error here, unlike for
// what can be found out anew.
func (e *Engine) accessLog(ctx context.Context) (*accessLog, error) {
	l := &accessLog{path: e.path(accessFile), lock: e.path(accessLock)}
	if e.opt.Mail == nil {
		return l, makeDir(e.opt.DataDir)
	}
	if err := makeDir(e.path(mailDir)); err != nil { // the key's place
		return nil, err
	}
	key, err := e.quietly(ctx)
	if err != nil {
		return nil, err
	}
	l.box, err = boxOf(key.Derive("sealed " + accessPurpose))
	return l, err
}

// append writes entries. They are on the disk when it returns nil.
func (l *accessLog) append(ctx context.Context, entries ...AccessEntry) error {
	err := l.locked(ctx, func() error { return l.appendLocked(entries) })
	if err != nil && ctx.Err() == nil {
		return mailstore.Fail(mailstore.ErrDisk,
			"Nothing of it is shown, as what is read of other people's mail has to be noted in {file}, and that cannot be written: see whether the disk is full, and whether the folder is yours. Your own mail can be read all the same.",
			"file", l.path).Because(err)
	}
	return err
}

// appendLocked is append for who holds the lock.
func (l *accessLog) appendLocked(entries []AccessEntry) error {
	f, err := os.OpenFile(l.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(l.write(f, entries), f.Close())
}

// lockEvery is how often a lock is tried that another process holds for a moment.
const lockEvery = 5 * time.Millisecond

func (l *accessLog) locked(ctx context.Context, do func() error) error {
	held := flock.New(l.lock, flock.SetPermissions(0o600))
	ok, err := held.TryLockContext(ctx, lockEvery)
	if err != nil || !ok {
		return errors.Join(err, ctx.Err())
	}
	return errors.Join(do(), held.Close())
}

// write appends to the open file, and takes back what could not be written whole.
func (l *accessLog) write(f *os.File, entries []AccessEntry) error {
	end, no, prev, err := l.end(f)
	if err != nil {
		return err
	}
	last, err := l.follows(no, prev)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	for _, e := range entries {
		line, err := l.seal(accessLine{e, last.No + 1, last.Sum})
		if err != nil {
			return err
		}
		out.Write(line)
		out.WriteByte('\n')
		last = accessEnd{last.No + 1, lineSum(line)}
	}
	if _, err = f.WriteAt(out.Bytes(), end); err == nil {
		err = f.Sync()
	}
	if err == nil && end == 0 {
		err = syncFolder(filepath.Dir(l.path))
	}
	if err != nil {
		return errors.Join(err, f.Truncate(end))
	}
	return l.writeEnd(last) // where this fails, a line is noted of what was not shown
}

// end is where the next line begins, and the number and the sum of the one before it. A
// torn line at the end is taken away; one that lacks its line end alone is given it.
func (l *accessLog) end(f *os.File) (at int64, no int, prev string, err error) {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil || size == 0 {
		return 0, 0, "", err
	}
	from := max(0, size-accessTail)
	tail := make([]byte, size-from)
	if _, err := f.ReadAt(tail, from); err != nil {
		return 0, 0, "", err
	}
	if cut := bytes.LastIndexByte(tail, '\n') + 1; cut < len(tail) {
		if a, err := l.open(tail[cut:]); err == nil {
			_, err = f.WriteAt([]byte{'\n'}, size)
			return size + 1, a.No, lineSum(tail[cut:]), err
		}
		size = from + int64(cut)
		if err := f.Truncate(size); err != nil {
			return 0, 0, "", err
		}
		tail = tail[:cut]
	}
	tail = bytes.TrimSuffix(tail, []byte("\n"))
	if len(tail) == 0 {
		return size, 0, "", nil
	}
	line := tail[bytes.LastIndexByte(tail, '\n')+1:]
	a, _ := l.open(line) // a line that is damaged has no number: its gap is shown
	return size, a.No, lineSum(line), nil
}

// lineSum tells a line from others: the first 8 octets of its SHA-256.
func lineSum(line []byte) string {
	sum := sha256.Sum256(line)
	return hex.EncodeToString(sum[:8])
}

func (l *accessLog) seal(a accessLine) ([]byte, error) {
	plain, err := json.Marshal(a)
	if err != nil || l.box == nil {
		return plain, err
	}
	sealed := sealIn(l.box, accessPurpose, plain)[len(sealedMark):]
	return base64.RawStdEncoding.AppendEncode(nil, sealed), nil
}

func (l *accessLog) open(line []byte) (a accessLine, err error) {
	if l.box != nil {
		sealed, err := base64.RawStdEncoding.AppendDecode(nil, line)
		if err != nil {
			return a, err
		}
		if line, err = openIn(l.box, accessPurpose, sealed); err != nil {
			return a, err
		}
	}
	return a, json.Unmarshal(line, &a)
}

// accessFaults is what is wrong with the log.
type accessFaults struct {
	places int // of the file that are not what was written
	gone   int // lines that were written and are not there, as far as they can be counted
}

// read returns the entries since a time, oldest first, and what is wrong with the file.
func (l *accessLog) read(since time.Time) (out []AccessEntry, faults accessFaults, err error) {
	end, ended, err := l.readEnd() // before the log: others may be writing
	if err != nil {
		return nil, faults, err
	}
	content, err := os.ReadFile(l.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, faults, err
	}
	prev, last, found := "", 0, end.No == 0
	for len(content) > 0 {
		line, rest, whole := bytes.Cut(content, []byte("\n"))
		content = rest
		a, err := l.open(line)
		switch {
		case err != nil && whole:
			faults.places++
		case err != nil: // torn
		case a.Prev != prev:
			faults.places++
			faults.gone += max(0, a.No-last-1)
			fallthrough
		default:
			if !a.At.Before(since) {
				out = append(out, a.AccessEntry)
			}
		}
		prev = lineSum(line)
		last = max(last, a.No)
		found = found || a.No == end.No && prev == end.Sum
	}
	switch {
	case ended && !found: // its end was cut off, or another's put there
		faults.places++
		faults.gone += max(0, end.No-last)
	case !ended && last > 0:
		faults.places++
	}
	return out, faults, nil
}

// AccessLog returns who read other people's mail since a time, oldest first. With the
// error [mailstore.ErrDamaged] there are entries all the same: those that can be believed.
// The error is ErrKey where the data key does not open.
func (e *Engine) AccessLog(ctx context.Context, since time.Time) ([]AccessEntry, error) {
	_, noLog := os.Stat(e.path(accessFile))
	_, noEnd := os.Stat(e.path(accessEndFile))
	if errors.Is(noLog, fs.ErrNotExist) && errors.Is(noEnd, fs.ErrNotExist) {
		return nil, nil
	}
	l, err := e.accessLog(ctx)
	if err != nil {
		return nil, err
	}
	out, faults, err := l.read(since)
	switch {
	case err != nil:
		return nil, mailstore.Fail(mailstore.ErrDisk, "The log of accesses {file} cannot be read: see that it is yours.", "file", l.path).Because(err)
	case faults.gone > 0:
		return out, mailstore.Fail(mailstore.ErrDamaged,
			"The log of accesses {file} lacks entries that were written: {count}. Somebody cut them off or put an older copy in its place, or the disk is failing: ask who was at this computer, and keep a copy of the file.",
			"file", l.path, "count", faults.gone)
	case faults.places > 0:
		return out, mailstore.Fail(mailstore.ErrDamaged,
			"The log of accesses {file} is not what was written, in {count} places: lines were changed or taken away, or the disk is failing.", "file", l.path, "count", faults.places)
	}
	return out, nil
}
