package deliver_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/relay"
	"lifeboat/failover/relay/deliver"
	"lifeboat/failover/relay/queue"
)

// childDir names the environment variable that makes TestKillChild the process that is killed.
const childDir, childHost = "LIFEBOAT_DELIVER_CHILD", "LIFEBOAT_DELIVER_HOST"

// TestKillChild delivers what is in a queue until it is killed. Only TestKills starts it so.
func TestKillChild(t *testing.T) {
	dir := os.Getenv(childDir)
	if dir == "" {
		return
	}
	q, err := queue.Open(t.Context(), queue.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	host, port, _ := net.SplitHostPort(os.Getenv(childHost))
	n, _ := strconv.Atoi(port)
	w := newWorld(t)
	w.o.Queue, w.o.Retry = q, deliver.Retry{}
	w.o.Doubt = deliver.Doubt{Wait: time.Millisecond, Resend: true}
	w.o.Target = func(string, failover.Role) (deliver.Target, error) {
		return deliver.Target{Endpoint: failover.Endpoint{Host: host, Port: uint16(n)}}, nil
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- deliver.New(w.o).Run(ctx) }()
	for changed := q.Changed(); ; changed = q.Changed() {
		if _, more := first(q); !more {
			break
		}
		<-changed
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if err := q.Close(); err != nil {
		t.Fatal(err)
	}
}

func kills(t *testing.T, messages, times int) {
	dir := t.TempDir()
	q, err := queue.Open(t.Context(), queue.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	for n := range messages {
		add(t, q, relay.Envelope{From: fmt.Sprintf("user%d@example.test", n%7), To: []string{fmt.Sprintf("m%d@customer.test", n)}}, letter)
	}
	if err := q.Close(); err != nil {
		t.Fatal(err)
	}
	p := startProvider(t, nil)
	for k := range times + 1 {
		cmd := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^TestKillChild$")
		cmd.Env = append(os.Environ(), childDir+"="+dir, childHost+"="+p.listener.Addr().String())
		var out strings.Builder
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- cmd.Wait() }()
		if k == times { // the last one may end
			if err := <-done; err != nil {
				t.Fatalf("%v: %s", err, out.String())
			}
			break
		}
		// At a random moment of the work: after a number of commands at the provider.
		p.mu.Lock()
		until := len(p.seen) + rand.IntN(1+4*messages/times)
		p.mu.Unlock()
		tick := time.NewTicker(100 * time.Microsecond)
		for ended := false; !ended; {
			select {
			case err := <-done:
				if err != nil {
					t.Fatalf("%v: %s", err, out.String())
				}
				done <- nil
				ended = true
			case <-tick.C:
				p.mu.Lock()
				ended = len(p.seen) >= until
				p.mu.Unlock()
			}
		}
		tick.Stop()
		_ = cmd.Process.Kill()
		<-done
	}
	q, err = queue.Open(t.Context(), queue.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = q.Close() }()
	if i, more := first(q); more {
		t.Fatalf("still in the queue: %+v", i)
	}
	again, err := q.Events(t.Context(), relay.LogQuery{Kinds: []relay.EventKind{relay.SentAgain}, Limit: 10 * messages})
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]int{}
	for _, e := range again {
		said[e.To[0]]++
	}
	arrived := map[string]int{}
	for _, m := range p.messages() {
		arrived[m.to[0]]++
	}
	doubled := 0
	for n := range messages {
		to := fmt.Sprintf("m%d@customer.test", n)
		switch {
		case arrived[to] == 0:
			t.Errorf("%s was lost", to)
		case arrived[to] > 1+said[to]:
			t.Errorf("%s arrived %d times, and %d were said", to, arrived[to], said[to])
		case arrived[to] > 1:
			doubled++
		}
	}
	t.Logf("%d kills: %d arrived twice, all of them said; %d said in all", times, doubled, len(again))
}

func TestKills(t *testing.T) {
	t.Parallel()
	kills(t, 200, 6)
}

func TestLongKills(t *testing.T) {
	if os.Getenv("LIFEBOAT_LONG") == "" {
		t.Skip("a long campaign; set LIFEBOAT_LONG=1, or run make test-long")
	}
	kills(t, 3000, 100)
}
