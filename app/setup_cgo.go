//go:build cgo

package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"

	"lifeboat/app/cli"
	"lifeboat/app/desktop"
	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/app/presenter"
	"lifeboat/configs"
	"lifeboat/configs/secret"
	"lifeboat/failover"
	"lifeboat/mailstore"
	"lifeboat/mailstore/keys"
	"lifeboat/mailstore/mirror"
)

// setup makes what stands behind the set-up: of a settings file that need not be there.
func (o *worlds) setup(t *i18n.Tongue, exists bool) *presenter.SettingUp {
	w := o.w
	file, data := w.files(cli.Place{})
	secrets := w.secrets(cli.Place{})
	opt := presenter.SetupOptions{
		Now: time.Now, Mirror: o.firstMirror,
		Done: func(_ engine.Written, then string) {
			o.win.Renew(then)
		},
		Open: func(ctx context.Context) (presenter.SetupEngine, error) {
			w.person.again()
			defaults := configs.Defaults()
			means := w.keyMeans(data)
			s, err := engine.OpenSetup(ctx, engine.SetupOptions{
				File: file, DataDir: data, Env: w.env, Discoverer: &engine.Discoverer{Reader: w.reader(&defaults)}, Secrets: secrets, Keys: &means,
				Open:      func(s *configs.Settings) (*engine.Engine, error) { return w.over(cli.Place{}, s, data), nil },
				Translate: t.T, Now: time.Now,
			})
			if err != nil {
				return nil, err
			}
			return s, nil
		},
	}
	if !exists {
		opt.TakeOver = func(ctx context.Context, kit string, passphrase secret.Value) error {
			f, err := os.Open(kit)
			if err != nil {
				return failover.Fail(failover.ErrInvalid, "the hand-over kit {file} cannot be read", "file", kit).Because(err)
			}
			defer func() { _ = f.Close() }() // it was only read
			_, err = engine.TakeOver(ctx, f, passphrase.Reveal(), engine.TakeOverOptions{
				File: file, DataDir: data, Secrets: secrets, Keys: w.keyMeans(data), Now: time.Now,
			})
			return err
		}
	}
	return presenter.NewSettingUp(t, opt)
}

// firstMirror mirrors for the first time. Where the background work mirrors already, it
// is waited for.
func (o *worlds) firstMirror(ctx context.Context, written engine.Written, tell func(account string, share float64)) error {
	totals := map[string]mirror.Progress{}
	report, err := written.Engine.Mirror(ctx, engine.MirrorRequest{Tell: func(p mirror.Progress) {
		totals[p.Account.Address] = p
		var done, all int64
		for _, t := range totals {
			done, all = done+t.Bytes, all+t.OfBytes
		}
		share := -1.0
		if all > 0 {
			share = float64(done) / float64(all)
		}
		tell(p.Account.Address, share)
	}})
	if err == nil {
		for _, a := range report.Accounts {
			if !a.Failed.IsZero() {
				return mailstore.Fail(mailstore.ErrSignIn, "{account}: {why}", "account", a.Account, "why", a.Failed.String())
			}
		}
		return nil
	}
	if here, _, _ := o.serving.state(); !here {
		return err
	}
	for {
		if st := written.Engine.MirrorStatus(ctx); !st.Complete.IsZero() {
			return nil
		}
		tell("", -1)
		if err := engine.Sleep(ctx, followEvery); err != nil {
			return err
		}
	}
}

// settings makes what stands behind the settings page; e is nil where there are no
// settings.
func (o *worlds) settings(t *i18n.Tongue, e *engine.Engine, setup *presenter.SettingUp) *presenter.Settings {
	file, data := o.w.files(cli.Place{})
	opt := presenter.SettingsOptions{
		View: o.win.View(), Version: version, Practice: e == nil, Real: o.win.HasReal, Now: time.Now, LeastPassphrase: keys.MinPassphrase,
	}
	if program, err := os.Executable(); err == nil {
		opt.Start = desktop.Starter{Program: program, Args: []string{string(openBackground)}}
	}
	if setup != nil {
		opt.SetUp = func() []presenter.SetupStepLine { return setup.State().Steps }
	}
	if e == nil {
		return presenter.NewSettings(t, opt)
	}
	opt.File, opt.DataDir = absolute(file), absolute(data)
	opt.HandOver = func(ctx context.Context, to io.Writer, passphrase string) error {
		return e.HandOver(ctx, to, passphrase)
	}
	opt.Keys = func() ([]presenter.KeySlot, error) {
		slots, err := e.KeySlots()
		var out []presenter.KeySlot
		for _, s := range slots {
			out = append(out, presenter.KeySlot{Kind: string(s.Kind), Label: s.Label, Made: s.Made})
		}
		return out, err
	}
	opt.NewCode = func(ctx context.Context) (string, error) {
		o.w.person.again()
		_, code, err := e.AddKey(ctx, keys.Recovery, "")
		return code, err
	}
	return presenter.NewSettings(t, opt)
}

func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

// printCode writes a page with a recovery code into a folder of its own, which is
// removed when the window closes.
func (o *worlds) printCode(organization, domain, code string) (string, error) {
	dir, err := o.private()
	if err != nil {
		return "", err
	}
	f, err := os.CreateTemp(dir, "recovery-*.html")
	if err == nil {
		err = engine.RecoveryPage(f, o.win.Tongue(), engine.RecoverySheet{Organization: organization, Domain: domain, Code: code, Printed: time.Now()})
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		return "", failover.Fail(failover.ErrDisk, "the page to print could not be written into {folder}: make room on the disk", "folder", dir).Because(err)
	}
	return f.Name(), nil
}

// private is a folder for what is opened in other programs: of this user alone, and
// removed at the end.
func (o *worlds) private() (string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.temp != "" {
		return o.temp, nil
	}
	dir, err := os.MkdirTemp("", "lifeboat-open-*")
	if err != nil {
		return "", failover.Fail(failover.ErrDisk, "no temporary folder could be made: make room on the disk").Because(err)
	}
	o.temp = dir
	return dir, nil
}

// close removes what was made for other programs.
func (o *worlds) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.temp != "" {
		_ = os.RemoveAll(o.temp) // on some systems not while it is open elsewhere
	}
}
