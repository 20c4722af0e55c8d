package report

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	gtext "github.com/yuin/goldmark/text"
	"golang.org/x/net/html"

	"lifeboat/failover"
	"lifeboat/failover/drill"
)

// hostile are texts that would be markup, were they not escaped.
var hostile = []string{
	`<script>alert("x")</script>`, `"><img src=x onerror=alert(1)>`, "a | b || c", "first\nsecond\r\nthird", "*bold* _slanted_ __x__ ~~gone~~ `code` ``", "snake_case_word _x",
	"# no heading", "- no item", "1. no item", "1) no item", "> no quotation", "+ no item", "===", "---", "[a link](javascript:alert(1)) ![pic](x)", "<!-- -->", "&lt;b&gt; &amp; &#60;",
	`back\slash \| \`, "{provider} {at}", "  spaces  ", "\u202Eturned\u202C \u0000\u0007", "日本語 と 、。", "`", "|", "\\", "</style></title><b>", "]]>", "http://example.com/?a=1&b=2", "a\n\nb", "",
	"\xff\xfe", "    indented", "\ttab", "a  \nb", "=", "~~~\nx\n~~~", "```\nx\n```", "| a | b |\n| - | - |", "<br>", "&nbsp;", "e\u0301",
}

// poisoned is a drill in which every text of people, and of a scenario of somebody's
// own, is the given one.
func poisoned(s string) drill.Result {
	r := practised()
	r.Scenario.Title, r.Scenario.Summary, r.Scenario.Scope, r.Scenario.Right.Why, r.Scenario.Name = s, s, s, s, s
	r.Scenario.Objectives, r.Scenario.Expected, r.Scenario.Questions = []string{s}, []string{s}, []string{s}
	r.Scenario.Injects = []drill.Inject{{From: s, Says: s, Expect: []string{s, s}}}
	r.ID, r.Domain, r.Version, r.Facilitator = s, s, s, s
	r.Participants = []drill.Participant{{Name: s, Role: s}}
	say := failover.Sentence{Template: s}
	r.Timeline = []drill.Entry{{Kind: drill.EntryFound, Who: s, Say: say, Evidence: []failover.Sentence{say, say}}, {Kind: drill.EntryKind(s), Who: s, Say: say, Bad: true}}
	r.Moves = []drill.Decision{{Move: drill.Move(s), Who: s, Why: s, Refused: say}}
	r.Measures = append(r.Measures, drill.Measure{Name: drill.MeasureName(s)})
	r.Checks = []drill.Check{{Say: say}}
	r.Answers = []drill.Answer{{Question: s, Who: s, Text: s}, {Question: "x" + s, Who: s, Text: s}}
	r.Observations = []drill.Observation{{Who: s, Text: s}, {Text: s, Good: true}}
	r.Recommendations, r.Cost = []failover.Sentence{say}, &drill.Cost{Say: []failover.Sentence{say}}
	r.Actions = []drill.Action{{What: s, Owner: s, Due: s}}
	r.Passed = false
	return r
}

// plainly is a text without what a reader cannot tell apart: white space by its kind.
func plainly(s string) string { return strings.Join(strings.Fields(s), " ") }

// texts are all words of a document, block by block.
func (d document) texts() []string {
	out := []string{d.above, d.title}
	add := func(list ...text) {
		for _, t := range list {
			out = append(out, t.tone.mark()+t.words)
		}
	}
	for _, b := range d.blocks {
		switch b := b.(type) {
		case lead:
			out = append(out, b.tone.mark()+b.text)
		case notice:
			out = append(out, "! "+b.text)
		case heading:
			out = append(out, b.text)
		case para:
			add(b.text)
		case list:
			add(b.items...)
		case table:
			out = append(out, b.heads...)
			for _, r := range b.rows {
				add(r...)
			}
		case facts:
			out = append(out, "", "")
			for _, r := range b.rows {
				out = append(out, r[:]...)
			}
		}
	}
	return append(out, d.foot...)
}

// What Markdown's readers see is what was written: no word becomes markup, and no
// cell leaves its column.
func TestMarkdownSaysWhatWasWritten(t *testing.T) {
	parser := goldmark.New(goldmark.WithExtensions(extension.Table, extension.Strikethrough)).Parser()
	all := tellers(t)
	for _, s := range hostile {
		for language, tell := range all {
			d := build(poisoned(s), tell, before())
			// Sums and blanks are told apart from their words; they hold no text of people.
			d.blocks = slices.DeleteFunc(d.blocks, func(b block) bool {
				switch b.(type) {
				case sum, blanks, chart:
					return true
				}
				return false
			})
			var out bytes.Buffer
			if err := writeMarkdown(&out, d); err != nil {
				t.Fatal(err)
			}
			got := readMarkdown(t, parser.Parse(gtext.NewReader(out.Bytes())), out.Bytes())
			var want []string
			for _, w := range d.texts() {
				want = append(want, plainly(clean(w)))
			}
			got, want = nonEmpty(got), nonEmpty(want)
			for i := range min(len(got), len(want)) {
				if got[i] != want[i] {
					t.Fatalf("%s, %q: block %d is %q, not %q\n%s", language, s, i, got[i], want[i], out.String())
				}
			}
			if len(got) != len(want) {
				t.Fatalf("%s, %q: %d blocks, not %d", language, s, len(got), len(want))
			}
		}
	}
}

