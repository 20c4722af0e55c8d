package probe

import (
	"context"
	"encoding/base64"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-sasl"

	"lifeboat/failover"
)

// testSending signs in at the submission server with each credential that mail leaves
// with, and hands nothing in.
func testSending() Test {
	return Test{
		ID:     "submission",
		Title:  failover.Say("Sign-in to send"),
		Reason: failover.Say("After a switch people's mail leaves through the other provider, each message with its own sender's credential. One that is wrong is found out now, or in the middle of an outage."),
		Remedy: failover.Say("Store the right password with lifeboat secret set, and see at the provider whether sending with a mail program (SMTP AUTH) is allowed for the account."),
		Limit:  60 * time.Second, Usual: 3 * time.Second,
		used: func(s Site) bool { return s.Provider.Submission.Host != "" && len(s.Senders) > 0 },
		run: func(ctx context.Context, t *attempt) {
			t.signIns(ctx, t.site.Provider.Submission, t.site.Senders)
		},
	}
}

// SignInWith is [Prober.SignIn] with any kind of credential. The error is that it could
// not be had.
func (p *Prober) SignInWith(ctx context.Context, end failover.Endpoint, credential Credential) (Word, error) {
	sd := &seeder{p: p, target: Target{Provider: failover.Provider{Submission: end}}}
	w, err := sd.login(ctx, credential)
	if w.Ending == Well && err == nil {
		sd.session.quit()
	}
	return w, err
}

// login connects and signs in; the session is open after a good end only.
func (sd *seeder) login(ctx context.Context, credential Credential) (Word, error) {
	if w, ok := sd.approach(ctx); !ok {
		return w, nil
	}
	w := Word{Stage: AtSignIn, Where: sd.session.where, Ending: Well}
	client, err := credential(ctx, strings.Fields(strings.ToUpper(sd.session.features["AUTH"])))
	if err != nil {
		sd.session.quit()
		w.Ending, w.Answer = Ours, inOneLine(err)
		return w, err
	}
	r, err := sd.exchange(&overheard{Client: client, sd: sd})
	switch {
	case err != nil:
		w = sd.session.giveUp(ctx, "AUTH", r, sd.hushed(err)).word(ctx)
	case r.ok():
		return w, nil
	default:
		sd.session.quit()
		w = said(AtSignIn, w.Where, r)
	}
	w.Answer = sd.redact(w.Answer)
	return w, nil
}

// approach connects to the first address that will have it; not ok is the word for why
// none would.
func (sd *seeder) approach(ctx context.Context) (Word, bool) {
	end := sd.target.Provider.Submission
	at := sd.p.place(ctx, end.Host)
	f := &fault{kind: noAddress, stage: "connect"}
	if at.err != nil {
		f = &fault{kind: noWord, stage: "connect", err: at.err}
	}
	for i, a := range at.addrs[:min(len(at.addrs), maxAddresses)] {
		next := sd.connect(ctx, netip.AddrPortFrom(a, end.Port))
		if next == nil {
			return Word{}, true
		}
		if i == 0 || !isUnroutable(next.err) {
			f = next
		}
		if next.kind == stopped || next.kind == badTLS {
			break
		}
	}
	w := f.word(ctx)
	if f.kind == badTLS {
		w.Stage = HandshakeStage(f.err, end.Security != failover.StartTLS)
	}
	return w, false
}

// overheard is a SASL client whose every word is a secret that no answer may give back.
type overheard struct {
	sasl.Client
	sd *seeder
}

// Start implements sasl.Client.
func (o *overheard) Start() (mech string, ir []byte, err error) {
	mech, ir, err = o.Client.Start()
	o.sd.keepSecret(ir)
	return mech, ir, err
}

// Next implements sasl.Client.
func (o *overheard) Next(challenge []byte) ([]byte, error) {
	b, err := o.Client.Next(challenge)
	o.sd.keepSecret(b)
	return b, err
}

// keepSecret notes what was sent, whole and in the parts that PLAIN (RFC 4616) and
// XOAUTH2 make it of, and each as base64 has it.
func (sd *seeder) keepSecret(sent []byte) {
	const short = 4 // what is shorter says nothing, and stands in every sentence
	for part := range strings.FieldsFuncSeq(string(sent), func(r rune) bool { return r == 0 || r == 1 }) {
		part = strings.TrimPrefix(part, "auth=Bearer ")
		if len(part) >= short && !strings.HasPrefix(part, "user=") {
			sd.secrets = append(sd.secrets, part, base64.StdEncoding.EncodeToString([]byte(part)))
		}
	}
	if len(sent) >= short {
		sd.secrets = append(sd.secrets, string(sent), base64.StdEncoding.EncodeToString(sent))
	}
	slices.SortFunc(sd.secrets, func(a, b string) int { return len(b) - len(a) }) // the whole before its parts
}
