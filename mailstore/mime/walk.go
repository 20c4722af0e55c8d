package mime

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
)

// Bounds of a message's structure. What lies deeper is read as if it lay at the
// greatest depth; what comes later is measured and not listed.
const (
	maxDepth = 60
	maxNodes = 2000
)

// node is an entity of a message (RFC 2045 section 2.4): a message, a multipart, or a
// leaf.
type node struct {
	parent   *node
	children []*node
	number   string // RFC 9051 section 6.4.5.1; of a multipart, what its parts' numbers begin with
	head     head

	media       string // type/subtype in lower case
	params      map[string]string
	disposition string // in lower case, or empty
	name        string // the file name as the sender wrote it, decoded
	transfer    string // in lower case, or empty
	boundary    []byte // of a multipart
	message     bool   // message/rfc822, whose one child is the message

	raw      []byte // a leaf's octets as far as they are kept, not decoded; a multipart's preamble
	epilogue []byte // a multipart's text behind its end
	cut      bool   // raw is not all
	size     int64  // octets after decoding
	start    int64  // where an attached message begins
}

// walker goes through the leaves of a message, one after the other, in one pass.
type walker struct {
	in    *lines
	root  *node
	open  []*node // the multiparts and messages that are open, outermost first
	nodes int
	// ended is the multipart at whose boundary the walk stands; closed: it was the
	// closing one.
	ended  *node
	closed bool
	done   bool
	held   []byte // the line end before the next line: it belongs to a boundary, if one comes
	keep   int    // octets of preambles that may still be kept
	edge   int64  // where the boundary begins at which the walk stands
	prefix string // the number of the part that the whole message is
	want   string // the number of an attached message that is to be read as it is, or empty
}

func newWalker(in *lines) *walker { return &walker{in: in, keep: 64 << 10} }

// next goes on to the next leaf, or returns nil at the end. What is left of the leaf
// before is skipped.
func (w *walker) next() *node {
	first := w.root == nil
	if first {
		w.root = &node{}
		if leaf := w.enter(w.root, w.prefix, true); leaf != nil {
			return leaf
		}
	}
	for more := !first; more; {
		_, _, more = w.chunk()
	}
	for w.ended != nil {
		at := w.ended
		w.close(at)
		if !w.closed {
			if leaf := w.child(at); leaf != nil {
				return leaf
			}
			continue
		}
		w.ended = nil
		w.preamble(at, &at.epilogue, false) // a boundary of at, or one around it, may still come
	}
	w.done = true
	w.edge = w.in.consumed
	w.close(nil)
	return nil
}

// child begins the next part of a multipart, and returns it if it is a leaf.
func (w *walker) child(at *node) *node {
	w.ended = nil
	n := &node{parent: at}
	w.nodes++
	if w.nodes <= maxNodes {
		at.children = append(at.children, n)
	}
	number := strconv.Itoa(len(at.children))
	if w.nodes > maxNodes {
		number = "" // it cannot be named
	} else if at.number != "" {
		number = at.number + "." + number
	}
	return w.enter(n, number, false)
}

// enter reads a header, and that of the message below it. It returns the leaf that it
// comes to; of a multipart it reads up to the first boundary and returns nil.
func (w *walker) enter(n *node, number string, isMessage bool) *node {
	for {
		n.head = readHead(w.in, isMessage)
		n.describe()
		w.held = nil
		switch {
		case strings.HasPrefix(n.media, "multipart/"):
			n.number = number
			absorbed := w.absorb(n)
			if !absorbed {
				w.open = append(w.open, n)
			}
			w.preamble(n, &n.raw, !absorbed)
			return nil
		case n.message && len(w.open) < maxDepth && identity(n.transfer):
			if isMessage {
				number = joinNumber(number)
			}
			n.number = number
			if number == w.want && number != "" {
				w.peekHead(n)
				return n
			}
			n.start = w.in.consumed
			w.open = append(w.open, n)
			inner := &node{parent: n}
			n.children = append(n.children, inner)
			n, isMessage = inner, true
		case isMessage:
			n.number = joinNumber(number)
			return n
		default:
			n.number = number
			return n
		}
	}
}

// joinNumber is the number of the one part of a message that is no multipart.
func joinNumber(number string) string {
	if number == "" {
		return "1"
	}
	return number + ".1"
}

// peekHead reads the header of an attached message that is to be read as it is.
func (w *walker) peekHead(n *node) {
	var seen []line
	var raw []byte
	for len(seen) < 500 && len(raw) < maxField {
		ln, ok := w.in.next()
		if !ok {
			break
		}
		ln.text, ln.end = bytes.Clone(ln.text), bytes.Clone(ln.end)
		seen = append(seen, ln)
		raw = append(append(raw, ln.text...), ln.end...)
		if len(ln.text) == 0 {
			break
		}
	}
	w.in.unread(seen...)
	n.children = []*node{{parent: n, head: readHead(newLines(bytes.NewReader(raw)), true)}}
	n.children[0].describe()
}

