package detect

import "testing"

// Reading recovered in one look and handing in mail in the next one: nobody is told in
// between to send through the other provider.
func TestNoAdviceToMoveWhatIsRecovering(t *testing.T) {
	well := Part{Health: Healthy}
	for _, c := range []struct {
		clean int
		want  Advice
	}{{0, SwitchSending}, {9, SwitchSending}, {10, SwitchWrong}, {19, SwitchWrong}} {
		out := Part{Health: Down, Evidence: []Evidence{{Health: Healthy}, {Health: Down, Clean: c.clean, Needed: 20}}}
		if got, say := adviceStaff(well, out, well, []any{"provider", "A", "other", "B"}); got != c.want || say.IsZero() {
			t.Errorf("after %d sound looks of 20: %s (%s), not %s", c.clean, got, say, c.want)
		}
	}
	if got, _ := adviceStaff(well, Part{Health: Down, Fault: FaultSending}, well, nil); got != SwitchSending {
		t.Errorf("without evidence: %s", got)
	}
}
