package keys

import (
	"context"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"lifeboat/mailstore"
)

// MachineOpener opens on this machine alone, without anybody there.
type MachineOpener struct {
	// Dir is a folder outside the data folder, for a file of random bytes for each
	// slot; it is made if need be, its owner's alone.
	Dir string
	// ID tells which machine this is; nil: [MachineID].
	ID func(ctx context.Context) (string, error)
}

// Kind returns [Machine].
func (MachineOpener) Kind() Kind { return Machine }

func (o MachineOpener) file(s record) string { return filepath.Join(o.Dir, "mail-"+s.ID+".key") }

func (o MachineOpener) id(ctx context.Context) (string, error) {
	if o.Dir == "" {
		return "", mailstore.Fail(mailstore.ErrUnsupported, "There is no folder for the key of this machine. Use a passphrase or the keychain instead.")
	}
	ask := o.ID
	if ask == nil {
		ask = MachineID
	}
	id, err := ask(ctx)
	if err == nil && strings.TrimSpace(id) == "" {
		err = errors.New("an empty id")
	}
	if err != nil {
		return "", mailstore.Fail(mailstore.ErrUnsupported, "This machine has no id of its own to bind the key to. Use a passphrase or the keychain instead.").Because(err)
	}
	return strings.ToLower(strings.TrimSpace(id)), nil
}

// machineSecret joins both halves. The file's has a fixed length, so that nothing
// else gives the same.
func machineSecret(half []byte, id string, salt []byte) [Size]byte {
	return derive(append(half[:Size:Size], id...), salt, "lifeboat slot machine")
}

func (o MachineOpener) forge(ctx context.Context, s *record) (secret [Size]byte, code string, err error) {
	id, err := o.id(ctx)
	if err != nil {
		return secret, "", err
	}
	half := make([]byte, Size)
	if err := random(half); err != nil {
		return secret, "", err
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return secret, "", notWritten(o.Dir, err)
	}
	if err := createNew(o.file(*s), []byte(hex.EncodeToString(half)+"\n")); err != nil {
		return secret, "", notWritten(o.file(*s), err)
	}
	return machineSecret(half, id, s.Salt), "", nil
}

func (o MachineOpener) open(ctx context.Context, slots []record, fits func(record, [Size]byte) bool) error {
	id, err := o.id(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, s := range slots {
		text, err := os.ReadFile(o.file(s))
		if err != nil {
			errs = append(errs, err)
			continue
		}
		half, err := hex.DecodeString(strings.TrimSpace(string(text)))
		if err == nil && len(half) == Size && fits(s, machineSecret(half, id, s.Salt)) {
			return nil
		}
		errs = append(errs, errNoFit) // the decoder's own error could quote it
	}
	return errors.Join(errs...)
}

func (o MachineOpener) forget(_ context.Context, s record) error { return os.Remove(o.file(s)) }

// platformUUID finds IOPlatformUUID in what ioreg prints on macOS.
func platformUUID(out string) (string, error) {
	for line := range strings.Lines(out) {
		name, value, ok := strings.Cut(line, "=")
		if ok && strings.TrimSpace(name) == `"IOPlatformUUID"` {
			return strings.Trim(strings.TrimSpace(value), `"`), nil
		}
	}
	return "", errors.New("ioreg tells no IOPlatformUUID")
}
