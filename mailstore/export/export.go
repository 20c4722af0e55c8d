package export

import (
	"context"
	"io"
	"iter"
	"time"

	"lifeboat/mailstore"
)

// Message is a message in one place: on its way out, or found in somebody's files.
type Message struct {
	Account  string // its address; empty: not known
	Folder   string // as people see it, levels separated by "/"; empty: not known
	UID      mailstore.UID
	Flags    mailstore.Flags
	Received time.Time // zero: not known
	Hash     mailstore.Hash
	Size     int64  // octets; -1: not known
	Subject  string // for a file's name; may be empty
	// Labels are Gmail's, of its Takeout files.
	Labels []string
	// Path is where it was found, "backup/archive.mbox, message 3".
	Path string
	// Open gives its bytes.
	Open func(context.Context) (io.ReadCloser, error)
}

// Format is what an export is made of.
type Format string

// The formats.
const (
	EML  Format = "eml"  // a folder with a file for each message
	Mbox Format = "mbox" // a folder with a file for each mail folder
	Zip  Format = "zip"  // one file with all of EML in it
)

// Options are how an export is made.
type Options struct {
	Format Format
	Now    func() time.Time // nil: [time.Now]
	// Tell is called after every message, if it is not nil.
	Tell func(Progress)
}

// Progress is how far an export or import is.
type Progress struct {
	Messages int
	Bytes    int64
}

// LeftOut is a message that could not be exported, and why.
type LeftOut struct {
	Message Message
	Why     mailstore.Sentence
}

// Summary is what an export holds.
type Summary struct {
	Progress
	LeftOut []LeftOut
}

// Write exports messages to a folder or file that does not exist yet.
func Write(ctx context.Context, target string, messages iter.Seq2[Message, error], o Options) (Summary, error) {
	return Summary{}, mailstore.Fail(mailstore.ErrUnsupported, "not yet")
}

// Read finds the messages in a file or folder.
func Read(ctx context.Context, path string) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		yield(Message{}, mailstore.Fail(mailstore.ErrUnsupported, "not yet"))
	}
}
