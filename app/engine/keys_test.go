package engine

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"lifeboat/mailstore"
	"lifeboat/mailstore/imaplink"
	"lifeboat/mailstore/keys"
)

// onMachine is an engine with nothing but a data folder, on a machine without a
// keychain.
func onMachine(data, machine string) *Engine {
	return New(Options{
		DataDir: data, Now: time.Now, Logger: slog.New(slog.DiscardHandler),
		Mail: &MailParts{Keys: KeyMeans{Machine: keys.MachineOpener{
			Dir: machine, ID: func(context.Context) (string, error) { return "a machine", nil },
		}}},
	})
}

func TestSealing(t *testing.T) {
	data, machine := t.TempDir(), t.TempDir()
	e := onMachine(data, machine)
	plain := []byte("anna@example.test is taken")
	sealed, err := e.seal(t.Context(), "evidence", plain)
	if err != nil || bytes.Contains(sealed, []byte("anna")) {
		t.Fatalf("%v %q", err, sealed)
	}
	again := onMachine(data, machine) // another process
	if got, err := again.unseal(t.Context(), "evidence", sealed); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("%q %v", got, err)
	}
	if got, err := again.unseal(t.Context(), "evidence", plain); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("what an older version wrote: %q %v", got, err)
	}
	if _, err := again.unseal(t.Context(), "watch", sealed); err == nil {
		t.Error("what was sealed for one purpose passes for another")
	}
	for i := range sealed {
		changed := bytes.Clone(sealed)
		changed[i] ^= 1
		if got, err := again.unseal(t.Context(), "evidence", changed); err == nil && bytes.Equal(got, plain) {
			t.Errorf("octet %d was changed and nobody noticed", i)
		}
	}
	if _, err := again.unseal(t.Context(), "evidence", sealed[:len(sealedMark)+3]); err == nil {
		t.Error("a file cut short is believed")
	}
}

// Without its key a sealed file counts as damaged, and what is kept from then on is
// known until the program ends: nothing waits for a key, and nothing lies in the open.
func TestSealingWithoutTheKey(t *testing.T) {
	data := t.TempDir()
	sealed, err := onMachine(data, t.TempDir()).seal(t.Context(), "evidence", []byte("before"))
	if err != nil {
		t.Fatal(err)
	}
	e := onMachine(data, t.TempDir()) // the machine's own half is gone
	if _, err := e.unseal(t.Context(), "evidence", sealed); err == nil {
		t.Error("opened without its key")
	}
	kept, err := e.seal(t.Context(), "evidence", []byte("after"))
	if err != nil || bytes.Contains(kept, []byte("after")) {
		t.Fatalf("%v %q", err, kept)
	}
	if got, err := e.unseal(t.Context(), "evidence", kept); err != nil || string(got) != "after" {
		t.Errorf("%q %v", got, err)
	}
}

// A key that a check made has no recovery code, since nobody was shown one; the first
// mirror makes it, once.
func TestRecoveryCodeIsShownOnce(t *testing.T) {
	data, machine := t.TempDir(), t.TempDir()
	e := onMachine(data, machine)
	if _, err := e.seal(t.Context(), "evidence", nil); err != nil {
		t.Fatal(err)
	}
	if slots, err := e.KeySlots(); err != nil || len(slots) != 1 || slots[0].Kind != keys.Machine {
		t.Fatalf("%v %v", slots, err)
	}
	first, code, err := onMachine(data, machine).withRecovery(t.Context())
	if err != nil || code == "" {
		t.Fatalf("no code: %v", err)
	}
	second, none, err := onMachine(data, machine).withRecovery(t.Context())
	if err != nil || none != "" || !first.Equal(second) {
		t.Errorf("a second code, or another key: %v", err)
	}
	elsewhere := onMachine(data, t.TempDir())
	if _, err := elsewhere.unlocked(t.Context(), true); !errors.Is(err, mailstore.ErrKey) {
		t.Errorf("opened elsewhere: %v", err)
	}
	if slot, err := elsewhere.RecoverKey(t.Context(), code); err != nil || slot.Kind != keys.Machine {
		t.Errorf("%v %v", slot, err)
	}
}

// Many who need the key at once make one.
func TestOneKeyForAll(t *testing.T) {
	data, machine := t.TempDir(), t.TempDir()
	var wg sync.WaitGroup
	got := make([]keys.Key, 8)
	for i := range got {
		wg.Go(func() {
			key, err := onMachine(data, machine).quietly(t.Context())
			if got[i] = key; err != nil && !errors.Is(err, mailstore.ErrBusy) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, k := range got[1:] {
		if !k.Equal(got[0]) {
			t.Fatal("two keys")
		}
	}
}

func TestLedger(t *testing.T) {
	data, machine := t.TempDir(), t.TempDir()
	l := ledger{onMachine(data, machine), 7}
	if got, err := l.Load(t.Context()); err != nil || got != nil {
		t.Errorf("%v %v", got, err)
	}
	want := imaplink.Spent{Hour: time.Date(2026, 11, 22, 1, 0, 0, 0, time.UTC), Bytes: 5e8}
	if err := l.Save(t.Context(), []imaplink.Spent{want}); err != nil {
		t.Fatal(err)
	}
	got, err := ledger{onMachine(data, machine), 7}.Load(t.Context())
	if err != nil || len(got) != 1 || got[0] != want {
		t.Errorf("%v %v", got, err)
	}
	file := filepath.Join(data, "mail", "spent", "7")
	if err := os.WriteFile(file, []byte("lifeboat sealed 1\nx"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := l.Load(t.Context()); err != nil || got != nil { // begun anew
		t.Errorf("a damaged ledger is believed: %v %v", got, err)
	}
}
