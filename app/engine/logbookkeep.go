package engine

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/gofrs/flock"

	"lifeboat/failover"
	"lifeboat/failover/detect"
	"lifeboat/failover/probe"
	"lifeboat/mailstore"
)

// What no other file keeps for long is kept here as it happens: that a provider broke and
// was sound again, that the mirror had trouble and had it no longer, what tests came to.
// Each line is an entry of the log, sealed as it tells of people. It is no record that
// anything is decided by: a line that is lost costs nothing but the line.

const (
	logFile    = "log.jsonl"
	logLock    = "log.lock"
	logPurpose = "log"
	// logMost is how large the file may grow; then the older half is dropped.
	logMost = 4 << 20
	// logWait is how long it is waited for another process that writes a line.
	logWait = 5 * time.Second
)

// note keeps entries of the log. What cannot be kept is said to the program's own log
// alone: nothing else must fail for it.
func (e *Engine) note(ctx context.Context, entries ...LogEntry) {
	if len(entries) == 0 {
		return
	}
	if err := e.keepLog(ctx, entries); err != nil && ctx.Err() == nil {
		e.opt.Logger.Warn("the log", "error", err)
	}
}

func (e *Engine) keepLog(ctx context.Context, entries []LogEntry) error {
	if err := makeDir(e.opt.DataDir); err != nil {
		return err
	}
	var lines bytes.Buffer
	for _, l := range entries {
		plain, err := json.Marshal(l)
		if err != nil {
			return err
		}
		sealed, err := e.seal(ctx, logPurpose, plain)
		if err != nil {
			return err
		}
		lines.WriteString(base64.RawStdEncoding.EncodeToString(sealed) + "\n")
	}
	patience, stop := context.WithTimeout(ctx, logWait)
	defer stop()
	lock := flock.New(e.path(logLock), flock.SetPermissions(0o600))
	if ok, err := lock.TryLockContext(patience, lockEvery); !ok {
		return errors.Join(err, failover.Fail(failover.ErrLocked, "{error}", "error", "the log is locked"))
	}
	defer func() { _ = lock.Unlock() }() // it ends with the process anyway
	return appendLines(e.path(logFile), lines.Bytes())
}

// appendLines appends whole lines to a file, after one that was torn too, and drops the
// older half of what has grown too large.
func appendLines(path string, lines []byte) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	end, err := f.Seek(0, io.SeekEnd)
	if err == nil && end > 0 {
		last := make([]byte, 1)
		if _, err = f.ReadAt(last, end-1); err == nil && last[0] != '\n' {
			lines = append([]byte("\n"), lines...)
		}
	}
	if err == nil {
		_, err = f.WriteAt(lines, end)
	}
	if err = errors.Join(err, f.Close()); err != nil || end+int64(len(lines)) < logMost {
		return err
	}
	all, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	_, newer, _ := bytes.Cut(all[len(all)/2:], []byte("\n"))
	return probe.ReplaceFile(path, newer)
}

