package configs

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/unicode"
)

const japaneseTable = "氏名,address,Kind,secondary_user,aliases\r\n" +
	"山田 花子,hanako@example.jp,account,花子,h@example.jp hanako.y@example.jp\r\n" +
	"営業部 ～,sales@example.jp,group,,\r\n"

func encoded(t testing.TB, how, text string) []byte {
	t.Helper()
	var out string
	var err error
	switch how {
	case "UTF-8":
		out = text
	case "UTF-8 with mark":
		out = bom + text
	case "Shift_JIS":
		out, err = japanese.ShiftJIS.NewEncoder().String(text)
	case "UTF-16LE":
		out, err = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(text)
	case "UTF-16BE":
		out, err = unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder().String(text)
	}
	if err != nil {
		t.Fatal(err)
	}
	return []byte(out)
}

// Whatever the encoding, line ends and separator that an office program chose,
// the same rows are read.
func TestCSVForms(t *testing.T) {
	want := []csvRow{
		{line: 2, address: "hanako@example.jp", kind: "account", secondUser: "花子", aliases: []string{"h@example.jp", "hanako.y@example.jp"}},
		{line: 3, address: "sales@example.jp", kind: "group", aliases: []string{}},
	}
	for _, how := range []string{"UTF-8", "UTF-8 with mark", "Shift_JIS", "UTF-16LE", "UTF-16BE"} {
		for name, form := range map[string]*strings.Replacer{
			"CRLF":       strings.NewReplacer(),
			"LF":         strings.NewReplacer("\r\n", "\n"),
			"CR":         strings.NewReplacer("\r\n", "\r"),
			"semicolons": strings.NewReplacer(",", ";"),
			"tabs":       strings.NewReplacer(",", "\t"),
		} {
			rows, problems, warnings := parseCSV("r.csv", encoded(t, how, form.Replace(japaneseTable)))
			if len(problems)+len(warnings) > 0 {
				t.Errorf("%s, %s: %v %v", how, name, problems, warnings)
			}
			if diff := cmp.Diff(want, rows, cmp.AllowUnexported(csvRow{})); diff != "" {
				t.Errorf("%s, %s (-want +got)\n%s", how, name, diff)
			}
		}
	}
}

func TestCSVUnreadable(t *testing.T) {
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"no encoding":  {[]byte("address\nhanako@example.jp\n\xff\xfe\x80\n"), "r.csv:3: this line is neither UTF-8 nor Shift_JIS."},
		"nothing":      {nil, "r.csv is empty."},
		"blank":        {[]byte("\n \n\r\n"), "r.csv is empty."},
		"too large":    {make([]byte, maxFile+1), "r.csv is larger than 8 MB"},
		"no address":   {[]byte("\n\nname,mail\nx,y\n"), `r.csv:3: there is no column "address".`},
		"open heading": {[]byte("\"address,kind\nx,y\n"), `r.csv:1: there is no column "address".`},
	} {
		rows, problems, _ := parseCSV("r.csv", c.data)
		if len(rows) != 0 || len(problems) != 1 || !strings.HasPrefix(problems[0].Text(), c.want) {
			t.Errorf("%s: got %v %v, want %s", name, rows, problems, c.want)
		}
	}
}

// One wrong quotation mark costs one row, wherever it is.
func TestCSVOneBadRow(t *testing.T) {
	lines := []string{"address,aliases", "a@example.jp,", "b@example.jp,", "c@example.jp,", "d@example.jp,"}
	for bad := 1; bad < len(lines); bad++ {
		for _, mark := range []string{`"x`, `x"y`, `"x"y`, `"`} {
			text := strings.Join(lines[:bad], "\n") + "\n" + lines[bad] + mark + "\n" + strings.Join(lines[bad+1:], "\n")
			rows, problems, warnings := parseCSV("r.csv", []byte(text))
			if len(problems) > 0 || len(warnings) != 1 || warnings[0].Line != bad+1 || len(rows) != len(lines)-2 {
				t.Errorf("%s in line %d: %d rows, %v %v", mark, bad+1, len(rows), problems, warnings)
			}
		}
	}
}

func FuzzCSV(f *testing.F) {
	for _, how := range []string{"UTF-8", "UTF-8 with mark", "Shift_JIS", "UTF-16LE"} {
		f.Add(encoded(f, how, japaneseTable))
	}
	f.Add([]byte("address\n\"a@example.jp\n\"\"\n"))
	f.Add([]byte("address;kind\r\"a@example.jp\";\"x;y\"\r"))
	f.Fuzz(func(t *testing.T, data []byte) {
		rows, problems, warnings := parseCSV("r.csv", data)
		if len(problems) > 0 && len(rows) > 0 {
			t.Error("rows of a file that is refused")
		}
		last := 0
		for _, r := range rows {
			if r.line <= last {
				t.Errorf("line %d after line %d", r.line, last)
			}
			last = r.line
			for _, cell := range append([]string{r.address, r.kind, r.primaryUser, r.secondUser}, r.aliases...) {
				if !utf8.ValidString(cell) || cell != strings.TrimSpace(cell) {
					t.Errorf("line %d: cell %q", r.line, cell)
				}
			}
		}
		for _, p := range append(problems, warnings...) {
			checkSentence(t, p)
		}
	})
}
