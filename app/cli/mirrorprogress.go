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
	failed   map[string]string // what keeps an account that is watched from being complete; empty: nothing
	told     time.Time
	shown    int // columns of the line that is to be written over
}

// Between two lines where nobody watches; at a terminal each report counts.
const seldomTold = 30 * time.Second

func (s *session) mirrorProgress(watch bool) *mirrorProgress {
	return &mirrorProgress{s: s, watch: watch, accounts: map[string]mirror.Progress{}, failed: map[string]string{}, told: s.Now()}
}

func (p *mirrorProgress) tell(now mirror.Progress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.watch {
		p.watched(now)
		return
	}
	p.accounts[now.Account.Address] = now
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

// watched tells what has changed for an account of a mirror that goes on: that it is
// watched, that it fails or works again, and what came.
func (p *mirrorProgress) watched(now mirror.Progress) {
	t, address := p.s.tongue, now.Account.Address
	failed, known := p.failed[address]
	said := ""
	switch why := p.s.say(now.Failed); {
	case now.Stage == mirror.Finished && known && now.Failed.IsZero() && now.Messages > 0:
		said = t.T("{account}: {count} messages came.", "account", address, "count", now.Messages)
		if now.Messages == 1 {
			said = t.T("{account}: a message came.", "account", address)
		}
	case now.Stage != mirror.Waiting:
		return
	case !now.Failed.IsZero() && failed != why:
		said = t.T("{account}: not complete. {why}", "account", address, "why", why)
		p.failed[address] = why
	case now.Failed.IsZero() && failed != "":
		said = t.T("{account}: up to date again.", "account", address)
		p.failed[address] = ""
	case !known:
		said = t.T("{account}: watched.", "account", address)
		p.failed[address] = ""
	}
	switch {
	case said == "":
	case p.s.json:
		l := mirrorLine{Account: address, Stage: now.Stage, Messages: now.Messages, Failed: now.Failed}
		if !now.Retry.IsZero() {
			l.Next = now.Retry.UTC().Format(time.RFC3339)
		}
		p.s.documentLine(l)
	default:
		p.s.note(p.s.Now().Format("15:04:05  ") + said)
	}
}
