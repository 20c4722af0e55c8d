package queue

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
)

// The two sorts of file, by how they begin: the journal's segments, and the log's past.
const (
	journalMagic = "LBQUEUE\x01"
	pastMagic    = "LBQPAST\x01"
)

const (
	saltLen    = 32
	tagLen     = 16
	nonceLen   = 12
	headerLen  = len(journalMagic) + 8 + saltLen + tagLen
	framesFrom = int64(2 * headerLen)

	headLen    = 4 + 1 + nonceLen + 4 // of a frame
	checkedLen = headLen - 4          // what the head's checksum is over
	frameOver  = headLen + tagLen
	maxSealed  = 16<<20 + tagLen
)

// What a frame is.
const (
	bodyFrame    byte = 1 // bytes of a message
	recordFrame  byte = 2 // what changed; see record.go
	summaryFrame byte = 3 // what the next block has; see past.go
	blockFrame   byte = 4 // events or samples, compressed
	markFrame    byte = 5 // how far the past is complete
)

var (
	errShort   = errors.New("ends too early")
	errSeal    = errors.New("the seal is broken")
	errContent = errors.New("the content makes no sense")

	castagnoli = crc32.MakeTable(crc32.Castagnoli)
)

// sealing makes the cipher of a file.
func sealing(key [32]byte, magic string, id uint64, salt []byte) (cipher.AEAD, error) {
	k, err := hkdf.Key(sha256.New, key[:], salt, "lifeboat "+magic+string(binary.BigEndian.AppendUint64(nil, id)), 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(k)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// newHeader makes the beginning of a file, twice, and its cipher.
func newHeader(key [32]byte, magic string, id uint64) ([]byte, cipher.AEAD, error) {
	head := binary.BigEndian.AppendUint64([]byte(magic), id)
	salt := make([]byte, saltLen)
	if _, err := rand.Read(salt); err != nil {
		return nil, nil, err
	}
	head = append(head, salt...)
	aead, err := sealing(key, magic, id, salt)
	if err != nil {
		return nil, nil, err
	}
	head = aead.Seal(head, make([]byte, nonceLen), nil, head)
	return append(head, head...), aead, nil
}

// readHeader returns the cipher of a file. Either copy of the header will do; spoilt
// tells that only one did. errShort: the file ends before its header does, or has
// nothing but zeros there, as when the power fails while it is made.
func readHeader(r io.ReaderAt, key [32]byte, magic string, id uint64) (found cipher.AEAD, spoilt bool, err error) {
	both := make([]byte, framesFrom)
	n, err := r.ReadAt(both, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, false, err
	}
	if n < len(both) || zeros(both) {
		return nil, false, errShort
	}
	good := 0
	for at := 0; at < len(both); at += headerLen {
		head := both[at : at+headerLen]
		aead, err := sealing(key, magic, id, head[headerLen-tagLen-saltLen:headerLen-tagLen])
		if err != nil {
			return nil, false, err
		}
		named := string(head[:len(magic)]) == magic && binary.BigEndian.Uint64(head[len(magic):]) == id
		if _, err := aead.Open(nil, make([]byte, nonceLen), head[headerLen-tagLen:], head[:headerLen-tagLen]); err == nil && named {
			found = aead
			good++
		}
	}
	if found == nil {
		return nil, true, errSeal
	}
	return found, good < 2, nil
}

func zeros(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// appendFrame seals content as the frame at an offset of a file, and appends it to dst.
func appendFrame(dst []byte, aead cipher.AEAD, offset int64, kind byte, content ...[]byte) ([]byte, error) {
	start := len(dst)
	n := tagLen
	for _, c := range content {
		n += len(c)
	}
	if n > maxSealed {
		return dst, errContent
	}
	dst = binary.BigEndian.AppendUint32(dst, uint32(n))
	dst = append(dst, kind)
	var nonce [nonceLen]byte
	for nonce == [nonceLen]byte{} { // that of headers
		if _, err := rand.Read(nonce[:]); err != nil {
			return dst[:start], err
		}
	}
	dst = append(dst, nonce[:]...)
	dst = binary.BigEndian.AppendUint32(dst, crc32.Checksum(dst[start:], castagnoli))
	for _, c := range content {
		dst = append(dst, c...)
	}
	data := associated(dst[start:start+headLen], offset)
	body := dst[start+headLen:]
	return aead.Seal(dst[:start+headLen], nonce[:], body, data[:]), nil
}

// associated is what else a frame's seal covers: its head, and where it lies.
func associated(head []byte, offset int64) (data [headLen + 8]byte) {
	copy(data[:], head)
	binary.BigEndian.PutUint64(data[headLen:], uint64(offset)) //nolint:gosec // never negative
	return data
}

// readHead returns kind and whole length of the frame that begins with head.
func readHead(head []byte) (kind byte, length int64, ok bool) {
	n := binary.BigEndian.Uint32(head)
	kind = head[4]
	if n < tagLen || n > maxSealed || kind < bodyFrame || kind > markFrame {
		return 0, 0, false
	}
	ok = crc32.Checksum(head[:checkedLen], castagnoli) == binary.BigEndian.Uint32(head[checkedLen:])
	return kind, int64(headLen) + int64(n), ok
}

// unseal opens the bytes of a whole frame in place.
func unseal(aead cipher.AEAD, raw []byte, offset int64) ([]byte, error) {
	if len(raw) < frameOver {
		return nil, errShort
	}
	data := associated(raw[:headLen], offset)
	content, err := aead.Open(raw[headLen:headLen], raw[5:5+nonceLen], raw[headLen:], data[:])
	if err != nil {
		return nil, errSeal
	}
	return content, nil
}
