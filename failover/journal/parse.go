package journal

import (
	"bytes"
	"encoding/json"

	"lifeboat/failover"
)

// parsed is what a journal file holds: entries up to the byte offset good, and
// the number of the first line that is wrong although whole lines follow it.
type parsed struct {
	entries []Entry
	prev    string
	good    int
	badLine int
}

// parse reads a journal. What cannot be read at the very end is a torn write and
// no damage: a crash, or a power cut that left the blocks of the last line
// empty.
func parse(data []byte) parsed {
	var p parsed
	rest := data
	for n := 1; len(rest) > 0; n++ {
		end := bytes.IndexByte(rest, '\n')
		if end < 0 {
			return p
		}
		line := rest[:end+1]
		var e Entry
		if json.Unmarshal(line, &e) != nil || e.Prev != p.prev || e.Seq != uint64(len(p.entries))+1 {
			if valid(rest[end+1:]) {
				p.badLine = n
			}
			return p
		}
		p.entries = append(p.entries, e)
		p.prev = lineHash(line)
		p.good += len(line)
		rest = rest[end+1:]
	}
	return p
}

// valid reports whether any whole line of the data is an entry.
func valid(data []byte) bool {
	for line := range bytes.Lines(data) {
		var e Entry
		if line[len(line)-1] == '\n' && json.Unmarshal(line, &e) == nil && e.Event != "" {
			return true
		}
	}
	return false
}

func (p parsed) err(path string) error {
	if p.badLine == 0 {
		return nil
	}
	return failover.Fail(failover.ErrDamaged,
		"line {line} of the journal {file} is damaged or was edited: move the file aside to begin a new one, and keep it for the record",
		"line", p.badLine, "file", path)
}
