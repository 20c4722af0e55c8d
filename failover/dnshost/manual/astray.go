package manual

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"lifeboat/failover"
	"lifeboat/failover/dnsview"
)

// inText names a record typed as TXT at the right name.
const inText = "TXT"

// astray asks one server that answers for the places where a record typed into the
// wrong box turns up, and returns those where a new record is. A record of the
// wrong type counts as the place inText.
func (w *watch) astray(ctx context.Context, view failover.View) map[string]bool {
	server, ok := oneThatAnswers(view)
	if !ok {
		return nil
	}
	fresh := slices.DeleteFunc(slices.Clone(w.c.After.Values), func(v string) bool { return slices.Contains(w.c.Before.Values, v) })
	if len(fresh) == 0 {
		return nil
	}
	keys := map[string]failover.Key{}
	for _, name := range w.nearby() {
		keys[name] = failover.Key{Name: name, Type: w.c.After.Type}
	}
	if w.c.After.Type == "MX" {
		keys[inText] = failover.Key{Name: w.c.After.Name, Type: "TXT"}
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	found := map[string]bool{}
	for place, key := range keys {
		wg.Go(func() {
			v := w.h.opt.Reader.Authoritative(ctx, w.c.Zone, []dnsview.Server{server}, key)
			if slices.ContainsFunc(v.Distinct(), func(s failover.RRset) bool { return holds(s, fresh) }) {
				mu.Lock()
				defer mu.Unlock()
				found[place] = true
			}
		})
	}
	wg.Wait()
	return found
}

// holds reports whether a set has one of the records, or, as TXT, the name of one's
// mail server.
func holds(set failover.RRset, fresh []string) bool {
	return slices.ContainsFunc(set.Values, func(v string) bool {
		if set.Type != "TXT" {
			return slices.Contains(fresh, v)
		}
		return slices.ContainsFunc(fresh, func(f string) bool {
			host := undotted(hostOf("MX", f))
			return host != "" && strings.Contains(strings.ToLower(text(v)), host) || v == f
		})
	})
}

func oneThatAnswers(view failover.View) (dnsview.Server, bool) {
	for _, a := range view.Answers {
		if a.State == failover.Answered {
			return dnsview.Server{Name: a.Server, Addrs: []netip.Addr{a.Addr}}, true
		}
	}
	return dnsview.Server{}, false
}

// nearby are the names where a slip puts a record: the domain typed into the box
// for the subdomain, an "@" where the box wants to stay empty, a subdomain that is
// usually there, and the zone itself instead of one.
func (w *watch) nearby() []string {
	name, zone := w.c.After.Name, w.c.Zone
	out := []string{name + zone, `\@.` + zone}
	for _, n := range append([]string{"www." + zone, "mail." + zone, "www." + name, zone}, w.h.opt.Nearby...) {
		out = append(out, failover.FQDN(n))
	}
	slices.Sort(out)
	return slices.DeleteFunc(slices.Compact(out), func(n string) bool { return n == name || len(n) > 250 })
}

// strayed says where a new record turned up, and what to do.
func (w *watch) strayed(place string) failover.Sentence {
	name, zone := failover.Display(w.c.After.Name), failover.Display(w.c.Zone)
	part := w.h.console.owner(w.c.Zone, w.c.After.Name)
	switch {
	case place == inText:
		return failover.Say("The new record is there as TXT and not as {type}: delete it and enter it with the type {type}", "type", w.c.After.Type)
	case (place == w.c.After.Name+w.c.Zone || place == `\@.`+w.c.Zone) && part == "":
		return failover.Say(`The new record is at {place} instead of {name}: the console appends {zone} by itself. Delete it and leave "{box}" empty`,
			"place", failover.Display(place), "name", name, "zone", zone, "box", w.h.console.label(nameField))
	case place == w.c.After.Name+w.c.Zone || place == `\@.`+w.c.Zone:
		return failover.Say(`The new record is at {place} instead of {name}: the console appends {zone} by itself. Delete it and type just "{part}" for the name`,
			"place", failover.Display(place), "name", name, "zone", zone, "part", part)
	default:
		return failover.Say("The new record is at {place} instead of {name}: take it back there and enter it at {name}", "place", failover.Display(place), "name", name)
	}
}
