package manual

import (
	"lifeboat/failover"
)

// noteKind names a note in a console's file.
type noteKind string

// The notes. chooseFirst and similarPage are told on the way to the page, untick and
// decline before saving, the others before typing.
const (
	chooseFirst   noteKind = "choose-first"
	untick        noteKind = "untick"
	decline       noteKind = "decline"
	keepMailboxes noteKind = "keep-mailboxes"
	priorityBox   noteKind = "priority-box"
	similarPage   noteKind = "similar-page"
	otherLabels   noteKind = "other-labels"
)

// noteSentence is a note in words; the zero Sentence for one that is not known.
func noteSentence(n note, c *console) failover.Sentence {
	switch n.Note {
	case chooseFirst:
		return failover.Say(`Choose "{word}" there first: only then can these records be entered`, "word", n.Word)
	case untick:
		return failover.Say(`If the box "{word}" is there, take the tick out: with it the domain would move to other name servers`, "word", n.Word)
	case decline:
		return failover.Say(`If "{word}" is offered on the way, decline it and go on`, "word", n.Word)
	case keepMailboxes:
		return failover.Say("Delete no mailboxes at {console}, although its manual asks for it in a lasting move: they are needed when mail comes back", "console", c.name())
	case priorityBox:
		return failover.Say(`If there is a box of its own for the preference, type the number there and only the host name in "{field}"`, "field", c.label(priorityValueField))
	case similarPage:
		return failover.Say(`Do not use the page "{word}", which looks alike: what is written there does not count as a record`, "word", n.Word)
	case otherLabels:
		return failover.Say("The labels may be others there: Host or Name, Target or Data or Points to, Preference or Priority")
	default:
		return failover.Sentence{}
	}
}

// labelSentence is a field's label: the word on the screen, or, for the generic
// console, what such a field is mostly called.
func labelSentence(f fieldOf) failover.Sentence {
	if f.Label != "" {
		return failover.Say("{label}", "label", f.Label)
	}
	switch f.Is {
	case nameField:
		return failover.Say("Name")
	case typeField:
		return failover.Say("Type")
	case priorityField:
		return failover.Say("Priority")
	case ttlField:
		return failover.Say("TTL (seconds)")
	case valueField, priorityValueField:
		return failover.Say("Value")
	default:
		return failover.Say("{label}", "label", f.Is)
	}
}
