package local

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/probe"
)

// record is serve.json: who answers in a data folder, and where.
type record struct {
	PID     int    `json:"pid"`
	Version string `json:"version"`
	// Address is the path of the socket, or the name of the pipe.
	Address string    `json:"address"`
	Started time.Time `json:"started"`
}

const (
	recordFile = "serve.json"
	recordMost = 16 << 10 // octets
)

var errNoRecord = errors.New("serve.json is not what Lifeboat writes")

// parseRecord reads a record. One with anything else in it is none.
func parseRecord(b []byte) (record, error) {
	var r record
	if len(b) > recordMost {
		return record{}, errNoRecord
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return record{}, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) || r.PID <= 0 || r.Address == "" || r.Version == "" {
		return record{}, errNoRecord
	}
	return r, nil
}

func readRecord(dataDir string) (record, error) {
	f, err := os.Open(filepath.Join(dataDir, recordFile))
	if err != nil {
		return record{}, err
	}
	defer func() { _ = f.Close() }() // it was only read
	b, err := io.ReadAll(io.LimitReader(f, recordMost+1))
	if err != nil {
		return record{}, err
	}
	return parseRecord(b)
}

func writeRecord(dataDir string, r record) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err == nil {
		err = probe.ReplaceFile(filepath.Join(dataDir, recordFile), append(b, '\n'))
	}
	if err != nil {
		return failover.Fail(failover.ErrDisk, "{file} cannot be written", "file", filepath.Join(dataDir, recordFile)).Because(err)
	}
	return nil
}

// removeRecord removes the record if it is still the one given.
func removeRecord(dataDir string, r record) {
	if now, err := readRecord(dataDir); err == nil && now == r {
		_ = os.Remove(filepath.Join(dataDir, recordFile)) // a stale one does no harm
	}
}