// keptLog reads what was kept; lines that are no entry are passed over.
func (e *Engine) keptLog(ctx context.Context) ([]LogEntry, error) {
	content, err := os.ReadFile(e.path(logFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, failover.Fail(failover.ErrDisk, "The log {file} cannot be read: see that it is yours.", "file", e.path(logFile)).Because(err)
	}
	var out []LogEntry
	for line := range bytes.Lines(content) {
		sealed, err := base64.RawStdEncoding.DecodeString(string(bytes.TrimSpace(line)))
		if err != nil {
			continue
		}
		plain, err := e.unseal(ctx, logPurpose, sealed)
		if err != nil {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			continue
		}
		if l, ok := readEntry(plain); ok {
			out = append(out, l)
		}
	}
	return out, nil
}

// readEntry reads an entry as note wrote it.
func readEntry(plain []byte) (l LogEntry, ok bool) {
	err := json.Unmarshal(plain, &l)
	return l, err == nil && !l.At.IsZero() && !l.Say.IsZero()
}

// noteWatch keeps what detection found anew about a domain. What was sound when somebody
// looked for the first time is no news.
func (e *Engine) noteWatch(ctx context.Context, domain string, before, now detect.State) {
	about := failover.Sentence{Template: failover.Display(domain)}
	var out []LogEntry
	changed := func(was, is detect.Health, say failover.Sentence) bool {
		return is != was && !say.IsZero() && (was != "" || is == detect.Down || is == detect.Degraded)
	}
	for _, r := range []failover.Role{failover.Primary, failover.Secondary} {
		was, is := before.Provider(r), now.Provider(r)
		if !changed(was.Health, is.Health, is.Say) {
			continue
		}
		l := LogEntry{At: now.At, Kind: LogWatch, About: about, Verdict: verdictOf(is.Health), Say: is.Say, Run: string(r)}
		l.tell("", is.SayBlame)
		l.tell("", is.SaySwitch)
		for _, s := range is.Notes {
			l.tell("", s)
		}
		for _, p := range is.Parts {
			for _, x := range p.Evidence {
				if x.Answer != "" && x.Health != detect.Healthy {
					l.Exact = append(l.Exact, x.Host+": "+x.Answer)
				}
			}
		}
		out = append(out, l)
	}
	if changed(before.Line.Health, now.Line.Health, now.Line.Say) {
		out = append(out, LogEntry{At: now.At, Kind: LogWatch, About: about, Verdict: verdictOf(now.Line.Health), Say: now.Line.Say, Run: "line"})
	}
	if changed(before.Records.Health, now.Records.Health, now.Records.Say) {
		out = append(out, LogEntry{At: now.At, Kind: LogWatch, About: about, Verdict: verdictOf(now.Records.Health), Say: now.Records.Say, Run: "records"})
	}
	e.note(ctx, out...)
}

func verdictOf(h detect.Health) failover.Verdict {
	switch h {
	case detect.Healthy:
		return failover.Pass
	case detect.Degraded:
		return failover.Warn
	case detect.Down:
		return failover.Red
	default:
		return failover.Unknown
	}
}

// logMirror tells of the mirror's troubles that go on.
func (e *Engine) logMirror(ctx context.Context, _ LogRequest) ([]LogEntry, error) {
	if e.opt.Mail == nil || !e.hasMail() {
		return nil, nil
	}
	return mirrorTroubles(e.MirrorStatus(ctx)), nil
}

// mirrorTroubles are those that go on, each at the time at which it began.
func mirrorTroubles(st MirrorStatus) (out []LogEntry) {
	for _, a := range st.Accounts {
		about := failover.Sentence{Template: a.Account}
		if !a.Failed.IsZero() && !a.Since.IsZero() && a.Removed.IsZero() {
			l := LogEntry{At: a.Since, Kind: LogMirror, About: about, Run: a.Account, Verdict: failover.Warn, Say: failover.Say("The mailbox could not be mirrored.")}
			l.tell(failover.Warn, spokenIn(a.Failed))
			out = append(out, l)
		}
		for _, h := range a.Held {
			l := LogEntry{At: h.Since, Kind: LogMirror, About: about, Run: a.Account + "/" + h.Folder, Verdict: failover.Warn,
				Say: failover.Say("The folder {folder} waits for a decision: unusually much of it vanished at once.", "folder", h.Folder)}
			l.tell("", failover.Say("{gone} of {all} messages are gone at the primary. Nothing was deleted here.", "gone", h.Gone, "all", h.Of))
			out = append(out, l)
		}
	}
	return out
}

// mirrorNotes keeps what begins and ends of the mirror's troubles.
type mirrorNotes struct {
	known map[string]LogEntry // by Run, while they go on
}

// take keeps what is new, and what is over.
func (n *mirrorNotes) take(ctx context.Context, e *Engine, fresh []mailstore.Freshness) {
	now := map[string]LogEntry{}
	var out []LogEntry
	for _, l := range mirrorTroubles(e.statusOf(fresh)) {
		now[l.Run] = l
		if old, goesOn := n.known[l.Run]; !goesOn || !old.At.Equal(l.At) {
			out = append(out, l)
		}
	}
	for run, l := range n.known {
		if _, goesOn := now[run]; !goesOn {
			out = append(out, LogEntry{At: e.opt.Now(), Kind: LogMirror, About: l.About, Run: run, Verdict: failover.Pass, Say: failover.Say("The mirror of it is sound again.")})
		}
	}
	n.known = now
	e.note(ctx, out...)
}