// absorb makes the parts of a multipart those of the one around it: where it lies too
// deep, and where it has the same boundary, so that they cannot be told apart.
func (w *walker) absorb(n *node) bool {
	same := func(around *node) bool { return len(n.boundary) > 0 && bytes.Equal(around.boundary, n.boundary) }
	switch {
	case slices.ContainsFunc(w.open, same):
	case len(w.open) >= maxDepth:
		if len(n.boundary) > 0 {
			w.open[len(w.open)-1].boundary = n.boundary
		}
	default:
		return false
	}
	n.boundary = nil
	if p := n.parent; p != nil && !p.message && len(p.children) > 0 && p.children[len(p.children)-1] == n {
		p.children = p.children[:len(p.children)-1]
		w.nodes--
	}
	return true
}

// close ends everything that is open inside a node; nil: everything.
func (w *walker) close(at *node) {
	keep := 0
	for i, n := range w.open {
		if n == at {
			keep = i + 1
		}
	}
	if keep == 0 && at != nil {
		return
	}
	for _, n := range w.open[keep:] {
		if n.message {
			n.size = max(0, w.edge-n.start)
		}
	}
	w.open = w.open[:keep]
}

// preamble reads up to the next boundary, keeping the text before it.
func (w *walker) preamble(n *node, keep *[]byte, guess bool) {
	for {
		ln, ok := w.in.next()
		if !ok {
			return
		}
		if w.atBoundary(ln) {
			return
		}
		if guess && !ln.begun && !ln.more && bytes.HasPrefix(ln.text, []byte("--")) && w.guess(n, ln) {
			return
		}
		if w.keep -= len(ln.text) + 1; w.keep > 0 {
			*keep = append(append(*keep, ln.text...), '\n')
		}
	}
}

// guess takes a line for a boundary that was not named, or was named wrongly, when a
// field of a part's header follows it.
func (w *walker) guess(n *node, ln line) bool {
	text := bytes.Clone(bytes.TrimRight(ln.text, " \t"))
	if len(text) < 3 || len(text) > 200 {
		return false
	}
	next, ok := w.in.next()
	if !ok {
		return false
	}
	name, _, isField := splitField(next.text)
	w.in.unread(next)
	if !isField || !strings.HasPrefix(name, "content-") {
		return false
	}
	n.boundary = text[2:]
	w.ended, w.closed = n, false
	w.close(n)
	return true
}

// atBoundary reports whether a line is the boundary of an open multipart, the inner
// ones before those around them (RFC 2046 section 5.1.2).
func (w *walker) atBoundary(ln line) bool {
	if ln.begun || len(ln.text) < 2 || ln.text[0] != '-' || ln.text[1] != '-' {
		return false
	}
	text := bytes.TrimRight(ln.text[2:], " \t")
	for i := len(w.open) - 1; i >= 0; i-- {
		n := w.open[i]
		rest, ok := bytes.CutPrefix(text, n.boundary)
		if len(n.boundary) == 0 || !ok || len(rest) > 0 && string(rest) != "--" {
			continue
		}
		w.ended, w.closed = n, len(rest) > 0
		w.edge = w.in.consumed - int64(len(ln.text)+len(ln.end)+ln.before)
		return true
	}
	return false
}

// chunk returns the next octets of the leaf, raw: the line end before a line, and the
// line. Both are valid until the next call; false is the end of the leaf.
func (w *walker) chunk() (end, text []byte, ok bool) {
	if w.ended != nil || w.done {
		return nil, nil, false
	}
	ln, ok := w.in.next()
	if !ok {
		w.done = true
		end, w.held = w.held, nil
		return end, nil, len(end) > 0
	}
	if w.atBoundary(ln) {
		w.held = nil
		return nil, nil, false
	}
	end = w.held
	w.held = lineEnd(ln.end)
	return end, ln.text, true
}

// lineEnd is a copy of a line's end that outlives the buffer.
func lineEnd(end []byte) []byte {
	switch string(end) {
	case "":
		return nil
	case "\n":
		return lf
	case "\r\n":
		return crlf
	}
	return bytes.Clone(end)
}

var lf, crlf = []byte("\n"), []byte("\r\n")

// describe fills in what the header says of the body.
func (n *node) describe() {
	media, params := parseParams(n.head.get("content-type"))
	media = strings.ToLower(media)
	if major, minor, ok := strings.Cut(media, "/"); !ok || major == "" || minor == "" {
		media = "text/plain" // RFC 2045 section 5.2
		if n.parent != nil && n.parent.media == "multipart/digest" && len(n.head.get("content-type")) == 0 {
			media = "message/rfc822" // RFC 2046 section 5.1.5
		}
	}
	disposition, more := parseParams(n.head.get("content-disposition"))
	n.media, n.params, n.disposition = media, params, strings.ToLower(disposition)
	n.name = more["filename"]
	if n.name == "" {
		n.name = params["name"]
	}
	if n.name == "" {
		n.name = more["name"]
	}
	transfer, _ := parseParams(n.head.get("content-transfer-encoding"))
	n.transfer = strings.ToLower(transfer)
	n.message = media == "message/rfc822" || media == "message/global" || media == "message/news"
	if strings.HasPrefix(media, "multipart/") {
		n.boundary = []byte(strings.TrimRight(params["boundary"], " \t"))
	}
}
