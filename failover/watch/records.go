package watch

import (
	"context"
	"net/netip"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/detect"
	"lifeboat/failover/dnsview"
)

// zone is what is known of who serves the domain's records.
type zone struct {
	name    string
	servers []dnsview.Server
	at      time.Time
}

// zoneHolds is how long it is taken for granted who serves the domain's records. An
// NS set is cached for a day or two all over the world.
const zoneHolds = time.Hour

func recordsAt(s dnsview.Server) detect.Target {
	return detect.Target{Service: detect.Records, Host: failover.FQDN(s.Name)}
}

func dnsControlOf(a netip.Addr) detect.Target {
	return detect.Target{Service: detect.DNS, Host: a.String()}
}

// records asks each authoritative server for the domain's MX records.
func (w *Watcher) records(ctx context.Context) []detect.Observation {
	z := w.servers(ctx)
	if len(z.servers) == 0 {
		return nil
	}
	view := w.opt.Reader.Authoritative(ctx, z.name, z.servers, failover.Key{Name: w.opt.Domain.Name, Type: "MX"})
	var out []detect.Observation
	for _, a := range view.Answers {
		o := w.recordsSeen(a)
		if ctx.Err() != nil && o.Outcome == detect.Timeout {
			o.Outcome = detect.Unable // it was not waited for
		}
		out = append(out, o)
	}
	return out
}

// servers finds out who serves the domain's records, if it is not known or has been
// for long. Where that fails, what was known holds.
func (w *Watcher) servers(ctx context.Context) zone {
	w.mu.Lock()
	z, now := w.zone, w.opt.Now()
	w.mu.Unlock()
	if age := now.Sub(z.at); len(z.servers) > 0 && age >= 0 && age < zoneHolds {
		return z
	}
	name, err := w.opt.Reader.Zone(ctx, w.opt.Domain.Name)
	if err != nil {
		w.opt.Log.Debug("zone", "error", err)
		return z
	}
	servers, err := w.opt.Reader.Servers(ctx, name)
	if err != nil || ctx.Err() != nil {
		w.opt.Log.Debug("name servers", "error", err)
		return z
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.zone = zone{name, servers, now}
	return w.zone
}

// recordsSeen puts an answer into the words of detection. Right are the hosts of one
// provider of the domain, or of both; which of them is not asked here.
func (w *Watcher) recordsSeen(a failover.Answer) detect.Observation {
	o := detect.Observation{Target: detect.Target{Service: detect.Records, Host: a.Server}, Stage: detect.AtResolve, Answer: a.Detail.String()}
	switch a.State {
	case failover.Answered:
		switch w.opt.Domain.RouteOf(a.Set) {
		case failover.RoutePrimary, failover.RouteSecondary, failover.RouteMixed:
			o.Outcome, o.Answer = detect.OK, ""
		default:
			o.Outcome = detect.Permanent
			if o.Answer == "" {
				o.Answer = a.Set.String()
			}
		}
	case failover.Lame, failover.Refused:
		o.Outcome = detect.Temporary
	case failover.Silent, failover.BlockedLine:
		o.Outcome = detect.Timeout
	default:
		o.Outcome = detect.Unable
	}
	return o
}

// dnsControls asks name servers that have nothing to do with the domain. One that
// answers without authority is no root server: somebody on the line answers in its
// place.
func (w *Watcher) dnsControls(ctx context.Context) []detect.Observation {
	all := dnsview.Server{Name: "controls.invalid.", Addrs: w.opt.DNSControls}
	view := w.opt.Reader.Authoritative(ctx, ".", []dnsview.Server{all}, failover.Key{Name: ".", Type: "NS"})
	var out []detect.Observation
	for _, a := range view.Answers {
		o := detect.Observation{Target: dnsControlOf(a.Addr), Stage: detect.AtResolve, Outcome: detect.Timeout, Answer: a.Detail.String()}
		switch a.State {
		case failover.Answered, failover.Refused:
			o.Outcome, o.Answer = detect.OK, ""
		case failover.NoIPv6:
			o.Outcome = detect.Unable
		default:
		}
		out = append(out, o)
	}
	return out
}
