package corpus

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf16"

	"lifeboat/mailstore"
)

// WriteMaildir writes the messages as Dovecot keeps them: Maildir++ with the folders
// of [Folders] (also the one that stays empty), "." between their levels, their names
// in modified UTF-7 (RFC 3501 section 5.1.3); the internal date as the file's
// modification time; flags and sizes in the file's name, where Dovecot reads them
// instead of the file. The lines of files end as Dovecot ends them, with LF, where it
// serves the same then. Within a folder, UIDs follow the order of the messages.
//
// Where the process is root, the files are given to uid and gid. dir is the user's
// Maildir; it is made where it is missing.
func WriteMaildir(dir string, uid, gid int, messages iter.Seq[Message]) error {
	w := maildir{dir: dir, uid: uid, gid: gid}
	for _, folder := range Folders() {
		if err := w.folder(folder); err != nil {
			return err
		}
	}
	for m := range messages {
		if err := w.message(m); err != nil {
			return err
		}
	}
	return nil
}

type maildir struct {
	dir      string
	uid, gid int
}

// path is where a folder lies.
func (w maildir) path(folder string) string {
	if folder == "INBOX" {
		return w.dir
	}
	levels := strings.Split(folder, "/")
	for i, l := range levels {
		levels[i] = modifiedUTF7(l)
	}
	return filepath.Join(w.dir, "."+strings.Join(levels, "."))
}

func (w maildir) folder(name string) error {
	path := w.path(name)
	for _, dir := range []string{filepath.Join(path, "cur"), filepath.Join(path, "new"), filepath.Join(path, "tmp")} {
		if err := w.mkdir(dir); err != nil {
			return fmt.Errorf("no folder for %s: %w", name, err)
		}
	}
	var list strings.Builder
	for i, k := range keywords() {
		fmt.Fprintf(&list, "%d %s\n", i, k)
	}
	if err := w.write(filepath.Join(path, "dovecot-keywords"), []byte(list.String())); err != nil {
		return err
	}
	if name == "INBOX" {
		return nil
	}
	return w.write(filepath.Join(path, "maildirfolder"), nil)
}

// mkdir makes a folder and those above it that are missing.
func (w maildir) mkdir(dir string) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if err := w.mkdir(filepath.Dir(dir)); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return fmt.Errorf("a folder of the maildir: %w", err)
	}
	return w.own(dir)
}

func (w maildir) message(m Message) error {
	raw := bytes.ReplaceAll(m.Bytes, []byte("\r\n"), []byte("\n"))
	virtual := m.Served()
	if !bytes.Equal(served(raw), virtual) {
		raw = m.Bytes
	}
	name := fmt.Sprintf("%d.M%06dP1.corpus,S=%d,W=%d:2,%s", m.Received.Unix(), m.Number, len(raw), len(virtual), letters(m.Flags))
	path := filepath.Join(w.path(m.Folder), "cur", name)
	if err := w.write(path, raw); err != nil {
		return err
	}
	if err := os.Chtimes(path, m.Received, m.Received); err != nil {
		return fmt.Errorf("the date of message %d: %w", m.Number, err)
	}
	return nil
}

func (w maildir) write(path string, raw []byte) error {
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		return fmt.Errorf("a file of the maildir: %w", err)
	}
	return w.own(path)
}

func (w maildir) own(path string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	if err := os.Chown(path, w.uid, w.gid); err != nil {
		return fmt.Errorf("the owner of a file of the maildir: %w", err)
	}
	return nil
}

// letters are the flags as the file's name tells them, in the order of the alphabet.
func letters(flags mailstore.Flags) string {
	system := map[string]byte{mailstore.Draft: 'D', mailstore.Starred: 'F', mailstore.Answered: 'R', mailstore.Seen: 'S', mailstore.Deleted: 'T'}
	var out []byte
	for _, f := range flags {
		if letter, ok := system[f]; ok {
			out = append(out, letter)
		} else if i := slices.Index(keywords(), f); i >= 0 {
			out = append(out, "abcdefghijklmnopqrstuvwxyz"[i])
		}
	}
	slices.Sort(out)
	return string(out)
}

// modifiedUTF7 is a folder's name in the encoding of RFC 3501 section 5.1.3.
func modifiedUTF7(name string) string {
	encoding := base64.NewEncoding("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,").WithPadding(base64.NoPadding)
	var out strings.Builder
	var wide []byte
	flush := func() {
		if len(wide) > 0 {
			out.WriteString("&" + encoding.EncodeToString(wide) + "-")
			wide = nil
		}
	}
	for _, r := range name {
		switch {
		case r == '&':
			flush()
			out.WriteString("&-")
		case r >= ' ' && r <= '~':
			flush()
			out.WriteRune(r)
		default:
			for _, u := range utf16.Encode([]rune{r}) {
				wide = binary.BigEndian.AppendUint16(wide, u)
			}
		}
	}
	flush()
	return out.String()
}
