package presentertest

import (
	"context"
	"slices"
	"sync"

	"lifeboat/app/engine"
	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// Drafts keeps messages that are being written, and takes those that are sent, in
// memory.
type Drafts struct {
	// Fails is what keeping and sending fail with; nil: they do not.
	Fails error
	// Fate is what becomes of a message that is sent.
	Fate engine.SentMail
	// Quote is what answers begin with.
	Draft engine.MailDraft

	mu   sync.Mutex
	kept map[string][]byte
	sent []engine.MailToSend
}

// DraftMail implements the composer's part of the engine.
func (d *Drafts) DraftMail(_ context.Context, _ engine.MailToSend) (engine.MailDraft, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.Draft, d.Fails
}

// Senders are the addresses that one may write from.
func (d *Drafts) Senders(context.Context) ([]string, error) { return []string{Own, Shared}, nil }

// Refuse has keeping and sending fail from now on; nil: they do not.
func (d *Drafts) Refuse(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.Fails = err
}

// KeepDraft keeps a draft.
func (d *Drafts) KeepDraft(_ context.Context, id string, content []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.Fails != nil {
		return d.Fails
	}
	if d.kept == nil {
		d.kept = map[string][]byte{}
	}
	d.kept[id] = slices.Clone(content)
	return nil
}

// KeptDrafts are the drafts that are kept.
func (d *Drafts) KeptDrafts(context.Context) ([]engine.KeptDraft, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []engine.KeptDraft
	for id, c := range d.kept {
		out = append(out, engine.KeptDraft{ID: id, At: Noon, Content: c})
	}
	return out, nil
}

// DropDraft forgets a draft.
func (d *Drafts) DropDraft(_ context.Context, id string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.kept, id)
	return nil
}

// Send takes a message.
func (d *Drafts) Send(_ context.Context, m engine.MailToSend) (engine.MailSent, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.Fails != nil {
		return engine.MailSent{}, d.Fails
	}
	d.sent = append(d.sent, m)
	fate := d.Fate
	if fate.State == "" {
		fate.State, fate.Via = relay.Ended, failover.Primary
	}
	return engine.MailSent{SentMail: fate, From: m.From, Subject: m.Subject}, nil
}

// Sent are the messages that were sent.
func (d *Drafts) Sent() []engine.MailToSend {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.sent)
}

// Kept counts the drafts that are kept.
func (d *Drafts) Kept() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.kept)
}
