package journal

import (
	"time"

	"lifeboat/failover"
)

// Operation is one run as the journal tells it.
type Operation struct {
	ID      string
	Plan    failover.Plan
	Who     string
	Started time.Time
	Ended   time.Time // zero while the run is open
	Result  Result    // empty while the run is open
	// Steps is how far each step has come, those of send routes too, by step ID; one
	// with a request whose answer never came is Sent until it is confirmed.
	Steps map[string]failover.StepState
	// Lost are the steps with a request whose answer never came: it may have been
	// carried out, or may yet be, whatever became of later ones.
	Lost map[string]bool
	// Acked is when the host confirmed a step; OldUntil when the last old
	// answer leaves the caches, open-ended while OldOpen. A step that is not
	// Verified has one too, once it was looked for in vain.
	Acked    map[string]time.Time
	OldUntil map[string]time.Time
	OldOpen  map[string]bool
	// Trouble is the last thing that went wrong.
	Trouble failover.Sentence
}

// Open reports whether the run was begun and not ended.
func (o Operation) Open() bool { return o.Result == "" }

// Touched reports whether any step may have changed something: reached the host, or
// moved a send route, which is done here as soon as it is intended.
func (o Operation) Touched() bool {
	for _, s := range o.Steps {
		if s.Reached() {
			return true
		}
	}
	for _, s := range o.Plan.Routes {
		if o.Steps[s.ID] == failover.Intent {
			return true
		}
	}
	return false
}

// Operations puts the entries together into runs, oldest first.
func Operations(entries []Entry) []Operation {
	var ops []Operation
	at := map[string]int{}
	for _, e := range entries {
		if e.Event == Begin && e.Plan != nil {
			at[e.Op] = len(ops)
			ops = append(ops, begun(e))
			continue
		}
		if i, ok := at[e.Op]; ok {
			ops[i].take(e)
		}
	}
	return ops
}

// Unfinished returns the run that is open, if any. There is never more than one.
func Unfinished(entries []Entry) (Operation, bool) {
	for _, o := range Operations(entries) {
		if o.Open() {
			return o, true
		}
	}
	return Operation{}, false
}

func begun(e Entry) Operation {
	o := Operation{
		ID: e.Op, Plan: *e.Plan, Who: e.Who, Started: e.At,
		Steps: map[string]failover.StepState{}, Lost: map[string]bool{}, Acked: map[string]time.Time{},
		OldUntil: map[string]time.Time{}, OldOpen: map[string]bool{},
	}
	for _, s := range e.Plan.Steps {
		o.Steps[s.ID] = failover.Pending
	}
	for _, s := range e.Plan.Routes {
		o.Steps[s.ID] = failover.Pending
	}
	return o
}

func (o *Operation) take(e Entry) {
	switch e.Event {
	case Intent:
		if o.Steps[e.Step] == failover.Sent {
			o.Lost[e.Step] = true // what was sent stays so, whatever is intended now
			break
		}
		o.Steps[e.Step] = failover.Intent
	case Sent:
		o.Steps[e.Step] = failover.Sent
	case Refused:
		o.Steps[e.Step] = failover.Pending
		if o.Lost[e.Step] {
			o.Steps[e.Step] = failover.Sent
		}
	case Ack:
		delete(o.Lost, e.Step)
		o.Steps[e.Step] = failover.Ack
		o.Acked[e.Step] = e.At
	case Verified:
		o.Steps[e.Step] = failover.Verified
		o.OldUntil[e.Step], o.OldOpen[e.Step] = e.OldUntil, e.OldUntilOpen
	case Note:
		if _, known := o.Steps[e.Step]; known { // made, and not seen everywhere yet
			o.OldUntil[e.Step], o.OldOpen[e.Step] = e.OldUntil, e.OldUntilOpen
		}
	case Trouble:
		o.Trouble = e.Say
	case End:
		o.Ended, o.Result = e.At, e.Result
	case Begin, Override, LockTaken:
	}
}
