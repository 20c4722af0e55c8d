// Package manual is the DNS host for which a person does the work, at a web
// console: many small organisations have their zone where there is no API.
//
// It cannot write, so it does three other things well. It says exactly what to
// type into which box, in the words of the console's own screen (the files in
// consoles/ describe each). It watches: what counts is not what was typed but what
// the authoritative servers answer, at each of their addresses. And it names
// mistakes by what they look like from there, each with its remedy: a console that
// appends the domain to a mail server's name, a preference left empty, an old
// record left behind, the wrong subdomain edited.
//
// It keeps nothing of its own. Where a change has got to is what the servers
// answer, so it can be interrupted at any moment and goes on from whatever
// half-typed state is there; the caller's journal says which change it was. Going
// back is the same thing with the sets exchanged.
package manual

import (
	"context"
	"errors"
	"slices"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/dnsview"
)

// Viewer reads what the authoritative servers answer; *dnsview.Reader is one.
type Viewer interface {
	Zone(ctx context.Context, name string) (string, error)
	Servers(ctx context.Context, zone string) ([]dnsview.Server, error)
	Authoritative(ctx context.Context, zone string, servers []dnsview.Server, key failover.Key) failover.View
}

// Options say which console it is and how to watch.
type Options struct {
	// Console is one of Consoles(); empty is "generic".
	Console string
	// Reader reads the servers. It must be set.
	Reader Viewer
	// Zone is the zone that the console has; empty is to find out by the DNS.
	Zone string
	// Nearby are more names at which a record typed into the wrong place may turn
	// up, the emergency subdomain for instance, beside www and mail.
	Nearby []string
	// Poll is how often the servers are asked; 0 is 10 seconds.
	Poll time.Duration
	// Patience is how long nothing may change before that is remarked upon; 0 is 5
	// minutes.
	Patience time.Duration
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Wait passes time, or returns early with the context's error; nil does just
	// that.
	Wait func(ctx context.Context, d time.Duration) error
}

// Host is a zone that a person edits at a console.
type Host struct {
	opt     Options
	console *console
}

var _ dnshost.Host = (*Host)(nil)

