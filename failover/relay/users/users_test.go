package users_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/relay/users"
)

var key = [32]byte{1, 2, 3}

func open(t testing.TB, path string) *users.Book {
	t.Helper()
	b, err := users.Open(path, key, users.Options{Now: func() time.Time { return time.Date(2026, 1, 22, 9, 0, 0, 0, time.UTC) }})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func add(t testing.TB, b *users.Book, n users.New) string {
	t.Helper()
	p, err := b.Add(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPasswordIsAsStrongAsItIsSaid(t *testing.T) {
	t.Parallel()
	b := open(t, filepath.Join(t.TempDir(), "users"))
	seen := map[string]bool{}
	counts := map[rune]int{}
	for i := range 40 {
		p := add(t, b, users.New{Address: "tanaka@example.test", Label: fmt.Sprint("device ", i)})
		if len(p) != 29 || strings.Count(p, "-") != 4 {
			t.Fatalf("the password has another form than five groups of five: %d characters", len(p))
		}
		if seen[p] {
			t.Fatal("the same password twice")
		}
		seen[p] = true
		for _, c := range strings.ReplaceAll(p, "-", "") {
			counts[c]++
		}
	}
	if len(counts) != 32 { // 1,000 characters: that one of 32 is missing has a chance of 1 in 10^12
		t.Errorf("passwords use %d characters, want 32", len(counts))
	}
}

func TestCheckTakesWhatAPersonTypes(t *testing.T) {
	t.Parallel()
	b := open(t, filepath.Join(t.TempDir(), "users"))
	p := add(t, b, users.New{Address: "Tanaka@Example.test", Label: "Canon 2F"})
	other := add(t, b, users.New{Address: "suzuki@example.test"})
	bare := strings.ReplaceAll(p, "-", "")
	misread := strings.NewReplacer("0", "O", "1", "l").Replace(bare)
	for _, typed := range []string{p, bare, strings.ToUpper(p), strings.ReplaceAll(p, "-", " "), misread} {
		if u, ok := b.Check(t.Context(), "tanaka@example.TEST", typed); !ok || u.Address != "Tanaka@Example.test" {
			t.Errorf("a way of typing the right password is refused (%d characters)", len(typed))
		}
	}
	wrong := []string{"", "-", p[:28], p + "0", other, strings.Repeat("0", 25), strings.Repeat("a", 1<<16), "ü" + p[1:], "\x00"}
	for _, typed := range wrong {
		if _, ok := b.Check(t.Context(), "tanaka@example.test", typed); ok {
			t.Errorf("a wrong password of %d characters is taken", len(typed))
		}
	}
	for _, address := range []string{"", "nobody@example.test", "tanaka", "@example.test"} {
		if _, ok := b.Check(t.Context(), address, p); ok {
			t.Errorf("the password is taken for %q", address)
		}
	}
}

func TestRevokeTakesOnePasswordOrAll(t *testing.T) {
	t.Parallel()
	b := open(t, filepath.Join(t.TempDir(), "users"))
	printer := add(t, b, users.New{Address: "tanaka@example.test", Label: "Canon 2F"})
	laptop := add(t, b, users.New{Address: "tanaka@example.test", Label: "Laptop"})
	phone := add(t, b, users.New{Address: "TANAKA@example.test", Label: "Phone"})
	list := b.List()
	if len(list) != 1 || len(list[0].Passwords) != 3 {
		t.Fatalf("want one user with three passwords, got %+v", list)
	}
	right := func(p string) bool { _, ok := b.Check(t.Context(), "tanaka@example.test", p); return ok }
	if err := b.Revoke(t.Context(), "tanaka@example.test", "canon 2f"); err != nil {
		t.Fatal(err)
	}
	if right(printer) || !right(laptop) || !right(phone) {
		t.Error("revoking the printer's password did not take that one alone")
	}
	if err := b.Revoke(t.Context(), "tanaka@example.test", list[0].Passwords[1].ID); err != nil {
		t.Fatal(err)
	}
	if right(laptop) || !right(phone) {
		t.Error("revoking by ID did not take that one alone")
	}
	err := b.Revoke(t.Context(), "tanaka@example.test", "Fax")
	if !errors.Is(err, failover.ErrInvalid) || !strings.Contains(err.Error(), "Phone") {
		t.Errorf("revoking what is not there: %v; want a sentence that names what is", err)
	}
	if err := b.Revoke(t.Context(), "tanaka@example.test", ""); err != nil {
		t.Fatal(err)
	}
	if right(phone) || len(b.List()) != 0 {
		t.Error("the user is still there")
	}
	if err := b.Revoke(t.Context(), "tanaka@example.test", ""); !errors.Is(err, failover.ErrInvalid) {
		t.Errorf("revoking a user who is not there: %v", err)
	}
}

func TestMaySendAs(t *testing.T) {
	t.Parallel()
	u := users.User{Address: "tanaka@example.test", SendAs: []string{"info@example.test", "@sales.example.test", "@例え.test"}}
	for address, want := range map[string]bool{
		"tanaka@example.test": true, "Tanaka@EXAMPLE.test": true, "info@example.test": true,
		"anyone@sales.example.test": true, "x@例え.test": true, "x@xn--r8jz45g.test": true,
		"suzuki@example.test": false, "x@example.test": false, "x@evil-sales.example.test": false,
		"x@sub.sales.example.test": false, "": false, "@": false, "tanaka": false, "tanaka@": false,
		"info@example.test.": false, "tanaka@example.test@evil.test": false, "@sales.example.test": false,
	} {
		if got := u.MaySendAs(address); got != want {
			t.Errorf("MaySendAs(%q) = %v, want %v", address, got, want)
		}
	}
}

// TestSeveralProcesses opens the file many times over, as several processes do: the lock
// belongs to the open file, not to the process (flock(2)).
func TestSeveralProcesses(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "relay", "users")
	reader := open(t, path)
	const books, each = 4, 8
	var wg sync.WaitGroup
	passwords := make([][]string, books)
	for n := range books {
		b := open(t, path)
		wg.Go(func() {
			for i := range each {
				p, err := b.Add(context.WithoutCancel(t.Context()), users.New{Address: fmt.Sprintf("user%d@example.test", i), Label: fmt.Sprint("device ", n)})
				if err != nil {
					t.Error(err)
					return
				}
				passwords[n] = append(passwords[n], p)
			}
		})
	}
	wg.Wait()
	for n := range books {
		for i, p := range passwords[n] {
			if _, ok := reader.Check(t.Context(), fmt.Sprintf("user%d@example.test", i), p); !ok {
				t.Errorf("password %d of writer %d was lost, or is not seen by a reader", i, n)
			}
		}
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 2 {
		t.Errorf("beside the file and its lock there is something left: %v %v", entries, err)
	}
}

func TestFileTellsNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "users")
	b := open(t, path)
	p := add(t, b, users.New{Address: "tanaka@example.test", SendAs: []string{"info@example.test"}, Label: "Canon 2F"})
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"tanaka", "info", "Canon", p, strings.ReplaceAll(p, "-", "")} {
		if bytes.Contains(raw, []byte(secret)) {
			t.Errorf("the file contains one of the things that it must not (%d characters)", len(secret))
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("others may read the file: %v %v", info.Mode(), err)
	}
}

func TestDamagedFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "users")
	var log bytes.Buffer
	b, err := users.Open(path, key, users.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	p := add(t, b, users.New{Address: "tanaka@example.test"})
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for at := range raw {
		bad := bytes.Clone(raw)
		bad[at] ^= 0x10
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := users.Open(path, key, users.Options{}); !errors.Is(err, failover.ErrDamaged) {
			t.Fatalf("a bit flipped at %d: %v, want ErrDamaged", at, err)
		}
	}
	if _, ok := b.Check(t.Context(), "tanaka@example.test", p); !ok {
		t.Error("a file that was damaged while the relay runs locks its users out")
	}
	if !strings.Contains(log.String(), "damaged") {
		t.Error("the log does not say that the file is damaged")
	}
	if _, err := b.Add(t.Context(), users.New{Address: "suzuki@example.test"}); !errors.Is(err, failover.ErrDamaged) {
		t.Errorf("adding to a damaged file: %v, want ErrDamaged", err)
	}
	if _, err := users.Open(path, [32]byte{9}, users.Options{}); !errors.Is(err, failover.ErrDamaged) {
		t.Errorf("another key: %v, want ErrDamaged", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if len(b.List()) != 0 {
		t.Error("a file that was taken away still has users")
	}
}

func TestUnwritableFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := users.Open(filepath.Join(dir, "users"), key, users.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "users.lock"), 0o700); err != nil {
		t.Fatal(err)
	}
	if p, err := b.Add(t.Context(), users.New{Address: "tanaka@example.test"}); !errors.Is(err, failover.ErrDisk) || p != "" {
		t.Errorf("a lock file that cannot be made: %v, want ErrDisk and no password", err)
	}
	if len(b.List()) != 0 {
		t.Error("a user who could not be written down is there")
	}
}

