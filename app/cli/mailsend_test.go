package cli_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"lifeboat/app/engine"
	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// post is what a pile does with what is sent.
type post struct {
	fate string // see posts
	sent []engine.Outgoing
}

// take takes a message, and says that it had the fate that was set.
func (p *pile) take(o engine.Outgoing) (engine.SentMail, error) {
	p.post.sent = append(p.post.sent, o)
	m := engine.SentMail{ID: "01KFJ3D0000000AE", State: relay.Ended, Via: failover.Primary, Copy: engine.CopyFiled}
	fate, answer := relay.Delivered, "250 2.0.0 Ok: queued as 4F3"
	why := failover.Say("the provider put it off: {answer}", "answer", "451 4.3.2 Please try again later")
	switch p.post.fate {
	case "refused":
		fate, answer = relay.Bounced, "550 5.7.60 Client does not have permissions to send as this sender"
	case "waits":
		fate, answer, m.State, m.Why, m.Next, m.Copy = relay.Pending, "", relay.Waiting, why, noon.Add(8*time.Minute), engine.CopyPending
		m.CopySay = failover.Say("the copy for the sent folder is kept until the mailbox is mirrored for the first time")
	case "queued":
		fate, answer, m.State, m.Copy = relay.Pending, "", relay.Waiting, engine.CopyNone
	case "uncertain":
		fate, answer, m.State, m.Why = relay.Pending, "", relay.Uncertain, failover.Say("the provider's last reply was lost: it may have the message")
	case "fails":
		return m, failover.Fail(failover.ErrDisk, "the message has no recipient: give at least one address")
	}
	for i, to := range o.Envelope.To {
		r := relay.Recipient{Address: to, Fate: fate, Answer: answer}
		if i > 0 && p.post.fate == "refused" {
			r.Fate, r.Answer = relay.Delivered, "250 2.0.0 Ok: queued as 4F3"
		}
		m.To = append(m.To, r)
	}
	return m, nil
}

// posts FATE has what is sent from now on accepted, refused, put off (waits), queued without
// word, or uncertain; "posted" prints the last message with its envelope, times and chance
// left out.
func posts(ts *testscript.TestScript, _ bool, args []string) {
	d := deskOf(ts)
	if d.pile == nil {
		d.pile = newPile()
	}
	d.pile.post.fate = args[0]
	d.pile.running = args[0] != "queued"
}

var chance = regexp.MustCompile(`(?m)^Date: .*\r$|\d{14}\.[0-9a-f]{20}|=_[0-9a-f]{20}`)

func posted(ts *testscript.TestScript, _ bool, _ []string) {
	d := deskOf(ts)
	if d.pile == nil || len(d.pile.post.sent) == 0 {
		ts.Fatalf("nothing was sent")
	}
	o := d.pile.post.sent[len(d.pile.post.sent)-1]
	text := chance.ReplaceAllString(string(o.Message), "...")
	_, _ = fmt.Fprintf(ts.Stdout(), "%s -> %s\n%s", o.Envelope.From, strings.Join(o.Envelope.To, " "), strings.ReplaceAll(text, "\r\n", "\n"))
}

// What would be too large is refused before it is read.
func TestMailWithTooMuch(t *testing.T) {
	t.Parallel()
	d := newDesk(t, t.TempDir())
	d.pile = newPile()
	d.env["LIFEBOAT_RELAY_MESSAGE_SIZE"] = "100 kB"
	for name, size := range map[string]int{"small.bin": 60_000, "large.bin": 80_000} {
		file := filepath.Join(d.dir, name)
		if err := os.WriteFile(file, make([]byte, size), 0o600); err != nil {
			t.Fatal(err)
		}
		got := d.run("mail", "send", "--from", "sales@example.test", "--to", "x@customer.test", "--attach", file)
		if fits := size < 75_000; fits != (got.status == 0) || !fits && !strings.Contains(got.err, "large.bin the message would be larger than") {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
