package mirror

import (
	"context"
	"io"
	"time"

	"lifeboat/mailstore"
)

// Store is what the mirror needs of the store. Its methods may be called from
// several goroutines.
type Store interface {
	Accounts(ctx context.Context) ([]mailstore.Account, error)
	Folders(ctx context.Context, account mailstore.AccountID) ([]mailstore.Folder, error)
	// SaveFolder makes a folder (ID 0) or changes its name, role, remote ID, Gone and
	// Held; only Apply moves a cursor. A folder that is Gone hides its places, and
	// shows them again when it is back.
	SaveFolder(ctx context.Context, folder mailstore.Folder) (mailstore.Folder, error)
	// Known tells the places of a folder that are not hidden and whose UIDs belong to
	// the UIDVALIDITY, in ascending order.
	Known(ctx context.Context, folder mailstore.FolderID, uidValidity uint32) ([]mailstore.Known, error)
	// Damaged tells the folders in which damaged messages lie.
	Damaged(ctx context.Context, account mailstore.AccountID) ([]mailstore.FolderID, error)
	// Remote tells which messages the account has, by the primary's names for them.
	Remote(ctx context.Context, account mailstore.AccountID, remoteIDs []string) (map[string]mailstore.MessageID, error)
	Message(ctx context.Context, id mailstore.MessageID) (mailstore.Message, error)
	NewBody() BodyWriter
	// Apply takes a batch in, and returns when it is durable.
	Apply(ctx context.Context, batch mailstore.Batch) (mailstore.Applied, error)
	Checked(ctx context.Context, account mailstore.AccountID, check mailstore.Check) error

	Undescribed(ctx context.Context, limit int) ([]mailstore.Message, error)
	Describe(ctx context.Context, descriptions []mailstore.Description) error
	// Open reads a message's bytes.
	Open(ctx context.Context, id mailstore.MessageID) (io.ReadCloser, error)
}

// BodyWriter takes a message's bytes. One of Close and Abort ends it.
type BodyWriter interface {
	io.Writer
	Close() (mailstore.Body, error)
	Abort()
}

// Link is a connection to an account's server, signed in. It is used by one goroutine
// at a time. Errors are *mailstore.Error; after one, the link is only closed.
type Link interface {
	Able() Able
	// List tells every folder, with its status where that costs no round trip.
	List(ctx context.Context) ([]Listed, error)
	// Status asks for folders' status, in one round trip.
	Status(ctx context.Context, names []string) (map[string]Status, error)
	// Select opens a folder for reading. With since, a server that is able to says what
	// changed after it (RFC 7162 section 3.2.5).
	Select(ctx context.Context, name string, since *Since) (Selected, error)
	// UIDs tells the messages of the selected folder whose internal date is the day of
	// since or later, all for the zero time.
	UIDs(ctx context.Context, since time.Time) ([]mailstore.UID, error)
	// OverviewsFrom tells what there is from a UID on.
	OverviewsFrom(ctx context.Context, first mailstore.UID, yield func(Overview) error) error
	Overviews(ctx context.Context, uids []mailstore.UID, yield func(Overview) error) error
	// ChangedSince tells messages whose flags changed after a mod-sequence.
	ChangedSince(ctx context.Context, modSeq uint64) ([]mailstore.Change, error)
	Flags(ctx context.Context, uids []mailstore.UID) ([]mailstore.Change, error)
	// Bodies gives the messages wanted, in any order, and from several goroutines at
	// once. What take is given is whole: a short body makes its reader fail. Messages
	// that are not given are no error; the caller counts.
	Bodies(ctx context.Context, wanted []Wanted, take func(Overview, io.Reader) error) error
	// Idle waits in the selected folder until ctx ends, and calls changed whenever the
	// server speaks of a change (RFC 2177). The link can be used afterwards.
	Idle(ctx context.Context, changed func()) error
	Traffic() Traffic
	// Expiries tells what the connection depends on and when it ends, such as the
	// server's certificate.
	Expiries() []mailstore.Expiry
	Close() error
}

// Able is what a server is able to tell.
type Able struct {
	CondStore bool // RFC 7162: which flags changed since a mod-sequence
	QResync   bool // RFC 7162: also which messages vanished
	RemoteIDs bool // a name of its own for each message: X-GM-MSGID, or EMAILID of RFC 8474
	Idle      bool // RFC 2177
}

// Listed is a folder as the server lists it.
type Listed struct {
	Name      string // in Unicode
	Delimiter string
	Role      mailstore.Role
	RemoteID  string
	NoSelect  bool // it holds no mail: \NoSelect or \NonExistent
	Shared    bool // it belongs to another user, or to everybody (RFC 2342)
	Status    *Status
}

// Status is what tells whether a folder changed (RFC 9051 section 6.3.11).
type Status struct {
	UIDValidity uint32
	UIDNext     mailstore.UID
	Messages    uint32
	ModSeq      uint64 // HIGHESTMODSEQ; 0: the server has none
}

// Since is how far a folder is here already.
type Since struct {
	UIDValidity uint32
	ModSeq      uint64
}

// Selected is a folder as the server describes it when it is selected.
type Selected struct {
	Status
	// Resynced: Vanished and Changed are all that happened after the Since.
	Resynced bool
	Vanished []Range
	Changed  []mailstore.Change
}

// Range is UIDs from First to Last, both included.
type Range struct{ First, Last mailstore.UID }

// Overview is what the server tells of a message beside its bytes.
type Overview struct {
	UID      mailstore.UID
	Flags    mailstore.Flags
	Received time.Time
	Size     int64
	RemoteID string
}

// Wanted is a message to be fetched, with the size that the server told.
type Wanted struct {
	UID  mailstore.UID
	Size int64
}

// Traffic is what went over the line.
type Traffic struct {
	In, Out    int64 // octets on the wire
	RoundTrips int
}

func (t Traffic) plus(o Traffic) Traffic {
	return Traffic{t.In + o.In, t.Out + o.Out, t.RoundTrips + o.RoundTrips}
}
