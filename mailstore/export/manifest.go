package export

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash"
	"io"
	"os"
	"path/filepath"
	"time"

	"lifeboat/mailstore"
)

// The two files that every export has beside its mail.
const (
	manifestName = "manifest.json"
	sumsName     = "SHA256SUMS"
)

const (
	manifestFormat  = "lifeboat-export"
	manifestVersion = 1
)

// entry is a message in the manifest.
type entry struct {
	Path string `json:"path"` // with slashes, from the export's folder
	// Offset and Length are where it lies in a mailbox, quoted as mboxrd does.
	Offset   int64           `json:"offset,omitempty"`
	Length   int64           `json:"length,omitempty"`
	SHA256   string          `json:"sha256"` // of the message, unquoted
	Size     int64           `json:"size"`   // in octets
	Account  string          `json:"account,omitempty"`
	Folder   string          `json:"folder,omitempty"`
	UID      mailstore.UID   `json:"uid,omitempty"`
	Flags    mailstore.Flags `json:"flags"`
	Received time.Time       `json:"received,omitzero"`
}

// missing is a message that was left out.
type missing struct {
	SHA256  string             `json:"sha256,omitempty"`
	Account string             `json:"account,omitempty"`
	Folder  string             `json:"folder,omitempty"`
	UID     mailstore.UID      `json:"uid,omitempty"`
	Why     mailstore.Sentence `json:"why"`
}

func newEntry(m Message, path string) entry {
	flags := m.Flags
	if flags == nil {
		flags = mailstore.Flags{}
	}
	return entry{Path: path, SHA256: m.Hash.String(), Size: m.Size, Account: m.Account, Folder: m.Folder, UID: m.UID, Flags: flags, Received: m.Received.UTC()}
}

// manifest is being written: one line for each message.
type manifest struct {
	path string
	file *os.File
	w    *bufio.Writer
	some bool
}

func newManifest(path string, format Format, now time.Time) (*manifest, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	m := &manifest{path: path, file: f, w: bufio.NewWriter(f)}
	head, err := json.Marshal(struct {
		Format  string    `json:"format"`
		Version int       `json:"version"`
		Kind    Format    `json:"kind"`
		Made    time.Time `json:"made"`
	}{manifestFormat, manifestVersion, format, now.UTC().Truncate(time.Second)})
	if err != nil {
		return m, err
	}
	_, err = m.w.Write(append(head[:len(head)-1], ",\n\"messages\": ["...))
	return m, err
}

func (m *manifest) add(e entry) error {
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	before := ",\n"
	if !m.some {
		before, m.some = "\n", true
	}
	_, err = m.w.WriteString(before + string(line))
	return err
}

func (m *manifest) finish(s Summary) error {
	out := []missing{}
	for _, l := range s.LeftOut {
		one := missing{Account: l.Message.Account, Folder: l.Message.Folder, UID: l.Message.UID, Why: l.Why}
		if l.Message.Hash != (mailstore.Hash{}) {
			one.SHA256 = l.Message.Hash.String()
		}
		out = append(out, one)
	}
	end, err := json.Marshal(struct {
		LeftOut  []missing `json:"left_out"`
		Messages int       `json:"message_count"`
		Bytes    int64     `json:"byte_count"`
	}{out, s.Messages, s.Bytes})
	if err != nil {
		return err
	}
	_, err = m.w.WriteString("\n],\n" + string(end[1:]) + "\n")
	err = errors.Join(err, m.w.Flush(), m.file.Sync(), m.file.Close())
	m.file = nil
	return err
}

func (m *manifest) close() {
	if m.file != nil {
		_ = m.file.Close() // given up
	}
}

// sums is SHA256SUMS being written.
type sums struct {
	path string
	file *os.File
	w    *bufio.Writer
}

func newSums(dir string) (*sums, error) {
	path := filepath.Join(dir, sumsName)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	return &sums{path: path, file: f, w: bufio.NewWriter(f)}, nil
}

// add notes a file; path is with slashes.
func (s *sums) add(path string, sum []byte) error {
	_, err := s.w.WriteString(hex.EncodeToString(sum) + "  " + path + "\n")
	return err
}

func (s *sums) finish() error {
	err := errors.Join(s.w.Flush(), s.file.Sync(), s.file.Close())
	s.file = nil
	return err
}

func (s *sums) close() {
	if s.file != nil {
		_ = s.file.Close() // given up
	}
}

// sumOf is the SHA-256 of a file.
func sumOf(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return nil, err
	}
	return h.Sum(nil), nil
}

// summing is a file whose SHA-256 is known when it is written.
type summing struct {
	w io.Writer
	h hash.Hash
	n int64
}

// Write implements [io.Writer].
func (s *summing) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	_, _ = s.h.Write(p[:n]) // never fails
	s.n += int64(n)
	return n, err
}
