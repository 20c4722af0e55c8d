package main_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/failovertest/servers"
	"lifeboat/failover/relay"
)

// TestSendRoute is the other half of the main job, with real programs on all sides: staff,
// printers and programs hand mail in at lifeboat serve, the admin switches MX and send
// route in one operation while they write, steers the queue, and switches home.
func TestSendRoute(t *testing.T) {
	t.Parallel()
	if !servers.InNamespace(t, resolvConf) {
		return
	}
	w := newRelayWorld(t, relayPlan{imap: true})
	w.run("check")
	w.user(anna, "--label", "Laptop")
	w.user(ben, "--send-as", "info@example.test")
	w.serve()
	w.clients()
	w.switches()
	w.steers()
	w.composes()
	w.stop()
	if strings.Contains(w.told.String(), w.held[anna]) || strings.Contains(w.told.String(), password) {
		t.Error("a password was printed")
	}
	unreadable(t, filepath.Join(w.dir, "data"), []string{
		anna, ben, copier, boss, "info@example.test", w.held[anna], "お見積り", "会議の件", "Question", "Dear customer", "Laptop", "home@example.test",
	})
}

// theirMessage is a message with what programs like to change: dots, tabs, trailing blanks, a
// folded field, eight bits.
func theirMessage(id, from string) string {
	return "From: <" + from + ">\r\nTo: <" + boss + ">\r\nSubject: =?utf-8?B?5Lya6K2w44Gu5Lu2?=\r\n and more\r\nDate: Wed, 04 Mar 2026 12:00:00 +0900\r\n" +
		"Message-ID: <" + id + ">\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\nX-Odd:\tyes  \r\n\r\n" +
		".\r\n..\r\n.a dot\r\n会議の件です。 \t\r\nFrom here\r\n\r\n" + strings.Repeat("x", 900) + "\r\n\r\nend\r\n"
}

const smtplibProgram = `
import smtplib, ssl, sys
ca, user, password, to, starttls, tls = sys.argv[1:7]
texts = [open(f, "rb").read() for f in sys.argv[7:]]
context = ssl.create_default_context(cafile=ca)
host, port = starttls.split(":")
with smtplib.SMTP(host, int(port)) as s:
    s.starttls(context=context)
    s.login(user, password)
    s.sendmail(user, [to], texts[0], mail_options=["BODY=8BITMIME"])
host, port = tls.split(":")
with smtplib.SMTP_SSL(host, int(port), context=context) as s:
    s.login(user, password)
    s.sendmail(user, [to], texts[1], mail_options=["BODY=8BITMIME"])
`

// clients hand in by programs that people have; all arrives at the primary, once, with
// the bytes that were handed in.
func (w *relayWorld) clients() {
	w.t.Helper()
	const copies = 40
	servers.Source(w.t, servers.SourceConfig{Server: deviceAt, From: copier, To: boss, Messages: copies, Sessions: 10, Bytes: 4096})
	want := map[string]string{}
	text := func(by, from string) string {
		id := by + "@example.test"
		want[id] = theirMessage(id, from)
		return w.inFolder(by, want[id])
	}
	swaks := func(by string, args ...string) {
		w.t.Helper()
		w.tool("", "swaks", append(args, "--server", "127.0.0.1", "--from", anna, "--to", boss, "--tls-ca-path", w.ca.File, "--tls-verify",
			"--auth-user", anna, "--auth-password", w.held[anna], "--data", "@"+text(by, anna))...)
		want[by+"@example.test"] += "\r\n" // which swaks adds
	}
	swaks("swaks-login", "--port", "2587", "--tls", "--auth", "LOGIN")
	swaks("swaks-plain", "--port", "2587", "--tls", "--auth", "PLAIN")
	swaks("swaks-tls", "--port", "2465", "--tls-on-connect", "--auth", "PLAIN")
	msmtp, err := os.ReadFile(text("msmtp", "info@example.test"))
	if err != nil {
		w.t.Fatal(err)
	}
	conf := w.inFolder("msmtprc", fmt.Sprintf("account default\nhost 127.0.0.1\nport 2587\ntls on\ntls_starttls on\ntls_trust_file %s\nauth on\nuser %s\npassword %s\nfrom info@example.test\n",
		w.ca.File, ben, w.held[ben]))
	w.tool(string(msmtp), "msmtp", "-C", conf, boss)
	w.tool("", "python3", "-c", smtplibProgram, w.ca.File, ben, w.held[ben], boss, submitAt, submitTLS, text("smtplib", ben), text("smtplib-tls", ben))
	w.awaitEmpty()
	got := w.messages(w.primary)
	for id, sent := range want {
		if len(got[id]) != 1 || !bytes.HasSuffix(got[id][0], []byte(strings.ReplaceAll(sent, "\r\n", "\n"))) {
			w.t.Errorf("%s arrived %d times, or changed: %.3000q", id, len(got[id]), got[id])
		}
	}
	devices := 0
	for _, copies := range got {
		if bytes.Contains(copies[0], []byte("\nFrom: <"+copier+">\n")) {
			devices += len(copies)
		}
	}
	if devices != copies || len(got) != copies+len(want) || len(w.at(w.secondary)) > 0 {
		w.t.Errorf("%d of the copier's %d arrived, %d messages in all, %d at the secondary", devices, copies, len(got), len(w.at(w.secondary)))
	}
	w.refuses()
}

