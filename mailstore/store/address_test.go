package store

import (
	"net/url"
	"testing"
)

// A drive of Windows once became /C:, which is no folder there.
func TestAddressOfADrive(t *testing.T) {
	query := url.Values{"mode": {"ro"}}
	for path, want := range map[string]string{
		"/home/sato/mail/index.db":           "file:///home/sato/mail/index.db?mode=ro",
		"/home/sato/a mail?/index.db":        "file:///home/sato/a%20mail%3F/index.db?mode=ro",
		"C:/Users/Sato Hanako/mail/index.db": "file:C:/Users/Sato%20Hanako/mail/index.db?mode=ro",
		"C:/Users/佐藤#1/mail/index.db":        "file:C:/Users/%E4%BD%90%E8%97%A4%231/mail/index.db?mode=ro",
	} {
		if got := address(path, query); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}
