package cli

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"lifeboat/mailstore/mirror"
)

// mirrorProgress tells on standard error how a mirror goes: at a terminal in a line
// that is written over, elsewhere once in a while.
type mirrorProgress struct {
	s     *session
	watch bool

	mu       sync.Mutex
	accounts map[string]mirror.Progress
	told     time.Time
	shown    int // columns of the line that is to be written over
}

// Between two lines where nobody watches; at a terminal each report counts.
const seldomTold = 30 * time.Second

func (s *session) mirrorProgress(watch bool) *mirrorProgress {
	return &mirrorProgress{s: s, watch: watch, accounts: map[string]mirror.Progress{}, told: s.Now()}
}

func (p *mirrorProgress) tell(now mirror.Progress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := p.accounts[now.Account.Address]
	p.accounts[now.Account.Address] = now
	if p.watch {
		p.watched(before, now)
		return
	}
	line := p.line()
	switch {
	case p.s.Terminal:
		p.over(line)
	case p.s.Now().Sub(p.told) >= seldomTold:
		p.told = p.s.Now()
		p.s.note(line)
	}
}

// line is how it goes, of all accounts together.
func (p *mirrorProgress) line() string {
	var messages, of, done int
	var bytes int64
	var rate float64
	var left time.Duration
	for _, a := range p.accounts {
		messages, of, bytes, left = messages+a.Messages, of+a.Of, bytes+a.Bytes, max(left, a.Left)
		if a.Stage == mirror.Finished {
			done++
			continue
		}
		rate += a.Rate
	}
	t := p.s.tongue
	parts := []string{t.T("{done} of {all} mailboxes done", "done", done, "all", len(p.accounts))}
	if of > 0 {
		parts = append(parts, t.T("{messages} of {of} messages, {size}", "messages", messages, "of", of, "size", size(bytes)))
	}
	if rate > 0 {
		parts = append(parts, t.T("{size} a second", "size", size(int64(rate))))
	}
	if left > 0 {
		parts = append(parts, t.T("{time} left", "time", t.Span(left)))
	}
	return strings.Join(parts, " · ")
}

// over writes over the line that was written last.
func (p *mirrorProgress) over(line string) {
	_, _ = fmt.Fprint(p.s.Err, "\r"+line+strings.Repeat(" ", max(0, p.shown-columns(line))))
	p.shown = columns(line)
}

// end leaves the line that was written over.
func (p *mirrorProgress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shown > 0 {
		p.over("")
		_, _ = fmt.Fprint(p.s.Err, "\r")
		p.shown = 0
	}
}

// watched tells what has changed for an account of a mirror that goes on.
func (p *mirrorProgress) watched(before, now mirror.Progress) {
	t, address := p.s.tongue, now.Account.Address
	if p.s.json {
		if before.Stage != now.Stage && (now.Stage == mirror.Waiting || now.Stage == mirror.Finished) {
			l := mirrorLine{Account: address, Stage: now.Stage, Failed: now.Failed}
			if !now.Retry.IsZero() {
				l.Retry = now.Retry.UTC().Format(time.RFC3339)
			}
			p.s.documentLine(l)
		}
		return
	}
	failed, said := p.s.say(now.Failed), p.s.say(before.Failed)
	switch stamp := p.s.Now().Format("15:04:05  "); {
	case now.Failed.IsZero() && !before.Failed.IsZero():
		p.s.note(stamp + t.T("{account}: up to date again.", "account", address))
	case !now.Failed.IsZero() && failed != said:
		p.s.note(stamp + t.T("{account}: not complete. {why}", "account", address, "why", failed))
	case now.Stage == mirror.Waiting && before.Stage == "":
		p.s.note(stamp + t.T("{account}: watched.", "account", address))
	case now.Stage == mirror.Waiting && before.Stage != mirror.Waiting && now.Messages > before.Messages:
		p.s.note(stamp + t.T("{account}: {count} messages.", "account", address, "count", now.Messages))
	}
}
