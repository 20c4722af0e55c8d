package presentertest

import (
	"context"
	"time"

	"lifeboat/app/engine"
	"lifeboat/failover"
)

// Record is a log that is made by hand.
type Record struct {
	Entries []engine.LogEntry
	Err     error
}

// Logbook implements presenter.Recorder.
func (r *Record) Logbook(context.Context, engine.LogRequest) ([]engine.LogEntry, error) {
	return r.Entries, r.Err
}

// Happened is what an outage leaves in the log, newest first.
func Happened() *Record {
	const who = "sato@desk"
	ago := func(d time.Duration) time.Time { return Noon.Add(-d) }
	about := func(text string) failover.Sentence { return failover.Sentence{Template: text} }
	switched := engine.LogEntry{
		At: ago(70 * time.Minute), Kind: engine.LogSwitch, Who: who, Verdict: failover.Pass, About: about("aoba.example"), Run: "20261121T105000-1f2e3d",
		Say: failover.Say("Mail was switched to {provider}.", "provider", "Fastmail"),
		Details: []engine.LogDetail{
			{Verdict: failover.Warn, Say: failover.Say("The checks before it were overruled: {reason}", "reason", "one recipient is missing at Fastmail")},
			{Verdict: failover.Pass, Say: failover.Say("mail for {domain} is delivered to {provider}", "domain", "aoba.example", "provider", "Fastmail")},
			{At: ago(65 * time.Minute), Say: failover.Say("Old answers about {name} could be given until then.", "name", "aoba.example")},
			{At: ago(69 * time.Minute), Say: failover.Say("It ended.")},
		},
		Exact: []string{
			"- aoba.example 300 MX 10 mx1.primary.example., 20 mx2.primary.example.",
			"+ aoba.example 300 MX 10 mx1.secondary.example.",
		},
	}
	return &Record{Entries: []engine.LogEntry{
		{At: ago(12 * time.Minute), Kind: engine.LogSwitch, Who: who, Verdict: failover.Pass, About: about("aoba.example"), Say: failover.Say("Mail was led home to {provider}.", "provider", "Microsoft 365")},
		{At: ago(31 * time.Minute), Kind: engine.LogWatch, Verdict: failover.Pass, About: about("aoba.example"), Run: "primary", Say: failover.Say("{provider} is in order.", "provider", "Microsoft 365")},
		{At: ago(40 * time.Minute), Kind: engine.LogAccess, Who: who, Verdict: failover.Pass, About: about("tanaka@aoba.example"), Say: failover.Say("Mail was read in the mirror.")},
		{At: ago(58 * time.Minute), Kind: engine.LogRelay, Verdict: failover.Warn, About: about("Microsoft 365"), Say: failover.Say("{count} messages had to wait.", "count", 61), Exact: []string{"11:02:11  01JB000000000003  451 4.3.2 System not accepting network messages"}},
		switched,
		{At: ago(82 * time.Minute), Kind: engine.LogWatch, Verdict: failover.Red, About: about("aoba.example"), Run: "primary", Say: failover.Say("{provider} takes no mail from outside.", "provider", "Microsoft 365")},
		{At: ago(26 * time.Hour), Kind: engine.LogMirror, Verdict: failover.Warn, About: about("orders@aoba.example"), Say: failover.Say("The mailbox could not be mirrored.")},
		{At: ago(47 * 24 * time.Hour), Kind: engine.LogDrill, Verdict: failover.Pass, About: about("The MX resets every connection"), Run: "20261005-1000-ex196121", Say: failover.Say("A drill in the lab was passed.")},
		{At: ago(400 * 24 * time.Hour), Kind: engine.LogSwitch, Who: who, Verdict: failover.Pass, About: about("aoba.example"), Say: failover.Say("The records for a later switch were published.")},
	}}
}