func nonEmpty(list []string) []string {
	return slices.DeleteFunc(list, func(s string) bool { return s == "" })
}

// readMarkdown returns the words of each leaf block and cell.
func readMarkdown(t *testing.T, root ast.Node, source []byte) []string {
	t.Helper()
	var out []string
	err := ast.Walk(root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n.Kind() {
		case ast.KindParagraph, ast.KindHeading, ast.KindTextBlock, extast.KindTableCell:
			out = append(out, plainly(inlineWords(t, n, source)))
			return ast.WalkSkipChildren, nil
		case ast.KindCodeBlock:
			if !strings.Contains(string(n.Lines().Value(source)), "┤") { // the picture of the send route
				t.Errorf("a text became a %s", n.Kind())
			}
		case ast.KindFencedCodeBlock, ast.KindHTMLBlock:
			t.Errorf("a text became a %s", n.Kind())
		}
		return ast.WalkContinue, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func inlineWords(t *testing.T, n ast.Node, source []byte) string {
	t.Helper()
	var b strings.Builder
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		switch c := c.(type) {
		case *ast.Text:
			b.WriteString(html.UnescapeString(unescape.ReplaceAllString(string(c.Value(source)), "$1")))
		case *ast.String:
			b.Write(c.Value)
		case *ast.RawHTML:
			if got := string(c.Segments.Value(source)); got != "<br>" {
				t.Errorf("HTML got through: %s", got)
			}
			b.WriteString("\n")
		case *ast.Emphasis:
			if c.Level != 2 {
				t.Error("a text became emphasis")
			}
			b.WriteString(inlineWords(t, c, source))
		default:
			t.Errorf("a text became a %s", c.Kind())
		}
	}
	return b.String()
}

// unescape undoes backslashes before punctuation (CommonMark section 2.4).
var unescape = regexp.MustCompile("\\\\([!-/:-@\\[-`{-~])")

// The page is well-formed, needs nothing from outside, runs nothing, and says what
// was written.
func TestHTMLIsOneSoundFile(t *testing.T) {
	all := tellers(t)
	for _, s := range append(slices.Clone(hostile), "calm") {
		for language, tell := range all {
			d := build(poisoned(s), tell, before())
			var out bytes.Buffer
			if err := writeHTML(&out, d); err != nil {
				t.Fatal(err)
			}
			words := checkHTML(t, out.String())
			if t.Failed() {
				t.Fatalf("%s, %q:\n%s", language, s, out.String())
			}
			for _, w := range d.texts() {
				w = strings.TrimLeft(plainly(clean(w)), "✓✗! ")
				if !strings.Contains(words, strings.ReplaceAll(w, " ", "")) {
					t.Errorf("%s, %q: the page does not say %q", language, s, w)
				}
			}
			if !strings.Contains(out.String(), `<html lang="`+language+`">`) {
				t.Errorf("%s: the page does not say its language", language)
			}
		}
	}
}

// checkHTML sees that each element is closed in its order, that there is nothing but
// known elements and harmless attributes, and returns the words without white space.
func checkHTML(t *testing.T, page string) (words string) {
	t.Helper()
	known := strings.Fields("html head meta title style body main header footer p h1 h2 ul ol li table thead tbody tr th td dl div dt dd span b i strong code svg circle path polyline line text br section address desc g rect tspan defs pattern")
	attributes := strings.Fields("lang charset name content class scope viewBox width height fill stroke stroke-width stroke-linecap stroke-linejoin stroke-dasharray stroke-dashoffset " +
		"cx cy r d x y x1 y1 x2 y2 points role aria-label aria-hidden xmlns id patternUnits patternTransform rx")
	for i, a := range attributes {
		attributes[i] = strings.ToLower(a)
	}
	var open []string
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		switch z.Next() {
		case html.ErrorToken:
			if len(open) > 0 {
				t.Errorf("never closed: %v", open)
			}
			return strings.Join(strings.Fields(b.String()), "")
		case html.TextToken:
			if len(open) > 0 && open[len(open)-1] == "style" {
				style := z.Token().Data
				if strings.Contains(strings.ReplaceAll(style, "url(#", ""), "url(") || strings.Contains(style, "@import") {
					t.Error("the style needs another file")
				}
				continue
			}
			b.WriteString(z.Token().Data)
		case html.StartTagToken:
			tag := z.Token()
			open = append(open, tag.Data)
			checkTag(t, tag, known, attributes)
		case html.SelfClosingTagToken:
			checkTag(t, z.Token(), known, attributes)
		case html.EndTagToken:
			tag := z.Token()
			if len(open) == 0 || open[len(open)-1] != tag.Data {
				t.Errorf("</%s> closes %v", tag.Data, open)
				return ""
			}
			open = open[:len(open)-1]
		case html.CommentToken:
			t.Error("a comment got in")
		case html.DoctypeToken:
		}
	}
}

