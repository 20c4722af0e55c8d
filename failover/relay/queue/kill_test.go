package queue

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// childVariable tells the test program that it is an owner which can be killed.
const childVariable = "LIFEBOAT_TEST_QUEUE"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childVariable); dir != "" {
		if err := beChild(dir); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	flag.Parse()
	if os.Getenv("LIFEBOAT_LONG") == "" && flag.Lookup("rapid.checks").Value.String() == flag.Lookup("rapid.checks").DefValue {
		_ = flag.Set("rapid.checks", "40")
	}
	os.Exit(m.Run())
}

// childBody is the body of the message with a number: mostly short, some of many frames.
func childBody(n uint64) string {
	size := int(n*7919) % 9_000
	if n%17 == 0 {
		size = 400_000 + int(n%1000)
	}
	b := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{byte(n), byte(n >> 8), byte(n >> 16)}).Read(b) // never fails
	return string(b)
}

// beChild accepts and settles messages for ever, several at a time, and tells of each step
// before it and once it is durable.
func beChild(dir string) error {
	tune := small()
	tune.segment = 300_000
	q, err := open(context.Background(), Options{Dir: dir, Key: testKey}, tune)
	if err != nil {
		return err
	}
	var out sync.Mutex
	tell := func(format string, args ...any) {
		out.Lock()
		defer out.Unlock()
		fmt.Printf(format+"\n", args...)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				for changed := q.Changed(); waiting(q) > 150; changed = q.Changed() {
					<-changed
				}
				n := rand.Uint64N(1_000_000)
				m := q.New(envelope(fmt.Sprintf("%d@example.com", n)))
				_, err := io.WriteString(m, childBody(n))
				var i relay.Item
				if err == nil {
					i, err = m.Commit(context.Background(), relay.Header{Subject: fmt.Sprint(n)})
				}
				tell("accepted %s %d %v", i.ID, n, err)
			}
		})
	}
	for g := range 2 {
		wg.Go(func() {
			for {
				for i := range q.Items() {
					mine, stays := int(i.Size)%2 == g, i.Size%3 == 0
					if !mine || stays && waiting(q) < 100 {
						continue
					}
					_, err := q.Update(context.Background(), i.ID, true, func(i *relay.Item) ([]relay.Event, error) {
						i.Handed = failover.Primary
						return []relay.Event{{Kind: relay.Handing}}, nil
					})
					tell("ending %s 0 %v", i.ID, err)
					_, err = q.Update(context.Background(), i.ID, true, func(i *relay.Item) ([]relay.Event, error) {
						i.State = relay.Ended
						return []relay.Event{{Kind: relay.Sent}}, nil
					})
					tell("ended %s 0 %v", i.ID, err)
				}
			}
		})
	}
	wg.Go(func() {
		for {
			if err := q.Tidy(context.Background()); err != nil {
				tell("tidying 0 0 %v", err)
			}
			<-q.Changed()
		}
	})
	wg.Wait()
	return nil
}

func waiting(q *Queue) int {
	q.mu.RLock()
	defer q.mu.RUnlock()
	return q.index.count
}

// Whenever the owner is killed, each message that it has told of is there, with its bytes,
// and none comes back whose end it has told of.
func TestKilledUnderLoad(t *testing.T) {
	t.Parallel()
	killed(t, 20)
}

func TestKilledUnderLoadLong(t *testing.T) {
	if os.Getenv("LIFEBOAT_LONG") == "" {
		t.Skip("a long campaign; set LIFEBOAT_LONG=1, or run make test-long")
	}
	killed(t, 150)
}

func killed(t *testing.T, rounds int) {
	t.Helper()
	dir := t.TempDir()
	accepted := map[relay.ID]uint64{} // and their end not begun
	ending, ended := map[relay.ID]uint64{}, map[relay.ID]bool{}
	for round := range rounds {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), childVariable+"="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewReader(out)
		for i := 0; ; i++ {
			line, err := lines.ReadString('\n')
			if err != nil {
				break // dead, and heard to the end
			}
			var what, id, rest string
			var n uint64
			if c, err := fmt.Sscanf(line, "%s %s %d %s", &what, &id, &n, &rest); c != 4 || err != nil || rest != "<nil>" {
				t.Fatalf("the owner says %q", line)
			}
			switch id := relay.ID(id); what {
			case "accepted":
				if _, begun := ending[id]; !begun && !ended[id] {
					accepted[id] = n
				}
			case "ending":
				ending[id] = n
				delete(accepted, id)
			case "ended":
				ended[id] = true
				delete(ending, id)
			}
			if i == 15+round*13%60 { // after so many steps, in the midst of others
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		_ = cmd.Wait() // killed
		checkKilled(t, dir, round, accepted, ending, ended)
	}
	if len(ended) < rounds || len(accepted) == 0 {
		t.Errorf("only %d accepted and %d ended", len(accepted), len(ended))
	}
}

func checkKilled(t *testing.T, dir string, round int, accepted, ending map[relay.ID]uint64, ended map[relay.ID]bool) {
	t.Helper()
	q := try(t, Options{Dir: dir, ReadOnly: true}, small())
	for _, s := range q.past.said {
		t.Errorf("round %d: %s", round, s)
	}
	l, err := q.load()
	if err != nil || len(l.said) > 0 || len(l.doubts) > 0 {
		t.Fatalf("round %d: %v, %v, %v", round, err, l.said, l.doubts)
	}
	there := map[relay.ID]bool{}
	for i := range q.Items() {
		there[i.ID] = true
		if ended[i.ID] {
			t.Errorf("round %d: %s has come back", round, i.ID)
		}
		if _, ok := ending[i.ID]; ok && i.Handed == "" {
			t.Errorf("round %d: %s was handed over, and nothing tells of it", round, i.ID)
		}
		var n uint64
		if _, err := fmt.Sscan(i.Subject, &n); err != nil {
			t.Fatal(err)
		}
		// Those of earlier rounds were looked at then; some are looked at again.
		if round%10 == 9 || rand.IntN(20) == 0 || slices.Contains([]uint64{0, 1}, n%17) {
			if text(t, q, i.ID) != childBody(n) {
				t.Errorf("round %d: the bytes of %s are not as they were", round, i.ID)
			}
		}
	}
	for id := range accepted {
		if !there[id] {
			t.Errorf("round %d: %s is lost", round, id)
		}
	}
	// What was killed between an end and its telling.
	for id := range ending {
		if !there[id] {
			ended[id] = true
			delete(ending, id)
		}
	}
}

func TestTwoOwners(t *testing.T) {
	t.Parallel()
	o := Options{Dir: t.TempDir()}
	q := try(t, o, small())
	_, err := open(t.Context(), Options{Dir: o.Dir, Key: testKey}, small())
	fails(t, err, failover.ErrLocked, o.Dir, "another Lifeboat")
	accept(t, q, envelope("a@example.com"), "still mine")
	shut(t, q)
	m := q.New(envelope("a@example.com"))
	if _, err := m.Commit(t.Context(), relay.Header{}); !errors.Is(err, failover.ErrInvalid) || !strings.Contains(err.Error(), "closed") {
		t.Error(err)
	}
	if q = try(t, o, small()); len(ids(q)) != 1 {
		t.Error("it is not there")
	}
}
