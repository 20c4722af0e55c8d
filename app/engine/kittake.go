package engine

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"lifeboat/configs"
	"lifeboat/configs/secret"
	"lifeboat/failover"
	"lifeboat/mailstore"
	"lifeboat/mailstore/keys"
)

func itoa(i int) string { return strconv.Itoa(i) }

// TakeOverOptions say where a hand-over kit is put in place.
type TakeOverOptions struct {
	File, DataDir string // the settings file, and the data folder
	Secrets       Keeper
	Keys          KeyMeans // a new slot of the data key is made with them
	// Overwrite replaces settings, files and secrets that are there already; a data key
	// of other mail never.
	Overwrite bool
	Now       func() time.Time
}

// TakenOver is what a hand-over kit has put in place.
type TakenOver struct {
	File      string    `json:"file"`
	Beside    []string  `json:"beside,omitempty"` // files that the settings name
	Secrets   []string  `json:"secrets"`          // their names
	Key       bool      `json:"key"`              // the data key opens here now
	From      string    `json:"from"`             // user@machine that made the kit
	Made      time.Time `json:"made"`
	Domains   []string  `json:"domains"`
	Overwrote bool      `json:"overwrote,omitempty"`
}

// TakeOver puts a hand-over kit in place, wholly or not at all: the settings with the
// files that they name, the secrets in this computer's keychain or vault, and a slot by
// which the data key opens here. Mail that was mirrored is not in a kit: the data
// folder's mail is copied beside it, before or after, or mirrored anew.
//
// What is there already is replaced only with Overwrite: failover.ErrBlocked otherwise.
func TakeOver(ctx context.Context, r io.Reader, passphrase string, o TakeOverOptions) (TakenOver, error) {
	k, err := openKit(r, passphrase)
	if err != nil {
		return TakenOver{}, err
	}
	t := &taking{kit: k, o: o, dir: filepath.Dir(o.File)}
	if err := t.check(ctx); err != nil {
		return TakenOver{}, err
	}
	if err := t.place(ctx); err != nil {
		if undone := t.undo(context.WithoutCancel(ctx)); undone != nil {
			return TakenOver{}, failover.Fail(failover.ErrDisk, "the kit could not be put in place, and not all of it could be taken back: {error}", "error", undone).Because(errors.Join(err, undone))
		}
		return TakenOver{}, err
	}
	out := TakenOver{
		File: o.File, Secrets: slices.Sorted(maps.Keys(k.Secrets)), Key: len(k.Slots) > 0, From: k.From, Made: k.Made, Overwrote: t.there,
	}
	for _, f := range k.Files {
		out.Beside = append(out.Beside, filepath.Join(t.dir, filepath.FromSlash(f.Path)))
	}
	for _, d := range t.settings.Domains {
		out.Domains = append(out.Domains, d.Name)
	}
	return out, nil
}

// taking is a kit on its way into place.
type taking struct {
	kit      kit
	o        TakeOverOptions
	dir      string // of the settings
	settings *configs.Settings
	there    bool // something of it is there already
	undos    []func(context.Context) error
}

func (t *taking) undoing(f func(context.Context) error) { t.undos = append(t.undos, f) }

func (t *taking) undo(ctx context.Context) error {
	var errs []error
	for _, f := range slices.Backward(t.undos) {
		errs = append(errs, f(ctx))
	}
	return errors.Join(errs...)
}

