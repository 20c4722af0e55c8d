package cli_test

import (
	"testing"

	"lifeboat/app/cli"
)

func TestFit(t *testing.T) {
	for _, c := range []struct {
		text string
		to   int
		want string
	}{
		{"abc", 5, "abc  "},
		{"abcdef", 5, "abcd…"},
		{"会議の件", 8, "会議の件"},
		{"会議の件です", 8, "会議の… "},
		{"a会議の件", 8, "a会議の…"},
		{"e\u0301te\u0301", 4, "e\u0301te\u0301 "},
		{"a\nb\x1b[31m\u202ec", 9, "a b[31mc "},
		{"", 3, "   "},
	} {
		if got := cli.Fit(c.text, c.to); got != c.want {
			t.Errorf("%q in %d columns is %q, not %q", c.text, c.to, got, c.want)
		}
	}
}

func TestSize(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 999: "999 B", 1000: "1.0 KB", 1_234_567: "1.2 MB", 344_000_000: "344 MB", 5e12: "5.0 TB", 5e15: "5000 TB"} {
		if got := cli.Size(n); got != want {
			t.Errorf("%d is %s, not %s", n, got, want)
		}
	}
}
