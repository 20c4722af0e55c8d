package keys

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lifeboat/mailstore"
)

// All that a person may do to a code in typing it is forgiven, and what is wrong is
// told as a mistake.
func TestRecoveryCode(t *testing.T) {
	c, err := newCode()
	if err != nil {
		t.Fatal(err)
	}
	text := c.String()
	if groups := strings.Split(text, "-"); len(groups) != 6 || len(groups[0]) != 5 {
		t.Fatalf("%d groups", len(groups))
	}
	wide := strings.Map(func(r rune) rune { return r + '！' - '!' }, text)
	for _, typed := range []string{
		text, strings.ToLower(text), strings.ReplaceAll(text, "-", ""), strings.ReplaceAll(text, "-", " "), " " + strings.ReplaceAll(text, "-", "\n") + "\t",
		strings.ReplaceAll(text, "-", "ー"), strings.ReplaceAll(text, "-", "–"), wide, strings.ToLower(wide), strings.ReplaceAll(text, "-", "　"),
		strings.NewReplacer("0", "O", "1", "I").Replace(text), strings.NewReplacer("0", "o", "1", "l").Replace(text),
	} {
		if got, err := parseCode(typed); err != nil || got != c {
			t.Errorf("not understood: %v", err)
		}
	}
	for text, want := range map[string]string{"": "0", text + "A": "31", text[1:]: "29", "%" + text[1:]: "“%”", "U" + text[1:]: "“U”", "é" + text[1:]: "“é”"} {
		_, err := parseCode(text)
		if !errors.Is(err, mailstore.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %s", err, want)
		}
	}
}

// Every wrong letter is noticed and its group told; two that changed places, and any
// two wrong ones, are noticed.
func TestTypingMistakes(t *testing.T) {
	c, err := newCode()
	if err != nil {
		t.Fatal(err)
	}
	mistake := func(c recoveryCode) *mailstore.Error {
		t.Helper()
		_, err := parseCode(c.String())
		var e *mailstore.Error
		if !errors.As(err, &e) || !errors.Is(err, mailstore.ErrInvalid) || !strings.Contains(err.Error(), "mistake") {
			t.Fatalf("got %v", err)
		}
		return e
	}
	for i := range codeLen {
		for add := byte(1); add < 32; add++ {
			bad := c
			bad[i] ^= add
			if group := mistake(bad).Say.Parts["group"]; group != string(rune('1'+i/groupLen)) {
				t.Fatalf("a mistake at %d is said to be in group %q", i, group)
			}
			for j := range i {
				worse := bad
				worse[j] ^= 1 + (add*7)%31
				mistake(worse)
			}
		}
		if i > 0 && c[i] != c[i-1] {
			bad := c
			bad[i], bad[i-1] = bad[i-1], bad[i]
			mistake(bad)
		}
	}
}

func TestPlatformUUID(t *testing.T) {
	const out = `+-o J314sAP  <class IOPlatformExpertDevice, id 0x100000227, registered, matched, active, busy 0 (0 ms), retain 38>
    {
      "IOPlatformSerialNumber" = "XYZ"
      "IOPlatformUUID" = "8F6E2B1C-0000-4A4A-9B9B-123456789ABC"
    }
`
	if id, err := platformUUID(out); err != nil || id != "8F6E2B1C-0000-4A4A-9B9B-123456789ABC" {
		t.Errorf("%q, %v", id, err)
	}
	if _, err := platformUUID("nothing"); err == nil {
		t.Error("found in nothing")
	}
}

// A store's file with a slot of each kind.
func aFile(t testing.TB) (path string, key Key, openers []Opener) {
	t.Helper()
	dir := t.TempDir()
	path = filepath.Join(dir, "keys.json")
	c := memory{}
	ask := PassphraseOpener{Ask: typed("correct horse"), Cost: Cost{1, 8, 1}}
	here := MachineOpener{Dir: filepath.Join(dir, "own"), ID: typed("m1")}
	key, code, err := Create(t.Context(), path, Options{}, KeychainOpener{c}, ask, here)
	if err != nil {
		t.Fatal(err)
	}
	return path, key, []Opener{KeychainOpener{c}, ask, here, RecoveryOpener{code}}
}

