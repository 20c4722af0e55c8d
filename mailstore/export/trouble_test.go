package export_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lifeboat/mailstore"
	"lifeboat/mailstore/export"
)

// What is damaged is left out and named, and the rest is exported.
func TestLeftOut(t *testing.T) {
	for _, format := range formats {
		good := message("INBOX", 1, []byte("Subject: good\r\n\r\n"))
		other := message("INBOX", 2, []byte("Subject: other\r\n\r\n"))
		other.Hash[0]++
		short := message("INBOX", 3, []byte("Subject: short\r\n\r\n"))
		short.Size++
		torn := message("INBOX", 4, nil)
		torn.Open = func(context.Context) (io.ReadCloser, error) {
			return io.NopCloser(io.MultiReader(bytes.NewReader(make([]byte, 3<<20)), broken{mailstore.Fail(mailstore.ErrDamaged, "Torn.")})), nil
		}
		gone := message("INBOX", 5, nil)
		gone.Open = func(context.Context) (io.ReadCloser, error) {
			return nil, mailstore.Fail(mailstore.ErrNotFound, "Gone.")
		}
		last := message("INBOX", 6, []byte("Subject: last\r\n\r\n"))
		target := filepath.Join(t.TempDir(), "mail")
		var told []export.Progress
		s, err := export.Write(t.Context(), target, func(yield func(export.Message, error) bool) {
			_ = yield(good, nil) && yield(other, nil) && yield(short, nil) && yield(torn, nil) && yield(gone, nil) &&
				yield(export.Message{UID: 7, Folder: "INBOX"}, mailstore.Fail(mailstore.ErrDamaged, "Said.")) && yield(last, nil)
		}, export.Options{Format: format, Tell: func(p export.Progress) { told = append(told, p) }})
		if err != nil {
			t.Fatal(err)
		}
		why := map[mailstore.UID]string{}
		for _, l := range s.LeftOut {
			why[l.Message.UID] = l.Why.String()
		}
		const notWhatItWas = "The message is not what it was when it was stored. Run: lifeboat mail verify."
		want := map[mailstore.UID]string{2: notWhatItWas, 3: notWhatItWas, 4: "Torn.", 5: "Gone.", 7: "Said."}
		if d := cmp.Diff(want, why); d != "" || s.Messages != 2 || s.Bytes != good.Size+last.Size {
			t.Errorf("%s: %+v\n%s", format, s.Progress, d)
		}
		if len(told) != 7 || told[6] != s.Progress {
			t.Errorf("%v", told)
		}
		_, texts, errs := read(t, target)
		if !slices.Equal(texts, []string{"Subject: good\r\n\r\n", "Subject: last\r\n\r\n"}) || len(errs) != 0 {
			t.Errorf("%s: %q, %v", format, texts, errs)
		}
		if format == export.Zip {
			target = unpack(t, target)
		}
		list, err := os.ReadFile(filepath.Join(target, "manifest.json"))
		if err != nil || !bytes.Contains(list, []byte(`"text":"Torn."`)) {
			t.Errorf("%s, %v", list, err)
		}
	}
}

type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

// What ends an export leaves nothing of it.
func TestGivenUp(t *testing.T) {
	for _, format := range append(formats, "pdf") {
		dir := t.TempDir()
		target := filepath.Join(dir, "mail")
		nothing := func(err, want error) {
			t.Helper()
			if !errors.Is(err, want) {
				t.Errorf("%s: %v", format, err)
			}
			if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
				t.Errorf("%s: %v are left, %v", format, left, err)
			}
		}
		if format == "pdf" {
			_, err := export.Write(t.Context(), target, sequence(nil), export.Options{Format: format})
			nothing(err, mailstore.ErrInvalid)
			break
		}
		ctx, cancel := context.WithCancel(t.Context())
		all := messages()
		_, err := export.Write(ctx, target, sequence(all), export.Options{Format: format, Tell: func(p export.Progress) {
			if p.Messages == 5 {
				cancel()
			}
		}})
		nothing(err, context.Canceled)
		ctx, cancel = context.WithCancel(t.Context())
		all[3].Open = func(context.Context) (io.ReadCloser, error) {
			return io.NopCloser(io.MultiReader(strings.NewReader("x"), reader(func([]byte) (int, error) { cancel(); return 1, nil }))), nil
		}
		_, err = export.Write(ctx, target, sequence(all), export.Options{Format: format}) // within a message
		nothing(err, context.Canceled)
		_, err = export.Write(t.Context(), target, func(yield func(export.Message, error) bool) {
			_ = yield(all[1], nil) && yield(export.Message{}, mailstore.Fail(mailstore.ErrDisk, "The index is gone."))
		}, export.Options{Format: format})
		nothing(err, mailstore.ErrDisk)
		_, err = export.Write(t.Context(), filepath.Join(dir, "none", "mail"), sequence(all), export.Options{Format: format})
		nothing(err, mailstore.ErrDisk)
		fails(t, err, mailstore.ErrDisk, filepath.Join("none", "mail"), "cannot be written")
	}
}

type reader func([]byte) (int, error)

func (r reader) Read(p []byte) (int, error) { return r(p) }
