package servers

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// InNamespace moves a test into network, mount and process namespaces of its own. It runs the test program once more,
// there, for this test alone, and returns true in that run; in the first run it returns false when the other has ended,
// after passing on its output and its verdict:
//
//	if !servers.InNamespace(t, servers.Namespace{ResolvConf: "nameserver 127.0.0.53\n"}) {
//		return
//	}
//
// So it belongs at the top of the test, before anything is started. All processes within end with the test. Servers there
// keep their files in memory (not those that a test makes with t.TempDir), and can change users even in a chroot whose root directory is closed to others, where they could not outside. Root may
// always make namespaces; other users may where the kernel allows user namespaces, and have more than one user within
// (which Postfix and Dovecot need) if newuidmap is installed and /etc/subuid gives them a range.
func InNamespace(t *testing.T, with Namespace) bool {
	t.Helper()
	switch os.Getenv(namespaceMark) {
	case t.Name():
		enter(t, with)
		return true
	case "":
		runWithin(t)
		return false
	default:
		t.Fatalf("%s asks for a namespace within that of %s", t.Name(), os.Getenv(namespaceMark))
		return false
	}
}

// The words that the run within sends on reportFD. Its exit status alone would not do: no matching test is a success
// for the testing package.
const (
	reportFD = 3

	sayEntered = "entered\n"
	sayPassed  = "passed\n"
	saySkipped = "skipped\n"
	sayFailed  = "failed\n"
)

// runWithin runs this test in namespaces, waits, and makes its verdict this test's.
func runWithin(t *testing.T) {
	t.Helper()
	said, err := within(t, t.Output())
	switch said {
	case sayEntered + sayPassed:
		if err != nil {
			t.Errorf("the test passed in its namespace, and its program failed: %v", err)
		}
	case sayEntered + saySkipped:
		t.Skip("skipped within its namespace, for the reason above")
	case sayEntered + sayFailed:
		t.Fail()
	case "":
		t.Error(noNamespace(err))
	default:
		t.Errorf("the test broke off in its namespace: %v", err)
	}
}

// within is the run in namespaces: what it said on reportFD, and how its program ended.
func within(t *testing.T, to io.Writer) (said string, err error) {
	t.Helper()
	report, theirs, err := os.Pipe()
	if err != nil {
		t.Fatalf("no pipe to the test's run in a namespace: %v", err)
	}
	defer func() { _ = report.Close() }()
	output := &quiet{to: to, test: t.Name()}
	defer output.flush()
	cmd := namespaceCommand(t)
	cmd.ExtraFiles = []*os.File{theirs}
	cmd.Stdout, cmd.Stderr = output, output
	err = cmd.Start()
	_ = theirs.Close()
	if err != nil {
		t.Fatal(noNamespace(err))
	}
	err = cmd.Wait()
	// An unshare that is refused leaves a helper behind, which holds on to the pipes.
	_ = killGroup(cmd.Process)
	_ = report.SetReadDeadline(time.Now().Add(time.Second))
	words, _ := io.ReadAll(report)
	return string(words), err
}

func noNamespace(err error) string {
	return fmt.Sprintf("This test needs a network namespace, and user %d could not make one here (%v): run it as root, or allow user namespaces.", os.Geteuid(), err)
}

func namespaceCommand(t *testing.T) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatalf("where this test program is, is unknown: %v", err)
	}
	flags := uintptr(syscall.CLONE_NEWNET | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID)
	argv := append([]string{self}, namespaceArgs(t)...)
	attr := ownGroup()
	attr.Cloneflags = flags
	if uid := os.Geteuid(); uid != 0 {
		if unshare, ok := manyUsers(); ok {
			argv = append([]string{
				unshare, "--user", "--map-root-user", "--map-auto", "--net", "--mount", "--pid", "--fork", "--kill-child", "--",
			}, argv...)
			attr.Cloneflags = 0
		} else {
			attr.Cloneflags |= syscall.CLONE_NEWUSER
			attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: uid, Size: 1}}
			attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}}
		}
	}
	cmd := exec.CommandContext(t.Context(), argv[0], argv[1:]...)
	cmd.Env = append(os.Environ(), namespaceMark+"="+t.Name(), namespaceDir+"="+tempDir(t))
	if os.Getenv("GORACE") == "" {
		cmd.Env = append(cmd.Env, "GORACE=atexit_sleep_ms=0") // the race detector's own pause is a second a test
	}
	cmd.SysProcAttr = attr
	cmd.WaitDelay = time.Second // for output, after the program's end
	return cmd
}

// manyUsers finds util-linux's unshare if it can map a range of users, as subuid(5) gives it: Go can map only the user's
// own without help from newuidmap between the child's birth and its first step.
func manyUsers() (unshare string, ok bool) {
	unshare, err := exec.LookPath("unshare")
	if err != nil {
		return "", false
	}
	if _, err := exec.LookPath("newuidmap"); err != nil {
		return "", false
	}
	me, err := user.Current()
	if err != nil {
		return "", false
	}
	ranges, err := os.ReadFile("/etc/subuid")
	if err != nil {
		return "", false
	}
	for line := range strings.Lines(string(ranges)) {
		if who, _, _ := strings.Cut(line, ":"); who == me.Username || who == me.Uid {
			return unshare, true
		}
	}
	return "", false
}

// namespaceArgs selects this test alone, and keeps flags that are not the testing package's.
func namespaceArgs(t *testing.T) []string {
	var levels []string
	for level := range strings.SplitSeq(t.Name(), "/") {
		levels = append(levels, "^"+regexp.QuoteMeta(level)+"$")
	}
	args := []string{"-test.run=" + strings.Join(levels, "/"), "-test.v=true", "-test.count=1"}
	if testing.Short() {
		args = append(args, "-test.short=true")
	}
	if deadline, ok := t.Deadline(); ok {
		// It ends a little earlier than this run, and so can say where it hung.
		left := max(time.Until(deadline)-2*time.Second, time.Second)
		args = append(args, "-test.timeout="+left.String())
	}
	for _, arg := range os.Args[1:] {
		if !strings.HasPrefix(arg, "-test.") {
			args = append(args, arg)
		}
	}
	return args
}

// quiet passes on what a test writes without the testing package's own frame around it, which this run draws itself.
type quiet struct {
	to   io.Writer
	test string
	line []byte
}

func (q *quiet) Write(p []byte) (int, error) {
	q.line = append(q.line, p...)
	for {
		i := strings.IndexByte(string(q.line), '\n')
		if i < 0 {
			return len(p), nil
		}
		q.pass(q.line[:i+1])
		q.line = q.line[i+1:]
	}
}

func (q *quiet) flush() {
	if len(q.line) > 0 {
		q.pass(append(q.line, '\n'))
	}
	q.line = nil
}

func (q *quiet) pass(line []byte) {
	text := strings.TrimSpace(string(line))
	verdict, _, _ := strings.Cut(text, " (")
	_, named, isVerdict := strings.Cut(verdict, ": ")
	if strings.HasPrefix(text, "=== ") || text == "PASS" || text == "FAIL" || strings.HasPrefix(text, "exit status") ||
		strings.HasPrefix(text, "--- ") && isVerdict && (named == q.test || strings.HasPrefix(q.test, named+"/")) {
		return
	}
	_, _ = q.to.Write(line) // the test's own log
}
