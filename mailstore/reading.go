package mailstore

import "time"

// Paragraph is a stretch of a letter's text of one kind, for showing it: what is quoted
// is folded, a signature is set back.
type Paragraph struct {
	Kind ParagraphKind
	// Text is its lines, separated by "\n", without the marks of quotation; empty lines
	// part what a person would call paragraphs.
	Text string
	// Depth is how often it is quoted: 1 is what somebody else had written, 2 what that
	// one had quoted. 0 unless Kind is QuoteParagraph.
	Depth int
	// Quote is on the first paragraph of a quotation, and on none else: the paragraphs
	// behind it with a Depth belong to it.
	Quote *Quotation
	// From and To are where it stands in the letter's text, in octets.
	From, To int
}

// ParagraphKind is what a paragraph is.
type ParagraphKind string

// The kinds of paragraphs.
const (
	PlainParagraph     ParagraphKind = "text"
	QuoteParagraph     ParagraphKind = "quote"
	SignatureParagraph ParagraphKind = "signature"
)

// Quotation is what a person sees of something quoted while it is folded.
type Quotation struct {
	Who   string // a name, or an address; empty: the text does not say
	When  string // as the text says it; empty: it does not
	Lines int    // that are not empty
	// Fold is whether it is in the way: not when it is short and answered line by line,
	// nor when the letter says nothing else.
	Fold bool
}

// Invitation is what a calendar part of a letter says of one event (RFC 5545, RFC 5546).
type Invitation struct {
	Kind  InvitationKind `json:"kind"`
	What  string         `json:"what,omitempty"`
	Where string         `json:"where,omitempty"`
	Text  string         `json:"text,omitempty"` // the description
	// Begin and End are in the zone that the sender named; zero: not said.
	Begin  time.Time `json:"begin,omitzero"`
	End    time.Time `json:"end,omitzero"`
	AllDay bool      `json:"all_day,omitempty"` // Begin and End are days, and End is the last of them
	// Floating: the sender named no zone, or none that is known here: the times are those of
	// wherever the reader is, and their Location is [time.UTC] for want of a better.
	Floating  bool       `json:"floating,omitempty"`
	Repeats   bool       `json:"repeats,omitempty"`
	Organizer string     `json:"organizer,omitempty"` // as [Address.String]
	Attendees []Attendee `json:"attendees,omitempty"`
}

// InvitationKind is what an invitation asks or says.
type InvitationKind string

// The kinds of invitations.
const (
	InvitationRequest   InvitationKind = "request" // it invites, or changes what it invited to
	InvitationCancelled InvitationKind = "cancel"
	InvitationReply     InvitationKind = "reply"   // of its one attendee
	InvitationCounter   InvitationKind = "counter" // another time is proposed
	InvitationEntry     InvitationKind = "entry"   // it asks nothing
)

// Attendee is somebody who is invited, and what they have said.
type Attendee struct {
	Who    string `json:"who"` // as [Address.String]
	Answer Answer `json:"answer,omitempty"`
}

// Answer is what somebody says to an invitation.
type Answer string

// The answers.
const (
	NoAnswer  Answer = ""
	Accepted  Answer = "accepted"
	Declined  Answer = "declined"
	Tentative Answer = "tentative"
	Delegated Answer = "delegated"
)

// Delivery is what became of a message for one recipient, as a delivery report tells
// (RFC 3464, and reports that keep to no standard).
type Delivery struct {
	To     string       `json:"to"` // the recipient's address
	Fate   DeliveryFate `json:"fate"`
	Status string       `json:"status,omitempty"` // the code of RFC 3463, "5.1.1"; empty: there is none
	Say    Sentence     `json:"say"`              // what became of it
	Why    []Sentence   `json:"why,omitempty"`    // the code in plain words, and what the server answered
}

// DeliveryFate is what became of a message.
type DeliveryFate string

// The fates.
const (
	DeliveryFailed  DeliveryFate = "failed"
	DeliveryDelayed DeliveryFate = "delayed"
	Delivered       DeliveryFate = "delivered"
	DeliveryRelayed DeliveryFate = "relayed" // on to a server that sends no reports, or to several others
)

// HeaderField is a line of a message's header, in Unicode and on one line.
type HeaderField struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}
