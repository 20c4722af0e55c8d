package probe

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/publicsuffix"

	"lifeboat/failover"
)

// MaxAge is how long evidence counts.
const MaxAge = 24 * time.Hour

// HomeAge is how long evidence that the primary accepts counts. It is short: what
// was seen before an outage says nothing about its end.
const HomeAge = 15 * time.Minute

// ahead is how far in the future a finding may be dated, by clocks that differ.
const ahead = 5 * time.Minute

// Evidence keeps findings over restarts, each bound to what was asked: once the
// settings it depends on have changed, it is as if it were not there. It is safe
// for use by several goroutines; the zero value is empty.
type Evidence struct {
	// Now is the clock that tells which findings lie ahead, made while a clock was
	// wrong; nil is time.Now. Set it before first use.
	Now func() time.Time

	mu      sync.Mutex
	entries []entry
}

// entry is one finding as it is kept.
type entry struct {
	Destination failover.Role    `json:"destination"`
	Asked       string           `json:"asked,omitempty"` // what the answer depends on
	Finding     failover.Finding `json:"finding"`
}

type evidenceFile struct {
	Version int     `json:"version"`
	Entries []entry `json:"entries"`
}

const evidenceVersion = 1

// keptFor is how long a finding stays in the file: long enough to tell when
// something was last seen, short enough for the file to stay small.
const keptFor = 30 * 24 * time.Hour

// LoadEvidence reads the file. One that is not there is empty evidence. One that
// is damaged is failover.ErrDamaged, and the evidence returned with it is empty
// and can be used: everything is looked at anew.
func LoadEvidence(path string) (*Evidence, error) { return LoadSealed(path, Plain) }

// Plain leaves a file's content as it is.
func Plain(content []byte) ([]byte, error) { return content, nil }

// LoadSealed is [LoadEvidence] of a file whose content is opened first. What does not
// open is damaged.
func LoadSealed(path string, open func(sealed []byte) ([]byte, error)) (*Evidence, error) {
	ev := &Evidence{}
	b, err := os.ReadFile(path)
	if err == nil {
		if b, err = open(b); err != nil {
			return ev, failover.Fail(failover.ErrDamaged, "The evidence kept in {file} is damaged, so everything is looked at anew.", "file", path).Because(err)
		}
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return ev, nil
	case err != nil:
		return ev, failover.Fail(failover.ErrDamaged, "The evidence kept in {file} cannot be read, so everything is looked at anew.", "file", path).Because(err)
	}
	var f evidenceFile
	if err := json.Unmarshal(b, &f); err != nil || f.Version != evidenceVersion {
		return ev, failover.Fail(failover.ErrDamaged, "The evidence kept in {file} is damaged, so everything is looked at anew.", "file", path).Because(err)
	}
	ev.entries = f.Entries
	return ev, nil
}

// Save writes the file in one step: after a power cut there is either the old one
// or the new one.
func (ev *Evidence) Save(path string) error { return ev.SaveSealed(path, Plain) }

// SaveSealed is Save with the content sealed, for [LoadSealed].
func (ev *Evidence) SaveSealed(path string, seal func(plain []byte) ([]byte, error)) error {
	ev.mu.Lock()
	b, err := json.MarshalIndent(evidenceFile{evidenceVersion, ev.entries}, "", " ")
	ev.mu.Unlock()
	if err == nil {
		b, err = seal(append(b, '\n'))
	}
	if err == nil {
		err = ReplaceFile(path, b)
	}
	if err != nil {
		return notSaved(path, err)
	}
	return nil
}

