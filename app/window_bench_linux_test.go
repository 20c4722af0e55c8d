package main_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// windowSpan is how long the practice window runs before its memory is read, and how
// long an idle one is watched; LIFEBOAT_SPAN changes the first.
const (
	windowSpan = 10 * time.Minute
	idleSpan   = time.Minute
)

// BenchmarkWindow measures the window as a person meets it, on a screen that nobody
// sees: from the start of the program to the first paint, beside the smallest window
// that the same toolkit can show; memory after ten minutes of practice; and what it
// takes of a core while nothing goes on. Run it with -benchtime 1x.
func BenchmarkWindow(b *testing.B) {
	dir := b.TempDir()
	ours, smallest := filepath.Join(dir, "lifeboat-desktop"), filepath.Join(dir, "smallest")
	build(b, ours, ".")
	source := filepath.Join(dir, "smallest.go")
	if err := os.WriteFile(source, []byte(smallestWindow), 0o600); err != nil {
		b.Fatal(err)
	}
	build(b, smallest, source)
	b.Run("first-paint", func(b *testing.B) {
		f := newFramebuffer(b, "81")
		var own, peer time.Duration
		const rounds = 5
		for range b.N {
			own, peer = 0, 0
			for range rounds {
				own += f.painted(b, ours)
				peer += f.painted(b, smallest)
			}
		}
		b.ReportMetric(float64((own / rounds).Milliseconds()), "ms/ours")
		b.ReportMetric(float64((peer / rounds).Milliseconds()), "ms/smallest")
		b.ReportMetric(float64(own)/float64(peer), "ratio")
	})
	b.Run("practice", func(b *testing.B) {
		f := newFramebuffer(b, "82")
		span := windowSpan
		if s, err := time.ParseDuration(os.Getenv("LIFEBOAT_SPAN")); err == nil {
			span = s
		}
		for range b.N {
			c := f.start(b, ours)
			pass(b, span)
			b.ReportMetric(resident(b, c.Process.Pid), "MB")
			before := used(b, c.Process.Pid)
			pass(b, idleSpan)
			b.ReportMetric(100*float64(used(b, c.Process.Pid)-before)/float64(idleSpan), "%core")
			end(c)
		}
	})
}

// smallestWindow is the peer.
const smallestWindow = `package main

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/widget"
)

func main() {
	w := app.NewWithID("org.lifeboat.smallest").NewWindow("Smallest")
	w.SetContent(widget.NewLabel("Hello"))
	w.Resize(fyne.NewSize(1200, 720))
	w.ShowAndRun()
}
`

func build(b *testing.B, file, what string) {
	b.Helper()
	c := exec.CommandContext(b.Context(), "go", "build", "-o", file, what)
	c.Env = append(os.Environ(), "CGO_ENABLED=1")
	if out, err := c.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
}

// framebuffer is a screen whose pixels lie in a file.
type framebuffer struct {
	display string
	file    string
	home    string
}

func newFramebuffer(b *testing.B, number string) *framebuffer {
	b.Helper()
	dir := b.TempDir()
	c := exec.CommandContext(b.Context(), "Xvfb", ":"+number, "-screen", "0", "1280x900x24", "-nolisten", "tcp", "-fbdir", dir)
	if err := c.Start(); err != nil {
		b.Fatalf("Xvfb, of the Debian package xvfb: %v", err)
	}
	b.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
	f := &framebuffer{display: ":" + number, file: filepath.Join(dir, "Xvfb_screen0"), home: b.TempDir()}
	for range 100 {
		if _, err := xdo(b.Context(), f.display, "getdisplaygeometry"); err == nil {
			return f
		}
		pass(b, 100*time.Millisecond)
	}
	b.Fatal("the screen does not come up")
	return nil
}

func (f *framebuffer) start(b *testing.B, program string) *exec.Cmd {
	b.Helper()
	c := exec.CommandContext(b.Context(), program)
	c.Env = []string{"PATH=" + os.Getenv("PATH"), "DISPLAY=" + f.display, "HOME=" + f.home, "LANG=en_US.UTF-8", "LIBGL_ALWAYS_SOFTWARE=1"}
	c.Stderr = os.Stderr
	if err := c.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { end(c) })
	return c
}

func end(c *exec.Cmd) {
	_ = c.Process.Kill()
	_ = c.Wait() // it was killed
}

// painted starts a program and returns after what time something is painted.
func (f *framebuffer) painted(b *testing.B, program string) time.Duration {
	b.Helper()
	f.await(b, false)
	began := time.Now()
	c := f.start(b, program)
	f.await(b, true)
	took := time.Since(began)
	end(c)
	return took
}

func (f *framebuffer) await(b *testing.B, painted bool) {
	b.Helper()
	for range 60_000 {
		if f.lit(b) == painted {
			return
		}
		pass(b, time.Millisecond)
	}
	b.Fatal("the screen stays as it is")
}

// lit reports whether anything but black is on a line in the middle of the screen. The
// file is in X's own format (XWD): a header that tells its size, colours, rows.
func (f *framebuffer) lit(b *testing.B) bool {
	b.Helper()
	file, err := os.Open(f.file)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	head := make([]byte, 100)
	if _, err := file.ReadAt(head, 0); err != nil {
		b.Fatal(err)
	}
	field := func(n int) int64 { return int64(binary.BigEndian.Uint32(head[4*n:])) }
	line := make([]byte, field(12))
	if _, err := file.ReadAt(line, field(0)+12*field(19)+field(12)*field(5)/2); err != nil {
		b.Fatal(err)
	}
	for i := 0; i+3 < len(line); i += 4 {
		if line[i]|line[i+1]|line[i+2] != 0 {
			return true
		}
	}
	return false
}

// pass lets time pass.
func pass(b *testing.B, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-b.Context().Done():
	}
}

// resident is a process's memory in megabytes.
func resident(b *testing.B, pid int) float64 {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	for l := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(l, "VmRSS:"); ok {
			kb, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			if err != nil {
				b.Fatal(err)
			}
			return kb / 1024
		}
	}
	b.Fatal("no VmRSS")
	return 0
}

// used is the processor time that a process has had (proc(5), utime and stime, in
// hundredths of a second).
func used(b *testing.B, pid int) time.Duration {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	var sum time.Duration
	for _, f := range fields[11:13] {
		n, err := strconv.Atoi(f)
		if err != nil {
			b.Fatal(err)
		}
		sum += time.Duration(n) * 10 * time.Millisecond
	}
	return sum
}
