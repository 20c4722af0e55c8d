package report

import (
	"io"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/drill"
)

// Card is what a run card says. What is empty becomes a blank to be filled in by
// hand. It is data from settings and past results alone, so that a card can be
// printed without any network.
type Card struct {
	Organization string    `json:"organization"`
	Domains      []string  `json:"domains"` // without a trailing dot
	Printed      time.Time `json:"printed"`
	// Primary and Secondary are the providers as people call them.
	Primary   string   `json:"primary"`
	Secondary string   `json:"secondary"`
	People    []Person `json:"people"` // those who decide first
	// Machine is where the commands are given, as user@machine, Flags what every
	// command needs there to find its settings and data.
	Machine string `json:"machine"`
	Flags   string `json:"flags,omitempty"`
	// OldTTL is how long senders may go on by the old records, the longest of the
	// domains.
	OldTTL drill.Span `json:"old_ttl"`
	// Emergency are addresses at the emergency subdomain.
	Emergency   []string  `json:"emergency"`
	Credentials string    `json:"credentials"` // where they are kept; never what they are
	DNS         []DNSHost `json:"dns"`
	Support     []Support `json:"support"`
	Notes       []string  `json:"notes"`
	// Last is the last drill that was measured.
	Last *drill.Point `json:"last_drill,omitempty"`
	// Readiness says how a switch stood when the card was printed.
	Readiness failover.Sentence `json:"readiness,omitzero"`
	Ready     bool              `json:"ready"`
}

// Person is somebody to call.
type Person struct {
	Name    string `json:"name"`
	Role    string `json:"role,omitempty"`
	Phone   string `json:"phone,omitempty"`
	Decides bool   `json:"decides"` // may say yes to a switch
}

// DNSHost is where records are changed by hand if all else fails.
type DNSHost struct {
	Name    string   `json:"name"`
	Page    string   `json:"page,omitempty"` // to sign in at
	Domains []string `json:"domains"`
}

// Support is where help can be asked for.
type Support struct {
	Name  string `json:"name"`
	Phone string `json:"phone,omitempty"`
	Page  string `json:"page,omitempty"`
}

// Format is a way of writing a report or a run card.
type Format string

// The formats. A run card as text is 60 lines of 80 columns at most, and as HTML
// prints on one A4 page; a report is never text.
const (
	FormatText     Format = "text"
	FormatMarkdown Format = "md"
	FormatHTML     Format = "html"
	FormatJSON     Format = "json"
)

// Formats lists those of a run card, the default first.
func Formats() []Format { return []Format{FormatText, FormatMarkdown, FormatHTML, FormatJSON} }

// Runcard writes a run card. Another format than those above is
// failover.ErrInvalid; any other error is the writer's.
func Runcard(w io.Writer, c Card, speak Speaker, f Format) error {
	p := layOut(c, newTeller(speak, time.Local))
	switch f {
	case FormatText:
		return writeCardText(w, p)
	case FormatMarkdown:
		return writeCardMarkdown(w, p)
	case FormatHTML:
		return writeCardHTML(w, p)
	case FormatJSON:
		return writeJSON(w, c)
	default:
		return failover.Fail(failover.ErrInvalid, "a run card is written as text, md, html or json, not as {value}", "value", oneLine(string(f)))
	}
}

// sheet is a run card in words, before it is written in some form.
type sheet struct {
	lang     string
	title    string
	who      string
	printed  string
	sections []cardSection
}

type cardSection struct {
	title string
	lines []cardLine
}

// cardLine is one thing on the card. Commands in it stand between the marks of
// command.
type cardLine struct {
	bullet string // "1.", "*", or nothing
	words  string
	right  string // at the end of the line: a phone number
	spare  bool   // may be shortened to one line where the page is full
}

// Commands within words are marked with characters for private use, which clean takes
// out of whatever comes from outside.
const markOpen, markShut = '\uE000', '\uE001'

func command(s string) string { return string(markOpen) + s + string(markShut) }
