package relay_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"lifeboat/failover"
	"lifeboat/failover/failovertest/servers"
	"lifeboat/failover/relay"
	"lifeboat/failover/relay/deliver"
	"lifeboat/failover/relay/queue"
	"lifeboat/failover/relay/submit"
	"lifeboat/failover/relay/users"
)

// relayVariable tells this test program that it is to be a relay, and how.
const relayVariable = "LIFEBOAT_BENCH_RELAY"

type relayOrder struct {
	Dir      string
	Provider uint16 // the port of the provider; a closed one is a dead provider
}

func TestMain(m *testing.M) {
	if order := os.Getenv(relayVariable); order != "" {
		os.Exit(beRelay(order))
	}
	os.Exit(m.Run())
}

const printer = "printer@example.test"

// concurrent is how many connections there are to one destination: Postfix's own default
// (default_destination_concurrency_limit), which the relay is given too.
const concurrent = 20

type primaryAlone struct{}

func (primaryAlone) Route(string) failover.Role { return failover.Primary }
func (primaryAlone) Changed() <-chan struct{}   { return nil }
func (primaryAlone) Credential(_ context.Context, _ failover.Role, sender string) (relay.Credential, error) {
	return relay.Credential{Login: sender}, nil
}

// nobody has an app password.
type nobody struct{}

func (nobody) Check(context.Context, string, string) (users.User, bool) { return users.User{}, false }
func (nobody) Get(string) (users.User, bool)                            { return users.User{}, false }

// beRelay is the relay without the rest of Lifeboat: it takes mail in from devices, keeps
// it on the disk, and sends it on. It prints its address, and ends with its input.
func beRelay(text string) int {
	var o relayOrder
	err := json.Unmarshal([]byte(text), &o)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	var q *queue.Queue
	if err == nil {
		q, err = queue.Open(ctx, queue.Options{Dir: o.Dir, Key: [32]byte{1}})
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	in := submit.New(submit.Options{
		Queue: q, Users: nobody{}, Listen: []submit.Listen{{Address: "127.0.0.1:0", TLS: failover.StartTLS}}, Hostname: "relay.example.test",
		Devices: []submit.Device{{Prefixes: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, User: printer}},
	})
	out := deliver.New(deliver.Options{
		Queue: q, Sampler: q, Routes: primaryAlone{}, Credentials: primaryAlone{}, Dialer: &net.Dialer{}, Hostname: "relay.example.test",
		Target: func(string, failover.Role) (deliver.Target, error) {
			return deliver.Target{Name: "smtp-sink", Endpoint: failover.Endpoint{Host: "127.0.0.1", Port: o.Provider},
				Limits: relay.Limits{Connections: concurrent, PerLogin: concurrent}}, nil
		},
	})
	ended := make(chan error, 2)
	go func() { ended <- in.Run(ctx, func(at []net.Addr) { fmt.Println(at[0]) }) }()
	go func() { ended <- out.Run(ctx) }()
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	if err := errors.Join(<-ended, <-ended, q.Close()); err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

// A contestant takes mail in at an address and sends it on to the sink.
type contestant struct {
	at  string
	pid int // of the process all others of it are below
}

// startRelay starts a relay in a process of its own, its queue below dir.
func startRelay(b *testing.B, dir string, provider string) contestant {
	b.Helper()
	port, err := strconv.ParseUint(provider[strings.LastIndexByte(provider, ':')+1:], 10, 16)
	if err != nil {
		b.Fatal(err)
	}
	order, err := json.Marshal(relayOrder{Dir: dir, Provider: uint16(port)})
	if err != nil {
		b.Fatal(err)
	}
	c := exec.CommandContext(b.Context(), "/proc/self/exe")
	c.Env = append(os.Environ(), relayVariable+"="+string(order))
	c.Stderr = os.Stderr
	in, err := c.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	said, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = in.Close()
		if err := c.Wait(); err != nil && b.Context().Err() == nil {
			b.Errorf("the relay ends with %v", err)
		}
	})
	line, err := bufio.NewReader(said).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "127.0.0.1:") {
		b.Fatalf("the relay says %q, %v", line, err)
	}
	return contestant{strings.TrimSpace(line), c.Process.Pid}
}

// startPostfix starts a Postfix as it comes, its queue on the disk too.
func startPostfix(b *testing.B, provider string) contestant {
	b.Helper()
	before := children(b, os.Getpid())
	host, port, _ := net.SplitHostPort(provider)
	p := servers.StartPostfix(b, servers.PostfixConfig{Hostname: "postfix.example.test", Parameters: map[string]string{
		"relayhost": "[" + host + "]:" + port, "disable_dns_lookups": "yes", "smtp_dns_support_level": "disabled",
	}})
	for _, pid := range children(b, os.Getpid()) {
		name, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
		if !slices.Contains(before, pid) && strings.TrimSpace(string(name)) == "master" {
			return contestant{p.Addr, pid}
		}
	}
	b.Fatal("Postfix runs, and its process is not found")
	return contestant{}
}

