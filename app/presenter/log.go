package presenter

import (
	"bytes"
	"context"
	"encoding/csv"
	"strings"
	"sync"
	"time"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
)

// Recorder is what Log needs of the engine.
type Recorder interface {
	Logbook(ctx context.Context, req engine.LogRequest) ([]engine.LogEntry, error)
}

// LogOptions is what Log goes by beside the engine.
type LogOptions struct {
	Now func() time.Time
	// Request completes what is asked for: where the records of drills are.
	Request engine.LogRequest
}

// LogState is what the page shows.
type LogState struct {
	Title, Lead string
	Problem     string
	Loading     bool
	Filters     []string // the first is all
	Filter      int
	Search      string
	Rows        []LogRow // not to be changed
	Empty       string
	Open        *LogOpen // the entry that is read
}

// LogRow is one entry.
type LogRow struct {
	Light Light
	Time  string
	Kind  string
	Says  string
	About string
}

// LogOpen is an entry with all that is known of it.
type LogOpen struct {
	Light   Light
	Title   string
	Facts   []Row
	Details []Row
	Exact   []string
	Copy    string // all of it as text
	Drill   string // the drill whose report can be opened; empty: none
}

// Log tells what happened, newest first.
type Log struct {
	engine Recorder
	opt    LogOptions

	mu      sync.Mutex
	tongue  *i18n.Tongue
	loading int
	loaded  bool
	err     error
	all     []engine.LogEntry
	words   []logWords // of all, in the tongue
	filter  int
	search  string
	rows    []LogRow
	entries []engine.LogEntry // of the rows
	open    *engine.LogEntry
}

// NewLog returns the presenter.
func NewLog(t *i18n.Tongue, e Recorder, opt LogOptions) *Log {
	return &Log{engine: e, opt: opt, tongue: t}
}

// logEntries is how many entries are read at most.
const logEntries = 10000

// Load reads the log; it does I/O. What was there stays where nothing can be read.
func (l *Log) Load(ctx context.Context, changed func()) {
	l.mu.Lock()
	l.loading++
	l.mu.Unlock()
	changed()
	req := l.opt.Request
	req.Limit = logEntries
	all, err := l.engine.Logbook(ctx, req)
	l.mu.Lock()
	t := l.tongue
	l.mu.Unlock()
	words := l.wordsOf(t, all) // which takes its time, so that nobody waits for it
	l.mu.Lock()
	l.loading--
	if ctx.Err() == nil {
		l.loaded, l.err = true, err
		if len(all) > 0 || err == nil {
			if l.tongue != t {
				words = l.wordsOf(l.tongue, all)
			}
			l.all, l.words = all, words
		}
		l.pick()
	}
	l.mu.Unlock()
	changed()
}

// logWords is an entry in words, and all that a search looks at, in small letters.
type logWords struct {
	row    LogRow
	search string
}

// wordsOf puts entries into words.
func (l *Log) wordsOf(t *i18n.Tongue, all []engine.LogEntry) []logWords {
	out, now := make([]logWords, len(all)), l.opt.Now()
	for i, e := range all {
		r := LogRow{Light: lightOfVerdict(e.Verdict), Time: dated(t, e.At, now), Kind: LogKind(t, e.Kind), Says: say(t, e.Say), About: t.Say(e.About)}
		parts := append([]string{r.Says, r.About, e.Who}, e.Exact...)
		for _, d := range e.Details {
			parts = append(parts, t.Say(d.Say))
		}
		out[i] = logWords{r, strings.ToLower(strings.Join(parts, "\n"))}
	}
	return out
}

// Filter shows entries of one kind; 0: all.
func (l *Log) Filter(i int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.filter = i
	l.pick()
}

// Search shows entries with a text in what they say.
func (l *Log) Search(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.search = text
	l.pick()
}

// wordsAtOnce is how many entries are put into another language's words at once; of more the
// page reads them anew, away from the UI thread, when it is shown.
const wordsAtOnce = 500

// Speak goes on in another language.
func (l *Log) Speak(t *i18n.Tongue) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tongue = t
	if len(l.all) > wordsAtOnce {
		l.all, l.loaded = nil, false
	}
	l.words = l.wordsOf(t, l.all)
	l.pick()
}

// Open reads an entry by its row.
func (l *Log) Open(row int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if row >= 0 && row < len(l.entries) {
		e := l.entries[row]
		l.open = &e
	}
}

// Close goes back to the list.
func (l *Log) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open = nil
}

