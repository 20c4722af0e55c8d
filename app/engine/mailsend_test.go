package engine_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"

	"lifeboat/app/engine"
	"lifeboat/configs"
	"lifeboat/failover"
	"lifeboat/failover/dnswire"
	"lifeboat/failover/lab"
	"lifeboat/failover/relay"
	"lifeboat/mailstore"
	"lifeboat/mailstore/compose"
	"lifeboat/mailstore/mime"
)

const signingKey = configs.SecretRef("dkim-test")

// signing gives the domain a DKIM key of its own; err is why it cannot be opened.
func signing(t *testing.T, err error) func(*engine.Options) {
	t.Helper()
	private, failed := engine.NewSigningKey()
	if failed != nil {
		t.Fatal(failed)
	}
	return func(o *engine.Options) {
		o.Settings.Domains[0].Signing = configs.Signing{Selector: configs.DefaultSelector, Key: signingKey}
		others := o.Password
		o.Password = func(ctx context.Context, ref configs.SecretRef) (string, error) {
			if ref == signingKey {
				return private.Reveal(), err
			}
			return others(ctx, ref)
		}
	}
}

// sendsOne sends a message as a command does, and returns it as it arrived at the provider.
func (p *post) sendsOne(via failover.Role, m engine.MailToSend) (engine.MailSent, []byte) {
	p.t.Helper()
	m.Wait = patience
	e := p.face()
	d := p.desk(e)
	sent, err := e.SendMail(p.t.Context(), d, m)
	err = errors.Join(err, d.Close())
	if err != nil || sent.State != relay.Ended || sent.Via != via || slices.ContainsFunc(sent.To, func(r relay.Recipient) bool { return r.Fate != relay.Delivered }) {
		p.t.Fatalf("%+v, %v", sent, err)
	}
	for _, got := range p.world.Mailbox(via, sent.To[0].Address) {
		if bytes.Contains(got.Data, []byte(sent.MessageID)) {
			return sent, got.Data
		}
	}
	p.t.Fatalf("%s is not at the %s", sent.MessageID, via)
	return sent, nil
}

