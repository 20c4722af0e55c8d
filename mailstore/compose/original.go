package compose

import (
	"bytes"
	"io"
	"strings"

	"lifeboat/mailstore"
	"lifeboat/mailstore/mime"
)

// Original is a message that is answered or passed on.
type Original struct {
	Letter mailstore.Letter
	// FollowupTo is where answers to all are wanted (Mail-Followup-To, as mailing lists
	// use it), List the list's own address (List-Post, RFC 2369).
	FollowupTo, List []mailstore.Address
	// Raw is the message as it is kept, Files its attachments, decoded; both are only
	// needed for passing it on.
	Raw   []byte
	Files []Attachment
}

// quotedText is how much of a message is quoted, in octets.
const quotedText = 1 << 20

// ReadOriginal reads a message that is to be answered or passed on.
func ReadOriginal(raw []byte) Original {
	letter := mime.Read(bytes.NewReader(raw), mime.Limits{Text: quotedText})
	o := Original{Letter: letter, Raw: raw}
	o.FollowupTo = addressesIn(raw, "mail-followup-to")
	for _, a := range addressesIn(raw, "list-post") {
		// "<mailto:list@example.org?subject=x>, <https://...>", or NO (section 3.4)
		if a.Address, _, _ = strings.Cut(a.Address, "?"); strings.Contains(a.Address, "@") && !strings.Contains(a.Address, "/") {
			o.List = append(o.List, mailstore.Address{Address: a.Address})
		}
	}
	return o
}

// ReadFiles reads the attachments too.
func (o Original) ReadFiles() (Original, error) {
	for _, a := range o.Letter.Attachments {
		r, _, err := mime.Part(bytes.NewReader(o.Raw), a.Part)
		if err != nil {
			return o, err
		}
		content, err := io.ReadAll(r)
		if err != nil {
			return o, err
		}
		o.Files = append(o.Files, Attachment{Name: a.Name, Type: a.Type, Content: content})
	}
	return o, nil
}

// addressesIn reads the addresses of a field that package mime has no use for: under the
// name of one that it has.
func addressesIn(raw []byte, name string) []mailstore.Address {
	var value []byte
	in := false
	for line := range bytes.Lines(raw[:min(len(raw), 512<<10)]) {
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		if line[0] != ' ' && line[0] != '\t' {
			field, rest, _ := bytes.Cut(line, []byte(":"))
			in = strings.EqualFold(string(bytes.TrimRight(field, " \t")), name) && value == nil
			line = rest
		}
		if in {
			value = append(append(value, ' '), line...)
		}
	}
	if value == nil {
		return nil
	}
	return mime.Header(append([]byte("To:"), value...)).To
}
