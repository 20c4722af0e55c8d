package lab_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"lifeboat/failover"
	"lifeboat/failover/lab"
)

// readMail opens a dialogue with a provider's IMAP server, over TLS.
func readMail(t *testing.T, w *lab.World, role failover.Role, options *imapclient.Options) *imapclient.Client {
	t.Helper()
	at := w.Domain().Provider(role).IMAP
	if at.Port != 993 || at.Security != failover.ImplicitTLS {
		t.Fatalf("%+v", at)
	}
	raw, err := w.Dialer().DialContext(t.Context(), "tcp", at.Host+":993")
	if err != nil {
		t.Fatal(err)
	}
	config := w.TLSConfig()
	config.ServerName = at.Host
	c := imapclient.New(tls.Client(raw, config), options)
	t.Cleanup(func() { c.Close() })
	return c
}

// inbox signs in and selects.
func inbox(t *testing.T, w *lab.World, role failover.Role, address string, options *imapclient.Options) *imapclient.Client {
	t.Helper()
	c := readMail(t, w, role, options)
	if err := c.Login(w.StaffLogin(role, address)).Wait(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Select("INBOX", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	return c
}

// fill has messages stored, each with a header and a text of its own.
func fill(t *testing.T, w *lab.World, role failover.Role, to string, count int) {
	t.Helper()
	c, err := hello(t, w, w.Domain().Provider(role).MX[0].Host, "25")
	if err != nil {
		t.Fatal(err)
	}
	for i := range count {
		text := fmt.Sprintf("From: Eve <eve@outside.test>\r\nTo: <%s>\r\nSubject: Letter %d\r\nMessage-ID: <%d@outside.test>\r\nDate: Mon, 0%d Jan 2026 10:00:00 +0900\r\n\r\nthis is %d 会議\r\n",
			to, i+1, i+1, i%9+1, i+1)
		if err := post(c, "eve@outside.test", to, text); err != nil {
			t.Fatal(err)
		}
	}
}

func refused(t *testing.T, err error, code imap.ResponseCode) {
	t.Helper()
	var answer *imap.Error
	if !errors.As(err, &answer) || answer.Code != code {
		t.Errorf("answered %v, want %s", err, code)
	}
}

func TestSigningInToRead(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Options{})
	user, password := w.StaffLogin(failover.Primary, hanako)
	_, elsewhere := w.StaffLogin(failover.Secondary, hanako)
	for name, c := range map[string]struct{ user, password string }{
		"wrong password":             {user, "wrong"},
		"the other one's":            {taro, password},
		"the other provider's":       {user, elsewhere},
		"the account at other zones": {"hanako.sato@elsewhere.test", password},
		"an address without account": {"office@example.test", password},
	} {
		if err := readMail(t, w, failover.Primary, nil).Login(c.user, c.password).Wait(); err == nil {
			t.Errorf("%s lets in", name)
		} else {
			refused(t, err, imap.ResponseCodeAuthenticationFailed)
		}
	}
	c := readMail(t, w, failover.Primary, nil)
	if err := c.Login(w.Login(failover.Primary)).Wait(); err != nil {
		t.Errorf("the admin: %v", err)
	}
	if box, err := c.Select("INBOX", nil).Wait(); err != nil || box.NumMessages != 0 {
		t.Errorf("the admin's: %+v, %v", box, err)
	}
	if err := w.Break(failover.Primary, lab.NoSignIn); err != nil {
		t.Fatal(err)
	}
	refused(t, readMail(t, w, failover.Primary, nil).Login(user, password).Wait(), imap.ResponseCodeUnavailable)
	if err := w.Break(failover.Primary, lab.Busy); err != nil {
		t.Fatal(err)
	}
	if err := readMail(t, w, failover.Primary, nil).WaitGreeting(); err == nil {
		t.Error("a busy server greets")
	}
	if err := w.Break(failover.Primary, lab.NoTLS); err != nil {
		t.Fatal(err)
	}
	if err := readMail(t, w, failover.Primary, nil).WaitGreeting(); err == nil {
		t.Error("a server without TLS greets")
	}
}

func TestReadingByIMAP(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Options{})
	fill(t, w, failover.Secondary, taro, 4)
	c := inbox(t, w, failover.Secondary, taro, nil)
	whole := &imap.FetchItemBodySection{}
	some := &imap.FetchItemBodySection{Partial: &imap.SectionPartial{Offset: 6, Size: 9}, Peek: true}
	beyond := &imap.FetchItemBodySection{Partial: &imap.SectionPartial{Offset: 1 << 20, Size: 9}, Peek: true}
	head := &imap.FetchItemBodySection{Specifier: imap.PartSpecifierHeader, Peek: true}
	text := &imap.FetchItemBodySection{Specifier: imap.PartSpecifierText, Peek: true}
	got, err := c.Fetch(imap.UIDSetNum(2), &imap.FetchOptions{
		UID: true, Flags: true, Envelope: true, RFC822Size: true, InternalDate: true, BodyStructure: &imap.FetchItemBodyStructure{},
		BodySection: []*imap.FetchItemBodySection{some, beyond, head, text},
	}).Collect()
	if err != nil || len(got) != 1 {
		t.Fatalf("%d messages, %v", len(got), err)
	}
	stored := w.Mailbox(failover.Secondary, taro)
	m := got[0]
	if m.UID != 2 || m.SeqNum != 2 || len(m.Flags) != 0 || m.Envelope.Subject != "Letter 2" || m.RFC822Size != int64(len(stored[1].Data)) || m.InternalDate.IsZero() ||
		m.BodyStructure.MediaType() != "text/plain" || string(m.FindBodySection(some)) != "Eve <eve@" || len(m.FindBodySection(beyond)) != 0 ||
		!strings.HasSuffix(string(m.FindBodySection(head)), "+0900\r\n\r\n") || string(m.FindBodySection(text)) != "this is 2 会議\r\n" {
		t.Errorf("%+v", m)
	}
	// Reading the text marks it as seen, for everybody who looks.
	got, err = c.Fetch(imap.SeqSet{{Start: 3, Stop: 0}}, &imap.FetchOptions{UID: true, Flags: true, BodySection: []*imap.FetchItemBodySection{whole}}).Collect()
	if err != nil || len(got) != 2 || string(got[1].FindBodySection(whole)) != string(stored[3].Data) || !slices.Contains(got[0].Flags, imap.FlagSeen) {
		t.Errorf("%+v, %v", got, err)
	}
	other := inbox(t, w, failover.Secondary, taro, nil)
	search := func(c *imapclient.Client, criteria imap.SearchCriteria) string {
		t.Helper()
		data, err := c.UIDSearch(&criteria, nil).Wait()
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(data.AllUIDs())
	}
	day := stored[0].At
	for want, criteria := range map[string]imap.SearchCriteria{
		"[3 4]":     {Flag: []imap.Flag{imap.FlagSeen}},
		"[1 2]":     {NotFlag: []imap.Flag{imap.FlagSeen}},
		"[2]":       {Header: []imap.SearchCriteriaHeaderField{{Key: "Message-Id", Value: "<2@outside.test>"}}},
		"[1]":       {Body: []string{"THIS IS 1"}},
		"[1 2 4]":   {Not: []imap.SearchCriteria{{Text: []string{"letter 3"}}}},
		"[2 3]":     {UID: []imap.UIDSet{{{Start: 2, Stop: 3}}}},
		"[4]":       {SeqNum: []imap.SeqSet{{{Start: 0, Stop: 0}}}},
		"[1 2 3 4]": {Since: day, Larger: 10, Smaller: 1000},
		"[]":        {Before: day},
		"[2 3 4] ":  {SentSince: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)},
		"[1 3]":     {Or: [][2]imap.SearchCriteria{{{Body: []string{"is 1"}}, {Body: []string{"is 3"}}}}},
	} {
		if got := search(other, criteria); got != strings.TrimSpace(want) {
			t.Errorf("%+v found %s, want %s", criteria, got, want)
		}
	}
	status, err := other.Status("INBOX", &imap.StatusOptions{NumMessages: true, NumUnseen: true, UIDNext: true, UIDValidity: true}).Wait()
	if err != nil || *status.NumMessages != 4 || *status.NumUnseen != 2 || status.UIDNext != 5 || status.UIDValidity != 1 {
		t.Errorf("%+v, %v", status, err)
	}
	if list, err := other.List("", "*", nil).Collect(); err != nil || len(list) != 1 || list[0].Mailbox != "INBOX" {
		t.Errorf("%+v, %v", list, err)
	}
	if list, err := other.List("", "Sent", nil).Collect(); err != nil || len(list) != 0 {
		t.Errorf("%+v, %v", list, err)
	}
}

