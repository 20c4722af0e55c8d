package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"lifeboat/app/i18n"
	"lifeboat/app/widgets/outline"
)

// A person sits before the window: sees what is shown, moves the mouse, presses keys. The
// program is the one that is shipped, with one thing more: it answers what is seen where
// (tag windowtest), so that a test finds by its words what a person finds by eye.
type person struct {
	t       *testing.T
	display string // as DISPLAY has it
	socket  string // where the window tells what is seen
	title   string // of the window that is looked at
	program *exec.Cmd
	out     *syncBuffer
	shot    int
	byKeys  bool         // never touches the mouse
	tongue  *i18n.Tongue // of the window
}

// windowProgram compiles the window, once for all tests.
func windowProgram(t *testing.T) string {
	t.Helper()
	dir, err := os.Open(os.Getenv(programDir))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = dir.Close() }()
	if err := unix.Flock(int(dir.Fd()), unix.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir.Name(), "lifeboat-desktop")
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		return file
	}
	c := exec.CommandContext(t.Context(), "go", "build", "-tags", "migrated_fynedo,windowtest", "-o", file+".new", ".")
	c.Env = append(os.Environ(), "CGO_ENABLED=1")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := os.Rename(file+".new", file); err != nil {
		t.Fatal(err)
	}
	return file
}

// screen starts a screen that nobody sees, and returns its name.
func startScreen(t *testing.T, number, size string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), "Xvfb", ":"+number, "-screen", "0", size+"x24", "-nolock", "-nolisten", "unix", "-listen", "tcp", "-ac")
	if err := c.Start(); err != nil {
		t.Fatalf("Xvfb, of the Debian package xvfb: %v", err)
	}
	t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
	display := "127.0.0.1:" + number
	awaitIn(t, "the screen", func() bool { _, err := xdo(t.Context(), display, "getdisplaygeometry"); return err == nil })
	return display
}

// xdo runs xdotool.
func xdo(ctx context.Context, display string, args ...string) (string, error) {
	c := exec.CommandContext(ctx, "xdotool", args...)
	c.Env = append(os.Environ(), "DISPLAY="+display)
	out, err := c.Output()
	return strings.TrimSpace(string(out)), err
}

// patience is how long a person looks for something: on a machine that does much else
// the window is slow, and only what never comes is a fault.
const patience = 6 * time.Minute

// awaitIn waits until something is so.
func awaitIn(t *testing.T, what string, so func() bool) {
	t.Helper()
	end, ok := t.Deadline()
	if !ok {
		end = time.Now().Add(10 * time.Minute)
	}
	end = end.Add(-20 * time.Second)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !so() {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
		<-tick.C
	}
}

// sitDown opens the window and waits until something is shown in it.
func sitDown(t *testing.T, display string, env []string, args ...string) *person {
	t.Helper()
	p := &person{t: t, display: display, socket: filepath.Join(t.TempDir(), "seen"), title: "Lifeboat", out: &syncBuffer{}}
	p.program = exec.CommandContext(t.Context(), windowProgram(t), args...)
	p.program.Env = append(os.Environ(), env...)
	p.program.Env = append(p.program.Env, "DISPLAY="+display, "LIFEBOAT_OUTLINE="+p.socket, "LIBGL_ALWAYS_SOFTWARE=1", "WAYLAND_DISPLAY=")
	p.program.Stdout, p.program.Stderr = p.out, p.out
	p.program.Cancel = func() error { return p.program.Process.Signal(os.Interrupt) }
	if err := p.program.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.program.Process.Kill()
		_ = p.program.Wait() // it was killed, if it had not ended
		if t.Failed() {
			t.Logf("the window wrote:\n%s", p.out)
		}
	})
	awaitIn(t, "the window", func() bool { // with its pages: when they come, it takes on its own size once more
		return slices.ContainsFunc(p.see(), func(i outline.Item) bool { return i.Kind == "NavItem" })
	})
	p.focus()
	return p
}

// focus gives the window the keys: without a window manager nobody does.
func (p *person) focus() {
	p.t.Helper()
	awaitIn(p.t, "the window to take keys", func() bool {
		found, err := xdo(p.t.Context(), p.display, "search", "--onlyvisible", "--name", "^"+p.title+"$")
		if err != nil || found == "" {
			return false
		}
		id := strings.Fields(found)[0]
		_, _ = xdo(p.t.Context(), p.display, "windowmove", id, "0", "0")
		size, err := xdo(p.t.Context(), p.display, "getdisplaygeometry")
		if err == nil { // as a window manager does with a window that fills the screen
			_, err = xdo(p.t.Context(), p.display, append([]string{"windowsize", "--sync", id}, strings.Fields(size)...)...)
		}
		if err != nil {
			return false
		}
		_, err = xdo(p.t.Context(), p.display, "windowfocus", id)
		return err == nil
	})
}

