package screen_test

import (
	"flag"
	"fmt"
	"image/color"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"

	"lifeboat/app/look"
	"lifeboat/app/widgets/outline"
)

var update = flag.Bool("update", false, "write the outlines in testdata/golden anew")

// holdWhole expects that no text is cut off or lies upon another one, at scale 1 and 2.
func holdWhole(t *testing.T, w fyne.Window) {
	t.Helper()
	for _, fault := range outline.Faults(outline.Of(w.Canvas()), mayShorten) {
		t.Errorf("at %v: %s", w.Canvas().Size(), fault)
	}
}

// mayShorten: in a list a long text is shortened, since all of it can be read by opening
// the row.
func mayShorten(i outline.Item) bool {
	for _, in := range i.In {
		if in == "RowList" || in == "FolderList" {
			return true
		}
	}
	return false
}

// holdGolden holds what is seen against testdata/golden: every text with its place, size
// and colour, which is a name of the theme. Light and dark share a file, as they share
// everything but what the names stand for. Look at the pictures (LIFEBOAT_PICTURES)
// before you write new ones (-update).
func holdGolden(t *testing.T, w fyne.Window, size string) {
	t.Helper()
	if scaled, ok := w.Canvas().(test.WindowlessCanvas); ok {
		scaled.SetScale(2)
		double := drawn(w)
		scaled.SetScale(1)
		if once := drawn(w); once != double {
			t.Errorf("at scale 2 things stand elsewhere:\n%s\nthan at scale 1:\n%s", double, once)
		}
	}
	name, brightness := theTest(t)
	file := filepath.Join("testdata", "golden", name+size+".txt")
	got := drawn(w)
	if *update && brightness == "dark" { // where no two names share a colour
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	b, err := os.ReadFile(file)
	if *update && err != nil {
		return // the other half of the pair writes it
	}
	if err != nil {
		t.Fatalf("no outline is kept: run go test ./app/screen -update, and look at it: %v", err)
	}
	want := string(b)
	if brightness == "light" {
		got, want = uncoloured(got), uncoloured(want)
	}
	if got != want && !*update {
		t.Errorf("%s: seen is now (go test ./app/screen -update keeps it):\n%s", file, changes(want, got))
	}
}

// theTest is the test's name without brightness, and the brightness.
func theTest(t *testing.T) (name, brightness string) {
	t.Helper()
	name = strings.ReplaceAll(t.Name(), "/", "-")
	for _, b := range []string{"light", "dark"} {
		if strings.Contains(name, "-"+b) {
			return strings.Replace(name, "-"+b, "", 1), b
		}
	}
	return name, ""
}

// drawn is what is seen, a line a text.
func drawn(w fyne.Window) string {
	var b strings.Builder
	for _, i := range outline.Of(w.Canvas()) {
		if i.Kind == outline.Text {
			fmt.Fprintln(&b, i.String(inkNames(theme.Current())))
		}
	}
	return b.String()
}

var inked = regexp.MustCompile(`(?m)^( *-?\d+ +-?\d+ +\d+) [^ ]+ +`)

func uncoloured(s string) string { return inked.ReplaceAllString(s, "$1 ") }

// inkNames gives the names of colours of text.
func inkNames(t fyne.Theme) func(color.Color) string {
	variant := fyne.CurrentApp().Settings().ThemeVariant()
	return func(c color.Color) string {
		for _, n := range []struct {
			name  string
			color fyne.ThemeColorName
		}{
			{"ink", theme.ColorNameForeground}, {"ink2", theme.ColorNamePlaceHolder}, {"onaccent", theme.ColorNameForegroundOnPrimary},
			{"accent", theme.ColorNameHyperlink}, {"ok", theme.ColorNameSuccess}, {"warn", theme.ColorNameWarning},
			{"fail", theme.ColorNameError}, {"unknown", look.ColorUnknown},
		} {
			if same(t.Color(n.color, variant), c) {
				return n.name
			}
		}
		return fmt.Sprint(c)
	}
}

func same(a, b color.Color) bool {
	ar, ag, ab, aa := a.RGBA()
	br, bg, bb, ba := b.RGBA()
	return ar == br && ag == bg && ab == bb && aa == ba
}

// changes are the lines that differ.
func changes(want, got string) string {
	in := func(text string) map[string]int {
		m := map[string]int{}
		for l := range strings.Lines(text) {
			m[l]++
		}
		return m
	}
	was, is := in(want), in(got)
	var b strings.Builder
	for l := range strings.Lines(want) {
		if is[l] == 0 {
			b.WriteString("- " + l)
		}
	}
	for l := range strings.Lines(got) {
		if was[l] == 0 {
			b.WriteString("+ " + l)
		}
	}
	return b.String()
}
