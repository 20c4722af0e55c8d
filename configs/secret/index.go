package secret

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"

	"lifeboat/configs"
)

// indexFile is the list of names as it is stored.
type indexFile struct {
	Version int              `json:"version"`
	Secrets map[string]Place `json:"secrets"`
	// HeldAs are names whose secret is kept under another one, for as long as a
	// [Store.Replace] takes, or until the next change where that was killed.
	HeldAs map[string]string `json:"held_as,omitempty"`
}

const indexVersion = 1

// index is where each secret is.
type index struct {
	places map[string]Place
	heldAs map[string]string
}

// at is under which name a secret is kept.
func (x index) at(name string) string {
	if as, ok := x.heldAs[name]; ok {
		return as
	}
	return name
}

func (s *Store) indexPath() string { return filepath.Join(s.dir, "secrets.json") }

// readIndex returns the places of all stored secrets by name.
func (s *Store) readIndex() (index, error) {
	out := index{map[string]Place{}, map[string]string{}}
	data, err := os.ReadFile(s.indexPath())
	if errors.Is(err, fs.ErrNotExist) {
		return out, nil
	}
	if err != nil {
		return out, configs.Say("{file} cannot be read. Check that you may read it.", "file", s.indexPath()).
			Because(kind(ErrDisk, err))
	}
	var stored indexFile
	err = json.Unmarshal(data, &stored)
	if err == nil && stored.Version != indexVersion {
		err = errors.New("another version")
	}
	for name, place := range stored.Secrets {
		if !configs.ValidSecretName(name) || place != InKeychain && place != InVault {
			err = errors.New("an entry is no name and place")
		}
	}
	for name, as := range stored.HeldAs {
		if !configs.ValidSecretName(name) || stored.Secrets[as] == "" {
			err = errors.New("an entry stands for none")
		}
	}
	if err != nil {
		return out, configs.Say("The list of secrets in {file} is damaged. Move it away and store the secrets again.",
			"file", s.indexPath()).Because(kind(ErrDamaged, err))
	}
	maps.Copy(out.places, stored.Secrets)
	maps.Copy(out.heldAs, stored.HeldAs)
	return out, nil
}

// record writes a secret's place, or with no place that it is gone.
func (s *Store) record(x index, name string, place Place) error {
	if x.places[name] == place {
		return nil
	}
	x.places[name] = place
	if place == "" {
		delete(x.places, name)
	}
	return s.writeIndex(x)
}

// recordAll writes the places of several secrets.
func (s *Store) recordAll(x index, places map[string]Place) error {
	maps.Copy(x.places, places)
	return s.writeIndex(x)
}

func (s *Store) writeIndex(x index) error {
	data, err := json.MarshalIndent(indexFile{indexVersion, x.places, x.heldAs}, "", "  ")
	if err != nil {
		return err
	}
	return onDisk(configs.WriteFile(s.indexPath(), append(data, '\n'), 0o600))
}

// onDisk marks a failure to write as one of this package's kinds.
func onDisk(err error) error {
	if p, ok := errors.AsType[configs.Problem](err); ok {
		return p.Because(kind(ErrDisk, p.Unwrap()))
	}
	return err
}
