package export

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"path/filepath"

	"lifeboat/mailstore"
)

var (
	errManifest = errors.New("no manifest of an export")
	errAnother  = errors.New("another hash or size")
)

// exported takes an export of ours, as its manifest lists it.
func (r *reading) exported(dir fs.FS, shown string) {
	manifest := filepath.Join(shown, manifestName)
	f, err := dir.Open(manifestName)
	if err != nil {
		r.fail(manifest, notRead(manifest, err))
		return
	}
	defer func() { _ = f.Close() }()
	d := json.NewDecoder(bufio.NewReader(f))
	version, err := toMessages(d)
	if err == nil && version > manifestVersion {
		r.fail(manifest, mailstore.Fail(mailstore.ErrUnsupported, "{file} was written by a newer version of Lifeboat. Use that version.", "file", manifest))
		return
	}
	for err == nil && d.More() {
		var e entry
		if err = d.Decode(&e); err == nil {
			r.listed(dir, shown, e)
		}
		if !r.more() {
			return
		}
	}
	if err == nil {
		_, err = d.Token() // the end of the list
	}
	if err != nil {
		r.fail(manifest, mailstore.Fail(mailstore.ErrDamaged,
			"The list {file} is damaged, so that not all of the export was taken. Take another copy of it, or move the list away to take what is there without it.", "file", manifest).Because(err))
	}
}

// toMessages reads a manifest up to its list of messages.
func toMessages(d *json.Decoder) (version int, err error) {
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return 0, errManifest
	}
	var format string
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return 0, err
		}
		switch name {
		case "format":
			err = d.Decode(&format)
		case "version":
			err = d.Decode(&version)
		case "messages":
			t, err := d.Token()
			if err != nil || t != json.Delim('[') || format != manifestFormat || version < 1 {
				return version, errManifest
			}
			return version, nil
		default:
			var other json.RawMessage
			err = d.Decode(&other)
		}
		if err != nil {
			return 0, err
		}
		if version > manifestVersion {
			return version, nil
		}
	}
	return version, errManifest
}

// listed takes a message of a manifest.
func (r *reading) listed(dir fs.FS, shown string, e entry) {
	path := filepath.Join(shown, filepath.FromSlash(e.Path))
	sum, err := hex.DecodeString(e.SHA256)
	if err != nil || len(sum) != len(mailstore.Hash{}) || !fs.ValidPath(e.Path) || e.Offset < 0 || e.Length < 0 {
		r.fail(path, changed(path, errManifest))
		return
	}
	m := Message{Path: path, Received: e.Received, Open: func(context.Context) (io.ReadCloser, error) { return dir.Open(e.Path) }}
	if e.Offset > 0 {
		m.Open = openWithin(func() (fs.File, error) { return dir.Open(e.Path) }, found{offset: e.Offset, length: e.Length, quoted: true})
	}
	if !r.look(&m) {
		return
	}
	if m.Hash != mailstore.Hash(sum) || m.Size != e.Size {
		r.fail(path, changed(path, errAnother))
		return
	}
	m.Account, m.Folder, m.UID, m.Flags, m.Received = e.Account, e.Folder, e.UID, mailstore.MakeFlags(e.Flags...), e.Received
	r.found(m)
}
