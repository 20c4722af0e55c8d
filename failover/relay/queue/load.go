package queue

import (
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"lifeboat/failover"
)

// loaded is what the journal tells.
type loaded struct {
	segments []*segment
	entries  map[key]*entry
	tallies  map[at]tally
	record   uint64
	last     key
	said     []failover.Sentence // what is damaged
	doubts   []uint64            // records after which several were lost

	torn   bool // the newest segment ends in the midst of a write, after its size
	closed bool // the newest segment is not to be written to
	empty  string
}

// numbered lists a folder's files with a suffix, by their numbers.
func numbered(dir, suffix string) ([]uint32, error) {
	names, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, notRead(dir, err)
	}
	var ids []uint32
	for _, n := range names {
		if number, ok := strings.CutSuffix(n.Name(), suffix); ok && len(number) == 8 {
			if id, err := strconv.ParseUint(number, 10, 32); err == nil && id > 0 {
				ids = append(ids, uint32(id))
			}
		}
	}
	slices.Sort(ids)
	return ids, nil
}

// load reads the journal. The bytes of messages are not looked at.
func (q *Queue) load() (*loaded, error) {
	ids, err := numbered(q.dir, ".queue")
	if err != nil {
		return nil, err
	}
	l := &loaded{entries: map[key]*entry{}, tallies: map[at]tally{}}
	locked := 0
	for n, id := range ids {
		if n > 0 && id != ids[n-1]+1 {
			l.say(failover.Say("Of the files of the mail queue in {folder}, those between {first} and {last} are missing, and with them maybe accepted mail.",
				"folder", q.dir, "first", filepath.Base(segmentPath(q.dir, ids[n-1])), "last", filepath.Base(segmentPath(q.dir, id))))
		}
		ok, err := q.loadSegment(l, id, n == len(ids)-1)
		if err != nil {
			return nil, err
		}
		if !ok {
			locked++
		}
	}
	if locked > 0 && locked == len(ids) {
		return nil, failover.Fail(failover.ErrDamaged,
			"The mail queue in {folder} was sealed with another key, or is damaged: nothing of it can be read. Restore the key that belongs to it, or move the folder aside to begin anew.",
			"folder", q.dir)
	}
	return l, nil
}

func (l *loaded) say(s failover.Sentence) { l.said = append(l.said, s) }

// loadSegment reads one segment. It reports whether the key fits.
func (q *Queue) loadSegment(l *loaded, id uint32, newest bool) (bool, error) {
	path := segmentPath(q.dir, id)
	f, err := os.Open(path)
	if err != nil {
		return false, notRead(path, err)
	}
	defer func() { _ = f.Close() }() // only read from
	info, err := f.Stat()
	if err != nil {
		return false, notRead(path, err)
	}
	s := &segment{id: id, path: path, size: info.Size()}
	aead, spoilt, err := readHeader(f, q.opts.Key, journalMagic, uint64(id))
	switch {
	case errors.Is(err, errShort) && newest && blank(f, info.Size()):
		l.empty = path // nobody was told of anything in it
		return true, nil
	case err != nil:
		l.unreadable(s, newest)
		return !errors.Is(err, errSeal), nil
	}
	var lastRecord int64
	got, err := scan(f, info.Size(), aead, isRecord, func(fr frame, content []byte) error {
		if fr.kind == recordFrame {
			q.replay(l, s, string(content), fr.length)
			lastRecord = fr.at
		}
		return nil
	})
	if err != nil {
		return true, err
	}
	l.judge(s, &got, lastRecord, newest)
	if spoilt {
		q.log.Warn("The beginning of a file of the mail queue is damaged; its second copy was read", "file", path)
	}
	s.damaged = s.damaged || len(got.damages) > 0 || spoilt
	if newest {
		l.torn, l.closed = got.torn, s.damaged
	}
	if got.torn && newest {
		s.size = got.end
	}
	l.segments = append(l.segments, s)
	return true, nil
}

// unreadable takes in a segment of which only the file is there.
func (l *loaded) unreadable(s *segment, newest bool) {
	s.damaged = true
	l.segments = append(l.segments, s)
	if l.closed = newest; newest {
		l.doubts = append(l.doubts, l.record) // else the next file tells how many records are missing
	}
	l.say(failover.Say("{file} of the mail queue cannot be read from its beginning on, and with it maybe accepted mail.", "file", s.path))
}

// judge says what is damaged of a segment, whose last good record begins at an offset.
func (l *loaded) judge(s *segment, got *scanned, lastRecord int64, newest bool) {
	if got.torn && !newest {
		got.damages = append(got.damages, damage{got.end, s.size, 2})
	}
	for _, d := range got.damages {
		l.sayDamage(s, d)
		if d.frames > 1 && d.from > lastRecord {
			l.doubts = append(l.doubts, l.record)
		}
	}
}

