package engine

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/drill"
	"lifeboat/failover/journal"
	"lifeboat/failover/run"
)

// LiveRequest asks for a live rehearsal: failover and failback of a test subdomain in
// the real zone, at the real DNS host, watched by real resolvers. No mail goes to
// that name, and no other record is touched.
type LiveRequest struct {
	Scenario drill.Scenario
	Domain   string // of the settings; empty where they have one
	// Name is the test subdomain, without the domain; empty is "lifeboat-drill".
	Name string
	// TTL of its MX records; 0 is that of the domain's own.
	TTL          time.Duration
	Facilitator  string
	Participants []drill.Participant
	Targets      drill.Targets
	Version      string // of Lifeboat
	// Confirm is shown what would be done and says whether to do it.
	Confirm func(LivePreview) (bool, error)
	// Tell gets the rehearsal's timeline as it happens, Ran what its runs do, Found the
	// readiness findings. All may be nil, and are called from several goroutines.
	Tell  func(drill.Entry)
	Ran   func(run.Event)
	Found func(failover.Finding)
}

// LivePreview is what an admin sees before a live rehearsal.
type LivePreview struct {
	Domain failover.Domain
	Name   string // of the test subdomain, as failover.FQDN makes it
	Zone   string
	Host   string // the DNS host's name in the settings
	// Sets are what the name will hold, one after the other; then nothing again.
	Sets []failover.RRset
	// Leftover is what an earlier rehearsal that broke off has left there. It is
	// removed first.
	Leftover failover.RRset
}

// liveName is the usual test subdomain, and mostTTL the longest TTL to rehearse with.
const (
	liveName = "lifeboat-drill"
	mostTTL  = 24 * time.Hour
)

// rehearsal is a live rehearsal under way. It has a journal of its own, because one
// that breaks off must never keep a failover waiting: a run that is open in the data
// folder's journal does. It takes no lock record either, as no other run changes its
// name; while a run holds the zone's lock the host refuses the rehearsal's changes.
type rehearsal struct {
	e      *Engine
	req    LiveRequest
	domain failover.Domain // the real one
	test   failover.Domain // the test subdomain, with the same providers
	zone   string
	label  string // the DNS host's name in the settings
	host   dnshost.Host
	runner *run.Runner
	log    *journal.Journal
	spots  []*spot
	silent bool // some name server did not answer

	mu sync.Mutex // of the record
	drill.Result
}

// Rehearse holds a live rehearsal and returns its record, also when it broke off. The
// test subdomain is empty again in the end, whatever happens; what a killed program
// leaves there is removed by the next rehearsal, or by [Engine.CleanRehearsal].
//
// Errors are failover.ErrInvalid (the name may not be used), failover.ErrBlocked
// (somebody else's records are there), failover.ErrLocked (another rehearsal is at
// work), and those of runs.
func (e *Engine) Rehearse(ctx context.Context, req LiveRequest) (drill.Result, error) {
	r, release, err := e.rehearsal(ctx, req)
	if err != nil {
		return drill.Result{}, err
	}
	defer release()
	left, err := r.leftover(ctx)
	if err != nil {
		return drill.Result{}, err
	}
	if yes, err := r.confirm(left); err != nil || !yes {
		if err == nil {
			err = ErrDeclined
		}
		return drill.Result{}, err
	}
	return r.hold(ctx)
}

// CleanRehearsal removes what a live rehearsal that broke off has left at the test
// subdomain. It returns what was removed; a set without values when there was nothing.
func (e *Engine) CleanRehearsal(ctx context.Context, req LiveRequest) (failover.RRset, error) {
	r, release, err := e.rehearsal(ctx, req)
	if err != nil {
		return failover.RRset{}, err
	}
	defer release()
	left, err := r.leftover(ctx)
	if err != nil || !left.Exists() {
		return left, err
	}
	if req.Confirm != nil {
		yes, err := req.Confirm(LivePreview{Domain: r.domain, Name: r.test.Name, Zone: r.zone, Host: r.label, Leftover: left})
		if err != nil {
			return failover.RRset{}, err
		}
		if !yes {
			return failover.RRset{}, ErrDeclined
		}
	}
	return left, r.clear(ctx)
}

