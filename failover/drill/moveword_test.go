package drill

import (
	"testing"

	"lifeboat/failover"
)

// Reports named moves by the words of the command line, in every language. They are named
// as people do; a sentence about anything else stays as it is, and so does the record.
func TestMovesAreNamedAsPeopleDo(t *testing.T) {
	tell := func(s failover.Sentence) string {
		return map[string]string{"switch to the secondary": "予備への切り替え", "switch back to the primary": "普段への切り戻し", ", then ": "、次に"}[s.Template]
	}
	kept := failover.Say("Moves made: {moves}. Right would have been: {right}.", "moves", list([]Move{Failover, Failback}), "right", list(nil))
	if got := Spoken(kept, tell).String(); got != "Moves made: 予備への切り替え、次に普段への切り戻し. Right would have been: —." {
		t.Error(got)
	}
	if kept.Args[1] != "failover, failback" {
		t.Errorf("the record says %s", kept.Args[1])
	}
	other := failover.Say("{who} said {text}.", "who", "failover", "text", "failback")
	if got := Spoken(other, tell).String(); got != other.String() {
		t.Error(got)
	}
	named := map[string]bool{}
	for _, m := range moves {
		if name := m.Say().String(); name == string(m) || named[name] {
			t.Errorf("%s is called %s", m, name)
		} else {
			named[name] = true
		}
	}
}
