package desktop_test

import (
	"testing"

	"lifeboat/app/desktop"
)

// Files that run are told by their names, however those are dressed up.
func TestRuns(t *testing.T) {
	for name, want := range map[string]bool{
		"見積書.pdf": false, "a.xlsx": false, "photo.jpg": false, "README": false, "a.exe.txt": false,
		"a.exe": true, "A.EXE": true, "請求書.pdf.js": true, "x.lnk": true, "a.desktop": true, "a.exe. ": true, "a.scr": true,
	} {
		if got := desktop.Runs(name); got != want {
			t.Errorf("%q runs: %v", name, got)
		}
	}
}