// refuses what nobody may do.
func (w *relayWorld) refuses() {
	w.t.Helper()
	for name, args := range map[string][]string{
		"somebody else's address": {"--port", "2587", "--tls", "--from", ben, "--auth-password", w.held[anna]},
		"a wrong password":        {"--port", "2587", "--tls", "--from", anna, "--auth-password", "guessed"},
		"without TLS":             {"--port", "2587", "--from", anna, "--auth-password", w.held[anna]},
	} {
		c := exec.CommandContext(w.t.Context(), "swaks", append(args, "--server", "127.0.0.1", "--to", boss, "--auth", "PLAIN", "--auth-user", anna)...)
		if out, err := c.CombinedOutput(); err == nil {
			w.t.Errorf("%s is taken: %s", name, out)
		}
	}
	if refused := w.log("--kind", "refused"); len(refused) < 2 {
		w.t.Errorf("refusals in the log: %+v", refused)
	}
}

// tool runs a program that .ci/packages lists.
func (w *relayWorld) tool(input, name string, args ...string) string {
	w.t.Helper()
	c := exec.CommandContext(w.t.Context(), name, args...)
	c.Stdin = strings.NewReader(input)
	c.Env = append(os.Environ(), "LC_ALL=C", "HOME="+w.dir)
	out, err := c.CombinedOutput()
	if err != nil {
		w.t.Fatalf("%s (listed in .ci/packages): %v\n%s\nthe relay said:\n%s", name, err, out, w.told)
	}
	return string(out)
}

// switches leads MX and send route to the secondary while staff write and the primary
// resets connections. Each message is at exactly one of the two.
func (w *relayWorld) switches() {
	w.t.Helper()
	before := len(w.at(w.primary))
	people := w.writers(4, 2000, 20*time.Millisecond)
	w.await("mail of the staff at the primary", func() bool { return len(w.at(w.primary)) >= before+20 })
	accepted := people.end()
	w.awaitEmpty() // what is cut off amid a message is TestSwitchAmidTroubles' matter
	mended := servers.Firewall(w.t, servers.Block{Host: primaryMX, Reset: true})
	people = w.writers(4, 2000, 20*time.Millisecond)
	w.await("a pile before the primary", func() bool { return w.queue("--via", "primary").Total >= 5 })
	if pile := w.queue(); !pile.Running || len(pile.Totals) != 1 || pile.Totals[0].Role != failover.Primary || pile.Totals[0].Waiting < 5 {
		w.t.Errorf("the pile: %+v", pile.Totals)
	}
	w.run("failover", "--yes")
	if now := w.served(0); !slices.Equal(now, []string{"10 mx.secondary.test."}) {
		w.t.Errorf("the MX is %v", now)
	}
	if r := w.queue().Routes; len(r) != 1 || r[0].Role != failover.Secondary || r[0].Operation == "" {
		w.t.Errorf("the route: %+v", r)
	}
	after := people.taken()
	w.await("more mail of the staff", func() bool { return people.taken() >= after+20 })
	w.accountForEach(append(accepted, people.end()...))
	if routes := w.log("--kind", "route"); len(routes) != 1 || routes[0].Role != failover.Secondary {
		w.t.Errorf("switches in the log: %+v", routes)
	}
	picture := w.run("relay", "chart", "--since", "1h").out
	if !strings.Contains(picture, "primary") || !strings.Contains(picture, "secondary") {
		w.t.Errorf("the chart: %s", picture)
	}
	w.t.Log(picture)
	mended()
}

// accountForEach holds every message that was accepted against both providers, when all
// has been sent on.
func (w *relayWorld) accountForEach(ids []string) {
	w.t.Helper()
	w.awaitEmpty()
	primary, secondary := w.at(w.primary), w.at(w.secondary)
	for _, id := range ids {
		if primary[id]+secondary[id] != 1 {
			w.t.Errorf("%s is %d times at the primary, %d times at the secondary", id, primary[id], secondary[id])
		}
	}
	if len(primary) == 0 || len(secondary) == 0 {
		w.t.Errorf("%d are at the primary, %d at the secondary", len(primary), len(secondary))
	}
	w.t.Logf("%d accepted; %d at the primary, %d at the secondary", len(ids), len(primary), len(secondary))
}

