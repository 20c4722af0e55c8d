package configs

import (
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/width"
)

// Pasted is a recipient out of text that a person pasted, or of a file that another
// program wrote.
type Pasted struct {
	Address                    string
	Kind                       Kind // KindAccount, KindGroup or KindShared
	Aliases                    []string
	PrimaryUser, SecondaryUser string
}

// ReadRecipients reads recipients out of text as people have it: a column of a
// spreadsheet, addresses with names ("Name <a@example.jp>") in any separation, or a table
// with a header, of Lifeboat's own columns or of what the consoles of the usual
// providers export. The text may be UTF-8, UTF-16 with a byte order mark, or Shift_JIS;
// full-width letters count as plain ones. What cannot be read is told line by line, by
// the given name of the text; passwords in a table are not read.
func ReadRecipients(name string, data []byte) ([]Pasted, []Problem) {
	if len(data) > maxFile {
		return nil, []Problem{Say("{at} is larger than 8 MB, which no list of recipients is. Check that it is the right file.").at(place{file: name}, "")}
	}
	text, line, ok := decodeText(data)
	if !ok {
		return nil, []Problem{Say("{at}: this line is neither UTF-8 nor Shift_JIS. Save the file as \"CSV UTF-8\".").at(place{name, line}, "")}
	}
	p := &paste{name: name, first: map[string]int{}}
	lines := slices.Collect(strings.Lines(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)))
	header := slices.IndexFunc(lines, func(l string) bool { return strings.TrimSpace(l) != "" })
	if header >= 0 {
		comma := separator(lines[header])
		if columns, ok := tableHeader(lines[header], comma); ok {
			p.table(lines, header+1, comma, columns)
			return p.found, p.bad
		}
	}
	for i, l := range lines {
		p.line(i+1, l)
	}
	return p.found, p.bad
}

// paste is what was read so far.
type paste struct {
	name  string
	found []Pasted
	bad   []Problem
	first map[string]int // line, by address
}

func (p *paste) fail(line int, problem Problem) {
	p.bad = append(p.bad, problem.at(place{p.name, line}, ""))
}

// take enters an address; false when it was told why not.
func (p *paste) take(line int, text string) (string, bool) {
	address, ok := MailboxAddress(width.Fold.String(text))
	if !ok {
		p.fail(line, Say("{at}: {value} is not a mail address in plain half-width letters. It was left out.", "value", show(text)))
		return "", false
	}
	if other, twice := p.first[address]; twice {
		p.fail(line, Say("{at}: {address} is listed already, at {other}. It was left out.",
			"address", address, "other", place{p.name, other}.String()))
		return "", false
	}
	p.first[address] = line
	return address, true
}

// addressLike finds what may be addresses in a line. The marks that end one are those
// that no address of ours contains, half-width and full-width.
var addressLike = regexp.MustCompile(`[^\s\p{Z}\p{C}<>,;:"'()\[\]{}|、，；：（）「」『』＜＞・]+[@＠][^\s\p{Z}\p{C}<>,;:"'()\[\]{}|、，；：（）「」『』＜＞・]+`)

// line reads a line of no table.
func (p *paste) line(number int, text string) {
	if strings.TrimSpace(text) == "" {
		return
	}
	candidates := addressLike.FindAllString(text, -1)
	if len(candidates) == 0 {
		p.fail(number, Say("{at}: there is no address in \"{value}\". It was left out.", "value", show(strings.TrimSpace(text))))
		return
	}
	kind := KindAccount
	for _, cell := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("\t,;、，", r) }) {
		if k, ok := kindWord(cell); ok {
			kind = k
		}
	}
	for _, c := range candidates {
		if address, ok := p.take(number, strings.Trim(c, ".。")); ok {
			p.found = append(p.found, Pasted{Address: address, Kind: kind})
		}
	}
}

