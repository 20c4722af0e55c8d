package widgets

import (
	"slices"
	"strings"
	"testing"
	"unicode"
)

// cells measures as a terminal does: two for a square character, one for others.
func cells(s string) float32 {
	wide := float32(0)
	for _, r := range s {
		wide++
		if square(r) {
			wide++
		}
	}
	return wide
}

func TestLinesBreakWhereTheyMay(t *testing.T) {
	for _, c := range []struct {
		about, text string
		width       float32
		want        []string
	}{
		{"words stay whole", "Mail is flowing through Harbormail.", 12, []string{"Mail is", "flowing", "through", "Harbormail."}},
		{"Japanese breaks anywhere", "権威サーバー六か所", 8, []string{"権威サー", "バー六か", "所"}},
		{"no full stop at the beginning", "届きます。はい", 8, []string{"届きま", "す。はい"}},
		{"no comma at the beginning", "待つあいだ、確認", 10, []string{"待つあい", "だ、確認"}},
		{"no long vowel mark at the beginning", "このメール", 6, []string{"この", "メール"}},
		{"no small kana at the beginning", "切っちゃう", 4, []string{"切っ", "ちゃ", "う"}},
		{"no closing bracket at the beginning", "正常（全部）です", 10, []string{"正常（全", "部）です"}},
		{"no opening bracket at the end", "今日は「はい」", 8, []string{"今日は", "「はい」"}},
		{"a Latin word in Japanese stays whole", "今すぐ Microsoft を", 12, []string{"今すぐ", "Microsoft を"}},
		{"a break between Japanese and Latin without a space", "値はMX10です", 4, []string{"値は", "MX10", "です"}},
		{"a number keeps what it counts", "約41分です", 4, []string{"約", "41分", "です"}},
		{"line feeds stay", "one\n\ntwo", 10, []string{"one", "", "two"}},
		{"spaces at a break are dropped", "ab   cd", 3, []string{"ab", "cd"}},
		{"a word that is too long is cut", "abcdefgh ij", 3, []string{"abc", "def", "gh", "ij"}},
		{"nothing", "", 10, []string{""}},
		{"no room at all", "abc", 0, []string{"a", "b", "c"}},
		{"it fits exactly", "abc def", 7, []string{"abc def"}},
	} {
		if got := breakLines(c.text, c.width, cells); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, not %q", c.about, got, c.want)
		}
	}
}

// A paragraph does not end in a line with a character or two, where its other lines
// can give it some.
func TestNoLonelyLastLine(t *testing.T) {
	for _, c := range []struct {
		about, text string
		width       float32
		want        []string
	}{
		{"a syllable alone", "職員は同じアドレスのまま、そこで読み書きできます。", 46, []string{"職員は同じアドレスのまま、そこで読み書きで", "きます。"}},
		{"a short line is enough for a narrow paragraph", "職員は同じアドレス", 16, []string{"職員は同じア", "ドレス"}},
		{"nothing to give", "abcdefghij kl", 11, []string{"abcdefghij", "kl"}},
		{"one line", "職員", 46, []string{"職員"}},
		{"enough", "職員は同じアドレスのまま、そこで読み書きできます。", 40, []string{"職員は同じアドレスのまま、そこで読み書き", "できます。"}},
		{"each paragraph by itself", "はい\nいいえ", 46, []string{"はい", "いいえ"}},
	} {
		if got := settledLines(c.text, c.width, cells); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, not %q", c.about, got, c.want)
		}
	}
}

func TestFit(t *testing.T) {
	for _, c := range []struct {
		text  string
		width float32
		want  string
	}{
		{"accepted", 8, "accepted"},
		{"accepted at RCPT", 10, "accepted…"},
		{"accepted at RCPT", 11, "accepted…"},
		{"権威サーバー", 9, "権威サ…"},
		{"abc", 1, ""},
		{"abc", 2, "…"},
		{"", 0, ""},
	} {
		if got := fit(c.text, c.width, cells); got != c.want {
			t.Errorf("%q in %v: %q, not %q", c.text, c.width, got, c.want)
		}
	}
}

// Whatever the text: nothing is lost, no line is too wide that could be narrower,
// and none is broken where it must not be, unless a run without any place to break
// is wider than the line.
func FuzzBreakLines(f *testing.F) {
	for _, seed := range []string{
		"10:42 から41分間、MX が接続をリセットしています（TCP RST）。Microsoft 365 側の障害とみられます。",
		"Every sender that asked in the last five minutes goes on to the old server until then.",
		"「はい」、「いいえ」。……ー", "a\nb\r\n\tc  d", "。。。。。。", "（（（（", "\xff\xfe",
	} {
		f.Add(seed, uint8(10))
		f.Add(seed, uint8(1))
	}
	f.Fuzz(func(t *testing.T, text string, wide uint8) {
		text, width := strings.ToValidUTF8(text, "\ufffd"), float32(wide)
		check(t, text, width, breakLines(text, width, cells))
		check(t, text, width, settledLines(text, width, cells))
	})
}

func check(t *testing.T, text string, width float32, lines []string) {
	t.Helper()
	rest := []rune(text) // not found on a line yet
	for i, line := range lines {
		if line != strings.TrimSpace(line) {
			t.Errorf("line %d of %q has spaces at its ends: %q", i, text, line)
		}
		if cells(line) > width && len(clusters(line)) > 1 {
			t.Errorf("line %d of %q is wider than %v: %q", i, text, width, line)
		}
		for _, r := range line {
			for len(rest) > 0 && unicode.IsSpace(rest[0]) {
				rest = rest[1:]
			}
			if unicode.IsSpace(r) {
				continue
			}
			if len(rest) == 0 || rest[0] != r {
				t.Fatalf("%q became something else at line %d, %q", text, i, line)
			}
			rest = rest[1:]
		}
		if at := len([]rune(text)) - len(rest); line != "" && mustNotBreak([]rune(text), at, width) {
			t.Errorf("%q is broken after %q", text, line)
		}
	}
	if left := strings.TrimSpace(string(rest)); left != "" {
		t.Errorf("%q lost %q", text, left)
	}
}

// mustNotBreak says whether a break before that rune is against the rules, although
// the run that it is in fits on a line.
func mustNotBreak(text []rune, at int, width float32) bool {
	joined := func(i int) bool {
		return i > 0 && i < len(text) && !unicode.IsSpace(text[i-1]) && !unicode.IsSpace(text[i]) && !breakable(text[i-1], text[i])
	}
	if !joined(at) {
		return false
	}
	from, to := at, at
	for joined(from) {
		from--
	}
	for joined(to) {
		to++
	}
	return cells(string(text[from:to])) <= width
}
