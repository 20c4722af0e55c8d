package mime

import (
	"strings"

	"lifeboat/mailstore"
)

// maxAddresses is how many addresses of a field are read.
const maxAddresses = 5000

// parseAddresses reads a list of addresses (RFC 5322 section 3.4) as people and
// programs write it: names with or without quotes, encoded words anywhere, comments
// as names, brackets that never close, groups, semicolons as commas.
func parseAddresses(raw []byte, charset string) []mailstore.Address {
	if len(raw) == 0 {
		return nil
	}
	p := addressParser{text: unfoldAs(raw, charset)}
	for p.at < len(p.text) && len(p.found) < maxAddresses {
		p.step()
	}
	p.flush()
	return p.found
}

type addressParser struct {
	text    string
	at      int
	phrase  strings.Builder // the name, its encoded words not decoded yet
	comment string
	address string
	bracket bool // there was a "<"
	inGroup bool
	group   string // the name of a group in which nobody was named yet
	found   []mailstore.Address
}

func (p *addressParser) step() {
	switch c := p.text[p.at]; c {
	case '"':
		p.at++
		p.quoted()
	case '(':
		p.at++
		p.comment = p.nested()
	case '<':
		p.at++
		p.angle()
	case ',', ';':
		p.at++
		p.flush()
		if c == ';' {
			p.endGroup()
		}
	case ':':
		p.at++
		if phrase := p.phrase.String(); !strings.Contains(phrase, "@") && strings.TrimSpace(phrase) != "" && strings.ContainsAny(p.text[p.at:], ";,@") {
			p.inGroup, p.group = true, phrase
			p.phrase.Reset()
			return
		}
		p.phrase.WriteByte(c)
	case '=':
		if strings.HasPrefix(p.text[p.at:], "=?") {
			if _, length := parseWord(p.text[p.at:]); length > 0 {
				p.phrase.WriteString(p.text[p.at : p.at+length])
				p.at += length
				return
			}
		}
		p.phrase.WriteByte(c)
		p.at++
	default:
		p.phrase.WriteByte(c)
		p.at++
	}
}

// quoted reads a quoted string; one that never closes goes up to the next "<".
func (p *addressParser) quoted() {
	rest := p.text[p.at:]
	end, escaped := -1, false
	for i := 0; i < len(rest); i++ {
		if rest[i] == '\\' {
			i++
			escaped = true
		} else if rest[i] == '"' {
			end = i
			break
		}
	}
	if end < 0 {
		if end = strings.IndexAny(rest, "<"); end < 0 {
			end = len(rest)
		}
		p.phrase.WriteString(rest[:end])
		p.at += end
		return
	}
	text := rest[:end]
	if escaped {
		text = unescape(text)
	}
	if strings.HasPrefix(rest[end+1:], "@") { // a local part in quotes
		text = `"` + text + `"`
	}
	p.phrase.WriteString(text)
	p.at += end + 1
}

func unescape(text string) string {
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+1 < len(text) {
			i++
		}
		out.WriteByte(text[i])
	}
	return out.String()
}

// nested reads a comment, with those inside it.
func (p *addressParser) nested() string {
	start, depth := p.at, 1
	for ; p.at < len(p.text); p.at++ {
		switch p.text[p.at] {
		case '\\':
			p.at++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				out := p.text[start:p.at]
				p.at++
				return unescape(out)
			}
		}
	}
	p.at = len(p.text)
	return unescape(p.text[min(start, len(p.text)):])
}

// angle reads what stands in angle brackets; without a closing one, up to a comma.
func (p *addressParser) angle() {
	rest := p.text[p.at:]
	end := strings.IndexAny(rest, ">")
	if comma := strings.IndexByte(rest, ','); end < 0 || comma >= 0 && comma < end && !strings.HasPrefix(rest, "@") {
		if end = comma; end < 0 {
			end = len(rest)
		}
		p.address, p.bracket = rest[:end], true
		p.at += end
		return
	}
	p.address, p.bracket = rest[:end], true
	p.at += end + 1
	for p.at < len(p.text) && p.text[p.at] == '>' {
		p.at++
	}
}

// flush ends an address.
func (p *addressParser) flush() {
	name, address := p.phrase.String(), strings.TrimLeft(p.address, "< \t")
	if !p.bracket {
		name, address = splitBare(name)
		if name == "" {
			name = p.comment
		}
	} else if strings.TrimSpace(name) == "" {
		name = p.comment
	}
	if at := strings.LastIndexByte(address, ':'); at >= 0 && strings.HasPrefix(address, "@") {
		address = address[at+1:] // a route, RFC 5322 section 4.4
	}
	a := mailstore.Address{Name: personName(name), Address: clean(decodeWords(strings.TrimSpace(strings.TrimPrefix(address, "mailto:"))))}
	if strings.EqualFold(a.Name, a.Address) {
		a.Name = ""
	}
	p.phrase.Reset()
	p.comment, p.address, p.bracket = "", "", false
	if a != (mailstore.Address{}) {
		p.group = ""
		p.found = append(p.found, a)
	}
}

// endGroup names a group in which there is nobody: "undisclosed recipients".
func (p *addressParser) endGroup() {
	if p.inGroup && p.group != "" {
		if name := personName(p.group); name != "" {
			p.found = append(p.found, mailstore.Address{Name: name})
		}
	}
	p.inGroup, p.group = false, ""
}

// splitBare finds the address in a text without angle brackets.
func splitBare(text string) (name, address string) {
	text = strings.TrimSpace(text)
	if !strings.Contains(text, "@") {
		return text, ""
	}
	words := strings.Fields(text)
	for i := len(words) - 1; i >= 0; i-- {
		if strings.Contains(words[i], "@") && !strings.HasPrefix(words[i], "=?") {
			return strings.Join(append(words[:i:i], words[i+1:]...), " "), words[i]
		}
	}
	return text, ""
}

// personName decodes a name and takes away the quotes that some programs put around
// it once more.
func personName(name string) string {
	name = clean(decodeWords(name))
	for len(name) > 1 && (name[0] == '"' || name[0] == '\'') && name[len(name)-1] == name[0] {
		name = strings.TrimSpace(name[1 : len(name)-1])
	}
	return name
}

// messageIDs reads the message-ids of a field, without their angle brackets.
func messageIDs(raw []byte) []string {
	text := clean(unfold(raw))
	var out []string
	for len(out) < 1000 {
		from := strings.IndexByte(text, '<')
		if from < 0 {
			break
		}
		to := strings.IndexAny(text[from:], ">")
		if to < 0 {
			break
		}
		if id := strings.TrimSpace(text[from+1 : from+to]); id != "" {
			out = append(out, id)
		}
		text = text[from+to+1:]
	}
	return out
}

// messageID reads a Message-ID; one without brackets is taken as it is.
func messageID(raw []byte) string {
	if ids := messageIDs(raw); len(ids) > 0 {
		return ids[0]
	}
	return cutText(strings.Trim(clean(unfold(raw)), "<> "), 1000)
}
