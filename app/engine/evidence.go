package engine

import (
	"context"
	"io"
	"slices"
	"strings"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/probe"
)

// ImportEvidence takes in what was found on another line: a report of lifeboat
// check --json, or an SMTP dialogue copied from a terminal, held at the given time.
// It returns how many findings were taken in.
func (e *Engine) ImportEvidence(ctx context.Context, r io.Reader, at time.Time, names []string, to failover.Role) (int, error) {
	domains, err := e.Domains(names)
	if err != nil {
		return 0, err
	}
	release, err := e.lease()
	if err != nil {
		return 0, err
	}
	defer release()
	got, err := probe.Import(r, probe.ImportOptions{At: at, Now: e.opt.Now(), MaxAge: e.maxAge()})
	if err != nil {
		return 0, err
	}
	count := 0
	for _, d := range domains {
		n, err := e.take(ctx, probe.Target{Domain: d, Provider: d.Provider(to)}, func(*probe.Evidence) ([]failover.Finding, error) { return got, nil })
		if err != nil {
			return count, err
		}
		count += n
	}
	if count == 0 {
		return 0, failover.Fail(failover.ErrInvalid,
			"Nothing in this result is about {provider}: it names other mail hosts or another domain. Was it made with the same settings?", "provider", domains[0].Provider(to).Name)
	}
	return count, nil
}

// Arrived takes in the admin's word that the seed messages sent to these addresses
// by an earlier check were seen to arrive. It returns how many findings that proves.
func (e *Engine) Arrived(ctx context.Context, addresses, names []string, to failover.Role) (int, error) {
	domains, err := e.Domains(names)
	if err != nil {
		return 0, err
	}
	release, err := e.lease()
	if err != nil {
		return 0, err
	}
	defer release()
	count := 0
	for _, d := range domains {
		ours := slices.DeleteFunc(slices.Clone(addresses), func(a string) bool {
			return !slices.ContainsFunc(d.Recipients, func(r failover.Recipient) bool { return strings.EqualFold(r.Address, a) })
		})
		if len(ours) == 0 {
			continue
		}
		t := probe.Target{Domain: d, Provider: d.Provider(to)}
		n, err := e.take(ctx, t, func(ev *probe.Evidence) ([]failover.Finding, error) { return ev.Arrived(t, ours) })
		if err != nil {
			return count, err
		}
		count += n
	}
	if count == 0 {
		return 0, failover.Fail(failover.ErrInvalid, "none of these addresses is a recipient in the settings: {list}", "list", strings.Join(addresses, ", "))
	}
	return count, nil
}

// take adds findings made from the evidence as it is to the evidence file.
func (e *Engine) take(ctx context.Context, t probe.Target, find func(*probe.Evidence) ([]failover.Finding, error)) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	ev := e.evidence(ctx)
	found, err := find(ev)
	if err != nil {
		return 0, err
	}
	n := ev.Merge(t, found)
	return n, e.saveEvidence(ctx, ev)
}

// evidence reads the evidence file. A damaged one counts as none: everything is
// looked at anew.
func (e *Engine) evidence(ctx context.Context) *probe.Evidence {
	ev, err := probe.LoadSealed(e.path(evidenceFile), func(b []byte) ([]byte, error) { return e.unseal(ctx, evidenceFile, b) })
	if err != nil {
		e.opt.Logger.Warn("evidence", "error", err)
	}
	ev.Now = e.opt.Now
	return ev
}

// keep adds findings to the evidence file.
func (e *Engine) keep(ctx context.Context, t probe.Target, fresh []failover.Finding) (*probe.Evidence, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	ev := e.evidence(ctx)
	ev.Merge(t, fresh)
	return ev, e.saveEvidence(ctx, ev)
}

func (e *Engine) saveEvidence(ctx context.Context, ev *probe.Evidence) error {
	return ev.SaveSealed(e.path(evidenceFile), func(b []byte) ([]byte, error) { return e.seal(ctx, evidenceFile, b) })
}
