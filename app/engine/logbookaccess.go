package engine

import (
	"cmp"
	"context"
	"slices"
	"time"

	"lifeboat/failover"
)

// mostAccessDetails is how many readings are told one by one.
const mostAccessDetails = 30

// logAccess tells who read whose mail: by the hour, mailbox and reason.
func (e *Engine) logAccess(ctx context.Context, req LogRequest) ([]LogEntry, error) {
	entries, err := e.AccessLog(ctx, req.Since)
	type sum struct {
		who, account, server, reason string
		ground                       AccessGround
		deed                         AccessDeed // of what opens and is no reading
		hour                         int64
	}
	all := map[sum]*LogEntry{}
	for _, a := range entries {
		k := sum{who: a.Who, account: a.Account, server: a.Server, ground: a.Ground, reason: a.Reason, hour: a.At.Truncate(time.Hour).Unix()}
		if a.Deed == AccessUnlock || a.Deed == AccessOwn || a.Deed == AccessDisown {
			k.deed = a.Deed
		}
		l := all[k]
		if l == nil {
			l = &LogEntry{Kind: LogAccess, Who: a.Who, About: failover.Sentence{Template: a.Account}, Verdict: failover.Pass, Say: accessSay(k.deed, a.Server)}
			l.tell("", a.Why)
			all[k] = l
		}
		l.At = a.At
		switch {
		case k.deed != "":
		case len(l.Details) < mostAccessDetails:
			l.tellAt(a.At, accessDetail(a))
		case len(l.Details) == mostAccessDetails:
			l.tell("", failover.Say("And more in the same hour."))
		}
	}
	var out []LogEntry
	for _, l := range all {
		out = append(out, *l)
	}
	slices.SortFunc(out, func(a, b LogEntry) int {
		return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.About.Template, b.About.Template))
	})
	return out, err
}

func accessSay(d AccessDeed, server string) failover.Sentence {
	switch {
	case d == AccessUnlock:
		return failover.Say("The mailbox was opened for a reason.")
	case d == AccessOwn:
		return failover.Say("The mailbox was said to be one's own.")
	case d == AccessDisown:
		return failover.Say("The mailbox was said not to be one's own any more.")
	case server != "":
		return failover.Say("Mail was read at {server}.", "server", server)
	default:
		return failover.Say("Mail was read in the mirror.")
	}
}

// accessDetail tells of one reading.
func accessDetail(a AccessEntry) failover.Sentence {
	switch a.Deed {
	case AccessShow:
		return failover.Say("Message {id} was read.", "id", a.Message)
	case AccessRaw:
		return failover.Say("The source of message {id} was read.", "id", a.Message)
	case AccessFile:
		return failover.Say("An attachment of message {id} was opened.", "id", a.Message)
	case AccessExport:
		return failover.Say("Messages were exported: {count}.", "count", a.Messages)
	default:
		if a.Folder != "" {
			return failover.Say("The list of {folder} was seen.", "folder", a.Folder)
		}
		return failover.Say("The list was seen, or searched.")
	}
}
