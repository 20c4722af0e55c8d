package cli

import (
	"bufio"
	"context"
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"lifeboat/failover"
	"lifeboat/failover/drill"
)

// typed is a line that somebody typed in a drill: "failover", "Sato: stay it will
// pass", "note Tanaka: nobody had the number".
type typed struct {
	word string // one of the words; empty for an empty line
	who  string
	text string // the rest: why, or what was noticed
}

// Words that are no moves.
const (
	wordNote   = "note"
	wordStatus = "status"
	wordEnd    = "end"
	wordHelp   = "help"
	wordPause  = "pause"
	wordResume = "resume"
	wordDecide = "decide"
	wordNext   = "next"
)

var drillMoves = []drill.Move{drill.Failover, drill.Failback, drill.SendOnly, drill.Repair, drill.Announce, drill.Stay}

// readTyped takes a line apart. A name may stand before the word or after it, with a
// colon. The error is failover.ErrInvalid.
func readTyped(line string) (typed, error) {
	line = strings.TrimSpace(line)
	if line == "" {
		return typed{}, nil
	}
	if t, ok := typedWord(line); ok {
		if who, rest, named := cutColon(t.text); named && isName(who) && (t.word == wordNote || t.word == wordDecide) {
			t.who, t.text = who, rest
		}
		if t.word == wordDecide {
			return typedDecision(t)
		}
		return t, nil
	}
	if who, rest, named := cutColon(line); named && isName(who) {
		if t, ok := typedWord(rest); ok && t.word != wordDecide {
			t.who = who
			return t, nil
		}
	}
	first, _, _ := strings.Cut(line, " ")
	return typed{}, failover.Fail(failover.ErrInvalid, `"{word}" is no word here: type help to see which there are`, "word", short(first))
}

// typedWord takes the word at the beginning of a line.
func typedWord(line string) (typed, bool) {
	first, rest, _ := strings.Cut(strings.ReplaceAll(line, "\u3000", " "), " ")
	word := strings.ToLower(strings.TrimSpace(first))
	known := slices.Contains([]string{wordNote, wordStatus, wordEnd, wordHelp, wordPause, wordResume, wordDecide, wordNext}, word) ||
		slices.Contains(drillMoves, drill.Move(word))
	return typed{word: word, text: strings.TrimSpace(rest)}, known
}

// typedDecision reads what follows "decide WHO:", a move and why.
func typedDecision(t typed) (typed, error) {
	m, ok := typedWord(t.text)
	if !ok || !slices.Contains(drillMoves, drill.Move(m.word)) {
		var all []string
		for _, m := range drillMoves {
			all = append(all, string(m))
		}
		return typed{}, failover.Fail(failover.ErrInvalid, "a decision is written as: decide WHO: MOVE why; the moves are {list}", "list", strings.Join(all, ", "))
	}
	m.who = t.who
	return m, nil
}

// move returns the move that was typed, empty where it was none.
func (t typed) move() drill.Move {
	if slices.Contains(drillMoves, drill.Move(t.word)) {
		return drill.Move(t.word)
	}
	return ""
}

// cutColon takes a name before a colon off, as Western or Japanese keyboards give it.
func cutColon(s string) (before, after string, found bool) {
	i := strings.IndexAny(s, ":：")
	if i < 0 {
		return strings.TrimSpace(s), "", false
	}
	_, size := utf8.DecodeRuneInString(s[i:])
	before = strings.TrimSpace(s[:i])
	return before, strings.TrimSpace(s[i+size:]), before != ""
}

// isName reports whether what stands before a colon may be somebody's name: "10:30" is
// a time.
func isName(s string) bool {
	return utf8.RuneCountInString(s) <= 40 && !strings.ContainsFunc(s, unicode.IsDigit)
}

// short keeps what somebody typed from filling the screen.
func short(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// lines reads what is typed, a line at a time, until the input or ctx ends. Nothing
// wakes a read from a terminal, so the last one is left to the end of the program.
func (s *session) lines(ctx context.Context) <-chan string {
	c := make(chan string)
	go func() {
		defer close(c)
		in := bufio.NewReader(oneByOne{s.In})
		for {
			line, err := in.ReadString('\n')
			if line != "" || err == nil {
				select {
				case c <- strings.ToValidUTF8(strings.TrimSpace(line), "\uFFFD"):
				case <-ctx.Done():
					return
				}
			}
			if err != nil {
				return
			}
		}
	}()
	return c
}

// listen passes what is typed on to a drill, until stop is called.
func (s *session) listen(ctx context.Context, d *drill.Session, decides string) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		for line := range s.lines(ctx) {
			t, err := readTyped(line)
			if err != nil {
				s.warn(err)
				continue
			}
			if t.who == "" {
				t.who = decides
			}
			s.obey(d, t)
		}
	}()
	return cancel
}

// obey carries one line out.
func (s *session) obey(d *drill.Session, t typed) {
	switch {
	case t.move() != "":
		d.Decide(t.move(), t.who, t.text)
	case t.word == wordNote && t.text != "":
		d.Note(drill.Observation{Who: t.who, Text: t.text, At: d.Snapshot().Now})
	case t.word == wordStatus:
		s.drillStatus(d.Snapshot())
	case t.word == wordEnd:
		d.End()
	case t.word == "":
	default:
		s.drillHelp()
	}
}

func isCanceled(err error) bool { return errors.Is(err, context.Canceled) }