func TestAddRefusesNonsense(t *testing.T) {
	t.Parallel()
	b := open(t, filepath.Join(t.TempDir(), "users"))
	for _, n := range []users.New{
		{}, {Address: "tanaka"}, {Address: "@example.test"}, {Address: "tanaka@"}, {Address: "a b@example.test"},
		{Address: "a@b..c"}, {Address: "a\x00@example.test"}, {Address: "<a@example.test>"},
		{Address: "a@example.test", SendAs: []string{"example.test"}},
		{Address: "a@example.test", SendAs: []string{"*@example.test", ""}},
		{Address: "a@example.test", Label: strings.Repeat("x", 61)}, {Address: "a@example.test", Label: "a\nb"},
	} {
		if p, err := b.Add(t.Context(), n); !errors.Is(err, failover.ErrInvalid) || p != "" {
			t.Errorf("Add(%+v): %v, want ErrInvalid and no password", n, err)
		}
	}
	if len(b.List()) != 0 {
		t.Errorf("somebody was added: %+v", b.List())
	}
}

func TestSendAsGrows(t *testing.T) {
	t.Parallel()
	b := open(t, filepath.Join(t.TempDir(), "users"))
	add(t, b, users.New{Address: "tanaka@example.test", SendAs: []string{"info@example.test"}})
	add(t, b, users.New{Address: "tanaka@example.test", SendAs: []string{"INFO@example.test", "@sales.example.test"}})
	u, ok := b.Get("TANAKA@example.test")
	if !ok || len(u.SendAs) != 2 || !u.MaySendAs("x@sales.example.test") {
		t.Errorf("got %+v", u)
	}
}

