package compose

import (
	"bytes"
	"encoding/hex"
	"io"
	"path"
	"strings"
	"unicode/utf8"

	"lifeboat/mailstore"
)

// dateForm is how RFC 5322 section 3.3 writes a date.
const dateForm = "Mon, 02 Jan 2006 15:04:05 -0700"

// Check says, without anything from outside, whether the draft can be sent. The error is
// [mailstore.ErrInvalid], and its sentence says what has to be changed.
func (d Draft) Check() error {
	lists := [][]mailstore.Address{{d.From}, d.To, d.Cc, d.Bcc, d.ReplyTo}
	for _, list := range lists {
		for _, a := range list {
			if err := oneLine(a.Name); err != nil {
				return err
			}
			if _, err := addrSpec(a); err != nil {
				return err
			}
		}
	}
	if err := oneLine(d.Subject); err != nil {
		return err
	}
	for _, a := range d.Attachments {
		if err := oneLine(a.Name); err != nil {
			return err
		}
	}
	if len(d.To)+len(d.Cc)+len(d.Bcc) == 0 {
		return mailstore.Fail(mailstore.ErrInvalid, "Nobody is named whom the message goes to: give at least one address.")
	}
	return nil
}

// Message writes the draft. Its errors are those of [Draft.Check], and of reading o.Random.
func (d Draft) Message(o Options) (Message, error) {
	if err := d.Check(); err != nil {
		return Message{}, err
	}
	if d.Date.IsZero() {
		d.Date = o.Now()
	}
	var chance [16]byte
	if _, err := io.ReadFull(o.Random, chance[:]); err != nil {
		return Message{}, err
	}
	from, err := addrSpec(d.From)
	if err != nil {
		return Message{}, err
	}
	if !usableID(d.MessageID) {
		domain := from[strings.LastIndexByte(from, '@')+1:]
		d.MessageID = d.Date.UTC().Format("20060102150405.") + hex.EncodeToString(chance[:10]) + "@" + domain
	}
	out := Message{From: from, MessageID: d.MessageID, Recipients: d.recipients()}
	w := writer{boundary: "=_" + hex.EncodeToString(chance[10:]) + hex.EncodeToString(chance[:4])}
	if err := w.head(d); err != nil {
		return Message{}, err
	}
	w.parts(d)
	out.Bytes, out.EightBit = w.out.Bytes(), w.eightBit
	return out, nil
}

// recipients lists everybody, each once. The draft has been checked.
func (d Draft) recipients() []string {
	var out []string
	seen := map[string]bool{}
	for _, list := range [][]mailstore.Address{d.To, d.Cc, d.Bcc} {
		for _, a := range list {
			spec, _ := addrSpec(a)
			if key := strings.ToLower(spec); !seen[key] {
				seen[key] = true
				out = append(out, spec)
			}
		}
	}
	return out
}

// writer writes a message.
type writer struct {
	header
	boundary string
	eightBit bool
}

// head writes all header fields but those of the content.
func (w *writer) head(d Draft) error {
	w.line("Date", d.Date.Format(dateForm))
	for _, f := range []struct {
		name string
		list []mailstore.Address
	}{{"From", []mailstore.Address{d.From}}, {"Reply-To", d.ReplyTo}, {"To", d.To}, {"Cc", d.Cc}} {
		if err := w.addresses(f.name, f.list); err != nil {
			return err
		}
	}
	if len(d.To)+len(d.Cc) == 0 {
		w.line("To", "undisclosed-recipients:;") // RFC 5322 appendix A.1.3
	}
	w.text("Subject", strings.ToValidUTF8(d.Subject, "\uFFFD"))
	w.line("Message-ID", "<"+d.MessageID+">")
	if usableID(d.InReplyTo) {
		w.ids("In-Reply-To", []string{d.InReplyTo})
	}
	w.ids("References", thread(d.References))
	w.line("MIME-Version", "1.0")
	return nil
}

// parts writes the content: the text alone, or the text and the attachments.
func (w *writer) parts(d Draft) {
	text := bodyOf(d.Text)
	if len(d.Attachments) == 0 {
		w.textPart(text)
		return
	}
	files := make([]file, len(d.Attachments))
	for i, a := range d.Attachments {
		files[i] = fileOf(a, w.boundary)
		w.eightBit = w.eightBit || files[i].encoding == "8bit"
	}
	w.field("Content-Type")
	w.token("multipart/mixed")
	w.param("boundary", quoted(w.boundary))
	w.end()
	if w.eightBit { // RFC 2045 section 6.4: what holds 8bit is so itself
		w.line("Content-Transfer-Encoding", "8bit")
	}
	w.out.WriteString("\r\n")
	w.part()
	w.textPart(text)
	for _, f := range files {
		w.part()
		w.file(f)
	}
	w.out.WriteString("--" + w.boundary + "--\r\n")
}

