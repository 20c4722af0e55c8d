package configs

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReadPasswords(t *testing.T) {
	file := filepath.Join(t.TempDir(), "p.csv")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("Name;Address;Password\nHanako;Hanako@example.jp;\"a;b \"\"c\"\"\"\nTaro;taro@example.jp; hunter2 \n" +
		"Jiro;jiro at example.jp;hunter3\nSaburo;saburo@example.jp;\nTaro;TARO@example.jp;hunter4\nnothing\n")
	list, bad, err := ReadPasswords(file)
	if err != nil || len(list) != 2 {
		t.Fatal(err, list)
	}
	if list[0].Address != "hanako@example.jp" || list[0].Password != `a;b "c"` || list[1].Password != " hunter2 " {
		t.Errorf("got %q and %q", list[0].Password, list[1].Password)
	}
	var lines []int
	for _, p := range bad {
		lines = append(lines, p.Line)
		if strings.Contains(p.Error(), "hunter") {
			t.Error("a password is repeated")
		}
	}
	if fmt.Sprint(lines) != "[4 5 6 7]" || strings.Contains(fmt.Sprintf("%v %#v %+v", list, list, list), "hunter") {
		t.Errorf("bad rows %v, or a password is printed", lines)
	}
	for _, text := range []string{"", "hanako@example.jp,hunter2\n", "address,mail\na@example.jp,b\n", "\xff\xfe\xff"} {
		write(text)
		if _, _, err := ReadPasswords(file); err == nil || strings.Contains(err.Error(), "hunter") {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, _, err := ReadPasswords(filepath.Join(t.TempDir(), "none.csv")); err == nil {
		t.Error("a file that is not there is read")
	}
}
