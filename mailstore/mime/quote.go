package mime

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"lifeboat/mailstore"
)

// Reading cuts a letter's text into what its writer says, what is quoted, and the
// signature, so that a screen folds what is in the way. It goes by what programs and
// people have made usual: lines that begin with ">" (RFC 3676 section 4.5), the line above
// them that says whose words they are, the header that Outlook writes over the whole of the
// message that is answered, and "-- " before a signature (section 4.3).
func Reading(text string) []mailstore.Paragraph {
	r := reading{text: text, lines: splitLines(text)}
	r.quotes()
	r.headers()
	r.attributions()
	r.signature()
	return r.paragraphs()
}

// readLine is a line of a text, and what it was found to be.
type readLine struct {
	from, to int    // where it stands
	text     string // without marks of quotation
	depth    int
	kind     mailstore.ParagraphKind
	lead     bool // it says whose words follow, and is not shown as they are
	begins   bool // a quotation begins here, whatever comes before
}

type reading struct {
	text    string
	lines   []readLine
	quote   map[int]*mailstore.Quotation // by the line that it begins with
	forward map[int]bool                 // it is passed on, rather than answered
}

func splitLines(text string) (out []readLine) {
	for from := 0; from <= len(text); {
		to := strings.IndexByte(text[from:], '\n')
		if to < 0 {
			to = len(text)
		} else {
			to += from
		}
		out = append(out, readLine{from: from, to: to, text: text[from:to], kind: mailstore.PlainParagraph})
		from = to + 1
	}
	return out
}

// maxQuotes is how deep quotation is told apart.
const maxQuotes = 20

// quotes takes the marks of quotation off the lines. An empty line between two that are
// quoted is quoted too.
func (r *reading) quotes() {
	r.quote, r.forward = map[int]*mailstore.Quotation{}, map[int]bool{}
	last := -1 // the last line that was not empty
	for i := range r.lines {
		l := &r.lines[i]
		rest := l.text
		if strings.HasPrefix(rest, ">From ") {
			rest = "" // a mailbox file has put the mark there (RFC 4155)
		}
		for l.depth < maxQuotes {
			after, ok := strings.CutPrefix(strings.TrimPrefix(rest, " "), ">")
			if !ok || l.depth == 0 && strings.HasPrefix(rest, " >") && !strings.HasPrefix(after, " ") {
				break
			}
			rest = after
			l.depth++
		}
		if l.depth > 0 {
			l.text, l.kind = strings.TrimPrefix(rest, " "), mailstore.QuoteParagraph
		}
		if strings.TrimSpace(r.text[l.from:l.to]) == "" {
			continue
		}
		if last >= 0 && l.depth > 0 && r.lines[last].depth > 0 {
			for k := last + 1; k < i; k++ {
				r.lines[k].depth, r.lines[k].kind = min(l.depth, r.lines[last].depth), mailstore.QuoteParagraph
			}
		}
		last = i
	}
}

var (
	// divider stands over a message that is answered or passed on, in the languages of
	// programs that are common here.
	divider = regexp.MustCompile(`(?i)^\s*[-_=*>\s]{2,}\s*(original message|original appointment|元のメッセージ|転送メッセージ|転送メール|forwarded message|forwarded by .{1,100}|ursprüngliche nachricht|message d'origine|mensaje original|原始邮件|원본 메시지)\s*[-_=*\s]*$|^begin forwarded message:$|^転送されたメッセージ[:：]$|^-{10}$|^_{20,}$`)
	passed  = regexp.MustCompile(`(?i)forward|転送|^-{10}$`)
	// headName is a line of the header that is written over it.
	headName = regexp.MustCompile(`(?i)^\*?(from|差出人|送信者|von|de|发件人|보낸 사람)\*?\s*[:：]\*?\s*(.*)$|^\*?(sent|date|送信日時|日時|日付|gesendet|datum|envoyé|发送时间|보낸 날짜)\*?\s*[:：]\*?\s*(.*)$|^\*?(to|cc|subject|宛先|件名|an|betreff|à|objet|para|asunto|收件人|主题|받는 사람|제목)\*?\s*[:：]`)
)

// headLines is how far a header over a message goes.
const headLines = 8

// headers finds a message that stands whole at the end of the text, under its header:
// everything from there on is quoted.
func (r *reading) headers() {
	for i := range r.lines {
		l := r.lines[i]
		if l.depth > 0 || len(l.text) > 500 {
			continue
		}
		over := maybeDivider(l.text) && divider.MatchString(l.text)
		if !over && (i == 0 || r.lines[i-1].text != "") {
			continue // a header without a line above it stands apart
		}
		q, names, end := r.header(i, over)
		if names < 3 {
			continue
		}
		r.quote[i], r.forward[i] = q, over && passed.MatchString(l.text)
		for k := i; k < len(r.lines); k++ {
			r.lines[k].depth, r.lines[k].kind = min(r.lines[k].depth+1, maxQuotes), mailstore.QuoteParagraph
			r.lines[k].lead = k < end && over && k == i // the divider itself
		}
		r.lines[i].begins = true
		return
	}
}

