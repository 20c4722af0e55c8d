package cli

import (
	"bufio"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"lifeboat/app/i18n"
	"lifeboat/failover"
)

// print writes a line of the answer to standard output, unless the answer is
// JSON.
func (s *session) print(line string) {
	if !s.json {
		_, _ = fmt.Fprintln(s.Out, line)
	}
}

// printT is print of a translated line.
func (s *session) printT(template string, parts ...any) { s.print(s.tongue.T(template, parts...)) }

// note writes a line of progress to standard error.
func (s *session) note(line string) { _, _ = fmt.Fprintln(s.Err, line) }

// say tells a sentence as a whole one: with a capital and a full stop.
func (s *session) say(sp i18n.Speaker) string { return whole(s.tongue.Say(sp), s.tongue.Language) }

// document prints the answer as JSON, when that was asked for.
func (s *session) document(v any) error {
	if !s.json {
		return nil
	}
	e := json.NewEncoder(s.Out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// complain tells an error.
func (s *session) complain(err error) {
	lines := s.tongue.Errors(err)
	for i, l := range lines {
		lines[i] = whole(l, s.tongue.Language)
	}
	if s.json {
		_ = s.document(map[string]any{"error": strings.Join(lines, "\n")})
	}
	for _, l := range lines {
		s.note("lifeboat: " + l)
	}
}

// ask puts a question to the person at the terminal. Without one the answer is
// no, and the error says how to say yes.
func (s *session) ask(question string) (bool, error) {
	if !s.Terminal {
		return false, failover.Fail(failover.ErrInvalid, "nobody is here to be asked: add --yes to go on without a question")
	}
	answer, err := s.askLine(question + " [y/N] ")
	answer = strings.ToLower(answer)
	return answer == "y" || answer == "yes" || answer == "はい", err
}

// askLine reads one line of an answer. End of input is an empty answer.
func (s *session) askLine(question string) (string, error) {
	_, _ = fmt.Fprint(s.Err, question)
	sc := bufio.NewScanner(oneByOne{s.In})
	if sc.Scan() {
		return strings.TrimSpace(sc.Text()), nil
	}
	return "", sc.Err()
}

// oneByOne reads a byte at a time, so that nothing of the next answer is
// swallowed.
type oneByOne struct {
	r interface{ Read([]byte) (int, error) }
}

func (o oneByOne) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	return o.r.Read(p[:1])
}

// whole gives a sentence its capital and its full stop. Names and commands at
// its beginning stay as they are written.
func whole(text string, l i18n.Language) string {
	if text == "" {
		return text
	}
	last, _ := utf8.DecodeLastRuneInString(text)
	if l == i18n.Japanese {
		if !strings.ContainsRune("。？！）」.", last) {
			text += "。"
		}
		return text
	}
	if !strings.ContainsRune(".?!:)", last) {
		text += "."
	}
	first, size := utf8.DecodeRuneInString(text)
	word, _, _ := strings.Cut(text, " ")
	if strings.ContainsAny(word, "./:_@-") {
		return text
	}
	return string(unicode.ToUpper(first)) + text[size:]
}
