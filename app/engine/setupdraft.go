package engine

import (
	"context"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"lifeboat/configs"
	"lifeboat/failover"
)

// setupFile holds the draft of a set-up, in the data folder, sealed like everything
// there that names addresses (see keyseal.go). The data key is made for it where there
// is none yet, quietly: its recovery code is shown when the settings are written.
const (
	setupFile    = "setup.json"
	setupUnread  = "setup.unread" // what could not be read, for whoever wants to look
	setupVersion = 1
)

// keptSetup is the file's content.
type keptSetup struct {
	Version int `json:"version"`
	// Base is what the settings file was when this was kept, see baseOf.
	Base string `json:"base"`
	// Dirty: there is something in the draft that the settings do not have. Otherwise
	// only what settings do not say is taken from here (answers, ticks, the step).
	Dirty bool       `json:"dirty"`
	Draft SetupDraft `json:"draft"`
}

// OpenSetup goes on with what was kept, or begins with the settings, or anew. The
// context is for opening the key that seals the draft.
//
// Settings that cannot be read are an error: what is wrong with them is not mended by
// writing others over them.
func OpenSetup(ctx context.Context, o SetupOptions) (*Setup, error) {
	s := &Setup{opt: o}
	if err := makeDir(o.DataDir); err != nil {
		return nil, err
	}
	var err error
	if s.basedOn, err = baseOf(o.File); err != nil {
		return nil, err
	}
	if s.basedOn != "" {
		if s.base, _, err = configs.Load(o.File, configs.Options{Env: o.Env}); err != nil {
			return nil, err
		}
	}
	if o.Keys != nil {
		if s.seal, err = s.sealer(ctx); err != nil {
			return nil, err
		}
	}
	s.begin()
	return s, s.goOn()
}

// baseOf tells one state of a file from another; empty: there is none.
func baseOf(file string) (string, error) {
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", failover.Fail(failover.ErrDisk, "{file} cannot be read: check that it is a file and that you may read it", "file", file).Because(err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}

// sealer is the cipher for the draft.
func (s *Setup) sealer(ctx context.Context) (cipher.AEAD, error) {
	e := New(Options{
		Settings: &configs.Settings{}, DataDir: s.opt.DataDir, Mail: &MailParts{Keys: *s.opt.Keys},
		Now: s.opt.Now, Logger: slog.New(slog.DiscardHandler),
	})
	return e.box(ctx, setupFile, e.quietly)
}

// begin makes the draft of the settings, or an empty one.
func (s *Setup) begin() {
	s.dirty = false
	s.draft = SetupDraft{Step: StepDomain}
	if s.base != nil {
		s.draft = draftOf(s.base, s.opt.Domain)
	}
}

func (s *Setup) path() string { return filepath.Join(s.opt.DataDir, setupFile) }

// goOn takes up what was kept. What cannot be read is put aside, and said.
func (s *Setup) goOn() error {
	b, err := os.ReadFile(s.path())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return failover.Fail(failover.ErrDisk, "{file} cannot be read: check that it is a file and that you may read it", "file", s.path()).Because(err)
	}
	kept, err := s.read(b)
	switch {
	case err != nil:
		_ = os.Rename(s.path(), filepath.Join(s.opt.DataDir, setupUnread)) // it is written over otherwise
		s.began = failover.Say("What was kept of the set-up cannot be read any more, so it begins anew. The file was put aside as {file}.", "file", setupUnread)
	case kept.Dirty && kept.Base == s.basedOn && (s.base == nil || s.opt.Domain == "" || sameName(kept.Draft.Domain, s.opt.Domain)):
		s.draft, s.dirty = kept.Draft, true
	case kept.Dirty:
		s.began = failover.Say("The settings were changed meanwhile, so what had been entered here and not been written was left out.")
	case s.base != nil && sameName(kept.Draft.Domain, s.draft.Domain):
		if kept.Base != s.basedOn {
			kept.Draft.Staged = nil // for settings that are no more
		}
		s.draft.remember(kept.Draft)
	}
	return nil
}

func sameName(a, b string) bool { return failover.FQDN(a) == failover.FQDN(b) }

// read opens what was kept.
func (s *Setup) read(b []byte) (keptSetup, error) {
	var out keptSetup
	if s.seal != nil {
		sealed, ok := cutMark(b)
		if !ok {
			return out, errUnopened
		}
		var err error
		if b, err = openIn(s.seal, setupFile, sealed); err != nil {
			return out, err
		}
	}
	if err := json.Unmarshal(b, &out); err != nil {
		return out, err
	}
	if out.Version != setupVersion {
		return out, errors.New("another version's")
	}
	return out, nil
}

func cutMark(b []byte) ([]byte, bool) {
	if len(b) < len(sealedMark) || string(b[:len(sealedMark)]) != sealedMark {
		return nil, false
	}
	return b[len(sealedMark):], true
}

// remember takes over what settings do not say.
func (d *SetupDraft) remember(old SetupDraft) {
	d.Step, d.Done, d.Answers, d.Found, d.Changed = old.Step, old.Done, old.Answers, old.Found, old.Changed
	d.Primary.Told, d.Secondary.Told = old.Primary.Told, old.Secondary.Told
	d.Primary.Trial, d.Secondary.Trial = old.Primary.Trial, old.Secondary.Trial
	d.Secrets, d.Staged = old.Secrets, old.Staged
	if d.Secondary.Preset == "" && old.Secondary.Preset == NoneYet {
		d.Secondary.Preset = NoneYet
	}
}

// keep writes the draft down; call it with the lock held.
func (s *Setup) keep() error {
	s.draft.Changed = s.opt.Now().UTC()
	b, err := json.Marshal(keptSetup{Version: setupVersion, Base: s.basedOn, Dirty: s.dirty, Draft: s.draft})
	if err != nil {
		return err
	}
	if s.seal != nil {
		b = sealIn(s.seal, setupFile, b)
	}
	return configs.WriteFile(s.path(), b, 0o600)
}

