package probe

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"

	"lifeboat/failover"
)

// SeedOptions say how to sign in at the provider and whom to write to.
type SeedOptions struct {
	Username string
	// Password is asked when it is needed, and forgotten afterwards.
	Password func(context.Context) (string, error)
	From     string // the sender, which most providers want to be the one signed in
	// Recipients are those who get the message; empty is all of the target's.
	Recipients []string
}

// seedRecipients is how many recipients one message has.
const seedRecipients = 50

// Seed shows without port 25 whether the provider knows the recipients: it signs
// in at the provider's submission port (RFC 6409; TLS is checked), asks for an
// address that does not exist, and sends the recipients a short message. A
// provider that refuses the one and takes the others knows them. One that
// refuses nobody shows nothing until the message is seen to arrive (see
// [Evidence.Arrived]) and no bounce comes.
//
// The error says why nothing could be asked: failover.ErrInvalid,
// ErrUnreachable, ErrCredential or ErrUncertain. No error, finding or log has the
// password in it.
func (p *Prober) Seed(ctx context.Context, target Target, opt SeedOptions) ([]failover.Finding, error) {
	if err := opt.check(target); err != nil {
		return nil, err
	}
	if len(opt.Recipients) == 0 {
		opt.Recipients = target.addresses()
	}
	sd := &seeder{p: p, target: target, opt: opt, id: seedID(), answers: map[string]answer{}}
	if err := sd.signIn(ctx); err != nil {
		return nil, err
	}
	defer sd.session.quit()
	if err := sd.run(ctx); err != nil {
		return nil, err
	}
	s := newSurvey(p, target, nil)
	var out []failover.Finding
	for _, address := range opt.Recipients {
		f := s.finding("rcpt", address, sd.judge(address))
		f.Source = failover.FromSeed
		p.tell(f)
		out = append(out, f)
	}
	return out, nil
}

func (o *SeedOptions) check(t Target) error {
	if t.Provider.Submission.Host == "" {
		return failover.Fail(failover.ErrInvalid, "{provider} has no submission server in the settings, so no seed message can be sent through it.", "provider", t.Provider.Name)
	}
	if _, _, err := envelope(o.From); err != nil {
		return failover.Fail(failover.ErrInvalid, `"{address}" is no sender's address; give one that may send through {provider}.`, "address", clean(o.From, 254), "provider", t.Provider.Name)
	}
	o.Recipients = slices.Clone(o.Recipients)
	for i, address := range o.Recipients {
		o.Recipients[i] = lowerAddress(address)
	}
	for _, address := range append(t.addresses(), o.Recipients...) {
		if _, _, err := envelope(address); err != nil || domainOf(address) != failover.FQDN(t.Domain.Name) {
			return failover.Fail(failover.ErrInvalid, `"{address}" is no address of {domain}; a seed message goes only to the domain's own.`, "address", clean(address, 254), "domain", failover.Display(t.Domain.Name))
		}
	}
	return nil
}

// seeder is one seed message on its way.
type seeder struct {
	p        *Prober
	target   Target
	opt      SeedOptions
	id       string
	to       string // whom it is for, where that is one only
	session  *session
	secrets  []string // what no reply may give back
	answers  map[string]answer
	stranger answer
	nobody   string
}

func seedID() string {
	var b [10]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return fmt.Sprintf("%x", b)
}

// run asks for the address that does not exist, in a transaction of its own that
// is given up, and then sends the message.
func (sd *seeder) run(ctx context.Context) error {
	sd.nobody = stranger(sd.target.Domain.Name, sd.p.now())
	if err := sd.envelope(ctx, []string{sd.nobody}); err != nil {
		return err
	}
	sd.stranger = sd.answers[sd.nobody]
	for start := 0; start < len(sd.opt.Recipients); start += seedRecipients {
		some := sd.opt.Recipients[start:min(start+seedRecipients, len(sd.opt.Recipients))]
		if err := sd.envelope(ctx, some); err != nil {
			return err
		}
		if err := sd.data(some); err != nil {
			return err
		}
	}
	return nil
}

// envelope begins a transaction and names recipients, at the pace of all probes.
func (sd *seeder) envelope(ctx context.Context, recipients []string) error {
	server := failover.Display(sd.target.Provider.Submission.Host)
	from, _, _ := envelope(sd.opt.From) // checked before
	params := ""
	if _, ok := sd.session.features["SMTPUTF8"]; ok {
		params = " SMTPUTF8"
	}
	r, err := sd.session.command("RSET")
	if err == nil && r.ok() {
		r, err = sd.session.command("MAIL FROM:<" + from + ">" + params)
	}
	if err != nil {
		return sd.broken(err)
	}
	if !r.ok() {
		return failover.Fail(failover.ErrInvalid, "{server} does not let {user} send as {address}: {answer}", "server", server, "user", sd.opt.Username, "address", sd.opt.From, "answer", sd.redact(r.String()))
	}
	for _, address := range recipients {
		if err := sd.p.pace(ctx); err != nil {
			return err
		}
		path, _, _ := envelope(address) // checked before
		r, err := sd.session.command("RCPT TO:<" + path + ">")
		if err != nil {
			return sd.broken(err)
		}
		kind := judgeRCPT(r)
		if kind == doubtful {
			kind = rejected // we are signed in, so it is about the address
		}
		sd.answers[address] = answer{kind: kind, reply: r, where: sd.session.where, voice: from}
	}
	return nil
}

