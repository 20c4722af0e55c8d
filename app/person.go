package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"lifeboat/app/i18n"
	"lifeboat/configs/secret"
	"lifeboat/failover"
)

// person is whoever sits before the window: asked there for passphrases, where the
// command line asks at the terminal.
type person struct {
	// ask shows a question and waits for its answer; context.Canceled is none.
	ask    func(context.Context, question) (string, error)
	tongue func() *i18n.Tongue
	now    func() time.Time

	asking   sync.Mutex // one question at a time
	mu       sync.Mutex
	declined map[string]time.Time // when an answer was refused, by what was asked
}

// question is what is asked for in secret.
type question struct {
	title, text, label string
	again              string // the label of a second field; empty: it is asked once
}

// bothered is how long somebody is left alone who did not answer: what runs in the
// background would ask again at once.
const bothered = 10 * time.Minute

func newPerson(tongue func() *i18n.Tongue, ask func(context.Context, question) (string, error)) *person {
	return &person{ask: ask, tongue: tongue, now: time.Now, declined: map[string]time.Time{}}
}

// vaultPassphrase asks for the passphrase of the vault of secrets.
func (p *person) vaultPassphrase(ctx context.Context, q secret.Question) (secret.Value, error) {
	t := p.tongue()
	ask := question{
		title: t.T("Passphrase of the passwords"), text: t.T("The passwords are in the vault {file}. Its passphrase opens it.", "file", q.Vault),
		label: t.T("Passphrase"),
	}
	if q.New {
		ask.text = t.T("This computer has no keychain, so passwords are kept, encrypted, in {file}. Choose a passphrase for it, and keep it where you find it in an emergency.", "file", q.Vault)
		ask.again = t.T("The same again")
	}
	text, err := p.answer(ctx, ask)
	return secret.New(text), err
}

// keyPassphrase asks for the passphrase of the mirrored mail.
func (p *person) keyPassphrase(ctx context.Context, fresh bool) (string, error) {
	t := p.tongue()
	ask := question{
		title: t.T("Passphrase of the mirrored mail"), text: t.T("The mirrored mail is encrypted, and nothing on this computer opens it by itself."), label: t.T("Passphrase"),
	}
	if fresh {
		ask.text = t.T("The mirrored mail is kept encrypted. Choose a passphrase for it, and keep it where you find it in an emergency.")
		ask.again = t.T("The same again")
	}
	return p.answer(ctx, ask)
}

// answer asks, one question after the other.
func (p *person) answer(ctx context.Context, q question) (string, error) {
	p.asking.Lock()
	defer p.asking.Unlock()
	p.mu.Lock()
	at, refused := p.declined[q.title]
	p.mu.Unlock()
	if refused && p.now().Sub(at) < bothered {
		return "", noPassphrase(context.Canceled)
	}
	text, err := p.ask(ctx, q)
	if errors.Is(err, context.Canceled) && ctx.Err() == nil {
		p.mu.Lock()
		p.declined[q.title] = p.now()
		p.mu.Unlock()
		return "", noPassphrase(err)
	}
	return text, err
}

// again lets everything be asked again: the person is doing something that needs it. It
// never waits, not even for an answer to what is being asked.
func (p *person) again() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.declined)
}

func noPassphrase(err error) error {
	return failover.Fail(failover.ErrCredential, "no passphrase was given, so the passwords stay locked").Because(err)
}
