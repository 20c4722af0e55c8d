package desktop

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"lifeboat/app/local/door"
	"lifeboat/failover"
)

// One window a data folder: the first start holds a lock there, which ends with its
// process, and listens on a socket (a named pipe on Windows) that only its user can
// open. A second start asks it to come to the front, and ends.
const (
	lockFile   = "window.lock"
	recordFile = "window.json"
	recordMost = 4 << 10  // octets
	purpose    = "window" // of its door
)

// Window is the one window of a data folder.
type Window struct {
	dir  string
	lock *flock.Flock
}

// FirstWindow takes the place of the one window of a data folder; false when another
// process has it.
func FirstWindow(dataDir string) (*Window, bool, error) {
	if err := os.MkdirAll(dataDir, 0o700); err != nil {
		return nil, false, refusedFolder(dataDir, err)
	}
	l := flock.New(filepath.Join(dataDir, lockFile), flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o600))
	ok, err := l.TryLock()
	if err != nil {
		return nil, false, refusedFolder(dataDir, err)
	}
	if !ok {
		return nil, false, nil
	}
	return &Window{dir: dataDir, lock: l}, true, nil
}

func refusedFolder(dir string, err error) error {
	return failover.Fail(failover.ErrDisk,
		"the data folder {folder} cannot be written to or locked: see that it is yours, not read-only, and on a local disk", "folder", dir).Because(err)
}

// Close gives the place free.
func (w *Window) Close() error { return w.lock.Unlock() }

// windowRecord is window.json: where the window listens.
type windowRecord struct {
	PID     int    `json:"pid"`
	Address string `json:"address"` // path of the socket, or name of the pipe
}

// Listen calls front for each later start, with the page that it names, or "", until
// ctx ends, which is no error.
func (w *Window) Listen(ctx context.Context, front func(page string)) error {
	l, address, err := door.Open(w.dir, purpose)
	if err != nil {
		return failover.Fail(failover.ErrDisk, "a second start of Lifeboat cannot find this window: its door in {folder} cannot be opened", "folder", w.dir).Because(err)
	}
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	defer door.Remove(address, purpose)
	b, err := json.Marshal(windowRecord{PID: os.Getpid(), Address: address})
	if err == nil {
		err = os.WriteFile(filepath.Join(w.dir, recordFile), append(b, '\n'), 0o600)
	}
	if err != nil {
		_ = l.Close()
		return refusedFolder(w.dir, err)
	}
	for {
		c, err := l.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		if door.CheckPeer(c) != nil {
			_ = c.Close()
			continue
		}
		answer(c, front)
	}
}

// conversation is how long one may take: nothing here crosses a network.
const conversation = 5 * time.Second

// answer does what one caller asks.
func answer(c net.Conn, front func(page string)) {
	defer func() { _ = c.Close() }() // it was answered
	_ = c.SetDeadline(time.Now().Add(conversation))
	line, err := bufio.NewReader(io.LimitReader(c, mostRequest)).ReadString('\n')
	if err != nil {
		return
	}
	page, ok := parseRequest(line)
	if !ok {
		return
	}
	front(page)
	_, _ = io.WriteString(c, shownReply) // whoever asked may have gone
}

// What is said: "show" or "show PAGE", on a line, and "shown" for an answer.
const (
	mostRequest = 80
	showRequest = "show"
	shownReply  = "shown\n"
)

var pageName = regexp.MustCompile(`^[a-z]{1,20}$`)

// parseRequest reads what a second start asks for.
func parseRequest(line string) (page string, ok bool) {
	line, found := strings.CutSuffix(line, "\n")
	if !found {
		return "", false
	}
	if line == showRequest {
		return "", true
	}
	page, found = strings.CutPrefix(line, showRequest+" ")
	return page, found && pageName.MatchString(page)
}

// appearing is how long it is waited for a window that is just being opened.
const (
	appearing = 15 * time.Second
	askAgain  = 50 * time.Millisecond
)

// ShowWindow has the window of a data folder come to the front and show a page; "" is
// the one that it shows.
func ShowWindow(ctx context.Context, dataDir, page string) error {
	ctx, stop := context.WithTimeout(ctx, appearing)
	defer stop()
	for {
		err := ask(ctx, dataDir, page)
		if err == nil {
			return nil
		}
		t := time.NewTimer(askAgain)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return failover.Fail(failover.ErrLocked, "Lifeboat's window over {folder} is open already and does not answer: look for it, or end its process and start again", "folder", dataDir).Because(err)
		}
	}
}

var errNotShown = errors.New("the window gave no answer")

func ask(ctx context.Context, dataDir, page string) error {
	f, err := os.Open(filepath.Join(dataDir, recordFile))
	if err != nil {
		return err
	}
	b, err := io.ReadAll(io.LimitReader(f, recordMost))
	_ = f.Close() // it was read
	var r windowRecord
	if err == nil {
		err = json.Unmarshal(b, &r)
	}
	if err != nil {
		return err
	}
	c, err := door.Dial(ctx, r.Address)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }() // it was only asked
	_ = c.SetDeadline(time.Now().Add(conversation))
	line := showRequest
	if page != "" {
		line += " " + page
	}
	if _, err := io.WriteString(c, line+"\n"); err != nil {
		return err
	}
	if got, err := bufio.NewReader(io.LimitReader(c, mostRequest)).ReadString('\n'); err != nil || got != shownReply {
		return errors.Join(errNotShown, err)
	}
	return nil
}
