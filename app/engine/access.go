package engine

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"lifeboat/failover"
	"lifeboat/failover/detect"
	"lifeboat/failover/journal"
	"lifeboat/failover/relay"
	"lifeboat/mailstore"
)

// gate keeps other people's mail locked in calm times, and notes what is read of it.
// It belongs to one opening of a source by one person. A nil gate is open, and notes
// nothing: it is the program itself that reads.
type gate struct {
	e      *Engine
	server string // empty: it is the mirror that is read

	mu      sync.Mutex
	all     string            // the reason that opens everything
	reasons map[string]string // by address in lower case
	looked  time.Time
	open    openings
	noted   map[string]bool // readings that are not noted twice
	told    map[string]bool // addresses whose mail the log says was opened here
}

// openings are what opens mail beside a reason.
type openings struct {
	own      map[string]bool // addresses in lower case
	practice bool
	drill    failover.Sentence
	domains  map[string]failover.Sentence // of an incident, by domain
}

// grant is why an account may be read; its ground is empty when it may not.
type grant struct {
	ground AccessGround
	why    failover.Sentence
	reason string
}

func (e *Engine) newGate(ctx context.Context, reason, server string) (*gate, error) {
	g := &gate{e: e, server: server, reasons: map[string]string{}, noted: map[string]bool{}, told: map[string]bool{}}
	if strings.TrimSpace(reason) == "" {
		return g, nil
	}
	return g, errors.Join(g.take("", reason), ctx.Err())
}

// longestReason is how many characters of a reason are kept.
const longestReason = 300

// take takes a reason in. It is as it was typed, on one line.
func (g *gate) take(address, reason string) error {
	reason = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(reason, " "))), " ")
	if !strings.ContainsFunc(reason, unicode.IsLetter) {
		return mailstore.Fail(mailstore.ErrInvalid, "Say in a few words why other people's mail has to be read: it goes into the log.")
	}
	if runes := []rune(reason); len(runes) > longestReason {
		reason = string(runes[:longestReason]) + "…"
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if address == "" {
		g.all = reason
	} else {
		g.reasons[strings.ToLower(address)] = reason
	}
	return nil
}

// unlock is take for a person who is asked, and notes it. addresses are those that it
// opens.
func (g *gate) unlock(ctx context.Context, account, reason string, addresses []string) error {
	if g == nil {
		return nil
	}
	if err := g.take(account, reason); err != nil {
		return err
	}
	var entries []AccessEntry
	for _, a := range addresses {
		if got := g.grant(ctx, a); got.ground == GroundReason {
			entries = append(entries, g.entry(AccessEntry{Deed: AccessUnlock, Account: a}, got))
		}
	}
	return g.write(ctx, entries)
}

// grantsLast is how long what opens mail is not looked at again.
const grantsLast = 5 * time.Second

// grant says whether an account may be read, and why.
func (g *gate) grant(ctx context.Context, address string) grant {
	if g == nil {
		return grant{ground: GroundOwn}
	}
	address = strings.ToLower(address)
	g.mu.Lock()
	defer g.mu.Unlock()
	if since := g.e.opt.Now().Sub(g.looked); since < 0 || since > grantsLast {
		g.open, g.looked = g.e.openings(ctx), g.e.opt.Now()
	}
	if g.open.own[address] {
		return grant{ground: GroundOwn, why: failover.Say("This is your own mailbox.")}
	}
	if why := g.open.incident(address); !why.IsZero() {
		return grant{ground: GroundIncident, why: why}
	}
	switch reason := cmp.Or(g.reasons[address], g.all); {
	case !g.open.drill.IsZero():
		return grant{ground: GroundDrill, why: g.open.drill}
	case g.open.practice:
		return grant{ground: GroundPractice, why: failover.Say("This is practice: the mail is made up.")}
	case reason != "":
		return grant{ground: GroundReason, why: failover.Say("It is open for the reason given: {reason}", "reason", reason), reason: reason}
	}
	return grant{why: failover.Say("This is somebody else's mailbox, which is locked in calm times.")}
}

// incident is what has happened to the address's domain; to any, where its own is no
// longer in the settings.
func (o openings) incident(address string) failover.Sentence {
	name := failover.FQDN(relay.DomainOf(address))
	nearest, found := "", failover.Sentence{}
	for domain := range o.domains {
		if failover.Within(name, domain) && len(domain) > len(nearest) {
			nearest = domain
		}
	}
	if nearest != "" {
		return o.domains[nearest]
	}
	for _, domain := range slices.Sorted(maps.Keys(o.domains)) {
		if found.IsZero() {
			found = o.domains[domain]
		}
	}
	return found
}

// openings looks at what opens mail. What cannot be read opens nothing.
func (e *Engine) openings(ctx context.Context) openings {
	o := openings{own: map[string]bool{}, domains: map[string]failover.Sentence{}, practice: e.opt.Mail == nil || e.opt.Mail.Practice}
	own, err := e.OwnMailboxes(ctx)
	if err != nil {
		e.opt.Logger.Warn("own mailboxes", "error", err)
	}
	for _, a := range own {
		o.own[strings.ToLower(a)] = true
	}
	domains, err := e.Domains(nil)
	if err != nil {
		e.opt.Logger.Debug("domains", "error", err) // there is nothing that could be switched
	}
	ops, err := e.operations()
	if err != nil {
		e.opt.Logger.Warn("journal", "error", err)
	}
	for _, d := range domains {
		o.domains[d.Name] = e.incidentOf(ctx, d, ops)
	}
	o.drill = e.rehearsing()
	return o
}