// Merge adds findings on a target, made just now with these settings or
// imported. Of one subject and source the newest counts; but what nobody could
// see does not take the place of what somebody saw. Imported findings on other
// domains, or on hosts that are not the destination's, are left out. It returns
// how many were taken in.
//
// What is dated ahead of now was made while the clock was wrong, and nobody knows
// when: it is neither taken in nor kept.
func (ev *Evidence) Merge(target Target, findings []failover.Finding) int {
	ev.mu.Lock()
	defer ev.mu.Unlock()
	now := time.Now
	if ev.Now != nil {
		now = ev.Now
	}
	latest := now().Add(ahead)
	early := func(f failover.Finding) bool { return f.At.After(latest) }
	ev.entries = slices.DeleteFunc(ev.entries, func(e entry) bool { return early(e.Finding) || latest.Sub(e.Finding.At) > keptFor })
	count := 0
	for _, f := range findings {
		c, known := checkOf(f.Check)
		if !known || early(f) || f.Domain != target.Domain.Name || f.Source == failover.FromImported && !target.concerns(f) {
			continue
		}
		count++
		e := entry{Destination: target.Provider.Role, Asked: c.askedOf(target, f.Source), Finding: f}
		ev.entries = slices.DeleteFunc(ev.entries, func(old entry) bool { return e.replaces(old) })
		ev.entries = append(ev.entries, e)
	}
	return count
}

// askedOf is what a finding of this check depends on. A seed message is asked of
// the submission server, which need not be the provider's at all when its name in
// the settings is wrong.
func (c Check) askedOf(t Target, source failover.Source) string {
	if source != failover.FromSeed {
		return c.asked(t)
	}
	return fmt.Sprintf("%s by way of %s:%d", c.asked(t), failover.FQDN(t.Provider.Submission.Host), t.Provider.Submission.Port)
}

// replaces reports whether an entry takes the place of an older one.
func (e entry) replaces(old entry) bool {
	a, b := e.Finding, old.Finding
	return e.Destination == old.Destination && a.Check == b.Check && a.Domain == b.Domain && a.Subject == b.Subject && a.Source == b.Source &&
		!a.At.Before(b.At) && (weightOf(a) >= weightOf(b) || e.Asked != old.Asked)
}

// Findings returns what is known about a target with its present settings,
// however old.
func (ev *Evidence) Findings(target Target) []failover.Finding {
	ev.mu.Lock()
	defer ev.mu.Unlock()
	var out []failover.Finding
	for _, e := range ev.entries {
		c, known := checkOf(e.Finding.Check)
		if known && e.Destination == target.Provider.Role && e.Finding.Domain == target.Domain.Name && e.Asked == c.askedOf(target, e.Finding.Source) {
			out = append(out, e.Finding)
		}
	}
	return out
}

// Stale lists what has to be looked at (again): what is missing, too old, could not
// be seen, or was not good when it was last seen, since somebody may have mended it.
func (ev *Evidence) Stale(target Target, now time.Time, maxAge time.Duration) []Need {
	findings := ev.Findings(target)
	var out []Need
	for _, n := range target.Needs() {
		f := weigh(findings, target, n, now, maxAge)
		if f.Unseen || f.Verdict != failover.Pass && f.Verdict != failover.Warn {
			out = append(out, n)
		}
	}
	return out
}

// concerns reports whether an imported finding is about the destination's hosts:
// a result from the other provider must not pass for this one's. A transcript
// may know a server only by the name in its banner, so a host of the same
// organisation will do, unless the other provider's hosts are in it as well.
func (t Target) concerns(f failover.Finding) bool {
	c, known := checkOf(f.Check)
	if !known || !c.portable {
		return false
	}
	host := f.Subject
	if f.Check == "rcpt" {
		host = part(f.Say, "mx")
	}
	if host == "" {
		return false
	}
	host = failover.FQDN(host)
	if slices.Contains(t.hosts(), host) {
		return true
	}
	org, err := publicsuffix.EffectiveTLDPlusOne(strings.TrimSuffix(host, "."))
	if err != nil || f.Check != "rcpt" {
		return false
	}
	in := func(hosts []string) bool {
		return slices.ContainsFunc(hosts, func(h string) bool { return organisation(h) == org })
	}
	other := Target{Domain: t.Domain, Provider: t.Domain.Provider(t.Provider.Role.Other())}
	return in(t.hosts()) && !in(other.hosts())
}

// part returns a named part of a sentence.
func part(s failover.Sentence, name string) string {
	for i := 0; i+1 < len(s.Args); i += 2 {
		if s.Args[i] == name {
			return s.Args[i+1]
		}
	}
	return ""
}
