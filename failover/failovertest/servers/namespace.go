package servers

import (
	"net/netip"
	"os"
	"testing"
)

// A Namespace is what a test finds instead of this machine's network: loopback with all of 127.0.0.0/8 and ::1, no way
// out, every port free, and these files. The zero value will do where nothing is looked up by name.
type Namespace struct {
	// ResolvConf is /etc/resolv.conf, such as "nameserver 127.0.0.53\n".
	ResolvConf string
	// Hosts is /etc/hosts, after the lines for localhost.
	Hosts string
}

// namespaceMark is the environment variable that tells the test program that it is the one within, and for which test.
const namespaceMark = "LIFEBOAT_TEST_NAMESPACE"

// namespaceDir is the environment variable that names a directory of the first run's, which it removes: the run within
// can be killed before it has cleaned up.
const namespaceDir = "LIFEBOAT_TEST_NAMESPACE_DIR"

// Inside reports whether the test runs in a namespace made by [InNamespace].
func Inside() bool { return os.Getenv(namespaceMark) != "" }

// claim makes sure that a server can listen on an address. BIND listens only on addresses that an interface has by
// name, and loopback has 127.0.0.1 and ::1: in a namespace others are added, on the machine itself nothing is changed.
func claim(t testing.TB, host string) {
	t.Helper()
	address, err := netip.ParseAddr(host)
	switch {
	case err != nil:
		t.Fatalf("%q is no IP address: %v", host, err)
	case host == "127.0.0.1" || host == "::1":
	case !Inside():
		t.Fatalf("outside a namespace servers listen on 127.0.0.1 or ::1, not on %s: call InNamespace first", host)
	case address.Is4():
		command(t, "iproute2", "ip", "address", "replace", host+"/32", "dev", "lo")
	default:
		command(t, "iproute2", "ip", "address", "replace", host+"/128", "dev", "lo", "nodad")
	}
}