// incidentOf says what is wrong with a domain's mail; zero: nothing that is known.
func (e *Engine) incidentOf(ctx context.Context, d failover.Domain, ops []journal.Operation) failover.Sentence {
	name := failover.Display(d.Name)
	underway := slices.ContainsFunc(ops, func(op journal.Operation) bool {
		return op.Open() && op.Plan.Kind == failover.Failover && slices.ContainsFunc(op.Plan.Steps, func(s failover.Step) bool { return s.Domain == d.Name })
	})
	switch {
	case e.routeBook().Route(d.Name) == failover.Secondary:
		return failover.Say("Mail of {domain} leaves through the secondary.", "domain", name)
	case mxByJournal(d, ops) == failover.Secondary:
		return failover.Say("Mail of {domain} is led to the secondary.", "domain", name)
	case underway:
		return failover.Say("A failover of {domain} is under way.", "domain", name)
	}
	if w, ok := e.LastWatch(ctx, d.Name); ok && w.Going && w.State.Primary.Health == detect.Down {
		return failover.Say("{provider} is down.", "provider", d.Primary.Name)
	}
	return failover.Sentence{}
}

// rehearsalLasts is for how long a rehearsal that did not end is taken to go on.
const rehearsalLasts = 24 * time.Hour

// rehearsing says that a live rehearsal is under way.
func (e *Engine) rehearsing() failover.Sentence {
	entries, err := journal.Read(e.path(liveJournal))
	if err != nil {
		return failover.Sentence{}
	}
	last := slices.MaxFunc(append(entries, journal.Entry{}), func(a, b journal.Entry) int { return a.At.Compare(b.At) })
	for _, op := range journal.Operations(entries) {
		if age := e.opt.Now().Sub(last.At); op.Open() && age >= 0 && age < rehearsalLasts {
			return failover.Say("A live rehearsal is under way.")
		}
	}
	return failover.Sentence{}
}

// account is what a person sees of the lock of an account.
func (g *gate) account(ctx context.Context, address string) MailAccount {
	got := g.grant(ctx, address)
	return MailAccount{Address: address, Own: got.ground == GroundOwn, Locked: got.ground == "", Ground: got.ground, Why: got.why}
}

// check refuses an account that may not be read.
func (g *gate) check(ctx context.Context, address string) (grant, error) {
	got := g.grant(ctx, address)
	if got.ground == "" {
		return got, lockedMail(address)
	}
	return got, nil
}

func lockedMail(address string) error {
	return mailstore.Fail(mailstore.ErrLocked,
		"{address} is somebody else's mailbox, which is locked in calm times. Say why it has to be read (--reason TEXT); or, if it is yours, say so once: lifeboat mail own {address}.", "address", address)
}

// familiar reports whether what stands in an account's mail may be used without a word in
// the log of its own: it is one's own, or made up, or the log says already that it was
// opened.
func (g *gate) familiar(ctx context.Context, address string) bool {
	got := g.grant(ctx, address)
	if got.ground == "" || got.ground == GroundOwn || got.ground == GroundPractice {
		return got.ground != ""
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.told[strings.ToLower(address)]
}

// read refuses what may not be read, and notes what is.
func (g *gate) read(ctx context.Context, a AccessEntry) error {
	got, err := g.check(ctx, a.Account)
	if err != nil {
		return err
	}
	return g.write(ctx, g.due(got, a))
}

// due are the entries to be written of a reading: none of one's own mail, and of a list
// that was looked at already.
func (g *gate) due(got grant, all ...AccessEntry) (out []AccessEntry) {
	if g == nil || got.ground == GroundOwn {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, a := range all {
		a = g.entry(a, got)
		key := strings.Join([]string{string(a.Deed), a.Account, a.Folder, a.Message, string(a.Ground), a.Reason}, "\x00")
		if (a.Deed == AccessList || a.Deed == AccessShow) && g.noted[key] {
			continue
		}
		g.noted[key] = true
		out = append(out, a)
	}
	return out
}

func (g *gate) entry(a AccessEntry, got grant) AccessEntry {
	a.At, a.Who, a.Server = g.e.opt.Now().UTC(), g.e.opt.Owner, g.server
	a.Ground, a.Why, a.Reason = got.ground, got.why, got.reason
	if got.ground == GroundReason {
		a.Why = failover.Sentence{}
	}
	return a
}

func (g *gate) write(ctx context.Context, entries []AccessEntry) error {
	if len(entries) == 0 {
		return nil
	}
	l, err := g.e.accessLog(ctx)
	if err == nil {
		err = l.append(ctx, entries...)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if err != nil { // they are to be noted with the next reading
		clear(g.noted)
		return err
	}
	for _, a := range entries {
		g.told[strings.ToLower(a.Account)] = true
	}
	return nil
}
