package engine

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"lifeboat/mailstore/fulltext"
)

// FuzzCriterion puts whatever somebody types into the words of an IMAP server: there is a
// text for each place of one, parentheses match, and nothing of what was typed stands
// between the words.
func FuzzCriterion(f *testing.F) {
	for _, typed := range []string{
		"", "plan", "from:eve -subject:\"a b\" is:unread", "会議 OR 見積書 before:2026-11-01", "((a OR b) c) -(d)", "has:attachment to:x*", `"unfinished`, "x\r\nA1 LOGOUT",
	} {
		f.Add(typed)
	}
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, typed string) {
		q, err := fulltext.Parse(typed, now)
		if err != nil {
			return
		}
		criterion, texts, err := criterionOf(q, typed)
		if err != nil {
			return
		}
		if strings.Count(criterion, "?") != len(texts) {
			t.Errorf("%q has %d texts", criterion, len(texts))
		}
		depth := 0
		for _, r := range criterion {
			switch {
			case r == '(':
				depth++
			case r == ')':
				depth--
			case r < ' ' || r >= utf8.RuneSelf || r == '"' || r == '{':
				t.Fatalf("%q holds what was typed", criterion)
			}
			if depth < 0 {
				t.Fatalf("%q", criterion)
			}
		}
		if depth != 0 || criterion == "" {
			t.Errorf("%q", criterion)
		}
	})
}
