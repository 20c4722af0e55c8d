package mime

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"lifeboat/mailstore"
)

// document is a message while it is read.
type document struct {
	limits Limits
	root   *node
	room   int // octets of raw text that may still be kept
	nested int // how deep this message lies in encoded ones
	letter mailstore.Letter
}

// maxNested is how many messages are opened that lie in each other in base64 or
// quoted-printable, which RFC 2046 section 5.2.1 forbids and some programs write.
const maxNested = 4

// parse reads the structure and the raw text of a message. number is that of the
// part that it is, empty for the message itself.
func (d *document) parse(r io.Reader, number string) *node {
	w := newWalker(newLines(r))
	w.prefix = number
	for {
		n := w.next()
		if n == nil {
			return w.root
		}
		switch {
		case n.message && !identity(n.transfer) && d.nested < maxNested:
			d.nested++
			counted := &counter{r: w.reader(n.transfer)}
			inner := d.parse(counted, n.number)
			d.nested--
			inner.parent = n
			n.children = []*node{inner}
			n.size = counted.n
		case n.isText() || n.isReport():
			d.keep(w, n)
		default:
			n.measure(w)
		}
	}
}

type counter struct {
	r io.Reader
	n int64
}

// Read implements io.Reader.
func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err //nolint:wrapcheck // as an io.Reader must
}

// isText reports whether a leaf is text that may be shown.
func (n *node) isText() bool { return strings.HasPrefix(n.media, "text/") }

// isReport reports whether a leaf is the part of a report that programs read.
func (n *node) isReport() bool {
	return n.media == "message/delivery-status" || n.media == "message/global-delivery-status" ||
		n.media == "message/disposition-notification" || n.media == "message/global-disposition-notification"
}

// keep reads a leaf into memory as far as there is room, and counts the rest.
func (d *document) keep(w *walker, n *node) {
	most := min(d.room, 6*d.limits.Text)
	n.measureWith(w, func(end, text []byte) {
		if n.cut {
			return
		}
		if len(n.raw)+len(end)+len(text) > most {
			n.cut = true
			text = text[:max(0, min(len(text), most-len(n.raw)-len(end)))]
		}
		n.raw = append(append(n.raw, end...), text...)
	})
	d.room -= len(n.raw)
}

// measure counts a leaf's octets after decoding, and keeps none.
func (n *node) measure(w *walker) { n.measureWith(w, nil) }

func (n *node) measureWith(w *walker, each func(end, text []byte)) {
	var m measure
	var d decoder
	encoded := n.transfer == "base64"
	if !encoded && !identity(n.transfer) {
		d = newDecoder(n.transfer)
	}
	var room []byte
	for {
		end, text, ok := w.chunk()
		if !ok {
			break
		}
		switch {
		case encoded:
			m.line(text)
		case d != nil:
			room = d.line(room[:0], end, text)
			n.size += int64(len(room))
		default:
			n.size += int64(len(end) + len(text))
		}
		if each != nil {
			each(end, text)
		}
	}
	if encoded {
		m.pad()
		n.size = m.size
	}
}

// Read reads a message for people. It goes through r once, to the end: memory and
// time are bounded whatever comes, as text is kept up to the limits and attachments
// are only measured. An error of r is the end of the message. Nothing makes Read
// fail: of a message that is no message the text is what can be read of its bytes,
// and of one without any there is a note that says so.
func Read(r io.Reader, limits Limits) mailstore.Letter {
	if limits.Text <= 0 {
		limits.Text = defaultText
	}
	d := &document{limits: limits, room: 12 * limits.Text}
	d.root = d.parse(r, "")
	d.letter = d.root.headLetter()
	text := d.text(d.root, 0)
	if text == "" {
		text = d.anyText()
	}
	d.collect(d.root, false)
	if len(d.letter.Notes) == 0 {
		d.letter.Deliveries = d.textReport(text)
		d.letter.Notes = notesOf(d.letter.Deliveries)
	}
	if len(text) > limits.Text {
		text, d.letter.Cut = cutText(text, limits.Text), true
	}
	d.letter.Text = text
	if text == "" && d.letter.Subject == "" && len(d.letter.Notes) == 0 && len(d.letter.Attachments) == 0 {
		d.letter.Notes = []mailstore.Sentence{mailstore.Say("This message is empty.")}
	}
	return d.letter
}

// headLetter is what the header alone says.
func (n *node) headLetter() mailstore.Letter {
	h, charset := &n.head, n.charset()
	l := mailstore.Letter{
		Subject: n.subject(), From: parseAddresses(h.all("from"), charset), To: parseAddresses(h.all("to"), charset),
		Cc: parseAddresses(h.all("cc"), charset), Bcc: parseAddresses(h.all("bcc"), charset), ReplyTo: parseAddresses(h.all("reply-to"), charset),
		Date: parseDate(h.get("date")), MessageID: messageID(h.get("message-id")),
		InReplyTo: messageIDs(h.all("in-reply-to")), References: messageIDs(h.all("references")),
	}
	if len(l.From) == 0 {
		l.From = parseAddresses(h.get("sender"), charset)
	}
	if len(l.To) == 0 {
		l.To = parseAddresses(h.all("apparently-to"), charset)
	}
	return l
}

