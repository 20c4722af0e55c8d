package configs

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/txtar"
	"gopkg.in/yaml.v3"
)

// edited writes text to a file and returns it with an editor.
func edited(t *testing.T, text string) (string, *Editor) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "lifeboat.yaml")
	if err := os.WriteFile(file, []byte(text), 0o640); err != nil {
		t.Fatal(err)
	}
	return file, Edit(file)
}

// setAll carries out lines of the form "set: PATH = VALUE".
func setAll(t *testing.T, e *Editor, lines string) {
	t.Helper()
	for line := range strings.Lines(lines) {
		path, value, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "set: "), " = ")
		if !ok {
			t.Fatalf("bad line %q", line)
		}
		var n yaml.Node
		if err := yaml.Unmarshal([]byte(value), &n); err != nil {
			t.Fatal(err)
		}
		e.Set(path, n.Content[0])
	}
}

func TestEditCases(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/edit/cases.txtar")
	if err != nil {
		t.Fatal(err)
	}
	files := archive.Files
	for i := 0; i+2 < len(files); i += 3 {
		t.Run(files[i].Name, func(t *testing.T) {
			before, want := string(files[i+1].Data), string(files[i+2].Data)
			if files[i].Name == "no-final-newline" {
				before = strings.TrimSuffix(before, "\n")
			}
			for _, eol := range []string{"\n", "\r\n"} {
				turn := func(s string) string { return strings.ReplaceAll(s, "\n", eol) }
				file, e := edited(t, turn(before))
				setAll(t, e, string(files[i].Data))
				if err := e.Save(); err != nil {
					t.Fatal(err)
				}
				got, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if string(got) != turn(want) {
					t.Errorf("with %q got:\n%s\nwant:\n%s", eol, got, turn(want))
				}
				if _, _, err := Load(file, Options{}); err != nil {
					t.Errorf("does not load: %v", err)
				}
			}
		})
	}
}

const small = `# Ours.
organization: Example
domains:
  - name: example.jp
    dns: {host: manual}
providers:
  primary: google
`

func TestEditKeepsModeAndLink(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has neither these modes nor, without a privilege, links")
	}
	file, _ := edited(t, small)
	link := filepath.Join(t.TempDir(), "lifeboat.yaml")
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	if err := Edit(link).Set("language", "ja").Save(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Error("the link is no link any more")
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("the mode became %v", info.Mode())
	}
}

func TestEditKeepsByteOrderMark(t *testing.T) {
	file, e := edited(t, bom+small)
	if err := e.Set("organization", "Other").Save(); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != bom+strings.Replace(small, "Example", "Other", 1) {
		t.Errorf("got %q %v", got, err)
	}
}

// What cannot be cut out cleanly is written anew: comments stay, spacing may not.
func TestEditWritesAnew(t *testing.T) {
	text := "# first\norganization: !!str   Example # ours\n\n\nlanguage:    en # theirs\ndomains: [{name: example.jp, dns: {host: manual}}]\nproviders: {primary: google}\n# last\n"
	file, e := edited(t, text)
	if err := e.Set("organization", "Other").Save(); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, kept := range []string{"# first", "organization: Other", "# theirs", "# last"} {
		if !strings.Contains(string(got), kept) {
			t.Errorf("lost %q:\n%s", kept, got)
		}
	}
	if s, _, err := Load(file, Options{}); err != nil || s.Organization != "Other" {
		t.Errorf("does not load: %v", err)
	}
}

func TestEditRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		edit func(*Editor) *Editor
		want string
	}{
		"no setting":      {small, func(e *Editor) *Editor { return e.Set("organisation", "x") }, "there is no setting organisation"},
		"no path":         {small, func(e *Editor) *Editor { return e.Set("domains[x].name", "x") }, "there is no setting domains[x].name"},
		"index too far":   {small, func(e *Editor) *Editor { return e.Set("domains[2].name", "x") }, "domains[2].name cannot be changed here"},
		"through a value": {"organization: x\ndomains: y\n", func(e *Editor) *Editor { return e.Set("domains[0].name", "x") }, "cannot be changed here"},
		"inside an alias": {"domains: [&d {name: a.jp, dns: {host: manual}}, *d]\n", func(e *Editor) *Editor { return e.Set("domains[1].name", "b.jp") }, "cannot be changed here"},
		"bad value":       {small, func(e *Editor) *Editor { return e.Set("domains[0].mx_ttl", "soon") }, "mx_ttl must be a whole number"},
		"value too large": {small, func(e *Editor) *Editor { return e.Set("domains[0].mx_ttl", 1<<20) }, "mx_ttl must be from 5 to 86400"},
		"password": {small, func(e *Editor) *Editor {
			return e.Set("providers.secondary", map[string]any{"submission": map[string]any{"password": "hunter2"}})
		}, "looks like a password"},
		"malformed":         {"organization: \"x\n", func(e *Editor) *Editor { return e.Set("language", "ja") }, "not valid YAML"},
		"first error stays": {small, func(e *Editor) *Editor { return e.Set("nothing", "x").Set("language", "ja") }, "there is no setting nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			file, e := edited(t, c.text)
			err := c.edit(e).Save()
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if got, _ := os.ReadFile(file); string(got) != c.text {
				t.Errorf("the file was changed:\n%s", got)
			}
		})
	}
	if err := Edit(filepath.Join(t.TempDir(), "none.yaml")).Set("language", "ja").Save(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

// A file with mistakes can be mended bit by bit; only new ones are refused.
func TestEditMendsBadFile(t *testing.T) {
	file, e := edited(t, "language: jp\ndomains: [{name: example, dns: {host: manual}}]\nproviders: {primary: google}\n")
	if err := e.Set("language", "ja").Save(); err != nil {
		t.Fatal(err)
	}
	if err := Edit(file).Set("domains[0].name", "example.jp").Save(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Load(file, Options{}); err != nil {
		t.Error(err)
	}
}

func TestEditChangedMeanwhile(t *testing.T) {
	file, e := edited(t, small)
	theirs := small + "# mine\n"
	if err := os.WriteFile(file, []byte(theirs), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := e.Set("language", "ja").Save(); err == nil || !strings.Contains(err.Error(), "changed by somebody else") {
		t.Errorf("got %v", err)
	}
	if got, _ := os.ReadFile(file); string(got) != theirs {
		t.Error("their change was overwritten")
	}
}

func TestEditValues(t *testing.T) {
	_, e := edited(t, small)
	e.Set("providers.secondary", map[string]any{"mx": []MX{{10, "mx1.example.net"}, {20, "mx2.example.net"}}})
	e.Set("providers.secondary.submission.password", SecretRef("mail"))
	e.Set("organization", "two\nlines: #no")
	want := strings.Replace(small, "Example", `"two\nlines: #no"`, 1) + `  secondary:
    mx:
      - 10 mx1.example.net
      - 20 mx2.example.net
    submission:
      password: secret:mail
`
	if got := e.Text(); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// Whatever the file: a change that is made means what was asked, is made once,
// and a second time changes nothing.
func FuzzEdit(f *testing.F) {
	archive, err := txtar.ParseFile("testdata/edit/cases.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range archive.Files {
		f.Add(string(file.Data), "domains[0].mx_ttl", "60")
	}
	f.Add("a: [b, {c: d}] # e\n", "providers.secondary.mx", "10 mx")
	f.Add("providers: {primary: 'x', } \n", "providers.primary", "y: z")
	f.Fuzz(func(t *testing.T, text, path, value string) {
		if _, problems := parseYAML("f", []byte(text)); len(problems) > 0 || strings.HasPrefix(text, bom) || !utf8.ValidString(value) {
			return
		}
		steps, ok := splitPath(path)
		if !ok {
			return
		}
		fresh, err := nodeOf(value)
		if err != nil {
			return
		}
		once, err := setText(text, steps, fresh)
		if err != nil {
			return
		}
		root, err := parseAny(once)
		if err != nil {
			t.Fatalf("made what is no YAML: %v\n%s", err, once)
		}
		for _, s := range steps {
			at, wrong := find(root, s)
			if wrong || at < 0 {
				t.Fatalf("not there:\n%s", once)
			}
			root = root.Content[at]
		}
		if root.Value != value {
			t.Fatalf("%q became %q", value, root.Value)
		}
		twice, err := setText(once, steps, fresh)
		if err != nil || twice != once {
			t.Fatalf("the second time (%v) changed\n%s\ninto\n%s", err, once, twice)
		}
	})
}
