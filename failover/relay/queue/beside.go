package queue

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// look takes in what the owner has written since, where this process only reads.
func (q *Queue) look() {
	if !q.opts.ReadOnly {
		return
	}
	if err := q.refresh(); err != nil {
		q.log.Warn("The mail queue could not be read anew", "folder", q.dir, "error", err)
	}
}

// reading does what reads files, and does it again when the owner has given one back
// meanwhile: what was in it and still counts is in another then.
func (q *Queue) reading(do func() error) error {
	for tries := 0; ; tries++ {
		q.look()
		q.files.RLock()
		err := do()
		q.files.RUnlock()
		if !q.opts.ReadOnly || !errors.Is(err, fs.ErrNotExist) || tries == patience {
			return err
		}
	}
}

// patience is how often what changes while it is read is read again.
const patience = 20

// refresh reads everything anew if anything has changed.
func (q *Queue) refresh() error {
	q.files.Lock()
	defer q.files.Unlock()
	now, err := q.folder()
	for tries := 0; err == nil && now != q.seen; tries++ {
		q.past = past{}
		err = q.past.load(q, false)
		var l *loaded
		if err == nil {
			l, err = q.load()
		}
		if errors.Is(err, fs.ErrNotExist) && tries < patience {
			now, err = q.folder()
			continue
		}
		if err != nil {
			return err
		}
		before := now
		if now, err = q.folder(); err == nil && names(now) != names(before) && tries < patience {
			continue // something has moved from file to file
		}
		q.seen = before
		q.w.Lock()
		q.take(l)
		q.w.Unlock()
		return err
	}
	return err
}

// folder tells what the folder looks like: a line with name and length for each file.
func (q *Queue) folder() (string, error) {
	list, err := os.ReadDir(q.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", notRead(q.dir, err)
	}
	var s strings.Builder
	for _, n := range list {
		if info, err := n.Info(); err == nil {
			fmt.Fprintf(&s, "%s %d\n", n.Name(), info.Size())
		}
	}
	return s.String() + ".", nil
}

// names leaves the lengths out.
func names(folder string) string {
	var s strings.Builder
	for line := range strings.Lines(folder) {
		name, _, _ := strings.Cut(line, " ")
		s.WriteString(name + "\n")
	}
	return s.String()
}