// blank reports whether a file has nothing behind its header's place, as when the power
// fails while it is made.
func blank(f io.ReaderAt, size int64) bool {
	w := window{r: f, size: size}
	for at := framesFrom; at < size; at += windowLen {
		if !zeros(w.bytes(at, min(windowLen, size-at))) || w.spoilt {
			return false
		}
	}
	return true
}

func isRecord(kind byte) bool { return kind == recordFrame }

func (l *loaded) sayDamage(s *segment, d damage) {
	if d.to == s.size {
		l.say(failover.Say("{bytes} bytes at the end of {file} cannot be read. If the machine lost its power, nobody was told that what they held was accepted; if not, accepted mail may be lost, and the disk needs care.",
			"bytes", d.to-d.from, "file", s.path))
		return
	}
	l.say(failover.Say("{bytes} bytes of {file} are damaged. Accepted mail may be lost, and the disk needs care.",
		"bytes", d.to-d.from, "file", s.path))
}

// replay does what a record says. Where several are missing before it, what the records
// until then said of a message is in doubt: between its being handed over and its end lies
// more than one.
func (q *Queue) replay(l *loaded, s *segment, content string, length int64) {
	d := decoder{s: content}
	if number := d.uint(); number > l.record+2 && l.record > 0 {
		l.doubts = append(l.doubts, l.record)
	}
	n, err := readRecord(content, func(what byte) bool { return what != changeSample }, func(c change) {
		l.replay(s, c, length)
	})
	if err != nil && !s.damaged {
		s.damaged = true
		l.say(failover.Say("{file} of the mail queue holds what this version of Lifeboat does not understand; the rest is read.", "file", s.path))
	}
	l.record = n
}

func (l *loaded) replay(s *segment, c change, length int64) {
	switch c.what {
	case changeBase:
		s.begun = c.base.begun
		l.tallies = c.base.tallies
		if c.base.last.compare(l.last) > 0 {
			l.last = c.base.last
		}
	case changeEntry:
		c.entry.home, c.entry.written, c.entry.record = s.id, uint32(length), l.record+1 //nolint:gosec // at most a frame
		l.entries[c.entry.key] = c.entry
		if c.entry.key.compare(l.last) > 0 {
			l.last = c.entry.key
		}
	case changeState:
		old := l.entries[c.entry.key]
		if old == nil {
			return // its beginning was damaged, which is said
		}
		e := *old
		e.state, e.warned, e.since, e.next = c.entry.state, c.entry.warned, c.entry.since, c.entry.next
		e.tries, e.again, e.how, e.record = c.entry.tries, c.entry.again, c.entry.how, l.record+1
		if e.whole() {
			l.entries[e.key] = &e
		}
	case changeEnd:
		delete(l.entries, c.entry.key)
	case changeEvent:
		s.span(nanos(c.event.At))
	case changeTally:
		t := l.tallies[c.at]
		t.add(c.tally)
		l.tallies[c.at] = t
	}
}

// take makes what was loaded the queue's.
func (q *Queue) take(l *loaded) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.index, q.live, q.tallies = index{}, map[uint32]int64{}, l.tallies
	for _, k := range slices.SortedFunc(maps.Keys(l.entries), key.compare) {
		q.index.add(l.entries[k])
		q.account(l.entries[k], 1)
	}
	w := &q.writer
	w.segments, w.record, w.last, w.used = l.segments, l.record, l.last, q.past.size()
	for _, s := range l.segments {
		w.used += s.size
	}
	// The past may know more than the journal, if that was lost.
	w.record = max(w.record, q.past.last)
	for _, f := range q.past.files {
		for _, b := range f.blocks {
			if b.last.compare(w.last) > 0 {
				w.last = b.last
			}
		}
	}
	q.feed.reset()
}

// resume opens the newest segment for appending, or begins another. What a killed
// process wrote is made durable, because it counts from now on.
func (q *Queue) resume(l *loaded) error {
	w := &q.writer
	if l.empty != "" {
		if err := os.Remove(l.empty); err != nil {
			return notWritten(l.empty, err)
		}
	}
	n := len(l.segments)
	if n == 0 || l.closed {
		return q.start()
	}
	s := l.segments[n-1]
	o, err := os.OpenFile(s.path, os.O_RDWR, 0)
	if err != nil {
		return notWritten(s.path, err)
	}
	t := &tail{segment: s, file: q.tune.wrap(o)}
	w.tail = t
	t.aead, _, err = readHeader(o, q.opts.Key, journalMagic, uint64(s.id))
	if err == nil && l.torn {
		q.log.Info("The mail queue's last write was cut short; nobody was told that it counted", "file", s.path)
		err = t.file.Truncate(s.size)
	}
	if err == nil {
		err = errors.Join(t.file.Sync(), syncDir(q.dir))
	}
	if err == nil && s.size >= q.tune.segment {
		if err := q.start(); err != nil {
			q.log.Warn("A file of the mail queue grows beyond its usual length", "file", s.path, "error", err)
		}
	}
	if err != nil {
		return notWritten(s.path, err)
	}
	return nil
}
