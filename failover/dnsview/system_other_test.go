//go:build !windows

package dnsview

import (
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestResolversOfTheSystem(t *testing.T) {
	path := filepath.Join(t.TempDir(), "resolv.conf")
	for text, want := range map[string][]string{
		"search example.test\nnameserver 192.0.2.1\nnameserver 2001:db8::1\noptions timeout:1\n": {"192.0.2.1:53", "[2001:db8::1]:53"},
		"nameserver fe80::1%eth0\n": {"[fe80::1%eth0]:53"},
		"# none\n":                  {"127.0.0.1:53"},
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := resolversOf(path); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
	if got := resolversOf(path + ".gone"); !slices.Equal(got, []string{"127.0.0.1:53"}) {
		t.Errorf("without the file: %v", got)
	}
	for _, r := range systemResolvers() {
		if _, err := netip.ParseAddrPort(r); err != nil {
			t.Errorf("this machine's resolver %q: %v", r, err)
		}
	}
}
