package configs

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/unicode"
)

// csvRow is a line of a recipients file, not checked yet.
type csvRow struct {
	line        int
	address     string
	kind        string
	primaryUser string
	secondUser  string
	aliases     []string
	password    string
	secondPass  string
	days        string
	skip        string
}

func csvColumns() []string {
	return []string{"address", "kind", "primary_user", "secondary_user", "aliases", "primary_password", "secondary_password", "mirror_days", "skip_mirror"}
}

// csvRecipients reads the recipients file that a setting names. What is wrong
// with the file as a whole is a problem; what is wrong with a row is a warning,
// and the other rows are taken.
func (c *checker) csvRecipients(path string, r *Recipients, only string, seen recipientBook) {
	file := c.s.beside(r.CSV)
	data, _, ok := readFile(file)
	if !ok {
		c.fail(path, Say("{at}: {key} names {file}, which cannot be read. Check the path.", "file", show(file)))
		return
	}
	rows, problems, warnings := parseCSV(file, data)
	c.add(problems)
	c.warnings = append(c.warnings, warnings...)
	for _, row := range rows {
		c.csvRow(row, csvTable{file, only, seen, r})
	}
}

// csvTable is a recipients file being taken over.
type csvTable struct {
	file string
	only string // the one domain that its addresses must be at, if any
	seen recipientBook
	into *Recipients
}

func (c *checker) csvRow(row csvRow, t csvTable) {
	at := place{t.file, row.line}
	kind, ok := csvKind(row.kind)
	if !ok {
		c.warnAt(at, "kind", Say("{at}: {key} is {value}, but must be account, alias, group or shared. The row was left out.",
			"value", show(row.kind)).losing())
		return
	}
	main := Recipient{Address: row.address, Kind: kind, PrimaryUser: row.primaryUser, SecondaryUser: row.secondUser}
	c.csvMirror(row, at, &main)
	if !c.csvAddress(&main.Address, "address", at, t) {
		return
	}
	main.fillUsers()
	t.into.rows = append(t.into.rows, main)
	for _, alias := range row.aliases {
		if c.csvAddress(&alias, "aliases", at, t) {
			t.into.rows = append(t.into.rows, Recipient{Address: alias, Kind: KindAlias, Of: main.Address})
		}
	}
}

// csvMirror takes what a row says for the mirror and for sending. Whatever is wrong with it, the
// address is a recipient all the same.
func (c *checker) csvMirror(row csvRow, at place, into *Recipient) {
	for _, cell := range []struct {
		column, text string
		into         *SecretRef
	}{{"primary_password", row.password, &into.PrimaryPassword}, {"secondary_password", row.secondPass, &into.SecondaryPassword}} {
		if _, ok := cell.into.setShort(cell.text); !ok {
			c.warnAt(at, cell.column, Say("{at}: {key} looks like a password written out, and is not used. Take the column out of this file, and store such a list with \"lifeboat secret set --csv FILE\"."))
		}
	}
	if row.days != "" {
		days, err := strconv.Atoi(row.days)
		if err != nil || days < 1 || days > mostMirrorDays {
			c.warnAt(at, "mirror_days", Say("{at}: {key} is {value}, but must be a number of days from 1 to {most}. The mirror's usual number is taken.",
				"value", show(row.days), "most", strconv.Itoa(mostMirrorDays)))
		} else {
			into.MirrorDays = days
		}
	}
	if row.skip != "" {
		skip, ok := yesOrNo(row.skip)
		if into.SkipMirror = skip; !ok {
			c.warnAt(at, "skip_mirror", Say("{at}: {key} is {value}, but must be yes or no. The mailbox is mirrored.", "value", show(row.skip)))
		}
	}
}

// csvAddress takes an address out of a row, or says why not.
func (c *checker) csvAddress(address *string, column string, at place, t csvTable) bool {
	if *address == "" {
		c.warnAt(at, column, Say("{at}: there is no address in this row. It was left out.").losing())
		return false
	}
	written := *address
	switch entry := t.seen.enter(address, t.only, at); entry.verdict {
	case taken:
		return true
	case foreign:
		c.warnAt(at, column, entry.warning(*address))
		return true
	case noAddress:
		c.warnAt(at, column, Say("{at}: {value} is not a mail address in plain half-width letters. It was left out.",
			"value", show(written)).losing())
	case listed:
		c.warnAt(at, column, Say("{at}: {address} is listed already, at {other}. It was left out.",
			"address", *address, "other", entry.other.String()))
	case elsewhere:
		c.warnAt(at, column, Say("{at}: {address} is not at {domain}, whose recipients these are. It was left out.",
			"address", *address, "domain", t.only).losing())
	}
	return false
}

func (c *checker) warnAt(at place, key string, p Problem) {
	c.warnings = append(c.warnings, p.at(at, key))
}

func csvKind(text string) (Kind, bool) {
	switch strings.ToLower(text) {
	case "", "account", "user":
		return KindAccount, true
	case "alias":
		return KindAlias, true
	case "group":
		return KindGroup, true
	case "shared", "shared_mailbox":
		return KindShared, true
	}
	return "", false
}

