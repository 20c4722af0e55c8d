package mirror_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"lifeboat/mailstore/mailstoretest/corpus"
	"lifeboat/mailstore/mailstoretest/line"
)

// farAway is the round-trip time of the second half of the table.
const farAway = 40 * time.Millisecond

// BenchmarkMirror measures Lifeboat and mbsync in turn over one Dovecot, each as a
// process of its own: a first pull, nothing changed, and 50 new messages with 200
// changed flags; on loopback and 40 ms away; beside them, as the floor, all bodies
// copied over TLS into one synced file. Everybody's octets are counted by the same
// line before the server. The table at its end has the middle of all runs, and what
// that is of mbsync's and of the floor's. There are 10,000 messages, or
// LIFEBOAT_BENCH_MESSAGES; with -short 1,000.
func BenchmarkMirror(b *testing.B) {
	options := corpus.Options{Count: 10_000, Seed: 1, Now: time.Now()}
	if testing.Short() {
		options.Count = 1000
	}
	if text := os.Getenv("LIFEBOAT_BENCH_MESSAGES"); text != "" {
		count, err := strconv.Atoi(text)
		if err != nil || count < 1000 {
			b.Fatalf("LIFEBOAT_BENCH_MESSAGES is %q, and must be a number from 1000", text)
		}
		options.Count = count
	}
	o := newOfficeFor(b, options, imapHost, "localhost")
	o.line = line.Start(b, o.dovecot.IMAPS, line.Options{})
	o.order.Address = o.line.Addr()
	o.copyAll(b) // Dovecot makes its indexes, and the machine has the files in memory
	var t table
	for _, way := range []struct {
		name      string
		roundTrip time.Duration
	}{{"loopback", 0}, {"40ms", farAway}} {
		b.Run(way.name, func(b *testing.B) {
			own := *o
			own.t, own.line = b, line.Start(b, o.dovecot.IMAPS, line.Options{RoundTrip: way.roundTrip})
			own.order.Address = own.line.Addr()
			own.benchmark(b, &t, way.name)
		})
	}
	t.print(b, options.Count)
}

// spent is what a process needed.
type spent struct {
	wall    time.Duration
	durable time.Duration // of wall, until everything was on the disk; 0: all of it
	cpu     time.Duration
	peak    int64 // octets
	wire    int64 // octets, both ways
	trips   int   // how often it spoke after the server had
}

// The programs, as the table calls them.
const (
	ours         = "Lifeboat"
	theirs       = "mbsync"
	uncompressed = "mbsync, no COMPRESS"
	floor        = "TLS copy"
)

func (o *office) benchmark(b *testing.B, t *table, way string) {
	peer := o.mbsync(b, "")
	plain := o.mbsync(b, "COMPRESS=DEFLATE")
	b.Run("first", func(b *testing.B) {
		s := t.section(way, "first pull")
		for b.Loop() {
			s.add(floor, o.copyAll(b))
			o.newStore()
			own, _ := o.measured(b)
			s.add(ours, own)
			s.add(theirs, peer.first(b))
			s.add(uncompressed, plain.first(b))
		}
		s.report(b)
	})
	b.Run("unchanged", func(b *testing.B) {
		s := t.section(way, "nothing changed")
		for b.Loop() {
			own, out := o.measured(b)
			s.add(ours, own)
			s.add(theirs, peer.run(b))
			if out.Fetched != 0 {
				b.Errorf("nothing changed, and %d were fetched", out.Fetched)
			}
		}
		s.report(b)
	})
	b.Run("changes", func(b *testing.B) {
		s := t.section(way, "50 new, 200 flags")
		octets, wire := 0, int64(0)
		for b.Loop() {
			b.StopTimer()
			octets += o.smallChange(b)
			b.StartTimer()
			own, out := o.measured(b)
			s.add(ours, own)
			wire += own.wire
			s.add(theirs, peer.run(b))
			if out.Fetched != 50 || out.Changes.Changed != 200 {
				b.Errorf("50 new messages and 200 flags were %+v", out)
			}
		}
		s.report(b)
		b.ReportMetric(float64(wire)/float64(octets), "wire/new")
	})
}

// timed runs a process to its end and tells what it needed. The peak of its memory is
// looked at while it runs: what the system tells at its end may be that of this
// process, from which it was forked.
func (o *office) timed(b *testing.B, cmd *exec.Cmd) (s spent, err error) {
	b.Helper()
	o.line.ResetTraffic()
	began := time.Now()
	if err := cmd.Start(); err != nil {
		b.Fatalf("%s: %v", cmd.Path, err)
	}
	ended := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			if now := peakOf(cmd.Process.Pid); now > 0 {
				s.peak = now
			}
			select {
			case <-ended:
				return
			case <-tick.C:
			}
		}
	})
	err = cmd.Wait()
	s.wall = time.Since(began)
	close(ended)
	watching.Wait()
	s.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	traffic := o.line.Traffic()
	s.wire, s.trips = traffic.Up+traffic.Down, traffic.RoundTrips
	return s, err
}

