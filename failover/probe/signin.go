package probe

import (
	"context"
	"encoding/base64"
	"errors"
	"net/netip"
	"strings"

	"github.com/emersion/go-sasl"

	"lifeboat/failover"
)

// signIn connects with checked TLS and authenticates (RFC 4954).
func (sd *seeder) signIn(ctx context.Context) error {
	end := sd.target.Provider.Submission
	server := failover.Display(end.Host)
	at := sd.p.place(ctx, end.Host)
	f := &fault{kind: noAddress, stage: "connect", err: at.err}
	for _, a := range at.addrs {
		if f = sd.connect(ctx, netip.AddrPortFrom(a, end.Port)); f == nil || f.kind == stopped || f.kind == badTLS {
			break
		}
	}
	switch {
	case f == nil:
	case f.kind == badTLS:
		return failover.Fail(failover.ErrUnreachable, "No trustworthy encrypted connection to {server}, port {port}, could be made, so the password was not sent. See whether the name and port in the settings are right.",
			"server", server, "port", end.Port).Because(f.err)
	default:
		return failover.Fail(failover.ErrUnreachable, "The submission server {server} cannot be reached on port {port}. See whether the name and port in the settings are right and this line lets it out.",
			"server", server, "port", end.Port).Because(errors.New(strings.Join(f.evidence(), " ")))
	}
	if err := sd.authenticate(ctx); err != nil {
		sd.session.close()
		return err
	}
	return nil
}

// connect makes one encrypted connection.
func (sd *seeder) connect(ctx context.Context, at netip.AddrPort) *fault {
	end := sd.target.Provider.Submission
	s, f := sd.p.connect(ctx, end.Host, at, sd.p.share(2))
	if f != nil {
		return f
	}
	name := sd.p.helloName(s.conn)
	distrust := func(err error) *fault {
		s.close()
		return &fault{kind: badTLS, stage: "TLS", where: s.where, err: err}
	}
	if end.Security != failover.StartTLS {
		if err := s.wrap(ctx, sd.p.opt.TLS, sd.p.now()); err != nil || s.chainErr != nil {
			return distrust(errors.Join(err, s.chainErr))
		}
	}
	var err error
	if s.banner, err = s.read(); err != nil || !s.banner.ok() {
		return s.giveUp(ctx, "banner", s.banner, err)
	}
	if f := s.hello(ctx, name); f != nil {
		return f
	}
	if end.Security == failover.StartTLS {
		if err := s.upgrade(ctx, sd.p.opt.TLS, sd.p.now()); err != nil || s.chainErr != nil {
			return distrust(errors.Join(err, s.chainErr))
		}
		if f := s.hello(ctx, name); f != nil {
			return f
		}
	}
	sd.session = s
	return nil
}

// authenticate signs in with PLAIN (RFC 4616), or LOGIN where only that is
// offered.
func (sd *seeder) authenticate(ctx context.Context) error {
	server := failover.Display(sd.target.Provider.Submission.Host)
	client, offered, err := sd.credential(ctx)
	if err != nil {
		return err
	}
	if client == nil {
		return failover.Fail(failover.ErrUnsupported, "{server} does not let anybody sign in with a user name and a password (it offers: {ways}).", "server", server, "ways", clean(strings.Join(offered, " "), 200))
	}
	r, err := sd.exchange(client)
	switch {
	case err != nil:
		return failover.Fail(failover.ErrUnreachable, "{server} broke off during the sign-in; nothing was sent. Try again.", "server", server).Because(sd.hush(err))
	case r.later():
		return failover.Fail(failover.ErrThrottled, "{server} asks to try the sign-in again later: {answer}", "server", server, "answer", sd.redact(r.String()))
	case !r.ok():
		return failover.Fail(failover.ErrCredential, "{server} does not accept the user name and password of {user}: {answer}", "server", server, "user", sd.opt.Username, "answer", sd.redact(r.String()))
	}
	return nil
}

// credential asks for the password and chooses among the ways that are offered; no
// client when none of them takes a password.
func (sd *seeder) credential(ctx context.Context) (client sasl.Client, offered []string, err error) {
	password, err := sd.opt.Password(ctx)
	if err != nil {
		return nil, nil, err
	}
	sd.secrets = []string{password, base64.StdEncoding.EncodeToString([]byte(password)),
		base64.StdEncoding.EncodeToString([]byte("\x00" + sd.opt.Username + "\x00" + password))}
	offered = strings.Fields(strings.ToUpper(sd.session.features["AUTH"]))
	for _, way := range offered {
		if way == sasl.Plain {
			return sasl.NewPlainClient("", sd.opt.Username, password), offered, nil
		}
		if way == sasl.Login {
			client = sasl.NewLoginClient(sd.opt.Username, password)
		}
	}
	return client, offered, nil
}

// exchange carries out the SASL dialogue (RFC 4954 section 4).
func (sd *seeder) exchange(client sasl.Client) (reply, error) {
	mechanism, initial, err := client.Start()
	if err != nil {
		return reply{}, err
	}
	line := "AUTH " + mechanism
	if initial != nil {
		line += " " + base64.StdEncoding.EncodeToString(initial)
	}
	for range 5 {
		r, err := sd.session.command(line)
		if err != nil || r.code != 334 {
			return r, err
		}
		challenge, err := base64.StdEncoding.DecodeString(strings.Join(r.lines, ""))
		if err != nil {
			return r, err
		}
		response, err := client.Next(challenge)
		if err != nil {
			return r, err
		}
		line = base64.StdEncoding.EncodeToString(response)
	}
	return reply{}, errors.New("the sign-in does not end")
}

// redact takes out secrets that a server gives back.
func (sd *seeder) redact(text string) string {
	for _, secret := range sd.secrets {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "***")
		}
	}
	return text
}

func (sd *seeder) hush(err error) error { return errors.New(sd.redact(err.Error())) }
