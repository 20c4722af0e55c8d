package fulltext

import (
	"strings"
	"time"
)

// Query is what somebody looks for. The zero one finds everything.
type Query struct{ root expr }

// IsZero reports whether the query asks for nothing, and so finds everything.
func (q Query) IsZero() bool { return q.root == nil }

// expr is a part of a query.
type expr interface{ write(b *strings.Builder) }

type (
	// and is parts that must all fit; there are at least two.
	and []expr
	// or is parts of which one must fit; there are at least two.
	or []expr
	// not is a part that must not fit.
	not struct{ what expr }
	// words are words that follow each other, somewhere or in one of the fields.
	words struct {
		field  byte   // anywhere, inSubject, ...
		text   string // folded, a space where words are parted
		prefix bool   // the last word may go on
	}
	// dates are the days on which a message was received: from one to, and not with, another.
	dates struct{ from, until time.Time } // zero: no end
	// attached: it has attachments.
	attached struct{}
)

// State is something that is not said by a message's text, but by where it lies and
// what was done with it.
type State struct {
	Key   StateKey
	Value string // of Folder and Account: folded words of its name or address
}

// StateKey is what a State is about.
type StateKey string

// The keys of states, as they are typed.
const (
	InFolder  StateKey = "folder"
	InAccount StateKey = "account"
	Unread    StateKey = "unread"
	Read      StateKey = "read"
	Flagged   StateKey = "flagged"
	Answered  StateKey = "answered"
)

// phrase is what the words are in the index.
func (w words) phrase() phrase {
	var p phrase
	var first, second, before rune // of the last term, and the second of the one before
	terms([]byte(w.text), func(term []byte, a, b rune) {
		p.slots = append(p.slots, slot{term: string(w.field) + string(term)})
		first, second, before = a, b, second
	})
	n := len(p.slots) - 1
	switch {
	case n < 0:
	case first == 0:
		p.slots[n].prefix = w.prefix
	case n == 0 && w.field == anywhere:
		p.slots[n].term = string(rune(oneSign)) + string(first)
	case before != 0: // the pair before ends in it, and in the text the run may go on
		p.slots = p.slots[:n]
	default:
		p.slots[n].prefix = true
	}
	return p
}

// Parts returns the conditions that must all be true for a message to be found.
func (q Query) Parts() []Query {
	if all, ok := q.root.(and); ok {
		parts := make([]Query, len(all))
		for i, e := range all {
			parts[i] = Query{e}
		}
		return parts
	}
	if q.root == nil {
		return nil
	}
	return []Query{q}
}

// All returns the query that finds what each of the queries finds.
func All(parts ...Query) Query {
	var all and
	for _, p := range parts {
		switch e := p.root.(type) {
		case nil:
		case and:
			all = append(all, e...)
		default:
			all = append(all, e)
		}
	}
	switch len(all) {
	case 0:
		return Query{}
	case 1:
		return Query{all[0]}
	}
	return Query{all}
}

// State returns the state that the query asks for if it asks for nothing else, and
// whether it asks for those of which it is not true.
func (q Query) State() (s State, negated, ok bool) {
	e := q.root
	if n, isNot := e.(not); isNot {
		e, negated = n.what, true
	}
	s, ok = e.(State)
	return s, negated && ok, ok
}
