package imaplink

import "sync"

// buffers are the octets of messages between the wire and whoever takes them: without
// them each message would be garbage at once.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// pooled is the largest buffer that is kept.
const pooled = 1 << 20

// buffer returns n octets of any value.
func buffer(n int64) []byte {
	if p, ok := buffers.Get().(*[]byte); ok && int64(cap(*p)) >= n {
		return (*p)[:n]
	}
	return make([]byte, n, max(n, 32<<10))
}

// free gives a buffer back; nobody may look at it any more.
func free(b []byte) {
	if cap(b) > 0 && cap(b) <= pooled {
		buffers.Put(&b)
	}
}
