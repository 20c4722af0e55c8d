package imaplink

import (
	"iter"
	"slices"
	"strconv"
	"strings"

	"lifeboat/mailstore"
)

// UIDRange are the UIDs from First to Last, both included.
type UIDRange struct{ First, Last mailstore.UID }

// UIDSet is a set of UIDs as ascending ranges that do not touch, so that a server
// that names four thousand million of them costs eight octets.
type UIDSet []UIDRange

// SetOf makes a set of UIDs in any order.
func SetOf(uids ...mailstore.UID) UIDSet {
	sorted := slices.Clone(uids)
	slices.Sort(sorted)
	var s UIDSet
	for _, uid := range sorted {
		switch last := len(s) - 1; {
		case last >= 0 && uid <= s[last].Last:
		case last >= 0 && uid == s[last].Last+1:
			s[last].Last = uid
		default:
			s = append(s, UIDRange{uid, uid})
		}
	}
	return s
}

// SetFrom is every UID from first on.
func SetFrom(first mailstore.UID) UIDSet { return UIDSet{{max(first, 1), ^mailstore.UID(0)}} }

// Plus is the union.
func (s UIDSet) Plus(other UIDSet) UIDSet {
	all := slices.Concat(s, other)
	slices.SortFunc(all, func(a, b UIDRange) int { return int(int64(a.First) - int64(b.First)) })
	var out UIDSet
	for _, r := range all {
		if last := len(out) - 1; last >= 0 && uint64(r.First) <= uint64(out[last].Last)+1 {
			out[last].Last = max(out[last].Last, r.Last)
		} else {
			out = append(out, r)
		}
	}
	return out
}

// Has reports whether the UID is in the set.
func (s UIDSet) Has(uid mailstore.UID) bool {
	_, found := slices.BinarySearchFunc(s, uid, func(r UIDRange, uid mailstore.UID) int {
		switch {
		case r.Last < uid:
			return -1
		case r.First > uid:
			return 1
		}
		return 0
	})
	return found
}

// Len counts the UIDs.
func (s UIDSet) Len() (n int64) {
	for _, r := range s {
		n += int64(r.Last) - int64(r.First) + 1
	}
	return n
}

// All are the UIDs, ascending.
func (s UIDSet) All() iter.Seq[mailstore.UID] {
	return func(yield func(mailstore.UID) bool) {
		for _, r := range s {
			for uid := uint64(r.First); uid <= uint64(r.Last); uid++ {
				if !yield(mailstore.UID(uid)) { //nolint:gosec // it is between two UIDs
					return
				}
			}
		}
	}
}

// String is the set as IMAP writes it: "1:3,7,12:*" (RFC 9051, sequence-set). Its
// greatest UID of all is written "*".
func (s UIDSet) String() string {
	var b strings.Builder
	for i, r := range s {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.FormatUint(uint64(r.First), 10))
		if r.Last != r.First {
			b.WriteByte(':')
			if r.Last == ^mailstore.UID(0) {
				b.WriteByte('*')
			} else {
				b.WriteString(strconv.FormatUint(uint64(r.Last), 10))
			}
		}
	}
	return b.String()
}

// ParseSet reads a set as IMAP writes it, in any order.
func ParseSet(s string) (UIDSet, error) {
	var out UIDSet
	for part := range strings.SplitSeq(s, ",") {
		first, last, isRange := strings.Cut(part, ":")
		if !isRange {
			last = first
		}
		a, err := parseUID(first)
		if err != nil {
			return nil, err
		}
		b, err := parseUID(last)
		if err != nil {
			return nil, err
		}
		out = append(out, UIDRange{min(a, b), max(a, b)})
	}
	return UIDSet(nil).Plus(out), nil
}

func parseUID(s string) (mailstore.UID, error) {
	if s == "*" {
		return ^mailstore.UID(0), nil
	}
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil || n == 0 {
		return 0, protocol("a set of UIDs that is none")
	}
	return mailstore.UID(n), nil
}