// parseCSV reads a table (RFC 4180) with a header. The columns may stand in any
// order, columns of other names are ignored, and the separator may be a comma, a
// semicolon or a tab, as the office program's language has it. Several aliases
// are separated by spaces, commas or semicolons.
func parseCSV(file string, data []byte) (rows []csvRow, problems, warnings []Problem) {
	fail := func(line int, p Problem) ([]csvRow, []Problem, []Problem) {
		return nil, []Problem{p.at(place{file, line}, "")}, nil
	}
	if len(data) > maxFile {
		return fail(0, Say("{at} is larger than 8 MB, which no list of recipients is. Check that it is the right file."))
	}
	text, line, ok := decodeText(data)
	if !ok {
		return fail(line, Say("{at}: this line is neither UTF-8 nor Shift_JIS. Save the file as \"CSV UTF-8\"."))
	}
	lines := slices.Collect(strings.Lines(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)))
	first := slices.IndexFunc(lines, func(l string) bool { return strings.TrimSpace(l) != "" })
	if first < 0 {
		return fail(0, Say("{at} is empty. Its first line must name the columns: {columns}.",
			"columns", strings.Join(csvColumns(), ",")))
	}
	comma := separator(lines[first])
	header, _ := splitRow(lines[first], comma)
	column := map[string]int{}
	for i, name := range header {
		name = strings.ToLower(strings.TrimSpace(name))
		if name == "password" {
			name = "primary_password"
		}
		column[name] = i
		if meant := nearest(name, csvColumns()); meant != "" && meant != name {
			warnings = append(warnings, Say("{at}: the column {name} is not used. Did you mean {meant}?",
				"name", show(name), "meant", meant).at(place{file, first + 1}, ""))
		}
	}
	if _, ok := column["address"]; !ok {
		return fail(first+1, Say("{at}: there is no column \"address\". The first line must name the columns: {columns}.",
			"columns", strings.Join(csvColumns(), ",")))
	}
	rows, bad := readRows(lines, first+1, comma, column)
	for _, line := range bad {
		warnings = append(warnings, Say("{at}: the quotation marks in this row do not match. The row was left out.").losing().
			at(place{file, line}, ""))
	}
	return rows, nil, warnings
}

// readRows reads the lines from an index on, and returns the numbers of those
// that are no rows.
func readRows(lines []string, from int, comma rune, column map[string]int) (rows []csvRow, bad []int) {
	for i := from; i < len(lines); i++ {
		if strings.Trim(lines[i], " \t\n,;\"") == "" {
			continue
		}
		fields, count := joinRow(lines[i:], comma)
		if count == 0 {
			bad = append(bad, i+1)
			continue
		}
		cell := func(name string) string {
			if at, ok := column[name]; ok && at < len(fields) {
				return strings.TrimSpace(fields[at])
			}
			return ""
		}
		rows = append(rows, csvRow{
			line: i + 1, address: cell("address"), kind: cell("kind"),
			primaryUser: cell("primary_user"), secondUser: cell("secondary_user"),
			password: cell("primary_password"), secondPass: cell("secondary_password"), days: cell("mirror_days"), skip: cell("skip_mirror"),
			aliases: strings.FieldsFunc(cell("aliases"), func(r rune) bool { return strings.ContainsRune(" \t\n,;", r) }),
		})
		i += count - 1
	}
	return rows, bad
}

// joinRow reads a row that may go on over some lines inside quotation marks, and
// returns how many lines it takes; 0 when it is no row. One mark too many must
// not swallow the rest of the file, hence line by line.
func joinRow(lines []string, comma rune) (fields []string, count int) {
	const most = 50 // lines in one cell
	row, marks := "", 0
	for i, line := range lines[:min(len(lines), most)] {
		row += line
		if marks += strings.Count(line, `"`); marks%2 != 0 {
			continue
		}
		if fields, ok := splitRow(row, comma); ok {
			return fields, i + 1
		}
		return nil, 0
	}
	return nil, 0
}

func splitRow(row string, comma rune) ([]string, bool) {
	r := csv.NewReader(strings.NewReader(row))
	r.Comma = comma
	r.FieldsPerRecord = -1
	fields, err := r.Read()
	return fields, err == nil
}

// separator guesses what stands between the columns from the header.
func separator(header string) rune {
	best := ','
	for _, r := range ";\t" {
		if strings.Count(header, string(r)) > strings.Count(header, string(best)) {
			best = r
		}
	}
	return best
}

// decodeText turns a file into UTF-8: UTF-8 with or without a byte order mark,
// UTF-16 with one, or Shift_JIS (as Windows extends it), which Excel writes in
// Japan. If it is neither, line is where UTF-8 ends.
func decodeText(data []byte) (text string, line int, ok bool) {
	var from encoding.Encoding
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		from = unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM)
	case utf8.Valid(data):
		return strings.TrimPrefix(string(data), bom), 0, true
	default:
		from = japanese.ShiftJIS
	}
	decoded, err := from.NewDecoder().Bytes(data)
	if err != nil || bytes.ContainsRune(decoded, utf8.RuneError) {
		return "", firstInvalid(data), false
	}
	return string(decoded), 0, true
}
