package engine

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"lifeboat/configs"
	"lifeboat/configs/secret"
	"lifeboat/failover"
)

// Write writes the settings file, or amends it, makes the data key's slots, and
// returns the engine over it. Problems are an error, and nothing is written then.
//
// Secrets that were typed for what is in use take its place once the settings are
// written, all in one step. Where the settings were written and that, or the data key,
// failed, the error says so, and what is returned beside it is what was written; writing
// again goes on there.
func (s *Setup) Write(ctx context.Context) (Written, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now, err := baseOf(s.opt.File); err != nil || now != s.basedOn {
		if err == nil {
			err = failover.Fail(failover.ErrStale, "{file} was changed by somebody else meanwhile, so nothing was written: open the set-up anew", "file", s.opt.File)
		}
		return Written{}, err
	}
	d := s.draft.copy()
	draft, problems := s.settings(d)
	if len(problems) > 0 {
		return Written{}, problems
	}
	out := Written{File: s.opt.File}
	var err error
	if s.base == nil {
		err = s.writeNew(ctx, draft)
	} else {
		a := s.amended(d, draft)
		out.Set = a.set
		err = a.editor.Save()
	}
	if err != nil {
		return Written{}, err
	}
	if err := s.rebase(d); err != nil {
		return out, err
	}
	if err := s.unstage(ctx); err != nil {
		return out, err
	}
	if out.Engine, err = s.opt.Open(s.base); err != nil || out.Engine.opt.Mail == nil || s.opt.Keys == nil {
		return out, err
	}
	if _, out.Code, err = out.Engine.withRecovery(ctx); err != nil {
		return out, err
	}
	if err := s.count(ctx, out.Engine); err != nil {
		out.Engine.opt.Logger.Warn("the set-up's tests are not taken in as evidence", "error", err) // they can be made anew
	}
	return out, nil
}

// rebase makes what was written what the draft is changed from.
func (s *Setup) rebase(d SetupDraft) error {
	base, _, err := configs.Load(s.opt.File, configs.Options{Env: s.opt.Env})
	if err != nil {
		return err
	}
	s.base, s.dirty = base, false
	if s.basedOn, err = baseOf(s.opt.File); err != nil {
		return err
	}
	s.opt.Domain = d.Domain
	s.draft = draftOf(base, d.Domain)
	s.draft.remember(d)
	return s.keep()
}

// writeNew writes a first settings file. The domain gets a DKIM key of its own, for what
// the send route sends; where none can be kept, it is done without.
func (s *Setup) writeNew(ctx context.Context, draft configs.Draft) error {
	if err := os.MkdirAll(filepath.Dir(s.opt.File), 0o700); err != nil {
		return failover.Fail(failover.ErrDisk, "the folder {folder} cannot be made: choose another, or make room", "folder", filepath.Dir(s.opt.File)).Because(err)
	}
	domain := &draft.Domains[0]
	name := SigningSecret(domain.Name)
	_, err := s.opt.Secrets.Get(ctx, name.Name())
	made := false
	if errors.Is(err, secret.ErrMissing) {
		var private secret.Value
		if private, err = NewSigningKey(); err == nil {
			_, err = s.opt.Secrets.Set(ctx, name.Name(), private)
			made = err == nil
		}
	}
	if err == nil {
		domain.Signing = configs.Signing{Selector: configs.DefaultSelector, Key: name}
	}
	err = configs.WriteNew(s.opt.File, draft)
	if err != nil && made {
		_ = s.opt.Secrets.Remove(context.WithoutCancel(ctx), name.Name()) // nothing names it
	}
	return err
}

// open lists what is still to be done, in the order of the steps. It is read from the
// draft and the answers that are kept; nothing is asked.
func (d SetupDraft) open() []failover.Sentence {
	var out []failover.Sentence
	add := func(when bool, say failover.Sentence) {
		if when {
			out = append(out, say)
		}
	}
	add(d.Domain == "", failover.Say("Enter your mail domain."))
	if d.Domain == "" {
		return out
	}
	add(!d.Primary.chosen(), failover.Say("Say who takes your mail now."))
	add(d.Primary.chosen() && d.Primary.Method == "", failover.Say("Sign in at the primary, so that its mail can be mirrored."))
	add(!d.Secondary.chosen(), failover.Say("Choose a secondary provider: without one there is nowhere to switch to."))
	add(d.Secondary.chosen() && d.Secondary.Method == "", failover.Say("Sign in at the secondary, so that mail can be sent through it."))
	add(len(d.Recipients) == 0, failover.Say("Enter who has to go on receiving mail."))
	add(strings.TrimSpace(d.Emergency) == "", failover.Say("Choose an emergency subdomain: it works even when nobody can change records."))
	for _, step := range SetupSteps() {
		for _, f := range fieldsOf(step) {
			a, tested := d.Answers[f]
			add(tested && !a.Detail.IsZero() && (a.Verdict == failover.Red || a.Verdict == failover.Warn), a.Detail)
		}
	}
	add(d.Secondary.chosen() && len(d.Recipients) > 0 && d.Answers[FieldSecondaryMX].Word.IsZero() && d.Answers[FieldRecipients].Word.IsZero(),
		failover.Say("Test whether the secondary takes every address."))
	add(d.Answers[FieldEmergencyName].Word.Template == free().Template, failover.Say("Publish the emergency subdomain, with what else is prepared in calm times."))
	add(d.Done[StepRecipients] && !d.Done[StepMirror], failover.Say("Mirror the mailboxes for the first time."))
	add(d.Done[StepMirror] && !d.Done[StepDrill], failover.Say("Hold the first drill."))
	return out
}

// fieldsOf are all fields of a step.
func fieldsOf(step SetupStep) []SetupField {
	return map[SetupStep][]SetupField{
		StepDomain:     {FieldDomain},
		StepPrimary:    {FieldPrimaryMX, FieldPrimarySignIn, FieldPrimarySubmission, FieldPrimaryIMAP},
		StepSecondary:  {FieldSecondaryApart, FieldSecondarySignIn, FieldSecondaryMX, FieldSecondarySubmission, FieldSecondaryIMAP},
		StepEmergency:  {FieldEmergencyName, FieldEmergencySeed},
		StepDNS:        {FieldDNSCredential},
		StepRecipients: {FieldRecipients},
		StepMirror:     {FieldMirror},
	}[step]
}