func (n *node) subject() string {
	return cutText(headerText(n.head.get("subject"), n.charset()), 4<<10)
}

// charset is what raw octets in a header are read as: the charset of the body, where
// it is named and may be true, else one that fits all fields together, since each is
// short.
func (n *node) charset() string {
	named := normalCharset(n.params["charset"])
	var all []byte
	for _, f := range n.head.fields {
		if !isASCII(f.value) && len(all) < 4<<10 {
			all = append(all, f.value[:min(len(f.value), 1<<10)]...)
		}
	}
	if len(all) == 0 || named != "" && named != "us-ascii" && named != "utf-8" || utf8.Valid(all) || has2022(all) {
		return named
	}
	return guessTable(all, "")
}

// anyText is shown where a message has no text of its own: that of a text attachment.
func (d *document) anyText() string {
	var found string
	d.each(d.root, func(n *node) bool {
		if n.media == "text/calendar" {
			found = d.calendarText(n, "")
		} else if n.isText() {
			found = d.leafText(n)
		}
		return found == ""
	})
	return found
}

// each visits all nodes until visit returns false.
func (d *document) each(n *node, visit func(*node) bool) bool {
	if !visit(n) {
		return false
	}
	for _, c := range n.children {
		if !d.each(c, visit) {
			return false
		}
	}
	return true
}

// collect gathers attachments and notes. report: the node is a part of a report.
func (d *document) collect(n *node, report bool) {
	d.note(n)
	if d.isAttachment(n, report) {
		d.letter.Attachments = append(d.letter.Attachments, mailstore.Attachment{Part: n.number, Name: n.fileName(), Type: n.shownType(), Size: n.size, Inline: n.inline()})
	}
	for _, c := range n.children {
		d.collect(c, n.media == "multipart/report")
	}
}

// isAttachment reports whether a person would save a node as a file.
func (d *document) isAttachment(n *node, report bool) bool {
	switch {
	case n.number == "" || strings.HasPrefix(n.media, "multipart/") || n.media == "application/pgp-encrypted":
		return false
	case n.disposition == "attachment":
		return true
	case n.message:
		return true
	case report && (n.isReport() || n.media == "text/rfc822-headers" || n.media == "message/rfc822-headers"):
		return false
	case n.media == "text/calendar":
		return n.name != "" && (n.parent == nil || n.parent.media != "multipart/alternative")
	case n.isText():
		return n.name != "" || !readable(n.media)
	}
	return true
}

// shownType is the media type; where the sender named none that says anything, that of
// the file's name.
func (n *node) shownType() string {
	if n.media == "application/octet-stream" || n.media == "text/plain" && n.head.get("content-type") == nil {
		if t := typeByName(n.fileName()); t != "" {
			return t
		}
	}
	return n.media
}

// readable reports whether text of a type is shown, unless it is a file.
func readable(media string) bool {
	switch media {
	case "text/x-vcard", "text/vcard", "text/directory", "text/css", "text/javascript", "text/csv", "text/tab-separated-values", "text/xml", "text/x-amp-html", "text/watch-html", "text/x-patch", "text/x-diff":
		return false
	}
	return true
}

// inline reports whether a part is shown within the text, as pictures of a signature
// are: those that HTML names (RFC 2392).
func (n *node) inline() bool {
	if n.disposition == "attachment" || !strings.HasPrefix(n.media, "image/") {
		return false
	}
	related := n.parent != nil && n.parent.media == "multipart/related"
	return related || n.disposition == "inline" && len(n.head.get("content-id")) > 0
}

// note says what a node is, where the text alone does not.
func (d *document) note(n *node) {
	add := func(notes ...mailstore.Sentence) {
		for _, s := range notes {
			same := func(o mailstore.Sentence) bool { return o.String() == s.String() }
			if len(d.letter.Notes) < 100 && !slices.ContainsFunc(d.letter.Notes, same) {
				d.letter.Notes = append(d.letter.Notes, s)
			}
		}
	}
	switch n.media {
	case "message/delivery-status", "message/global-delivery-status":
		if all := deliveries(d.leafText(n)); len(d.letter.Deliveries)+len(all) <= 5*maxRecipients {
			d.letter.Deliveries = append(d.letter.Deliveries, all...)
			add(notesOf(all)...)
		}
	case "message/disposition-notification", "message/global-disposition-notification":
		add(receiptNotes(d.leafText(n))...)
	case "text/calendar":
		for _, e := range readCalendar(decodedText(n)) {
			add(e.note())
			if len(d.letter.Invitations) < maxEvents {
				d.letter.Invitations = append(d.letter.Invitations, e.invitation())
			}
		}
	default:
		if s := sealNote(n); !s.IsZero() {
			add(s)
		}
	}
	if n.isText() {
		add(textNotes(n)...)
	}
}

// decodedText is the text of a leaf in Unicode, not yet made readable.
func decodedText(n *node) string {
	raw := decode(n.raw, n.transfer)
	charset := n.params["charset"]
	if n.media == "text/html" && charset == "" {
		charset = htmlCharset(raw)
	}
	return toUTF8(raw, charset)
}

// Header reads what the header alone tells; raw may go on behind it.
func Header(raw []byte) mailstore.Letter {
	n := &node{head: readHead(newLines(bytes.NewReader(raw)), true)}
	n.describe()
	return n.headLetter()
}
