package presenter

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/failover"
	"lifeboat/mailstore/export"
)

// SaveFile writes an attachment of the message that is shown to a file that somebody
// chose. It is complete or not there at all, and marked as having come from the internet.
func (m *Mail) SaveFile(ctx context.Context, part, file string) error {
	source, id, from := m.shown()
	if source == nil {
		return nil
	}
	return m.save(ctx, source, id, part, file, from)
}

// OpenFile writes an attachment of the message that is shown into a private folder, and
// returns where: to be opened in the program that belongs to it. What may run a
// program is not opened.
func (m *Mail) OpenFile(ctx context.Context, part string) (string, error) {
	source, id, from := m.shown()
	if source == nil {
		return "", nil
	}
	m.mu.Lock()
	i := slices.IndexFunc(m.read.says.Files, func(f MessageFile) bool { return f.Part == part })
	var f MessageFile
	if i >= 0 {
		f = m.read.says.Files[i]
	}
	m.mu.Unlock()
	if i < 0 || f.Risky {
		return "", failover.Fail(failover.ErrInvalid, "This file can run a program, so it is not opened here. Save it if you know what it is.")
	}
	dir, err := os.MkdirTemp(m.opt.Temp, "lifeboat-")
	if err != nil {
		return "", writeFailed(m.opt.Temp, err)
	}
	file := filepath.Join(dir, FileName(f.Name))
	return file, m.save(ctx, source, id, part, file, from)
}

// shown is the message that is shown, where it comes from, and whom it is from.
func (m *Mail) shown() (source engine.MailSource, id, from string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.source == nil || m.read.shown == "" || m.read.fail != nil {
		return nil, "", ""
	}
	return m.source, m.read.shown, m.read.says.Address
}

func (m *Mail) save(ctx context.Context, source engine.MailSource, id, part, file, from string) error {
	partial := file + ".part"
	var out *os.File
	err := source.Part(ctx, id, part, func(engine.AttachedFile) (io.Writer, error) {
		var err error
		out, err = os.OpenFile(partial, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
		return out, err
	})
	if out != nil {
		err = errors.Join(err, out.Close())
	}
	if err == nil && out != nil {
		err = os.Rename(partial, file)
	}
	if err != nil {
		if out != nil {
			_ = os.Remove(partial) // it is not complete
		}
		return writeFailed(file, err)
	}
	if m.opt.Mark != nil {
		if err := m.opt.Mark(file, from); err != nil {
			return failover.Fail(failover.ErrInvalid, "{file} is saved, but the system could not mark it as having come from the internet: take care when opening it.", "file", file).Because(err)
		}
	}
	return nil
}

// writeFailed tells where something could not be written; what has a sentence of its own
// keeps it.
func writeFailed(file string, err error) error {
	var path *fs.PathError
	var link *os.LinkError
	if errors.As(err, &path) || errors.As(err, &link) {
		return failover.Fail(failover.ErrInvalid, "{file} cannot be written: choose another place, or make room there.", "file", file).Because(err)
	}
	return err
}

// sourceMost is how much of a message's source is shown, in octets.
const sourceMost = 1 << 20

// Source is the source of the message that is shown, as it lies on the server: its
// first megabyte.
func (m *Mail) Source(ctx context.Context) (text string, err error) {
	source, id, _ := m.shown()
	if source == nil {
		return "", nil
	}
	w := &capped{}
	err = source.Raw(ctx, id, w)
	if w.full {
		err = nil
		w.WriteString("\n…\n")
	}
	return strings.ToValidUTF8(strings.ReplaceAll(w.String(), "\r", ""), "\uFFFD"), err
}

// capped takes what fits and ends the copying there.
type capped struct {
	bytes.Buffer
	full bool
}

var errFull = errors.New("enough")

func (c *capped) Write(p []byte) (int, error) {
	if room := sourceMost - c.Len(); len(p) > room {
		c.full = true
		n, _ := c.Buffer.Write(p[:room])
		return n, errFull
	}
	return c.Buffer.Write(p)
}

// ExportFormats are the forms that mail can be exported in: their names in the words of
// package export, and for people.
func ExportFormats(t *i18n.Tongue) (names, words []string) {
	return []string{"eml", "mbox", "zip"},
		[]string{t.T("A file for each message (EML)"), t.T("One file for programs (mbox)"), t.T("One packed file (ZIP)")}
}

// Export writes the messages that are selected, or the whole list where none are, to a
// target that is not there yet. tell hears how many of them are written. It returns what
// to say when it is done.
func (m *Mail) Export(ctx context.Context, format, target string, tell func(done, of int)) (string, error) {
	m.mu.Lock()
	source, t := m.source, m.tongue
	if len(m.picked.ids) == 0 && m.list.made != m.list.wanted {
		m.mu.Unlock()
		return "", failover.Fail(failover.ErrWaiting, "The list is still being read: try again in a moment, or choose messages.")
	}
	ids := make([]string, 0, len(m.picked.ids))
	for _, id := range m.list.ids {
		if _, in := m.picked.ids[id]; in || len(m.picked.ids) == 0 {
			ids = append(ids, id)
		}
	}
	m.mu.Unlock()
	if source == nil || len(ids) == 0 {
		return "", failover.Fail(failover.ErrInvalid, "There is nothing to export: choose messages first.")
	}
	out, err := source.Export(ctx, engine.ExportRequest{
		Target: target, Format: export.Format(format), IDs: ids,
		Tell: func(p export.Progress) { tell(p.Messages, len(ids)) },
	})
	if err != nil {
		return "", err
	}
	if len(out.LeftOut) > 0 {
		return t.T("{n} messages are exported, and {left} left out, as they cannot be read. The file manifest.json names them.", "n", out.Messages, "left", len(out.LeftOut)), nil
	}
	if out.Messages == 1 {
		return t.T("1 message is exported."), nil
	}
	return t.T("{n} messages are exported.", "n", out.Messages), nil
}

// ExportName is a name for the target: what is exported, and when.
func (m *Mail) ExportName(format string) string {
	folder, _ := m.Folder()
	name := FileName(strings.TrimSpace(folder + " " + m.opt.Now().Local().Format("2006-01-02 1504")))
	if format == "zip" {
		return name + ".zip"
	}
	return name
}