// steers the queue from the command line while lifeboat serve runs.
func (w *relayWorld) steers() {
	w.t.Helper()
	open := servers.Firewall(w.t, servers.Block{Host: secondaryMX, Port: 587, Reset: true})
	ids := map[string]string{}
	for _, name := range []string{"held", "rerouted", "dropped", "waiting"} {
		w.hand(anna, name+"@customer.test", name+"@example.test")
		q := w.queue("--address", name+"@")
		if q.Total != 1 || q.Messages[0].MessageID != name+"@example.test" {
			w.t.Fatalf("%s is not shown: %+v", name, q)
		}
		ids[name] = string(q.Messages[0].ID)
	}
	w.run("relay", "hold", ids["held"], "--yes", "--reason", "wrong price")
	w.run("relay", "reroute", "primary", ids["rerouted"], "--yes")
	if s := w.try("relay", "drop", ids["dropped"], "--yes"); s.status != 2 || !strings.Contains(s.err, "--reason") {
		w.t.Errorf("it is dropped without a reason: %v", s)
	}
	w.run("relay", "drop", ids["dropped"], "--yes", "--reason", "sent twice")
	w.await("the rerouted one at the primary", func() bool { return w.at(w.primary)["rerouted@example.test"] == 1 })
	open()
	w.run("relay", "retry", ids["waiting"], "--yes")
	w.await("the others at the secondary", func() bool { return w.queue().Total == 1 })
	if q := w.queue(); q.Messages[0].State != relay.Held || q.Messages[0].ID != relay.ID(ids["held"]) {
		w.t.Errorf("held: %+v", q.Messages)
	}
	w.run("relay", "retry", ids["held"], "--yes")
	w.awaitEmpty()
	there := w.at(w.secondary)
	if there["held@example.test"] != 1 || there["waiting@example.test"] != 1 || there["dropped@example.test"]+there["rerouted@example.test"] != 0 {
		w.t.Errorf("at the secondary: %v", there)
	}
	reports := 0
	for _, m := range w.secondary.store.Messages(w.t) {
		if m.User == anna && bytes.Contains(m.Raw, []byte("multipart/report")) && bytes.Contains(m.Raw, []byte("dropped@customer.test")) {
			reports++
		}
	}
	if reports != 1 {
		w.t.Errorf("the sender was told %d times of what was dropped", reports)
	}
	w.tells(ids)
}

// tells what became of each.
func (w *relayWorld) tells(ids map[string]string) {
	w.t.Helper()
	for name, kinds := range map[string][]relay.EventKind{
		"held":     {relay.Submitted, relay.Hold, relay.Release, relay.Sent},
		"rerouted": {relay.Submitted, relay.Rerouted, relay.Sent},
		"dropped":  {relay.Submitted, relay.Drop, relay.Reported},
		"waiting":  {relay.Submitted, relay.Release, relay.Sent},
	} {
		var got []relay.EventKind
		for _, e := range w.log(ids[name]) {
			if got = append(got, e.Kind); e.Kind == relay.Sent && (e.TLS == nil || e.Answer == "" || e.Host == "") {
				w.t.Errorf("%s: delivered, but how? %+v", name, e)
			}
		}
		for _, k := range kinds {
			if !slices.Contains(got, k) {
				w.t.Errorf("the log of %s lacks %q: %v", name, k, got)
			}
		}
	}
	if s := w.run("relay", "log", ids["held"]); !strings.Contains(s.out, "rong price") {
		w.t.Errorf("why it was held is not told: %v", s)
	}
	if s := w.run("relay", "status"); !strings.Contains(s.out, "example.test") {
		w.t.Errorf("the status: %v", s)
	}
}

// composes without any mail program: a new message, an answer to one that was mirrored,
// and one after the way home; then a password is taken away.
func (w *relayWorld) composes() {
	w.t.Helper()
	if s := w.run("mail", "send", "--from", anna, "--to", boss, "--subject", "お見積り", "--body", "Dear customer"); !strings.Contains(s.out, "Accepted") {
		w.t.Errorf("sent, but: %v", s)
	}
	letter := servers.Letter{From: "eve@outside.test", To: []string{anna}, ID: "<question@outside.test>", Subject: "Question", Body: "When?"}
	if err := servers.Send(w.t.Context(), w.primary.mx.Addr, letter); err != nil {
		w.t.Fatal(err)
	}
	var found mailDocument
	w.await("the question in the mirror", func() bool {
		s := w.try("mail", "search", "Question", "--json")
		return s.status == 0 && decode(s.out, &found) == nil && len(found.Messages) == 1
	})
	w.run("mail", "send", "--reply", found.Messages[0].ID, "--body", "Now.")
	w.t.Log(w.run("failback", "--yes"))
	w.hand(ben, boss, "home@example.test")
	w.awaitEmpty()
	if w.at(w.primary)["home@example.test"] != 1 {
		w.t.Error("after the way home mail does not leave through the primary")
	}
	answers := 0
	for _, m := range w.secondary.store.Messages(w.t) {
		if m.Header.Get("In-Reply-To") == letter.ID && m.User == letter.From && bytes.Contains(m.Raw, []byte("Now.")) {
			answers++
		}
	}
	if answers != 1 {
		w.t.Errorf("the answer arrived %d times", answers)
	}
	w.run("user", "revoke", anna, "Laptop", "--yes")
	if _, err := w.signIn(anna); err == nil {
		w.t.Error("a password that was taken away signs in")
	}
	if s := w.run("user", "list"); strings.Contains(s.out, anna) || !strings.Contains(s.out, "info@example.test") {
		w.t.Errorf("users: %v", s)
	}
}
