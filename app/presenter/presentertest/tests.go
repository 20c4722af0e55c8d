package presentertest

import (
	"context"
	"sync"
	"time"

	"lifeboat/app/engine"
	"lifeboat/failover"
)

// Tester tests nothing: it comes to what it is given.
type Tester struct {
	Kept *engine.Connectivity // results of before; nil: there are none
	Gets engine.Connectivity  // what the next tests come to
	Err  error
	// Wait is waited for after so many cells have been told, when it is set.
	Wait  chan struct{}
	After int

	mu    sync.Mutex
	asked []engine.ConnectRequest
}

// ConnectTests lists the tests of Gets.
func (t *Tester) ConnectTests() []engine.TestInfo { return t.Gets.Tests }

// LastConnect returns what is kept.
func (t *Tester) LastConnect(context.Context) (engine.Connectivity, bool) {
	if t.Kept == nil {
		return engine.Connectivity{}, false
	}
	return *t.Kept, true
}

// Asked are the requests so far.
func (t *Tester) Asked() []engine.ConnectRequest {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]engine.ConnectRequest(nil), t.asked...)
}

// Connect tells the cells that are asked for, one after the other.
func (t *Tester) Connect(ctx context.Context, req engine.ConnectRequest) (engine.Connectivity, error) {
	t.mu.Lock()
	t.asked = append(t.asked, req)
	t.mu.Unlock()
	out := engine.Connectivity{At: t.Gets.At, Took: t.Gets.Took, Tests: t.Gets.Tests}
	for i, c := range t.Gets.Cells {
		if len(req.Tests) > 0 && c.Test != req.Tests[0] || len(req.Tests) == 0 && !req.Seed && c.Test == sends {
			continue
		}
		if t.Wait != nil && i == t.After {
			working := engine.TestCell{Test: c.Test, Domain: c.Domain, Side: c.Side, State: engine.CellWorking}
			req.Tell(working)
			select {
			case <-t.Wait:
			case <-ctx.Done():
				return out, ctx.Err()
			}
		}
		req.Tell(c)
		out.Cells = append(out.Cells, c)
	}
	return out, t.Err
}

// Connections are tests of a domain in English or in Japanese, with one that fails at
// the secondary, one to look after, and one that nobody could see.
func Connections(d failover.Domain, japanese bool) engine.Connectivity {
	b := connections{d: d, japanese: japanese, out: engine.Connectivity{At: Noon, Took: 7800 * time.Millisecond}}
	ms := func(n int) failover.Sentence { return b.say("{n} ms", "{n}ミリ秒", "n", n) }
	all := b.say("40 of 40", "40件中40件")
	b.row("dns", "DNS servers agree", "DNS サーバーの一致", b.pass(b.say("6 of 6 addresses", "6か所中6か所")), b.pass(b.say("6 of 6 addresses", "6か所中6か所")), b.pass(b.say("6 of 6 addresses", "6か所中6か所")))
	b.row("names", "MX names resolve", "MX の名前", b.pass(b.say("1 name, no alias", "1件、別名なし")), b.pass(b.say("2 names, no alias", "2件、別名なし")), b.pass(b.say("2 names, no alias", "2件、別名なし")))
	b.row("port", "Port 25 answers", "25番ポートの応答", b.pass(ms(21)), b.pass(ms(148)), b.pass(ms(150)))
	b.row("tls", "TLS certificate", "TLS 証明書", b.pass(b.say("61 days left", "残り61日")), b.pass(b.say("74 days left", "残り74日")), b.care(b.say("9 days left", "残り9日")))
	b.row("rcpt", "Your addresses accepted", "宛先の受け入れ", b.pass(all), b.refused(), b.pass(b.say("2 of 2", "2件中2件")))
	b.row("unknown", "Unknown address refused", "存在しない宛先の拒否", b.pass(b.say("550 at RCPT", "RCPT で550")), b.pass(b.say("550 at RCPT", "RCPT で550")), b.pass(b.say("550 at RCPT", "RCPT で550")))
	b.row("send", "Sign-in to send", "送信のサインイン", b.pass(all), b.pass(all), b.unused())
	b.row("read", "Sign-in to read (IMAP)", "閲覧のサインイン（IMAP）", b.pass(all), b.pass(all), b.unused())
	b.row("senders", "SPF and DKIM in place", "SPF と DKIM", b.pass(b.say("6 of 10 look-ups", "検索10回中6回")), b.pass(b.say("2 selectors", "セレクター2個")), b.pass(b.say("2 selectors", "セレクター2個")))
	b.row("write", "DNS host lets us write", "DNS の書き込み", b.pass(b.say("PowerDNS, 0.2 s", "PowerDNS、0.2秒")), b.pass(b.say("same zone", "同じゾーン")), b.pass(b.say("same zone", "同じゾーン")))
	b.row(sends, "Seed message out and back", "テストメールの往復", b.pass(b.say("4.1 s", "4.1秒")), b.pass(b.say("6.8 s", "6.8秒")), b.unseen())
	return b.out
}