func TestFlags(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Options{})
	fill(t, w, failover.Primary, hanako, 3)
	c := inbox(t, w, failover.Primary, hanako, nil)
	flags := func(op imap.StoreFlagsOp, silent bool, flags ...imap.Flag) string {
		t.Helper()
		got, err := c.Store(imap.UIDSetNum(1), &imap.StoreFlags{Op: op, Silent: silent, Flags: flags}, nil).Collect()
		if err != nil || silent != (len(got) == 0) {
			t.Fatalf("%+v, %v", got, err)
		}
		if silent {
			return ""
		}
		return fmt.Sprint(got[0].Flags)
	}
	if got := flags(imap.StoreFlagsAdd, false, imap.FlagFlagged, imap.FlagSeen); got != `[\Flagged \Seen]` {
		t.Error(got)
	}
	flags(imap.StoreFlagsDel, true, imap.FlagFlagged)
	if got := flags(imap.StoreFlagsAdd, false); got != `[\Seen]` {
		t.Error(got)
	}
	if got := flags(imap.StoreFlagsSet, false, imap.FlagAnswered); got != `[\Answered]` {
		t.Error(got)
	}
	if err := c.Unselect().Wait(); err != nil {
		t.Fatal(err)
	}
	// Who only looks changes nothing.
	if _, err := c.Select("INBOX", &imap.SelectOptions{ReadOnly: true}).Wait(); err != nil {
		t.Fatal(err)
	}
	whole := &imap.FetchItemBodySection{}
	got, err := c.Fetch(imap.UIDSetNum(1), &imap.FetchOptions{Flags: true, BodySection: []*imap.FetchItemBodySection{whole}}).Collect()
	if err != nil || fmt.Sprint(got[0].Flags) != `[\Answered]` {
		t.Errorf("%+v, %v", got, err)
	}
	refused(t, c.Store(imap.UIDSetNum(1), &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagSeen}}, nil).Close(), imap.ResponseCodeCannot)
	_, err = c.Select("Sent", nil).Wait()
	refused(t, err, imap.ResponseCodeNonExistent)
	for name, err := range map[string]error{
		"CREATE": c.Create("Sent", nil).Wait(), "DELETE": c.Delete("INBOX").Wait(), "RENAME": c.Rename("INBOX", "x", nil).Wait(),
	} {
		if err == nil {
			t.Errorf("%s is done", name)
		}
		refused(t, err, imap.ResponseCodeCannot)
	}
	app := c.Append("INBOX", 1, nil)
	_, _ = app.Write([]byte("x"))
	_ = app.Close()
	_, err = app.Wait()
	refused(t, err, imap.ResponseCodeCannot)
}

