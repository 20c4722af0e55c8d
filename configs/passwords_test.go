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

// FuzzPasswords reads tables that nobody has thought of: no sentence repeats a password,
// and each address is there once.
func FuzzPasswords(f *testing.F) {
	f.Add([]byte("address,password\na@example.jp,secret-one\nnobody,secret-two\na@example.jp,secret-three\n"))
	f.Add([]byte("password;address\r\n\"x\"\"secret\";a@example.jp\r\n"))
	f.Add([]byte("\xff\xfea\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file := filepath.Join(t.TempDir(), "p.csv")
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		list, bad, err := ReadPasswords(file)
		seen := map[string]bool{}
		for _, row := range list {
			if seen[row.Address] || row.Password == "" || err != nil {
				t.Errorf("%v, %v", row, err)
			}
			seen[row.Address] = true
		}
		for _, p := range bad {
			_, args := p.Sentence()
			for i := 1; i < len(args); i += 2 { // names and values in turn
				if args[i] != "" && args[i] != "address,password" && !strings.HasPrefix(args[i], file) && !seen[args[i]] {
					t.Errorf("%q is neither a place nor an address that was taken", args[i])
				}
			}
		}
	})
}
