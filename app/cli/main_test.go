package cli_test

import (
	"os"
	"testing"
	"time"
)

// What is kept in testdata shows times of day: as in Greenwich, wherever the tests run.
func TestMain(m *testing.M) {
	time.Local = time.UTC
	os.Exit(m.Run())
}
