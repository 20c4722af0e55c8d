package segment

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"
)

const (
	magic      = "LBSEGMT\x01"
	saltLen    = 32
	headerLen  = len(magic) + 8 + saltLen + tagLen
	framesFrom = 2 * int64(headerLen)

	nonceLen    = 12
	tagLen      = 16
	frameHead   = 4 + 4 + 1 + nonceLen
	frameData   = frameHead + 8 // the associated data
	maxPlain    = 1 << 20
	maxFrameLen = frameHead + maxPlain + tagLen
)

// What a frame is.
const (
	wholeBody  byte = 0
	partOfBody byte = 1
	indexFrame byte = 2

	compressed byte = 16 // added to it
)

// mark is the nonce of a frame, by which it is told from any that lay at the same
// place before.
type mark [nonceLen]byte

var (
	errShort   = errors.New("ends too early")
	errSeal    = errors.New("the seal is broken")
	errOther   = errors.New("another frame lies here")
	errContent = errors.New("the content is no frame's")
)

// sealing makes the cipher of a segment.
func sealing(key [32]byte, id uint64, salt []byte) (cipher.AEAD, error) {
	k, err := hkdf.Key(sha256.New, key[:], salt, "lifeboat segment "+string(binary.BigEndian.AppendUint64(nil, id)), 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(k)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// newHeader makes the beginning of a segment, and its cipher.
func newHeader(key [32]byte, id uint64) ([]byte, cipher.AEAD, error) {
	head := binary.BigEndian.AppendUint64([]byte(magic), id)
	salt := make([]byte, saltLen)
	if _, err := rand.Read(salt); err != nil {
		return nil, nil, err
	}
	head = append(head, salt...)
	aead, err := sealing(key, id, salt)
	if err != nil {
		return nil, nil, err
	}
	head = aead.Seal(head, make([]byte, nonceLen), nil, head)
	return append(head, head...), aead, nil
}

// readHeader returns the cipher of a segment. Either copy of the header will do;
// spoilt tells that only the other one did.
func readHeader(r io.ReaderAt, key [32]byte, id uint64) (aead cipher.AEAD, spoilt bool, err error) {
	both := make([]byte, framesFrom)
	n, err := r.ReadAt(both, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, false, err
	}
	for at := 0; at+headerLen <= n; at += headerLen {
		head := both[at : at+headerLen]
		salt := head[headerLen-tagLen-saltLen : headerLen-tagLen]
		aead, err := sealing(key, id, salt)
		if err != nil {
			return nil, false, err
		}
		numbered := string(head[:len(magic)]) == magic && binary.BigEndian.Uint64(head[len(magic):]) == id
		if _, err := aead.Open(nil, make([]byte, nonceLen), head[headerLen-tagLen:], head[:headerLen-tagLen]); err == nil && numbered {
			return aead, at > 0 || n < len(both), nil
		}
	}
	if n < len(both) {
		return nil, true, errShort
	}
	return nil, true, errSeal
}

// A frame on its way to a file: room for its head, then what is to be sealed.
type frame struct {
	buf   []byte // frameHead bytes, then the payload
	plain int    // length before compression
	kind  byte
}

// seal completes the frame for its place in a segment, within its own buffer, and
// returns the bytes to be written and its mark.
func (f *frame) seal(aead cipher.AEAD, offset int64) ([]byte, mark, error) {
	var data [frameData]byte
	var m mark
	for m == (mark{}) { // that of headers
		if _, err := rand.Read(m[:]); err != nil {
			return nil, m, err
		}
	}
	head := f.buf[:frameHead]
	putHead(head, len(f.buf)-frameHead+tagLen, f.plain, f.kind, m)
	copy(data[:], head)
	binary.BigEndian.PutUint64(data[frameHead:], uint64(offset)) //nolint:gosec // never negative
	f.buf = aead.Seal(head, m[:], f.buf[frameHead:], data[:])
	return f.buf, m, nil
}

func putHead(head []byte, sealed, plain int, kind byte, m mark) {
	binary.BigEndian.PutUint32(head, uint32(sealed))    //nolint:gosec // at most a frame
	binary.BigEndian.PutUint32(head[4:], uint32(plain)) //nolint:gosec // at most a frame
	head[8] = kind
	copy(head[9:], m[:])
}

// opened is a frame read back, and not yet decompressed.
type opened struct {
	payload []byte // within the buffer it was read into
	plain   int
	kind    byte
}

// unseal opens the bytes of a frame in place. want is the mark, or its beginning,
// of the frame that should be there.
func unseal(aead cipher.AEAD, raw []byte, offset int64, want []byte) (opened, error) {
	if len(raw) < frameHead+tagLen {
		return opened{}, errShort
	}
	var data [frameData]byte
	head := raw[:frameHead]
	o := opened{plain: int(binary.BigEndian.Uint32(head[4:])), kind: head[8]}
	m := head[9:frameHead]
	if int64(binary.BigEndian.Uint32(head)) != int64(len(raw)-frameHead) || string(m[:len(want)]) != string(want) {
		return opened{}, errOther
	}
	copy(data[:], head)
	binary.BigEndian.PutUint64(data[frameHead:], uint64(offset)) //nolint:gosec // never negative
	var err error
	if o.payload, err = aead.Open(raw[frameHead:frameHead], m, raw[frameHead:], data[:]); err != nil {
		return opened{}, errSeal
	}
	if o.plain > maxPlain || len(o.payload) > o.plain {
		return opened{}, errContent
	}
	return o, nil
}
