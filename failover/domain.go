package failover

import (
	"context"
	"net"
)

// Dialer makes connections; *net.Dialer is one. Everything that talks to the
// network is handed one, so that the built-in lab can lead every address to
// itself.
type Dialer interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}

// Role is the part a provider plays for a domain.
type Role string

// The two roles.
const (
	Primary   Role = "primary"
	Secondary Role = "secondary"
)

// Other returns the opposite role.
func (r Role) Other() Role {
	if r == Primary {
		return Secondary
	}
	return Primary
}

// Security is how a connection is protected.
type Security string

// The ways of protecting a connection: TLS from the first byte (RFC 8314), or
// STARTTLS (RFC 3207), which must succeed.
const (
	ImplicitTLS Security = "implicit"
	StartTLS    Security = "starttls"
)

// Endpoint is where a service listens. A zero Host means that there is none.
type Endpoint struct {
	Host     string   `json:"host"`
	Port     uint16   `json:"port"`
	Security Security `json:"security"`
}

// DKIMSelector is a DKIM key record (RFC 6376 section 3.6.2.1), a provider's or ours: the
// name left of "._domainkey.<domain>", and either a CNAME to the provider's own
// record or the key itself as TXT.
type DKIMSelector struct {
	Selector string `json:"selector"`
	Type     string `json:"type"` // "CNAME" or "TXT"
	Value    string `json:"value"`
}

// Provider is a mail host as one domain uses it, with every placeholder filled.
type Provider struct {
	Role       Role           `json:"role"`
	Name       string         `json:"name"` // as people call it: "Microsoft 365"
	MX         []MX           `json:"mx"`
	SPFInclude string         `json:"spf_include,omitempty"` // the domain of its "include:" (RFC 7208 section 5.2)
	DKIM       []DKIMSelector `json:"dkim,omitempty"`
	Submission Endpoint       `json:"submission"`
	IMAP       Endpoint       `json:"imap"`
	// StatusPage is the URL where the provider tells of its incidents, in the form of
	// Google Workspace's incidents.json; empty where it is not known.
	StatusPage string `json:"status_page,omitempty"`
}

// RecipientKind says what an address of the domain is.
type RecipientKind string

// The kinds of recipient.
const (
	Account RecipientKind = "account"
	Alias   RecipientKind = "alias"
	Group   RecipientKind = "group"
	Shared  RecipientKind = "shared"
)

// Recipient is an address that must go on receiving mail.
type Recipient struct {
	Address string        `json:"address"`
	Kind    RecipientKind `json:"kind"`
}

// Domain is a mail domain with all that a switch of it needs.
type Domain struct {
	Name string `json:"name"` // as FQDN makes it
	// Emergency is the full name of the emergency subdomain, which leads to the
	// secondary at all times; empty where there is none.
	Emergency string `json:"emergency,omitempty"`
	MXTTL     uint32 `json:"mx_ttl"` // seconds; what MX sets of ours are given
	// Signing is our own DKIM key for the domain, as TXT; without a Selector there is none.
	// An empty Value says that nobody at hand knows the key.
	Signing    DKIMSelector `json:"signing,omitzero"`
	Primary    Provider     `json:"primary"`
	Secondary  Provider     `json:"secondary"`
	Recipients []Recipient  `json:"recipients,omitempty"`
}

// Provider returns the provider in a role.
func (d Domain) Provider(r Role) Provider {
	if r == Secondary {
		return d.Secondary
	}
	return d.Primary
}

// HasSendRoute reports whether the mail of the domain's users can leave through either
// provider. Where one of them takes no submissions, there is nothing to switch.
func (d Domain) HasSendRoute() bool {
	return d.Primary.Submission.Host != "" && d.Secondary.Submission.Host != ""
}

// Route is where a domain's mail goes now, read off its MX set.
type Route string

// The routes. Mixed: hosts of both providers are published together. Foreign:
// some host is neither's.
const (
	RoutePrimary   Route = "primary"
	RouteSecondary Route = "secondary"
	RouteMixed     Route = "mixed"
	RouteForeign   Route = "foreign"
	RouteNone      Route = "none"
	RouteUnknown   Route = "unknown"
)

// RouteOf reads the route off an MX set by its hosts; preferences do not matter
// unless both providers' hosts are present, which is mixed whatever they are.
func (d Domain) RouteOf(set RRset) Route {
	hosts := map[string]Role{}
	for _, m := range d.Secondary.MX {
		hosts[FQDN(m.Host)] = Secondary
	}
	for _, m := range d.Primary.MX {
		hosts[FQDN(m.Host)] = Primary
	}
	seen := map[Role]bool{}
	for _, m := range set.MX() {
		seen[hosts[m.Host]] = true
	}
	switch {
	case len(seen) == 0:
		return RouteNone
	case seen[""]:
		return RouteForeign
	case len(seen) == 2:
		return RouteMixed
	case seen[Secondary]:
		return RouteSecondary
	default:
		return RoutePrimary
	}
}