// check sees, before anything is changed, that the kit's settings are good in their new
// place, and that nothing is there.
func (t *taking) check(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "lifeboat-kit-")
	if err != nil {
		return notTaken(err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // a copy of what the kit has
	file := filepath.Join(dir, filepath.Base(t.o.File))
	for _, f := range t.kit.Files {
		if err := writeBelow(dir, f); err != nil {
			return notTaken(err)
		}
	}
	if err := os.WriteFile(file, t.kit.Settings, 0o600); err != nil {
		return notTaken(err)
	}
	if err := t.renamed(file); err != nil {
		return err
	}
	if t.settings, _, err = configs.Load(file, configs.Options{}); err != nil {
		return failover.Fail(failover.ErrInvalid, "the kit's settings cannot be used here, so nothing was changed: {error}", "error", err).Because(err)
	}
	if t.kit.Settings, err = os.ReadFile(file); err != nil {
		return notTaken(err)
	}
	return t.free(ctx)
}

// renamed lets the settings name the new place of files that lay somewhere else.
func (t *taking) renamed(file string) error {
	e := configs.Edit(file)
	for _, f := range t.kit.Files {
		if f.Outside {
			e.Set(f.Key, f.Path)
		}
	}
	if err := e.Save(); err != nil {
		return failover.Fail(failover.ErrInvalid, "the kit's settings cannot be used here, so nothing was changed: {error}", "error", err).Because(err)
	}
	return nil
}

// free sees that nothing is there already, or that it may be replaced.
func (t *taking) free(ctx context.Context) error {
	var there []string
	if _, err := os.Lstat(t.o.File); err == nil {
		there = append(there, t.o.File)
	}
	begun := len(there) == 0 // the settings come last: without them, what is ours was left by a kill
	for _, f := range t.kit.Files {
		p := filepath.Join(t.dir, filepath.FromSlash(f.Path))
		if _, err := os.Lstat(p); err != nil {
			continue
		}
		if old, err := os.ReadFile(p); !begun || err != nil || !bytes.Equal(old, f.Data) {
			there = append(there, p)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(t.kit.Secrets)) {
		v, err := t.o.Secrets.Get(ctx, name)
		switch {
		case err == nil && v.Reveal() != string(t.kit.Secrets[name]):
			there = append(there, "secret:"+name)
		case err != nil && !errors.Is(err, secret.ErrMissing):
			return err
		}
	}
	t.there = len(there) > 0
	if t.there && !t.o.Overwrite {
		return failover.Fail(failover.ErrBlocked, "there is a set-up here already ({list}), so nothing was changed: say that it may be replaced, or give other places", "list", some(there))
	}
	return nil
}

func notTaken(err error) error {
	return failover.Fail(failover.ErrDisk, "the kit could not be put in place, and nothing was changed: make room on the disk and see that the folders are yours").Because(err)
}

func writeBelow(dir string, f kitFile) error {
	path := filepath.Join(dir, filepath.FromSlash(f.Path))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return configs.WriteFile(path, f.Data, 0o600)
}

// place puts everything in place, the settings last: before them nothing uses the rest.
func (t *taking) place(ctx context.Context) error {
	for _, dir := range []string{t.dir, t.o.DataDir} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return notTaken(err)
		}
	}
	if err := t.placeKey(ctx); err != nil {
		return err
	}
	if err := t.placeSecrets(ctx); err != nil {
		return err
	}
	for _, f := range append(slices.Clone(t.kit.Files), kitFile{Path: filepath.Base(t.o.File), Data: t.kit.Settings}) {
		if err := t.placeFile(f); err != nil {
			return notTaken(err)
		}
	}
	return nil
}

func (t *taking) placeFile(f kitFile) error {
	path := filepath.Join(t.dir, filepath.FromSlash(f.Path))
	old, err := os.ReadFile(path)
	switch {
	case err == nil:
		t.undoing(func(context.Context) error { return configs.WriteFile(path, old, 0o600) })
	case errors.Is(err, fs.ErrNotExist):
		t.undoing(func(context.Context) error {
			if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			return nil
		})
	default:
		return err
	}
	return writeBelow(t.dir, f)
}

func (t *taking) placeSecrets(ctx context.Context) error {
	for _, name := range slices.Sorted(maps.Keys(t.kit.Secrets)) {
		old, err := t.o.Secrets.Get(ctx, name)
		if err == nil && old.Reveal() == string(t.kit.Secrets[name]) {
			continue
		}
		if err == nil {
			t.undoing(func(ctx context.Context) error { _, err := t.o.Secrets.Set(ctx, name, old); return err })
		} else {
			t.undoing(func(ctx context.Context) error {
				if err := t.o.Secrets.Remove(ctx, name); !errors.Is(err, secret.ErrMissing) {
					return err
				}
				return nil
			})
		}
		if _, err := t.o.Secrets.Set(ctx, name, secret.New(string(t.kit.Secrets[name]))); err != nil {
			return err
		}
	}
	return nil
}

