package engine

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"filippo.io/age"

	"lifeboat/configs"
	"lifeboat/configs/secret"
	"lifeboat/failover"
	"lifeboat/mailstore/keys"
)

// A hand-over kit is one file with which another computer takes over: the settings and
// the files that they name, the secrets, and a way to open the data key. It is
// encrypted as a whole with a passphrase (age-encryption.org/v1, scrypt), so that any
// change, cut or mixture of two kits is noticed before anything of it is believed.
//
// The data key itself is written nowhere, here either: the kit has a copy of the file
// of key slots with one more slot in it, and that slot's code. The copy's slot is gone
// again once the other computer has made one of its own.

// kitVersion is the version of the content that this program writes and reads.
const kitVersion = 1

// What a kit may measure, encrypted and plain: settings, lists and keys, never mail.
const kitMost = 64 << 20

// kitWork is the binary logarithm of scrypt's cost: about a second, as age has it.
const kitWork = 18

// kit is what is encrypted.
type kit struct {
	Format   string            `json:"format"` // kitFormat
	Version  int               `json:"version"`
	Made     time.Time         `json:"made"`
	From     string            `json:"from"` // user@machine
	Settings []byte            `json:"settings"`
	Name     string            `json:"name"` // of the settings file
	Files    []kitFile         `json:"files,omitempty"`
	Secrets  map[string][]byte `json:"secrets,omitempty"`
	Slots    []byte            `json:"slots,omitempty"` // the file of key slots
	Code     string            `json:"code,omitempty"`  // opens one of them
}

const kitFormat = "lifeboat hand-over kit"

// kitFile is a file that the settings name.
type kitFile struct {
	Key  string `json:"key"`  // of the setting
	Path string `json:"path"` // from the settings file, with /
	Data []byte `json:"data"`
	// Outside: it lay somewhere else, and the setting has to name its new place.
	Outside bool `json:"outside,omitempty"`
}

// HandOver writes everything that another computer needs to take over, encrypted with a
// passphrase: see [TakeOver]. A person may be asked for the passphrase of the data key.
func (e *Engine) HandOver(ctx context.Context, w io.Writer, passphrase string) error {
	if err := kitPassphrase(passphrase); err != nil {
		return err
	}
	k, err := e.kit(ctx)
	if err != nil {
		return err
	}
	plain, err := json.Marshal(k)
	if err != nil {
		return err
	}
	return sealKit(w, plain, passphrase, kitWork)
}

func kitPassphrase(passphrase string) error {
	if len([]rune(passphrase)) < keys.MinPassphrase {
		return failover.Fail(failover.ErrInvalid, "the kit's passphrase is too short: it needs at least {count} characters, since whoever has the kit and the passphrase has everything", "count", keys.MinPassphrase)
	}
	return nil
}

func sealKit(w io.Writer, plain []byte, passphrase string, work int) error {
	recipient, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return err
	}
	recipient.SetWorkFactor(work)
	sealed, err := age.Encrypt(w, recipient)
	if err == nil {
		_, err = sealed.Write(plain)
	}
	if err == nil {
		err = sealed.Close()
	}
	if err != nil {
		return failover.Fail(failover.ErrDisk, "the kit could not be written: make room, or choose another place").Because(err)
	}
	return nil
}

// kit gathers everything.
func (e *Engine) kit(ctx context.Context) (kit, error) {
	s := e.opt.Settings
	text, err := os.ReadFile(s.File())
	if err != nil {
		return kit{}, failover.Fail(failover.ErrDisk, "{file} cannot be read: check that it is a file and that you may read it", "file", s.File()).Because(err)
	}
	k := kit{
		Format: kitFormat, Version: kitVersion, Made: e.opt.Now().UTC().Truncate(time.Second), From: e.opt.Owner,
		Settings: text, Name: filepath.Base(s.File()), Secrets: map[string][]byte{},
	}
	if k.Files, err = namedFiles(s); err != nil {
		return kit{}, err
	}
	for _, name := range secretsNamed(s) {
		v, err := e.opt.Password(ctx, configs.SecretRef(name))
		switch {
		case err != nil && !errors.Is(err, secret.ErrMissing):
			return kit{}, err
		case err == nil && v != "":
			k.Secrets[name] = []byte(v)
		}
	}
	if e.opt.Mail == nil {
		return k, nil
	}
	k.Slots, k.Code, err = e.slotForKit(ctx)
	return k, err
}