// Whatever bit flips, it is noticed before anybody is told that a key is wrong.
func TestEveryFlippedBitIsNoticed(t *testing.T) {
	path, _, _ := aFile(t)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for at := range good {
		for bit := range 8 {
			bad := bytes.Clone(good)
			bad[at] ^= 1 << bit
			if _, err := decode(bad); err == nil {
				t.Fatalf("bit %d of byte %d: %q becomes %q", bit, at, good[at], bad[at])
			}
		}
	}
	for n := range good {
		if _, err := decode(good[:n]); err == nil {
			t.Fatalf("cut to %d bytes", n)
		}
	}
	good[len(good)/2] ^= 1
	if err := os.WriteFile(path, good, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = Open(path)
	var e *mailstore.Error
	if !errors.Is(err, mailstore.ErrDamaged) || !errors.As(err, &e) || !strings.Contains(e.Say.String(), path) || !strings.Contains(e.Say.String(), "backup") {
		t.Errorf("got %v", err)
	}
}

// Who edits the file, checksum and all, and has no key is noticed by whoever has one.
func TestEditedWithoutTheKey(t *testing.T) {
	path, key, openers := aFile(t)
	edit := func(change func(*content)) {
		t.Helper()
		c, _, err := read(path)
		if err != nil {
			t.Fatal(err)
		}
		change(&c)
		c.Sum = ""
		b, err := c.bytes()
		if err != nil {
			t.Fatal(err)
		}
		c.Sum = hash(b)
		if b, err = c.bytes(); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	try := func(want error) {
		t.Helper()
		s, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range openers {
			got, _, err := s.Unlock(t.Context(), o)
			if !errors.Is(err, want) || want != nil && !got.IsZero() {
				t.Errorf("%s: %v", o.Kind(), err)
			}
		}
		if _, _, err := s.Add(t.Context(), key, Options{}, RecoveryOpener{}, ""); want != nil && err == nil {
			t.Error("the edited file is taken over")
		}
	}
	try(nil)
	edit(func(c *content) { c.Slots = append(c.Slots[1:], c.Slots[0]) })
	try(mailstore.ErrDamaged)
	edit(func(c *content) {
		last := len(c.Slots) - 1
		c.Slots = append([]record{c.Slots[last]}, c.Slots[:last]...)
	})
	try(nil)
	edit(func(c *content) {
		for i := range c.Slots {
			c.Slots[i].Label = "trust me"
		}
	})
	try(mailstore.ErrKey) // a slot with another label is no slot
}

func TestNewerVersion(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.json")
	if err := os.WriteFile(path, []byte(`{"version": 2, "slots": "of another kind"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(path)
	var e *mailstore.Error
	if !errors.Is(err, mailstore.ErrUnsupported) || !errors.As(err, &e) || !strings.Contains(e.Say.String(), "newer version") {
		t.Errorf("got %v", err)
	}
}

// A forged file must not have us stretch a passphrase for hours or take all memory.
func TestAbsurdCost(t *testing.T) {
	for _, c := range []Cost{
		{}, {1, 8, 0}, {0, 8, 1}, {1, 7, 1}, {1, 8, 2}, {65, 8, 1}, {1, 1<<20 + 1, 1}, {5, 1 << 20, 1}, {1, 1 << 10, 17}, {1 << 31, 1 << 31, 255},
	} {
		if c.sane() {
			t.Errorf("%+v", c)
		}
		r := record{Slot: Slot{ID: "00000000", Kind: Passphrase}, Salt: make([]byte, saltLen), Sealed: make([]byte, sealedLen), Cost: &c}
		data, err := content{Version: fileVersion, Slots: []record{r}}.encode(newKey(make([]byte, Size)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := decode(data); err == nil {
			t.Errorf("%+v is taken", c)
		}
	}
	if !usualCost.sane() {
		t.Error("what is usual is not")
	}
}

func FuzzFile(f *testing.F) {
	path, _, openers := aFile(f)
	good, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	for _, s := range []string{"", "{}", "null", `{"version":1}`, `{"version":2}`, `{"version":1,"slots":[{}],"mac":"","sum":""}`, "[]"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := decode(data)
		if err != nil {
			return
		}
		if again, err := c.bytes(); err != nil || !bytes.Equal(again, data) {
			t.Fatal("the file has two forms")
		}
		s := &Slots{path: path, content: c, data: data}
		for _, o := range openers {
			_, _, _ = s.Unlock(t.Context(), o) // whatever comes of it
		}
	})
}

func FuzzRecoveryCode(f *testing.F) {
	c, err := newCode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(c.String())
	f.Add("")
	f.Add("ABCDE-！Ａ")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parseCode(text)
		if err != nil {
			return
		}
		if again, err := parseCode(c.String()); err != nil || again != c {
			t.Fatalf("%v", err)
		}
	})
}
