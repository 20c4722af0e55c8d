package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"reflect"
	"slices"
	"strings"

	"lifeboat/configs"
	"lifeboat/configs/secret"
)

// What is in use must not change before somebody says "Save", nor half of it. So what is
// typed in a set-up is kept apart, in one of two ways:
//
//   - For another provider, another application or another way of signing in it is kept
//     under names that the settings do not name yet. Writing the settings, which is one
//     step, makes them count. Mailboxes have a whole set of names then, see
//     [configs.SignIn.MailboxSecret]: made of where it leads, so that what was typed for
//     one provider never goes to a third one.
//   - A new secret for the same place waits under a draft's name, and takes the old one's
//     place after the settings were written, with all others, in one step.

// moved reports whether the mailboxes of a side are others than those of the settings:
// at another provider, or signed in to in another way.
func (s *Setup) moved(d SetupDraft, side Side) bool {
	p := s.baseOfSide(side)
	if s.base == nil || !p.Configured() {
		return false
	}
	now, before := d.side(side), setupProviderOf(p, configs.Override{})
	return now.elsewhere(before) || before.Method != "" && now.Method != before.Method
}

// passwordSet names the set of the mailboxes' secrets of a side: the one in use as long
// as they are where they were.
func (s *Setup) passwordSet(d SetupDraft, side Side) string {
	if !s.moved(d, side) {
		return s.baseOfSide(side).SignIn.MailboxPasswords
	}
	p := d.side(side)
	whither := []string{p.Preset, endpointFor(p.IMAP, "").Host, endpointFor(p.Submission, "").Host, p.Method, p.User, p.Username, p.Tenant, p.Client}
	for i := range whither {
		whither[i] = strings.ToLower(strings.TrimSpace(whither[i]))
	}
	const enough = 5 // bytes, to tell the few providers of one organization apart
	sum := sha256.Sum256([]byte(strings.Join(whither, "\x00")))
	return hex.EncodeToString(sum[:enough])
}

// mailboxSecret is the secret of a mailbox: where it is where it was, the one that the
// settings name for it.
func (s *Setup) mailboxSecret(d SetupDraft, side Side, address string) configs.SecretRef {
	if d.side(side).Method == configs.SignInPassword && s.base != nil && !s.moved(d, side) {
		domain := address[strings.LastIndexByte(address, '@')+1:]
		for _, r := range s.base.RecipientsOf(domain) {
			own := r.PrimaryPassword
			if side == SideSecondary {
				own = r.SecondaryPassword
			}
			if own != "" && strings.EqualFold(r.Address, address) {
				return own
			}
		}
	}
	return configs.SignIn{MailboxPasswords: s.passwordSet(d, side)}.MailboxSecret(string(side), address)
}

// mailboxNames are the names of the secrets of mailboxes, by address.
func (s *Setup) mailboxNames(side Side, addresses ...string) map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make(map[string]string, len(addresses))
	for _, a := range addresses {
		out[a] = s.mailboxSecret(s.draft, side, a).Name()
	}
	return out
}

// stagedName is where the new secret of a name in use waits.
func stagedName(name string) string {
	const prefix = "draft-"
	if configs.ValidSecretName(prefix + name) {
		return prefix + name
	}
	sum := sha256.Sum256([]byte(name)) // the name is as long as one may be
	return prefix + hex.EncodeToString(sum[:16])
}

// staged tells where secrets are to be kept now: those that the settings name, apart.
func (s *Setup) staged(names []string) map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var inUse []string
	if s.base != nil {
		inUse = secretsNamed(s.base)
	}
	out := make(map[string]string, len(names))
	for _, name := range names {
		out[name] = name
		if slices.Contains(inUse, name) {
			out[name] = stagedName(name)
		}
	}
	return out
}

// noteSecrets notes in the draft that secrets are kept, each where staged says.
func (s *Setup) noteSecrets(staged map[string]string) error {
	return s.note(func(d *SetupDraft) {
		for name, at := range staged {
			if !slices.Contains(d.Secrets, name) {
				d.Secrets = append(d.Secrets, name)
			}
			if at != name {
				d.stage(name, true)
			}
		}
	})
}

func (d *SetupDraft) stage(name string, there bool) {
	if d.Staged == nil {
		d.Staged = map[string]bool{}
	}
	d.Staged[name] = there
}

// forget takes a secret away: one in use when the settings are written.
func (s *Setup) forget(ctx context.Context, name string) error {
	at := s.staged([]string{name})[name]
	if err := s.opt.Secrets.Remove(ctx, at); err != nil && !errors.Is(err, secret.ErrMissing) {
		return err
	}
	return s.note(func(d *SetupDraft) {
		d.Secrets = slices.DeleteFunc(d.Secrets, func(n string) bool { return n == name })
		if at != name {
			d.stage(name, false)
		}
	})
}

// unstage puts what was typed for what is in use into its place, now that the settings
// are written. Call it with the lock held.
func (s *Setup) unstage(ctx context.Context) error {
	named := secretsNamed(s.base)
	by := map[string]string{}
	var gone []string
	for name, there := range s.draft.Staged {
		switch {
		case !slices.Contains(named, name): // typed before its provider was left
			gone = append(gone, stagedName(name))
		case !there:
			gone = append(gone, name)
		default:
			_, err := s.opt.Secrets.Get(ctx, stagedName(name))
			if errors.Is(err, secret.ErrMissing) {
				continue // it was put into its place, and then we were killed
			}
			if err != nil {
				return err
			}
			by[name] = stagedName(name)
		}
	}
	if err := s.opt.Secrets.Replace(ctx, by); err != nil {
		return err
	}
	for _, name := range gone {
		if err := s.opt.Secrets.Remove(ctx, name); err != nil && !errors.Is(err, secret.ErrMissing) {
			return err
		}
	}
	s.draft.Staged = nil
	return s.keep()
}

// withStaged has a trial use what was typed, in place of what is in use. Call it with the
// lock held.
func (s *Setup) withStaged(draft *configs.Draft, d SetupDraft) {
	for i := range draft.Recipients {
		r := &draft.Recipients[i]
		for side, own := range map[Side]*configs.SecretRef{SidePrimary: &r.PrimaryPassword, SideSecondary: &r.SecondaryPassword} {
			if s.moved(d, side) {
				*own = "" // of where it was
			}
			if ref := s.mailboxSecret(d, side, r.Address); d.side(side).Each && has(d.Staged, ref) {
				*own = ref
			}
		}
	}
	eachRef(reflect.ValueOf(draft).Elem(), func(ref configs.SecretRef) configs.SecretRef {
		if has(d.Staged, ref) {
			return configs.SecretRef(stagedName(ref.Name()))
		}
		return ref
	})
}

func has(staged map[string]bool, ref configs.SecretRef) bool {
	_, ok := staged[ref.Name()]
	return ok
}

// eachRef changes every reference to a secret in a value.
func eachRef(v reflect.Value, change func(configs.SecretRef) configs.SecretRef) {
	if v.Type() == reflect.TypeFor[configs.SecretRef]() {
		if v.CanSet() && v.String() != "" {
			v.SetString(change(configs.SecretRef(v.String())).Name())
		}
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			eachRef(v.Elem(), change)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				eachRef(v.Field(i), change)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			eachRef(v.Index(i), change)
		}
	default:
	}
}
