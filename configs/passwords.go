package configs

import (
	"slices"
	"strings"
)

// MailboxPassword is a row of a list of passwords. It prints as its address alone.
type MailboxPassword struct {
	Address  string
	Password string
}

// String returns the address.
func (m MailboxPassword) String() string { return m.Address }

// GoString returns the address.
func (m MailboxPassword) GoString() string { return m.Address }

// ReadPasswords reads a table with the columns address and password, as a spreadsheet
// saves it in any of the forms of a recipients file. Rows that are none are told as
// problems, and the rest is taken; no sentence repeats a password. The error is about
// the file as a whole.
func ReadPasswords(file string) (list []MailboxPassword, bad []Problem, err error) {
	data, problem, ok := readFile(file)
	if !ok {
		return nil, nil, problem.at(place{file: file}, "")
	}
	if len(data) > maxFile {
		return nil, nil, Say("{at} is larger than 8 MB, which no list of passwords is. Check that it is the right file.").at(place{file: file}, "")
	}
	text, line, ok := decodeText(data)
	if !ok {
		return nil, nil, Say("{at}: this line is neither UTF-8 nor Shift_JIS. Save the file as \"CSV UTF-8\".").at(place{file, line}, "")
	}
	lines := slices.Collect(strings.Lines(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)))
	header := slices.IndexFunc(lines, func(l string) bool { return strings.TrimSpace(l) != "" })
	address, password := -1, -1
	var comma rune
	if header >= 0 {
		comma = separator(lines[header])
		names, _ := splitRow(lines[header], comma)
		for i, name := range names {
			switch strings.ToLower(strings.TrimSpace(name)) {
			case "address":
				address = i
			case "password", "primary_password":
				password = i
			}
		}
	}
	if address < 0 || password < 0 {
		return nil, nil, Say("{at}: the first line must name the columns: {columns}.", "columns", "address,password").at(place{file, max(header, 0) + 1}, "")
	}
	first := map[string]int{}
	for i := header + 1; i < len(lines); i++ {
		if strings.TrimSpace(lines[i]) == "" {
			continue
		}
		at := place{file, i + 1}
		fields, ok := splitRow(lines[i], comma)
		if !ok || len(fields) <= max(address, password) {
			bad = append(bad, Say("{at}: this row has no address and password. It was left out.").at(at, ""))
			continue
		}
		row := MailboxPassword{Password: fields[password]}
		if row.Address, ok = MailboxAddress(fields[address]); !ok {
			bad = append(bad, Say("{at}: the address of this row is not a mail address in plain half-width letters. It was left out.").at(at, ""))
			continue
		}
		if row.Password == "" {
			bad = append(bad, Say("{at}: there is no password in this row. It was left out.").at(at, ""))
			continue
		}
		if other, twice := first[row.Address]; twice {
			bad = append(bad, Say("{at}: {address} is listed already, at {other}. It was left out.",
				"address", row.Address, "other", place{file, other}.String()).at(at, ""))
			continue
		}
		first[row.Address] = i + 1
		list = append(list, row)
	}
	return list, bad, nil
}
