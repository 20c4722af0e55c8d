package relay

import (
	"time"

	"lifeboat/failover"
)

// ID names a message in the queue: 16 characters of Crockford's base 32, greater
// for a later message. It is also what people type.
type ID string

// Envelope is what a message is handed in with (RFC 5321 section 3.3).
type Envelope struct {
	// User is who signed in: the address by which the relay knows a person or a device.
	// Empty in what the relay writes itself.
	User string `json:"user,omitempty"`
	// From is the reverse-path; empty in reports.
	From string   `json:"from"`
	To   []string `json:"to"` // the forward-paths, each once
	// EightBit and UTF8 say that the message needs 8BITMIME (RFC 6152) and SMTPUTF8
	// (RFC 6531) of whoever takes it.
	EightBit bool `json:"eight_bit,omitempty"`
	UTF8     bool `json:"utf8,omitempty"`
	// Client is where it came from: an address, or "here" for the composer.
	Client string `json:"client,omitempty"`
	// Report marks what the relay itself writes about another message. A report that
	// cannot be delivered is reported to nobody.
	Report bool `json:"report,omitempty"`
	// As is whose credential a report is sent with; empty: From's.
	As string `json:"as,omitempty"`
}

// Sender returns the address whose credential the message leaves with, and whose
// domain's route it takes.
func (e Envelope) Sender() string {
	if e.As != "" {
		return e.As
	}
	return e.From
}

// State is how a message in the queue stands.
type State string

// The states. Ended messages are no longer in the queue, only in its log.
const (
	Waiting   State = "waiting"   // for its turn; see Item.Next
	Held      State = "held"      // a person stopped it
	Uncertain State = "uncertain" // sent, and the reply lost
	Ended     State = "ended"
)

// Fate is what has become of a message for one recipient.
type Fate string

// The fates. Delivered: the provider took it. Bounced: the provider refused it for
// good. Expired: nobody took it in time. Dropped: a person removed it.
const (
	Pending   Fate = "pending"
	Delivered Fate = "delivered"
	Bounced   Fate = "bounced"
	Expired   Fate = "expired"
	Dropped   Fate = "dropped"
)

// Recipient is one recipient of a message.
type Recipient struct {
	Address string `json:"address"`
	Fate    Fate   `json:"fate"`
	// Answer is the last one about this recipient, as the server gave it: the code,
	// the enhanced code and the text, lines joined by a blank.
	Answer string `json:"answer,omitempty"`
}

// Item is a message in the queue. It is a copy: only [Queue.Update] changes the queue.
type Item struct {
	ID       ID       `json:"id"`
	Envelope Envelope `json:"envelope"`
	// To has the recipients with their fates, in the order of Envelope.To.
	To        []Recipient `json:"to"`
	Size      int64       `json:"size"`       // bytes as they will be sent
	MessageID string      `json:"message_id"` // of the header, without <>; empty if it has none
	Subject   string      `json:"subject"`    // decoded, cut after 200 characters
	Arrived   time.Time   `json:"arrived"`

	State State     `json:"state"`
	Since time.Time `json:"since"`         // in State
	Tries int       `json:"tries"`         // begun, at the present destination
	Next  time.Time `json:"next,omitzero"` // Waiting: not before; Uncertain: when the rule decides
	// Why is the reason of being held, uncertain or put off.
	Why failover.Sentence `json:"why,omitzero"`
	// Via is the provider that a person chose for this message alone; empty: that of
	// its domain's route.
	Via failover.Role `json:"via,omitempty"`
	// Handed is the provider that the message was last handed to without a reply; it is
	// set between Handing and what came of it.
	Handed failover.Role `json:"handed,omitempty"`
	Again  int           `json:"again,omitempty"`  // how often it was sent after Uncertain
	Warned bool          `json:"warned,omitempty"` // the sender was told that it is late
}

// Domain returns the domain of the message's sender, in lower case; its route is the
// message's.
func (i Item) Domain() string { return DomainOf(i.Envelope.Sender()) }

// DomainOf returns an address's domain in lower case, or nothing.
func DomainOf(address string) string {
	for at := len(address) - 1; at >= 0; at-- {
		if address[at] == '@' {
			return lower(address[at+1:])
		}
	}
	return ""
}

func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
