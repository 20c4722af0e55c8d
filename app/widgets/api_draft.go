package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/look"
)

// blank is the base of the widgets that are still to be drawn.
type blank struct{ widget.BaseWidget }

// CreateRenderer draws nothing yet.
func (b *blank) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(canvas.NewRectangle(color.Transparent))
}

// Words is one line of text, ellipsed where it may shrink and there is no room.
type Words struct{ blank }

// NewWords returns a line of text.
func NewWords(t look.Type, text string) *Words { w := &Words{}; w.ExtendBaseWidget(w); return w }

// SetText sets the words.
func (w *Words) SetText(text string) {}

// SetColor sets the colour by its name in the theme; "" is that of the type.
func (w *Words) SetColor(name fyne.ThemeColorName) {}

// Shrinking lets the line be ellipsed where there is no room, and returns it.
func (w *Words) Shrinking() *Words { return w }

// Trailing sets the words to the right-hand end of their room, and returns them.
func (w *Words) Trailing() *Words { return w }

// Paragraph is text that breaks into lines at the width it is given, after the
// rules of English and of Japanese.
type Paragraph struct{ blank }

// NewParagraph returns a paragraph.
func NewParagraph(t look.Type, text string) *Paragraph {
	p := &Paragraph{}
	p.ExtendBaseWidget(p)
	return p
}

// SetText sets the text.
func (p *Paragraph) SetText(text string) {}

// SetColor sets the colour by its name in the theme; "" is that of the type.
func (p *Paragraph) SetColor(name fyne.ThemeColorName) {}

// ButtonKind is how much a button asks to be pressed.
type ButtonKind int

// The kinds. A page has one filled button.
const (
	Outlined ButtonKind = iota
	Filled
	Plain // words in the accent colour, without a border
)

// ButtonSize is the height of a button, in pixels at scale 1.
type ButtonSize float32

// The sizes.
const (
	ButtonInRow ButtonSize = 32
	ButtonUsual ButtonSize = 36
	ButtonInBar ButtonSize = 40
	ButtonBig   ButtonSize = 56
)

// Button is pressed with the pointer, or with Space or Enter while it has the
// focus.
type Button struct{ blank }

// NewButton returns a button of the usual size.
func NewButton(kind ButtonKind, text string, press func()) *Button {
	b := &Button{}
	b.ExtendBaseWidget(b)
	return b
}

// WithIcon puts an icon before the words, and returns the button.
func (b *Button) WithIcon(i look.Icon) *Button { return b }

// Sized sets the height, and returns the button.
func (b *Button) Sized(s ButtonSize) *Button { return b }

// SetText sets the words.
func (b *Button) SetText(text string) {}

// SetIcon sets the icon.
func (b *Button) SetIcon(i look.Icon) {}

// SetKind sets the kind.
func (b *Button) SetKind(k ButtonKind) {}

// Enable lets the button be pressed; Disable does not.
func (b *Button) Enable() {}

// Disable greys the button out.
func (b *Button) Disable() {}

// Disabled says whether the button is greyed out.
func (b *Button) Disabled() bool { return false }

// Press does what pressing does.
func (b *Button) Press() {}

// Tone is the tint of a pill.
type Tone int

// The tones.
const (
	TonePlain Tone = iota
	ToneOK
	ToneWarn
	ToneFail
	ToneAccent
)

// PillData is what a pill shows: a light or an icon, and a word.
type PillData struct {
	Shape Shape // none: Icon is shown, if any
	Icon  look.Icon
	Text  string
	Tone  Tone
}

// Status is the pill of a status: the tone follows from the shape.
func Status(s Shape, text string) PillData { return PillData{Shape: s, Text: text, Tone: ToneOf(s)} }

// ToneOf is the tint that goes with a shape.
func ToneOf(s Shape) Tone {
	switch s {
	case Disc, Ring:
		return ToneOK
	case Triangle:
		return ToneWarn
	case Octagon:
		return ToneFail
	default:
		return TonePlain
	}
}

// Pill is a status, or a count, on a tint with round ends.
type Pill struct{ blank }

// NewPill returns a pill.
func NewPill(d PillData) *Pill { p := &Pill{}; p.ExtendBaseWidget(p); return p }

// Set sets what is shown.
func (p *Pill) Set(d PillData) {}

// EvidenceRow is one thing looked at: how it stands, what it is, what was seen.
type EvidenceRow struct {
	Shape Shape
	Label string
	Value string
	Mono  bool // the label is a record, in the fixed-width face
}

// Evidence is rows of light, label and value, with a line above each.
type Evidence struct{ blank }

// NewEvidence returns rows that are height pixels high (36 to 48). The value
// stands at the right-hand end, or, when column is more than 0, that far from the
// left.
func NewEvidence(height, column float32) *Evidence { e := &Evidence{}; e.ExtendBaseWidget(e); return e }

// Set sets the rows.
func (e *Evidence) Set(rows []EvidenceRow) {}

// Step is a rung of a ladder.
type Step struct {
	Shape Shape
	Title string
	Note  string        // below the title, if any
	Time  string        // at the right-hand end
	Rows  []EvidenceRow // details in a box below, if any
}

// Ladder is what is done step by step: lights joined by a line that grows.
type Ladder struct{ blank }

// NewLadder returns a ladder.
func NewLadder() *Ladder { l := &Ladder{}; l.ExtendBaseWidget(l); return l }

// Set sets the steps.
func (l *Ladder) Set(steps []Step) {}

// Inject is an event of a drill's script.
type Inject struct {
	Shape Shape
	Time  string
	Text  string
	Now   bool // the one that is under way
}

// Injects lists the events of a drill's script.
type Injects struct{ blank }

