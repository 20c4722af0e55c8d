package mime

import "testing"

// Lines of a flowed text go on in the next (RFC 3676 section 4.2), but not in one that is
// quoted otherwise, and not in the line before a signature.
func TestFlowedLinesAreJoined(t *testing.T) {
	for _, c := range []struct {
		text  string
		delSp bool
		want  string
	}{
		{"a text that \ngoes on\nand ends", false, "a text that goes on\nand ends"},
		{"これは折り返 \nされた段落", true, "これは折り返された段落"},
		{"one \n> two \n> three", false, "one \n> two three"},
		{"> one \n>> two", false, "> one \n>> two"},
		{" > not quoted\n From there", false, "> not quoted\nFrom there"},
		{"the last words \n-- \nAnna \nBerg", false, "the last words \n-- \nAnna Berg"},
		{"> quoted \n> -- \n> Anna", false, "> quoted \n> -- \n> Anna"},
		{"open at the end ", false, "open at the end "},
	} {
		if got := unflow(c.text, c.delSp); got != c.want {
			t.Errorf("%q is read as %q, not as %q", c.text, got, c.want)
		}
	}
}