// pick makes the rows. The caller holds mu.
func (l *Log) pick() {
	l.rows, l.entries = nil, nil
	kinds := engine.LogKinds()
	search := strings.ToLower(strings.TrimSpace(l.search))
	for i, e := range l.all {
		if l.filter > 0 && l.filter <= len(kinds) && e.Kind != kinds[l.filter-1] {
			continue
		}
		if w := l.words[i]; search == "" || strings.Contains(w.search, search) {
			l.rows, l.entries = append(l.rows, w.row), append(l.entries, e)
		}
	}
}

// State returns what is to be shown now.
func (l *Log) State() LogState {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.tongue
	s := LogState{
		Title: t.T("What happened here"), Lead: t.T("Switches, what was found, what had to wait, and who read whose mail."),
		Loading: l.loading > 0, Filter: l.filter, Search: l.search, Rows: l.rows, Filters: append([]string{t.T("All")}, LogKindNames(t)...),
	}
	if l.err != nil {
		s.Problem = problem(t, l.err)
	}
	switch {
	case len(l.rows) > 0:
	case !l.loaded:
		s.Empty = t.T("Lifeboat is looking …")
	case l.search != "":
		s.Empty = t.T("Nothing fits “{text}”.", "text", l.search)
	case l.filter > 0:
		s.Empty = t.T("Nothing of this kind has happened yet.")
	default:
		s.Empty = t.T("Nothing has happened yet.")
	}
	if l.open != nil {
		s.Open = l.opened(*l.open)
	}
	return s
}

// opened is an entry with all that is known of it.
func (l *Log) opened(e engine.LogEntry) *LogOpen {
	t := l.tongue
	o := &LogOpen{Light: lightOfVerdict(e.Verdict), Title: say(t, e.Say), Exact: e.Exact}
	fact := func(label, value string) {
		if value != "" {
			o.Facts = append(o.Facts, Row{Label: label, Value: value})
		}
	}
	fact(t.T("Time"), e.At.Local().Format(time.DateTime))
	fact(t.T("What kind"), LogKind(t, e.Kind))
	fact(t.T("It is about"), t.Say(e.About))
	fact(t.T("Done by"), e.Who)
	if e.Kind == engine.LogDrill {
		o.Drill = e.Run
	}
	for _, d := range e.Details {
		r := Row{Light: lightOfVerdict(d.Verdict), Label: say(t, d.Say)}
		if !d.At.IsZero() {
			r.Value = d.At.Local().Format(time.DateTime)
		}
		o.Details = append(o.Details, r)
	}
	o.Copy = entryText(t, e)
	return o
}

// entryText is an entry as lines.
func entryText(t *i18n.Tongue, e engine.LogEntry) string {
	var b strings.Builder
	b.WriteString(e.At.Local().Format(time.DateTime) + "  " + LogKind(t, e.Kind) + "  " + say(t, e.Say))
	for _, more := range []string{t.Say(e.About), e.Who} {
		if more != "" {
			b.WriteString("  (" + more + ")")
		}
	}
	b.WriteString("\n")
	for _, d := range e.Details {
		b.WriteString("    " + say(t, d.Say))
		if !d.At.IsZero() {
			b.WriteString("  " + d.At.Local().Format(time.DateTime))
		}
		b.WriteString("\n")
	}
	for _, x := range e.Exact {
		b.WriteString("    " + x + "\n")
	}
	return b.String()
}

// Export writes the entries that are listed, as "txt" or "csv", and a name for the file. Of
// many that takes a moment: call it away from the UI thread.
func (l *Log) Export(format string) (data []byte, name string) {
	l.mu.Lock()
	t, entries := l.tongue, l.entries // nobody changes them: others take their place
	l.mu.Unlock()
	name = "lifeboat-log-" + l.opt.Now().Local().Format("20060102-1504") + "." + format
	var b bytes.Buffer
	if format != "csv" {
		for _, e := range entries {
			b.WriteString(entryText(t, e))
		}
		return b.Bytes(), name
	}
	b.WriteString("\uFEFF") // so that Excel reads it as UTF-8
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	_ = w.Write([]string{t.T("Time"), t.T("What kind"), t.T("Verdict"), t.T("What happened"), t.T("It is about"), t.T("Done by"), t.T("More on it"), t.T("Exact records and answers")}) // a buffer takes everything
	for _, e := range entries {
		var details []string
		for _, d := range e.Details {
			details = append(details, say(t, d.Say))
		}
		row := []string{
			e.At.Local().Format(time.DateTime), LogKind(t, e.Kind), string(e.Verdict), say(t, e.Say), t.Say(e.About), e.Who,
			strings.Join(details, "\n"), strings.Join(e.Exact, "\n"),
		}
		for i, cell := range row {
			row[i] = harmless(cell)
		}
		_ = w.Write(row)
	}
	w.Flush()
	return b.Bytes(), name
}

// harmless keeps a cell from being taken for a formula by whoever opens the file: what
// servers and senders said stands in it.
func harmless(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}
