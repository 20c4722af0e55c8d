package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/term"

	"lifeboat/app/cli"
	"lifeboat/app/i18n"
	"lifeboat/configs/secret"
	"lifeboat/failover"
)

// secrets opens the store of secrets beside the data. The vault's passphrase is
// asked for in the window or at a terminal; without either it comes from the
// environment.
func (w *wiring) secrets(p cli.Place) *secret.Store {
	_, data := w.files(p)
	w.mu.Lock()
	defer w.mu.Unlock()
	if s := w.stores[data]; s != nil {
		return s
	}
	o := secret.Options{Dir: data, Env: w.env, Keychain: secret.SystemKeychain(data)}
	switch {
	case w.person != nil:
		o.Ask = w.person.vaultPassphrase
	case atTerminal():
		o.Ask = askPassphrase
	}
	s := secret.Open(o)
	if w.stores == nil {
		w.stores = map[string]*secret.Store{}
	}
	w.stores[data] = s
	return s
}

// askPassphrase reads the vault's passphrase unseen; a new one twice.
func askPassphrase(ctx context.Context, q secret.Question) (secret.Value, error) {
	t, err := i18n.New(i18n.Choose("auto", os.Getenv))
	if err != nil {
		return secret.Value{}, err
	}
	question := t.T("Passphrase of the vault {file}: ", "file", q.Vault)
	if q.New {
		question = t.T("This computer has no keychain, so secrets are kept in {file}. Choose a passphrase for it: ", "file", q.Vault)
	}
	first, err := readUnseen(ctx, question)
	if err != nil || !q.New {
		return secret.New(first), err
	}
	second, err := readUnseen(ctx, t.T("The same passphrase again: "))
	if err == nil && second != first {
		err = failover.Fail(failover.ErrInvalid, "the two passphrases differ; nothing was stored")
	}
	return secret.New(first), err
}

func readUnseen(ctx context.Context, question string) (string, error) {
	_, _ = fmt.Fprint(os.Stderr, question)
	text, err := unseen(ctx)
	_, _ = fmt.Fprintln(os.Stderr)
	return text, err
}

// unseen reads a line from the terminal without showing it. Nothing wakes a read from
// a terminal, so at Ctrl-C it is left to the end of the program, once the terminal
// shows again what is typed.
func unseen(ctx context.Context) (string, error) {
	in := int(os.Stdin.Fd())
	before, err := term.GetState(in)
	if err != nil {
		return "", err
	}
	type answer struct {
		text string
		err  error
	}
	typed := make(chan answer, 1)
	go func() {
		b, err := term.ReadPassword(in)
		typed <- answer{string(b), err}
	}()
	select {
	case a := <-typed:
		return a.text, a.err
	case <-ctx.Done():
		return "", errors.Join(ctx.Err(), term.Restore(in, before))
	}
}
