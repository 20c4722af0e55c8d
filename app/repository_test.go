package main_test

import (
	"bytes"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What may stand beside the five rooms: what every project has. bin is what
// make builds, and is not kept.
var topLevel = []string{
	"app", "failover", "mailstore", "configs", "assets",
	"README.md", "README.ja.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE",
	"Makefile", "FyneApp.toml", "go.mod", "go.sum", "bin",
}

// longest is the length, in lines, that no source file reaches. One that does
// has a second subject in it, which deserves a file of its own.
const longest = 400

func TestNothingElseAtTheTop(t *testing.T) {
	entries, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && !slices.Contains(topLevel, e.Name()) {
			t.Errorf("%s stands at the top level; it belongs in app, failover, mailstore, configs or assets, or, if a script, in a dot folder", e.Name())
		}
	}
}

func TestSourceFilesAreShort(t *testing.T) {
	files, err := sources("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join("..", file))
		if err != nil {
			t.Fatal(err)
		}
		if lines := bytes.Count(text, []byte("\n")); lines >= longest && !strings.HasSuffix(file, "_test.go") {
			t.Errorf("%s has %d lines; give one of its subjects a file of its own (fewer than %d lines)", file, lines, longest)
		}
	}
}

// make test leaves out whatever has "Long" in its name, and make test-long runs what
// looks at LIFEBOAT_LONG: a test with the one and without the other would never run.
func TestOnlyCampaignsHaveThatName(t *testing.T) {
	files, err := sources("..")
	if err != nil {
		t.Fatal(err)
	}
	name := regexp.MustCompile(`(?m)^func (Test\w*Long\w*)\(`)
	for _, file := range files {
		if !strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(filepath.Join("..", file))
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range name.FindAllSubmatchIndex(text, -1) {
			body, _, _ := bytes.Cut(text[at[0]:], []byte("\n}\n"))
			if !bytes.Contains(body, []byte(`os.Getenv("LIFEBOAT_LONG") == ""`)) && !bytes.Contains(body, []byte("\n\tlong(t)\n")) {
				t.Errorf("%s: %s has Long in its name and is no campaign, so that nothing ever runs it", file, text[at[2]:at[3]])
			}
		}
	}
}

func TestScriptsAreInDotFolders(t *testing.T) {
	err := filepath.WalkDir("..", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && name != ".." && strings.HasPrefix(d.Name(), ".") {
			return fs.SkipDir
		}
		switch filepath.Ext(name) {
		case ".sh", ".bash", ".py", ".pl", ".ps1", ".bat", ".cmd":
			t.Errorf("%s: scripts live only in dot folders, such as .ci", name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The map of the house in CONTRIBUTING.md, a table whose rows begin with a
// package's name, against the packages that there are. A name ending in
// "/..." stands for every package below it.
func TestMapOfTheHouseIsTrue(t *testing.T) {
	text, err := os.ReadFile("../CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, found := bytes.Cut(text, []byte("## The map of the house"))
	if !found {
		t.Fatal(`CONTRIBUTING.md has no section "The map of the house"`)
	}
	text, _, _ = bytes.Cut(text, []byte("\n## "))
	var told []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllSubmatch(text, -1) {
		told = append(told, string(row[1]))
	}
	files, err := sources("..")
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	for _, file := range files {
		there[path.Dir(file)] = true
	}
	for pkg := range there {
		if !fits(told, pkg) {
			t.Errorf("package %s has no row in the map of the house in CONTRIBUTING.md", pkg)
		}
	}
	for _, name := range told {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(there)), func(pkg string) bool { return covers(pkg)(name) }) {
			t.Errorf("the map of the house in CONTRIBUTING.md has a row for %s, which does not exist", name)
		}
	}
}
