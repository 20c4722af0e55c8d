package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/drill"
)

// tabletop is a drill around a table, led at a terminal: injects come by the clock or
// at Enter, and what is decided is typed in.
type tabletop struct {
	s      *session
	table  *drill.Table
	shared bool // participants see the screen too: nothing of what is expected is shown
	typed  <-chan string
	who    string // decides where nobody is named
}

// holdTable holds a tabletop.
func (s *session) holdTable(ctx context.Context, sc drill.Scenario, f drillFlags) error {
	if !s.Terminal {
		return failover.Fail(failover.ErrInvalid, "a tabletop is led at a terminal, and there is none")
	}
	table, err := drill.NewTable(drill.TableOptions{
		ID: drill.NewID(s.Now(), sc.Name), Scenario: sc, Participants: f.people(), Facilitator: f.facilitator,
		Domain: s.tableDomain(f), Version: s.Version, Targets: s.targets(), Now: s.Now,
	})
	if err != nil {
		return err
	}
	h := &tabletop{s: s, table: table, shared: f.view == "participants", typed: s.lines(ctx), who: f.deciding()}
	h.open(sc)
	err = h.play(ctx)
	table.End()
	if err == nil {
		err = h.evaluate(ctx)
	}
	return s.keep(table.End(), err)
}

// tableDomain is what a tabletop is about, as far as anybody says.
func (s *session) tableDomain(f drillFlags) string {
	if f.domain != "" {
		return failover.Display(failover.FQDN(f.domain))
	}
	return ""
}

// open says what is to be played and how.
func (h *tabletop) open(sc drill.Scenario) {
	s, t := h.s, h.s.tongue
	s.note(s.text(sc.Title))
	s.note(s.text(sc.Summary))
	s.note(s.text(sc.Scope))
	if !h.shared {
		for _, o := range sc.Objectives {
			s.note("  - " + s.text(o))
		}
	}
	h.help()
	s.note(t.T("The clock runs."))
	h.table.Start()
}

func (h *tabletop) help() {
	t := h.s.tongue
	for _, l := range []string{
		t.T("Enter: the next inject at once · pause, resume: stop the clock, and let it run"),
		t.T("decide WHO: MOVE why · the moves: failover, failback, send, repair, announce, stay"),
		t.T("note WHO: TEXT · status · end: go on to the questions · help: this list"),
	} {
		h.s.note("  " + l)
	}
}

// tick is how often the clock is looked at for injects that are due.
const tick = 500 * time.Millisecond

// play goes on until the last inject has been talked through, or somebody ends it.
func (h *tabletop) play(ctx context.Context) error {
	clock := time.NewTicker(tick)
	defer clock.Stop()
	h.table.Tick(h.s.Now())
	given := h.show(0)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case line, open := <-h.typed:
			if !open || h.take(line) {
				return nil
			}
		case <-clock.C:
			h.table.Tick(h.s.Now())
		}
		given = h.show(given)
	}
}

// show tells the injects from the given one on, and returns how many there are now.
func (h *tabletop) show(from int) int {
	s := h.s
	view := h.table.Snapshot()
	for _, g := range view.Given[min(from, len(view.Given)):] {
		s.note("")
		s.note(since(g.Since) + "  " + s.tongue.Say(g.From) + ": " + s.tongue.Say(g.Says))
	}
	if len(view.Given) > from && !h.shared {
		for _, e := range view.Expect {
			s.note("         " + s.tongue.T("expected: {action}", "action", s.text(e)))
		}
	}
	return len(view.Given)
}

