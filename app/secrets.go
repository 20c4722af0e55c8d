package main

import (
	"context"
	"fmt"
	"os"

	"golang.org/x/term"

	"lifeboat/app/cli"
	"lifeboat/app/i18n"
	"lifeboat/configs/secret"
	"lifeboat/failover"
)

// secrets opens the store of secrets beside the data. The vault's passphrase is
// asked for at a terminal; without one it comes from the environment.
func (w *wiring) secrets(p cli.Place) *secret.Store {
	_, data := w.files(p)
	o := secret.Options{Dir: data, Env: w.env, Keychain: secret.SystemKeychain(data)}
	if term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stderr.Fd())) {
		o.Ask = askPassphrase
	}
	return secret.Open(o)
}

// askPassphrase reads the vault's passphrase unseen; a new one twice.
func askPassphrase(_ context.Context, q secret.Question) (secret.Value, error) {
	t, err := i18n.New(i18n.Choose("auto", os.Getenv))
	if err != nil {
		return secret.Value{}, err
	}
	question := t.T("Passphrase of the vault {file}: ", "file", q.Vault)
	if q.New {
		question = t.T("This computer has no keychain, so secrets are kept in {file}. Choose a passphrase for it: ", "file", q.Vault)
	}
	first, err := readUnseen(question)
	if err != nil || !q.New {
		return secret.New(first), err
	}
	second, err := readUnseen(t.T("The same passphrase again: "))
	if err == nil && second != first {
		err = failover.Fail(failover.ErrInvalid, "the two passphrases differ; nothing was stored")
	}
	return secret.New(first), err
}

func readUnseen(question string) (string, error) {
	_, _ = fmt.Fprint(os.Stderr, question)
	b, err := term.ReadPassword(int(os.Stdin.Fd()))
	_, _ = fmt.Fprintln(os.Stderr)
	return string(b), err
}
