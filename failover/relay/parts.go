package relay

import (
	"context"
	"io"
	"iter"
	"time"

	"github.com/emersion/go-sasl"

	"lifeboat/failover"
)

// Queue is where accepted mail is until a provider has it. It is implemented by
// package relay/queue, and safe for use by several goroutines.
type Queue interface {
	// New begins a message. The bytes written are kept as they are.
	New(Envelope) Incoming
	// Get returns a message that is in the queue.
	Get(ID) (Item, bool)
	// Items goes over the queue, oldest first; one at a time is in memory.
	Items() iter.Seq[Item]
	// Body opens a message's bytes, as they are to be sent.
	Body(ID) (io.ReadCloser, error)
	// Update changes a message and files the events with it, as one: change is called
	// with the present item, alters it, and returns what happened. It returns when the
	// change is written; with durable also when it is on the disk. An item whose State
	// becomes Ended leaves the queue. An error of change stops it and is returned;
	// failover.ErrInvalid says that there is no such message.
	Update(ctx context.Context, id ID, durable bool, change func(*Item) ([]Event, error)) (Item, error)
	// File files events that are about no message in the queue.
	File(context.Context, ...Event) error
	// Changed returns a channel that is closed at the next change, by whomever.
	Changed() <-chan struct{}
}

// Incoming is a message that is being handed in.
type Incoming interface {
	io.Writer
	// Commit makes it durable and puts it into the queue; many share one flush of the
	// disk. The caller says what only the header tells, and what has to stand before the
	// bytes written: trace and signature, whole lines that end with CRLF.
	Commit(ctx context.Context, h Header) (Item, error)
	// Abort forgets it. After Commit it does nothing.
	Abort()
}

// Header is what Commit is told.
type Header struct {
	MessageID, Subject string
	Prepend            []byte
	// EightBit: the message turned out to need 8BITMIME, whatever the Envelope said.
	EightBit bool
}

// Log is what is kept of what happened.
type Log interface {
	Events(context.Context, LogQuery) ([]Event, error) // oldest first
	// Samples returns points from since to until (zero: now), oldest first, at most about
	// most for each domain and provider, thinned out evenly but for the highest.
	Samples(ctx context.Context, since, until time.Time, most int) ([]Sample, error)
}

// Routes says which provider a domain's mail leaves through.
type Routes interface {
	Route(domain string) failover.Role
	// Changed returns a channel that is closed when a route has changed.
	Changed() <-chan struct{}
}

// Credential is what a sender signs in to a provider with.
type Credential struct {
	// Login tells credentials apart, and is shown: a sign-in name. What signs in with
	// the same one shares connections and limits.
	Login string
	// SignIn gives the SASL client (RFC 4422) for the mechanisms that the server offers.
	SignIn func(ctx context.Context, offered []string) (sasl.Client, error)
	// Refused tells the source that the server did not take what SignIn gave, so that a
	// token is thrown away. It reports whether another try makes sense at once.
	Refused func(answer error) (again bool)
}

// Credentials finds the credential of a sender at a provider. An error whose kind is
// failover.ErrCredential or failover.ErrInvalid needs a person; the message waits.
type Credentials interface {
	Credential(ctx context.Context, role failover.Role, sender string) (Credential, error)
}

// Limits is how much a provider takes of one login; 0 is no known limit.
type Limits struct {
	MessagesPerMinute int
	RecipientsPerDay  int
	// Connections at once to the provider as a whole, and for one login.
	Connections, PerLogin int
}

// Signer makes our own DKIM signature. A domain without a key of ours gives none.
type Signer interface {
	// Sign returns the header field to put before the message, CRLF included, or nothing.
	Sign(ctx context.Context, from string, message io.Reader) ([]byte, error)
}

// Feed is offered by a [Queue] that remembers its last changes, so that who follows it
// need not go over all of it each time something changes.
type Feed interface {
	// Latest returns the IDs of the messages that came, changed or left after the mark,
	// each at least once, and the mark to go on from. Where it does not remember so far
	// back, and for mark 0, complete is false: go over Items.
	Latest(mark uint64) (ids []ID, now uint64, complete bool)
}