// take carries one typed line out; it reports whether that was the end.
func (h *tabletop) take(line string) (end bool) {
	s, t := h.s, h.s.tongue
	w, err := readTyped(line)
	if err != nil {
		s.warn(err)
		return false
	}
	if w.who == "" {
		w.who = h.who
	}
	switch {
	case w.word == "" || w.word == wordNext:
		if !h.table.Next() {
			s.note(t.T("That was the last inject: end goes on to the questions"))
		}
	case w.move() != "":
		h.table.Decide(w.move(), w.who, w.text)
		s.note(t.T("Taken down: {decision}", "decision", s.moveName(w.move())))
	case w.word == wordNote && w.text != "":
		h.table.Note(drill.Observation{Who: w.who, Text: w.text, At: s.Now()})
		s.note(t.T("Taken down."))
	case w.word == wordPause:
		h.table.Pause()
		s.note(t.T("The clock stands."))
	case w.word == wordResume:
		h.table.Resume()
		s.note(t.T("The clock runs."))
	case w.word == wordStatus:
		h.status()
	case w.word == wordEnd:
		return true
	default:
		h.help()
	}
	return false
}

func (h *tabletop) status() {
	s, t := h.s, h.s.tongue
	v := h.table.Snapshot()
	s.note(since(v.Since) + "  " + t.T("Injects: {given}. Decisions: {decisions}. Observations: {observations}.",
		"given", len(v.Given), "decisions", len(v.Decisions), "observations", len(v.Observations)))
	if h.shared {
		return
	}
	for _, a := range v.Ahead {
		s.note("         " + t.T("to come at {time}: {inject}", "time", since(a.At), "inject", a.Say))
	}
}

// evaluate asks the questions one by one, and then for what is to be done.
func (h *tabletop) evaluate(ctx context.Context) error {
	s, t := h.s, h.s.tongue
	for _, q := range h.table.Snapshot().Questions {
		s.note("")
		s.note(s.text(q))
		text, err := h.ask(ctx, t.T("Answer (WHO: TEXT; empty: none): "))
		if err != nil {
			return err
		}
		if text == "" {
			continue
		}
		who, answer, named := cutColon(text)
		if !named {
			who, answer = "", text
		}
		score, err := h.score(ctx)
		if err != nil {
			return err
		}
		h.table.Answer(drill.Answer{Question: q, Who: who, Text: answer, Score: score})
	}
	s.note("")
	return h.actions(ctx)
}

// score asks how well something went.
func (h *tabletop) score(ctx context.Context) (int, error) {
	t := h.s.tongue
	for {
		text, err := h.ask(ctx, t.T("How well did that go, 1 poor to 5 good (empty: no grade): "))
		if err != nil || text == "" {
			return 0, err
		}
		if n, err := strconv.Atoi(text); err == nil && n >= 1 && n <= 5 {
			return n, nil
		}
		h.s.note(t.T("a number from 1 to 5, or nothing"))
	}
}

// actions asks what is to be done after the drill, by whom, and by when.
func (h *tabletop) actions(ctx context.Context) error {
	t := h.s.tongue
	for {
		what, err := h.ask(ctx, t.T("Something to be done after this drill (empty: no more): "))
		if err != nil || what == "" {
			return err
		}
		owner, err := h.ask(ctx, t.T("By whom: "))
		if err != nil {
			return err
		}
		due, err := h.date(ctx)
		if err != nil {
			return err
		}
		h.table.AddAction(drill.Action{What: what, Owner: owner, Due: due})
	}
}

// date asks for a day, until it is one.
func (h *tabletop) date(ctx context.Context) (string, error) {
	t := h.s.tongue
	for {
		text, err := h.ask(ctx, t.T("By when, as in {example}: ", "example", h.s.Now().AddDate(0, 1, 0).Format(time.DateOnly)))
		if err != nil || text == "" {
			return text, err
		}
		if _, err := time.Parse(time.DateOnly, text); err == nil {
			return text, nil
		}
		h.s.note(t.T("a day as in {example}, or nothing", "example", h.s.Now().Format(time.DateOnly)))
	}
}

// ask puts one question. The end of the input is an empty answer.
func (h *tabletop) ask(ctx context.Context, question string) (string, error) {
	_, _ = fmt.Fprint(h.s.Err, question)
	select {
	case line := <-h.typed:
		return strings.TrimSpace(line), nil
	case <-ctx.Done():
		h.s.note("")
		return "", ctx.Err()
	}
}
