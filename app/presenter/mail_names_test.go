package presenter_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"lifeboat/app/i18n"
	"lifeboat/app/presenter"
)

// Whatever a sender calls an attachment, its file lies in the folder that was meant, has a
// name that every system takes, and keeps its ending.
func TestFileNamesOfAttachments(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"見積書 7月.pdf": "見積書 7月.pdf", "../../.ssh/authorized_keys": "_._.._.ssh_authorized_keys", `C:\Windows\a.dll`: "C__Windows_a.dll",
		"/etc/passwd": "_etc_passwd", "CON": "_CON", "nul.txt": "_nul.txt", "com1.pdf": "_com1.pdf", "LPT¹": "_LPT¹", "a.pdf. . ": "a.pdf",
		"": "_", "...": "_", ".bashrc": "_bashrc", "-rf.txt": "_rf.txt", "a\nb.txt": "a b.txt", "x:Zone.Identifier": "x_Zone.Identifier",
		strings.Repeat("長", 100) + ".xlsx": strings.Repeat("長", 38) + ".xlsx",
	} {
		if got := presenter.FileName(name); got != want {
			t.Errorf("%q is saved as %q, not %q", name, got, want)
		}
	}
	if got := presenter.FileName("a." + strings.Repeat("x", 400)); len(got) > 120 || !utf8.ValidString(got) {
		t.Errorf("a name without end is saved as %q", got)
	}
}

// Files that run are told by their names, however those are dressed up.
func TestFilesThatRunAreTold(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"見積書.pdf": false, "a.xlsx": false, "photo.jpg": false, "README": false, "a.exe.txt": false, "letter.docx": false,
		"a.exe": true, "A.EXE": true, "請求書.pdf.js": true, "x.lnk": true, "a.desktop": true, "a.exe. ": true, "a.scr": true, "a.xlsm": true,
		"invoice\u202efdp.exe": true, "a.exe\u200b": true, "a.e\u00adxe": true, "a.ex\x01e": true, "a.exe \u2060. ": true, "work.rdp": true,
	} {
		if got := presenter.Runs(name); got != want {
			t.Errorf("%q runs: %v", name, got)
		}
	}
}

// A link that the desktop would refuse is not offered to be opened, and one is told by
// where it really leads.
func TestLinksOfMailTellWhereTheyLead(t *testing.T) {
	t.Parallel()
	mail := presenter.NewMail(tongue(t, i18n.English), presenter.MailOptions{})
	for address, host := range map[string]string{
		"https://example.jp/a": "example.jp", "http://example.jp/a": "", "https://bank.example@evil.test/": "evil.test", "https://": "", "ftp://a.test/": "",
	} {
		if w := mail.Link(address); w.Host != host || w.Title == "" || w.Address != address {
			t.Errorf("%s: %+v", address, w)
		}
	}
}
