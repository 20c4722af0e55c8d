package secret

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"runtime/debug"

	"filippo.io/age"

	"lifeboat/configs"
)

// vault is a file of secrets, encrypted with age under a passphrase.
type vault struct {
	file       string
	fromEnv    Value
	ask        func(context.Context, Question) (Value, error)
	workFactor int

	// What the file held when it was last read, so that the passphrase is
	// stretched (a second's work) only when the file has changed.
	passphrase Value
	seen       []byte // the encrypted file
	secrets    map[string][]byte
}

// vaultContent is what is encrypted.
type vaultContent struct {
	Version int               `json:"version"`
	Secrets map[string][]byte `json:"secrets"`
}

const vaultVersion = 1

// usualWorkFactor is the binary logarithm of scrypt's cost: about a second and
// 256 MB, as age itself has it.
const usualWorkFactor = 18

func (v *vault) exists() bool {
	_, err := os.Stat(v.file)
	return err == nil
}

// open returns the secrets by name. The caller must not change them.
func (v *vault) open(ctx context.Context) (map[string][]byte, error) {
	data, err := os.ReadFile(v.file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, configs.Say("{file} cannot be read. Check that you may read it.", "file", v.file).Because(kind(ErrDisk, err))
	}
	if v.seen != nil && bytes.Equal(data, v.seen) {
		return v.secrets, nil
	}
	if !bytes.HasPrefix(data, []byte("age-encryption.org/")) {
		return nil, v.damaged(errors.New("no age file"))
	}
	if !v.passphrase.IsEmpty() {
		// Changed by another process, most likely under the same passphrase.
		if secrets, err := v.decrypt(data, v.passphrase); !errors.Is(err, ErrPassphrase) {
			return secrets, err
		}
	}
	passphrase, err := v.askPassphrase(ctx, false)
	if err != nil {
		return nil, err
	}
	return v.decrypt(data, passphrase)
}

// decrypt reads the vault's bytes and remembers what was found. What stretching the
// passphrase took is given back to the system at once: a window that stays open for
// weeks would hold it for no use.
func (v *vault) decrypt(data []byte, passphrase Value) (map[string][]byte, error) {
	defer debug.FreeOSMemory()
	identity, err := age.NewScryptIdentity(passphrase.Reveal())
	if err != nil {
		return nil, v.wrong(err)
	}
	// A forged file must not make us stretch the passphrase for hours.
	identity.SetMaxWorkFactor(max(v.workFactor, usualWorkFactor))
	r, err := age.Decrypt(bytes.NewReader(data), identity)
	if errors.Is(err, age.ErrIncorrectIdentity) {
		return nil, v.wrong(err)
	}
	if err != nil {
		return nil, v.damaged(err)
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		return nil, v.damaged(err)
	}
	var content vaultContent
	if err := json.Unmarshal(plain, &content); err != nil {
		return nil, v.damaged(errors.New("the content is no list of secrets")) // the cause could quote it
	}
	if content.Version != vaultVersion {
		return nil, configs.Say("The vault {file} was written by another version of Lifeboat. Use that version.", "file", v.file).
			Because(kind(ErrDamaged, errors.New("another version")))
	}
	v.passphrase, v.seen, v.secrets = passphrase, data, content.Secrets
	return content.Secrets, nil
}

// change rewrites the vault, which is made if there is none.
func (v *vault) change(ctx context.Context, edit func(map[string][]byte)) error {
	old, err := v.open(ctx)
	if err != nil {
		return err
	}
	passphrase := v.passphrase
	if !v.exists() {
		if passphrase, err = v.askPassphrase(ctx, true); err != nil {
			return err
		}
	}
	secrets := map[string][]byte{}
	maps.Copy(secrets, old)
	edit(secrets)
	data, err := v.encrypt(secrets, passphrase)
	if err != nil {
		return configs.Say("The vault {file} cannot be encrypted; it was left as it is.", "file", v.file).Because(kind(ErrPassphrase, err))
	}
	if err := configs.WriteFile(v.file, data, 0o600); err != nil {
		return onDisk(err)
	}
	v.passphrase, v.seen, v.secrets = passphrase, data, secrets
	return nil
}

func (v *vault) encrypt(secrets map[string][]byte, passphrase Value) ([]byte, error) {
	defer debug.FreeOSMemory() // as in decrypt
	recipient, err := age.NewScryptRecipient(passphrase.Reveal())
	if err != nil {
		return nil, err
	}
	recipient.SetWorkFactor(v.workFactor)
	plain, err := json.Marshal(vaultContent{vaultVersion, secrets})
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	w, err := age.Encrypt(&out, recipient)
	if err != nil {
		return nil, err
	}
	_, err = w.Write(plain)
	if err := errors.Join(err, w.Close()); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func (v *vault) askPassphrase(ctx context.Context, fresh bool) (Value, error) {
	if !v.fromEnv.IsEmpty() {
		return v.fromEnv, nil
	}
	if v.ask == nil {
		return Value{}, configs.Say("The vault {file} needs its passphrase, and nobody can be asked. Set {variable} in the environment, or run the command in a terminal.",
			"file", v.file, "variable", PassphraseVariable).Because(ErrPassphrase)
	}
	passphrase, err := v.ask(ctx, Question{Vault: v.file, New: fresh})
	if err != nil {
		return Value{}, err
	}
	if passphrase.IsEmpty() {
		return Value{}, configs.Say("The vault {file} was not opened, since no passphrase was given.", "file", v.file).Because(ErrPassphrase)
	}
	return passphrase, nil
}

func (v *vault) wrong(cause error) error {
	return configs.Say("The passphrase does not open the vault {file}. Check it and try again; nothing was changed.", "file", v.file).
		Because(kind(ErrPassphrase, cause))
}

func (v *vault) damaged(cause error) error {
	return configs.Say("The vault {file} is damaged. Put back a copy of it, or move it away and store the secrets again.", "file", v.file).
		Because(kind(ErrDamaged, cause))
}
