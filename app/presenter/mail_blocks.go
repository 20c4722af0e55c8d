package presenter

import (
	"net/url"
	"regexp"
	"strings"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/mailstore"
)

// blocksOf puts a message's paragraphs into blocks: a quotation and all in it is one
// that is folded.
func blocksOf(t *i18n.Tongue, m engine.ShownMail) []MessageBlock {
	all := cutBlocks(t, m)
	wrapBlocks(all)
	return all
}

func cutBlocks(t *i18n.Tongue, m engine.ShownMail) []MessageBlock {
	if len(m.Paragraphs) == 0 && strings.TrimSpace(m.Text) != "" {
		return plainBlocks(m.Text)
	}
	var all []MessageBlock
	for i := 0; i < len(m.Paragraphs); i++ {
		p := m.Paragraphs[i]
		if p.Kind != mailstore.QuoteParagraph {
			for _, b := range plainBlocks(p.Text) {
				b.Quiet = p.Kind == mailstore.SignatureParagraph
				all = append(all, b)
			}
			continue
		}
		var text []string
		q := mailstore.Quotation{Fold: true}
		if p.Quote != nil {
			q = *p.Quote
		}
		for i < len(m.Paragraphs) && m.Paragraphs[i].Kind == mailstore.QuoteParagraph && (len(text) == 0 || m.Paragraphs[i].Quote == nil) {
			text = append(text, deeper(m.Paragraphs[i]))
			i++
		}
		i--
		b := textBlock(strings.Join(text, "\n\n"))
		b.Quiet, b.Open, b.Fold = true, !q.Fold, foldWords(t, q, b.Text)
		all = append(all, b)
	}
	return all
}

// deeper is the text of a quoted paragraph, with marks for what was quoted in it.
func deeper(p mailstore.Paragraph) string {
	if p.Depth < 2 {
		return p.Text
	}
	mark := strings.Repeat("> ", p.Depth-1)
	return mark + strings.ReplaceAll(p.Text, "\n", "\n"+mark)
}

// plainBlocks parts a text where lines are empty.
func plainBlocks(text string) []MessageBlock {
	var all []MessageBlock
	for part := range strings.SplitSeq(strings.ReplaceAll(text, "\r", ""), "\n\n") {
		if strings.TrimSpace(part) != "" {
			all = append(all, textBlock(strings.Trim(part, "\n")))
		}
	}
	return all
}

// textBlock is a paragraph with its links.
func textBlock(text string) MessageBlock {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r", ""), "\t", "    ")
	return MessageBlock{Text: text, Links: linksIn(text)}
}

// foldWords is what stands for a quotation.
func foldWords(t *i18n.Tongue, q mailstore.Quotation, text string) string {
	n := q.Lines
	if n == 0 {
		n = 1 + strings.Count(text, "\n")
	}
	who, _ := person(q.Who)
	from := who
	switch {
	case who == "":
		from = clean(q.When)
	case q.When != "":
		from = who + comma(t) + clean(q.When)
	}
	switch {
	case n == 1 && from == "":
		return t.T("1 quoted line")
	case n == 1:
		return t.T("1 quoted line ({from})", "from", from)
	case from == "":
		return t.T("{n} quoted lines", "n", n)
	default:
		return t.T("{n} quoted lines ({from})", "n", n, "from", from)
	}
}

// webAddress is what people take for a link in a text. What Japanese stands around it does
// not belong to it.
var webAddress = regexp.MustCompile(`https?://[!#-;=?-Z\[\]_a-z~]+`)

// linksMost is how many links of a block can be pressed.
const linksMost = 200

// linksIn finds the web addresses in a text.
func linksIn(text string) []MessageLink {
	if !strings.Contains(text, "://") {
		return nil
	}
	var all []MessageLink
	for _, at := range webAddress.FindAllStringIndex(text, linksMost) {
		end := at[0] + len(strings.TrimRight(text[at[0]:at[1]], ".,;:!?'\")]"))
		if strings.Count(text[at[0]:end], "(") > strings.Count(text[at[0]:end], ")") && end < at[1] && text[end] == ')' {
			end++
		}
		if _, err := url.Parse(text[at[0]:end]); err == nil {
			all = append(all, MessageLink{at[0], end, text[at[0]:end]})
		}
	}
	return all
}

// LinkWords tell before a link is opened where it really leads. Without a Host it is not
// opened, only copied.
type LinkWords struct{ Title, Text, Host, Address string }

// Link tells where a link leads.
func (m *Mail) Link(address string) LinkWords {
	m.mu.Lock()
	t := m.tongue
	m.mu.Unlock()
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" {
		return LinkWords{Title: t.T("This link leads nowhere."), Address: address}
	}
	if u.Scheme != "https" {
		return LinkWords{
			Title: t.T("This page is not encrypted."), Address: address,
			Text: t.T("Anybody on the way to {host} could change what it shows, so it is not opened from a message. Copy the address where you trust it all the same.", "host", u.Hostname()),
		}
	}
	w := LinkWords{Host: u.Hostname(), Address: address, Title: t.T("Open a page of {host}?", "host", u.Hostname())}
	switch {
	case u.User != nil:
		w.Text = t.T("The link is written so that it looks like another one: it leads to {host}, whatever stands before the @.", "host", u.Hostname())
	case strings.HasPrefix(u.Hostname(), "xn--") || strings.Contains(u.Hostname(), ".xn--"):
		w.Text = t.T("The name is written in other letters than it shows. Open it only if you expected this link.")
	default:
		w.Text = t.T("Whoever wrote the message learns that you opened it.")
	}
	return w
}

// filesOf are the attachments in words.
func filesOf(t *i18n.Tongue, files []engine.AttachedFile) ([]MessageFile, string) {
	var all []MessageFile
	var bytes int64
	for _, f := range files {
		if f.Inline && strings.HasPrefix(f.Type, "image/") && f.Size < littlePicture {
			continue // a logo in a signature
		}
		bytes += f.Size
		x := MessageFile{Part: f.Part, Name: clean(f.Name), Size: size(f.Size), Bytes: f.Size, Risky: Runs(f.Name)}
		if x.Risky {
			x.Note = t.T("This file can run a program. Save it only if you know what it is.")
		}
		all = append(all, x)
	}
	switch len(all) {
	case 0:
		return nil, ""
	case 1:
		return all, t.T("1 attachment, {size}", "size", size(bytes))
	default:
		return all, t.T("{n} attachments, {size}", "n", len(all), "size", size(bytes))
	}
}

// littlePicture is the size in octets up to which a picture within the text is taken
// for decoration.
const littlePicture = 20_000