// placeKey makes the data key open here: by the kit's file of slots, or by one more slot
// in the file that came with copied mail.
func (t *taking) placeKey(ctx context.Context) error {
	if len(t.kit.Slots) == 0 {
		return nil
	}
	path := filepath.Join(t.o.DataDir, mailDir, "keys.json")
	old, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return notTaken(err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return notTaken(err)
	}
	t.undoing(func(context.Context) error {
		if old != nil {
			return configs.WriteFile(path, old, 0o600)
		}
		return os.RemoveAll(path)
	})
	key, err := t.kitKey(ctx)
	if err != nil {
		return err
	}
	if old == nil {
		if err := configs.WriteFile(path, t.kit.Slots, 0o600); err != nil {
			return notTaken(err)
		}
	}
	slots, err := keys.Open(path)
	if err != nil {
		return err
	}
	// The slot that is only in kits tells of a taking over that was killed.
	fresh := slices.ContainsFunc(slots.List(), func(s keys.Slot) bool { return s.Label == kitSlot })
	own, err := t.ownSlot(ctx, slots, key)
	if err != nil {
		return err
	}
	return t.dropSlots(ctx, slots, key, own, fresh)
}

// kitKey opens the data key with the kit's own slot, in a copy.
func (t *taking) kitKey(ctx context.Context) (keys.Key, error) {
	dir, err := os.MkdirTemp("", "lifeboat-kit-")
	if err != nil {
		return keys.Key{}, notTaken(err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // sealed
	copied := filepath.Join(dir, "keys.json")
	if err := os.WriteFile(copied, t.kit.Slots, 0o600); err != nil {
		return keys.Key{}, notTaken(err)
	}
	slots, err := keys.Open(copied)
	if err != nil {
		return keys.Key{}, err
	}
	key, _, err := slots.Unlock(ctx, keys.RecoveryOpener{Code: t.kit.Code})
	return key, err
}

// ownSlot finds the slot that opens on this computer by itself, or makes one.
func (t *taking) ownSlot(ctx context.Context, slots *keys.Slots, key keys.Key) (id string, err error) {
	own := []keys.Opener{t.o.Keys.Machine}
	if t.o.Keys.Keychain != nil {
		own = append(own, keys.KeychainOpener{Keychain: t.o.Keys.Keychain})
	}
	if there, slot, err := slots.Unlock(ctx, own...); err == nil && there.Equal(key) {
		return slot.ID, nil
	}
	var last error
	for _, o := range t.o.Keys.makers(true) {
		slot, _, err := slots.Add(ctx, key, keys.Options{Now: t.o.Now}, o, "")
		switch {
		case err == nil || ctx.Err() != nil:
			return slot.ID, err
		case errors.Is(err, mailstore.ErrInvalid):
			return "", failover.Fail(failover.ErrBlocked, "in {folder} there is mail under another key, which would be lost to everybody: move that folder away first; nothing was changed", "folder", filepath.Join(t.o.DataDir, mailDir)).Because(err)
		}
		last = err
	}
	return "", last
}

// dropSlots takes away what opens on another computer alone, and the kit's own slot. In
// a file that did not come with a kit, nothing is touched.
func (t *taking) dropSlots(ctx context.Context, slots *keys.Slots, key keys.Key, own string, fresh bool) error {
	for _, s := range slots.List() {
		foreign := fresh && (s.Kind == keys.InKeychain || s.Kind == keys.Machine) && s.ID != own
		if !foreign && !strings.EqualFold(s.Label, kitSlot) {
			continue
		}
		if err := slots.Revoke(ctx, key, s.ID, keys.Revocation{LastRecovery: true}); err != nil {
			return err
		}
	}
	return nil
}
