package servers

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestInNamespace(t *testing.T) {
	t.Parallel()
	if !InNamespace(t, Namespace{ResolvConf: "nameserver 127.0.0.53\n", Hosts: "127.0.9.9 there.test\n"}) {
		return
	}
	for _, address := range []string{"127.0.0.53:53", "127.0.9.9:25", "127.255.0.1:443", "[::1]:25"} {
		l, err := net.Listen("tcp", address)
		if err != nil {
			t.Errorf("a privileged port on loopback is not free: %v", err)
			continue
		}
		_ = l.Close()
	}
	if text, err := os.ReadFile("/etc/resolv.conf"); err != nil || string(text) != "nameserver 127.0.0.53\n" {
		t.Errorf("/etc/resolv.conf: %q, %v", text, err)
	}
	if got, err := net.DefaultResolver.LookupHost(t.Context(), "there.test"); err != nil || len(got) != 1 || got[0] != "127.0.9.9" {
		t.Errorf("there.test is %q, %v", got, err)
	}
	// 192.0.2.1 is nobody's (RFC 5737), and there is no way to it from here.
	if _, err := net.Dial("tcp", "192.0.2.1:25"); !errors.Is(err, syscall.ENETUNREACH) {
		t.Errorf("the way out is not closed: %v", err)
	}
	if pid := os.Getpid(); pid != 1 {
		t.Errorf("the test is process %d, so its servers would outlive it", pid)
	}
}

// What happens within must be this run's verdict: the fallen, the broken off and the skipped are told apart.
func TestInNamespaceVerdicts(t *testing.T) {
	t.Parallel()
	if name := os.Getenv(namespaceMark); name != "" {
		t.Run("fails", func(t *testing.T) { InNamespace(t, Namespace{}); t.Error("on purpose") })
		t.Run("skips", func(t *testing.T) { InNamespace(t, Namespace{}); t.Skip("on purpose") })
		t.Run("exits", func(t *testing.T) { InNamespace(t, Namespace{}); os.Exit(0) })
		t.Run("passes", func(t *testing.T) { InNamespace(t, Namespace{}) })
		return
	}
	for name, want := range map[string]string{
		"fails": sayEntered + sayFailed, "skips": sayEntered + saySkipped, "exits": sayEntered, "passes": sayEntered + sayPassed,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var output strings.Builder
			said, _ := within(t, &output)
			if said != want {
				t.Errorf("the run within says %q, not %q:\n%s", said, want, output.String())
			}
		})
	}
}

func TestMountsStayWithin(t *testing.T) {
	t.Parallel()
	const own = "nameserver 127.3.2.1\n"
	if InNamespace(t, Namespace{ResolvConf: own}) {
		return
	}
	if text, err := os.ReadFile("/etc/resolv.conf"); err != nil || string(text) == own {
		t.Errorf("the machine's /etc/resolv.conf is %q, %v", text, err)
	}
}

var errSilence = errors.New("silence")

func TestFirewall(t *testing.T) {
	t.Parallel()
	if !InNamespace(t, Namespace{}) {
		return
	}
	listen(t, "127.0.25.1:25")
	listen(t, "127.0.25.2:25")
	listen(t, "127.0.25.1:587")
	listen(t, "[::1]:25")
	want := func(when, address string, want error) {
		t.Helper()
		patience := time.Minute
		if errors.Is(want, errSilence) {
			patience = 50 * time.Millisecond // nothing else will come
		}
		conn, got := net.DialTimeout("tcp", address, patience)
		if got == nil {
			_ = conn.Close()
		}
		if timeout := net.Error(nil); errors.As(got, &timeout) && timeout.Timeout() {
			got = errSilence
		}
		if !errors.Is(got, want) {
			t.Errorf("%s, a connection to %s ends with %v, not %v", when, address, got, want)
		}
	}
	undo := Firewall(t, Block{Host: "127.0.25.1", Port: 25, Reset: true})
	want("reset", "127.0.25.1:25", syscall.ECONNREFUSED)
	want("reset", "127.0.25.2:25", nil)
	want("reset", "127.0.25.1:587", nil)
	undo()
	want("undone", "127.0.25.1:25", nil)
	undo = Firewall(t, Block{Port: 25})
	want("dropped", "127.0.25.2:25", errSilence)
	want("dropped", "[::1]:25", errSilence)
	want("dropped", "127.0.25.1:587", nil)
	second := Firewall(t, Block{Host: "127.0.25.1", Port: 587, Reset: true})
	undo()
	want("first of two undone", "127.0.25.2:25", nil)
	want("first of two undone", "127.0.25.1:587", syscall.ECONNREFUSED)
	second()
	want("both undone", "127.0.25.1:587", nil)
}

// listen accepts connections, which the kernel does without our help.
func listen(t *testing.T, address string) {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
}

// A server has the addresses that it is given, IPv4 and IPv6.
func TestManyAddresses(t *testing.T) {
	t.Parallel()
	if !InNamespace(t, Namespace{}) {
		return
	}
	for i, start := range []func(testing.TB, DNSConfig) *DNS{
		StartBIND, StartKnot, func(t testing.TB, c DNSConfig) *DNS { return StartPowerDNS(t, c).DNS },
	} {
		listen := []string{fmt.Sprintf("127.0.53.%d:53", i+1), fmt.Sprintf("[fd00::%d]:53", i+1)}
		start(t, DNSConfig{Listen: listen, Zones: exampleZones()})
		for _, address := range listen {
			wantMX(t, address, primaryMX)
		}
	}
}

// In a chroot whose root directory is its owner's alone, servers could not become other users.
func TestClosedRootIsOpened(t *testing.T) {
	t.Parallel()
	if !InNamespace(t, Namespace{}) {
		return
	}
	asNobody := func() error {
		cmd := exec.CommandContext(t.Context(), "/usr/bin/env", "true")
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		return cmd.Run()
	}
	for _, step := range []struct {
		mode string
		open bool
	}{{"0700", false}, {"0755", true}} {
		if err := newRoot(step.mode); err != nil {
			t.Fatal(err)
		}
		if open, err := rootIsOpen(); open != step.open || err != nil {
			t.Errorf("a root of mode %s is open: %v, %v", step.mode, open, err)
		}
		if err := asNobody(); (err == nil) != step.open {
			t.Errorf("in a root of mode %s, a program of another user ends with %v", step.mode, err)
		}
	}
}
