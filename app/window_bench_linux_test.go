package main_test

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// How long the practice window runs before its memory is read, unless LIFEBOAT_SPAN says
// another span (what is promised is meant after 10m), and how long a window is watched
// in which nothing goes on.
const (
	windowSpan = time.Minute
	idleSpan   = 30 * time.Second
)

// BenchmarkWindow measures the window as a person meets it, on a screen that nobody
// sees, beside the smallest window that the same toolkit can show: from the start of the
// program to the first paint; a mailbox of 100,000 messages; memory in practice; and what
// a window takes of a core in which nothing goes on. At its end stands a table of all
// that, with the aims. A graphics card is not needed: the screen is drawn in software,
// which is told apart where it can be.
func BenchmarkWindow(b *testing.B) {
	dir := b.TempDir()
	ours, watched, smallest := filepath.Join(dir, "lifeboat-desktop"), filepath.Join(dir, "watched"), filepath.Join(dir, "smallest")
	build(b, ours, ".")
	build(b, watched, ".", "-tags", "migrated_fynedo,windowtest")
	source := filepath.Join(dir, "smallest.go")
	if err := os.WriteFile(source, []byte(smallestWindow), 0o600); err != nil {
		b.Fatal(err)
	}
	build(b, smallest, source)
	var t table
	b.Run("first-paint", func(b *testing.B) { benchFirstPaint(b, ours, smallest, &t) })
	b.Run("mail", func(b *testing.B) { benchMail(b, watched, &t) })
	b.Run("practice", func(b *testing.B) { benchPractice(b, ours, smallest, &t) })
	t.print()
}

func benchFirstPaint(b *testing.B, ours, smallest string, t *table) {
	f := newFramebuffer(b)
	var own, peer time.Duration
	const rounds = 5
	for range b.N {
		own, peer = 0, 0
		for range rounds {
			own += f.painted(b, ours)
			peer += f.painted(b, smallest)
		}
	}
	t.add(b, "first-paint", "1000 ms", "ms", millis(own/rounds))
	t.add(b, "first-paint-of-the-smallest", "", "ms", millis(peer/rounds))
	b.ReportMetric(0, "ns/op")
}

func benchPractice(b *testing.B, ours, smallest string, t *table) {
	f := newFramebuffer(b)
	span := windowSpan
	if s, err := time.ParseDuration(os.Getenv("LIFEBOAT_SPAN")); err == nil {
		span = s
	}
	for range b.N {
		c := f.start(b, ours)
		pass(b, span)
		whole, driver := resident(b, c.Process.Pid)
		t.add(b, "memory-after-"+span.String()+"-of-practice", "250 MB", "MB", whole)
		t.add(b, "memory-of-that-of-the-software-driver", "", "MB", driver)
		benchIdle(b, c, "idle-practice", "", t)
		end(c)
		c = f.start(b, smallest)
		pass(b, idleSpan/10)
		whole, _ = resident(b, c.Process.Pid)
		t.add(b, "memory-of-the-smallest", "", "MB", whole)
		benchIdle(b, c, "idle-of-the-smallest", "", t)
		end(c)
	}
	b.ReportMetric(0, "ns/op")
}

// benchIdle watches what a window takes of a core while nobody does anything with it.
func benchIdle(b *testing.B, c *exec.Cmd, name, aim string, t *table) {
	b.Helper()
	own, drawing := threads(b, c.Process.Pid)
	pass(b, idleSpan)
	ownAfter, drawingAfter := threads(b, c.Process.Pid)
	t.add(b, name, aim, "%core", 100*float64(ownAfter-own)/float64(idleSpan))
	t.add(b, name+"-drawing-in-software", "", "%core", 100*float64(drawingAfter-drawing)/float64(idleSpan))
}

// table is what was measured, against what is aimed at.
type table struct{ rows [][4]string }

// add adds a figure, and reports it as one of the benchmark. A benchmark may run more
// than once: the last run counts.
func (t *table) add(b *testing.B, name, aim, unit string, figure float64) {
	b.Helper()
	b.ReportMetric(figure, unit+"/"+name)
	row := [4]string{strings.ReplaceAll(name, "-", " "), fmt.Sprintf("%.1f", figure), unit, aim}
	if i := slices.IndexFunc(t.rows, func(r [4]string) bool { return r[0] == row[0] }); i >= 0 {
		t.rows[i] = row
		return
	}
	t.rows = append(t.rows, row)
}

