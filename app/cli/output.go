package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/failover"
)

// print writes a line of the answer to standard output, unless the answer is
// JSON.
func (s *session) print(line string) {
	if s.json {
		return
	}
	if _, err := fmt.Fprintln(s.Out, line); err != nil && s.unwritten == nil {
		s.unwritten = unwritten(err)
	}
}

// unwritten is the error of an answer that reached nobody: a full disk, or a pipe
// that nobody reads.
func unwritten(cause error) error {
	return failover.Fail(failover.ErrDisk, "the answer could not be written to standard output; what was done is done").Because(cause)
}

// printT is print of a translated line.
func (s *session) printT(template string, parts ...any) { s.print(s.tongue.T(template, parts...)) }

// note writes a line of progress to standard error.
func (s *session) note(line string) { _, _ = fmt.Fprintln(s.Err, line) }

// say tells a sentence as a whole one: with a capital and a full stop.
func (s *session) say(sp i18n.Speaker) string { return s.tongue.Whole(s.tongue.Say(sp)) }

// document prints the answer as JSON, when that was asked for. Every command has
// one, so that standard output is one document whatever becomes of it.
func (s *session) document(v any) error {
	if !s.json {
		return nil
	}
	e := json.NewEncoder(s.Out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return unwritten(err)
	}
	return nil
}

// failure is the document of a command that failed. What a run did before it failed
// stands beside the error.
type failure struct {
	Error   string                 `json:"error"` // a sentence a line, in the user's language
	Refused []*engine.RefusedError `json:"refused,omitempty"`
	*failover.Outcome
}

// complain tells an error, in sentences and as a document.
func (s *session) complain(err error, out *failover.Outcome) {
	if said := (i18n.Speaker)(nil); errors.Is(err, context.Canceled) && !errors.As(err, &said) {
		err = failover.Fail(failover.ErrWaiting, "stopped; nothing was changed").Because(err)
	}
	lines := s.tongue.Errors(err)
	for i, l := range lines {
		lines[i] = s.tongue.Whole(l)
	}
	f := failure{Error: strings.Join(lines, "\n"), Refused: refusals(err), Outcome: out}
	_ = s.document(f) // where it cannot be written, the sentences say what matters more
	if len(f.Refused) > 0 {
		s.showRefusals(f.Refused)
		return
	}
	for _, l := range lines {
		s.note("lifeboat: " + l)
	}
}

// ask puts a question to the person at the terminal. Without one the answer is
// no, and the error says how to say yes.
func (s *session) ask(ctx context.Context, question string) (bool, error) {
	if !s.Terminal {
		return false, failover.Fail(failover.ErrInvalid, "nobody is here to be asked: add --yes to go on without a question")
	}
	answer, err := s.askLine(ctx, question+" [y/N] ")
	answer = strings.ToLower(answer)
	return answer == "y" || answer == "yes" || answer == "はい", err
}

// askLine reads one line of an answer. End of input is an empty answer.
func (s *session) askLine(ctx context.Context, question string) (string, error) {
	_, _ = fmt.Fprint(s.Err, question)
	return s.await(ctx, func() (string, error) {
		sc := bufio.NewScanner(oneByOne{s.In})
		if sc.Scan() {
			return strings.TrimSpace(sc.Text()), nil
		}
		s.note("") // the line ended without Enter
		return "", sc.Err()
	})
}

// await waits for what a person types, or for Ctrl-C. Nothing wakes a read from a
// terminal, so at Ctrl-C it is left to the end of the program.
func (s *session) await(ctx context.Context, read func() (string, error)) (string, error) {
	type answer struct {
		text string
		err  error
	}
	typed := make(chan answer, 1)
	go func() {
		text, err := read()
		typed <- answer{text, err}
	}()
	select {
	case a := <-typed:
		return a.text, a.err
	case <-ctx.Done():
		s.note("")
		return "", failover.Fail(failover.ErrWaiting, "stopped; nothing was changed").Because(ctx.Err())
	}
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
