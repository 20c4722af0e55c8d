//go:build linux || windows

// All of 127.0.0.0/8 is this machine there.

package submit_test

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	"lifeboat/failover/relay"
	"lifeboat/failover/relay/submit"
)

// TestRealQueue hands messages in side by side and finds each in the queue, bytes and all.
func TestRealQueue(t *testing.T) {
	t.Parallel()
	q := durable(t)
	w := serve(t, func(o *submit.Options) { o.Queue = q })
	const sessions, each = 8, 25
	var wg sync.WaitGroup
	for n := range sessions {
		c := w.device()
		wg.Go(func() {
			for i := range each {
				c.mail(copier, someone, fmt.Sprintf("s%d@elsewhere.test", n))
				c.send(odd(n, i) + ".\r\n")
				if got := c.reply(); !strings.HasPrefix(got, "250 2.0.0 queued as ") {
					t.Error(got)
					return
				}
			}
		})
	}
	wg.Wait()
	found := map[string]bool{}
	for item := range q.Items() {
		body, err := q.Body(item.ID)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(body)
		if err := body.Close(); err != nil {
			t.Error(err)
		}
		if err != nil {
			t.Fatal(err)
		}
		trace, whole, _ := strings.Cut(string(text), "+0900\r\n")
		if !strings.HasPrefix(trace, "Received: by relay.example.test ") {
			t.Fatalf("begins with %.100q", text)
		}
		found[whole] = true
		if item.Envelope.User != copier || len(item.To) != 2 || item.MessageID == "" || item.Subject != "会議" || item.State != relay.Waiting {
			t.Errorf("%+v", item)
		}
	}
	for n := range sessions {
		for i := range each {
			if !found[odd(n, i)] {
				t.Errorf("message %d of session %d is not there as it was handed in", i, n)
			}
		}
	}
	if len(found) != sessions*each {
		t.Errorf("%d messages, want %d", len(found), sessions*each)
	}
	// What is refused is in the log, and nothing of it in the queue.
	c := w.device()
	c.do("MAIL FROM:<boss@example.test>", "550 5.7.1 ")
	events, err := q.Events(t.Context(), relay.LogQuery{Kinds: []relay.EventKind{relay.Refused}})
	if err != nil || len(events) != 1 || events[0].User != copier || events[0].Say.IsZero() || !strings.Contains(events[0].Answer, "550 5.7.1 ") {
		t.Errorf("the log has %+v, %v", events, err)
	}
}

// odd is a message of a length and with line ends of its own.
func odd(n, i int) string {
	return fmt.Sprintf("From: <%s>\r\nDate: Thu, 22 Jan 2026 09:00:00 +0900\r\nMessage-ID: <%d.%d@example.test>\r\nSubject: =?utf-8?B?5Lya6K2w?=\r\n\r\n%d\r\r\nbare\nline %d\r\n", copier, n, i, n, i) +
		strings.Repeat("some text in a line of its own\r\n", n*i*i*7)
}