func (t *table) print() {
	fmt.Printf("\n%-44s %10s %-6s %s\n", "The window", "measured", "", "aim")
	for _, r := range t.rows {
		fmt.Printf("%-44s %10s %-6s %s\n", r[0], r[1], r[2], r[3])
	}
	fmt.Println()
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

func build(b *testing.B, file, what string, flags ...string) {
	b.Helper()
	c := exec.CommandContext(b.Context(), "go", append(append([]string{"build", "-o", file}, flags...), what)...)
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
	opened  *os.File
}

// env is the environment of a program that is shown on it.
func (f *framebuffer) env() []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "DISPLAY=" + f.display, "HOME=" + f.home, "XDG_CACHE_HOME=" + cacheOfTests(), "LANG=en_US.UTF-8", "LC_ALL=en_US.UTF-8",
		"LIBGL_ALWAYS_SOFTWARE=1", "WAYLAND_DISPLAY=",
	}
}

// newFramebuffer starts a screen under the first number that is free.
func newFramebuffer(b *testing.B) *framebuffer {
	b.Helper()
	dir := b.TempDir()
	read, write, err := os.Pipe()
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = read.Close() }()
	c := exec.CommandContext(b.Context(), "Xvfb", "-displayfd", "3", "-screen", "0", "1280x900x24", "-nolisten", "tcp", "-fbdir", dir)
	c.ExtraFiles = []*os.File{write}
	if err := c.Start(); err != nil {
		b.Fatalf("Xvfb, of the Debian package xvfb: %v", err)
	}
	b.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
	_ = write.Close() // Xvfb has its own
	number, err := bufio.NewReader(read).ReadString('\n')
	if err != nil {
		b.Fatalf("the screen does not come up: %v", err)
	}
	return &framebuffer{display: ":" + strings.TrimSpace(number), file: filepath.Join(dir, "Xvfb_screen0"), home: b.TempDir()}
}

func (f *framebuffer) start(b *testing.B, program string) *exec.Cmd {
	b.Helper()
	c := exec.CommandContext(b.Context(), program)
	c.Env = f.env()
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

// geometry says where the pixels lie in the file, which is in X's own format (XWD): a
// header that tells its size, colours, rows.
type geometry struct{ at, stride, high int64 }

// open opens the file, once.
func (f *framebuffer) open(b *testing.B) geometry {
	b.Helper()
	if f.opened == nil {
		file, err := os.Open(f.file)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = file.Close() })
		f.opened = file
	}
	head := make([]byte, 100)
	if _, err := f.opened.ReadAt(head, 0); err != nil {
		b.Fatal(err)
	}
	field := func(n int) int64 { return int64(binary.BigEndian.Uint32(head[4*n:])) }
	return geometry{at: field(0) + 12*field(19), stride: field(12), high: field(5)}
}

// lit reports whether anything but black is on a line in the middle of the screen.
func (f *framebuffer) lit(b *testing.B) bool {
	b.Helper()
	g := f.open(b)
	line := make([]byte, g.stride)
	if _, err := f.opened.ReadAt(line, g.at+g.stride*g.high/2); err != nil {
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

// resident is a process's memory in megabytes, and how much of it lies in the files of
// the driver that draws in software.
func resident(b *testing.B, pid int) (whole, driver float64) {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps", pid))
	if err != nil {
		b.Fatal(err)
	}
	drawing := false
	for l := range strings.Lines(string(text)) {
		fields := strings.Fields(l)
		if !strings.HasSuffix(fields[0], ":") { // the head of a mapping: proc(5)
			drawing = strings.Contains(l, "libLLVM") || strings.Contains(l, "swrast") || strings.Contains(l, "libgallium")
			continue
		}
		if fields[0] != "Rss:" {
			continue
		}
		kb, err := strconv.ParseFloat(fields[1], 64)
		if err != nil {
			b.Fatal(err)
		}
		whole += kb / 1024
		if drawing {
			driver += kb / 1024
		}
	}
	if whole == 0 {
		b.Fatal("no memory")
	}
	return whole, driver
}

// ticksIn is the processor time in a stat of a process or thread (proc(5), utime and
// stime, in hundredths of a second).
func ticksIn(b *testing.B, stat []byte) time.Duration {
	b.Helper()
	_, rest, _ := strings.Cut(string(stat), ") ")
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
