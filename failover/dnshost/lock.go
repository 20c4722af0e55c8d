package dnshost

import (
	"strings"
	"time"

	"lifeboat/failover"
)

const lockTag = "lifeboat-lock1"

// Text is the lock as the TXT record's single string (at most 255 octets,
// RFC 1035 section 3.3): "lifeboat-lock1 op=… owner=… expires=…".
func (l Lock) Text() string {
	return strings.Join([]string{
		lockTag, "op=" + clean(l.Operation, 64), "owner=" + clean(l.Owner, 100),
		"expires=" + l.Expires.UTC().Format(time.RFC3339),
	}, " ")
}

// ParseLock reads what Text wrote. Anything else at the lock's name is some lock
// all the same, of an unknown owner, and ok is false.
func ParseLock(text string) (l Lock, ok bool) {
	fields := strings.Fields(text)
	if len(fields) == 0 || fields[0] != lockTag {
		return Lock{Owner: clean(text, 100)}, false
	}
	for _, f := range fields[1:] {
		k, v, _ := strings.Cut(f, "=")
		switch k {
		case "op":
			l.Operation = v
		case "owner":
			l.Owner = v
		case "expires":
			if t, err := time.Parse(time.RFC3339, v); err == nil {
				l.Expires = t.UTC()
			}
		}
	}
	return l, l.Operation != "" && !l.Expires.IsZero()
}

// Held is the error for a zone whose lock somebody else holds.
func Held(zone string, held Lock) *failover.Error {
	if held.Expires.IsZero() {
		return failover.Fail(failover.ErrLocked,
			"{zone} is locked by a record that Lifeboat did not write: {text}; find out whose it is, or take the lock over deliberately with --take-lock",
			"zone", failover.Display(zone), "text", held.Owner)
	}
	return failover.Fail(failover.ErrLocked,
		"{zone} is locked by {owner} until {until}: another Lifeboat run is changing it; wait for it to end, or take the lock over deliberately with --take-lock",
		"zone", failover.Display(zone), "owner", held.Owner, "until", held.Expires.UTC().Format("2006-01-02 15:04 MST"))
}

// clean keeps what may stand in one word of the record: printable ASCII without
// space, quote, backslash, at most limit octets.
func clean(s string, limit int) string {
	out := strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' || r == '"' || r == '\\' || r == ';' {
			return '_'
		}
		return r
	}, s)
	return out[:min(len(out), limit)]
}
