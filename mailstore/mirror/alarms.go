package mirror

import (
	"slices"
	"time"

	"lifeboat/mailstore"
)

// Severity is how urgent an alarm is.
type Severity string

// The severities.
const (
	Notice  Severity = "notice"  // soon
	Warning Severity = "warning" // the mirror falls behind, or will
	Urgent  Severity = "urgent"  // in an outage now, mail would be missing
)

// Alarm is something that a person should know, with what to do.
type Alarm struct {
	Severity Severity
	// Account is whom it is about; zero where it is about several.
	Account mailstore.Account
	Say     mailstore.Sentence
	// Why is the reason that was met, or what ends; zero where Say says all.
	Why mailstore.Sentence
	Do  mailstore.Sentence
}

// Limits say when there is an alarm.
type Limits struct {
	// Behind is the age of an account's freshness; 15 minutes by default. Four times
	// as old is urgent.
	Behind time.Duration
	// Expiry is how long before its end a credential is told of; 30 days by default.
	// A week before it is a warning.
	Expiry time.Duration
}

func (l Limits) withDefaults() Limits {
	if l.Behind <= 0 {
		l.Behind = 15 * time.Minute
	}
	if l.Expiry <= 0 {
		l.Expiry = 30 * 24 * time.Hour
	}
	return l
}

// failuresTold is how long checks may fail before it is told, when the mirror is not
// behind yet: lines break and mend.
const failuresTold = 5 * time.Minute

// Alarms tells what is wrong with the mirror, the most urgent first. It computes from
// what the store knows, and asks nobody.
func Alarms(accounts []mailstore.Freshness, limits Limits, now time.Time) []Alarm {
	limits = limits.withDefaults()
	var out []Alarm
	for _, f := range accounts {
		if !f.Account.Removed.IsZero() {
			continue
		}
		add := func(s Severity, say, why, do mailstore.Sentence) {
			out = append(out, Alarm{s, f.Account, say, why, do})
		}
		behind(f, limits, now, add)
		content(f, add)
	}
	out = append(out, endings(accounts, limits, now)...)
	rank := map[Severity]int{Urgent: 0, Warning: 1, Notice: 2}
	slices.SortStableFunc(out, func(a, b Alarm) int { return rank[a.Severity] - rank[b.Severity] })
	return out
}

type adder func(severity Severity, say, why, do mailstore.Sentence)

// behind tells that an account falls behind, and why.
func behind(f mailstore.Freshness, limits Limits, now time.Time, add adder) {
	do := mailstore.Say("Let the mirror run: lifeboat mirror --watch.")
	if !f.Failed.IsZero() {
		do = mailstore.Say("Mend what made the last check fail; the mirror catches up by itself.")
	}
	age := now.Sub(f.Complete)
	switch {
	case f.Complete.IsZero() && !f.Tried.IsZero():
		add(Urgent, mailstore.Say("The mirror of {address} was never complete.", "address", f.Account.Address), f.Failed, do)
	case f.Complete.IsZero():
		add(Warning, mailstore.Say("{address} is not mirrored yet.", "address", f.Account.Address), f.Failed, do)
	case age < -limits.Behind: // the clock was wrong then, or is now: nobody knows how old it is
		add(Urgent, mailstore.Say("The last complete check of {address} is noted for {time}, which is yet to come, so nobody can tell how old its mirror is.",
			"address", f.Account.Address, "time", stamp(f.Complete, now)), f.Failed, mailstore.Say("See that the clock of this computer is right, then run: lifeboat mirror."))
	case age > 4*limits.Behind:
		add(Urgent, mailstore.Say("The mirror of {address} is behind: mail since {time} may be missing.",
			"address", f.Account.Address, "time", stamp(f.Complete, now)), f.Failed, do)
	case age > limits.Behind:
		add(Warning, mailstore.Say("The mirror of {address} is behind: mail since {time} may be missing.",
			"address", f.Account.Address, "time", stamp(f.Complete, now)), f.Failed, do)
	case !f.Failed.IsZero() && now.Sub(f.Since) > failuresTold:
		add(Warning, mailstore.Say("Checks of {address} have failed since {time}.", "address", f.Account.Address, "time", stamp(f.Since, now)), f.Failed, do)
	}
}

