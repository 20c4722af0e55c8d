package presenter

import "time"

// HomeState is what Home shows.
type HomeState struct {
	Domain   string // as people write it
	Light    Light
	Headline string
	Lead     string
	Checking bool // somebody pressed "check now", and it is not done
	// When is the day and the time, where they matter: in trouble.
	When    string
	Trouble *TroubleState
	// Providers are the primary and the secondary; none where Trouble is set.
	Providers []ProviderCard
	Mirror    *FigureCard // nil where nothing is known of one
	Queue     *FigureCard // nil where no mail is sent through Lifeboat
	Drill     *DrillCard  // the last drill, if there was one
	Next      *NextStep
	Domains   []DomainRow // when there are several
	Watching  Watching
}

// ProviderCard is one provider with what is known of it.
type ProviderCard struct {
	Caption string
	Name    string
	Light   Light
	Word    string
	Rows    []Row
	Live    bool // mail is led here
}

// TroubleState takes the place of the calm page's cards: what speaks for and
// against, and what can be done.
type TroubleState struct {
	Title  string
	Rows   []Row
	Option Option
	Track  Track
	Copy   string // all of it as text, to be sent to somebody
}

// Option is what can be done, and what it would do.
type Option struct {
	Title   string
	Light   Light // of what it depends on; NoLight where it depends on nothing
	Word    string
	Points  []Point
	Buttons []Button
	Note    string
}

// Point is one thing that would follow.
type Point struct {
	Back bool // it is about the way back
	Text string
}

// FigureCard tells how something stands: a few words, and how it went lately.
type FigureCard struct {
	Caption string
	Light   Light // NoLight where there is nothing to see to
	Title   string
	Line    string
	Values  []float64 // the oldest first; none where nothing is known
	Span    string    // what the values are
	Most    string    // and the greatest of them
}

// NextStep is the one useful thing to do next.
type NextStep struct {
	Key     string // what it is about, for those that can be put off
	Text    string
	Detail  string
	Buttons []Button
	First   bool // it is what the headline leads to: above the evidence
}

// DrillCard tells of the last drill.
type DrillCard struct {
	At     time.Time
	Title  string
	Line   string
	Values []float64 // the measured times of the last drills, the oldest first
	From   string
	To     string
}

// DomainRow is one of several domains.
type DomainRow struct {
	Name     string
	Light    Light
	Says     string
	Selected bool
}

// Watching tells of the looks that go on in the background.
type Watching struct {
	Light  Light
	First  string
	Second string
}
