package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/gofrs/flock"

	"lifeboat/configs"
	"lifeboat/failover"
	"lifeboat/failover/probe"
)

// connectFile keeps the newest result of every cell, sealed: findings name addresses.
const (
	connectFile    = "connect.json"
	connectVersion = 1
)

// keptConnect is what is kept of connectivity tests.
type keptConnect struct {
	Version int           `json:"version"`
	At      time.Time     `json:"at"`
	Took    time.Duration `json:"took"`
	Cells   []keptCell    `json:"cells"`
}

// keptCell is a result with what was asked for: once the settings are others it is as
// if it were not there.
type keptCell struct {
	Asked string   `json:"asked"`
	Cell  TestCell `json:"cell"`
}

// LastConnect returns the newest result of every cell that is kept; false when
// there is none. Each has its own time; At and Took are of the run that was the last.
func (e *Engine) LastConnect(ctx context.Context) (Connectivity, bool) {
	domains, err := e.Domains(nil)
	if err != nil {
		return Connectivity{}, false
	}
	k := e.keptConnect(ctx)
	out := Connectivity{At: k.At, Took: k.Took, Tests: e.ConnectTests()}
	for _, d := range domains {
		for _, t := range out.Tests {
			for _, side := range Sides() {
				asked := e.askedOf(d, side)
				i := slices.IndexFunc(k.Cells, func(c keptCell) bool {
					return keyOf(c.Cell) == cellKey{d.Name, side, t.ID} && c.Asked == asked
				})
				if i >= 0 {
					out.Cells = append(out.Cells, k.Cells[i].Cell)
				}
			}
		}
	}
	return out, len(out.Cells) > 0
}

// askedOf is what the results of a side depend on.
func (e *Engine) askedOf(d failover.Domain, side Side) string {
	settings, _ := e.opt.Settings.Domain(d.Name) // it is one of the settings
	both, _ := e.opt.Settings.ProvidersOf(d.Name)
	signIn := both.Secondary
	if side == SidePrimary {
		signIn = both.Primary
	}
	what := struct {
		Provider   failover.Provider    `json:"provider"`
		Name       string               `json:"name"`
		Recipients []failover.Recipient `json:"recipients"`
		DNS        configs.DNS          `json:"dns"`
		SignIn     configs.SignIn       `json:"sign_in"`
		Username   string               `json:"username"` // that hands in everybody's mail
		Authority  string               `json:"authority"`
		Users      []configs.Recipient  `json:"users"` // with their names there
	}{
		d.Provider(roleOf(side)), nameAt(d, side), d.Recipients, settings.DNS,
		signIn.SignIn, signIn.Submission.Username, signIn.CAFile, e.opt.Settings.RecipientsOf(d.Name),
	}
	b, _ := json.Marshal(what) //nolint:musttag // it has nothing that cannot be marshalled, and only its hash is kept
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// keptConnect reads what is kept. A file that is missing, damaged or of another version
// counts as nothing: everything can be tested anew.
func (e *Engine) keptConnect(ctx context.Context) keptConnect {
	var k keptConnect
	b, err := os.ReadFile(e.path(connectFile))
	if err == nil {
		b, err = e.unseal(ctx, connectFile, b)
	}
	if err == nil {
		err = json.Unmarshal(b, &k)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		e.opt.Logger.Warn("connectivity", "error", err)
	}
	if err != nil || k.Version != connectVersion {
		return keptConnect{}
	}
	return k
}

// keepConnect writes results down, over those of the same cells.
func (e *Engine) keepConnect(ctx context.Context, domains []failover.Domain, got Connectivity) error {
	fresh := slices.DeleteFunc(slices.Clone(got.Cells), func(c TestCell) bool { return c.State != CellDone && c.State != CellUnused })
	if len(fresh) == 0 {
		return nil
	}
	l := flock.New(e.path(connectFile)+".lock", flock.SetPermissions(0o600))
	waiting, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	const again = 50 * time.Millisecond
	if ok, err := l.TryLockContext(waiting, again); err != nil || !ok {
		return notKept(e.path(connectFile), err)
	}
	defer func() { _ = l.Unlock() }() // it ends with the process anyway
	k := e.keptConnect(ctx)
	k.Version, k.At, k.Took = connectVersion, got.At, got.Took
	k.Cells = slices.DeleteFunc(k.Cells, func(old keptCell) bool {
		return slices.ContainsFunc(fresh, func(c TestCell) bool { return keyOf(c) == keyOf(old.Cell) })
	})
	for _, c := range fresh {
		if i := slices.IndexFunc(domains, func(d failover.Domain) bool { return d.Name == c.Domain }); i >= 0 {
			k.Cells = append(k.Cells, keptCell{e.askedOf(domains[i], c.Side), c})
		}
	}
	b, err := json.Marshal(k)
	if err == nil {
		b, err = e.seal(ctx, connectFile, b)
	}
	if err == nil {
		err = probe.ReplaceFile(e.path(connectFile), b)
	}
	if err != nil {
		return notKept(e.path(connectFile), err)
	}
	return nil
}

func notKept(file string, err error) error {
	return failover.Fail(failover.ErrDisk, "The results of the tests could not be kept in {file}; see whether the disk is full and the folder may be written to.", "file", file).Because(err)
}

// keepEvidence adds what tests have proven to the preflight's evidence. While another
// engine is at work in the folder it is left alone: that one looks for itself.
func (e *Engine) keepEvidence(ctx context.Context, t probe.Target, found []failover.Finding) error {
	if len(found) == 0 {
		return nil
	}
	release, err := e.lease()
	switch {
	case errors.Is(err, failover.ErrLocked):
		e.opt.Logger.Info("connectivity is not taken in as evidence: the folder is in use", "domain", t.Domain.Name)
		return nil
	case err != nil:
		return err
	}
	defer release()
	_, err = e.keep(ctx, t, found)
	return err
}
