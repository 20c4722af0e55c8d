package configs

import (
	"bytes"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write what was found into the case files")

// Each archive below testdata/load holds settings (NAME.yaml), the files that
// they name, and what is said about them, problems first, then warnings
// (NAME.want).
func TestLoadCases(t *testing.T) {
	archives, err := filepath.Glob("testdata/load/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range archives {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		for _, f := range archive.Files {
			if err := os.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for i, f := range archive.Files {
			name, isCase := strings.CutSuffix(f.Name, ".yaml")
			if !isCase {
				continue
			}
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar")+"/"+name, func(t *testing.T) {
				got := said(dir, f.Name)
				if *update {
					archive.Files[i+1].Data = []byte(got)
				}
				if archive.Files[i+1].Name != name+".want" {
					t.Fatalf("after %s comes %s, not %s.want", f.Name, archive.Files[i+1].Name, name)
				}
				if want := string(archive.Files[i+1].Data); got != want {
					t.Errorf("got:\n%swant:\n%s", got, want)
				}
			})
		}
		if *update {
			if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// said loads settings and tells all that is said about them.
func said(dir, name string) string {
	_, warnings, err := Load(filepath.Join(dir, name), Options{})
	var out strings.Builder
	for _, p := range ProblemsIn(err) {
		out.WriteString(p.Text() + "\n")
	}
	for _, w := range warnings {
		out.WriteString("warning: " + w.Text() + "\n")
	}
	return strings.ReplaceAll(out.String(), dir+string(filepath.Separator), "")
}

func TestLoadMissingFile(t *testing.T) {
	_, _, err := Load(filepath.Join(t.TempDir(), "lifeboat.yaml"), Options{})
	if !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("got %v, want fs.ErrNotExist", err)
	}
	if got := ProblemsIn(err)[0].Text(); !strings.Contains(got, `Run "lifeboat init"`) {
		t.Errorf("the sentence does not say what to do: %s", got)
	}
}

func TestLoadFolder(t *testing.T) {
	_, _, err := Load(t.TempDir(), Options{})
	if got := ProblemsIn(err); len(got) != 1 || !strings.Contains(got[0].Text(), "cannot be read") {
		t.Errorf("got %v", err)
	}
}

func TestLoadNotText(t *testing.T) {
	for name, data := range map[string]string{
		"Shift_JIS": "language: ja\norganization: \x97\xe1\n",
		"UTF-16":    "\xff\xfel\x00a\x00",
	} {
		file := filepath.Join(t.TempDir(), "lifeboat.yaml")
		if err := os.WriteFile(file, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		_, _, err := Load(file, Options{})
		got := ProblemsIn(err)
		if len(got) != 1 || !strings.Contains(got[0].Text(), "not UTF-8") {
			t.Errorf("%s: got %v", name, err)
			continue
		}
		if want := strings.Count(data, "\n"); got[0].Line != max(want, 1) {
			t.Errorf("%s: line %d, want %d", name, got[0].Line, max(want, 1))
		}
	}
}

func TestLoadWithByteOrderMark(t *testing.T) {
	data, err := os.ReadFile(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "lifeboat.yaml")
	if err := os.WriteFile(file, append([]byte(bom), bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n"))...), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Load(file, Options{}); err != nil {
		t.Error(err)
	}
}

func TestLoadTooLarge(t *testing.T) {
	file := filepath.Join(t.TempDir(), "lifeboat.yaml")
	if err := os.WriteFile(file, bytes.Repeat([]byte("# aaaaaaaaaaaaa\n"), maxFile/16+1), 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err := Load(file, Options{})
	if err == nil || !strings.Contains(err.Error(), "larger than 8 MB") {
		t.Errorf("got %v", err)
	}
}

// Aliases of aliases make a small file enormous; reading must stop.
func TestLoadAliasBomb(t *testing.T) {
	var b strings.Builder
	b.WriteString("domains:\n  - &d\n    name: example.jp\n    primary:\n      mx: &m\n")
	b.WriteString(strings.Repeat("        - 10 mx.example.net\n", 2000))
	b.WriteString(strings.Repeat("  - *d\n", 2000))
	file := filepath.Join(t.TempDir(), "lifeboat.yaml")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err := Load(file, Options{})
	if err == nil || !strings.Contains(err.Error(), "Use fewer aliases") {
		t.Errorf("not stopped: %.200v", err)
	}
}