// rehearsal finds everything that a live rehearsal needs. Give it back with release.
func (e *Engine) rehearsal(ctx context.Context, req LiveRequest) (_ *rehearsal, release func(), err error) {
	r := &rehearsal{e: e, req: req}
	r.Started = e.opt.Now().UTC()
	if err := r.choose(); err != nil {
		return nil, nil, err
	}
	host, err := e.hostOf(ctx, r.domain.Name)
	if err != nil {
		return nil, nil, err
	}
	r.host = lockless{host}
	if r.zone, err = host.Zone(ctx, r.test.Name); err != nil {
		return nil, nil, err
	}
	settings, _ := e.opt.Settings.Domain(r.domain.Name)
	r.label = settings.DNS.Host
	free, err := e.liveLease()
	if err != nil {
		return nil, nil, err
	}
	if r.log, err = journal.Open(e.path(liveJournal), e.opt.Now); err != nil {
		free()
		return nil, nil, err
	}
	r.runner = &run.Runner{
		Journal: r.log, View: e.opt.Reader, Now: e.opt.Now, Sleep: e.opt.Sleep, Owner: e.opt.Owner, Logger: e.opt.Logger,
		HostOf: func(string) (dnshost.Host, error) { return r.host, nil }, Tell: req.Ran,
	}
	return r, func() {
		_ = r.log.Close() // every entry is on the disk already
		free()
	}, nil
}

// In the data folder. The journal has the form of all journals.
var (
	liveJournal = filepath.Join("drills", "live.jsonl")
	liveLease   = filepath.Join("drills", "live.lease")
)

// liveLease keeps a second rehearsal out; failovers may go on.
func (e *Engine) liveLease() (release func(), err error) {
	if err := makeDir(filepath.Dir(e.path(liveLease))); err != nil {
		return nil, err
	}
	l := flock.New(e.path(liveLease), flock.SetPermissions(0o600))
	ok, err := l.TryLock()
	switch {
	case err != nil:
		return nil, failover.Fail(failover.ErrDisk,
			"the data folder {folder} cannot be written to or locked: see that it is yours, not read-only, and on a local disk", "folder", e.opt.DataDir).Because(err)
	case !ok:
		return nil, failover.Fail(failover.ErrLocked, "another live rehearsal is at work in {folder}: wait until it is done", "folder", e.opt.DataDir)
	}
	return func() { _ = l.Unlock() }, nil
}

// choose settles on the domain and on the name to rehearse at.
func (r *rehearsal) choose() error {
	var names []string
	if r.req.Domain != "" {
		names = []string{r.req.Domain}
	}
	domains, err := r.e.Domains(names)
	if err != nil {
		return err
	}
	if len(domains) > 1 {
		return failover.Fail(failover.ErrInvalid, "the settings have several domains: name the one to rehearse with --domain")
	}
	r.domain = domains[0]
	if err := r.e.needSecondary(domains); err != nil {
		return err
	}
	name, err := r.name()
	if err != nil {
		return err
	}
	ttl := r.domain.MXTTL
	switch t := r.req.TTL; {
	case t == 0:
	case t < time.Second || t > mostTTL || t%time.Second != 0:
		return failover.Fail(failover.ErrInvalid, "the TTL of a rehearsal is of whole seconds, {most} at most, not {ttl}", "most", mostTTL, "ttl", t)
	default:
		ttl = uint32(t / time.Second)
	}
	r.test = failover.Domain{Name: name, MXTTL: ttl, Primary: r.domain.Primary, Secondary: r.domain.Secondary}
	return nil
}

