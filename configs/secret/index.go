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
}

const indexVersion = 1

func (s *Store) indexPath() string { return filepath.Join(s.dir, "secrets.json") }

// readIndex returns the places of all stored secrets by name.
func (s *Store) readIndex() (map[string]Place, error) {
	data, err := os.ReadFile(s.indexPath())
	if errors.Is(err, fs.ErrNotExist) {
		return map[string]Place{}, nil
	}
	if err != nil {
		return nil, configs.Say("{file} cannot be read. Check that you may read it.", "file", s.indexPath()).
			Because(kind(ErrDisk, err))
	}
	var index indexFile
	err = json.Unmarshal(data, &index)
	if err == nil && index.Version != indexVersion {
		err = errors.New("another version")
	}
	for name, place := range index.Secrets {
		if !configs.ValidSecretName(name) || place != InKeychain && place != InVault {
			err = errors.New("an entry is no name and place")
		}
	}
	if err != nil {
		return nil, configs.Say("The list of secrets in {file} is damaged. Move it away and store the secrets again.",
			"file", s.indexPath()).Because(kind(ErrDamaged, err))
	}
	if index.Secrets == nil {
		index.Secrets = map[string]Place{}
	}
	return index.Secrets, nil
}

// record writes a secret's place, or with no place that it is gone.
func (s *Store) record(index map[string]Place, name string, place Place) error {
	if index[name] == place {
		return nil
	}
	index[name] = place
	if place == "" {
		delete(index, name)
	}
	return s.writeIndex(index)
}

// recordAll writes the places of several secrets.
func (s *Store) recordAll(index, places map[string]Place) error {
	maps.Copy(index, places)
	return s.writeIndex(index)
}

func (s *Store) writeIndex(index map[string]Place) error {
	data, err := json.MarshalIndent(indexFile{indexVersion, index}, "", "  ")
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
