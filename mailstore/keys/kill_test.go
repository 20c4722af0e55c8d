package keys

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

// memory is a keychain.
type memory map[string]string

func (m memory) Get(_ context.Context, name string) (string, error) {
	if v, ok := m[name]; ok {
		return v, nil
	}
	return "", errors.New("no such item")
}

func (m memory) Set(_ context.Context, name, value string) error {
	m[name] = value
	return nil
}

func (m memory) Remove(_ context.Context, name string) error {
	delete(m, name)
	return nil
}

func typed(text string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return text, nil }
}

// childVariable tells the test program that it is another program, which can be
// killed: with the path of a file of keys and a recovery code.
const childVariable = "LIFEBOAT_TEST_KEYS"

func TestMain(m *testing.M) {
	if path := os.Getenv(childVariable); path != "" {
		if err := beChild(path, RecoveryOpener{os.Getenv(childVariable + "_CODE")}); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// beChild adds and revokes slots for ever, and tells how many there are.
func beChild(path string, o Opener) error {
	ctx := context.Background()
	for {
		s, err := Open(path)
		if err != nil {
			return err
		}
		key, _, err := s.Unlock(ctx, o)
		if err != nil {
			return err
		}
		if list := s.List(); len(list) > 8 {
			err = s.Revoke(ctx, key, list[len(list)-1].ID, Revocation{})
		} else {
			_, _, err = s.Add(ctx, key, Options{}, RecoveryOpener{}, strconv.Itoa(len(list)))
		}
		if err != nil {
			return err
		}
		fmt.Println(len(s.List()))
	}
}

// A program that is killed while it writes leaves the old file or the new one.
func TestKilledWhileWriting(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "keys.json")
	key, code, err := Create(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for round := range 20 {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), childVariable+"="+path, childVariable+"_CODE="+code)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		n := 0
		for i := 0; lines.Scan(); i++ {
			if n, err = strconv.Atoi(lines.Text()); err != nil {
				t.Fatalf("it says %q", lines.Text())
			}
			if i == round%7 {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		_ = cmd.Wait() // killed
		s, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		got, _, err := s.Unlock(t.Context(), RecoveryOpener{code})
		if err != nil || !got.Equal(key) {
			t.Fatal(err)
		}
		if now := len(s.List()); now < n-1 || now > n+1 {
			t.Errorf("%d slots, and %d were told of", now, n)
		}
	}
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Add(t.Context(), key, Options{}, RecoveryOpener{}, ""); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("%v are left, %v", left, err)
	}
}
