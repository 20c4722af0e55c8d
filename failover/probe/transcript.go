package probe

import (
	"regexp"
	"strings"
)

// dialogue is what a transcript shows of one connection.
type dialogue struct {
	host  string // the server, as the tool or else its banner names it
	asked []asked
}

// asked is one address with the server's answer.
type asked struct {
	address string
	reply   reply
	kind    answerKind
}

// transcriber reads a transcript line by line. Replies belong to commands in
// their order, so that pipelined commands (RFC 2920) come out right.
type transcriber struct {
	done    []dialogue
	now     dialogue
	host    string   // of the connection that is being opened
	pending []string // commands without their reply: the address of RCPT, "" for others
	partial reply    // a reply of several lines that is not complete
	body    bool     // the message is being shown
}

// Marks that tools put before lines, and what they say about the connection.
var (
	serverMark = regexp.MustCompile(`^\s*(?:<-|<~|<\*\*|<~\*|<)\s+`)
	clientMark = regexp.MustCompile(`^\s*(?:->|~>|\*\*>|\*~>|>)\s+`)
	connecting = []*regexp.Regexp{
		regexp.MustCompile(`(?i)^=+ (?:trying|connected to) ([a-z0-9._-]+)[.:]`),                         // swaks
		regexp.MustCompile(`(?i)^\* (?:connected to|host) ([a-z0-9._-]+)(?::\d+)?(?: \(| port |\s+was)`), // curl
		regexp.MustCompile(`(?i)^connected to ([a-z0-9._-]*[a-z0-9])\.?$`),                               // telnet
		regexp.MustCompile(`(?i)\bs_client\b.*-connect[ =]"?([a-z0-9._-]+):\d+`),                         // openssl, as typed
		regexp.MustCompile(`(?i)(?:^|[$#>] ?)(?:telnet|nc|ncat)(?: -\S+)* ([a-z0-9._-]+) \d+\s*$`),       // as typed
	}
	command  = regexp.MustCompile(`(?i)^(ehlo|helo|lhlo|mail from|rcpt to|rset|data|quit|noop|starttls|auth|vrfy|help)\b`)
	rcptPath = regexp.MustCompile(`(?i)^rcpt to:\s*<?([^<>\s]+@[^<>\s]+?)>?(?:\s|$)`)
)

// parseTranscript takes the answers to RCPT out of a transcript. What is not
// understood is passed over.
func parseTranscript(text string) []dialogue {
	var t transcriber
	for _, line := range strings.Split(text, "\n") {
		line = strings.TrimRight(line, "\r\t ")
		if len(line) <= maxReplyLine {
			t.line(line)
		}
	}
	t.end()
	return t.done
}

func (t *transcriber) line(line string) {
	for _, c := range connecting {
		if m := c.FindStringSubmatch(line); m != nil {
			if _, ip := literal(m[1]); !ip {
				t.host = m[1]
			}
			return
		}
	}
	if mark := serverMark.FindString(line); mark != "" {
		t.said(line[len(mark):])
		return
	}
	if mark := clientMark.FindString(line); mark != "" {
		t.typed(line[len(mark):])
		return
	}
	if command.MatchString(line) {
		t.typed(line)
		return
	}
	t.said(line)
}

// typed notes a command.
func (t *transcriber) typed(line string) {
	if t.body {
		t.body = line != "."
		return
	}
	if !command.MatchString(line) {
		return
	}
	address := ""
	if m := rcptPath.FindStringSubmatch(line); m != nil {
		if path, _, err := envelope(m[1]); err == nil {
			address = lowerAddress(path)
		}
	}
	t.pending = append(t.pending, address)
}

// said notes a line of a reply.
func (t *transcriber) said(line string) {
	if t.body {
		t.body = line != "."
		return
	}
	code, more, text, err := parseReplyLine(line)
	if err != nil {
		return
	}
	if code != t.partial.code {
		t.partial = reply{code: code}
	}
	t.partial.lines = append(t.partial.lines, text)
	if more && len(t.partial.lines) < maxReplyLines {
		return
	}
	r := t.partial
	t.partial = reply{}
	if len(t.pending) == 0 {
		if r.code == 220 {
			t.begin(r.lines[0])
		}
		return
	}
	address := t.pending[0]
	t.pending = t.pending[1:]
	t.body = r.code == 354
	if address != "" && len(t.now.asked) < maxFindings {
		t.now.asked = append(t.now.asked, asked{address, r, judgeRCPT(r)})
	}
}

// begin starts a dialogue at a banner. A tool's word for the host is better than
// the banner's.
func (t *transcriber) begin(banner string) {
	t.end()
	t.now = dialogue{host: t.host}
	if name, _, _ := strings.Cut(banner, " "); t.host == "" && strings.Contains(name, ".") {
		t.now.host = name
	}
	t.host = ""
}

// end closes the dialogue being read.
func (t *transcriber) end() {
	if t.now.host == "" {
		t.now.host = t.host
	}
	if len(t.now.asked) > 0 {
		t.done = append(t.done, t.now)
	}
	t.now, t.pending, t.partial, t.body = dialogue{}, nil, reply{}, false
}
