package lab

import (
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"

	"lifeboat/failover"
)

// Letter is a message that somebody of the world writes.
type Letter struct {
	Number   int // in the [Ledger], from 1
	By       Group
	Way      Direction
	From, To string
	Subject  string
	Text     string // lines that end with "\n", in UTF-8
}

// words are those that the world's own letters have, where it has such.
func (m marker) words(p paper) (l Letter, written bool) {
	if m.letter == nil {
		return Letter{}, false
	}
	return m.letter(Letter{Number: p.number, By: p.by, Way: p.way, From: p.from, To: p.to}), true
}

// folder is a mailbox beside the inbox.
type folder struct {
	name string
	role string
	mailbox
}

// attributes are what LIST tells of it (RFC 6154).
func (f *folder) attributes() []imap.MailboxAttr {
	if f.role == "" {
		return nil
	}
	return []imap.MailboxAttr{imap.MailboxAttr(f.role)}
}

// Stock is mail that lies in a folder of one of the staff when the world begins. The
// [Ledger] knows nothing of it.
type Stock struct {
	Folder string // empty: the inbox
	// Role is the folder's special use, such as "\\Sent" (RFC 6154 section 2); empty: none.
	Role string
	Mail []Stocked // the oldest first
}

// Stocked is a message of a Stock.
type Stocked struct {
	At    time.Time // when it came
	From  string
	To    []string
	Data  []byte   // with CRLF after each line
	Flags []string // such as "\\Seen" (RFC 9051 section 2.3.2)
}

// Stock puts mail into a folder of an account at a provider, which gets the folder
// where there is none of the name. Call it before Start: servers do not tell of it.
// An address without an account there is failover.ErrInvalid.
func (w *World) Stock(role failover.Role, address string, s Stock) error {
	p, ok := w.provider[role]
	if ok {
		local, domain := splitAddress(address)
		if a := p.accounts[local]; a != nil && domain == w.opt.Domain {
			p.stock(a, s)
			return nil
		}
	}
	return failover.Fail(failover.ErrInvalid, "{address} has no mailbox in the practice world", "address", address)
}

func (p *provider) stock(a *account, s Stock) {
	p.mu.Lock()
	defer p.mu.Unlock()
	box := &a.inbox
	if s.Folder != "" {
		i := slices.IndexFunc(a.folders, func(f *folder) bool { return f.name == s.Folder })
		if i < 0 {
			a.folders = append(a.folders, &folder{name: s.Folder, role: s.Role})
			i = len(a.folders) - 1
		}
		box = &a.folders[i].mailbox
	}
	for _, m := range s.Mail {
		k := &kept{Mail: Mail{At: m.At, From: m.From, To: m.To, Data: m.Data}, in: []*mailbox{box}}
		p.mail = append(p.mail, k)
		p.bytes += len(m.Data)
		box.add(k)
		for _, f := range m.Flags {
			it := box.items[len(box.items)-1]
			it.flags = append(it.flags, imap.Flag(f))
		}
	}
}