func (sd *seeder) broken(err error) error {
	return failover.Fail(failover.ErrUnreachable, "{server} broke off before the seed message was sent. Try again.", "server", failover.Display(sd.target.Provider.Submission.Host)).Because(sd.hush(err))
}

// data sends the message to those who were taken.
func (sd *seeder) data(recipients []string) error {
	anybody := false
	for _, address := range recipients {
		anybody = anybody || sd.answers[address].kind == taken
	}
	if !anybody {
		return nil
	}
	server := failover.Display(sd.target.Provider.Submission.Host)
	r, err := sd.session.command("DATA")
	if err != nil {
		return sd.broken(err)
	}
	if r.code == 354 {
		_ = sd.session.conn.SetDeadline(time.Now().Add(sd.session.patience))
		if _, err = sd.session.conn.Write([]byte(sd.message() + "\r\n.\r\n")); err == nil {
			r, err = sd.session.read()
		}
		if err != nil {
			return failover.Fail(failover.ErrUncertain, "{server} broke off while the seed message was handed over; it may have been sent. Look for the message {id} before trying again.", "server", server, "id", sd.id).Because(sd.hush(err))
		}
	}
	if r.ok() {
		return nil
	}
	for _, address := range recipients {
		if a := sd.answers[address]; a.kind == taken {
			a.kind, a.reply = deferred, r
			sd.answers[address] = a
		}
	}
	return nil
}

// message is the seed message (RFC 5322), marked as made by a program (RFC 3834)
// so that nothing answers it.
func (sd *seeder) message() string {
	from, _, _ := envelope(sd.opt.From) // checked before
	to := from
	if sd.to != "" {
		to, _, _ = envelope(sd.to)
	}
	return strings.Join([]string{
		"From: <" + from + ">",
		"To: <" + to + ">",
		"Subject: Lifeboat seed message",
		"Date: " + sd.p.now().Format(time.RFC1123Z),
		"Message-ID: <lifeboat-" + sd.id + "@" + from[strings.LastIndexByte(from, '@')+1:] + ">",
		"Auto-Submitted: auto-generated",
		seedMark + sd.id,
		"MIME-Version: 1.0",
		"Content-Type: text/plain; charset=us-ascii",
		"",
		"This message shows that mail reaches this mailbox at the provider that takes",
		"over in an outage. Nothing needs to be done; it may be deleted.",
		"",
		"Seed " + sd.id,
	}, "\r\n")
}

// judge says what the submission server's answer about a recipient shows.
func (sd *seeder) judge(address string) say {
	a, server, provider := sd.answers[address], failover.Display(sd.target.Provider.Submission.Host), sd.target.Provider.Name
	out := say{verdict: failover.Unknown, evidence: a.evidence(address)}
	for i, line := range out.evidence {
		out.evidence[i] = sd.redact(line)
	}
	if a.kind == taken {
		out.evidence = append(out.evidence, seedMark+sd.id) // only these have the message under way
	}
	switch {
	case a.kind == rejected || a.kind == notTheir:
		out.verdict = failover.Red
		out.text = failover.Say("{provider} does not know {address}: {answer}", "provider", provider, "address", address, "answer", sd.redact(a.reply.String()))
		out.remedy = failover.Say("Create {address} at {provider}, as an account, an alias or a group, and check again.", "address", address, "provider", provider)
	case a.kind != taken:
		out.text = failover.Say("{server} did not take the seed message for {address}: {answer}", "server", server, "address", address, "answer", sd.redact(a.reply.String()))
		out.remedy = failover.Say("Check again in a few minutes.")
	case sd.stranger.disowns():
		out.verdict = failover.Pass
		out.text = failover.Say("{provider} knows {address}: its submission server took the seed message and refused an address that does not exist.", "provider", provider, "address", address)
	default:
		if sd.stranger.kind == taken {
			out.text = failover.Say("The seed message {id} for {address} is on its way, but {server} takes every address, so this proves nothing yet.", "id", sd.id, "address", address, "server", server)
		} else {
			out.text = failover.Say("The seed message {id} for {address} is on its way; {server} does not say whether it refuses addresses that do not exist, so this proves nothing yet.", "id", sd.id, "address", address, "server", server)
		}
		out.remedy = failover.Say("See that the message arrives in the mailbox and that no bounce comes to {sender}; then give lifeboat check --arrived {address}", "sender", sd.opt.From, "address", address)
	}
	return out
}