// Who waits is told what comes and what is forgotten, and goes on by the same UIDs.
func TestMailboxesGoOnUnderAReader(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Options{})
	fill(t, w, failover.Primary, hanako, 2)
	lab.KeepOnly(w, failover.Primary, 3)
	exists, expunged := make(chan uint32, 100), make(chan uint32, 100)
	c := inbox(t, w, failover.Primary, hanako, &imapclient.Options{UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Mailbox: func(m *imapclient.UnilateralDataMailbox) { exists <- *m.NumMessages },
		Expunge: func(n uint32) { expunged <- n },
	}})
	idle, err := c.Idle()
	if err != nil {
		t.Fatal(err)
	}
	fill(t, w, failover.Primary, hanako, 1)
	if n := <-exists; n != 3 {
		t.Errorf("%d messages", n)
	}
	fill(t, w, failover.Primary, hanako, 3)
	for range 3 {
		if n := <-expunged; n != 1 {
			t.Errorf("message %d is gone", n)
		}
	}
	for <-exists != 3 {
		continue
	}
	if err := errors.Join(idle.Close(), idle.Wait()); err != nil {
		t.Fatal(err)
	}
	got, err := c.Fetch(imap.SeqSet{{Start: 1, Stop: 0}}, &imap.FetchOptions{UID: true, Envelope: true}).Collect()
	if err != nil || len(got) != 3 || got[0].UID != 4 || got[2].UID != 6 || got[0].SeqNum != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	if old, err := c.Fetch(imap.UIDSetNum(1, 2, 3), &imap.FetchOptions{UID: true}).Collect(); err != nil || len(old) != 0 {
		t.Errorf("forgotten messages: %+v, %v", old, err)
	}
}
