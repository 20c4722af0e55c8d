package line

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// gmail is a filter with X-GM-EXT-1: it asks the server for the header in place of
// X-GM-MSGID, and makes the number of it, so that copies of a message have one number
// in all folders.
type gmail struct {
	keywords
	labels   func(id uint64) []string
	labelled bool // the client asks for labels
}

// Gmail is a filter that makes of a server what Gmail is: X-GM-EXT-1 with X-GM-MSGID
// and X-GM-LABELS, CONDSTORE and LIST-STATUS, and no QRESYNC. Compression is hidden
// too, as a line cannot read it. labels are a message's, beside the folder's own; nil:
// there are none.
func Gmail(labels func(id uint64) []string) func() Filter {
	has := strings.Fields("IMAP4REV1 SASL-IR UNSELECT IDLE NAMESPACE QUOTA ID CHILDREN UIDPLUS ENABLE MOVE CONDSTORE ESEARCH LIST-EXTENDED LIST-STATUS SPECIAL-USE LITERAL- LOGINDISABLED STARTTLS")
	return func() Filter {
		return &gmail{
			keywords: keywords{
				offers: func(c string) bool { return slices.Contains(has, c) || strings.HasPrefix(c, "AUTH=") },
				adds:   []string{"X-GM-EXT-1"},
				refused: []refused{
					{regexp.MustCompile(`^(COMPRESS|NOTIFY|(UID )?SORT|(UID )?THREAD)\b`), "BAD Unknown command"},
					{regexp.MustCompile(`^(ENABLE|SELECT|EXAMINE) .*\bQRESYNC\b|^UID FETCH .*\bVANISHED\b`), "BAD Could not parse command"},
				},
			},
			labels: labels,
		}
	}
}

var (
	fetches    = regexp.MustCompile(`(?i)^\S+ (UID )?FETCH `)
	gmailItem  = regexp.MustCompile(`(?i)\bX-GM-(MSGID|LABELS)\b`)
	sizeItem   = regexp.MustCompile(`(?i)\bRFC822\.SIZE (\d+)`)
	headerItem = regexp.MustCompile(`BODY\[HEADER\] \{\d+\}$`)
)

// Command asks for the header in place of the first of Gmail's items.
func (g *gmail) Command(line string) (forward, refusal string) {
	if !fetches.MatchString(line) || !gmailItem.MatchString(line) {
		return g.keywords.Command(line)
	}
	g.labelled = strings.Contains(strings.ToUpper(line), "X-GM-LABELS")
	items := "RFC822.SIZE BODY.PEEK[HEADER]"
	if strings.Contains(strings.ToUpper(line), "RFC822.SIZE") {
		items = "BODY.PEEK[HEADER]"
	}
	line = gmailItem.ReplaceAllStringFunc(line, func(string) string {
		once := items
		items = ""
		return once
	})
	line = strings.NewReplacer("  ", " ", "( ", "(", " )", ")").Replace(line)
	return g.keywords.Command(line)
}

// Take takes the headers that were asked for.
func (g *gmail) Take(text string) bool { return headerItem.MatchString(text) }

// Literal writes Gmail's items in place of the header.
func (g *gmail) Literal(text string, header []byte) string {
	id := GmailID(sizeItem.FindString(text), header)
	items := fmt.Sprintf("X-GM-MSGID %d", id)
	if g.labelled {
		var labels []string
		if g.labels != nil {
			labels = g.labels(id)
		}
		items += " X-GM-LABELS (" + strings.Join(labels, " ") + ")"
	}
	return headerItem.ReplaceAllLiteralString(text, items)
}

// GmailID is the number that a message gets, of its size as the server writes it
// ("RFC822.SIZE 1234") and its header.
func GmailID(size string, header []byte) uint64 {
	sum := sha256.Sum256(append([]byte(strings.ToUpper(size)+"\x00"), header...))
	return binary.BigEndian.Uint64(sum[:8]) >> 1
}