// From the key to the receiver: the preflight misses the record, a preparation publishes it,
// the preflight finds it, and what is sent through either provider verifies by it.
func TestOwnSignature(t *testing.T) {
	t.Parallel()
	p := newPost(t, false, signing(t, nil))
	anna, ben := p.staff()
	verdict := func() failover.Verdict {
		r, err := p.Check(t.Context(), engine.CheckRequest{Fresh: true})
		i := slices.IndexFunc(r.Findings, func(f failover.Finding) bool { return f.Check == "dkim" })
		if err != nil || i < 0 {
			t.Fatalf("%+v, %v", r.Findings, err)
		}
		return r.Findings[i].Verdict
	}
	if got := verdict(); got != failover.Warn {
		t.Error("before the record is published:", got)
	}
	p.done(p.change(failover.Prepare))
	if got := verdict(); got != failover.Pass {
		t.Error("after the record was published:", got)
	}
	set := p.world.Truth("lifeboat._domainkey.example.test.", "TXT")
	if len(set.Values) != 1 {
		t.Fatalf("published: %s", set)
	}
	record, err := dnswire.Text(set.Values[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, via := range []failover.Role{failover.Primary, failover.Secondary} {
		if via == failover.Secondary {
			p.done(p.sendVia(failover.Secondary))
		}
		_, raw := p.sendsOne(via, engine.MailToSend{From: anna, To: []string{ben}, Subject: "署名", Text: "Signed.\n"})
		found, err := dkim.VerifyWithOptions(bytes.NewReader(raw), &dkim.VerifyOptions{LookupTXT: func(name string) ([]string, error) {
			if name != "lifeboat._domainkey.example.test" {
				return nil, errors.New("asked for " + name)
			}
			return []string{record}, nil
		}})
		if err != nil || len(found) != 1 || found[0].Err != nil || found[0].Domain != "example.test" {
			t.Errorf("through the %s: %+v, %v by %s in\n%s", via, found[0], err, record, raw)
		}
	}
	if again := p.done(p.change(failover.Prepare)); len(again.Plan.Steps) > 0 {
		t.Errorf("preparing once more changes %+v", again.Plan.Steps)
	}
}

// A key that cannot be opened keeps no plan and no check from being done.
func TestOwnSignatureWithoutItsKey(t *testing.T) {
	t.Parallel()
	p := newPost(t, false, signing(t, errors.New("the vault is locked")))
	plan, err := p.Plan(t.Context(), engine.PlanRequest{Kind: failover.Prepare})
	if err != nil || !slices.ContainsFunc(plan.Notes, func(n failover.Noted) bool { return strings.Contains(n.Say.String(), "cannot be opened here") }) {
		t.Errorf("%+v, %v", plan.Notes, err)
	}
	r, err := p.Check(t.Context(), engine.CheckRequest{Fresh: true})
	if err != nil || !slices.ContainsFunc(r.Findings, func(f failover.Finding) bool { return f.Check == "dkim" && f.Verdict == failover.Warn }) {
		t.Errorf("%+v, %v", r.Findings, err)
	}
}

func TestSigningSecret(t *testing.T) {
	t.Parallel()
	for domain, want := range map[string]configs.SecretRef{
		"example.jp": "dkim-example-jp", "Example.CO.jp.": "dkim-example-co-jp", "例え.jp": "dkim-xn-r8jz45g-jp",
		strings.Repeat("abcdefghi.", 12) + "jp": configs.SecretRef("dkim-" + strings.Repeat("abcdefghi-", 12)[:58]),
	} {
		if got := engine.SigningSecret(domain); got != want || !configs.ValidSecretName(got.Name()) {
			t.Errorf("%s: got %s, want %s", domain, got, want)
		}
	}
}

// A message, its answer, and passing it on: read in the mirror, sent through the desk.
func TestSendMail(t *testing.T) {
	t.Parallel()
	p := newPost(t, true)
	anna, ben := p.staff()
	_, raw := p.sendsOne(failover.Primary, engine.MailToSend{
		From: "Anna <" + anna + ">", To: []string{"ベン <" + ben + ">"}, Cc: []string{anna}, Subject: "会議の件", Text: "水曜日です。\n",
		Attachments: []compose.Attachment{{Name: "予定.txt", Content: []byte("10:00\n")}},
	})
	l := mime.Read(bytes.NewReader(raw), mime.Limits{})
	if l.Subject != "会議の件" || l.Text != "水曜日です。" || l.From[0].Name != "Anna" || l.To[0].Name != "ベン" || l.Attachments[0].Name != "予定.txt" || len(l.ReplyTo) > 0 {
		t.Errorf("it arrived as %+v", l)
	}
	if _, err := p.Mirror(t.Context(), engine.MirrorRequest{}); err != nil {
		t.Fatal(err)
	}
	id := p.mailID(ben, "会議の件")
	sent, raw := p.sendsOne(failover.Primary, engine.MailToSend{Reply: id, All: true, Text: "了解です。", Language: "ja", Reason: "a test"})
	reply := mime.Read(bytes.NewReader(raw), mime.Limits{})
	if sent.From != ben || reply.From[0].Name != "ベン" || reply.To[0].Address != anna || len(reply.To)+len(reply.Cc) != 1 || reply.Subject != "Re: 会議の件" ||
		!slices.Equal(reply.InReplyTo, []string{l.MessageID}) || !strings.HasPrefix(reply.Text, "了解です。\n\n") || !strings.Contains(reply.Text, "Anna さんのメール:\n> 水曜日です。") {
		t.Errorf("the answer is %+v", reply)
	}
	_, raw = p.sendsOne(failover.Primary, engine.MailToSend{Forward: id, Inline: true, From: ben, To: []string{anna}, Text: "FYI", Reason: "a test"})
	if f := mime.Read(bytes.NewReader(raw), mime.Limits{}); f.Subject != "Fwd: 会議の件" || !strings.Contains(f.Text, "FYI\n\n---------- Forwarded message ----------") || len(f.Attachments) != 1 {
		t.Errorf("passed on, it is %+v", f)
	}
	d := p.desk(p.face())
	for _, bad := range []engine.MailToSend{
		{From: anna}, {To: []string{anna}}, {From: anna + "," + ben, To: []string{anna}}, {From: anna, To: []string{"x"}},
		{Reply: id, Forward: id}, {Reply: "!"}, {From: anna, To: []string{ben}, Subject: "x\nBcc: y@example.test"},
	} {
		if sent, err := p.SendMail(t.Context(), d, bad); !errors.Is(err, mailstore.ErrInvalid) && !errors.Is(err, failover.ErrInvalid) {
			t.Errorf("%+v gave %+v, %v", bad, sent, err)
		}
	}
}

// mailID finds a message of a mailbox in the mirror.
func (p *post) mailID(account, subject string) string {
	p.t.Helper()
	m, err := p.OpenMail(p.t.Context(), engine.ReadAs{Reason: "a test"})
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = m.Close() }()
	page, err := m.List(p.t.Context(), engine.MailSelection{Account: account})
	i := slices.IndexFunc(page.Messages, func(l engine.MailLine) bool { return l.Subject == subject })
	if err != nil || i < 0 {
		p.t.Fatalf("%+v, %v", page.Messages, err)
	}
	return page.Messages[i].ID
}

// Answers are led to the emergency subdomain while mail leaves through the secondary and the
// MX still leads to the primary, and at no other time.
func TestEmergencyReplyTo(t *testing.T) {
	t.Parallel()
	p := newPost(t, false)
	anna, ben := p.staff()
	name, _, _ := strings.Cut(anna, "@")
	replyTo := func(via failover.Role, more ...string) (string, bool) {
		t.Helper()
		sent, raw := p.sendsOne(via, engine.MailToSend{From: anna, To: []string{ben}, Text: "Hello.", ReplyTo: more})
		var out []string
		for _, a := range mime.Read(bytes.NewReader(raw), mime.Limits{}).ReplyTo {
			out = append(out, a.Address)
		}
		return strings.Join(out, " "), sent.Emergency
	}
	if got, said := replyTo(failover.Primary); got != "" || said {
		t.Errorf("in calm times: %q, %v", got, said)
	}
	p.done(p.sendVia(failover.Secondary))
	if got, said := replyTo(failover.Secondary); got != name+"@emergency.example.test" || !said {
		t.Errorf("with the route alone switched: %q, %v", got, said)
	}
	if got, said := replyTo(failover.Secondary, "boss@example.test"); got != "boss@example.test" || said {
		t.Errorf("with another address given: %q, %v", got, said)
	}
	p.done(p.failover())
	if got, said := replyTo(failover.Secondary); got != "" || said {
		t.Errorf("after the MX was switched: %q, %v", got, said)
	}
	p.done(p.failback())
	if got, said := replyTo(failover.Primary); got != "" || said {
		t.Errorf("at home again: %q, %v", got, said)
	}
}

// Mail that finds the provider broken is kept, and the sender told why.
func TestSendMailDuringAnOutage(t *testing.T) {
	t.Parallel()
	p := newPost(t, false)
	anna, ben := p.staff()
	if err := p.world.Break(failover.Primary, lab.Reset); err != nil {
		t.Fatal(err)
	}
	sent, err := p.SendMail(t.Context(), p.desk(p.face()), engine.MailToSend{From: anna, To: []string{ben}, Text: "Hello.", Wait: patience})
	if err != nil || sent.State != relay.Waiting || sent.Why.IsZero() || sent.ID == "" {
		t.Errorf("%+v, %v", sent, err)
	}
}
