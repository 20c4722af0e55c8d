package submit

import (
	"bytes"
	"crypto/rand"
	"io"
	"mime"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/encoding/htmlindex"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// fields are what a header says that matters here.
type fields struct {
	headless  bool // the message begins with something else than a header field
	from      [][]byte
	sender    [][]byte
	hops      int
	dated     bool
	messageID string
	subject   string
	named     bool // there is a Message-ID
}

// parseFields goes over a header, line ends included. Where two readers could disagree
// about what the header says, it is refused.
func parseFields(head []byte) (f fields, bad *refusal) {
	var name, value []byte
	begin := 0    // of value
	bare := false // lines end with LF alone
	for at, n := 0, 1; at < len(head); n++ {
		end := at + bytes.IndexByte(head[at:], '\n') + 1
		if end == at {
			end = len(head)
		}
		line := bytes.TrimRight(head[at:end], "\r\n")
		folded := len(line) > 0 && (line[0] == ' ' || line[0] == '\t')
		colon := bytes.IndexByte(line, ':')
		isField := !folded && colon > 0 && isFieldName(bytes.TrimRight(line[:colon], " \t"))
		if alone := !bytes.HasSuffix(head[at:end], []byte("\r\n")); n == 1 {
			bare = alone
		} else if alone != bare && (end < len(head) || len(line) == 0) {
			return f, &refusal{550, class{5, 6, 0}, failover.Say("Line {line} of the header ends in another way than the lines before it, so that readers would not agree where the header ends.", "line", n)}
		}
		switch {
		case len(bytes.TrimRight(head[at:end], "\n")) == 0 || string(head[at:end]) == "\r\n": // the end
		case n == 1 && !isField:
			return fields{headless: true}, nil
		case bytes.IndexByte(line, '\r') >= 0:
			return f, &refusal{550, class{5, 6, 0}, failover.Say("Line {line} of the header contains a CR of its own, which some take for the end of the line.", "line", n)}
		case folded:
			value = head[begin:end]
			at = end
			continue
		case !isField:
			return f, &refusal{550, class{5, 6, 0}, failover.Say("Line {line} of the message is neither a header field nor the empty line that ends the header (RFC 5322 section 2.2).", "line", n)}
		}
		f.note(name, value)
		name, value = nil, nil
		if isField {
			name = bytes.TrimRight(line[:colon], " \t")
			begin = at + colon + 1
			value = head[begin:end]
		}
		at = end
	}
	f.note(name, value)
	return f, nil
}

func isFieldName(name []byte) bool {
	for _, c := range name {
		if c <= ' ' || c >= 0x7f {
			return false
		}
	}
	return len(name) > 0
}

// note keeps a field.
func (f *fields) note(name, value []byte) {
	is := func(s string) bool { return len(name) == len(s) && strings.EqualFold(string(name), s) }
	switch {
	case is("from"):
		f.from = append(f.from, value)
	case is("sender"):
		f.sender = append(f.sender, value)
	case is("received"):
		f.hops++
	case is("date"):
		f.dated = true
	case is("message-id") && !f.named:
		f.named = true
		id := strings.TrimFunc(string(value), unicode.IsSpace)
		f.messageID = shown(strings.TrimSuffix(strings.TrimPrefix(id, "<"), ">"), 250)
	case is("subject") && f.subject == "":
		f.subject = shown(decoded(value), 200)
	}
}

// shown is text from a message as the queue keeps it to be shown: on one line, valid, and
// at most so many characters long.
func shown(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if r == '\r' || r == '\n' {
			return -1
		}
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	s = strings.TrimSpace(s)
	n := 0
	for i := range s {
		if n++; n > most {
			return s[:i]
		}
	}
	return s
}

// decoded undoes RFC 2047; what it cannot decode stays as it is.
func decoded(value []byte) string {
	s := string(value)
	if !strings.Contains(s, "=?") {
		return s
	}
	d := mime.WordDecoder{CharsetReader: func(charset string, in io.Reader) (io.Reader, error) {
		e, err := htmlindex.Get(charset)
		if err != nil {
			return nil, err
		}
		return e.NewDecoder().Reader(in), nil
	}}
	if text, err := d.DecodeHeader(s); err == nil {
		return text
	}
	return s
}

// judge reads the header and holds it against what the user may do. It returns the
// address in From, and sets the fields that have to be added (RFC 6409 section 8).
func (r *receiver) judge(head []byte) (from string, bad *refusal) {
	f, bad := parseFields(head)
	if bad != nil {
		return "", bad
	}
	r.fields = f
	if f.hops > mostHops {
		return "", &refusal{554, class{5, 4, 6}, failover.Say("The message has passed {count} servers and seems to go round in circles.", "count", f.hops)}
	}
	for _, of := range []struct {
		field  string
		values [][]byte
	}{{"From", f.from}, {"Sender", f.sender}} {
		if len(of.values) > 1 {
			return "", &refusal{550, class{5, 6, 0}, failover.Say("The message has {count} {field} fields, where one is allowed (RFC 5322 section 3.6).", "count", len(of.values), "field", of.field)}
		}
		for _, value := range of.values {
			addresses, err := addressesIn(value)
			if err != nil || len(addresses) == 0 || of.field == "Sender" && len(addresses) > 1 {
				return "", &refusal{550, class{5, 6, 0}, failover.Say("The {field} field of the message cannot be understood: {text}", "field", of.field, "text", shown(string(value), 100))}
			}
			for _, a := range addresses {
				if !r.s.user.MaySendAs(a) {
					return "", r.s.notAllowed(a)
				}
			}
			if of.field == "From" {
				from = addresses[0]
			}
		}
	}
	if from == "" {
		if r.s.from == "" {
			return "", &refusal{550, class{5, 6, 0}, failover.Say("The message says nowhere who it is from: neither in MAIL FROM nor in From.")}
		}
		from = r.s.from
		r.added = append(append(append(r.added, "From: <"...), from...), ">\r\n"...)
	}
	r.complete(from)
	if f.headless {
		r.added = append(r.added, "\r\n"...) // all of the message is body
	}
	return from, nil
}

// complete adds the date and the name that every message has to have.
func (r *receiver) complete(from string) {
	if !r.fields.dated {
		r.added = append(r.added, "Date: "...)
		r.added = r.s.server.opt.Now().AppendFormat(r.added, time.RFC1123Z)
		r.added = append(r.added, "\r\n"...)
	}
	if !r.fields.named {
		r.fields.messageID = rand.Text() + "@" + relay.DomainOf(from)
		r.added = append(append(append(r.added, "Message-ID: <"...), r.fields.messageID...), ">\r\n"...)
	}
}
