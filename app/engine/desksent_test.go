package engine

import (
	"context"
	"crypto/tls"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"lifeboat/configs"
	"lifeboat/failover/relay"
	"lifeboat/mailstore/keys"
)

const sentSettings = `organization: Test
domains: [{name: example.test, dns: {host: manual}}]
providers:
  primary: {preset: generic, mx: ["10 mx.one.test"], imap: {host: imap.one.test}, submission: {host: smtp.one.test}, sign_in: password}
recipients:
  accounts: [{address: anna@example.test, aliases: [a.sato@example.test]}]
`

// sendingHere is an engine that can queue mail and reaches nobody.
func sendingHere(t *testing.T) *Engine {
	t.Helper()
	file := filepath.Join(t.TempDir(), "lifeboat.yaml")
	if err := os.WriteFile(file, []byte(sentSettings), 0o600); err != nil {
		t.Fatal(err)
	}
	s, _, err := configs.Load(file, configs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return New(Options{
		Settings: s, DataDir: t.TempDir(), Now: time.Now, Sleep: Sleep, Logger: slog.New(slog.DiscardHandler),
		Mail: &MailParts{Keys: KeyMeans{Machine: keys.MachineOpener{
			Dir: t.TempDir(), ID: func(context.Context) (string, error) { return "a machine", nil },
		}}},
		Relay: &RelayParts{TLS: func(configs.Provider) (*tls.Config, error) { return &tls.Config{MinVersion: tls.VersionTLS12}, nil }},
	})
}

// opened opens the send route until the test ends, or close is called.
func (e *Engine) routeOf(t *testing.T) (r *sendRoute) {
	t.Helper()
	key, err := e.relayKey(t.Context(), false)
	if err == nil {
		r, err = e.openSendRoute(t.Context(), key)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A process that is killed between the copy and the queue leaves a draft: it becomes a
// copy of what was queued, and goes with what was not. What cannot be read stays.
func TestDraftsOfAKilledProcess(t *testing.T) {
	t.Parallel()
	e := sendingHere(t)
	r := e.routeOf(t)
	for _, id := range []string{"queued@test", "lost@test"} {
		if _, err := r.draftCopy(sentCopy{Account: "anna@example.test", MessageID: id, At: e.opt.Now(), Message: []byte("Subject: " + id + "\r\n\r\n")}); err != nil {
			t.Fatal(err)
		}
	}
	damaged := "damaged" + draftSuffix
	if err := os.WriteFile(e.copyPath(damaged), []byte("lifeboat sealed 1\n and then nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	item, err := r.accept(t.Context(), Outgoing{Envelope: relay.Envelope{From: "anna@example.test", To: []string{"x@elsewhere.test"}}, Message: []byte("x\r\n")},
		relay.Header{MessageID: "queued@test"})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.close(); err != nil {
		t.Fatal(err)
	}
	r = e.routeOf(t)
	if got, want := e.copies(sentSuffix), []string{string(item.ID) + sentSuffix}; !slices.Equal(got, want) {
		t.Errorf("copies %v, not %v", got, want)
	}
	if got := e.copies(draftSuffix); !slices.Equal(got, []string{damaged}) {
		t.Errorf("drafts %v", got)
	}
	c, err := e.readCopy(r.key, string(item.ID)+sentSuffix)
	if err != nil || c.MessageID != "queued@test" {
		t.Errorf("%+v, %v", c, err)
	}
	if err := r.close(); err != nil {
		t.Error(err)
	}
}

// The copy of an alias's mail belongs to its mailbox; others have no copy.
func TestWhoseCopy(t *testing.T) {
	t.Parallel()
	e := sendingHere(t)
	for address, want := range map[string]string{
		"anna@example.test": "anna@example.test", "A.Sato@example.test": "anna@example.test", "x@example.test": "", "x@elsewhere.test": "",
	} {
		if got, ok := e.accountOf(address); got != want || ok != (want != "") {
			t.Errorf("%s: %q", address, got)
		}
	}
}

// A message that says nothing of itself is completed; one that does is left as it is.
func TestLettersAreCompleted(t *testing.T) {
	t.Parallel()
	e := sendingHere(t)
	r := &sendRoute{e: e}
	whole := "From: =?utf-8?q?Anna?= <anna@example.test>\r\nSubject: =?UTF-8?B?5Lya6K2w?=\r\nDate: Wed, 04 Mar 2026 12:00:00 +0900\r\nMessage-ID: <a@test>\r\n\r\nhello\r\n"
	o := Outgoing{Envelope: relay.Envelope{From: "anna@example.test", To: []string{"x@elsewhere.test"}}, Message: []byte(whole)}
	l, err := r.readLetter(&o)
	if err != nil || l != (letter{"anna@example.test", "a@test", "会議"}) || string(o.Message) != whole || o.Envelope.EightBit || o.Envelope.UTF8 {
		t.Errorf("%+v %+v %v", l, o, err)
	}
	o.Message = []byte("From: anna@example.test\r\nSubject: raw \xe4\xbc\x9a\r\n\r\nh\xc3\xa9\r\n")
	l, err = r.readLetter(&o)
	if err != nil || l.messageID == "" || !o.Envelope.EightBit || !o.Envelope.UTF8 || o.Envelope.Client != clientHere {
		t.Errorf("%+v %+v %v", l, o, err)
	}
	again, err := r.readLetter(&o)
	if err != nil || again != l {
		t.Errorf("%+v, not %+v, %v", again, l, err)
	}
}
