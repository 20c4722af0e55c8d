package desktop_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"lifeboat/app/desktop"
)

// windowFolder names, to a run of this test program that plays a window, the data
// folder.
const windowFolder = "LIFEBOAT_TEST_WINDOW"

// again runs the tests in a process whose settings lie in a folder of their own: that
// folder is read when a process starts.
func again(dir string) int {
	c := exec.Command("/proc/self/exe", os.Args[1:]...)
	if _, err := os.Stat("/proc/self/exe"); err != nil {
		exe, err := os.Executable()
		if err != nil {
			return 1
		}
		c = exec.Command(exe, os.Args[1:]...)
	}
	c.Env = append(os.Environ(), "XDG_CONFIG_HOME="+dir, "LIFEBOAT_TEST_CONFIG="+dir, "DBUS_SESSION_BUS_ADDRESS=", "XDG_RUNTIME_DIR="+dir)
	c.Stdout, c.Stderr = os.Stdout, os.Stderr
	if err := c.Run(); err != nil {
		return 1
	}
	return 0
}

// beWindow is a process with the window of a data folder: it says "first" and then what
// it is asked for, or has the window come to the front that is there.
func beWindow() int {
	dir := os.Getenv(windowFolder)
	w, first, err := desktop.FirstWindow(dir)
	if err != nil {
		fmt.Println("error:", err)
		return 1
	}
	if !first {
		if err := desktop.ShowWindow(context.Background(), dir, os.Getenv("LIFEBOAT_TEST_PAGE")); err != nil {
			fmt.Println("error:", err)
			return 1
		}
		fmt.Println("shown")
		return 0
	}
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // whoever started it lets go
		stop()
	}()
	fmt.Println("first")
	if err := w.Listen(ctx, func(page string) { fmt.Println("front", page) }); err != nil {
		fmt.Println("error:", err)
		return 1
	}
	return 0
}

// window is a process that plays a window.
type window struct {
	t     *testing.T
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines *bufio.Scanner
}

func startWindow(t *testing.T, dir, page string) *window {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	w := &window{t: t, cmd: exec.CommandContext(t.Context(), exe)}
	w.cmd.Env = append(os.Environ(), windowFolder+"="+dir, "LIFEBOAT_TEST_PAGE="+page)
	w.cmd.Stderr = os.Stderr
	out, err := w.cmd.StdoutPipe()
	if err == nil {
		w.in, err = w.cmd.StdinPipe()
	}
	if err == nil {
		err = w.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	w.lines = bufio.NewScanner(out)
	t.Cleanup(func() { _ = w.in.Close(); _ = w.cmd.Process.Kill(); _ = w.cmd.Wait() })
	return w
}

func (w *window) says(want string) {
	w.t.Helper()
	if !w.lines.Scan() {
		w.t.Fatalf("it ended without saying %q", want)
	}
	if got := strings.TrimSpace(w.lines.Text()); got != want {
		w.t.Fatalf("it says %q, not %q", got, want)
	}
}

// A second start of the same data folder brings the first window to the front and
// ends; one of another folder opens its own. When the first was killed, the next is the
// first again.
func TestOneWindowADataFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "データ")
	first := startWindow(t, dir, "")
	first.says("first")
	second := startWindow(t, dir, "")
	second.says("shown")
	first.says("front")
	if err := second.cmd.Wait(); err != nil {
		t.Errorf("the second start ended with %v", err)
	}
	startWindow(t, dir, "switch").says("shown")
	first.says("front switch")
	startWindow(t, t.TempDir(), "").says("first")

	if err := first.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = first.cmd.Wait() // it was killed
	next := startWindow(t, dir, "")
	next.says("first")
	startWindow(t, dir, "mail").says("shown")
	next.says("front mail")
}

// Both starting at once end as one window, and the other is told.
func TestTwoStartsAtOnce(t *testing.T) {
	dir := t.TempDir()
	both := []*window{startWindow(t, dir, "log"), startWindow(t, dir, "log")}
	said := map[string]int{}
	var first *window
	for _, w := range both {
		if !w.lines.Scan() {
			t.Fatal("a start says nothing")
		}
		said[w.lines.Text()]++
		if w.lines.Text() == "first" {
			first = w
		}
	}
	if said["first"] != 1 || said["shown"] != 1 {
		t.Fatalf("the two say %v", said)
	}
	first.says("front log")
}

// A data folder whose path is too long for a socket works, too.
func TestFolderWithAGreatName(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("long", 30))
	first := startWindow(t, dir, "")
	first.says("first")
	startWindow(t, dir, "").says("shown")
	first.says("front")
}

// A window that holds the place and does not answer is named in a sentence.
func TestWindowThatDoesNotAnswer(t *testing.T) {
	dir := t.TempDir()
	w, first, err := desktop.FirstWindow(dir)
	if err != nil || !first {
		t.Fatal(first, err)
	}
	defer func() { _ = w.Close() }()
	ctx, stop := context.WithCancel(t.Context())
	stop() // as if it had been waited for long enough
	if err := desktop.ShowWindow(ctx, dir, ""); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("it says %v", err)
	}
	file := filepath.Join(dir, "window.json")
	if err := os.WriteFile(file, []byte(`{"address":"/no/such/socket"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := desktop.ShowWindow(ctx, dir, ""); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("of a socket that is gone it says %v", err)
	}
	if _, _, err := desktop.FirstWindow("/proc/nowhere"); err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("a folder that cannot be: %v", err)
	}
}
