package export

import (
	"archive/zip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/klauspost/compress/flate"
)

// archive is an export as Zip.
type archive struct {
	work    string
	file    *os.File
	zip     *zip.Writer
	names   *names
	numbers map[string]int
	sums    *sums
}

func newArchive(work string) (*archive, error) {
	a := &archive{work: work, names: newNames(), numbers: map[string]int{}}
	var err error
	if a.file, err = os.OpenFile(a.result(), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600); err != nil {
		return a, err
	}
	a.zip = zip.NewWriter(a.file)
	// Twice as fast as the standard library's, for mail that is compressed but for its
	// attachments' base64.
	a.zip.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	a.sums, err = newSums(work)
	return a, err
}

func (a *archive) result() string { return filepath.Join(a.work, contents+".zip") }

func (a *archive) close() {
	if a.file != nil {
		_ = a.file.Close() // given up
	}
	if a.sums != nil {
		a.sums.close()
	}
}

func (a *archive) add(m Message, body *spool) (entry, error) {
	name := place(a.names, a.numbers, m)
	if err := a.put(name, m.Received, body); err != nil {
		return entry{}, err
	}
	return newEntry(m, name), a.sums.add(name, m.Hash[:])
}

func (a *archive) put(name string, at time.Time, content io.WriterTo) error {
	w, err := a.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: at.UTC()})
	if err == nil {
		_, err = content.WriteTo(w)
	}
	return err
}

// fromFile writes a file's content.
type fromFile string

// WriteTo implements [io.WriterTo].
func (name fromFile) WriteTo(w io.Writer) (int64, error) {
	f, err := os.Open(string(name))
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.Close() }()
	return io.Copy(w, f)
}

func (a *archive) finish(manifest string) error {
	sum, err := sumOf(manifest)
	if err == nil {
		err = a.sums.add(manifestName, sum)
	}
	if err := errors.Join(err, a.sums.finish()); err != nil {
		return err
	}
	info, err := os.Stat(manifest)
	if err == nil {
		err = a.put(manifestName, info.ModTime(), fromFile(manifest))
	}
	if err == nil {
		err = a.put(sumsName, info.ModTime(), fromFile(a.sums.path))
	}
	err = errors.Join(err, a.zip.Close(), a.file.Sync(), a.file.Close())
	a.file = nil
	return err
}
