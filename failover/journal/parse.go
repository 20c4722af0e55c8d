package journal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"lifeboat/failover"
)

// parsed is what a journal file holds: entries up to the byte offset good, the
// last of them beginning at last, and the number of the line that is wrong
// although the file goes on after it.
type parsed struct {
	entries []Entry
	prev    string
	last    int
	good    int
	badLine int
}

// parse reads a journal. What cannot be read at the very end is a torn write and
// no damage: a crash, or a power cut that left blocks of the last line empty. A
// whole line that is not sound, or tells of another predecessor, was not torn.
func parse(data []byte) parsed {
	var p parsed
	rest := data
	for n := 1; len(rest) > 0; n++ {
		end := bytes.IndexByte(rest, '\n')
		if end < 0 {
			return p
		}
		line := rest[:end+1]
		rest = rest[end+1:]
		e, sum, sound, err := unseal(line)
		switch {
		case err != nil && len(rest) == 0:
			return p
		case err != nil || !sound || e.Seq != uint64(n):
			p.badLine = n
			return p
		case e.Prev != p.prev:
			p.badLine = max(n-1, 1) // it is sound in itself: the one before is another than it was
			return p
		}
		p.entries = append(p.entries, e)
		p.prev = sum
		p.last, p.good = p.good, p.good+len(line)
	}
	return p
}

const (
	sumBefore = `,"sum":"`
	sumAfter  = "\"}\n"
	sumLength = len(sumBefore) + 2*sha256.Size + len(sumAfter)
)

// seal makes an entry's line out of its JSON form, and returns its checksum.
func seal(body []byte) (line []byte, sum string) {
	sum = checksum(body)
	line = append(line, body[:len(body)-1]...)
	line = append(line, sumBefore+sum+sumAfter...)
	return line, sum
}

// unseal reads what seal wrote. An error means that this is no whole line; a whole
// line that is not sound was changed.
func unseal(line []byte) (e Entry, sum string, sound bool, err error) {
	var s struct {
		Entry
		Sum string `json:"sum"`
	}
	if err := json.Unmarshal(line, &s); err != nil {
		return e, "", false, err
	}
	cut := len(line) - sumLength
	if cut < 1 || string(line[cut:]) != sumBefore+s.Sum+sumAfter {
		return e, "", false, nil
	}
	body := append(line[:cut:cut], '}')
	return s.Entry, s.Sum, s.Sum == checksum(body), nil
}

func checksum(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

func (p parsed) err(path string) error {
	if p.badLine == 0 {
		return nil
	}
	return failover.Fail(failover.ErrDamaged,
		"line {line} of the journal {file} is damaged or was edited: move the file aside to begin a new one, and keep it for the record",
		"line", p.badLine, "file", path)
}