// columnNames are the headers under which programs write what is wanted, in lower case
// and without spaces, hyphens and underscores: ours, those of the consoles of Microsoft
// 365 and Google Workspace, and what people call them.
func columnNames() map[string][]string {
	return map[string][]string{
		"address": {"address", "email", "emailaddress", "mail", "mailaddress", "primarysmtpaddress", "userprincipalname",
			"emailaddress[required]", "groupemail", "メールアドレス", "アドレス", "メール", "電子メール"},
		"kind":           {"kind", "type", "recipienttype", "recipienttypedetails", "種類", "種別", "区分"},
		"aliases":        {"aliases", "alias", "emailaddresses", "proxyaddresses", "エイリアス", "別名"},
		"primary_user":   {"primaryuser"},
		"secondary_user": {"secondaryuser"},
	}
}

// tableHeader finds the columns in a header; ok is false for a line that is none.
func tableHeader(text string, comma rune) (columns map[string]int, ok bool) {
	cells, ok := splitRow(text, comma)
	if !ok || strings.ContainsAny(text, "@＠") {
		return nil, false
	}
	columns = map[string]int{}
	for column, names := range columnNames() {
		for _, name := range names { // the first names are the better ones
			at := slices.IndexFunc(cells, func(c string) bool { return headerWord(c) == name })
			if _, had := columns[column]; at >= 0 && !had {
				columns[column] = at
			}
		}
	}
	_, ok = columns["address"]
	return columns, ok
}

func headerWord(cell string) string {
	return strings.NewReplacer(" ", "", "-", "", "_", "", "　", "").Replace(strings.ToLower(width.Fold.String(strings.TrimSpace(cell))))
}

// table reads the rows below a header.
func (p *paste) table(lines []string, from int, comma rune, columns map[string]int) {
	rows := 0
	for i := from; i < len(lines); i++ {
		if strings.Trim(lines[i], " \t\n,;\"") == "" {
			continue
		}
		fields, count := joinRow(lines[i:], comma)
		if count == 0 {
			p.fail(i+1, Say("{at}: the quotation marks in this row do not match. The row was left out."))
			continue
		}
		cell := func(name string) string {
			if at, ok := columns[name]; ok && at < len(fields) {
				return strings.TrimSpace(fields[at])
			}
			return ""
		}
		p.row(i+1, cell)
		rows++
		i += count - 1
	}
	if rows == 0 {
		p.fail(from, Say("{at}: there are no rows below the names of the columns."))
	}
}

func (p *paste) row(line int, cell func(string) string) {
	text := cell("address")
	if text == "" {
		p.fail(line, Say("{at}: there is no address in this row. It was left out."))
		return
	}
	if inside := addressLike.FindString(text); inside != "" {
		text = inside // "Name <a@example.jp>"
	}
	kind := KindAccount
	if word := cell("kind"); word != "" {
		known, ok := kindWord(word)
		if !ok {
			p.fail(line, Say("{at}: what {value} is, is not known: account, group or shared. It is taken for an account.", "value", show(word)))
			known = KindAccount
		}
		kind = known
	}
	address, ok := p.take(line, text)
	if !ok {
		return
	}
	out := Pasted{Address: address, Kind: kind, PrimaryUser: cell("primary_user"), SecondaryUser: cell("secondary_user")}
	for _, alias := range addressLike.FindAllString(cell("aliases"), -1) {
		if normal, ok := MailboxAddress(width.Fold.String(alias)); ok && normal == address {
			continue // exports list the address itself among its aliases
		}
		if normal, ok := p.take(line, alias); ok {
			out.Aliases = append(out.Aliases, normal)
		}
	}
	p.found = append(p.found, out)
}

// kindWord reads what an address is, in the words of people and of consoles.
func kindWord(text string) (Kind, bool) {
	switch headerWord(text) {
	case "account", "user", "usermailbox", "mailbox", "アカウント", "ユーザー", "ユーザ", "個人":
		return KindAccount, true
	case "group", "mailuniversaldistributiongroup", "mailuniversalsecuritygroup", "distributionlist", "groupmailbox",
		"mailinglist", "グループ", "メーリングリスト", "配布リスト":
		return KindGroup, true
	case "shared", "sharedmailbox", "共有", "共有メールボックス":
		return KindShared, true
	}
	return "", false
}
