package segment

import (
	"crypto/sha256"
	"hash"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// codecs lends what is costly to make for every frame.
type codecs struct {
	small, large, hashes, encoders, decoders sync.Pool
}

// buffer holds a frame, compressed or not.
type buffer struct{ b []byte }

const (
	// smallLen is what most messages fit into, so that many can be open at once.
	smallLen = 64 << 10
	// slack is for what compression adds where it does not help, and for a seal.
	slack = 16 << 10
)

// buffer returns an empty one for a frame, or its content, of n bytes.
func (c *codecs) buffer(n int) *buffer {
	pool, size := &c.large, maxFrameLen+slack
	if n <= smallLen {
		pool, size = &c.small, smallLen+slack
	}
	if b, ok := pool.Get().(*buffer); ok {
		return b
	}
	return &buffer{make([]byte, 0, size)}
}

func (c *codecs) putBuffer(b *buffer) {
	b.b = b.b[:0]
	switch {
	case cap(b.b) >= maxFrameLen:
		c.large.Put(b)
	case cap(b.b) >= smallLen:
		c.small.Put(b)
	}
}

func (c *codecs) hash() hash.Hash {
	if h, ok := c.hashes.Get().(hash.Hash); ok {
		h.Reset()
		return h
	}
	return sha256.New()
}

func (c *codecs) putHash(h hash.Hash) { c.hashes.Put(h) }

// window is how far back repetitions are looked for: what text repeats is near, and
// an encoder's memory grows with it.
const window = 256 << 10

// compress appends the compressed bytes to dst.
func (c *codecs) compress(dst, plain []byte) []byte {
	e, ok := c.encoders.Get().(*zstd.Encoder)
	if !ok {
		var err error
		e, err = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest),
			zstd.WithWindowSize(window), zstd.WithLowerEncoderMem(true),
			zstd.WithEncoderCRC(false), // it is sealed
			// Base64 repeats nothing, yet 64 letters take 6 bits each: of a mailbox whose
			// bytes are mostly attachments this saves a fifth, for a fifth more work.
			zstd.WithAllLitEntropyCompression(true))
		if err != nil { // of the options
			return append(dst, plain...) // it did not help
		}
	}
	defer c.encoders.Put(e)
	return e.EncodeAll(plain, dst)
}

// decompress returns the n bytes that were compressed, in dst.
func (c *codecs) decompress(dst, packed []byte, n int) ([]byte, error) {
	d, ok := c.decoders.Get().(*zstd.Decoder)
	if !ok {
		var err error
		d, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxMemory(maxPlain))
		if err != nil { // of the options
			return nil, err
		}
	}
	defer c.decoders.Put(d)
	out, err := d.DecodeAll(packed, dst[:0])
	if err == nil && len(out) != n {
		err = errContent
	}
	return out, err
}
