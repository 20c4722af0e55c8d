package mirror

import (
	"errors"
	"io"
)

// witness remembers why a reader failed: the text stage reads what it can and does
// not say.
type witness struct {
	r   io.Reader
	err error // nil: it ended as it should, or was not read to the end
}

func (w *witness) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		w.err = err
	}
	return n, err
}
