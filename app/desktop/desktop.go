// Package desktop is what the computer's desktop does for a program: it opens files
// and pages in the programs that belong to them, keeps the mark of what came from the
// internet, so that those programs take care, says whether there is a tray, shows
// notices, and lets a second start of Lifeboat bring the window of the first to the
// front.
//
// Nothing here goes through a shell, and nothing that mail says becomes an option of a
// program: files are named by absolute paths, pages by https addresses.
package desktop

import (
	"context"
	"errors"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"lifeboat/failover"
)

// refusedWithin is how soon a program that could not open something says so. What
// takes longer is open: some systems' openers stay as long as what they opened.
const refusedWithin = 4 * time.Second

// Open opens a file or an https address in the program that belongs to it. (Pages of
// this very computer may be http.) What it opened does not end with the context.
func Open(ctx context.Context, what string) error {
	target, err := target(what)
	if err != nil {
		return err
	}
	program, args := opener(target)
	at, err := exec.LookPath(program)
	if err != nil {
		return failover.Fail(failover.ErrUnsupported, "nothing here can open {what}: {program} is not installed", "what", shown(what), "program", program).Because(err)
	}
	c := exec.CommandContext(context.WithoutCancel(ctx), at, args...) //nolint:gosec // see target
	if err := c.Start(); err != nil {
		return failover.Fail(failover.ErrUnsupported, "{program} could not be started to open {what}", "program", program, "what", shown(what)).Because(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	wait := time.NewTimer(refusedWithin)
	defer wait.Stop()
	select {
	case err := <-ended:
		if err != nil {
			return failover.Fail(failover.ErrUnsupported, "no program on this computer opens {what}: see which one belongs to files of this kind", "what", shown(what)).Because(err)
		}
	case <-wait.C:
	case <-ctx.Done():
	}
	return nil
}

// target is what is opened: an absolute path of something that is there, or an address.
func target(what string) (string, error) {
	if strings.Contains(what, "://") {
		u, err := url.Parse(what)
		host := ""
		if err == nil {
			host = u.Hostname()
		}
		here := host == "localhost" || host == "127.0.0.1" || host == "::1"
		if err != nil || host == "" || u.Scheme != "https" && (u.Scheme != "http" || !here) {
			return "", failover.Fail(failover.ErrInvalid, "{what} is no https address, so it is not opened", "what", shown(what)).Because(err)
		}
		return u.String(), nil
	}
	path, err := filepath.Abs(what)
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		return "", failover.Fail(failover.ErrInvalid, "{file} is not there, or cannot be read", "file", shown(what)).Because(err)
	}
	return path, nil
}

// shown prepares what was to be opened for a sentence.
func shown(what string) string {
	const most = 200
	what = strings.Map(func(r rune) rune {
		if r < ' ' {
			return '�'
		}
		return r
	}, what)
	if len(what) > most {
		return strings.ToValidUTF8(what[:most], "") + " …"
	}
	return what
}

// markRefused puts what a system says about a mark into a sentence.
func markRefused(file string, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, os.ErrNotExist) {
		return failover.Fail(failover.ErrInvalid, "{file} is not there, so it could not be marked as having come from the internet", "file", shown(file)).Because(err)
	}
	return failover.Fail(failover.ErrUnsupported,
		"{file} could not be marked as having come from the internet: its disk keeps no such marks, or the file is not yours; open it with care", "file", shown(file)).Because(err)
}
