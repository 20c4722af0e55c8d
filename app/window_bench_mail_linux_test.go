package main_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"lifeboat/app/widgets/outline"
)

// bigMail is how many messages the mailbox of the benchmark has (LIFEBOAT_BENCH_MAIL
// says another number), and bigLetter how long its longest letter is, in bytes.
const (
	bigMail   = 100_000
	bigLetter = 1 << 20
)

// mailbox is a data folder with settings and mail in it, whose owner opens it without
// being asked for anything.
type mailbox struct{ dir string }

func (m mailbox) env() []string {
	return []string{
		"LIFEBOAT_CONFIG=" + filepath.Join(m.dir, "lifeboat.yaml"), "LIFEBOAT_DATA=" + filepath.Join(m.dir, "data"),
		"LIFEBOAT_VAULT_PASSPHRASE=benchmark", "DBUS_SESSION_BUS_ADDRESS=", "HOME=" + m.dir,
	}
}

// nowhere is a command in a network namespace that leads nowhere at all.
func nowhere(b *testing.B, program string, args ...string) *exec.Cmd {
	b.Helper()
	c := []string{"--net"}
	if os.Getuid() != 0 {
		c = []string{"--user", "--map-root-user", "--net"}
	}
	return exec.CommandContext(b.Context(), "unshare", append(append(c, program), args...)...)
}

// newMailbox fills a mailbox by `lifeboat mail import`: a folder with one message, one
// with a long one, one with many.
func newMailbox(b *testing.B, program string) mailbox {
	b.Helper()
	many := bigMail
	if n, err := strconv.Atoi(os.Getenv("LIFEBOAT_BENCH_MAIL")); err == nil {
		many = n
	}
	m := mailbox{b.TempDir()}
	settings := `organization: Example
domains:
  - {name: example.test, dns: {host: manual}}
providers:
  primary: {preset: generic, name: Here, mx: [10 mx.primary.test]}
  secondary: {preset: generic, name: There, mx: [10 mx.secondary.test]}
recipients:
  accounts:
    - {address: anna@example.test}
`
	if err := os.WriteFile(filepath.Join(m.dir, "lifeboat.yaml"), []byte(settings), 0o600); err != nil {
		b.Fatal(err)
	}
	var long strings.Builder
	for i := 0; long.Len() < bigLetter; i++ {
		fmt.Fprintf(&long, "Line %d. Please find attached the quotation that you asked for; the unit price is as before.\r\n", i)
		fmt.Fprintf(&long, "%d 行目です。いつもお世話になっております。ご依頼の見積書をお送りいたします。\r\n", i)
	}
	for folder, letters := range map[string][]string{"Alone": {"One."}, "Long": {long.String()}, "Many": make([]string, many)} {
		file := filepath.Join(m.dir, folder)
		writeMbox(b, file, letters)
		c := nowhere(b, program, "mail", "import", file, "--account", "anna@example.test", "--folder", folder)
		c.Env = append(os.Environ(), m.env()...)
		if out, err := c.CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
	}
	c := nowhere(b, program, "mail", "own", "anna@example.test")
	c.Env = append(os.Environ(), m.env()...)
	if out, err := c.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	return m
}

func writeMbox(b *testing.B, file string, letters []string) {
	b.Helper()
	f, err := os.Create(file)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriter(f)
	for i, text := range letters {
		at := time.Date(2026, 1, 1, 0, i, 0, 0, time.UTC)
		_, _ = fmt.Fprintf(w, "From x@outside.test %s\r\nFrom: Person %d 山田 <p%d@c%d.test>\r\nTo: anna@example.test\r\nDate: %s\r\nSubject: 会議 no %d\r\n"+
			"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n%s\r\n\r\n",
			at.Format(time.ANSIC), i%9973, i%9973, i%97, at.Format(time.RFC1123Z), i, text) // told by Flush
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
}

// reader is somebody who reads mail in the window, and a watch that says when it was
// painted.
type reader struct {
	*framebuffer
	program *exec.Cmd
	socket  string
	input   io.Writer // of xdotool
}

// newReader opens the window on a mailbox, in the corner of the screen, and its mail page.
func newReader(b *testing.B, f *framebuffer, program string, m mailbox) *reader {
	b.Helper()
	r := &reader{framebuffer: f, socket: filepath.Join(b.TempDir(), "seen")}
	r.program = nowhere(b, program)
	r.program.Env = append(f.env(), append(m.env(), "LIFEBOAT_OUTLINE="+r.socket)...)
	r.program.Stderr = os.Stderr
	if err := r.program.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { end(r.program) })
	c := exec.CommandContext(b.Context(), "xdotool", "-")
	c.Env = append(os.Environ(), "DISPLAY="+f.display)
	input, err := c.StdinPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = input.Close(); _ = c.Wait() })
	r.input = input
	r.find(b, "Mail")
	r.do(b, "search --onlyvisible --name ^Lifeboat$ windowmove 0 0 windowfocus")
	r.settle(b)
	r.do(b, "key ctrl+2")
	r.find(b, "Alone")
	r.settle(b)
	return r
}

func (r *reader) do(b *testing.B, commands string) {
	b.Helper()
	if _, err := fmt.Fprintln(r.input, commands); err != nil {
		b.Fatal(err)
	}
}

// find waits for a text, and returns where its middle is.
func (r *reader) find(b *testing.B, text string) (x, y int) {
	b.Helper()
	for range 1200 {
		for _, i := range r.see() {
			if i.Kind == outline.Text && i.Text == text {
				return int(i.X + i.W/2), int(i.Y + i.H/2)
			}
		}
		pass(b, 100*time.Millisecond)
	}
	b.Fatalf("waited in vain for %q", text)
	return 0, 0
}