// slotForKit returns a copy of the file of key slots with one more, and the code that
// opens that; nothing where there is no data key yet.
func (e *Engine) slotForKit(ctx context.Context) (file []byte, code string, err error) {
	file, err = os.ReadFile(e.keysFile())
	if errors.Is(err, os.ErrNotExist) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", failover.Fail(failover.ErrDisk, "{file} cannot be read: check that it is a file and that you may read it", "file", e.keysFile()).Because(err)
	}
	key, err := e.unlocked(ctx, true)
	if err != nil {
		return nil, "", err
	}
	dir, err := os.MkdirTemp("", "lifeboat-kit-")
	if err != nil {
		return nil, "", failover.Fail(failover.ErrDisk, "the kit could not be written: make room, or choose another place").Because(err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // sealed, and of no use without the code
	copied := filepath.Join(dir, "keys.json")
	if err := os.WriteFile(copied, file, 0o600); err != nil {
		return nil, "", failover.Fail(failover.ErrDisk, "the kit could not be written: make room, or choose another place").Because(err)
	}
	slots, err := keys.Open(copied)
	if err != nil {
		return nil, "", err
	}
	if _, code, err = slots.Add(ctx, key, keys.Options{Now: e.opt.Now}, keys.RecoveryOpener{}, kitSlot); err != nil {
		return nil, "", err
	}
	file, err = os.ReadFile(copied)
	return file, code, err
}

// kitSlot is the label of the slot that is only in a kit.
const kitSlot = "hand-over kit"

// namedFiles reads the files that the settings name.
func namedFiles(s *configs.Settings) ([]kitFile, error) {
	named := map[string]string{
		"recipients.csv": s.Recipients.CSV, "providers.primary.ca_file": s.Providers.Primary.CAFile,
		"providers.secondary.ca_file": s.Providers.Secondary.CAFile,
		"relay.certificate.file":      s.Relay.Certificate.File, "relay.certificate.key": s.Relay.Certificate.Key,
	}
	for i, d := range s.Domains {
		named["domains["+itoa(i)+"].recipients.csv"] = d.Recipients.CSV
	}
	dir := filepath.Dir(s.File())
	var out []kitFile
	for key, path := range named {
		if path == "" {
			continue
		}
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, path)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, failover.Fail(failover.ErrDisk, "{file}, which the settings name, cannot be read: put it back, or take it out of the settings", "file", path).Because(err)
		}
		f := kitFile{Key: key, Path: filepath.Base(path), Data: data, Outside: true}
		if relative, err := filepath.Rel(dir, path); err == nil && filepath.IsLocal(relative) {
			f.Path, f.Outside = filepath.ToSlash(relative), false
		}
		out = append(out, f)
	}
	slices.SortFunc(out, func(a, b kitFile) int { return cmp.Compare(a.Key, b.Key) })
	// What lay somewhere else gives way to what lies there already, the settings included.
	taken := map[string]bool{strings.ToLower(filepath.Base(s.File())): true}
	for _, f := range out {
		if !f.Outside {
			taken[strings.ToLower(f.Path)] = true
		}
	}
	for i := range out {
		name := out[i].Path
		for n := 2; out[i].Outside && taken[strings.ToLower(out[i].Path)]; n++ {
			out[i].Path = itoa(n) + "-" + name
		}
		taken[strings.ToLower(out[i].Path)] = true
	}
	return out, nil
}