func FuzzCheck(f *testing.F) {
	b := open(f, filepath.Join(f.TempDir(), "users"))
	p := add(f, b, users.New{Address: "tanaka@example.test"})
	f.Add("tanaka@example.test", "00000-00000-00000-00000-00000")
	f.Add("", "")
	f.Add("@", "-")
	canonical := func(s string) string {
		return strings.NewReplacer("-", "", " ", "", "o", "0", "i", "1", "l", "1").Replace(strings.ToLower(s))
	}
	f.Fuzz(func(t *testing.T, address, password string) {
		_, ok := b.Check(t.Context(), address, password)
		if ok && canonical(password) != canonical(p) {
			t.Error("a wrong password is taken")
		}
		users.User{Address: address}.MaySendAs(address)
	})
}

func FuzzOpen(f *testing.F) {
	path := filepath.Join(f.TempDir(), "users")
	add(f, open(f, path), users.New{Address: "tanaka@example.test"})
	raw, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte{})
	f.Add([]byte("lifeboat users 1\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		file := filepath.Join(t.TempDir(), "users")
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		book, err := users.Open(file, key, users.Options{})
		if err != nil {
			if !errors.Is(err, failover.ErrDamaged) {
				t.Errorf("%v, want ErrDamaged", err)
			}
			return
		}
		if list := book.List(); len(list) != 1 || list[0].Address != "tanaka@example.test" {
			t.Errorf("something else than what was written is believed: %+v", list)
		}
	})
}
