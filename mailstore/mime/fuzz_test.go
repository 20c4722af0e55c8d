package mime_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lifeboat/mailstore"
	"lifeboat/mailstore/mailstoretest/corpus"
	"lifeboat/mailstore/mime"
)

// FuzzRead holds what is promised of every message against messages that nobody has
// thought of: the cases and the corpus are where it starts from.
func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("testdata/*.eml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	seen := map[string]bool{}
	for m := range corpus.Messages(corpus.Options{Count: 120, Now: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC), Small: true}) {
		if !seen[m.Kind] && len(m.Bytes) < 8<<10 {
			seen[m.Kind] = true
			f.Add(m.Bytes)
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if len(raw) > 64<<10 {
			return // length is TestMonsters' concern
		}
		check(t, raw)
	})
}

const (
	calendarHead = "Subject: x\r\nContent-Type: text/calendar; charset=utf-8\r\n\r\n"
	reportHead   = "Subject: x\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n--x\r\n\r\nNo.\r\n--x\r\nContent-Type: message/delivery-status\r\n\r\n"
)

// bodies are what stands behind the header of the cases, and begins with a text.
func bodies(f *testing.F, begins string) (out []string) {
	f.Helper()
	files, err := filepath.Glob("testdata/*.eml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		if at := strings.Index(string(raw), begins); at >= 0 {
			out = append(out, string(raw[at:]))
		}
	}
	if len(out) == 0 {
		f.Fatalf("no case has %q", begins)
	}
	return out
}

// FuzzCalendar reads invitations that nobody has thought of: what they say has an order
// and bounds.
func FuzzCalendar(f *testing.F) {
	for _, text := range bodies(f, "BEGIN:VCALENDAR") {
		f.Add(text)
	}
	f.Add("BEGIN:VEVENT\nDTSTART:20260101T000000\nDURATION:P999999W\nEND:VEVENT\n")
	f.Add("BEGIN:VTIMEZONE\nTZID:/\nBEGIN:STANDARD\nDTSTART:16010101T000000\nTZOFFSETTO:-235959\nRRULE:BYMONTH=2;BYDAY=-5MO\nEND:STANDARD\nEND:VTIMEZONE\nBEGIN:VEVENT\nDTSTART;TZID=/:00000101T000000\nEND:VEVENT\n")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 64<<10 {
			return
		}
		check(t, []byte(calendarHead+text))
		l := mime.Read(strings.NewReader(calendarHead+text), mime.Limits{})
		for _, i := range l.Invitations {
			if !i.End.IsZero() && i.End.Before(i.Begin) || i.Begin.IsZero() && (i.Floating || !i.End.IsZero()) {
				t.Errorf("%+v", i)
			}
		}
	})
}

// FuzzDelivery reads delivery reports that nobody has thought of: each recipient is named
// and has a fate, which is told.
func FuzzDelivery(f *testing.F) {
	for _, text := range bodies(f, "Reporting-MTA:") {
		f.Add(text)
	}
	f.Add("\n\nFinal-Recipient: rfc822; a@example.test\nAction:\nStatus: 9\n")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 64<<10 {
			return
		}
		raw := reportHead + text + "\r\n--x--\r\n"
		check(t, []byte(raw))
		l := mime.Read(strings.NewReader(raw), mime.Limits{})
		for _, d := range l.Deliveries {
			if d.To == "" || d.Fate == "" || d.Say.IsZero() {
				t.Errorf("%+v", d)
			}
		}
	})
}

// However many events an object has: those that are told have its method and its zones.
func TestManyEvents(t *testing.T) {
	event := "BEGIN:VEVENT\r\nSUMMARY:x\r\nDTSTART;TZID=Ours:20260101T100000\r\nEND:VEVENT\r\n"
	zone := "BEGIN:VTIMEZONE\r\nTZID:Ours\r\nBEGIN:STANDARD\r\nDTSTART:16010101T000000\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
	l := mime.Read(strings.NewReader(calendarHead+"BEGIN:VCALENDAR\r\nMETHOD:CANCEL\r\n"+zone+strings.Repeat(event, 1000)+"END:VCALENDAR\r\n"), mime.Limits{})
	if len(l.Invitations) == 0 || len(l.Invitations) == 1000 {
		t.Fatalf("%d events are told", len(l.Invitations))
	}
	for _, i := range l.Invitations {
		if i.Kind != mailstore.InvitationCancelled || i.Floating {
			t.Fatalf("%+v", i)
		}
	}
}
