package configs

func (c *checker) checkRecipients() {
	seen := recipientBook{first: map[string]place{}, domains: map[string]bool{}}
	for _, d := range c.s.Domains {
		seen.domains[d.Name] = true
	}
	c.recipientLists("recipients", &c.s.Recipients, "", seen)
	for i := range c.s.Domains {
		d := &c.s.Domains[i]
		c.recipientLists(itemPath("domains", i)+".recipients", &d.Recipients, d.Name, seen)
	}
}

// recipientBook knows what was listed already, and at which domains addresses
// are ours.
type recipientBook struct {
	first   map[string]place
	domains map[string]bool
}

func (c *checker) recipientLists(path string, r *Recipients, only string, seen recipientBook) {
	mailboxes := func(path string, list []Mailbox) {
		for i := range list {
			m, at := &list[i], itemPath(path, i)
			c.recipient(at+".address", &m.Address, only, seen)
			c.aliases(at+".aliases", m.Aliases, only, seen)
			c.between(at+".mirror_days", float64(m.MirrorDays), 0, mostMirrorDays)
		}
	}
	mailboxes(path+".accounts", r.Accounts)
	for i := range r.Groups {
		g, at := &r.Groups[i], itemPath(path+".groups", i)
		c.recipient(at+".address", &g.Address, only, seen)
		c.aliases(at+".aliases", g.Aliases, only, seen)
	}
	mailboxes(path+".shared_mailboxes", r.SharedMailboxes)
	if r.CSV != "" {
		c.csvRecipients(path+".csv", r, only, seen)
	}
}

func (c *checker) aliases(path string, aliases []string, only string, seen recipientBook) {
	for i := range aliases {
		c.recipient(itemPath(path, i), &aliases[i], only, seen)
	}
}

func (c *checker) recipient(path string, address *string, only string, seen recipientBook) {
	if *address == "" {
		c.fail(path, Say("{at}: {key} is missing. Write the mail address, as in info@example.jp."))
		return
	}
	written := *address
	switch entry := seen.enter(address, only, c.s.places.of(path)); entry.verdict {
	case noAddress:
		c.fail(path, Say("{at}: {key} is {value}, which is not a mail address in plain half-width letters. Write it like info@example.jp.",
			"value", show(written)))
	case listed:
		c.fail(path, Say("{at}: {key} is {address}, which is listed already at {other}. Remove one of them.",
			"address", *address, "other", entry.other.String()))
	case elsewhere:
		c.fail(path, Say("{at}: {key} is {address}, which is not at {domain}, whose recipients these are. Move it to where its domain is.",
			"address", *address, "domain", only))
	case foreign:
		c.warn(path, entry.warning(*address))
	case taken:
	}
}

// entry is what came of writing an address into the book.
type entry struct {
	verdict verdict
	domain  string
	other   place // of a listed one
}

type verdict int

const (
	taken     verdict = iota
	foreign           // taken, though its domain is none of ours
	noAddress         // not taken, like what follows
	listed
	elsewhere
)

func (e entry) warning(address string) Problem {
	return Say("{at}: {address} is at {domain}, which is not among the domains, so it is never tried.",
		"address", address, "domain", e.domain)
}

// enter normalises an address and writes it into the book.
func (b recipientBook) enter(address *string, only string, at place) entry {
	normal, domain, ok := mailAddress(*address)
	if !ok {
		return entry{verdict: noAddress}
	}
	*address = normal
	if other, twice := b.first[sameAddress(normal)]; twice {
		return entry{listed, domain, other}
	}
	b.first[sameAddress(normal)] = at
	switch {
	case only != "" && domain != only:
		return entry{verdict: elsewhere, domain: domain}
	case !b.domains[domain]:
		return entry{verdict: foreign, domain: domain}
	}
	return entry{verdict: taken, domain: domain}
}