// A sink takes everything, keeps nothing, and counts.
type sink struct {
	at    string
	count atomic.Int64
}

func startSink(b *testing.B) *sink {
	b.Helper()
	s := &sink{at: servers.FreeAddress(b)}
	args := []string{"-c", s.at, "1000"}
	if os.Geteuid() == 0 {
		args = append([]string{"-u", "nobody"}, args...)
	}
	c := exec.CommandContext(b.Context(), "smtp-sink", args...)
	said, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		b.Fatalf("smtp-sink, of the Debian package postfix: %v", err)
	}
	counted := make(chan struct{})
	go func() { // "sess=1 quit=0 mesg=3\r"
		defer close(counted)
		in := bufio.NewReader(said)
		for {
			line, err := in.ReadString('\r')
			if err != nil {
				return
			}
			if at := strings.Index(line, "mesg="); at >= 0 {
				if n, err := strconv.ParseInt(strings.TrimSpace(line[at+len("mesg="):]), 10, 64); err == nil {
					s.count.Store(n)
				}
			}
		}
	}()
	b.Cleanup(func() { _ = c.Process.Kill(); <-counted; _ = c.Wait() })
	servers.Await(b, "smtp-sink", func(ctx context.Context) error {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", s.at)
		if err == nil {
			err = conn.Close()
		}
		return err
	})
	return s
}

// A result is what one run measured.
type result struct {
	accepted, drained float64 // messages a second
	cpu               float64 // seconds for a thousand messages
	memory            float64 // MB at most, shared pages divided among those who share them
}

// measure has smtp-source hand in messages of 10 KB over so many connections that stay
// open, and waits until the sink has them all.
func measure(b *testing.B, c contestant, s *sink, sessions, messages int) result {
	b.Helper()
	before, cpu := s.count.Load(), spent(b, c.pid)
	begun := time.Now()
	peak, stop := watchMemory(b, c.pid)
	source := exec.CommandContext(b.Context(), "smtp-source", "-d", "-s", strconv.Itoa(sessions), "-m", strconv.Itoa(messages), "-l", "10240",
		"-f", printer, "-t", "boss@customer.test", c.at)
	if out, err := source.CombinedOutput(); err != nil {
		b.Fatalf("smtp-source: %v: %s", err, out)
	}
	took := time.Since(begun)
	look := time.NewTicker(time.Millisecond) // the sink counts in another process
	defer look.Stop()
	for s.count.Load()-before < int64(messages) {
		select {
		case <-look.C:
		case <-b.Context().Done():
			b.Fatal("it never drained")
		}
	}
	all := time.Since(begun)
	stop()
	if n := s.count.Load() - before; n != int64(messages) {
		b.Fatalf("%d messages arrived, of %d", n, messages)
	}
	return result{
		accepted: float64(messages) / took.Seconds(), drained: float64(messages) / all.Seconds(),
		cpu: (spent(b, c.pid) - cpu) / float64(messages) * 1000, memory: float64(peak.Load()) / 1e6,
	}
}

// watchMemory looks twice a second how much memory the processes take.
func watchMemory(b *testing.B, pid int) (*atomic.Int64, func()) {
	b.Helper()
	peak := new(atomic.Int64)
	ctx, cancel := context.WithCancel(b.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(500 * time.Millisecond)
		defer tick.Stop()
		for {
			peak.Store(max(peak.Load(), memoryOf(append(children(b, pid), pid))))
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	}()
	return peak, func() { cancel(); <-ended }
}

// memoryOf sums up the proportional set sizes (proc_pid_smaps(5)) of processes, in bytes.
// Those that have ended meanwhile have none.
func memoryOf(pids []int) (sum int64) {
	for _, pid := range pids {
		text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
		for line := range strings.Lines(string(text)) {
			var kb int64
			if n, _ := fmt.Sscanf(line, "Pss: %d kB", &kb); n == 1 {
				sum += kb << 10
			}
		}
	}
	return sum
}

// children are the processes that a process started and that run.
func children(b *testing.B, pid int) (out []int) {
	b.Helper()
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		b.Fatal(err)
	}
	for _, t := range threads {
		text, _ := os.ReadFile(t) // a thread may have ended
		for _, field := range strings.Fields(string(text)) {
			if child, err := strconv.Atoi(field); err == nil {
				out = append(out, child)
			}
		}
	}
	return out
}