// peakOf is the most memory that a process had resident since it was executed, in
// octets; 0 where it is over.
func peakOf(pid int) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	var kilobytes int64
	_, _ = fmt.Sscan(after, &kilobytes)
	return kilobytes << 10
}

// measured runs a child.
func (o *office) measured(b *testing.B) (spent, outcome) {
	b.Helper()
	cmd := o.child(b.Context())
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, os.Stderr
	s, err := o.timed(b, cmd)
	if err != nil {
		b.Fatalf("%s: %v", said.String(), err)
	}
	var out outcome
	if err := json.Unmarshal(said.Bytes(), &out); err != nil {
		b.Fatal(err)
	}
	s.durable = out.Durable
	return s, out
}

// copyAll is the floor.
func (o *office) copyAll(b *testing.B) spent {
	b.Helper()
	own := *o
	own.order.CopyTo = filepath.Join(b.TempDir(), "copy")
	defer func() { _ = os.Remove(own.order.CopyTo) }()
	s, _ := own.measured(b)
	return s
}

// peer is mbsync with a place of its own.
type peer struct {
	o       *office
	dir     string
	config  string
	without string
}

func (o *office) mbsync(b *testing.B, without string) *peer {
	b.Helper()
	if _, err := exec.LookPath("mbsync"); err != nil {
		b.Fatal("mbsync is missing; install Debian's package isync")
	}
	return &peer{o: o, dir: b.TempDir(), without: without}
}

// first runs mbsync with nothing there.
func (p *peer) first(b *testing.B) spent {
	b.Helper()
	if err := os.RemoveAll(p.dir); err != nil {
		b.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(p.dir, "mail"), 0o700); err != nil {
		b.Fatal(err)
	}
	_, port, _ := strings.Cut(p.o.order.Address, ":")
	disable := ""
	if p.without != "" {
		disable = "DisableExtension " + p.without + "\n"
	}
	p.config = filepath.Join(p.dir, "mbsyncrc")
	config := fmt.Sprintf("IMAPAccount anna\nHost localhost\nPort %s\nUser %s\nPass %s\nSSLType IMAPS\nCertificateFile %s\nAuthMechs PLAIN LOGIN\n%s\n"+
		"IMAPStore far\nAccount anna\n\nMaildirStore near\nPath %s/mail/\nInbox %s/mail/INBOX\nSubFolders Verbatim\nFlatten .\n\n"+
		"Channel all\nFar :far:\nNear :near:\nPatterns *\nSync Pull\nCreate Near\nExpunge None\nSyncState *\n",
		port, p.o.order.User, p.o.order.Password, p.o.order.CA, disable, p.dir, p.dir)
	if err := os.WriteFile(p.config, []byte(config), 0o600); err != nil {
		b.Fatal(err)
	}
	return p.run(b)
}

func (p *peer) run(b *testing.B) spent {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), "mbsync", "-q", "-c", p.config, "all")
	cmd.Env = append(os.Environ(), "HOME="+p.dir)
	var cried bytes.Buffer
	cmd.Stderr = &cried
	s, err := p.o.timed(b, cmd)
	// It warns of messages that it cannot take, and ends with 1.
	if err != nil && !strings.Contains(cried.String(), "message") {
		b.Fatalf("mbsync: %v: %.2000s", err, cried.String())
	}
	return s
}

// smallChange delivers 50 messages and changes the flags of 200, and returns how many
// octets are new.
func (o *office) smallChange(b *testing.B) (octets int) {
	b.Helper()
	*o.rounds++
	round := *o.rounds
	r := o.primary()
	folders := []string{"INBOX", "Sent", "Archive", "Projects", "Drafts"}
	i := 0
	for m := range corpus.Messages(corpus.Options{Count: 50, Seed: uint64(1000 + round), Now: time.Now()}) {
		text := string(m.Served())
		octets += len(text)
		r.appendMessage(folders[i%5], text)
		i++
	}
	sign := "+"
	if round%2 == 0 {
		sign = "-"
	}
	for i, flags := range []int{100, 25, 25, 25, 25} { // the first are there in small mailboxes too
		r.do("SELECT "+folders[i], nil)
		r.do(fmt.Sprintf("STORE 1:%d %sFLAGS ($Bench)", flags, sign), nil)
	}
	return octets
}
