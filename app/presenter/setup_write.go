package presenter

import (
	"context"

	"lifeboat/app/engine"
	"lifeboat/configs/secret"
	"lifeboat/failover"
)

// What is being done that nothing else may be done beside.
const (
	busyWriting = "write"
	busyTaking  = "take"
)

// begin notes what is being done, and reports false where something else is.
func (s *SettingUp) begin(what string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy != "" {
		return false
	}
	s.busy, s.problem = what, nil
	return true
}

func (s *SettingUp) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy = ""
}

// write writes the settings, unless nothing was changed since that was done.
func (s *SettingUp) write(ctx context.Context, changed func()) (engine.Written, error) {
	e, err := s.settle(ctx)
	if err != nil {
		return engine.Written{}, err
	}
	s.mu.Lock()
	if w := s.written; w != nil && !s.dirty {
		s.mu.Unlock()
		return *w, nil
	}
	s.dirty = false
	s.mu.Unlock()
	changed()
	w, err := e.Write(ctx)
	s.look(e)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.dirty = true
		return w, err
	}
	if w.Code == "" && s.written != nil {
		w.Code = s.written.Code // it is shown as long as this page is there
	}
	s.written = &w
	return w, nil
}

// finish writes the settings, and hands them over.
func (s *SettingUp) finish(ctx context.Context, then string, changed func()) {
	if !s.begin(busyWriting) {
		return
	}
	w, err := s.write(ctx, changed)
	s.end()
	if err != nil {
		s.fail(err)
		return
	}
	s.mu.Lock()
	s.markDone(s.step)
	s.mu.Unlock()
	if s.opt.Done != nil {
		s.opt.Done(w, then)
	}
}

// mirrorNow writes the settings and mirrors for the first time.
func (s *SettingUp) mirrorNow(ctx context.Context, changed func()) {
	if !s.begin(busyWriting) {
		return
	}
	w, err := s.write(ctx, changed)
	s.end()
	if err != nil {
		s.fail(err)
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.mu.Lock()
	if s.mirror.running {
		s.mu.Unlock()
		return
	}
	s.mirror = setupMirror{running: true, share: -1, cancel: cancel}
	s.mu.Unlock()
	changed()
	err = s.opt.Mirror(ctx, w, func(account string, share float64) {
		s.mu.Lock()
		s.mirror.account, s.mirror.share = account, share
		s.mu.Unlock()
		changed()
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	stopped := ctx.Err() != nil
	s.mirror = setupMirror{done: err == nil && !stopped, share: s.mirror.share}
	if s.mirror.done {
		s.markDone(engine.StepMirror)
	}
	if err != nil && !stopped {
		s.mirror.err = err
	}
}

// take takes over with a hand-over kit.
func (s *SettingUp) take(ctx context.Context, changed func()) {
	s.mu.Lock()
	file, passphrase := s.kit, s.passphrase
	s.mu.Unlock()
	switch {
	case file == "":
		s.fail(failover.Fail(failover.ErrInvalid, "Choose the file of the hand-over kit first."))
		return
	case passphrase.IsEmpty():
		s.fail(failover.Fail(failover.ErrInvalid, "Type the passphrase of the hand-over kit: whoever made it knows it."))
		return
	}
	if !s.begin(busyTaking) {
		return
	}
	changed()
	err := s.opt.TakeOver(ctx, file, passphrase)
	s.mu.Lock()
	s.busy = ""
	if err == nil {
		s.passphrase = secret.Value{}
	}
	s.mu.Unlock()
	if err != nil {
		s.fail(err)
		return
	}
	if s.opt.Done != nil {
		s.opt.Done(engine.Written{}, "")
	}
}