// spent is how many seconds of the processors a process and those below it have used, those
// too that have ended (proc_pid_stat(5), fields 14 to 17).
func spent(b *testing.B, pid int) float64 {
	b.Helper()
	const ticks = 100 // a second: USER_HZ, the same on all of Linux's systems
	sum := 0
	for _, p := range append(children(b, pid), pid) {
		text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p))
		_, after, ok := strings.Cut(string(text), ") ")
		fields := strings.Fields(after)
		if !ok || len(fields) < 15 {
			continue
		}
		for _, f := range fields[11:15] {
			n, err := strconv.Atoi(f)
			if err != nil {
				b.Fatal(err)
			}
			sum += n
		}
	}
	return float64(sum) / ticks
}

// middle is the median of what several runs measured.
func middle(all []result, of func(result) float64) float64 {
	var values []float64
	for _, r := range all {
		values = append(values, of(r))
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// BenchmarkRelay measures the relay (submission, queue and delivery in one process) and
// Postfix in turn: messages of 10 KB by smtp-source over 1, 10 and 50 connections, each
// flushed to the disk before it is accepted, and sent on to smtp-sink. accepted and drained
// are messages a second, from the first one on; x-… is what that is of Postfix's. There are
// three rounds of 3,000 messages (LIFEBOAT_BENCH_MESSAGES), and the middle ones count.
func BenchmarkRelay(b *testing.B) {
	messages := 3000
	if n, err := strconv.Atoi(os.Getenv("LIFEBOAT_BENCH_MESSAGES")); err == nil && n > 0 {
		messages = n
	}
	if os.Geteuid() != 0 {
		b.Skip("Postfix works with users of its own: measure as root")
	}
	dir := onDisk(b)
	s := startSink(b)
	ours, postfix := startRelay(b, filepath.Join(dir, "queue"), s.at), startPostfix(b, s.at)
	for _, sessions := range []int{1, 10, 50} {
		b.Run(fmt.Sprintf("sessions=%d", sessions), func(b *testing.B) {
			for b.Loop() {
				var us, them []result
				const rounds = 3
				for range rounds {
					them = append(them, measure(b, postfix, s, sessions, messages))
					us = append(us, measure(b, ours, s, sessions, messages))
				}
				for name, of := range map[string]func(result) float64{
					"accepted/s": func(r result) float64 { return r.accepted }, "drained/s": func(r result) float64 { return r.drained },
					"cpu-s/1000": func(r result) float64 { return r.cpu }, "MB": func(r result) float64 { return r.memory },
				} {
					b.ReportMetric(middle(us, of), name)
					b.ReportMetric(middle(them, of), "postfix-"+name)
					b.ReportMetric(middle(us, of)/middle(them, of), "x-"+name)
				}
				b.ReportMetric(0, "ns/op") // of six runs: it says nothing
			}
		})
	}
}

// onDisk is a folder that a flush of the disk means something to.
func onDisk(b *testing.B) string {
	b.Helper()
	dir := b.TempDir()
	for _, d := range []string{dir, "/tmp"} { // Postfix's is below the second
		var fs unix.Statfs_t
		if err := unix.Statfs(d, &fs); err != nil {
			b.Fatal(err)
		}
		if fs.Type == unix.TMPFS_MAGIC {
			b.Logf("%s is in memory, so both are faster here than on a disk", d)
		}
	}
	return dir
}

// BenchmarkRelayPile is a relay in front of a dead provider, with 100,000 messages of 1 KB
// handed in over 50 connections.
func BenchmarkRelayPile(b *testing.B) {
	const messages = 100_000
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	dead := closed.Addr().String()
	if err := closed.Close(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		c := startRelay(b, filepath.Join(b.TempDir(), "queue"), dead)
		peak, stop := watchMemory(b, c.pid)
		begun := time.Now()
		out, err := exec.CommandContext(b.Context(), "smtp-source", "-d", "-s", "50", "-m", strconv.Itoa(messages), "-l", "1024",
			"-f", printer, "-t", "boss@customer.test", c.at).CombinedOutput()
		if err != nil {
			b.Fatalf("smtp-source: %v: %s", err, out)
		}
		took := time.Since(begun)
		stop()
		b.ReportMetric(float64(messages)/took.Seconds(), "accepted/s")
		b.ReportMetric(float64(peak.Load())/1e6, "MB-most")
		b.ReportMetric(float64(memoryOf([]int{c.pid}))/1e6, "MB")
		b.ReportMetric(spent(b, c.pid), "cpu-s")
		if err := syscall.Kill(c.pid, 0); err != nil {
			b.Fatal("the relay is gone")
		}
	}
}