func (w *writer) part() { w.out.WriteString("--" + w.boundary + "\r\n") }

func (w *writer) textPart(b body) {
	w.field("Content-Type")
	w.token("text/plain")
	w.param("charset", "UTF-8")
	if b.flowed {
		w.param("format", "flowed")
	}
	w.end()
	w.line("Content-Transfer-Encoding", b.encoding)
	w.out.WriteString("\r\n" + b.text)
}

// file is an attachment in the form in which it is sent.
type file struct {
	Attachment
	encoding string
}

// fileOf chooses the form. A message goes as it is, so that every program can open it,
// unless its bytes would not come through (RFC 2046 section 5.2.1 allows no other encoding
// there): then it is a file like any other.
func fileOf(a Attachment, boundary string) file {
	a.Name = fileName(a.Name)
	if a.Type = strings.ToLower(a.Type); !validType(a.Type) {
		a.Type = typeByName(a.Name)
	}
	f := file{a, "base64"}
	if a.Type == messageType {
		switch clean, ascii := carriable(a.Content, boundary); {
		case !clean:
			f.Type = "application/octet-stream"
		case ascii:
			f.encoding = "7bit"
		default:
			f.encoding = "8bit"
		}
	}
	return f
}

func (w *writer) file(f file) {
	w.field("Content-Type")
	w.token(f.Type)
	if strings.HasPrefix(f.Type, "text/") && utf8.Valid(f.Content) {
		w.param("charset", "UTF-8")
	}
	w.oldName(f.Name)
	w.end()
	w.field("Content-Disposition")
	w.token("attachment")
	w.fileName(f.Name)
	w.end()
	w.line("Content-Transfer-Encoding", f.encoding)
	w.out.WriteString("\r\n")
	if f.encoding == "base64" {
		w.out.WriteString(base64Lines(f.Content))
	} else {
		w.out.Write(f.Content)
	}
}

// carriable reports whether a message can stand in another one as it is: lines of
// bearable length that end with CRLF, no NUL, and not our boundary.
func carriable(content []byte, boundary string) (clean, ascii bool) {
	ascii = true
	rest := content
	for len(rest) > 0 {
		line, after, found := bytes.Cut(rest, []byte("\r\n"))
		if len(line) > longLine || bytes.ContainsAny(line, "\r\n\x00") || bytes.HasPrefix(line, []byte("--"+boundary)) || !found {
			return false, false
		}
		ascii = ascii && isASCII(string(line))
		rest = after
	}
	return len(content) > 0, ascii
}

// fileName is the name under which an attachment goes: never a path, never empty.
func fileName(name string) string {
	name = strings.TrimSpace(strings.ToValidUTF8(name, "\uFFFD"))
	name = path.Base(strings.ReplaceAll(strings.ReplaceAll(name, `\`, "/"), "\t", " "))
	if name == "." || name == "/" || name == ".." {
		return "attachment"
	}
	const most = 200 // octets; file systems take 255
	for len(name) > most {
		stem := strings.TrimSuffix(name, path.Ext(name))
		_, last := utf8.DecodeLastRuneInString(stem)
		if stem == "" || len(path.Ext(name)) > most/2 {
			_, last = utf8.DecodeLastRuneInString(name)
			name = name[:len(name)-last]
			continue
		}
		name = stem[:len(stem)-last] + path.Ext(name)
	}
	return name
}

// validType reports whether a media type can be written as it is, and is no multipart.
func validType(kind string) bool {
	main, sub, ok := strings.Cut(kind, "/")
	const token = "abcdefghijklmnopqrstuvwxyz0123456789!#$&^_.+-"
	return ok && main != "" && sub != "" && main != "multipart" && strings.Trim(main, token) == "" && strings.Trim(sub, token) == "" && len(kind) <= 100
}

// usableID reports whether a message-id can be written between angle brackets.
func usableID(id string) bool {
	return id != "" && len(id) <= 500 && isASCII(id) && !strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '<' || r == '>' })
}

// maxThread is how many message-ids References has at most.
const maxThread = 25

// thread is the ids that go into References: without what is none, each once, and of a
// long one the first and the latest, which is what programs thread by.
func thread(ids []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, id := range ids {
		if usableID(id) && !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	if len(out) > maxThread {
		out = append(out[:1:1], out[len(out)-maxThread+1:]...)
	}
	return out
}