// sends is the test that sends messages.
const sends = "seed"

// connections builds them row by row.
type connections struct {
	d        failover.Domain
	japanese bool
	out      engine.Connectivity
}

func (b *connections) say(en, ja string, parts ...any) failover.Sentence {
	if b.japanese {
		return told(ja, parts...)
	}
	return told(en, parts...)
}

func (b *connections) row(id, en, ja string, cells ...engine.TestCell) {
	b.out.Tests = append(b.out.Tests, engine.TestInfo{
		ID: id, Title: b.say(en, ja), Limit: 10 * time.Second, Usual: 2 * time.Second, Sends: id == sends,
		Reason: b.say("Mail that is sent to you asks exactly this first.", "送られてくるメールは、最初にこれを確かめます。"),
		Remedy: b.say("Ask the provider, and show the exact answer.", "応答をそのまま添えて、プロバイダーに問い合わせてください。"),
	})
	for i, c := range cells {
		c.Test, c.Domain, c.Side, c.At, c.Took = id, b.d.Name, engine.Sides()[i], Noon.Add(14*time.Second), 1200*time.Millisecond
		b.out.Cells = append(b.out.Cells, c)
	}
}

func (b *connections) finding(v failover.Verdict, subject string, say, remedy failover.Sentence, lines ...string) failover.Finding {
	return failover.Finding{Domain: b.d.Name, Subject: subject, Verdict: v, Say: say, Remedy: remedy, Evidence: lines, At: Noon}
}

func (b *connections) pass(word failover.Sentence) engine.TestCell {
	return engine.TestCell{State: engine.CellDone, Verdict: failover.Pass, Word: word, Findings: []failover.Finding{
		b.finding(failover.Pass, "mx1.secondary.example", b.say("It answered as it should.", "正しく応答しました。"), failover.Sentence{}, "220 mx1.secondary.example ESMTP", "250 2.1.5 Ok"),
	}}
}

func (b *connections) care(word failover.Sentence) engine.TestCell {
	return engine.TestCell{State: engine.CellDone, Verdict: failover.Warn, Word: word, Findings: []failover.Finding{
		b.finding(failover.Warn, "sos.secondary.example", b.say("The certificate runs out in 9 days.", "証明書はあと9日で切れます。"), b.say("Have it renewed.", "更新を依頼してください。"), "notAfter=Nov 30 12:00:00 2026 GMT"),
	}}
}

func (b *connections) refused() engine.TestCell {
	c := engine.TestCell{State: engine.CellDone, Verdict: failover.Red, Word: b.say("38 of 40", "40件中38件")}
	for _, who := range []string{"keiri", "saiyo"} {
		c.Findings = append(c.Findings, b.finding(failover.Red, "in1-smtp.secondary.example",
			b.say("{who} is unknown there.", "{who} がありません。", "who", who+"@aoba.example"),
			b.say("After a switch, mail to these would bounce. In Fastmail, open Settings, Users, and add them as users or aliases.",
				"切り替えた後、これらの宛先へのメールは返送されます。Fastmail の「Settings」「Users」で、ユーザーかエイリアスとして追加してください。"),
			"RCPT TO:<"+who+"@aoba.example>", "550 5.1.1 Unknown user "+who))
	}
	return c
}

func (b *connections) unused() engine.TestCell { return engine.TestCell{State: engine.CellUnused} }

func (b *connections) unseen() engine.TestCell {
	return engine.TestCell{State: engine.CellDone, Verdict: failover.Unknown, Word: b.say("no answer in 60 s", "60秒で応答なし"), Findings: []failover.Finding{
		b.finding(failover.Unknown, "sos.secondary.example", b.say("The seed message did not come back in 60 s.", "テストメールは60秒のうちに戻りませんでした。"), b.say("Test again in a minute.", "少し待ってから、もう一度テストしてください。")),
	}}
}