// Began says something about how it began that the admin should know: that a
// half-finished set-up was damaged and is begun anew; zero: nothing.
func (s *Setup) Began() failover.Sentence {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.began
}

// Existing reports whether there are settings already, which are changed.
func (s *Setup) Existing() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.base != nil
}

// Draft is how far it is: a copy.
func (s *Setup) Draft() SetupDraft {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.draft.copy()
	d.Open, d.Unsaved = d.open(), s.dirty || len(d.Staged) > 0
	return d
}

// Change changes the draft and keeps it. The error is about the disk; the change is
// made all the same, and kept with the next one.
func (s *Setup) Change(change func(*SetupDraft)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.draft.copy()
	change(&d)
	s.draft, s.dirty = d, true
	return s.keep()
}

// note keeps what no settings say; a draft that is all written stays so.
func (s *Setup) note(change func(*SetupDraft)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.draft.copy()
	change(&d)
	s.draft = d
	return s.keep()
}

// Discard forgets what was not written yet, and begins with the settings, or anew.
// Secrets that were kept under names of their own stay: they are harmless, and settings
// may name them. Those that would have taken the place of others do not.
func (s *Setup) Discard() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.began = failover.Sentence{}
	if s.base != nil {
		old := s.draft
		old.Staged = nil
		s.begin()
		s.draft.remember(old)
		return s.keep()
	}
	secrets := s.draft.Secrets
	s.begin()
	s.draft.Secrets = secrets
	return s.keep()
}

// copy copies all that could be shared.
func (d SetupDraft) copy() SetupDraft {
	if d.Found != nil {
		found := *d.Found
		d.Found = &found
	}
	for _, p := range []*SetupProvider{&d.Primary, &d.Secondary} {
		p.MX, p.DKIM, p.Told = slices.Clone(p.MX), slices.Clone(p.DKIM), maps.Clone(p.Told)
	}
	d.Recipients = slices.Clone(d.Recipients)
	for i := range d.Recipients {
		d.Recipients[i].Aliases = slices.Clone(d.Recipients[i].Aliases)
	}
	d.Secrets, d.Staged, d.Done, d.Answers = slices.Clone(d.Secrets), maps.Clone(d.Staged), maps.Clone(d.Done), maps.Clone(d.Answers)
	if d.Done == nil {
		d.Done = map[SetupStep]bool{}
	}
	if d.Answers == nil {
		d.Answers = map[SetupField]SetupAnswer{}
	}
	d.Open, d.Unsaved = nil, false
	return d
}

// Discover looks the draft's domain up and takes into the draft what it finds, where
// nothing was entered yet. The error says what is wrong with the name, or that it
// could not be looked up.
func (s *Setup) Discover(ctx context.Context) (Discovery, error) {
	domain := s.Draft().Domain
	if domain == "" {
		return Discovery{}, failover.Fail(failover.ErrInvalid, "enter your mail domain first, as in example.jp")
	}
	found, err := s.opt.Discoverer.Discover(ctx, domain)
	if err != nil {
		return found, err
	}
	return found, s.Change(func(d *SetupDraft) {
		if !sameName(d.Domain, domain) {
			return // typed on meanwhile
		}
		primary, dns := d.Primary, d.DNS
		d.take(found)
		// What the settings say of a provider was decided by people. During a failover the
		// MX leads to the secondary, which is not the primary for that.
		if s.base != nil && primary.chosen() {
			d.Primary = primary
		}
		if s.base != nil && slices.ContainsFunc(s.base.Domains, func(o configs.Domain) bool { return sameName(o.Name, domain) }) {
			d.DNS = dns
		}
	})
}

// take takes over what was discovered, where nothing was entered.
func (d *SetupDraft) take(found Discovery) {
	before := d.Found
	d.Found = &found
	// What came from an earlier discovery, of another name perhaps, gives way.
	own := func(now, old, fresh string) string {
		if now == "" || now == old {
			return fresh
		}
		return now
	}
	var old Discovery
	if before != nil {
		old = *before
	}
	chosen := d.Primary.Preset
	if d.Primary.Preset = own(chosen, old.preset(), found.preset()); d.Primary.Preset != chosen {
		d.Primary.Method = "" // it was a way of signing in to another provider
	}
	if mx := found.mxTexts(); len(d.Primary.MX) == 0 || slices.Equal(d.Primary.MX, old.mxTexts()) {
		d.Primary.MX = mx
	}
	if d.Primary.Method == "" && d.Primary.Preset != "" {
		d.Primary.Method = configs.SignInPassword
		if p, ok := configs.PresetNamed(d.Primary.Preset); ok && p.SignIn != "" {
			d.Primary.Method = p.SignIn
		}
	}
	d.DNS.Host = own(d.DNS.Host, old.DNSHost, found.DNSHost)
	d.DNS.Console = own(d.DNS.Console, old.Console, found.Console)
	if found.Zone != found.Domain {
		d.DNS.Zone = own(d.DNS.Zone, failover.Display(old.Zone), failover.Display(found.Zone))
	}
}

// preset is the primary's: that of another provider where it is not known by name.
func (d Discovery) preset() string {
	switch {
	case d.Preset != "":
		return d.Preset
	case len(d.MX) > 0:
		return genericPreset
	}
	return ""
}

const genericPreset = "generic"

func (d Discovery) mxTexts() []string {
	out := make([]string, len(d.MX))
	for i, m := range d.MX {
		out[i] = configs.MX{Preference: m.Preference, Host: failover.Display(m.Host)}.String()
	}
	return out
}
