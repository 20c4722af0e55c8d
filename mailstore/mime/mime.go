// Package mime reads messages for people: whatever the bytes are, there is a
// subject, somebody it is from, a text and a list of attachments, as far as anybody
// could make them out.
//
// # Why not a library
//
// Libraries read what the standards allow and give an error for the rest. People's
// mailboxes are full of the rest: charsets that are named wrongly or not at all,
// boundaries that never come, headers without an end. An outage is the worst time
// for "this message cannot be displayed". So this package decides at every turn for
// what a person would take the bytes for, and never gives up. The tables of charsets
// are those of golang.org/x/text, the tags of HTML are told apart by golang.org/x/net.
//
// # How
//
// A message is read once, line by line, however long it is (lines.go). A walker
// (walk.go) follows headers and boundaries from leaf to leaf, without recursion. Text
// is kept up to a limit; attachments are measured and not kept. When the end is
// reached, the structure is known, and the text is put together from it (render.go):
// the best of alternatives, parts in their order, attached messages under a short
// header.
//
// What the text alone does not say is told by notes, in sentences that are
// translated: what a delivery report means, that a message is encrypted, what an
// invitation asks.
package mime

import (
	"bufio"
	"bytes"
	"io"
	"strings"

	"lifeboat/mailstore"
)

// defaultText is how much text is kept by default, in octets.
const defaultText = 256 << 10

// Limits bound what [Read] keeps of a message.
type Limits struct {
	// Text is how many octets of readable text there may be (UTF-8); 256 KiB by
	// default. Up to twelve times as much is kept while the message is read.
	Text int
}

// Part finds a part by its number (RFC 9051 section 6.4.5.1, as in
// [mailstore.Attachment]) and gives its octets, decoded, while r is read on. The
// attachment's Size is 0: it is known when all was read. An attached message is
// given as it was sent. The error is [mailstore.ErrNotFound] where the message has
// no such part, or only as a multipart.
func Part(r io.Reader, part string) (io.Reader, mailstore.Attachment, error) {
	return findPart(r, "", part, 0)
}

func findPart(r io.Reader, prefix, part string, nested int) (io.Reader, mailstore.Attachment, error) {
	w := newWalker(newLines(r))
	w.prefix, w.want = prefix, part
	for n := w.next(); n != nil; n = w.next() {
		if n.number == part && part != "" {
			return openPart(w, n)
		}
		if n.message && !identity(n.transfer) && strings.HasPrefix(part, n.number+".") && nested < maxNested {
			return findPart(w.reader(n.transfer), n.number, part, nested+1)
		}
	}
	return nil, mailstore.Attachment{}, mailstore.Fail(mailstore.ErrNotFound, "The message has no part {part}.", "part", part)
}

func openPart(w *walker, n *node) (io.Reader, mailstore.Attachment, error) {
	r := w.reader(n.transfer)
	if n.message && len(n.children) == 0 { // in base64: its subject names it
		buffered := bufio.NewReaderSize(r, bufferSize)
		raw, _ := buffered.Peek(bufferSize)
		inner := &node{parent: n, head: readHead(newLines(bytes.NewReader(raw)), true)}
		inner.describe()
		n.children = []*node{inner}
		r = buffered
	}
	return r, mailstore.Attachment{Part: n.number, Name: n.fileName(), Type: n.shownType(), Inline: n.inline()}, nil
}
