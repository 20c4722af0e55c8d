package keys

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
	"unicode"
	"unicode/utf8"

	"lifeboat/mailstore"
)

const (
	fileVersion = 1
	maxFile     = 256 << 10
	maxSlots    = 64
	maxLabel    = 200 // bytes
	saltLen     = 16
	nonceLen    = 12
	sealedLen   = nonceLen + Size + 16
)

// record is a slot as it is stored.
type record struct {
	Slot
	Salt []byte `json:"salt"`
	Cost *Cost  `json:"argon2id,omitempty"`
	// Sealed is a nonce and the data key, sealed with AES-256-GCM; the rest of the
	// record is its associated data.
	Sealed []byte `json:"sealed,omitempty"`
}

// content is the file.
type content struct {
	Version int      `json:"version"`
	Slots   []record `json:"slots"`
	MAC     string   `json:"mac,omitempty"` // HMAC-SHA256 under the data key, over the file without MAC and Sum
	Sum     string   `json:"sum,omitempty"` // SHA-256 over the file without Sum
}

func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// bytes is the one form that the content is written in.
func (c content) bytes() ([]byte, error) {
	b, err := json.MarshalIndent(c, "", "  ")
	return append(b, '\n'), err
}

// mac is the MAC that the content should have.
func (c content) mac(k Key) (string, error) {
	c.MAC, c.Sum = "", ""
	b, err := c.bytes()
	if err != nil {
		return "", err
	}
	own := k.Derive("slots")
	h := hmac.New(sha256.New, own[:])
	_, _ = h.Write(b) // never fails
	return hex.EncodeToString(h.Sum(nil)), nil
}

// encode returns the file with its MAC and checksum.
func (c content) encode(k Key) ([]byte, error) {
	var err error
	if c.MAC, err = c.mac(k); err != nil {
		return nil, err
	}
	c.Sum = ""
	b, err := c.bytes()
	if err != nil {
		return nil, err
	}
	c.Sum = hash(b)
	return c.bytes()
}

var (
	errNewer = errors.New("a newer version")
	errForm  = errors.New("not in the form in which it was written")
	errSum   = errors.New("the checksum is wrong")
	errSlot  = errors.New("a slot is none")
)

// decode reads a file, and refuses one in which anything is not as it was written.
func decode(data []byte) (content, error) {
	var only struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(data, &only); err != nil {
		return content{}, errForm // the cause could quote it
	}
	if only.Version > fileVersion {
		return content{}, errNewer
	}
	var c content
	if err := json.Unmarshal(data, &c); err != nil || c.Version != fileVersion {
		return content{}, errForm
	}
	if again, err := c.bytes(); err != nil || !bytes.Equal(again, data) {
		return content{}, errForm
	}
	bare := c
	bare.Sum = ""
	b, err := bare.bytes()
	if err != nil {
		return content{}, err
	}
	if hash(b) != c.Sum {
		return content{}, errSum
	}
	if len(c.Slots) == 0 || len(c.Slots) > maxSlots {
		return content{}, errSlot
	}
	seen := map[string]bool{}
	for _, s := range c.Slots {
		if !s.valid() || seen[s.ID] {
			return content{}, errSlot
		}
		seen[s.ID] = true
	}
	return c, nil
}

// valid reports whether it is safe to try to open the slot.
func (s record) valid() bool {
	id, err := hex.DecodeString(s.ID)
	switch s.Kind {
	case InKeychain, Machine, Recovery:
		if s.Cost != nil {
			return false
		}
	case Passphrase:
		if s.Cost == nil || !s.Cost.sane() {
			return false
		}
	default:
		return false
	}
	return err == nil && len(id) == idLen && len(s.Salt) == saltLen && len(s.Sealed) == sealedLen && validLabel(s.Label)
}

func validLabel(label string) bool {
	if !utf8.ValidString(label) || len(label) > maxLabel {
		return false
	}
	for _, r := range label {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}

// gcm returns the cipher of a slot, and what it binds: everything else in it.
func (s record) gcm(secret [Size]byte) (cipher.AEAD, []byte, error) {
	block, err := aes.NewCipher(secret[:])
	if err != nil {
		return nil, nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, nil, err
	}
	s.Sealed = nil
	bound, err := json.Marshal(s)
	return aead, bound, err
}

func (s *record) seal(secret [Size]byte, k Key) error {
	aead, bound, err := s.gcm(secret)
	if err != nil {
		return err
	}
	nonce := make([]byte, nonceLen, sealedLen)
	if err := random(nonce); err != nil {
		return err
	}
	s.Sealed = aead.Seal(nonce, nonce, []byte(*k.secret), bound)
	return nil
}

func (s record) unseal(secret [Size]byte) (Key, bool) {
	aead, bound, err := s.gcm(secret)
	if err != nil {
		return Key{}, false
	}
	plain, err := aead.Open(nil, s.Sealed[:nonceLen], s.Sealed[nonceLen:], bound)
	if err != nil || len(plain) != Size {
		return Key{}, false
	}
	return newKey(plain), true
}

// read returns the content of the file and its bytes.
func read(path string) (content, []byte, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return content{}, nil, mailstore.Fail(mailstore.ErrNotFound, "There is no key yet: {file} is missing. It is made when the mirror is set up; if there was one, put back a copy of it.",
			"file", path).Because(err)
	}
	var data []byte
	if err == nil {
		data, err = io.ReadAll(io.LimitReader(f, maxFile+1))
		_ = f.Close() // only read from
	}
	if err != nil {
		return content{}, nil, mailstore.Fail(mailstore.ErrDisk, "{file} cannot be read. See that the disk works and that you may read the file.", "file", path).Because(err)
	}
	c, err := decode(data)
	if errors.Is(err, errNewer) {
		return content{}, nil, mailstore.Fail(mailstore.ErrUnsupported, "{file} was written by a newer version of Lifeboat. Use that version.", "file", path).Because(err)
	}
	if err != nil {
		return content{}, nil, mailstore.Fail(mailstore.ErrDamaged, "{file}, which the mail is opened with, is damaged. Put back a copy of it from a backup; the mail itself is not harmed.",
			"file", path).Because(err)
	}
	return c, data, nil
}

func notWritten(file string, cause error) error {
	return mailstore.Fail(mailstore.ErrDisk, "{file} cannot be written, and is as it was. Make room on the disk and see that the folder is yours.", "file", file).Because(cause)
}

func now(f func() time.Time) time.Time {
	if f == nil {
		f = time.Now
	}
	return f().UTC().Truncate(time.Second)
}

// leftovers is what killed programs may have left beside a file.
func leftovers(path string) string {
	return filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+"-*.tmp")
}
