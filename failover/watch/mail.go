package watch

import (
	"context"
	"slices"

	"lifeboat/failover"
	"lifeboat/failover/detect"
	"lifeboat/failover/probe"
)

// stages and outcomes put the words of package probe into those of detection. A
// server whose replies all come late works, and what it would have said at last
// nobody waited for: that it took too long is what was seen.
var stages = map[probe.Stage]detect.Stage{
	probe.AtResolve: detect.AtResolve, probe.AtConnect: detect.AtTCP, probe.AtTLS: detect.AtTLS, probe.AtBanner: detect.AtBanner,
	probe.AtEHLO: detect.AtEHLO, probe.AtMail: detect.AtMail, probe.AtRCPT: detect.AtRCPT, probe.AtSignIn: detect.AtSignIn,
}

var outcomes = map[probe.Ending]detect.Outcome{
	probe.Well: detect.OK, probe.Late: detect.OK, probe.Later: detect.Temporary, probe.Never: detect.Permanent, probe.Refused: detect.Refused,
	probe.Reset: detect.Reset, probe.Nothing: detect.Timeout, probe.Ours: detect.Unable, probe.Unnamed: detect.Permanent,
}

func (w *Watcher) observed(t detect.Target, word probe.Word) detect.Observation {
	o := detect.Observation{Target: t, Stage: stages[word.Stage], Outcome: outcomes[word.Ending], Answer: word.Answer}
	if word.Ending == probe.Late {
		o.Took = w.opt.Patience // at least
	}
	return o
}

// mx looks at an MX host.
func (w *Watcher) mx(ctx context.Context, t detect.Target, number uint64) []detect.Observation {
	words := w.probers[t.Role].Ask(ctx, t.Host, w.recipients(number))
	tls := words[0].Stage == probe.AtTLS && words[0].Ending != probe.Well
	if !w.believed(t, words, tls) && len(words) > 1 {
		words = words[1:] // it was never any better
	}
	var out []detect.Observation
	for _, word := range words {
		out = append(out, w.weighed(t, word))
	}
	return out
}

// believed reports whether trouble with TLS counts, and notes whom it would count for.
func (w *Watcher) believed(t detect.Target, words []probe.Word, trouble bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !trouble && words[len(words)-1].Ending == probe.Well {
		w.secure[t] = true
	}
	return !trouble || w.secure[t]
}

// weighed is observed, but makes of a "no" that has never been a yes what it is:
// nothing to go by.
func (w *Watcher) weighed(t detect.Target, word probe.Word) detect.Observation {
	o := w.observed(t, word)
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case word.Ending == probe.Well:
		w.proved[t] = true
	case o.Outcome == detect.Permanent && !w.proved[t]:
		o.Outcome = detect.Unable
	}
	return o
}

// recipients are those to ask for in a round, accounts before what may refuse
// strangers. Each round begins with another one, so that one bad mailbox is not met
// every time.
func (w *Watcher) recipients(number uint64) []string {
	var out []string
	for _, kind := range []failover.RecipientKind{failover.Account, failover.Shared, failover.Alias, failover.Group} {
		for _, r := range w.opt.Domain.Recipients {
			if r.Kind == kind {
				out = append(out, r.Address)
			}
		}
		if len(out) > 1 {
			break
		}
	}
	if len(out) == 0 {
		return nil
	}
	first := int(number % uint64(len(out))) //nolint:gosec // below the length of a list
	return append(slices.Clone(out[first:]), out[:first]...)
}

// controlOf is the target that a control is.
func controlOf(control string) detect.Target {
	host, _ := probe.SplitControl(control)
	return detect.Target{Service: detect.MX, Host: failover.FQDN(host)}
}

func (w *Watcher) control(ctx context.Context, control string) []detect.Observation {
	return []detect.Observation{w.observed(controlOf(control), w.probers[""].Hail(ctx, control))}
}