// maybeDivider is quick, as most lines are none.
func maybeDivider(text string) bool {
	text = strings.TrimLeft(text, " \t")
	return text != "" && (strings.IndexByte("-_=*>", text[0]) >= 0 || len(text) < 50 && (strings.HasSuffix(text, ":") || strings.HasSuffix(text, "：")))
}

// header reads the header that begins at a line, or below it where that is a divider. end
// is the line behind it.
func (r *reading) header(i int, over bool) (q *mailstore.Quotation, names, end int) {
	q = &mailstore.Quotation{}
	if over {
		i++
	}
	for end = i; end < len(r.lines) && end < i+headLines; end++ {
		var m []string
		if strings.ContainsAny(r.lines[end].text, ":：") {
			m = headName.FindStringSubmatch(cutText(r.lines[end].text, 2000))
		}
		switch {
		case m == nil && r.lines[end].text == "" && names == 0:
			continue
		case m == nil && r.lines[end].text == "":
			return q, names, end
		case m == nil && names == 0:
			return q, 0, end
		case m == nil:
			continue // a line that was folded
		case m[1] != "":
			q.Who = cutText(person(m[2]), maxWho)
		case m[3] != "":
			q.When = cutText(strings.TrimSpace(m[4]), maxWho)
		}
		names++
	}
	return q, names, end
}

// maxWho is how long a name or a date is shown.
const maxWho = 120

var (
	ofDay    = regexp.MustCompile(`\d{1,2}[:：]\d{2}(?:[:：]\d{2})?(?:\s?[AaPp]\.?[Mm]\.?)?(?:\s?(?:[+-]\d{4}|\([A-Z+\-0-9:]{3,10}\)|[A-Z]{3,4}\b))?`)
	dayDate  = regexp.MustCompile(`\d{4}\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d{1,2}\s?日?(?:\s?[(（].{1,3}[)）])?`)
	says     = regexp.MustCompile(`(?i)\s*(wrote|writes|said|schrieb|a écrit|escribió|ha scritto|さんは書きました|さんが書きました|は書きました|が書きました|書きました|さんからのメール|さんのメール|のメール|写道|님이 작성)\s*[:：]$`)
	bracket  = regexp.MustCompile(`\s*[<＜\[(]?(?:mailto:)?([^\s<>＜＞\[\]()]+@[^\s<>＜＞\[\]()]+)[>＞\])]?\s*`)
	leadWord = regexp.MustCompile(`(?i)^(on|am|le|el|il)\s+`)
)

// attributions finds the line above a quotation that says whose words it has, which
// programs fold into two now and then.
func (r *reading) attributions() {
	for i := range r.lines {
		if r.lines[i].depth == 0 || r.lines[i].begins || i > 0 && r.lines[i-1].depth > 0 {
			continue
		}
		r.lines[i].begins = true
		at := i - 1
		if at >= 0 && r.lines[at].text == "" {
			at--
		}
		from, q := r.said(at)
		if q == nil {
			continue
		}
		for k := from; k < i; k++ {
			r.lines[k].lead, r.lines[k].depth, r.lines[k].kind = true, 1, mailstore.QuoteParagraph
		}
		r.lines[i].begins, r.lines[from].begins, r.quote[from] = false, true, q
	}
}

// said reads whose words follow a line, of it alone or of the one above and it; nil:
// it does not say.
func (r *reading) said(at int) (from int, found *mailstore.Quotation) {
	whole := ""
	for n := 0; n < 2 && at-n >= 0; n++ {
		l := r.lines[at-n]
		if l.depth > 0 || l.text == "" || len(l.text) > 300 {
			break
		}
		whole = strings.TrimSpace(l.text + " " + whole)
		q, ok := attribution(whole)
		if ok && (found == nil || found.When == "" && q.When != "") {
			from, found = at-n, &q
		}
	}
	return from, found
}

// attribution reads "On Fri, Nov 20, 2026 at 3:04 PM Hanako <h@shop.example> wrote:" and
// what else is written so.
func attribution(text string) (q mailstore.Quotation, ok bool) {
	text = strings.TrimSpace(text)
	if !strings.HasSuffix(text, ":") && !strings.HasSuffix(text, "：") {
		return q, false
	}
	verb := says.FindString(text)
	body := leadWord.ReplaceAllString(strings.TrimSpace(strings.TrimRight(strings.TrimSuffix(text, verb), ":：")), "")
	at := []int{0, 0}
	if d := dayDate.FindStringIndex(body); d != nil {
		at = d
	}
	if c := ofDay.FindStringIndex(body); c != nil && c[1] > at[1] && c[0]-at[1] < 40 {
		at[1] = c[1]
	}
	address := bracket.FindStringSubmatch(body[at[1]:])
	if verb == "" && (at[1] == 0 || address == nil) {
		return q, false // a line that merely ends in a colon
	}
	q.When = cutText(strings.Trim(body[:at[1]], " ,、"), maxWho)
	q.Who = cutText(person(body[at[1]:]), maxWho)
	return q, q.Who != "" || q.When != ""
}

