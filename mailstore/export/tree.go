package export

import (
	"errors"
	"os"
	"path"
	"path/filepath"
)

// contents is the folder that becomes the export, or its zip file's content.
const contents = "export"

// tree is an export as EML.
type tree struct {
	dir     string
	names   *names
	numbers map[string]int // of messages, by folder
	sums    *sums
}

func newTree(work string) (*tree, error) {
	t := &tree{dir: filepath.Join(work, contents), names: newNames(), numbers: map[string]int{}}
	err := os.Mkdir(t.dir, 0o700)
	if err == nil {
		t.sums, err = newSums(t.dir)
	}
	return t, err
}

func (t *tree) result() string { return t.dir }

func (t *tree) close() {
	if t.sums != nil {
		t.sums.close()
	}
}

// place returns the path for a message's own file.
func place(n *names, numbers map[string]int, m Message) string {
	folder := n.folder(m, "")
	numbers[folder]++
	return path.Join(folder, fileName(numbers[folder], m))
}

func (t *tree) add(m Message, body *spool) (entry, error) {
	name := place(t.names, t.numbers, m)
	file := filepath.Join(t.dir, filepath.FromSlash(name))
	if t.numbers[path.Dir(name)] == 1 {
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			return entry{}, err
		}
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return entry{}, err
	}
	_, err = body.WriteTo(f)
	if err := errors.Join(err, syncSoon(f), f.Close()); err != nil {
		return entry{}, err
	}
	if !m.Received.IsZero() {
		_ = os.Chtimes(file, m.Received, m.Received) // only a help for people
	}
	return newEntry(m, name), t.sums.add(name, m.Hash[:])
}

func (t *tree) finish(manifest string) error { return complete(t.dir, t.sums, manifest) }

// complete puts manifest and checksums into the export's folder and sees that all of it
// is on the disk.
func complete(dir string, s *sums, manifest string) error {
	sum, err := sumOf(manifest)
	if err == nil {
		err = os.Rename(manifest, filepath.Join(dir, manifestName))
	}
	if err == nil {
		err = s.add(manifestName, sum)
	}
	if err := errors.Join(err, s.finish()); err != nil {
		return err
	}
	return syncAll(dir)
}
