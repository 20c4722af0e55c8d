package imaplink

import (
	"context"
	"math"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"lifeboat/mailstore"
)

// listed is a LIST response.
type listed struct {
	Folder
	wire string
	gone bool // \NonExistent: its name stands in the way of others, no more
}

// lister gathers LIST and STATUS responses.
type lister struct {
	conn   *Conn
	list   []*listed
	byName map[string]*listed
	status map[string]*Status
	ids    map[string]string // MAILBOXID
	held   int
}

// fold is the name under which the server's folder is found: INBOX has any case.
func fold(wire string) string {
	if strings.EqualFold(wire, "INBOX") {
		return "INBOX"
	}
	return wire
}

func (g *lister) take(r *response) (taken bool, err error) {
	switch r.kind {
	case "LIST":
		err = g.folder(r)
	case "STATUS":
		err = g.counts(r)
	default:
		return false, nil
	}
	if g.held += r.w.size + 256; err == nil && g.held > maxHeld {
		err = protocol("more than %d octets of folders", maxHeld)
	}
	return true, err
}

func (g *lister) folder(r *response) error {
	r.space()
	attributes, err := r.strings()
	if err != nil {
		return err
	}
	r.space()
	delimiter, null, err := r.text()
	if err != nil {
		return err
	}
	if null {
		delimiter = ""
	}
	r.space()
	wire, _, err := r.text()
	if err != nil {
		return err
	}
	if wire == "" || g.byName[fold(wire)] != nil {
		return nil
	}
	l := &listed{wire: wire, Folder: Folder{Name: g.conn.decode(wire), Delimiter: delimiter}}
	for _, a := range attributes {
		switch a = strings.ToLower(a); a {
		case `\noselect`:
			l.NoSelect = true
		case `\nonexistent`:
			l.NoSelect, l.gone = true, true
		default:
			if role, ok := roles[a]; ok && l.Role == mailstore.NoRole {
				l.Role = role
			}
		}
	}
	g.list = append(g.list, l)
	g.byName[fold(wire)] = l
	return nil
}

func (g *lister) counts(r *response) error {
	r.space()
	wire, _, err := r.text()
	if err != nil {
		return err
	}
	r.space()
	s := &Status{}
	err = r.list(func() error {
		name := strings.ToUpper(r.atom())
		r.space()
		if name == "MAILBOXID" {
			ids, err := r.strings()
			if err == nil && len(ids) > 0 {
				g.ids[fold(wire)] = ids[0]
			}
			return err
		}
		atMost := uint64(math.MaxUint32)
		switch name {
		case "HIGHESTMODSEQ":
			atMost = math.MaxInt64
		case "UIDNEXT", "UIDVALIDITY", "MESSAGES", "UNSEEN":
		default:
			return r.skip()
		}
		n, err := r.number()
		if err != nil || n > atMost {
			return protocol("%s without a number", name)
		}
		switch name {
		case "HIGHESTMODSEQ":
			s.ModSeq = n
		case "UIDNEXT":
			s.UIDNext = mailstore.UID(n) //nolint:gosec // it was compared
		case "UIDVALIDITY":
			s.UIDValidity = uint32(n) //nolint:gosec // it was compared
		case "MESSAGES":
			s.Messages = uint32(n) //nolint:gosec // it was compared
		case "UNSEEN":
			s.Unseen = uint32(n) //nolint:gosec // it was compared
		}
		return nil
	})
	g.status[fold(wire)] = s
	return err
}

func (c *Conn) lister() *lister {
	return &lister{conn: c, byName: map[string]*listed{}, status: map[string]*Status{}, ids: map[string]string{}}
}

// statusItems are what is asked of a folder.
func (c *Conn) statusItems() string {
	out := "(MESSAGES UIDNEXT UIDVALIDITY"
	if c.caps.CondStore {
		out += " HIGHESTMODSEQ"
	}
	if c.caps.ObjectID {
		out += " MAILBOXID"
	}
	return out + ")"
}