// see is what is seen in the window now; nothing while there is none.
func (p *person) see() []outline.Item {
	c, err := net.Dial("unix", p.socket)
	if err != nil {
		return nil
	}
	defer func() { _ = c.Close() }()
	var all map[string][]outline.Item
	b, err := io.ReadAll(c)
	if err != nil || json.Unmarshal(b, &all) != nil {
		return nil
	}
	return all[p.title]
}

// texts is all that can be read.
func (p *person) texts() string {
	var all []string
	for _, i := range p.see() {
		if i.Kind == outline.Text {
			all = append(all, i.Text)
		}
	}
	return strings.Join(all, "\n")
}

// awaits waits until a text can be read; several lines of a paragraph count as one.
func (p *person) awaits(text string) {
	p.t.Helper()
	defer func() {
		if p.t.Failed() {
			p.picture("in-vain")
		}
	}()
	deadline := time.Now().Add(patience)
	for !p.reads(text) {
		if time.Now().After(deadline) {
			p.picture("in-vain")
			p.t.Fatalf("waited in vain for %q; there is:\n%s", text, p.texts())
		}
		time.Sleep(100 * time.Millisecond) //nolint:forbidigo // a person looks again
	}
}

func (p *person) reads(text string) bool {
	flat := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	seen := p.texts()
	return strings.Contains(flat(seen), flat(text)) || strings.Contains(strings.ReplaceAll(seen, "\n", ""), text)
}

// find waits for an item and returns the last that fits: what is drawn last lies on top.
func (p *person) find(what string, fits func(outline.Item) bool) outline.Item {
	p.t.Helper()
	deadline := time.Now().Add(patience)
	for {
		items := p.see()
		asked := slices.ContainsFunc(items, func(i outline.Item) bool { return i.Over })
		for n := len(items) - 1; n >= 0; n-- {
			if fits(items[n]) && items[n].Over == asked { // what lies over the page keeps it from being reached
				return items[n]
			}
		}
		if time.Now().After(deadline) {
			p.picture("not-found")
			p.t.Fatalf("there is no %s; there is:\n%s", what, p.texts())
		}
		time.Sleep(100 * time.Millisecond) //nolint:forbidigo // a person looks again
	}
}

// click clicks on a text, of which this is the whole or, failing that, a part.
func (p *person) click(text string) {
	p.t.Helper()
	i := p.find("text "+strconv.Quote(text), func(i outline.Item) bool {
		return i.Kind == outline.Text && i.Text == text
	})
	p.clickAt(i)
}

func (p *person) clickAt(i outline.Item) {
	p.t.Helper()
	x, y := (i.Seen[0]+i.Seen[2])/2, (i.Seen[1]+i.Seen[3])/2
	p.x("mousemove", fmt.Sprint(int(x)), fmt.Sprint(int(y)), "click", "1")
}

// types types text; keys presses keys, by their names in X.
func (p *person) types(text string) {
	p.t.Helper()
	for n, line := range strings.Split(text, "\n") {
		if n > 0 {
			p.keys("Return")
		}
		p.x("type", "--delay", "15", "--", line)
	}
}

func (p *person) keys(keys ...string) {
	p.t.Helper()
	p.x(append([]string{"key", "--delay", "40"}, keys...)...)
}

func (p *person) x(args ...string) {
	p.t.Helper()
	if _, err := xdo(p.t.Context(), p.display, args...); err != nil {
		p.t.Fatalf("xdotool %v: %v", args, err)
	}
}

// tabTo presses Tab until something that fits has the keys.
func (p *person) tabTo(what string, fits func(outline.Item) bool) {
	p.t.Helper()
	for range 120 {
		for _, i := range p.see() {
			if i.Focused && fits(i) {
				return
			}
		}
		p.keys("Tab")
	}
	p.picture("no-tab")
	p.t.Fatalf("Tab does not lead to %s; there is:\n%s", what, p.texts())
}

// picture keeps a picture of the screen in the folder LIFEBOAT_PICTURES.
func (p *person) picture(name string) {
	p.t.Helper()
	dir := os.Getenv("LIFEBOAT_PICTURES")
	if dir == "" {
		return
	}
	p.shot++
	file := filepath.Join(dir, fmt.Sprintf("%s-%02d-%s.png", strings.ReplaceAll(p.t.Name(), "/", "-"), p.shot, name))
	var before []byte
	for range 20 { // what is drawn follows what is so; something may turn for as long as one looks
		c := exec.CommandContext(p.t.Context(), "import", "-window", "root", "-define", "png:exclude-chunks=date,time", file)
		c.Env = append(os.Environ(), "DISPLAY="+p.display)
		if out, err := c.CombinedOutput(); err != nil {
			p.t.Logf("no picture: %v: %s", err, bytes.TrimSpace(out))
			return
		}
		now, err := os.ReadFile(file)
		if err != nil || bytes.Equal(now, before) {
			return
		}
		before = now
	}
}
