package manual

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/dnsview"
)

// Apply guides a person through the change and returns nil once every server that
// answers gives the new set. What it tells on the way: the guide; how many servers
// give the new records; each mistake, with its remedy, once until it changes, and
// with it the guide to what is left to do.
//
// It takes the records up where they are: half-typed states included, when a new
// record, or what was meant to be one, is there already, or when the change is
// Resumed. Anything else that is not Before is failover.ErrStale.
//
// When the context ends while the person is at work the error is
// failover.ErrWaiting: the same change applied again goes on.
func (h *Host) Apply(ctx context.Context, c dnshost.Change) error {
	zone, err := h.mine(c.Zone)
	if err != nil {
		return err
	}
	c.Zone = zone
	if err := c.Check(); err != nil {
		return err
	}
	w := &watch{h: h, c: c}
	view, err := w.first(ctx)
	if err != nil {
		return because(ctx, err)
	}
	if w.done(view) {
		return nil
	}
	if live, ok := w.stale(view); ok {
		return dnshost.Stale(c.Before, live)
	}
	w.start(ctx, view)
	for {
		if err := h.opt.Wait(ctx, h.opt.Poll); err != nil {
			return h.waiting(c, err)
		}
		view := w.look(ctx)
		if ctx.Err() != nil {
			return h.waiting(c, ctx.Err())
		}
		if w.done(view) {
			w.finish(view)
			return nil
		}
		w.report(ctx, view)
	}
}

func (h *Host) waiting(c dnshost.Change, cause error) error {
	return failover.Fail(failover.ErrWaiting,
		"{record} is not yet what it has to be; nothing is lost: give the same command again to go on from where the records are",
		"record", c.After.Key).Because(cause)
}

// watch is one Apply.
type watch struct {
	h       *Host
	c       dnshost.Change
	servers []dnsview.Server
	// usual are the names nearby at which the new records were before anything was
	// typed: the emergency subdomain leads to the secondary at all times.
	usual map[string]bool
	// told is what was said of the last look, so that nothing is said twice.
	told  map[string]bool
	quiet time.Time // since when nothing has changed
	last  string    // what the servers gave then
}

func (w *watch) tell(s failover.Sentence, g *dnshost.Guide) {
	if w.c.Tell != nil {
		w.c.Tell(dnshost.Progress{Say: s, Guide: g})
	}
}

func (w *watch) first(ctx context.Context) (failover.View, error) {
	servers, err := w.h.opt.Reader.Servers(ctx, w.c.Zone)
	if err != nil {
		return failover.View{}, err
	}
	w.servers = servers
	view := w.h.opt.Reader.Authoritative(ctx, w.c.Zone, w.servers, w.c.After.Key)
	if len(view.Distinct()) == 0 {
		return view, nobody(view)
	}
	return view, nil
}

// look asks the servers. When all are silent it finds them anew for the next look:
// a zone may have been moved meanwhile.
func (w *watch) look(ctx context.Context) failover.View {
	view := w.h.opt.Reader.Authoritative(ctx, w.c.Zone, w.servers, w.c.After.Key)
	if len(view.Distinct()) == 0 {
		if servers, err := w.h.opt.Reader.Servers(ctx, w.c.Zone); err == nil {
			w.servers = servers
		}
	}
	return view
}

func (w *watch) accepted(a failover.Answer) bool {
	return a.State == failover.Answered && a.Detail.IsZero() && w.h.console.accepts(a.Set, w.c.After)
}

// done reports whether all servers that answer give the new set, and one does.
func (w *watch) done(view failover.View) bool {
	answered := 0
	for _, a := range view.Answers {
		if a.State != failover.Answered {
			continue
		}
		if answered++; !w.accepted(a) {
			return false
		}
	}
	return answered > 0
}

// stale finds a set that is neither Before nor After nor on the way between.
func (w *watch) stale(view failover.View) (failover.RRset, bool) {
	k := w.h.console
	for _, s := range view.Distinct() {
		switch {
		case w.c.Resumed, k.accepts(s, w.c.After), s.Equal(w.c.Before), k.TTL == nil && s.SameValues(w.c.Before):
		case k.begun(w.c.Zone, w.c.Before, w.c.After, s):
		default:
			return s, true
		}
	}
	return failover.RRset{}, false
}

