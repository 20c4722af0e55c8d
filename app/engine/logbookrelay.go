package engine

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// notable are the events of the send route that the log tells of. That a message was
// handed in and delivered is what it is for.
func notable() []relay.EventKind {
	return []relay.EventKind{
		relay.Bounce, relay.Expiry, relay.Deferred, relay.Doubtful, relay.SentAgain, relay.Settled, relay.Hold, relay.Release, relay.Rerouted,
		relay.Drop, relay.Refused,
	}
}

// Bounds of what is read of the send route's log, and told of one sum.
const (
	mostRelayEvents  = 20000
	mostRelayExact   = 20
	relayLogUnlooked = 31 * 24 * time.Hour // how far back where nobody says
)

// logRelay tells what was notable in the send route, in sums: by the hour for what
// happens by itself, and for each act of a person.
func (e *Engine) logRelay(ctx context.Context, req LogRequest) ([]LogEntry, error) {
	desk, err := e.quietDesk(ctx)
	if desk == nil || err != nil {
		return nil, err
	}
	defer func() { _ = desk.Close() }() // it was only read
	since := req.Since
	if since.IsZero() {
		since = e.opt.Now().Add(-relayLogUnlooked)
	}
	events, err := desk.Log(ctx, relay.LogQuery{Kinds: notable(), Since: since, Until: req.Until, Limit: mostRelayEvents})
	if err != nil {
		return nil, err
	}
	return e.relaySums(events), nil
}

// quietDesk is the desk where that needs no person; nil where there is none yet.
func (e *Engine) quietDesk(ctx context.Context) (Desk, error) {
	if e.opt.Relay == nil || e.opt.Mail == nil {
		return nil, nil
	}
	if s := e.serves.Load(); s != nil {
		return s, nil
	}
	if remote, err := e.dialLocal(ctx); err == nil {
		return remote, nil
	}
	if _, err := os.Stat(filepath.Join(e.path(relayDir), "queue")); err != nil {
		return nil, nil //nolint:nilerr // nothing was ever sent from here
	}
	key, err := e.unlocked(ctx, false)
	if err != nil {
		return nil, err
	}
	return &hereDesk{e: e, key: key}, nil
}

// relaySum is what comes to one entry.
type relaySum struct {
	kind relay.EventKind
	role failover.Role
	by   string
	at   int64 // when the hour or the second begins
}

// relaySums adds events up.
func (e *Engine) relaySums(events []relay.Event) []LogEntry {
	type sum struct {
		last     time.Time
		messages map[relay.ID]bool
		some     []relay.Event
	}
	sums := map[relaySum]*sum{}
	for _, ev := range events {
		k := relaySum{kind: ev.Kind, role: ev.Role, at: ev.At.Truncate(time.Hour).Unix()}
		if ev.By != "" { // what a person does to many at once is one act
			k.by, k.at = ev.By, ev.At.Truncate(time.Second).Unix()
		}
		s := sums[k]
		if s == nil {
			s = &sum{messages: map[relay.ID]bool{}}
			sums[k] = s
		}
		if id := ev.ID; id != "" {
			s.messages[id] = true
		} else {
			s.messages[relay.ID(ev.At.String())] = true // what was not taken in has no ID
		}
		s.last = ev.At
		if len(s.some) < mostRelayExact {
			s.some = append(s.some, ev)
		}
	}
	var out []LogEntry
	for k, s := range sums {
		l := LogEntry{At: s.last, Kind: LogRelay, Who: k.by, Run: string(k.kind), Verdict: relayVerdict(k.kind), Say: relaySay(k.kind, len(s.messages))}
		if name := e.roleName(k.role); name != "" {
			l.About = failover.Sentence{Template: name}
		}
		said := map[string]bool{}
		for _, ev := range s.some {
			if !ev.Say.IsZero() && !said[ev.Say.String()] {
				said[ev.Say.String()] = true
				l.tell("", ev.Say)
			}
			l.Exact = append(l.Exact, exactEvent(ev))
		}
		if more := len(s.messages) - len(s.some); more > 0 {
			l.tell("", failover.Say("Only the first are listed here; \"lifeboat relay log\" has them all."))
		}
		out = append(out, l)
	}
	slices.SortFunc(out, func(a, b LogEntry) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.Run, b.Run)) })
	return out
}

// roleName is the name of the provider in a role; empty for none.
func (e *Engine) roleName(r failover.Role) string {
	p := e.opt.Settings.Providers
	switch r {
	case failover.Primary:
		return cmp.Or(p.Primary.Name, string(r))
	case failover.Secondary:
		return cmp.Or(p.Secondary.Name, string(r))
	default:
		return ""
	}
}

// exactEvent is an event on one line.
func exactEvent(ev relay.Event) string {
	parts := []string{ev.At.Local().Format(time.TimeOnly)}
	for _, p := range []string{string(ev.ID), cmp.Or(ev.From, ev.User), strings.Join(ev.To, ", "), ev.Host, strings.ReplaceAll(ev.Answer, "\n", " ")} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, "  ")
}

func relayVerdict(k relay.EventKind) failover.Verdict {
	switch k {
	case relay.Bounce, relay.Expiry:
		return failover.Red
	case relay.Deferred, relay.Doubtful, relay.SentAgain, relay.Refused, relay.Drop, relay.Hold:
		return failover.Warn
	default:
		return failover.Pass
	}
}

// relaySay tells a sum. One message is told in words of its own.
func relaySay(k relay.EventKind, n int) failover.Sentence {
	one := n == 1
	pick := func(single, many failover.Sentence) failover.Sentence {
		if one {
			return single
		}
		return many
	}
	switch k {
	case relay.Bounce:
		return pick(failover.Say("A message was given back to its sender."), failover.Say("{count} messages were given back to their senders.", "count", n))
	case relay.Expiry:
		return pick(failover.Say("A message was given up: nobody took it in time."), failover.Say("{count} messages were given up: nobody took them in time.", "count", n))
	case relay.Deferred:
		return pick(failover.Say("A message had to wait."), failover.Say("{count} messages had to wait.", "count", n))
	case relay.Doubtful:
		return pick(failover.Say("Whether a message was delivered was not known: the answer was lost."), failover.Say("Whether {count} messages were delivered was not known: the answers were lost.", "count", n))
	case relay.SentAgain:
		return pick(failover.Say("A message was sent a second time by rule."), failover.Say("{count} messages were sent a second time by rule.", "count", n))
	case relay.Settled:
		return pick(failover.Say("An uncertain message was settled."), failover.Say("{count} uncertain messages were settled.", "count", n))
	case relay.Hold:
		return pick(failover.Say("A message was held."), failover.Say("{count} messages were held.", "count", n))
	case relay.Release:
		return pick(failover.Say("A message was sent on by hand."), failover.Say("{count} messages were sent on by hand.", "count", n))
	case relay.Rerouted:
		return pick(failover.Say("A message was led through another provider."), failover.Say("{count} messages were led through another provider.", "count", n))
	case relay.Drop:
		return pick(failover.Say("A message was dropped."), failover.Say("{count} messages were dropped.", "count", n))
	default:
		return pick(failover.Say("What somebody handed in was refused."), failover.Say("What was handed in was refused, {count} times.", "count", n))
	}
}
