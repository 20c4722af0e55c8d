package watch

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/mail"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"lifeboat/failover"
	"lifeboat/failover/detect"
)

// Mailbox is one of the staff's, in which the provider's notices are read that a
// message waits ("400 4.4.7 message delayed"). They tell somebody else's outage from
// our own. Nothing in a mailbox is changed.
type Mailbox struct {
	Role     failover.Role // at which provider
	User     string
	Password func(context.Context) (string, error)
}

// Bounds on what is read of a mailbox: only what is young tells how things are now.
const (
	noticeAge    = 4 * time.Hour
	maxNotices   = 20
	maxNotice    = 64 << 10
	maxMailboxIn = 4 << 20 // all that one look takes in
	maxParts     = 20
)

// notices reads the delay notices of one mailbox.
func (w *Watcher) notices(ctx context.Context, m Mailbox) []detect.Observation {
	texts, err := w.readNotices(ctx, m)
	if err != nil {
		w.opt.Log.Warn("delay notices", "mailbox", m.User, "error", err)
		return nil // whether one can sign in there is not asked here
	}
	var out []detect.Observation
	for _, text := range texts {
		for _, n := range parseNotice(text) {
			t := detect.Target{Role: m.Role, Service: detect.Remote, Host: n.domain}
			seen := slices.ContainsFunc(out, func(o detect.Observation) bool { return o.Target == t })
			if !seen && n.domain != w.opt.Domain.Name {
				out = append(out, detect.Observation{Target: t, Stage: detect.AtMail, Outcome: detect.Temporary, Answer: n.answer})
			}
		}
	}
	return out
}

// readNotices fetches the young reports of a mailbox, the newest first.
func (w *Watcher) readNotices(ctx context.Context, m Mailbox) ([][]byte, error) {
	end := w.opt.Domain.Provider(m.Role).IMAP
	conn, err := w.connectNotices(ctx, end, m.Role)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }() // what has been read has been read
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	password, err := m.Password(ctx)
	if err != nil || password == "" {
		return nil, errors.Join(errors.New("no password"), err)
	}
	c := imapclient.New(conn, nil)
	if err := c.Login(m.User, password).Wait(); err != nil {
		return nil, errors.New(strings.ReplaceAll(err.Error(), password, "***"))
	}
	if _, err := c.Select("INBOX", &imap.SelectOptions{ReadOnly: true}).Wait(); err != nil {
		return nil, err
	}
	young := w.opt.Now().Add(-noticeAge)
	found, err := c.UIDSearch(&imap.SearchCriteria{
		Since: young, Header: []imap.SearchCriteriaHeaderField{{Key: "Content-Type", Value: "delivery-status"}},
	}, nil).Wait()
	if err != nil {
		return nil, err
	}
	uids := found.AllUIDs()
	if uids = uids[max(0, len(uids)-maxNotices):]; len(uids) == 0 {
		return nil, nil
	}
	body := &imap.FetchItemBodySection{Peek: true, Partial: &imap.SectionPartial{Size: maxNotice}}
	all, err := c.Fetch(imap.UIDSetNum(uids...), &imap.FetchOptions{UID: true, InternalDate: true, BodySection: []*imap.FetchItemBodySection{body}}).Collect()
	if err != nil {
		return nil, err
	}
	var out [][]byte
	for _, msg := range slices.Backward(all) {
		if len(msg.BodySection) > 0 && msg.InternalDate.After(young) {
			out = append(out, msg.BodySection[0].Bytes)
		}
	}
	return out, nil
}

// connectNotices makes a connection under TLS that ends in time and takes in no more
// than it should.
func (w *Watcher) connectNotices(ctx context.Context, end failover.Endpoint, role failover.Role) (net.Conn, error) {
	if end.Host == "" || end.Security == failover.StartTLS {
		return nil, errors.New("no IMAP server with TLS from the first byte")
	}
	addrs, err := w.addresses(ctx, end.Host)
	if err != nil || len(addrs) == 0 {
		return nil, errors.Join(errors.New("no address"), err)
	}
	raw, err := w.opt.Dialer.DialContext(ctx, "tcp", net.JoinHostPort(addrs[0].String(), strconv.Itoa(int(end.Port))))
	if err != nil {
		return nil, err
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if c := w.opt.Access[role].TLS; c != nil {
		config = c.Clone()
	}
	config.ServerName, config.Time = strings.TrimSuffix(failover.FQDN(end.Host), "."), w.opt.Now
	conn := tls.Client(&sparing{Conn: raw, left: maxMailboxIn}, config)
	if err := errors.Join(conn.SetDeadline(time.Now().Add(w.patience())), conn.HandshakeContext(ctx)); err != nil {
		return nil, errors.Join(err, raw.Close())
	}
	return conn, nil
}

// sparing is a connection that takes in so much and no more.
type sparing struct {
	net.Conn
	left int
}

// Read reads as long as there is something left.
func (s *sparing) Read(b []byte) (int, error) {
	if s.left <= 0 {
		return 0, errEndless
	}
	n, err := s.Conn.Read(b[:min(len(b), s.left)])
	s.left -= n
	return n, err
}

// notice is one recipient that a delivery status notification tells of.
type notice struct {
	domain string // as failover.FQDN makes it
	answer string
}

// parseNotice reads the recipients that a message waits for out of a delivery status
// notification (RFC 3464). A message that is none, or tells of anything but a delay,
// has none: an address that does not exist is no outage.
func parseNotice(data []byte) (out []notice) {
	msg, err := mail.ReadMessage(bytes.NewReader(data))
	if err != nil {
		return nil
	}
	kind, params, err := mime.ParseMediaType(msg.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/report" || !strings.EqualFold(params["report-type"], "delivery-status") {
		return nil
	}
	parts := multipart.NewReader(msg.Body, params["boundary"])
	for range maxParts {
		part, err := parts.NextRawPart()
		if err != nil {
			break // what was cut off is not needed
		}
		if kind, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type")); kind == "message/delivery-status" {
			text, _ := io.ReadAll(io.LimitReader(part, maxNotice))
			out = append(out, delays(text)...)
		}
	}
	return out
}

// delays reads the groups of fields of a delivery status, one for the message and one
// for each recipient.
func delays(text []byte) (out []notice) {
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	for group := range bytes.SplitSeq(text, []byte("\n\n")) {
		fields, _ := textproto.NewReader(bufio.NewReader(io.MultiReader(bytes.NewReader(group), strings.NewReader("\n\n")))).ReadMIMEHeader() // what could be read counts
		_, recipient, typed := strings.Cut(fields.Get("Final-Recipient"), ";")
		at := strings.LastIndexByte(recipient, '@')
		if !typed || at < 0 || !strings.EqualFold(strings.TrimSpace(fields.Get("Action")), "delayed") {
			continue
		}
		domain := failover.FQDN(strings.Trim(recipient[at+1:], " <>\t"))
		if domain == "." || len(domain) > 254 {
			continue
		}
		answer := fields.Get("Diagnostic-Code")
		if _, said, typed := strings.Cut(answer, ";"); typed {
			answer = said
		}
		if strings.TrimSpace(answer) == "" {
			answer = fields.Get("Status")
		}
		out = append(out, notice{domain: domain, answer: clean(strings.TrimSpace(answer))})
	}
	return out
}
