package lab

import (
	"context"
	"crypto/tls"
	"errors"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"lifeboat/failover"
)

const (
	// lookEvery is how often a mail program looks for new mail, in the world's time,
	// lookRest how long it rests at least, in life, however fast the world runs.
	lookEvery = 2 * time.Second
	lookRest  = 100 * time.Millisecond
	// atATime is how many messages it fetches with one command.
	atATime = 50
)

// read looks for new mail at a provider again and again until ctx ends. At the
// secondary there is nothing to look for before mail has come there.
func (p *person) read(ctx context.Context, at *provider) {
	w := p.staff.world
	timer := time.NewTimer(max(w.clock.real(lookEvery), lookRest))
	defer timer.Stop()
	var last imap.UID
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		if at.role == failover.Primary || at.used() {
			p.look(ctx, at, &last)
		}
		timer.Reset(max(w.clock.real(lookEvery), lookRest))
	}
}

// used reports whether the provider has ever stored a message.
func (p *provider) used() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.counters.Stored > 0
}

// look reads what has come since the last time.
func (p *person) look(ctx context.Context, at *provider, last *imap.UID) {
	err := p.fetch(ctx, at, last)
	var answer *imap.Error
	switch {
	case ctx.Err() != nil:
	case err == nil:
		p.relieved(trouble{at.role}, at)
	case errors.As(err, &answer) && answer.Type == imap.StatusResponseTypeNo:
		p.troubled(trouble{at.role}, at, failover.Say("{person} cannot sign in at {provider} to read mail.", "person", p.name, "provider", at.title))
	default:
		p.troubled(trouble{at.role}, at, failover.Say("{person} cannot reach {provider} to read mail.", "person", p.name, "provider", at.title))
	}
}

// fetch is one dialogue by IMAP: sign in, select the mailbox, fetch what is new.
func (p *person) fetch(ctx context.Context, at *provider, last *imap.UID) error {
	w := p.staff.world
	host := hostOf(at.hosts[3].name)
	patience := w.opt.Retry.Patience
	dialCtx, cancel := context.WithTimeout(ctx, patience)
	raw, err := w.office.DialContext(dialCtx, "tcp", host+":993")
	cancel()
	if err != nil {
		return err
	}
	config := w.TLSConfig()
	config.ServerName = host
	conn := tls.Client(&impatient{Conn: raw, limit: patience}, config)
	defer conn.Close() //nolint:errcheck // what has been read has been read
	defer context.AfterFunc(ctx, func() { _ = raw.Close() })()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	if err := conn.HandshakeContext(ctx); err != nil {
		return err
	}
	c := imapclient.New(conn, nil)
	defer c.Close() //nolint:errcheck // likewise
	user, password := w.StaffLogin(at.role, p.address)
	if err := c.Login(user, password).Wait(); err != nil {
		return err
	}
	box, err := c.Select(inboxName, nil).Wait()
	if err != nil {
		return err
	}
	for *last+1 < box.UIDNext {
		to := min(*last+atATime, box.UIDNext-1)
		if err := p.take(c, at, imap.UIDSet{{Start: *last + 1, Stop: to}}); err != nil {
			return err
		}
		*last = to
	}
	return c.Logout().Wait()
}

// take fetches messages and reads them. What the world did not send is left as unread as
// it lies there: the stock of a mailbox is the user's to read.
func (p *person) take(c *imapclient.Client, at *provider, set imap.UIDSet) error {
	whole := &imap.FetchItemBodySection{Peek: true}
	all, err := c.Fetch(set, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{whole}}).Collect()
	if err != nil {
		return err
	}
	w := p.staff.world
	var read []imap.UID
	for _, m := range all {
		if n, ok := w.marker.find(m.FindBodySection(whole)); ok {
			w.books.seen(n, at.role, p.name)
			read = append(read, m.UID)
		}
	}
	if len(read) == 0 {
		return nil
	}
	seen := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagSeen}}
	return c.Store(imap.UIDSetNum(read...), seen, nil).Close()
}
