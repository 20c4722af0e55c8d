package probe

import (
	"time"

	"lifeboat/failover"
)

// Judgement is whether a plan may go ahead, and why not.
type Judgement struct {
	// Allowed is set when nothing is red and nothing that matters is unknown.
	Allowed bool `json:"allowed"`
	// Blocking are the failures. Unknown is what nobody could see, which blocks as
	// well; each names the other ways to know. Warnings do not block.
	Blocking []failover.Finding `json:"blocking,omitempty"`
	Unknown  []failover.Finding `json:"unknown,omitempty"`
	Warnings []failover.Finding `json:"warnings,omitempty"`
}

// Judge weighs the findings on a target. Every need of the target must have a
// finding not older than maxAge (0 is MaxAge; for the primary never more than
// HomeAge, and less for findings about this machine and this moment): one that is
// missing or too old is unknown. Overruling a judgement is not its business.
//
// Where several sources speak of one subject, the newest that saw something
// counts; a seed message counts only where nobody has seen anything at the MX,
// since it shows that the provider knows the address but not what it says to
// strangers. Once all recipients are proven, it does not matter any more that our
// own line could not look at port 25; that is all it forgives. A host that answered
// and proved nothing, or that nobody has asked, is unknown as before.
func Judge(findings []failover.Finding, target Target, now time.Time, maxAge time.Duration) Judgement {
	var j Judgement
	var covered []failover.Finding
	proven := true
	for _, n := range target.Needs() {
		f := weigh(findings, target, n, now, maxAge)
		c, _ := checkOf(n.Check)
		if n.Check == "rcpt" && f.Verdict != failover.Pass {
			proven = false
		}
		switch {
		case f.Verdict == failover.Pass:
		case f.Verdict == failover.Red:
			j.Blocking = append(j.Blocking, f)
		case f.Verdict == failover.Warn:
			j.Warnings = append(j.Warnings, f)
		case c.covered && f.OwnLine:
			covered = append(covered, f)
		default:
			j.Unknown = append(j.Unknown, f)
		}
	}
	if proven {
		j.Warnings = append(j.Warnings, covered...)
	} else {
		j.Unknown = append(covered, j.Unknown...)
	}
	j.Allowed = len(j.Blocking) == 0 && len(j.Unknown) == 0
	return j
}

// weight is how much a finding can say. One of less weight does not take the place
// of one of more, however new it is.
type weight int

const (
	unlooked  weight = iota // nobody could look
	undecided               // somebody answered, and it proves nothing
	decided
)

func weightOf(f failover.Finding) weight {
	switch {
	case f.Unseen:
		return unlooked
	case f.Verdict == failover.Pass || f.Verdict == failover.Warn || f.Verdict == failover.Red:
		return decided
	}
	return undecided
}

// known are the newest findings on one need, by what they can say.
type known struct {
	seen, seed, heard, unseen *failover.Finding // decided, decided by a seed, undecided, unlooked
	old                       *failover.Finding // too old to count
}

// weigh returns the finding that counts for a need; an Unknown one is made up
// where there is none.
func weigh(findings []failover.Finding, target Target, n Need, now time.Time, maxAge time.Duration) failover.Finding {
	k := gather(findings, target, n, now, target.limit(n, maxAge))
	c, _ := checkOf(n.Check)
	switch {
	case k.seen != nil && k.seen.Verdict != failover.Red && newerThan(k.unseen, k.seen) && k.unseen.Verdict == failover.Warn:
		return *k.unseen // it blocks no more than the other, and is news
	case k.seen != nil:
		return *k.seen
	case k.seed != nil:
		return *k.seed
	case k.heard != nil && (c.covered || !newerThan(k.unseen, k.heard)):
		return *k.heard // a line that has been blocked since forgives nothing
	case k.unseen != nil:
		return *k.unseen
	}
	return missing(target, n, k.old, now)
}

func gather(findings []failover.Finding, target Target, n Need, now time.Time, limit time.Duration) known {
	var k known
	for i := range findings {
		f := &findings[i]
		if f.Check != n.Check || f.Subject != n.Subject || f.Domain != target.Domain.Name || f.At.After(now.Add(ahead)) {
			continue
		}
		held := &k.unseen
		switch w := weightOf(*f); {
		case now.Sub(f.At) > limit:
			held = &k.old
		case w == decided && f.Source == failover.FromSeed:
			held = &k.seed
		case w == decided:
			held = &k.seen
		case w == undecided:
			held = &k.heard
		}
		if newerThan(f, *held) {
			*held = f
		}
	}
	return k
}

// newerThan compares two findings, of which either may be missing.
func newerThan(a, b *failover.Finding) bool {
	return a != nil && (b == nil || a.At.After(b.At))
}

// limit is how long evidence on a need counts.
func (t Target) limit(n Need, maxAge time.Duration) time.Duration {
	if maxAge <= 0 {
		maxAge = MaxAge
	}
	if t.Provider.Role == failover.Primary {
		maxAge = min(maxAge, HomeAge)
	}
	if c, ok := checkOf(n.Check); ok && c.keeps > 0 {
		maxAge = min(maxAge, c.keeps)
	}
	return maxAge
}

// missing is the finding where nobody has looked, or not lately.
func missing(target Target, n Need, old *failover.Finding, now time.Time) failover.Finding {
	f := failover.Finding{
		Check: n.Check, Domain: target.Domain.Name, Subject: n.Subject, Verdict: failover.Unknown, Unseen: true,
		Remedy: failover.Say("Run the check."), Source: failover.FromHere, At: now,
	}
	what := n.Subject
	if what == "" {
		what = target.Domain.Name
	}
	if old == nil {
		f.Say = failover.Say("Nobody has looked at {subject} yet ({check}).", "subject", failover.Display(what), "check", n.Check)
		return f
	}
	f.Say = failover.Say("{subject} was last looked at on {time} ({check}); evidence as old as that does not count.",
		"subject", failover.Display(what), "time", old.At.UTC().Format(time.RFC3339), "check", n.Check)
	return f
}
