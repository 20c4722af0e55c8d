package desktop_test

import (
	"fmt"
	"os"
	"testing"
)

// TestMain keeps what starts with the computer, and what lies on the session's bus, out
// of the tests.
func TestMain(m *testing.M) { os.Exit(apart(m)) }

func apart(m *testing.M) int {
	if os.Getenv(windowFolder) != "" {
		return beWindow()
	}
	if os.Getenv("XDG_CONFIG_HOME") != testConfig() {
		dir, err := os.MkdirTemp("", "lifeboat-desktop-test-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer func() { _ = os.RemoveAll(dir) }()
		return again(dir)
	}
	return m.Run()
}

// testConfig is the folder that a run of these tests has its settings in.
func testConfig() string { return os.Getenv("LIFEBOAT_TEST_CONFIG") }