func (w *watch) start(ctx context.Context, view failover.View) {
	k := w.h.console
	w.usual = w.astray(ctx, view)
	var names []string
	for _, s := range w.servers {
		names = append(names, s.Name)
	}
	if !k.serves(names) {
		w.tell(failover.Say("{zone} is served by {servers}, which are not the name servers of {console}: what is entered there may not count; see whether this is the right console",
			"zone", failover.Display(w.c.Zone), "servers", list(names), "console", k.name()), nil)
	}
	g := k.guide(w.c.Zone, w.subject(view), w.c.After)
	if k.Name == "" {
		w.tell(failover.Say("Change {record} where the domain's DNS records are kept now; Lifeboat watches the name servers and says when it is done", "record", w.c.After.Key), &g)
	} else {
		w.tell(failover.Say("Change {record} at {console} now; Lifeboat watches the name servers and says when it is done", "record", w.c.After.Key, "console", k.Name), &g)
	}
	w.last, w.quiet = fingerprint(view), w.h.opt.Now()
	w.report(ctx, view)
}

func list(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = failover.Display(n)
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// subject is the set to talk about: the one that somebody has been changing,
// rather than the old one that slower servers still give.
func (w *watch) subject(view failover.View) failover.RRset {
	sets := view.Distinct()
	for _, s := range sets {
		if !s.SameValues(w.c.Before) && !w.h.console.accepts(s, w.c.After) {
			return s
		}
	}
	for _, s := range sets {
		if !w.h.console.accepts(s, w.c.After) {
			return s
		}
	}
	return w.c.Before
}

// report says what is new since the last look.
func (w *watch) report(ctx context.Context, view failover.View) {
	if f := fingerprint(view); f != w.last {
		w.last, w.quiet = f, w.h.opt.Now()
	}
	live := w.subject(view)
	said := w.findings(ctx, view, live)
	now := map[string]bool{}
	for _, s := range said {
		now[s.String()] = true
		if !w.told[s.String()] {
			g := w.h.console.guide(w.c.Zone, live, w.c.After)
			w.tell(s, &g)
		}
	}
	w.told = now
}

// findings is all that can be said of a look.
func (w *watch) findings(ctx context.Context, view failover.View, live failover.RRset) []failover.Sentence {
	if len(view.Distinct()) == 0 {
		return []failover.Sentence{failover.Say("No name server of {zone} answers just now; Lifeboat goes on asking", "zone", failover.Display(w.c.Zone))}
	}
	for _, a := range view.Answers {
		if a.State == failover.Answered && !a.Detail.IsZero() {
			return []failover.Sentence{a.Detail}
		}
	}
	var out []failover.Sentence
	good := 0
	for _, a := range view.Answers {
		if w.accepted(a) {
			good++
		}
	}
	if good > 0 {
		out = append(out, failover.Say("{count} of {all} name server addresses give the new records", "count", good, "all", view.Asked()))
	}
	mistakes := w.h.console.diagnose(w.c.Zone, w.c.Before, w.c.After, live)
	out = append(out, mistakes...)
	if good > 0 || w.h.console.begun(w.c.Zone, w.c.Before, w.c.After, live) {
		return out
	}
	for name := range w.astray(ctx, view) {
		if !w.usual[name] {
			out = append(out, w.strayed(name))
		}
	}
	if len(mistakes) == 0 && w.h.opt.Now().Sub(w.quiet) >= w.h.opt.Patience {
		out = append(out, failover.Say("Nothing has changed for {minutes} minutes: see whether the change was saved, and made for {zone}; some consoles take a quarter of an hour",
			"minutes", int(w.h.opt.Patience.Minutes()), "zone", failover.Display(w.c.Zone)))
	}
	return out
}

// finish says who did not answer.
func (w *watch) finish(view failover.View) {
	var silent []string
	for _, a := range view.Answers {
		if a.State != failover.Answered && a.State != failover.NoIPv6 && !slices.Contains(silent, a.Server) {
			silent = append(silent, a.Server)
		}
	}
	if len(silent) > 0 {
		w.tell(failover.Say("All name servers that answer give the new records; no answer from {servers}", "servers", list(silent)), nil)
		return
	}
	w.tell(failover.Say("All name servers give the new records"), nil)
}

// fingerprint tells two looks apart by what the servers gave.
func fingerprint(view failover.View) string {
	var b strings.Builder
	for _, a := range view.Answers {
		fmt.Fprintf(&b, "%s %s %s\n", a.Addr, a.State, a.Set)
	}
	return b.String()
}
