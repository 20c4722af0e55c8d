package probe

import (
	"context"
	"strings"
	"time"
)

// At a server that is far away a transaction of three commands takes three round trips,
// and 40 of them the better part of a minute. In a trial, for which a person waits, the
// three go out in one packet where the server allows that (PIPELINING, RFC 2920 section
// 3.1). What the server is asked, how often and in what order is the same.

// pipelines reports whether commands may be sent without waiting for each reply.
func (iv *interviewer) pipelines() bool {
	_, offered := iv.session.features["PIPELINING"]
	return offered && iv.p.dialing > 0
}

// pipelined has one transaction in one packet.
func (iv *interviewer) pipelined(ctx context.Context, address, path, params string) answer {
	transaction := func() ([]reply, error) {
		return iv.session.commands("MAIL FROM:<"+iv.voice+">"+params, "RCPT TO:<"+path+">", "RSET")
	}
	rs, err := transaction()
	if err == nil && !rs[0].ok() && iv.voice == "" && rs[0].code != 421 {
		iv.voice = iv.sender
		rs, err = transaction()
	}
	switch {
	case len(rs) == 0:
		return iv.lose(ctx, "MAIL", reply{}, err)
	case !rs[0].ok():
		return iv.lose(ctx, "MAIL", rs[0], nil)
	case len(rs) == 1:
		return iv.lose(ctx, "RCPT", reply{}, err)
	}
	a := iv.answered(address, rs[1])
	if err != nil || rs[1].code == 421 || !rs[2].ok() {
		iv.drop()
	}
	return a
}

// commands sends several lines in one packet and reads a reply to each. With an error
// come the replies that were read before it.
func (s *session) commands(lines ...string) ([]reply, error) {
	text := strings.Join(lines, "\r\n") + "\r\n"
	if strings.Count(text, "\r") != len(lines) || strings.Count(text, "\n") != len(lines) {
		return nil, errAddress
	}
	_ = s.conn.SetDeadline(time.Now().Add(s.patience))
	if _, err := s.conn.Write([]byte(text)); err != nil {
		return nil, err
	}
	var out []reply
	for range lines {
		r, err := s.read()
		if err != nil {
			return out, err
		}
		out = append(out, r)
	}
	return out, nil
}
