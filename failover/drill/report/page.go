package report

// tone says how a thing stands. It is never told by colour alone: the words, and
// the mark before them, say the same.
type tone int

const (
	plain tone = iota
	good
	bad
	care
	faint // worth less attention than the rest
)

// mark is the sign before words of a tone.
func (t tone) mark() string {
	switch t {
	case good:
		return "✓ "
	case bad:
		return "✗ "
	case care:
		return "! "
	default:
		return ""
	}
}

// text is words with what they are. Line breaks in words are kept.
type text struct {
	words  string
	tone   tone
	strong bool
	code   bool // a command or an identifier, as it is typed
}

// document is a report before it is written in some form.
type document struct {
	lang   string // of HTML's lang attribute
	title  string
	above  string // a small line over the title
	blocks []block
	foot   []string
}

// block is a part of a document: one of the types below.
type block interface{ isBlock() }

type (
	// lead is the sentence that a reader in a hurry reads.
	lead struct {
		tone tone
		text string
	}
	// notice is what must not be overlooked.
	notice struct{ text string }
	// heading begins a section.
	heading struct{ text string }
	// para is a paragraph.
	para struct{ text }
	// list is a list of short things.
	list struct {
		numbered bool
		items    []text
	}
	// table has one row of headings, and columns of numbers to the right.
	table struct {
		heads []string
		right []bool
		wide  int // the column that gets the room that is left; -1 is none
		rows  [][]text
	}
	// facts are names with what they are, two columns without headings.
	facts struct{ rows [][2]string }
	// sum is an account that adds up: total = parts, and what is counted beside.
	sum struct {
		total  figure
		parts  []figure
		beside []figure
	}
	// chart is a small line over time.
	chart struct {
		title  string
		points []chartPoint
	}
	// blanks are lines to write on by hand.
	blanks struct{ labels []string }
)

// figure is a number with its name.
type figure struct {
	label string
	value int
	tone  tone
}

type chartPoint struct {
	label string  // under the point
	told  string  // the value in words
	value float64 // where it stands
	last  bool
}

func (lead) isBlock()    {}
func (notice) isBlock()  {}
func (heading) isBlock() {}
func (para) isBlock()    {}
func (list) isBlock()    {}
func (table) isBlock()   {}
func (facts) isBlock()   {}
func (sum) isBlock()     {}
func (chart) isBlock()   {}
func (pileUp) isBlock()  {}
func (blanks) isBlock()  {}

func (d *document) add(b ...block) { d.blocks = append(d.blocks, b...) }

func words(s string) text { return text{words: s} }
