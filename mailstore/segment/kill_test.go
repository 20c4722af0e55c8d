package segment_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"testing"

	"lifeboat/mailstore/segment"
)

// childVariable tells the test program that it is an owner which can be killed.
const childVariable = "LIFEBOAT_TEST_SEGMENTS"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childVariable); dir != "" {
		if err := beChild(dir); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// childSize is how long the body with a number is: mostly short, some of several frames.
func childSize(n uint64) int {
	if n%10 == 0 {
		return 2*frame + int(n)
	}
	return int(n*7919) % 30_000
}

// beChild appends for ever, two at a time, and tells of every body once it is durable.
func beChild(dir string) error {
	f, err := segment.Open(dir, key, segment.Options{MaxSize: 4 * frame})
	if err != nil {
		return err
	}
	from, err := strconv.ParseUint(os.Getenv(childVariable+"_FROM"), 10, 64)
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	for g := range uint64(2) {
		wg.Go(func() {
			for n := from + g; ; n += 2 {
				w := f.NewWriter()
				_, err := w.Write(random(n, childSize(n)))
				var ref segment.Ref
				if err == nil {
					ref, err = w.Close()
				}
				if err == nil {
					err = f.Sync(context.Background())
				}
				mu.Lock()
				fmt.Printf("%d %x %v\n", n, ref.Marshal(), err)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return nil
}

// Whenever the owner is killed, what it has told of is there, and the next one goes on;
// and all the while this process reads what the owner has told of.
func TestKilledWhileAppending(t *testing.T) { killed(t, 20) }

func TestKilledWhileAppendingLong(t *testing.T) {
	if os.Getenv("LIFEBOAT_LONG") == "" {
		t.Skip("a long campaign; set LIFEBOAT_LONG=1, or run make test-long")
	}
	killed(t, 200)
}

func killed(t *testing.T, rounds int) {
	t.Helper()
	dir := t.TempDir()
	told := map[uint64]segment.Ref{}
	beside := open(t, dir, segment.Options{ReadOnly: true})
	var from uint64
	for round := range rounds {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), childVariable+"="+dir, fmt.Sprintf("%s_FROM=%d", childVariable, from))
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
			var n uint64
			var note, rest string
			if c, err := fmt.Sscanf(line, "%d %s %s", &n, &note, &rest); c != 3 || err != nil || rest != "<nil>" {
				t.Fatalf("the owner says %q", line)
			}
			b, err := hex.DecodeString(note)
			if err != nil {
				t.Fatal(err)
			}
			var ref segment.Ref
			if err := ref.Unmarshal(b); err != nil {
				t.Fatal(err)
			}
			told[n] = ref
			if !bytes.Equal(get(t, beside, ref), random(n, childSize(n))) {
				t.Errorf("body %d is not as it is being told of", n)
			}
			from = max(from, n+1)
			if i == round%23 { // after so many bodies, in the midst of others
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		_ = cmd.Wait() // killed
	}
	f := open(t, dir, segment.Options{ReadOnly: true})
	for n, ref := range told {
		if !bytes.Equal(get(t, f, ref), random(n, childSize(n))) {
			t.Errorf("body %d is not as it was", n)
		}
	}
	if len(told) < rounds {
		t.Errorf("only %d bodies", len(told))
	}
}

// peak measures how much the heap grows at most while something is done, in steps that call look.
func peak(do func(look func())) uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	before, most := m.HeapAlloc, uint64(0)
	do(func() {
		runtime.ReadMemStats(&m)
		if m.HeapAlloc > before {
			most = max(most, m.HeapAlloc-before)
		}
	})
	return most
}

// Memory does not grow with the message: 50 MB are written and read with a few frames' worth.
func TestMemoryIsBounded(t *testing.T) {
	const size, bound = 50 << 20, 16 << 20
	f := open(t, t.TempDir(), segment.Options{})
	for name, chunk := range map[string][]byte{"random": random(1, 64<<10), "prose": prose(1, 64<<10)} {
		var ref segment.Ref
		got := peak(func(look func()) {
			w := f.NewWriter()
			for range size / len(chunk) {
				if _, err := w.Write(chunk); err != nil {
					t.Fatal(err)
				}
				look()
			}
			var err error
			if ref, err = w.Close(); err != nil {
				t.Fatal(err)
			}
			look()
		})
		if got > bound {
			t.Errorf("%s: %d bytes to write", name, got)
		}
		var n int64
		got = peak(func(look func()) {
			r, err := f.Open(ref)
			if err != nil {
				t.Fatal(err)
			}
			buf := make([]byte, len(chunk))
			for {
				m, err := io.ReadFull(r, buf)
				n += int64(m)
				look()
				if err != nil {
					break
				}
				if !bytes.Equal(buf, chunk) {
					t.Fatal("not as it was written")
				}
			}
			_ = r.Close() // only read from
		})
		if got > bound || n != size {
			t.Errorf("%s: %d bytes to read %d", name, got, n)
		}
	}
}

// Many messages of the usual size can be open at once, for reading and writing.
func TestManyOpen(t *testing.T) {
	const count, size, bound = 200, 30_000, 200 * 400_000
	f := open(t, t.TempDir(), segment.Options{})
	got := peak(func(look func()) {
		var writers []*segment.Writer
		for i := range uint64(count) {
			w := f.NewWriter()
			if _, err := w.Write(random(i, size)); err != nil {
				t.Fatal(err)
			}
			writers = append(writers, w)
		}
		look()
		var readers []segment.Body
		for i, w := range writers {
			ref, err := w.Close()
			if err != nil {
				t.Fatal(err)
			}
			r, err := f.Open(ref)
			if err != nil {
				t.Fatal(err)
			}
			readers = append(readers, r)
			if !bytes.Equal(get(t, f, ref), random(uint64(i), size)) {
				t.Errorf("body %d is not as it was", i)
			}
		}
		look()
		for _, r := range readers {
			_ = r.Close() // only read from
		}
	})
	if got > bound {
		t.Errorf("%d bytes for %d messages of %d", got, count, size)
	}
}