// NewInjects returns the list.
func NewInjects() *Injects { i := &Injects{}; i.ExtendBaseWidget(i); return i }

// Set sets the rows.
func (i *Injects) Set(rows []Inject) {}

// Figure is a number under its label, with a light beside it where it has one.
type Figure struct {
	Label string
	Value string
	Shape Shape
}

// LedgerData adds up: Total = Parts[0] + Parts[1] + … | Checks.
type LedgerData struct {
	Total  Figure
	Parts  []Figure
	Checks []Figure
}

// Ledger shows that everything sent is accounted for.
type Ledger struct{ blank }

// NewLedger returns the ledger.
func NewLedger() *Ledger { l := &Ledger{}; l.ExtendBaseWidget(l); return l }

// Set sets the figures.
func (l *Ledger) Set(d LedgerData) {}

// Measure is a row of the table of measured times.
type Measure struct {
	Label string
	Shape Shape
	This  string
	Goal  string
	Last  string
}

// MeasureTable holds measured times against goals and the last time.
type MeasureTable struct{ blank }

// NewMeasureTable returns the table; this, goal and last head its columns.
func NewMeasureTable(this, goal, last string) *MeasureTable {
	m := &MeasureTable{}
	m.ExtendBaseWidget(m)
	return m
}

// Set sets the rows.
func (m *MeasureTable) Set(rows []Measure) {}

// SpanLook is how a part of a time bar looks.
type SpanLook int

// The looks.
const (
	SpanDone    SpanLook = iota // over: grey
	SpanMark                    // short and notable: filled
	SpanRunning                 // under way: tinted, with a border
	SpanAhead                   // still to come: empty
)

// Span is a part of a time bar.
type Span struct {
	Label  string
	Length float64 // in any unit, the same for all
	Look   SpanLook
}

// TimeBar shows how time was spent, in spans one after the other.
type TimeBar struct{ blank }

// NewTimeBar returns the bar.
func NewTimeBar() *TimeBar { b := &TimeBar{}; b.ExtendBaseWidget(b); return b }

// Set sets the spans.
func (b *TimeBar) Set(spans []Span) {}

// Point is a point of a curve.
type Point struct{ X, Y float64 }

// Tick names a value on an axis.
type Tick struct {
	At    float64
	Label string
}

// Probe is one look at something, at a moment.
type Probe struct {
	At    float64
	Shape Shape // Disc: a green dot; Octagon: a red cross; anything else: a hollow dot
}

// ChartData is a curve over time with a mark, and a strip of probes below it. X
// is in any unit, the same for all.
type ChartData struct {
	From, To float64
	Points   []Point
	YTicks   []Tick
	XTicks   []Tick
	Mark     *Tick // a moment that matters: a red line with words beside it
	Probes   []Probe
}

// TimeChart shows something over time as an area.
type TimeChart struct{ blank }

// NewTimeChart returns the chart, height pixels high at least.
func NewTimeChart(height float32) *TimeChart { c := &TimeChart{}; c.ExtendBaseWidget(c); return c }

// Set sets what is shown.
func (c *TimeChart) Set(d ChartData) {}

// SparkKind is how a spark draws its values.
type SparkKind int

// The kinds.
const (
	SparkLine SparkKind = iota // dots joined by a line, the last one larger
	SparkArea
	SparkBars
)

// Spark is a small chart without axes.
type Spark struct{ blank }

// NewSpark returns a spark, height pixels high.
func NewSpark(kind SparkKind, height float32) *Spark { s := &Spark{}; s.ExtendBaseWidget(s); return s }

// Set sets the values, oldest first.
func (s *Spark) Set(values []float64) {}

// BannerData is what a banner says.
type BannerData struct {
	Shape  Shape
	Title  string
	Text   string
	Action string // what its button says; "" is no button
}

// Banner is a bar that tells something about the whole page.
type Banner struct{ blank }

// NewBanner returns a banner; press is called when its button is pressed.
func NewBanner(press func()) *Banner { b := &Banner{}; b.ExtendBaseWidget(b); return b }

// Set sets what it says.
func (b *Banner) Set(d BannerData) {}

// Places on the map, beside the senders' own keys.
const (
	AtPrimary   = "primary"
	AtSecondary = "secondary"
	AtStaff     = "staff"
)

// MapNode is a box on the map.
type MapNode struct {
	Name  string
	Note  string
	Shape Shape
}

// MapSender is somebody outside who sends, with what waits in their queue.
type MapSender struct {
	Key     string
	Name    string
	Note    string
	Waiting int
	Live    bool // follows the signpost now; otherwise the route is dotted
}

// MapData is who sends where. At most three senders are drawn.
type MapData struct {
	Senders  []MapSender
	Signpost MapNode // DNS
	PointsTo string  // AtPrimary or AtSecondary; "" is neither
	Primary  MapNode
	Second   MapNode
	Staff    MapNode
	// ReadsAt is where staff read: AtPrimary, AtSecondary, or "" when nowhere.
	ReadsAt  string
	OnTheWay string // "12 on the way", below the trunk
	// The legend's words, in this order: on the way, waiting, live route, not in use.
	Legend [4]string
}

// RouteMap shows who sends where: the live route solid, idle ones dotted, and
// messages as dots that move along in straight runs while the map is seen.
type RouteMap struct{ blank }

// NewRouteMap returns the map; title heads it.
func NewRouteMap(title string) *RouteMap { m := &RouteMap{}; m.ExtendBaseWidget(m); return m }

// Set sets the state of the map.
func (m *RouteMap) Set(d MapData) {}

// Send lets a message move from a place to another: from a sender's key to
// AtPrimary or AtSecondary, or from there to AtStaff. Where nobody looks, nothing
// moves.
func (m *RouteMap) Send(from, to string) {}
