package desktop_test

import (
	"strings"
	"testing"

	"lifeboat/app/desktop"
)

// Whoever connects may say anything; a page is only ever a short word.
func FuzzParseRequest(f *testing.F) {
	for _, seed := range []string{"show\n", "show mail\n", "show", "show \n", "SHOW\n", "show a b\n", "show ../x\n", "\n", "show " + strings.Repeat("a", 90) + "\n", "show \x00\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		page, ok := desktop.ParseRequest(line)
		if !ok {
			return
		}
		if strings.Trim(page, "abcdefghijklmnopqrstuvwxyz") != "" || len(page) > 20 {
			t.Errorf("%q was taken for the page %q", line, page)
		}
		if want := strings.TrimRight("show "+page, " ") + "\n"; line != want {
			t.Errorf("%q was understood as %q", line, want)
		}
	})
}
