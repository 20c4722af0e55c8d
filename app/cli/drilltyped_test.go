package cli_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"lifeboat/app/cli"
	"lifeboat/failover"
)

func TestReadTyped(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"":                                    "||",
		"  ":                                  "||",
		"failover":                            "failover||",
		"FAILBACK now":                        "failback||now",
		"Sato: failover nothing arrives":      "failover|Sato|nothing arrives",
		"佐藤：stay すぐ直る":                        "stay|佐藤|すぐ直る",
		"stay\u3000すぐ直る":                      "stay||すぐ直る",
		"note Tanaka: nobody had the number":  "note|Tanaka|nobody had the number",
		"note at 10:30 it rang":               "note||at 10:30 it rang",
		"Tanaka: note it rang":                "note|Tanaka|it rang",
		"decide Sato: failover mail is stuck": "failover|Sato|mail is stuck",
		"decide stay it will pass":            "stay||it will pass",
		"decide Sato: repair":                 "repair|Sato|",
		"pause":                               "pause||",
		"stay because: it will pass":          "stay||because: it will pass",
		"announce":                            "announce||",
		"send":                                "send||",
		"end":                                 "end||",
	} {
		word, who, text, err := cli.ReadTyped(line)
		if got := word + "|" + who + "|" + text; err != nil || got != want {
			t.Errorf("%q is %q, %v; not %q", line, got, err, want)
		}
	}
	for _, line := range []string{"failovr", "Sato: jump", "decide", "decide Sato", "decide Sato: jump", "decide Sato: note x", "decide end", ": failover x y", strings.Repeat("x", 5000)} {
		if word, _, _, err := cli.ReadTyped(line); !errors.Is(err, failover.ErrInvalid) || len(err.Error()) > 300 {
			t.Errorf("%q is %q, %v", line, word, err)
		}
	}
}

// FuzzTyped types anything: it is a word that there is, or an error in one short
// sentence.
func FuzzTyped(f *testing.F) {
	for _, line := range []string{"", "failover", "Sato: stay x", "佐藤：note あ", "decide A: send b", "note a: b", ":", "：", "decide : : :", "\xff: end"} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		word, who, text, err := cli.ReadTyped(line)
		switch {
		case err != nil:
			if !errors.Is(err, failover.ErrInvalid) || utf8.RuneCountInString(err.Error()) > 300 {
				t.Errorf("%q: %v", line, err)
			}
		case word == "" && strings.TrimSpace(line) != "":
			t.Errorf("%q is nothing", line)
		case word != strings.ToLower(word) || len(who)+len(text) > len(line):
			t.Errorf("%q is %q, %q, %q", line, word, who, text)
		}
	})
}
