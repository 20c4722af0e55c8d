package probe

import (
	"context"
	"time"

	"lifeboat/failover"
)

// SeedTest is the ID of the only test that sends anything, and SeedHeader what stands
// before the number of a seed message, in a header line of its own.
const (
	SeedTest   = "seed"
	SeedHeader = seedMark
)

// HandIn signs in at a submission server (RFC 6409; TLS is checked), hands in a seed
// message, and returns its number. The error says why it was not taken: of kind
// failover.ErrUnreachable, ErrCredential, ErrInvalid, or ErrUncertain when it may be on
// its way all the same.
func (p *Prober) HandIn(ctx context.Context, end failover.Endpoint, credential Credential, from, to string) (id string, err error) {
	for _, address := range []string{from, to} {
		if _, _, err := envelope(address); err != nil {
			return "", failover.Fail(failover.ErrInvalid, `"{address}" is no address that a seed message can have.`, "address", clean(address, 254))
		}
	}
	server := failover.Display(end.Host)
	sd := &seeder{
		p: p, id: seedID(), to: to,
		target: Target{Provider: failover.Provider{Submission: end}}, opt: SeedOptions{From: from},
	}
	w, err := sd.login(ctx, credential)
	switch {
	case err != nil:
		return "", err
	case w.Ending == Well:
	case w.Stage == AtSignIn:
		return "", failover.Fail(failover.ErrCredential, "{server} does not let {user} sign in: {answer}", "server", server, "user", from, "answer", w.Answer)
	default:
		return "", failover.Fail(failover.ErrUnreachable, "{server} does not answer on port {port}: {answer}", "server", server, "port", end.Port, "answer", w.Answer)
	}
	defer sd.session.quit()
	return sd.id, sd.deliver(server)
}

// deliver hands the message in.
func (sd *seeder) deliver(server string) error {
	from, _, _ := envelope(sd.opt.From) // checked before
	to, smtputf8, _ := envelope(sd.to)
	params := ""
	if _, ok := sd.session.features["SMTPUTF8"]; ok && smtputf8 {
		params = " SMTPUTF8"
	}
	for _, line := range []string{"MAIL FROM:<" + from + ">" + params, "RCPT TO:<" + to + ">", "DATA"} {
		r, err := sd.session.command(line)
		if err != nil {
			return sd.broken(err)
		}
		if !r.ok() && r.code != 354 {
			return failover.Fail(failover.ErrInvalid, "{server} does not take the seed message from {from} to {to}: {answer}",
				"server", server, "from", sd.opt.From, "to", sd.to, "answer", sd.redact(r.String()))
		}
	}
	_ = sd.session.conn.SetDeadline(time.Now().Add(sd.session.patience))
	_, err := sd.session.conn.Write([]byte(sd.message() + "\r\n.\r\n"))
	var r reply
	if err == nil {
		r, err = sd.session.read()
	}
	switch {
	case err != nil:
		return failover.Fail(failover.ErrUncertain, "{server} broke off while the seed message was handed over; it may have been sent. Look for the message {id} before trying again.", "server", server, "id", sd.id).Because(sd.hush(err))
	case !r.ok():
		return failover.Fail(failover.ErrInvalid, "{server} does not take the seed message from {from} to {to}: {answer}",
			"server", server, "from", sd.opt.From, "to", sd.to, "answer", sd.redact(r.String()))
	}
	return nil
}
