package imaplink

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"time"

	"lifeboat/mailstore"
	"lifeboat/mailstore/signin"
)

// Dialer opens network connections; net.Dialer is one.
type Dialer interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}

// Security is how a connection comes to TLS. There is no IMAP without it here.
type Security string

// The ways to TLS.
const (
	Implicit Security = "tls"      // from the first octet (RFC 8314 section 3); also the zero value
	StartTLS Security = "starttls" // with the command STARTTLS (RFC 9051 section 6.2.1)
)

// Endpoint is where a server listens.
type Endpoint struct {
	Host string
	Port int      // 0: 993, or 143 with StartTLS
	TLS  Security // empty: Implicit
}

// Patience is how long a server may take. Zero values are replaced by the defaults.
type Patience struct {
	// Connect is for connecting, TLS and sign-in together; 30 seconds by default.
	Connect time.Duration
	// Answer is for the beginning of an answer, and between the parts of one; servers
	// that search a large folder are silent for long. 3 minutes by default.
	Answer time.Duration
	// Stall is how long an answer that has begun may take for the next 4 KiB, so that
	// an octet a second is not taken for life; 45 seconds by default.
	Stall time.Duration
	// Idle is after how long IDLE is renewed; 25 minutes by default, and never more
	// than the 29 of RFC 2177.
	Idle time.Duration
}

// Options are what a connection is made of.
type Options struct {
	Server Endpoint
	Dialer Dialer
	// TLS has the certificate authorities to trust; nil: the system's. ServerName is
	// the server's host unless it is set.
	TLS    *tls.Config
	SignIn signin.Source
	// Budget is shared by the accounts of one provider; nil: no limit.
	Budget   *Budget
	Patience Patience
	// NoCompress and NoQResync do without an extension that the server may have.
	NoCompress, NoQResync bool
	// CompressBelow is the speed of the line, in octets a second, below which it is
	// worth the time to compress (RFC 4978); 0: 1 MiB a second. The largest int64
	// compresses from the start.
	CompressBelow int64
	Now           func() time.Time // nil: time.Now
	Log           *slog.Logger     // nil: nothing is logged
}

// Caps is what a server can do.
type Caps struct {
	CondStore, QResync        bool // RFC 7162
	Compress                  bool // RFC 4978
	Idle                      bool // RFC 2177
	ListStatus                bool // RFC 5819
	SpecialUse                bool // RFC 6154
	ObjectID                  bool // RFC 8474
	Gmail                     bool // X-GM-EXT-1
	ESearch                   bool // RFC 4731
	UIDPlus, Move             bool // RFC 4315, 6851
	Namespace                 bool // RFC 2342
	LiteralPlus, LiteralMinus bool // RFC 7888
	// All are the capabilities as the server names them, in upper case.
	All []string
}

// Info is what is known of a connection.
type Info struct {
	Server          string // as its ID says (RFC 2971), "Dovecot"; mostly empty
	TLS             string // "TLS 1.3"
	CertificateEnds time.Time
	Compressed      bool // the line is compressed now
}

// Traffic is what went over the wire so far, TLS included.
type Traffic struct {
	In, Out    int64 // octets
	RoundTrips int   // how often the next step had to wait for the server
}

// Status is what a folder holds.
type Status struct {
	UIDValidity uint32
	UIDNext     mailstore.UID
	Messages    uint32
	ModSeq      uint64 // HIGHESTMODSEQ; 0: the server has none for it
	Unseen      uint32 // filled by [Conn.Counts] alone
}

// Folder is a folder as the server lists it.
type Folder struct {
	Name      string // in Unicode
	Delimiter string // one character; empty: the server has no levels
	Role      mailstore.Role
	RemoteID  string // MAILBOXID (RFC 8474); mostly empty, and filled only with Status
	NoSelect  bool   // it has folders below it and no mail
	// Namespace is whose it is: empty for the account's own, else "other" or "shared"
	// (RFC 2342).
	Namespace string
	Status    *Status // nil: the server gave none with the list; ask for it
}

// Known is what the mirror has of a folder, for [Conn.Select].
type Known struct {
	UIDValidity uint32
	ModSeq      uint64
	UIDs        UIDSet // what is known; empty: the server is to think of all
}

// Flagged is a message's flags.
type Flagged struct {
	UID    mailstore.UID
	Flags  mailstore.Flags
	ModSeq uint64
}

// Selected is a folder that is open for reading.
type Selected struct {
	Status
	// Resynced is whether Vanished and Changed are all that changed since what was
	// known: the server has QRESYNC and the UIDVALIDITY is the same. New messages are
	// among Changed, too.
	Resynced bool
	Vanished UIDSet
	Changed  []Flagged
	RemoteID string // MAILBOXID (RFC 8474); mostly empty
}

// Overview is a message without its bytes.
type Overview struct {
	UID      mailstore.UID
	Flags    mailstore.Flags
	Received time.Time // the internal date
	Size     int64     // RFC822.SIZE; some servers only guess it
	ModSeq   uint64
	RemoteID string   // X-GM-MSGID or EMAILID, whichever the server has
	Labels   []string // X-GM-LABELS; nil where there are none
}

// Want is a message whose bytes are asked for.
type Want struct {
	UID  mailstore.UID
	Size int64 // as the overview said; 0: not known
}
