package lab

import (
	"crypto/rand"
	"encoding/hex"
	"slices"

	"github.com/emersion/go-imap/v2"

	"lifeboat/failover"
)

// account is somebody with a mailbox at a provider.
type account struct {
	address  string
	password string
	inbox    mailbox
	folders  []*folder // beside the inbox; see [World.Stock]
}

// mailbox is a row of messages with consecutive UIDs (RFC 9051 section 2.3.1.1):
// new ones come at its end, and the oldest are forgotten. Its provider's lock guards
// it.
type mailbox struct {
	gone    imap.UID // the last UID that is forgotten
	items   []*item  // items[i] has UID gone+1+i
	changed chan struct{}
}

// item is a message as it lies in one mailbox.
type item struct {
	*kept
	flags []imap.Flag
}

// kept is a message that a provider has stored, and the mailboxes it is in.
type kept struct {
	Mail
	in []*mailbox
}

// next is the UID that the next message gets.
func (b *mailbox) next() imap.UID { return b.gone + imap.UID(len(b.items)) + 1 } //nolint:gosec // keepMails bounds the row

func (b *mailbox) add(k *kept) {
	b.items = append(b.items, &item{kept: k})
	b.wake()
}

// drop forgets the oldest message.
func (b *mailbox) drop() {
	b.items[0] = nil
	b.items = b.items[1:]
	b.gone++
	b.wake()
}

// at is a message by its UID, nil where it is forgotten.
func (b *mailbox) at(uid imap.UID) *item {
	if uid <= b.gone || uid >= b.next() {
		return nil
	}
	return b.items[uid-b.gone-1]
}

func (b *mailbox) wake() {
	if b.changed != nil {
		close(b.changed)
		b.changed = nil
	}
}

// open gives every account a mailbox and a password, and says where mail for the
// other addresses comes: for an alias to the first account, for a group or a shared
// mailbox to all.
func (p *provider) open(all []failover.Recipient) error {
	p.accounts, p.members = map[string]*account{}, map[string][]string{}
	var names []string
	for _, r := range all {
		local, _ := splitAddress(r.Address)
		p.recipients[local] = true
		if r.Kind != failover.Account {
			continue
		}
		secret := make([]byte, 12)
		if _, err := rand.Read(secret); err != nil {
			return err
		}
		p.accounts[local] = &account{address: r.Address, password: hex.EncodeToString(secret)}
		names = append(names, local)
	}
	for _, r := range all {
		local, _ := splitAddress(r.Address)
		switch {
		case len(names) == 0 || r.Kind == failover.Account:
		case r.Kind == failover.Alias:
			p.members[local] = names[:1]
		default:
			p.members[local] = names
		}
	}
	return nil
}

// inboxes are the mailboxes that mail for these addresses comes to. The caller holds
// mu.
func (p *provider) inboxes(to []string) []*mailbox {
	var out []*mailbox
	put := func(name string) {
		if a := p.accounts[name]; a != nil && !slices.Contains(out, &a.inbox) {
			out = append(out, &a.inbox)
		}
	}
	for _, address := range to {
		local, domain := splitAddress(address)
		if !slices.Contains(p.domains, domain) {
			continue
		}
		put(local)
		for _, name := range p.members[local] {
			put(name)
		}
	}
	return out
}

// store makes a message the provider's: it comes into the mailboxes of those of its
// recipients who have one, and into the queue for the others.
func (p *provider) store(m Mail) {
	n, marked := p.marker.find(m.Data)
	var away []string
	for _, to := range m.To {
		if _, domain := splitAddress(to); !slices.Contains(p.domains, domain) {
			away = append(away, to)
		}
	}
	if len(away) < len(m.To) {
		p.keep(m)
		if marked {
			p.books.arrived(n, p.role, m.host)
		}
	}
	for _, to := range away {
		l := &letter{data: m.Data, paper: paper{from: m.From, to: to, by: Staff, way: Outbound, at: m.At}}
		if marked {
			l.number = n
			p.ledger.taken(n)
		}
		p.outgoing.add(l)
	}
}

func (p *provider) keep(m Mail) {
	p.mu.Lock()
	defer p.mu.Unlock()
	k := &kept{Mail: m, in: p.inboxes(m.To)}
	p.counters.Stored++
	p.mail = append(p.mail, k)
	p.bytes += len(m.Data)
	for _, b := range k.in {
		b.add(k)
	}
	for len(p.mail) > p.most || p.bytes > keepMailBytes {
		old := p.mail[0]
		// Mailboxes are filled in the same order, so it is the first there too.
		for _, b := range old.in {
			b.drop()
		}
		p.bytes -= len(old.Data)
		p.mail[0] = nil
		p.mail = p.mail[1:]
	}
}

// Number is a message's number in the [Ledger], read off the message as a mailbox
// gave it; false where it is none that the ledger follows.
func (w *World) Number(message []byte) (number int, ok bool) { return w.marker.find(message) }

// StaffLogin is the user name and password of one of the staff at a provider, for
// submission and IMAP alike; empty where the address is no account there.
func (w *World) StaffLogin(role failover.Role, address string) (user, password string) {
	p, ok := w.provider[role]
	if !ok {
		return "", ""
	}
	local, domain := splitAddress(address)
	a := p.accounts[local]
	if a == nil || domain != w.opt.Domain {
		return "", ""
	}
	return a.address, a.password
}
