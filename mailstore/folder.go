package mailstore

import (
	"slices"
	"strings"
	"time"
)

// FolderID names a folder within the store, from 1. It stays when the folder is
// renamed at the primary.
type FolderID int64

// UID is a message's number in a folder at the primary (RFC 9051 section 2.3.1.1).
type UID uint32

// Role is what a folder is for (RFC 6154).
type Role string

// The roles; most folders have none.
const (
	NoRole    Role = ""
	Inbox     Role = "inbox"
	Sent      Role = "sent"
	Drafts    Role = "drafts"
	Junk      Role = "junk"
	Trash     Role = "trash"
	Archive   Role = "archive"
	All       Role = "all"
	Flagged   Role = "flagged"
	Important Role = "important"
)

// Folder is a folder of an account, as the primary had it last.
type Folder struct {
	ID        FolderID
	Account   AccountID
	Name      string // in Unicode, its levels separated by Delimiter
	Delimiter string // one character; empty where the server has no levels
	Role      Role
	RemoteID  string // the primary's own name for it that survives renaming (RFC 8474 MAILBOXID); mostly empty
	Cursor    Cursor
	Gone      time.Time // when the primary no longer had it; zero: it has
	Held      *Held     // not nil: it is stopped and asks
	// Messages and Unseen count what is not hidden.
	Messages, Unseen int
}

// LocalPrefix begins the RemoteID of folders that exist here alone, such as what was
// imported, or what a person kept although the primary lost it. No server's own name
// begins so (RFC 8474 section 7: letters, digits, "_" and "-").
const LocalPrefix = "local:"

// ImportPrefix begins the RemoteID of folders whose mail a person brought in from
// files. It may be of any age: no days bound how long it stays.
const ImportPrefix = LocalPrefix + "import:"

// Local reports whether the folder exists here alone: the mirror never compares it
// with the primary.
func (f Folder) Local() bool { return strings.HasPrefix(f.RemoteID, LocalPrefix) }

// Cursor is how far a folder is safely here: everything that it speaks of is
// durable.
type Cursor struct {
	UIDValidity uint32
	UIDNext     UID
	// ModSeq is the HIGHESTMODSEQ of the SELECT after which everything was taken in
	// (RFC 7162 section 3.1.2); 0 where the server has none.
	ModSeq uint64
	// Exists is how many messages the folder had, in the window and before it.
	Exists uint32
	// From is the beginning of the window that was taken in: an earlier one has mail
	// that is not here yet.
	From time.Time
	// Reconciled is when every message's flags and presence were last compared, rather
	// than what the server said had changed.
	Reconciled time.Time
}

// Held is why a folder is stopped: an unusual share of it vanished at once.
type Held struct {
	Gone, Of int // so many of so many messages in the window
	Since    time.Time
}

// Flags are a message's flags and keywords, sorted, without \Recent. System flags
// are written as RFC 9051 section 2.3.2 does ("\Seen"), keywords as the server does.
type Flags []string

// The system flags.
const (
	Seen     = `\Seen`
	Answered = `\Answered`
	Starred  = `\Flagged`
	Deleted  = `\Deleted`
	Draft    = `\Draft`
)

// MakeFlags sorts flags, drops doubles and \Recent, and writes system flags in one
// way (they are case-insensitive).
func MakeFlags(flags ...string) Flags {
	out := make(Flags, 0, len(flags))
	for _, f := range flags {
		for _, system := range []string{Seen, Answered, Starred, Deleted, Draft} {
			if strings.EqualFold(f, system) {
				f = system
			}
		}
		if !strings.EqualFold(f, `\Recent`) {
			out = append(out, f)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Has reports whether the flag is set.
func (f Flags) Has(flag string) bool { return slices.Contains(f, flag) }

// Equal reports whether both hold the same flags.
func (f Flags) Equal(other Flags) bool { return slices.Equal(f, other) }
