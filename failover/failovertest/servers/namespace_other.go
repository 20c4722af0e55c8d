//go:build !linux

package servers

import "testing"

// InNamespace skips the test: only Linux has network namespaces.
func InNamespace(t *testing.T, _ Namespace) bool {
	t.Helper()
	t.Skip("this test needs ports 25 and 53 in a network namespace of its own, which only Linux has")
	return false
}
