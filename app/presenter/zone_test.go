package presenter_test

import (
	"os"
	"testing"
	"time"
)

// TestMain has all tests in one time zone: what is told of times is the local one.
func TestMain(m *testing.M) {
	time.Local = time.UTC //nolint:gosmopolitan // so that it is the same wherever it is tested
	os.Exit(m.Run())
}