// name makes sure that the test subdomain is no name that mail goes to.
func (r *rehearsal) name() (string, error) {
	label := r.req.Name
	if label == "" {
		label = liveName
	}
	name := failover.FQDN(label + "." + r.domain.Name)
	odd := strings.ContainsFunc(strings.TrimSuffix(name, "."+r.domain.Name), func(c rune) bool {
		return c != '-' && c != '.' && (c < '0' || c > '9') && (c < 'a' || c > 'z')
	})
	if odd || strings.Contains(name, "..") || strings.HasPrefix(name, ".") || !strings.HasSuffix(name, "."+r.domain.Name) || len(name) > 253 {
		return "", failover.Fail(failover.ErrInvalid,
			`"{name}" is no name for a test subdomain: give letters, digits and hyphens, as in lifeboat-drill`, "name", label)
	}
	all, err := r.e.Domains(nil)
	if err != nil {
		return "", err
	}
	for _, d := range all {
		if name == d.Name || name == d.Emergency {
			return "", failover.Fail(failover.ErrInvalid,
				"{name} is a name that mail goes to, so nothing is rehearsed there: give another with --name", "name", failover.Display(name))
		}
	}
	return name, nil
}

// key is the only record set that a rehearsal may touch.
func (r *rehearsal) key() failover.Key { return failover.Key{Name: r.test.Name, Type: "MX"} }

func (r *rehearsal) confirm(left failover.RRset) (bool, error) {
	if r.req.Confirm == nil {
		return true, nil
	}
	primary := failover.MXSet(r.test.Name, r.test.MXTTL, r.test.Primary.MX)
	secondary := failover.MXSet(r.test.Name, r.test.MXTTL, r.test.Secondary.MX)
	return r.req.Confirm(LivePreview{
		Domain: r.domain, Name: r.test.Name, Zone: r.zone, Host: r.label,
		Sets: []failover.RRset{primary, secondary, primary}, Leftover: left,
	})
}

// leftover returns what an earlier rehearsal has left at the name, and refuses a name
// at which anything else is. What a wildcard makes up (RFC 4592) is there for any
// name beside it as well, and is nobody's.
func (r *rehearsal) leftover(ctx context.Context) (failover.RRset, error) {
	beside := failover.FQDN("no-such-" + r.test.Name)
	var keys []failover.Key
	for _, name := range []string{r.test.Name, beside} {
		for _, typ := range []string{"MX", "CNAME", "A", "AAAA", "TXT", "NS"} {
			keys = append(keys, failover.Key{Name: name, Type: typ})
		}
	}
	sets, err := r.host.Read(ctx, r.zone, keys)
	if err != nil {
		return failover.RRset{}, err
	}
	ours := r.published()
	var left failover.RRset
	for i, s := range sets[:len(sets)/2] {
		switch made := sets[i+len(sets)/2]; {
		case !s.Exists() || slices.Equal(s.Values, made.Values):
		case s.Key == r.key() && slices.ContainsFunc(ours, s.SameValues):
			left = s
		default:
			return left, failover.Fail(failover.ErrBlocked,
				"{set} is there already ({records}), and no rehearsal of Lifeboat in {folder} put it there: remove it, or rehearse at another name with --name",
				"set", s.Key.String(), "records", shown(s), "folder", r.e.opt.DataDir)
		}
	}
	return left, nil
}

// published lists what rehearsals have put at the name since it was last seen to be
// empty again.
func (r *rehearsal) published() (sets []failover.RRset) {
	for _, op := range journal.Operations(r.log.Entries()) {
		for _, s := range op.Plan.Steps {
			switch {
			case s.After.Key != r.key():
			case s.After.Exists() && op.Steps[s.ID].Reached():
				sets = append(sets, s.After)
			case !s.After.Exists() && op.Result == journal.Done:
				sets = nil
			}
		}
	}
	return sets
}

// lockless is a DNS host at which no lock record is put: a rehearsal touches its own
// name and nothing else, and must never be what a failover has to wait for.
type lockless struct{ dnshost.Host }

// Capabilities are the host's, without the lock record.
func (l lockless) Capabilities() dnshost.Capabilities {
	caps := l.Host.Capabilities()
	caps.LockRecord = false
	return caps
}
