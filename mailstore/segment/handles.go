package segment

import (
	"crypto/cipher"
	"errors"
	"io/fs"
	"os"
	"sync"

	"lifeboat/mailstore"
)

// maxHandles is how many segments stay open for reading beside those being read.
const maxHandles = 32

// handle is a segment open for reading.
type handle struct {
	id      uint64
	file    *os.File
	aead    cipher.AEAD
	readers int
	used    uint64 // when it was last lent
}

// handles lends open segments.
type handles struct {
	open func(id uint64) (*handle, error)

	mu    sync.Mutex
	all   map[uint64]*handle
	count uint64
}

func (h *handles) get(id uint64) (*handle, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	o := h.all[id]
	if o == nil {
		var err error
		if o, err = h.open(id); err != nil {
			return nil, err
		}
		if h.all == nil {
			h.all = map[uint64]*handle{}
		}
		h.all[id] = o
	}
	h.count++
	o.used = h.count
	o.readers++
	h.shrink()
	return o, nil
}

func (h *handles) put(o *handle) {
	h.mu.Lock()
	defer h.mu.Unlock()
	o.readers--
	if o.readers == 0 && h.all[o.id] != o {
		_ = o.file.Close() // only read from
	}
	h.shrink()
}

// shrink closes those unused the longest.
func (h *handles) shrink() {
	for len(h.all) > maxHandles {
		var oldest *handle
		for _, o := range h.all {
			if o.readers == 0 && (oldest == nil || o.used < oldest.used) {
				oldest = o
			}
		}
		if oldest == nil {
			return
		}
		delete(h.all, oldest.id)
		_ = oldest.file.Close() // only read from
	}
}

// drop forgets a segment; who reads it may do so to the end.
func (h *handles) drop(id uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	o := h.all[id]
	delete(h.all, id)
	if o != nil && o.readers == 0 {
		_ = o.file.Close() // only read from
	}
}

func (h *handles) clear() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for id, o := range h.all {
		delete(h.all, id)
		if o.readers == 0 {
			_ = o.file.Close() // only read from
		}
	}
}

func (f *Files) openHandle(id uint64) (*handle, error) {
	path := f.path(id)
	o, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, mailstore.Fail(mailstore.ErrDamaged, "{file} with the bytes of messages is missing. Run: lifeboat mail verify.", "file", path).Because(err)
	}
	if err != nil {
		return nil, notRead(path, err)
	}
	aead, spoilt, err := readHeader(o, f.key, id)
	if err != nil {
		_ = o.Close() // only read from
		return nil, damage(path, err)
	}
	if spoilt {
		f.log.Warn("the beginning of a segment is damaged; its second copy is good", "file", path)
	}
	return &handle{id: id, file: o, aead: aead}, nil
}