func (r *reader) see() []outline.Item {
	c, err := net.Dial("unix", r.socket)
	if err != nil {
		return nil
	}
	defer func() { _ = c.Close() }()
	var all map[string][]outline.Item
	if json.NewDecoder(c).Decode(&all) != nil {
		return nil
	}
	return all["Lifeboat"]
}

// quiet is how long nothing must change for a page to count as painted.
const quiet = 400 * time.Millisecond

// settle waits until nothing changes any more.
func (r *reader) settle(b *testing.B) { r.changes(b, quiet) }

// changes returns when something changed on the screen, until nothing did for so long.
func (r *reader) changes(b *testing.B, still time.Duration) []time.Time {
	b.Helper()
	var all []time.Time
	seen, last := r.sum(b), time.Now()
	for time.Since(last) < still {
		pass(b, time.Millisecond)
		if now := r.sum(b); now != seen {
			seen, last = now, time.Now()
			all = append(all, last)
		}
	}
	return all
}

// click clicks on a text, and returns how long it takes until the window looks as it
// will. The pointer was there before.
func (r *reader) click(b *testing.B, text string) time.Duration {
	b.Helper()
	x, y := r.find(b, text)
	r.do(b, fmt.Sprintf("mousemove %d %d", x, y))
	r.settle(b)
	began := time.Now()
	r.do(b, "click 1")
	all := r.changes(b, quiet)
	if len(all) == 0 {
		b.Fatalf("a click on %q does nothing", text)
	}
	return all[len(all)-1].Sub(began)
}

var seed = maphash.MakeSeed()

// sum is of what is beside the navigation, where times step.
func (r *reader) sum(b *testing.B) uint64 {
	b.Helper()
	g := r.open(b)
	line := make([]byte, g.stride)
	var h maphash.Hash
	h.SetSeed(seed)
	for y := int64(60); y < 700; y += 7 {
		if _, err := r.opened.ReadAt(line, g.at+y*g.stride); err != nil {
			b.Fatal(err)
		}
		_, _ = h.Write(line[4*220:])
	}
	return h.Sum64()
}

// benchMail measures the mail page: the list of many opened and scrolled, a long letter
// opened.
func benchMail(b *testing.B, ours string, t *table) {
	f := newFramebuffer(b)
	r := newReader(b, f, ours, newMailbox(b, ours))
	const rounds = 7
	var list, letter []time.Duration
	for range b.N {
		list, letter = nil, nil
		for range rounds {
			r.click(b, "Alone")
			list = append(list, r.click(b, "Many"))
		}
		for range rounds {
			r.click(b, "Alone")
			r.click(b, "Long")
			x, y := r.find(b, "会議 no 0")
			r.do(b, fmt.Sprintf("mousemove %d %d", x, y))
			letter = append(letter, r.click(b, "会議 no 0"))
		}
		r.click(b, "Many")
		r.scroll(b, t)
	}
	t.add(b, "list-of-many-opened", "100 ms", "ms", millis(middleOf(list)))
	t.add(b, "long-letter-opened", "100 ms", "ms", millis(middleOf(letter)))
	pass(b, idleSpan/10)
	benchIdle(b, r.program, "idle", "1 %", t)
	b.ReportMetric(0, "ns/op")
}

// scroll turns the wheel for a while, and tells how long a frame takes: as it is seen,
// and in processor time, with the drawing in software and without it.
func (r *reader) scroll(b *testing.B, t *table) {
	b.Helper()
	r.do(b, "mousemove 570 400")
	r.settle(b)
	const turns = 200
	go func() {
		for range turns {
			_, _ = fmt.Fprintln(r.input, "click 5") // what is not sent is not scrolled
			time.Sleep(time.Second / 60)            //nolint:forbidigo // a finger on a wheel
		}
	}()
	own, drawing := threads(b, r.program.Process.Pid)
	all := r.changes(b, quiet)
	ownAfter, drawingAfter := threads(b, r.program.Process.Pid)
	if len(all) < 10 {
		b.Fatalf("%d frames: nothing scrolls", len(all))
	}
	var frames []time.Duration
	for i := 1; i < len(all); i++ {
		frames = append(frames, all[i].Sub(all[i-1]))
	}
	slices.Sort(frames)
	each := func(d time.Duration) float64 { return millis(d) / float64(len(all)) }
	t.add(b, "frame-scrolled", "16 ms", "ms", millis(middleOf(frames)))
	t.add(b, "frame-scrolled-p95", "", "ms", millis(frames[len(frames)*95/100]))
	t.add(b, "frame-work", "16 ms", "ms", each(ownAfter-own))
	t.add(b, "frame-drawing-in-software", "", "ms", each(drawingAfter-drawing))
}

// middleOf is the median.
func middleOf(all []time.Duration) time.Duration {
	all = slices.Clone(all)
	slices.Sort(all)
	return all[len(all)/2]
}

// threads is the processor time of a program's own threads, and of those with which the
// driver draws in software: a graphics card does that in an office.
func threads(b *testing.B, pid int) (own, drawing time.Duration) {
	b.Helper()
	names, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	if err != nil {
		b.Fatal(err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // it has ended
		}
		if strings.Contains(string(text), "(llvmpipe") {
			drawing += ticksIn(b, text)
		} else {
			own += ticksIn(b, text)
		}
	}
	return own, drawing
}