// secretsNamed are the names of all secrets that settings refer to, or that belong to
// their mailboxes, in order; not all of them need be there.
func secretsNamed(s *configs.Settings) []string {
	names := map[string]bool{}
	refsIn(reflect.ValueOf(*s), names)
	for _, d := range s.Domains {
		for _, r := range s.RecipientsOf(d.Name) {
			refsIn(reflect.ValueOf(r), names)
			for role, p := range map[failover.Role]configs.Provider{failover.Primary: s.Providers.Primary, failover.Secondary: s.Providers.Secondary} {
				name := p.SignIn.MailboxSecret(string(role), r.Address).Name()
				names[name], names[name+consentToSend] = true, true
			}
		}
		names[SigningSecret(d.Name).Name()] = true
	}
	out := make([]string, 0, len(names))
	for name := range names {
		if configs.ValidSecretName(name) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// consentToSend ends the name of a person's consent to mail being sent in their name.
const consentToSend = "-send"

// refsIn collects the references to secrets in a value.
func refsIn(v reflect.Value, into map[string]bool) {
	if v.Type() == reflect.TypeFor[configs.SecretRef]() {
		if name := configs.SecretRef(v.String()).Name(); name != "" {
			into[name] = true
		}
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			refsIn(v.Elem(), into)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				refsIn(v.Field(i), into)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			refsIn(v.Index(i), into)
		}
	default:
	}
}

// openKit reads a kit. Every failure is one sentence: nothing of a kit that was cut,
// altered or made by a newer version is used.
func openKit(r io.Reader, passphrase string) (kit, error) {
	sealed, err := io.ReadAll(io.LimitReader(r, kitMost+1))
	if err != nil {
		return kit{}, failover.Fail(failover.ErrDisk, "the kit cannot be read; nothing was changed").Because(err)
	}
	if len(sealed) > kitMost || !bytes.HasPrefix(sealed, []byte("age-encryption.org/v1\n")) {
		return kit{}, failover.Fail(failover.ErrInvalid, "this file is no hand-over kit; nothing was changed")
	}
	damaged := func(err error) error {
		return failover.Fail(failover.ErrDamaged, "the kit is damaged or was cut short: copy it again; nothing was changed").Because(err)
	}
	identity, err := age.NewScryptIdentity(cmp.Or(passphrase, " "))
	if err != nil {
		return kit{}, err
	}
	identity.SetMaxWorkFactor(kitWork) // a forged kit must not keep us stretching for hours
	plain, err := age.Decrypt(bytes.NewReader(sealed), identity)
	switch {
	case errors.Is(err, age.ErrIncorrectIdentity):
		return kit{}, failover.Fail(failover.ErrCredential, "this is not the kit's passphrase; nothing was changed. Type it again").Because(err)
	case err != nil:
		return kit{}, damaged(err)
	}
	content, err := io.ReadAll(io.LimitReader(plain, kitMost+1))
	if err != nil {
		return kit{}, damaged(err)
	}
	return parseKit(content)
}

// parseKit reads the content of a kit.
func parseKit(content []byte) (kit, error) {
	var head struct {
		Format  string `json:"format"`
		Version int    `json:"version"`
	}
	if err := json.Unmarshal(content, &head); err != nil || head.Format != kitFormat {
		return kit{}, failover.Fail(failover.ErrInvalid, "this file is no hand-over kit; nothing was changed")
	}
	if head.Version > kitVersion {
		return kit{}, failover.Fail(failover.ErrUnsupported, "this kit was made by a newer version of Lifeboat: install that version here first; nothing was changed")
	}
	var k kit
	if err := json.Unmarshal(content, &k); err != nil || head.Version < 1 {
		return kit{}, failover.Fail(failover.ErrDamaged, "the kit is damaged or was cut short: copy it again; nothing was changed") // the cause could quote it
	}
	for _, f := range k.Files {
		if !filepath.IsLocal(filepath.FromSlash(f.Path)) || strings.ContainsRune(f.Path, 0) {
			return kit{}, failover.Fail(failover.ErrInvalid, "the kit would put a file outside the settings' folder, which no kit of ours does; nothing was changed")
		}
	}
	for name := range k.Secrets {
		if !configs.ValidSecretName(name) {
			return kit{}, failover.Fail(failover.ErrDamaged, "the kit is damaged or was cut short: copy it again; nothing was changed")
		}
	}
	return k, nil
}
