package probe

import (
	"context"
	"time"

	"github.com/emersion/go-sasl"
)

// Site is what connectivity tests try: a provider under a name that leads, or is to
// lead, to it. Target.Domain is the mail domain; for the emergency subdomain it has the
// subdomain's name and addresses, and Target.Provider is the secondary.
type Site struct {
	Target
	// Emergency: the name's MX leads to the provider at all times.
	Emergency bool
	// Senders and Readers are the sign-ins to be tried at the submission and at the IMAP
	// server, each once.
	Senders, Readers []Login
	// Writing shows that the DNS host lets us change the zone; nil: a person does it.
	Writing func(context.Context) (Writing, error)
	// Seed sends messages and waits for them; nil: nobody asked for it.
	Seed func(context.Context) []Leg
}

// Login is one sign-in that is to be tried.
type Login struct {
	Who string // the address, or the user name of one that is for all
	// Optional: nobody has to have the credential; without it there is nothing to be tried.
	Optional bool
	// Try signs in and out again within the context's time. The error is that the
	// credential could not be had, and says in a sentence why.
	Try func(context.Context) (Word, error)
}

// Credential chooses among the SASL mechanisms that a server offers, and holds what it
// takes. The error says why none can be used.
type Credential func(ctx context.Context, offered []string) (sasl.Client, error)

// Writing is how a change of the zone was tried.
type Writing struct {
	Host string // the DNS host as people call it
	Zone string // as failover.FQDN makes it
	// Untried: this host has no way to try a change without making one, and only reading
	// was tried.
	Untried bool
	// Shared: the zone was tried for another site of the same run.
	Shared bool
	Took   time.Duration
}

// Leg is one seed message's way from where it was handed in to a mailbox.
type Leg struct {
	ID       string // of the message; empty when none was sent
	From, To string // who handed it in, and whom it is for
	Through  string // the name of the provider that it was handed in to
	// At names the provider in whose mailbox it was found; empty when it was not found.
	// Wanted names the one where it ought to be; empty: any.
	At     string
	Wanted string
	Took   time.Duration // from being handed in to being found
	// Failed is why it could not be handed in, or the mailbox not be looked into.
	Failed error
	// Sent tells that the message is on its way.
	Sent bool
}
