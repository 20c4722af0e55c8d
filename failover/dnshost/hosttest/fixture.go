package hosttest

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
)

// fixture is one case: the subject, and a host with the right credential.
type fixture struct {
	Subject
	host dnshost.Host
	// start is the zone as the case found it.
	start []string
}

// begin puts back what earlier cases changed.
func begin(t *testing.T, s Subject) *fixture {
	t.Helper()
	f := &fixture{Subject: s}
	for _, set := range Records(s.Zone) {
		f.restore(t, set)
	}
	for _, k := range []failover.Key{f.backup().Key, f.selector().Key, f.lockKey()} {
		f.restore(t, failover.NewRRset(k.Name, k.Type, 0))
	}
	f.start = s.Snapshot(t)
	f.host = s.Open(t, With{})
	return f
}

// restore puts a set only if it is not there, so that a zone's extras (comments,
// for instance) survive.
func (f *fixture) restore(t testing.TB, want failover.RRset) {
	t.Helper()
	have := f.set(t, want.Key)
	if !slices.Equal(have, Lines(want)) {
		f.Put(t, want)
		if have = f.set(t, want.Key); !slices.Equal(have, Lines(want)) {
			t.Fatalf("the subject was to put %v, and has\n%s", want, strings.Join(have, "\n"))
		}
	}
}

// set are the lines of one set, without what follows the data.
func (f *fixture) set(t testing.TB, k failover.Key) []string {
	t.Helper()
	var lines []string
	for _, line := range f.Snapshot(t) {
		if of(line, k) {
			data, _, _ := strings.Cut(line, "\t")
			lines = append(lines, data)
		}
	}
	return lines
}

func (f *fixture) record(name, typ string, values ...string) failover.RRset {
	return failover.NewRRset(strings.TrimPrefix(name+"."+f.Zone, "."), typ, TTL, values...)
}

// The sets that cases change.

func (f *fixture) primary() failover.RRset {
	return f.record("", "MX", "10 mx1.primary.example.", "20 mx2.primary.example.")
}

func (f *fixture) secondary() failover.RRset {
	return f.record("", "MX", "10 in1.secondary.example.", "20 in2.secondary.example.", "30 in3.secondary.example.")
}

// backup is the emergency subdomain's MX set, which is not there at first.
func (f *fixture) backup() failover.RRset {
	return f.record("backup", "MX", "10 in1.secondary.example.")
}

// selector is a DKIM key record that is not there at first.
func (f *fixture) selector() failover.RRset {
	return f.record("s1._domainkey", "CNAME", "s1.dkim.secondary.example.")
}

func (f *fixture) lockKey() failover.Key {
	return failover.Key{Name: dnshost.LockName(f.Zone), Type: "TXT"}
}

func none(k failover.Key) failover.RRset { return failover.NewRRset(k.Name, k.Type, 0) }

func lock(op, owner string) dnshost.Lock {
	return dnshost.Lock{Operation: op, Owner: owner, Expires: time.Date(2031, 2, 3, 4, 5, 6, 0, time.UTC)}
}

// apply asks a host for a change, with a person at the console if it needs one.
func (f *fixture) apply(ctx context.Context, t testing.TB, h dnshost.Host, c dnshost.Change) error {
	c.Zone = f.Zone
	if f.Person != nil {
		c.Tell = f.Person(t)
	}
	return h.Apply(ctx, c)
}

// change asks the host with the right credential, and must succeed.
func (f *fixture) change(t testing.TB, before, after failover.RRset) {
	t.Helper()
	if err := f.apply(t.Context(), t, f.host, dnshost.Change{Before: before, After: after}); err != nil {
		t.Fatalf("changing %v to %v: %v", before, after, err)
	}
}

// holds fails unless the zone is as the case found it, but for these sets.
func (f *fixture) holds(t testing.TB, sets ...failover.RRset) {
	t.Helper()
	changed := func(line string) bool {
		return slices.ContainsFunc(sets, func(s failover.RRset) bool { return of(line, s.Key) })
	}
	now := f.Snapshot(t)
	rest := func(lines []string) []string { return slices.DeleteFunc(slices.Clone(lines), changed) }
	if d := cmp.Diff(rest(f.start), rest(now)); d != "" {
		t.Errorf("unrelated records changed (-before +after):\n%s", d)
	}
	for _, s := range sets {
		if d := cmp.Diff(Lines(s), f.set(t, s.Key)); d != "" {
			t.Errorf("%s (-want +at the server):\n%s", s.Key, d)
		}
	}
}

// untouched fails unless the zone is as the case found it.
func (f *fixture) untouched(t testing.TB) {
	t.Helper()
	f.holds(t)
}

// quiet fails if do makes a request that changes something.
func (f *fixture) quiet(t testing.TB, what string, do func()) {
	t.Helper()
	before := f.Changes(t)
	do()
	if n := f.Changes(t) - before; n != 0 {
		t.Errorf("%s made %d changes at the server", what, n)
	}
}

var openPart = regexp.MustCompile(`\{[a-z_]+\}`)

// refused fails unless err is a failover.Error of the kind, with a sentence fit to
// be read, no secret and these parts in it.
func (f *fixture) refused(t testing.TB, what string, err, kind error, parts ...string) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("%s: the error is %v, not of the kind %q", what, err, kind)
		return
	}
	var fe *failover.Error
	if !errors.As(err, &fe) || fe.Say.IsZero() {
		t.Errorf("%s: %v has no sentence", what, err)
		return
	}
	if open := openPart.FindString(fe.Say.String()); open != "" {
		t.Errorf("%s: the sentence lacks its part %s: %s", what, open, fe.Say)
	}
	for _, p := range parts {
		if !strings.Contains(fe.Say.String(), p) {
			t.Errorf("%s: the sentence does not say %q: %s", what, p, fe.Say)
		}
	}
	if f.Secrets == nil {
		return
	}
	for _, secret := range f.Secrets() {
		if strings.Contains(err.Error(), secret) || strings.Contains(cmp.Diff(fe, nil), secret) {
			t.Errorf("%s: the error shows a secret", what)
		}
	}
}

// read returns one set as the host reads it.
func (f *fixture) read(t testing.TB, h dnshost.Host, k failover.Key) failover.RRset {
	t.Helper()
	sets, err := h.Read(t.Context(), f.Zone, []failover.Key{k})
	if err != nil || len(sets) != 1 {
		t.Fatalf("reading %s: %v, %v", k, sets, err)
	}
	return sets[0]
}