// New returns the host for a console. An unknown console is failover.ErrInvalid.
func New(opt Options) (*Host, error) {
	if opt.Console == "" {
		opt.Console = "generic"
	}
	c, err := loadConsole(opt.Console)
	if err != nil {
		return nil, err
	}
	if opt.Zone != "" {
		opt.Zone = failover.FQDN(opt.Zone)
	}
	if opt.Poll <= 0 {
		opt.Poll = 10 * time.Second
	}
	if opt.Patience <= 0 {
		opt.Patience = 5 * time.Minute
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Wait == nil {
		opt.Wait = wait
	}
	return &Host{opt: opt, console: c}, nil
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Capabilities says that a person makes the changes, with the TTLs that the console
// offers, and that nothing is locked.
func (h *Host) Capabilities() dnshost.Capabilities {
	caps := dnshost.Capabilities{Interactive: true}
	switch b := h.console.TTL; {
	case b == nil:
		caps.OwnTTL = true
	case len(b.Choices) > 0 && b.Custom == "":
		_, caps.MinTTL = b.ttl(0)
		_, caps.MaxTTL = b.ttl(1<<32 - 1)
	default:
		caps.MinTTL, caps.MaxTTL = b.Min, b.Max
	}
	return caps
}

// Zone returns the zone of the options when it holds the name, and otherwise
// finds the zone by the DNS.
func (h *Host) Zone(ctx context.Context, name string) (string, error) {
	if h.opt.Zone == "" {
		return h.opt.Reader.Zone(ctx, name)
	}
	if !failover.Within(failover.FQDN(name), h.opt.Zone) {
		return "", notThere(name, h.opt.Zone)
	}
	return h.opt.Zone, nil
}

func notThere(name, zone string) error {
	return failover.Fail(failover.ErrZone, "{name} is not in the zone {zone}, which is the one set for this console; correct dns.zone in the settings",
		"name", failover.Display(failover.FQDN(name)), "zone", failover.Display(zone))
}

// mine refuses sets that are not in the zone, and zones that are not the console's.
func (h *Host) mine(zone string, keys ...failover.Key) (string, error) {
	zone = failover.FQDN(zone)
	if h.opt.Zone != "" && zone != h.opt.Zone {
		return "", notThere(zone, h.opt.Zone)
	}
	return zone, dnshost.CheckKeys(zone, keys)
}

// How long Read waits for servers that disagree, as they do for a short while
// after each change.
const (
	looksForAgreement = 6
	agreementPause    = 2 * time.Second
)

// Read returns what the authoritative servers answer. Those that answer must
// agree on the records; while they do not, the error is failover.ErrUncertain and
// names two that differ. Silent servers do not matter as long as one answers;
// otherwise the error is failover.ErrUnreachable.
func (h *Host) Read(ctx context.Context, zone string, keys []failover.Key) ([]failover.RRset, error) {
	zone, err := h.mine(zone, keys...)
	if err != nil || len(keys) == 0 {
		return nil, err
	}
	servers, err := h.opt.Reader.Servers(ctx, zone)
	if err != nil {
		return nil, because(ctx, err)
	}
	out := make([]failover.RRset, len(keys))
	for i, k := range keys {
		if out[i], err = h.agreed(ctx, zone, servers, k); err != nil {
			return nil, because(ctx, err)
		}
	}
	return out, nil
}

func (h *Host) agreed(ctx context.Context, zone string, servers []dnsview.Server, key failover.Key) (failover.RRset, error) {
	for look := 1; ; look++ {
		view := h.opt.Reader.Authoritative(ctx, zone, servers, key)
		sets := view.Distinct()
		if len(sets) == 0 {
			return failover.RRset{}, nobody(view)
		}
		odd := slices.IndexFunc(sets, func(s failover.RRset) bool { return !s.SameValues(sets[0]) })
		if odd < 0 {
			return sets[0], nil
		}
		if look == looksForAgreement {
			return failover.RRset{}, disagree(view, sets[0], sets[odd])
		}
		if err := h.opt.Wait(ctx, agreementPause); err != nil {
			return failover.RRset{}, err
		}
	}
}

// nobody is the error for a view in which no server answers.
func nobody(v failover.View) error {
	err := failover.Fail(failover.ErrUnreachable,
		"no name server of {zone} answers, so nobody can see what is there: see whether this machine is on the network and whether its line lets DNS (port 53) through",
		"zone", failover.Display(v.Zone))
	for _, a := range v.Answers {
		if !a.Detail.IsZero() {
			return err.Because(errors.New(a.Detail.String()))
		}
	}
	return err
}

func disagree(v failover.View, one, other failover.RRset) error {
	who := func(set failover.RRset) string {
		for _, a := range v.Answers {
			if a.State == failover.Answered && a.Set.Equal(set) {
				return failover.Display(a.Server)
			}
		}
		return ""
	}
	return failover.Fail(failover.ErrUncertain,
		"the name servers of {zone} disagree: {server} gives {one}, and {other_server} gives {other}; wait until they agree and try again",
		"zone", failover.Display(v.Zone), "server", who(one), "one", one, "other_server", who(other), "other", other)
}

// because makes sure that a cancelled context shows in the error.
func because(ctx context.Context, err error) error {
	if cause := ctx.Err(); cause != nil {
		return failover.Fail(failover.ErrUnreachable, "stopped before the name servers had answered; nothing was changed").Because(cause)
	}
	return err
}

// Lock does nothing: no record is asked of a person that mail does not need.
func (h *Host) Lock(context.Context, string, dnshost.Lock, *dnshost.Lock) error { return nil }

// ReadLock finds none.
func (h *Host) ReadLock(context.Context, string) (*dnshost.Lock, error) { return nil, nil }

// Unlock does nothing.
func (h *Host) Unlock(context.Context, string, dnshost.Lock) error { return nil }
