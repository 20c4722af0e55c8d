package failover_test

import (
	"errors"
	"fmt"
	"testing"

	"lifeboat/failover"
)

func TestSentenceOf(t *testing.T) {
	ours := failover.Fail(failover.ErrZone, "{zone} is not ours", "zone", "example.test").Because(errors.New("NXDOMAIN"))
	for _, err := range []error{ours, fmt.Errorf("while looking: %w", ours), errors.Join(errors.New("one"), ours)} {
		if got := failover.SentenceOf(err).String(); got != "example.test is not ours" {
			t.Errorf("%v: %s", err, got)
		}
	}
	if got := failover.SentenceOf(errors.New("{zone} as the library says")).String(); got != "{zone} as the library says" {
		t.Error(got)
	}
}
