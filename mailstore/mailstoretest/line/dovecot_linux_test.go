package line_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"lifeboat/failover/failovertest/servers"
	"lifeboat/mailstore/mailstoretest/line"
)

// ask says a command and returns all lines of the answer; literals count as lines.
func (c *client) ask(tag, command string) []string {
	c.t.Helper()
	c.say(tag + " " + command + "\r\n")
	var lines []string
	for {
		text, err := c.in.ReadString('\n')
		if err != nil {
			c.t.Fatal(err)
		}
		lines = append(lines, strings.TrimRight(text, "\r\n"))
		if strings.HasPrefix(text, tag+" ") {
			return lines
		}
	}
}

// Over a real Dovecot, a filter leaves what Microsoft 365 has, and another one gives
// copies of a message one number in all folders, as Gmail does.
func TestFiltersOverDovecot(t *testing.T) {
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	authority := servers.NewAuthority(t)
	certificate := authority.Issue(t, "imap.example.test")
	dovecot := servers.StartDovecot(t, servers.DovecotConfig{Certificate: certificate})
	trust := &tls.Config{RootCAs: authority.Pool(), ServerName: "imap.example.test", MinVersion: tls.VersionTLS12}
	through := func(filter func() line.Filter) *client {
		l := line.Start(t, dovecot.IMAPS, line.Options{
			Serve: &tls.Config{Certificates: []tls.Certificate{certificate.TLS}, MinVersion: tls.VersionTLS12}, Dial: trust, Filter: filter,
		})
		secure := tls.Client(connect(t, l).conn, trust)
		c := &client{t, secure, bufio.NewReader(secure)}
		if _, err := c.in.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		c.ask("l", "LOGIN anna@example.test "+dovecot.Password)
		return c
	}

	c := through(line.Gmail(nil))
	if got := strings.Join(c.ask("c", "CAPABILITY"), " "); !strings.Contains(got, " X-GM-EXT-1") || !strings.Contains(got, " CONDSTORE") || strings.Contains(got, "QRESYNC") || strings.Contains(got, "COMPRESS") {
		t.Errorf("Gmail offers %s", got)
	}
	c.ask("n", "CREATE Label")
	for i, subject := range []string{"one", "two"} {
		message := "Subject: " + subject + "\r\n\r\nText\r\n"
		c.say(fmt.Sprintf("a%d APPEND INBOX {%d+}\r\n%s\r\n", i, len(message), message))
		for text := ""; !strings.HasPrefix(text, fmt.Sprintf("a%d OK", i)); {
			var err error
			if text, err = c.in.ReadString('\n'); err != nil {
				t.Fatal(err)
			}
		}
	}
	c.ask("s", "SELECT INBOX")
	c.ask("y", "UID COPY 1 Label")
	id := regexp.MustCompile(`X-GM-MSGID (\d+)`)
	ids := func(tag, set string) (out []string) {
		for _, text := range c.ask(tag, "UID FETCH "+set+" (UID FLAGS INTERNALDATE X-GM-MSGID X-GM-LABELS MODSEQ)") {
			if found := id.FindStringSubmatch(text); found != nil && strings.Contains(text, "X-GM-LABELS ()") {
				out = append(out, found[1])
			}
			if strings.Contains(text, "BODY[HEADER]") {
				t.Errorf("the header that was asked for shows: %s", text)
			}
		}
		return out
	}
	inbox := ids("f", "1:*")
	c.ask("e", "EXAMINE Label")
	if label := ids("g", "1:*"); len(inbox) != 2 || len(label) != 1 || inbox[0] == inbox[1] || inbox[0] != label[0] {
		t.Errorf("the numbers are %v in INBOX and %v in Label", inbox, label)
	}

	c = through(line.Microsoft365)
	if got := strings.Join(c.ask("c", "CAPABILITY"), " "); strings.Contains(got, "CONDSTORE") || strings.Contains(got, "ENABLE") || !strings.Contains(got, " UIDPLUS") {
		t.Errorf("Microsoft 365 offers %s", got)
	}
	if got := strings.Join(c.ask("s", "SELECT INBOX"), "\n"); strings.Contains(got, "MODSEQ") || !strings.Contains(got, "s OK") {
		t.Errorf("SELECT is answered %s", got)
	}
	if got := c.ask("t", "STATUS INBOX (HIGHESTMODSEQ)"); len(got) != 1 || !strings.HasPrefix(got[0], "t BAD") {
		t.Errorf("STATUS (HIGHESTMODSEQ) is answered %q", got)
	}
	if got := strings.Join(c.ask("u", "UID FETCH 1:* (UID BODY.PEEK[])"), "\n"); !strings.Contains(got, "Subject: two") {
		t.Errorf("the messages are %s", got)
	}
}
