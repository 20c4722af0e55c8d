package engine

import (
	"time"

	"lifeboat/mailstore"
	"lifeboat/mailstore/mirror"
)

// MirrorReport is what a run of the mirror did.
type MirrorReport struct {
	At       time.Time         `json:"at"`
	Accounts []MirroredAccount `json:"accounts"`
	// Failed counts the accounts whose check is not complete, HeldFolders the folders
	// that wait for a decision.
	Failed      int `json:"failed"`
	HeldFolders int `json:"held_folders"`
	// Removed counts messages that had grown old enough to go.
	Removed int           `json:"removed"`
	Alarms  []MirrorAlarm `json:"alarms"`
}

// MirroredAccount is what a run did for an account.
type MirroredAccount struct {
	Account  string             `json:"account"`
	Complete bool               `json:"complete"` // every folder was seen to its end
	Failed   mailstore.Sentence `json:"failed,omitzero"`
	Retry    time.Time          `json:"retry,omitzero"`
	Arrived  int                `json:"arrived"` // messages new to the account
	Moved    int                `json:"moved"`
	Changed  int                `json:"changed"`
	Gone     int                `json:"gone"`
	// Fetched and Bytes are the messages whose bytes came from the primary.
	Fetched    int              `json:"fetched"`
	Bytes      int64            `json:"bytes"`
	Folders    int              `json:"folders"`
	Missing    []MissingMessage `json:"missing,omitempty"`
	Held       []HeldFolder     `json:"held,omitempty"`
	Received   int64            `json:"received_bytes"` // on the wire
	Sent       int64            `json:"sent_bytes"`
	RoundTrips int              `json:"round_trips"`
	Seconds    float64          `json:"seconds"`
}

// Quiet reports whether there is nothing to say of the account.
func (a MirroredAccount) Quiet() bool {
	return a.Complete && a.Arrived+a.Moved+a.Changed+a.Gone+len(a.Missing)+len(a.Held) == 0
}

// MissingMessage is one that the primary lists and does not give.
type MissingMessage struct {
	Folder string             `json:"folder"`
	UID    mailstore.UID      `json:"uid"`
	Size   int64              `json:"size"`
	Why    mailstore.Sentence `json:"why"`
}

// HeldFolder is a folder that waits for a decision, since unusually much of it
// vanished at once.
type HeldFolder struct {
	Folder string    `json:"folder"`
	Gone   int       `json:"gone"`
	Of     int       `json:"of"`
	Since  time.Time `json:"since"`
}

// MirrorAlarm is something about the mirror that a person should know.
type MirrorAlarm struct {
	Severity mirror.Severity    `json:"severity"`
	Account  string             `json:"account,omitempty"`
	Say      mailstore.Sentence `json:"say"`
	Why      mailstore.Sentence `json:"why,omitzero"`
	Do       mailstore.Sentence `json:"do,omitzero"`
}

// reportOf puts the mirror's report into the form of faces and documents.
func reportOf(r mirror.Report, now time.Time) MirrorReport {
	out := MirrorReport{At: now.UTC(), Accounts: []MirroredAccount{}, Alarms: []MirrorAlarm{}}
	for _, a := range r.Accounts {
		m := MirroredAccount{
			Account: a.Account.Address, Complete: a.Err == nil, Failed: a.Check.Failed, Retry: a.Check.Retry,
			Arrived: a.Check.Changes.Arrived, Moved: a.Check.Changes.Moved, Changed: a.Check.Changes.Changed, Gone: a.Check.Changes.Gone,
			Fetched: a.Fetched, Bytes: a.Bytes, Folders: a.Folders, Held: heldOf(a.Held),
			Received: a.Traffic.In, Sent: a.Traffic.Out, RoundTrips: a.Traffic.RoundTrips,
			Seconds: a.Check.Ended.Sub(a.Check.Began).Seconds(),
		}
		if a.Err != nil && m.Failed.IsZero() {
			m.Failed = mailstore.SentenceOf(a.Err)
		}
		for _, miss := range a.Missing {
			m.Missing = append(m.Missing, MissingMessage{miss.Folder, miss.UID, miss.Size, miss.Why})
		}
		if !m.Complete {
			out.Failed++
		}
		out.HeldFolders += len(m.Held)
		out.Accounts = append(out.Accounts, m)
	}
	return out
}

func heldOf(folders []mailstore.Folder) []HeldFolder {
	var out []HeldFolder
	for _, f := range folders {
		if f.Held != nil {
			out = append(out, HeldFolder{f.Name, f.Held.Gone, f.Held.Of, f.Held.Since})
		}
	}
	return out
}

// alarms tells what is wrong with the mirror, the most urgent first.
func (e *Engine) alarms(fresh []mailstore.Freshness) []MirrorAlarm {
	out := []MirrorAlarm{}
	limits := mirror.Limits{Behind: e.opt.Settings.Mirror.AlarmAfter.Duration()}
	for _, a := range mirror.Alarms(fresh, limits, e.opt.Now()) {
		out = append(out, MirrorAlarm{a.Severity, a.Account.Address, a.Say, a.Why, a.Do})
	}
	return out
}
