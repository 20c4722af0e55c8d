package engine_test

import (
	"slices"
	"testing"

	"lifeboat/app/engine"
	"lifeboat/failover"
)

// A sign-in that never worked is remarked upon once, though the server puts another
// number into each of its answers; one at another host is another matter.
func TestRemarksOnceWhateverTheAnswer(t *testing.T) {
	refused := func(host, answer string) failover.Sentence {
		return failover.Say("{host} refuses: {answer}", "host", host, "answer", answer)
	}
	var said []string
	remark := engine.NewRemarks(func(s failover.Sentence) { said = append(said, s.String()) })
	for _, s := range []failover.Sentence{refused("a", "535 no, 1"), refused("a", "535 no, 2"), refused("b", "535 no, 3"), refused("b", "535 no, 3")} {
		remark(s)
	}
	if want := []string{"a refuses: 535 no, 1", "b refuses: 535 no, 3"}; !slices.Equal(said, want) {
		t.Errorf("said %q", said)
	}
}
