package engine

import (
	"context"
	"strings"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/journal"
)

// logSwitches tells of each run of the journal.
func (e *Engine) logSwitches(context.Context, LogRequest) ([]LogEntry, error) {
	entries, err := journal.Read(e.path(journalFile))
	beside := map[string][]journal.Entry{}
	for _, j := range entries {
		beside[j.Op] = append(beside[j.Op], j)
	}
	var out []LogEntry
	for _, op := range journal.Operations(entries) {
		out = append(out, e.logRun(op, beside[op.ID]))
	}
	return out, err
}

// logRun tells of one run.
func (e *Engine) logRun(op journal.Operation, entries []journal.Entry) LogEntry {
	l := LogEntry{At: op.Started, Kind: LogSwitch, Who: op.Who, Run: op.ID, About: failover.Sentence{Template: displayed(op.Plan.Domains)}}
	provider := e.providerOf(op.Plan)
	switch op.Result {
	case journal.Done:
		l.Verdict, l.Say = failover.Pass, runDone(op.Plan, provider)
	case journal.Aborted:
		l.Verdict, l.Say = failover.Warn, runStopped(op.Plan, provider)
	case journal.Abandoned:
		l.Verdict, l.Say = failover.Warn, failover.Say("A change was closed before it was finished.")
	default:
		l.Verdict, l.Say = failover.Unknown, failover.Say("A change is not finished.")
	}
	if op.Result != journal.Done {
		l.tell("", planned(op.Plan, provider))
	}
	for _, j := range entries {
		l.remark(j)
	}
	for _, s := range op.Plan.Routes {
		l.tell(stepVerdict(op.Steps[s.ID]), s.Reason)
		l.Exact = append(l.Exact, "- "+failover.Display(s.Domain)+" -> "+string(s.Before), "+ "+failover.Display(s.Domain)+" -> "+string(s.After))
	}
	for _, s := range op.Plan.Steps {
		l.tell(stepVerdict(op.Steps[s.ID]), s.Reason)
		if until := op.OldUntil[s.ID]; !until.IsZero() && !op.OldOpen[s.ID] {
			l.tellAt(until, failover.Say("Old answers about {name} could be given until then.", "name", failover.Display(s.After.Name)))
		}
		l.Exact = append(l.Exact, "- "+s.Before.String(), "+ "+s.After.String())
	}
	if !op.Ended.IsZero() {
		l.tellAt(op.Ended, failover.Say("It ended."))
	}
	return l
}

// remark tells what an entry of the journal says beside the steps.
func (l *LogEntry) remark(j journal.Entry) {
	switch j.Event {
	case journal.Override:
		l.tell(failover.Warn, failover.Say("The checks before it were overruled: {reason}", "reason", j.Reason))
	case journal.LockTaken:
		l.tell(failover.Warn, failover.Say("The lock of an earlier change was taken over."))
	case journal.Trouble:
		l.tell(failover.Red, j.Say)
	default:
		l.tell("", j.Say)
	}
}

// tell adds a detail, unless it says nothing.
func (l *LogEntry) tell(v failover.Verdict, s failover.Sentence) {
	if !s.IsZero() {
		l.Details = append(l.Details, LogDetail{Verdict: v, Say: s})
	}
}

// tellAt adds a detail with a time of its own.
func (l *LogEntry) tellAt(at time.Time, s failover.Sentence) {
	l.Details = append(l.Details, LogDetail{At: at.UTC(), Say: s})
}

// stepVerdict is how far a step came.
func stepVerdict(s failover.StepState) failover.Verdict {
	switch {
	case s.Made():
		return failover.Pass
	case s.Reached():
		return failover.Unknown
	}
	return failover.Red
}

// providerOf is the name of the provider that a plan leads to.
func (e *Engine) providerOf(p failover.Plan) string {
	role := p.Kind.Target()
	for _, s := range p.Routes {
		role = s.After
	}
	if len(p.Domains) > 0 {
		if providers, ok := e.opt.Settings.ProvidersOf(p.Domains[0]); ok {
			if name := providers.Primary.Name; role == failover.Primary && name != "" {
				return name
			}
			if name := providers.Secondary.Name; role == failover.Secondary && name != "" {
				return name
			}
		}
	}
	return string(role)
}

func displayed(domains []string) string {
	var out []string
	for _, d := range domains {
		out = append(out, failover.Display(d))
	}
	return strings.Join(out, ", ")
}

func runDone(p failover.Plan, provider string) failover.Sentence {
	switch p.Kind {
	case failover.Failover:
		return failover.Say("Mail was switched to {provider}.", "provider", provider)
	case failover.Failback:
		return failover.Say("Mail was led home to {provider}.", "provider", provider)
	case failover.Prepare:
		return failover.Say("The records for a later switch were published.")
	case failover.SendRoute:
		return failover.Say("What is sent leaves through {provider} from then on.", "provider", provider)
	default:
		return failover.Say("An earlier change was taken back.")
	}
}

func runStopped(p failover.Plan, provider string) failover.Sentence {
	switch p.Kind {
	case failover.Failover:
		return failover.Say("A switch to {provider} was begun, and nothing was changed.", "provider", provider)
	case failover.Failback:
		return failover.Say("A way home to {provider} was begun, and nothing was changed.", "provider", provider)
	default:
		return failover.Say("A change was begun, and nothing was changed.")
	}
}

// planned is what a plan wanted.
func planned(p failover.Plan, provider string) failover.Sentence {
	switch p.Kind {
	case failover.Failover:
		return failover.Say("Planned: mail to {provider}.", "provider", provider)
	case failover.Failback:
		return failover.Say("Planned: mail home to {provider}.", "provider", provider)
	case failover.Prepare:
		return failover.Say("Planned: the records for a later switch.")
	case failover.SendRoute:
		return failover.Say("Planned: what is sent through {provider}.", "provider", provider)
	default:
		return failover.Say("Planned: an earlier change taken back.")
	}
}