// content tells what is with the mail itself.
func content(f mailstore.Freshness, add adder) {
	for _, folder := range f.Held {
		if folder.Held == nil {
			continue
		}
		add(Warning, mailstore.Say("{gone} of {of} messages vanished at once from {folder} of {address}. They are still here; the folder waits for your decision.",
			"gone", folder.Held.Gone, "of", folder.Held.Of, "folder", folder.Name, "address", f.Account.Address), mailstore.Sentence{},
			mailstore.Say("Ask who deleted them. If it was meant, accept it; if not, keep them."))
	}
	if f.Damaged > 0 {
		add(Urgent, mailstore.Say("{number} messages of {address} are damaged in the store.", "number", f.Damaged, "address", f.Account.Address), mailstore.Sentence{},
			mailstore.Say("Run lifeboat mirror while the primary can be reached: it fetches them again. Then look at the disk."))
	}
	if f.Missing > 0 {
		add(Notice, mailstore.Say("The primary lists {number} messages of {address} and does not give them.", "number", f.Missing, "address", f.Account.Address), mailstore.Sentence{},
			mailstore.Say("Open them in the provider's own web mail. Each check tries again; all other mail is here."))
	}
}

// ending is something that ends, and who needs it.
type ending struct {
	what  mailstore.Sentence
	at    time.Time
	needs []mailstore.Account
}

// endings tells what will end, once for all accounts that need it: one application's
// secret is often everybody's.
func endings(accounts []mailstore.Freshness, limits Limits, now time.Time) (out []Alarm) {
	type key struct {
		what string
		at   time.Time
	}
	found := map[key]*ending{}
	var order []*ending
	for _, f := range accounts {
		for _, e := range f.Expiries {
			if !f.Account.Removed.IsZero() || e.At.Sub(now) > limits.Expiry {
				continue
			}
			k := key{e.What.String(), e.At.UTC()}
			if found[k] == nil {
				found[k] = &ending{what: e.What, at: e.At}
				order = append(order, found[k])
			}
			found[k].needs = append(found[k].needs, f.Account)
		}
	}
	for _, e := range order {
		out = append(out, e.alarm(now))
	}
	return out
}

func (e *ending) alarm(now time.Time) Alarm {
	a := Alarm{Severity: Notice, Why: e.what, Do: mailstore.Say("Renew it before then; the mirror stops without it.")}
	left, at := e.at.Sub(now), stamp(e.at, now)
	switch {
	case left <= 0:
		a.Severity, a.Do = Urgent, mailstore.Say("Renew it now; the mirror cannot go on without it.")
	case left <= 7*24*time.Hour:
		a.Severity = Warning
	}
	one, ended := len(e.needs) == 1, left <= 0
	if one {
		a.Account = e.needs[0]
	}
	switch address := a.Account.Address; {
	case one && ended:
		a.Say = mailstore.Say("What the mirror of {address} needs has ended on {time}.", "address", address, "time", at)
	case one:
		a.Say = mailstore.Say("What the mirror of {address} needs ends on {time}.", "address", address, "time", at)
	case ended:
		a.Say = mailstore.Say("What the mirrors of {count} mailboxes need has ended on {time}.", "count", len(e.needs), "time", at)
	default:
		a.Say = mailstore.Say("What the mirrors of {count} mailboxes need ends on {time}.", "count", len(e.needs), "time", at)
	}
	return a
}

// stamp writes a time for a sentence, with its zone, which is now's.
func stamp(t, now time.Time) string { return t.In(now.Location()).Format("2006-01-02 15:04 MST") }