// person is a name, or else an address, of a text that has both or one of them.
func person(text string) string {
	name := strings.Trim(bracket.ReplaceAllString(text, " "), " ,、，に\"'“”;")
	if name == "" {
		if m := bracket.FindStringSubmatch(text); m != nil {
			return m[1]
		}
	}
	return strings.Join(strings.Fields(name), " ")
}

// A signature has at most so many lines; one that is drawn rather than marked, fewer.
const (
	signatureLines = 20
	drawnLines     = 12
)

var (
	rule    = regexp.MustCompile(`^\s*[-=*_~─━═＝＊－・.+◇◆☆★■□]{8,}\s*$`)
	contact = regexp.MustCompile(`(?i)@|tel|fax|電話|携帯|〒|https?://|www\.`)
)

// signature finds the signature of whoever writes: what stands below "-- " at the end of
// their own words, or between drawn lines, with a way to reach them in it.
func (r *reading) signature() {
	end := len(r.lines)
	for i, l := range r.lines { // own words end where the last quotation begins that goes on to the end
		if l.depth == 0 {
			end = i + 1
		}
	}
	for end > 0 && strings.TrimSpace(r.lines[end-1].text) == "" {
		end--
	}
	for i := end - 1; i >= 0 && i >= end-signatureLines && r.lines[i].depth == 0; i-- {
		marked := strings.TrimRight(r.lines[i].text, " ") == "--"
		drawn := rule.MatchString(r.lines[i].text) && i < end-1 && end-i <= drawnLines && i > 0
		if !marked && (!drawn || !r.reachable(i, end)) {
			continue
		}
		for k := i; k < end; k++ {
			r.lines[k].kind = mailstore.SignatureParagraph
		}
		if marked {
			return
		}
	}
}

func (r *reading) reachable(from, to int) bool {
	for _, l := range r.lines[from:to] {
		if contact.MatchString(l.text) {
			return true
		}
	}
	return false
}

// paragraphs puts lines of one kind together.
func (r *reading) paragraphs() []mailstore.Paragraph {
	var out []mailstore.Paragraph
	var first []int // the first line of each
	var text strings.Builder
	for i, l := range r.lines {
		n := len(out) - 1
		if n < 0 || out[n].Kind != l.kind || out[n].Depth != l.depth || l.begins {
			if n >= 0 {
				out[n].Text = text.String()
				text.Reset()
			}
			out, first = append(out, mailstore.Paragraph{Kind: l.kind, Depth: l.depth, From: l.from}), append(first, i)
			n++
		}
		out[n].To = l.to
		if !l.lead {
			text.WriteString(l.text)
			text.WriteByte('\n')
		}
	}
	out[len(out)-1].Text = text.String() // there is a line at least
	return r.finish(out, first)
}

// finish drops what is empty and says of each quotation whose it is.
func (r *reading) finish(all []mailstore.Paragraph, first []int) (out []mailstore.Paragraph) {
	var begun *mailstore.Quotation
	forward, own := map[*mailstore.Quotation]bool{}, false
	for i, p := range all {
		p.Text = strings.Trim(p.Text, "\n")
		if q, l := r.quote[first[i]], r.lines[first[i]]; p.Depth > 0 && (q != nil || l.begins || begun == nil) {
			if q == nil {
				q = &mailstore.Quotation{}
			}
			begun, forward[q] = q, r.forward[first[i]]
			p.Quote = q
		}
		if p.Depth == 0 {
			begun = nil
			own = own || p.Kind == mailstore.PlainParagraph && strings.TrimSpace(p.Text) != ""
		} else {
			begun.Lines += fullLines(p.Text)
		}
		if p.Text != "" || p.Quote != nil {
			out = append(out, p)
		}
	}
	if !own {
		return out
	}
	last := true // nothing of the writer's own follows
	for i := len(out) - 1; i >= 0; i-- {
		if q := out[i].Quote; q != nil {
			q.Fold = !forward[q] && (last || q.Lines > fewLines)
		}
		if out[i].Kind == mailstore.PlainParagraph && utf8.RuneCountInString(out[i].Text) > 0 {
			last = false
		}
	}
	return out
}

// fullLines counts lines that are not empty.
func fullLines(text string) (n int) {
	for line := range strings.SplitSeq(text, "\n") {
		if strings.TrimSpace(line) != "" {
			n++
		}
	}
	return n
}

// fewLines is how much quoted text above an answer is not in the way.
const fewLines = 3
