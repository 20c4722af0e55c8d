package cli

import (
	"lifeboat/app/engine"
)

// showMirrorStatus tells how fresh the mirror is: the oldest look at all mailboxes in
// a line, and each mailbox that something is wrong with.
func (s *session) showMirrorStatus(st engine.MirrorStatus) {
	t := s.tongue
	switch {
	case st.State == engine.NoMirror:
		return // a switch needs none
	case st.State != engine.ReadyMirror:
		s.print(t.T("Mirror: {text}", "text", s.say(st.Say)))
		return
	case st.Complete.IsZero():
		s.printT("Mirror: {count} messages of {all} mailboxes, {size}; not all mailboxes were seen to their end yet.",
			"count", st.Messages, "all", len(st.Accounts), "size", size(st.Bytes))
	default:
		s.printT("Mirror: {count} messages of {all} mailboxes, {size}; everything is here that had arrived {age} ago.",
			"count", st.Messages, "all", len(st.Accounts), "size", size(st.Bytes), "age", t.Span(s.Now().Sub(st.Complete)))
	}
	for _, a := range st.Accounts {
		s.showAccountStatus(a)
	}
	s.showAlarms(st.Alarms)
}

// showAccountStatus tells of a mailbox that was not seen to its end the last time, or
// that waits for a decision.
func (s *session) showAccountStatus(a engine.AccountStatus) {
	t := s.tongue
	switch {
	case !a.Removed.IsZero():
		s.print("  " + t.T("{account}: no longer in the settings; {count} messages are here until they have grown old.", "account", a.Account, "count", a.Messages))
		return
	case a.Failed.IsZero():
	case a.Complete.IsZero():
		s.print("  " + t.T("{account}: never seen to its end. {why}", "account", a.Account, "why", s.say(a.Failed)))
	default:
		s.print("  " + t.T("{account}: last seen to its end at {when}. {why}", "account", a.Account,
			"when", t.Clock(a.Complete, s.Now()), "why", s.say(a.Failed)))
	}
	if a.Undescribed > 0 {
		s.print("  " + t.T("{account}: {count} messages are here that a search does not find yet.", "account", a.Account, "count", a.Undescribed))
	}
	s.showHeldFolders(a.Account, a.Held)
}