// List returns every folder that there is, those of other people and shared ones
// included where the server lets the account see them (RFC 2342), with its status
// where the server tells it in the same breath (RFC 5819).
func (c *Conn) List(ctx context.Context) ([]Folder, error) {
	g := c.lister()
	var spaces imap.NamespaceData
	err := c.do(ctx, g.take, func() error {
		command := `LIST "" "*"`
		var options []string
		if c.caps.SpecialUse && (c.caps.ListStatus || slices.Contains(c.caps.All, "LIST-EXTENDED")) {
			options = append(options, "SPECIAL-USE")
		}
		if c.caps.ListStatus {
			options = append(options, "STATUS "+c.statusItems())
		}
		if len(options) > 0 {
			command += " RETURN (" + strings.Join(options, " ") + ")"
		}
		var list *order
		var namespace *imapclient.NamespaceCommand
		c.flight(func() {
			if c.caps.Namespace {
				namespace = c.library.Namespace()
			}
			list = c.link.send(command, nil)
		})
		if err := c.finish(list); err != nil {
			return err
		}
		if namespace != nil {
			data, err := await(c, namespace.Wait)
			if dead, _ := c.link.death(); err != nil && dead != nil {
				return c.broken(dead)
			}
			if err == nil {
				spaces = *data
			}
		}
		if err := c.settle(); err != nil {
			return err
		}
		return c.listFurther(g, spaces, strings.TrimPrefix(command, `LIST "" "*"`))
	})
	if err != nil {
		return nil, err
	}
	return c.folders(g, spaces), nil
}

// listFurther lists namespaces that the pattern "*" leaves out, as some servers do.
func (c *Conn) listFurther(g *lister, spaces imap.NamespaceData, suffix string) error {
	var orders []*order
	c.flight(func() {
		for _, n := range slices.Concat(spaces.Personal, spaces.Other, spaces.Shared) {
			if n.Prefix == "" || slices.ContainsFunc(g.list, func(l *listed) bool {
				return strings.HasPrefix(l.Name, n.Prefix) || strings.HasPrefix(n.Prefix, l.Name+string(n.Delim))
			}) || len(orders) == 20 {
				continue
			}
			orders = append(orders, c.link.send(`LIST "" `+quote(c.encode(n.Prefix)+"*")+suffix, nil))
		}
	})
	for _, o := range orders {
		if a := <-o.done; a.err != nil {
			return c.broken(a.err)
		}
	}
	return nil
}

// folders makes of what was gathered what the caller sees, and remembers how the
// server writes names that are not written as they ought to be.
func (c *Conn) folders(g *lister, spaces imap.NamespaceData) []Folder {
	clear(c.names)
	out := make([]Folder, 0, len(g.list))
	for _, l := range g.list {
		if l.gone {
			continue
		}
		if _, taken := c.names[l.Name]; taken {
			// "R&D" and "R&-D" both show as R&D.
			l.Name = strings.ToValidUTF8(l.wire, "\uFFFD")
		}
		c.names[l.Name] = l.wire
		l.Status = g.status[fold(l.wire)]
		l.RemoteID = g.ids[fold(l.wire)]
		if strings.EqualFold(l.wire, "INBOX") {
			l.Role = mailstore.Inbox
		}
		for whose, list := range map[string][]imap.NamespaceDescriptor{"other": spaces.Other, "shared": spaces.Shared} {
			for _, n := range list {
				if n.Prefix != "" && (strings.HasPrefix(l.Name, n.Prefix) || l.Name+string(n.Delim) == n.Prefix) {
					l.Namespace = whose
				}
			}
		}
		out = append(out, l.Folder)
	}
	guessRoles(out)
	return out
}

// Status asks for the status of folders, all at once. A folder that the server
// refuses has nil.
func (c *Conn) Status(ctx context.Context, names []string) ([]*Status, error) {
	return c.statusOf(ctx, names, c.statusItems)
}

// Counts is Status for people: it has Messages and Unseen alone.
func (c *Conn) Counts(ctx context.Context, names []string) ([]*Status, error) {
	return c.statusOf(ctx, names, func() string { return "(MESSAGES UNSEEN)" })
}

func (c *Conn) statusOf(ctx context.Context, names []string, items func() string) ([]*Status, error) {
	g := c.lister()
	out := make([]*Status, len(names))
	err := c.do(ctx, g.take, func() error {
		orders := make([]*order, len(names))
		if !c.opened {
			c.flight(func() {})
			if err := c.settle(); err != nil {
				return err
			}
		}
		c.flight(func() {
			for i, name := range names {
				orders[i] = c.link.send("STATUS "+quote(c.encode(name))+" "+items(), nil)
			}
		})
		for _, o := range orders {
			a := <-o.done
			if _, busy := throttled(a); a.err != nil || busy {
				return c.refusal(a)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i, name := range names {
		out[i] = g.status[fold(c.encode(name))]
	}
	return out, nil
}

// decode makes a folder's name of the server's.
func (c *Conn) decode(wire string) string {
	if c.link.enabled("UTF8=ACCEPT") {
		return strings.ToValidUTF8(wire, "\uFFFD")
	}
	return decodeName(wire)
}

// encode is how the server writes the name.
func (c *Conn) encode(name string) string {
	if wire, ok := c.names[name]; ok {
		return wire
	}
	if c.link.enabled("UTF8=ACCEPT") {
		return name
	}
	return encodeName(name)
}
