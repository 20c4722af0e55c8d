package drill

import (
	"slices"
	"strings"

	"lifeboat/failover"
)

// Say names the move as people do, to stand inside of a sentence. (The words of the
// command line, which records keep, are the moves themselves.)
func (m Move) Say() failover.Sentence {
	switch m {
	case Failover:
		return failover.Say("switch to the secondary")
	case Failback:
		return failover.Say("switch back to the primary")
	case SendOnly:
		return failover.Say("send through the secondary alone")
	case Repair:
		return failover.Say("put the domain's own records right")
	case Announce:
		return failover.Say("work from the emergency subdomain")
	case Stay:
		return failover.Say("change nothing")
	}
	return failover.Sentence{Template: string(m)}
}

// Spoken returns a sentence of a drill with its moves as people name them: tell tells a
// move's name, and what stands between two, in somebody's language. Sentences without
// moves stay as they are.
func Spoken(s failover.Sentence, tell func(failover.Sentence) string) failover.Sentence {
	out := s
	out.Args = slices.Clone(s.Args)
	for i := 1; i < len(s.Args); i += 2 {
		if !slices.Contains([]string{"move", "moves", "right"}, s.Args[i-1]) {
			continue
		}
		names := strings.Split(s.Args[i], ", ")
		for n, word := range names {
			if m := Move(word); slices.Contains(moves, m) {
				names[n] = tell(m.Say())
			}
		}
		out.Args[i] = strings.Join(names, tell(failover.Say(", then ")))
	}
	return out
}
