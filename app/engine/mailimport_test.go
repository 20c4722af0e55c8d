package engine

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lifeboat/configs"
	"lifeboat/mailstore"
	"lifeboat/mailstore/store"
)

// A file among others that is no mail, or cannot be read, is named and left out; all
// the others are brought in.
func TestImportGoesOnAfterABadFile(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{
		"a.eml":      "Subject: One\r\n\r\nText.\r\n",
		"b.txt":      "A note about these files.",
		"d.zip":      "PK\x03\x04 broken",
		"z/last.eml": "Subject: Two\r\n\r\nText.\r\n",
	} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	e := onMachine(t.TempDir(), t.TempDir())
	e.opt.Settings = &configs.Settings{}
	m, err := e.mailIn(t.Context(), store.Options{Key: [32]byte{1}})
	if err != nil {
		t.Fatal(err)
	}
	in := &importing{m: m, req: ImportRequest{Paths: []string{filepath.Join(dir, "nowhere"), dir}}, address: "anna@example.test", folders: map[string]*importFolder{}}
	if err := in.all(t.Context()); err != nil {
		t.Fatal(err)
	}
	if in.sum.Messages != 2 || len(in.sum.LeftOut) != 3 {
		t.Errorf("%+v", in.sum)
	}
	list, err := m.store.Messages(t.Context(), mailstore.List{})
	if err != nil || len(list) != 2 {
		t.Errorf("%d messages are here (%v)", len(list), err)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
}

// What the primary lost stays hidden for as long as the settings say, whoever tidies.
func TestMirrorTidiesAfterTheGraceOfTheSettings(t *testing.T) {
	e := onMachine(t.TempDir(), t.TempDir())
	e.opt.Settings = &configs.Settings{Mirror: configs.Mirror{Grace: configs.Span(60 * 24 * time.Hour)}}
	if grace := e.mirrorOptions(nil, MirrorRequest{}).Grace; grace != 60*24*time.Hour {
		t.Errorf("the mirror removes it after %s", grace)
	}
}

// A message whose bytes are damaged is not taken for an empty one that was read: it
// waits for its bytes.
func TestImportLeavesDamagedMailUnread(t *testing.T) {
	e := onMachine(t.TempDir(), t.TempDir())
	e.opt.Settings = &configs.Settings{}
	file := filepath.Join(t.TempDir(), "a.eml")
	text := []byte("Subject: One\r\n\r\n" + strings.Repeat("Text of it. ", 1000))
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	own := store.Options{Key: [32]byte{1}}
	m, err := e.mailIn(t.Context(), own)
	if err != nil {
		t.Fatal(err)
	}
	in := &importing{m: m, req: ImportRequest{Paths: []string{file}}, address: "anna@example.test", folders: map[string]*importFolder{}}
	if err := errors.Join(in.all(t.Context()), m.Close()); err != nil {
		t.Fatal(err)
	}
	segment := filepath.Join(e.path(mailDir), "segments", "00000001.seg")
	raw, err := os.ReadFile(segment)
	if err == nil {
		raw[len(raw)-5] ^= 1
		err = os.WriteFile(segment, raw, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if m, err = e.mailIn(t.Context(), own); err != nil {
		t.Fatal(err)
	}
	if err := e.describeAll(t.Context(), m.store); err != nil {
		t.Error(err)
	}
	list, err := m.store.Messages(t.Context(), mailstore.List{})
	if err != nil || len(list) != 1 || list[0].Described {
		t.Errorf("%+v, %v", list, err)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
}
