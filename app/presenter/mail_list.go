package presenter

import (
	"slices"

	"lifeboat/app/engine"
)

// mailList is a list of messages, by their IDs, and those of its lines that were looked
// at.
type mailList struct {
	ids          []string
	wanted, made int // numbers of lists: the one that is asked for, and the one that is shown
	version      int // another than before: rows say something else
	more         bool
	fail         error
	kept         map[string]*keptLine
	asked        map[string]bool // IDs of lines that are being read
	round        int             // lines of earlier rounds are shown, and read anew
	from, to     int             // which rows are seen
	shift        int             // by how many rows what is seen has moved down since the list was begun
}

// keptLine is a line that was read.
type keptLine struct {
	line  engine.MailLine
	round int
	fail  error
}

func newMailList() mailList {
	return mailList{kept: map[string]*keptLine{}, asked: map[string]bool{}}
}

// begin asks for another list: until it is there, nothing is shown.
func (l *mailList) begin() {
	l.ids, l.fail, l.more = nil, nil, true
	l.stale()
	l.from, l.to, l.shift = 0, 0, 0
}

// stale asks for another list; the one that is shown stays until it is there.
func (l *mailList) stale() {
	l.wanted++
	l.version++
}

// anew asks for the same list again, and its lines.
func (l *mailList) anew() {
	l.wanted++
	l.round++
}

// set takes a list in.
func (l *mailList) set(ids []string, err error, number int, more bool) {
	l.fail, l.more = err, more
	l.version++
	if err != nil {
		ids = nil
	}
	if l.from > 0 && l.from < len(l.ids) {
		if at := slices.Index(ids, l.ids[l.from]); at > 0 {
			l.shift += at - l.from
			l.to += at - l.from
			l.from = at
		}
	}
	l.ids = ids
	if !more {
		l.made = number
	}
}

// want returns the IDs of lines that are to be read next: of what is seen first, and
// then of what is around it. There are none when all are known or asked for.
func (l *mailList) want() (ids []string, round int) {
	add := func(from, to int) {
		for i := max(from, 0); i < min(to, len(l.ids)) && len(ids) < pageLines; i++ {
			id := l.ids[i]
			if k := l.kept[id]; (k == nil || k.round != l.round) && !l.asked[id] {
				ids = append(ids, id)
			}
		}
	}
	to := max(l.to, l.from+1)
	add(l.from, to)
	add(to, to+pageLines/2)
	add(l.from-pageLines/2, l.from)
	for _, id := range ids {
		l.asked[id] = true
	}
	return ids, l.round
}

// take takes lines in that were asked for.
func (l *mailList) take(ids []string, round int, lines []engine.MailLine, err error) {
	if len(l.kept) > linesKept {
		l.kept = map[string]*keptLine{}
	}
	for i, id := range ids {
		delete(l.asked, id)
		k := &keptLine{round: round, fail: err, line: engine.MailLine{ID: id}}
		if err == nil && i < len(lines) {
			k.line = lines[i]
		}
		l.kept[id] = k
	}
	l.version++
}

// mailPicks is what is selected, by IDs: it stays when mail comes and the rows move.
type mailPicks struct {
	ids     map[string]struct{}
	cursor  string
	rows    []int // where the selected messages stand now
	row     int   // and the cursor
	version int
	reveal  int // another than before: the cursor is to be seen
}

func newMailPicks() mailPicks { return mailPicks{ids: map[string]struct{}{}, row: noRow} }

// rank finds out where the selected messages stand. What is no longer in the list, once
// that is whole, is no longer selected.
func (p *mailPicks) rank(ids []string, whole bool) {
	p.rows, p.row = nil, noRow
	p.version++
	if len(p.ids) == 0 {
		return
	}
	for i, id := range ids {
		if _, in := p.ids[id]; in {
			p.rows = append(p.rows, i)
		}
		if id == p.cursor {
			p.row = i
		}
	}
	if whole && len(p.rows) < len(p.ids) {
		p.ids = make(map[string]struct{}, len(p.rows))
		for _, i := range p.rows {
			p.ids[ids[i]] = struct{}{}
		}
	}
}

// Seen says which rows are seen, the last one excluded.
func (m *Mail) Seen(from, to int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.list.from, m.list.to = from, to
	m.kick()
}

// Select takes down which rows somebody has selected, and at which one they are. One
// alone is shown.
func (m *Mail) Select(rows []int, cursor int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := mailPicks{ids: make(map[string]struct{}, len(rows)), row: cursor, rows: slices.Clone(rows), version: m.picked.version, reveal: m.picked.reveal}
	for _, i := range rows {
		if i >= 0 && i < len(m.list.ids) {
			p.ids[m.list.ids[i]] = struct{}{}
		}
	}
	if cursor >= 0 && cursor < len(m.list.ids) {
		p.cursor = m.list.ids[cursor]
	}
	m.picked = p
	if len(rows) == 1 && rows[0] >= 0 && rows[0] < len(m.list.ids) {
		m.read.want(m.list.ids[rows[0]])
	} else {
		m.read.want("")
	}
	m.kick()
}

// SelectNext selects the message below the one that is shown (by 1), or above (by -1),
// as the keys for that do wherever the focus is.
func (m *Mail) SelectNext(by int) {
	m.mu.Lock()
	at := m.picked.row + by
	n := len(m.list.ids)
	m.mu.Unlock()
	if at < 0 || at >= n {
		return
	}
	m.Select([]int{at}, at)
	m.mu.Lock()
	m.picked.version++
	m.picked.reveal++
	m.mu.Unlock()
}

// MailRow is a message in the list, in words.
type MailRow struct {
	ID                     string
	From, Subject, Preview string
	Date                   string
	Unread, Attached       bool
	Waiting                bool // it is not read yet
}

// Row is what a row of the list says now. It asks nobody.
func (m *Mail) Row(i int) MailRow {
	m.mu.Lock()
	defer m.mu.Unlock()
	if i < 0 || i >= len(m.list.ids) {
		return MailRow{Waiting: true}
	}
	k := m.list.kept[m.list.ids[i]]
	if k == nil {
		return MailRow{ID: m.list.ids[i], Waiting: true}
	}
	return rowOf(m.tongue, k, m.sentHere(k.line), m.opt.Now())
}

// sentHere says whether a message was sent from the mailbox that is shown: then whom
// it went to is of more interest than whom it is from.
func (m *Mail) sentHere(line engine.MailLine) bool {
	for _, f := range m.folders[line.Account] {
		if f.Name == m.here.folder && (f.Role == "sent" || f.Role == "drafts") {
			return true
		}
	}
	return false
}
