package engine

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"lifeboat/configs"
)

// The chain of the access log's lines shows what was taken from its middle, and not what
// was cut off its end. So how far it goes is kept in a second file, sealed as well and
// written after each entry, in this order:
//
//  1. Before the first line there is an end file that says: none yet.
//  2. The line is written, and synced.
//  3. The end file is replaced by one that names the line, in one step.
//
// A crash between 2 and 3 leaves a line more than the end file tells of, which is as good
// as any; never one less. A log that ends before the line that the end file names was
// cut off, and one without an end file lost it. The next line then says whose successor
// it would have been, so that the gap stays where it is for good.
//
// Whoever takes back both files to the same older state is not found out by this.

const accessEndPurpose = "access end"

// accessEnd is how far the log goes: its last line.
type accessEnd struct {
	No  int    `json:"no"`  // its number, from 1; 0: no line was written yet
	Sum string `json:"sum"` // see lineSum
}

func (l *accessLog) endPath() string {
	return filepath.Join(filepath.Dir(l.path), accessEndFile)
}

// readEnd reads the end file; ok is false where it is missing or not what was written.
func (l *accessLog) readEnd() (end accessEnd, ok bool, err error) {
	b, err := os.ReadFile(l.endPath())
	if errors.Is(err, fs.ErrNotExist) {
		return end, false, nil
	}
	if err != nil {
		return end, false, err
	}
	if l.box != nil {
		sealed, _ := cutMark(b)
		b, _ = openIn(l.box, accessEndPurpose, sealed) // what does not open is no end below
	}
	if ok = json.Unmarshal(b, &end) == nil && end.No >= 0; !ok {
		end = accessEnd{}
	}
	return end, ok, nil
}

// writeEnd replaces the end file.
func (l *accessLog) writeEnd(end accessEnd) error {
	b, err := json.Marshal(end)
	if err != nil {
		return err
	}
	if l.box != nil {
		b = sealIn(l.box, accessEndPurpose, b)
	}
	return configs.WriteFile(l.endPath(), b, 0o600)
}

// lostEnd stands for the line before one that was written where the end file was gone: no
// line has this sum.
const lostEnd = "lost"

// follows is which line a new one follows: the last of the log, last with the sum prev, or
// the one that should be there. The end file is made where there was never a line.
func (l *accessLog) follows(last int, prev string) (accessEnd, error) {
	end, ok, err := l.readEnd()
	switch {
	case err != nil:
		return end, err
	case ok && (last < end.No || last == end.No && prev != end.Sum):
		return end, nil // it was cut off
	case ok:
		return accessEnd{last, prev}, nil
	case last > 0:
		return accessEnd{last, lostEnd}, nil
	}
	// No line has a number: there is none, or all are an older version's.
	return accessEnd{0, prev}, l.writeEnd(accessEnd{0, prev})
}
