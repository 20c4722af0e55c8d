package export_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"slices"
	"testing"
)

// File names in an old character set, as zip files from Windows have them, are in
// nobody's way.
func TestNamesInShiftJIS(t *testing.T) {
	const name = "\x89\xef\x8bc.eml" // 会議.eml
	dir := t.TempDir()
	file(t, dir, name, "Subject: 1\r\n\r\n")
	file(t, dir, "\x89\xef.mbox", "From x@y\nSubject: 2\n\n\n")
	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	w, err := z.CreateHeader(&zip.FileHeader{Name: "..\\mail\\" + name, NonUTF8: true})
	if err == nil {
		_, err = w.Write([]byte("Subject: 3\r\n\r\n"))
	}
	if err := errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	file(t, dir, "old.zip", packed.String())
	_, texts, errs := read(t, dir)
	slices.Sort(texts)
	if !slices.Equal(texts, []string{"Subject: 1\r\n\r\n", "Subject: 2\n\n", "Subject: 3\r\n\r\n"}) || len(errs) != 0 {
		t.Errorf("%q, %v", texts, errs)
	}
}