func checkTag(t *testing.T, tag html.Token, known, attributes []string) {
	t.Helper()
	if !slices.Contains(known, tag.Data) {
		t.Errorf("there is an element %s", tag.Data)
	}
	for _, a := range tag.Attr {
		if !slices.Contains(attributes, a.Key) {
			t.Errorf("<%s> has %s=%q", tag.Data, a.Key, a.Val)
		}
	}
}

// The account of the mail adds up as it is told, in both ways of writing.
func TestLedgerAddsUpInText(t *testing.T) {
	all := tellers(t)
	figures := regexp.MustCompile(`\*\*(-?[\d,]+)\*\*`)
	for _, parts := range [][4]int{{1212, 2, 0, 0}, {0, 0, 0, 1}, {1234567, 89, 1000, 10}, {3, 3, 3, 3}} {
		r := practised()
		m := &r.Mail
		m.Delivered, m.Waiting, m.Bounced, m.Lost = parts[0], parts[1], parts[2], parts[3]
		m.Sent = parts[0] + parts[1] + parts[2] + parts[3]
		for language, tell := range all {
			var md bytes.Buffer
			if err := writeMarkdown(&md, build(r, tell, nil)); err != nil {
				t.Fatal(err)
			}
			line := regexp.MustCompile(`(?m)^.* = .*\+.*$`).FindString(md.String())
			var told []int
			for _, f := range figures.FindAllStringSubmatch(line, -1) {
				n, err := strconv.Atoi(strings.ReplaceAll(f[1], ",", ""))
				if err != nil {
					t.Fatal(err)
				}
				told = append(told, n)
			}
			if len(told) != 5 || told[0] != told[1]+told[2]+told[3]+told[4] {
				t.Errorf("%s: %s does not add up", language, line)
			}
			if strings.Contains(md.String(), tell.T("This account does not add up: the record of the drill is damaged, or was changed by hand.")) {
				t.Errorf("%s: a sound account is doubted", language)
			}
			m.Sent++
			md.Reset()
			if err := writeMarkdown(&md, build(r, tell, nil)); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(md.String(), tell.T("This account does not add up: the record of the drill is damaged, or was changed by hand.")) {
				t.Errorf("%s: an account that does not add up is told as if it did", language)
			}
			m.Sent--
		}
	}
}

// No template stays unfilled, and nothing is told in a language that was not asked for.
func TestReportsAreWholeSentences(t *testing.T) {
	english := regexp.MustCompile(`[A-Za-z]{4,} [a-z]{3,} [a-z]{3,}`)
	for language, tell := range tellers(t) {
		for name, r := range samples() {
			r.Answers, r.Observations, r.Actions = nil, nil, nil // texts of people, in their own language
			for i := range r.Moves {
				r.Moves[i].Why = ""
			}
			for _, s := range build(r, tell, before()).texts() {
				if regexp.MustCompile(`\{[a-z_]+\}`).MatchString(s) {
					t.Errorf("%s, %s: %s", name, language, s)
				}
				if language == "ja" && english.MatchString(s) && !strings.Contains(s, "lifeboat drill report") {
					t.Errorf("%s: not in Japanese: %s", name, s)
				}
			}
		}
	}
}

// A drill in compressed time is never told as a recovery time.
func TestCompressedTimeIsNoRTO(t *testing.T) {
	r := hurried()
	for language, tell := range tellers(t) {
		d := build(r, tell, nil)
		if _, ok := d.blocks[1].(notice); !ok {
			t.Errorf("%s: the second block is %T", language, d.blocks[1])
		}
		all := fmt.Sprint(d.texts())
		for _, never := range []string{"Within it: first mail {span} after the fault.", "Not within it: first mail {span} after the fault."} {
			if strings.Contains(all, tell.T(never, "span", "17 s")) {
				t.Errorf("%s: %s", language, never)
			}
		}
	}
}
