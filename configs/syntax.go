package configs

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

const (
	maxFile = 8 << 20 // bytes of a settings or CSV file; far above any real one
	bom     = "\ufeff"
)

// parseYAML reads one YAML document as nodes. A file without content gives a
// nil node.
func parseYAML(file string, data []byte) (*yaml.Node, []Problem) {
	fail := func(line int, p Problem) (*yaml.Node, []Problem) {
		return nil, []Problem{p.at(place{file, line}, "")}
	}
	if len(data) > maxFile {
		return fail(0, Say("{at} is larger than 8 MB, which no settings file is. Check that it is the right file."))
	}
	if line := firstInvalid(data); line > 0 {
		return fail(line, Say("{at}: this line is not UTF-8 text. Save the file with the encoding UTF-8."))
	}
	data = bytes.TrimPrefix(data, []byte(bom))
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var document, next yaml.Node
	err := decoder.Decode(&document)
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	if err == nil {
		if err = decoder.Decode(&next); errors.Is(err, io.EOF) {
			return document.Content[0], nil
		}
		if err == nil {
			return fail(next.Line, Say("{at}: a second document begins here. Put all settings into one, without a line of three dashes."))
		}
	}
	line := badLine(data)
	return fail(line, syntaxProblem(lineOf(data, line), err))
}

// firstInvalid returns the number of the first line that is not UTF-8, or 0.
func firstInvalid(data []byte) int {
	if utf8.Valid(data) {
		return 0
	}
	number := 0
	for line := range bytes.Lines(data) {
		number++
		if !utf8.Valid(line) {
			break
		}
	}
	return number
}

func syntaxProblem(line string, err error) Problem {
	if indent := line[:len(line)-len(strings.TrimLeft(line, " \t"))]; strings.Contains(indent, "\t") {
		return Say("{at}: the line begins with a tab. YAML is indented with spaces.").Because(err)
	}
	return Say("{at}: this line is not valid YAML. Check its indentation, quotes and colons, and the line above: {text}",
		"text", show(maskSecrets(strings.TrimSpace(line)))).Because(yamlDetail(err))
}

// maskSecrets hides what follows a word like "password", in case somebody wrote
// one into the file.
func maskSecrets(line string) string {
	secretive := regexp.MustCompile(`(?i)((?:password|passwd|passphrase|secret|token|key)[\w-]*["']?\s*[:=]?\s*)\S.*$`)
	return secretive.ReplaceAllString(line, "$1…")
}

// yamlDetail keeps what the parser says and drops the line that it gives, which
// is often another one.
func yamlDetail(err error) error {
	detail := regexp.MustCompile(`^yaml: (line \d+: )?`).ReplaceAllString(err.Error(), "")
	return errors.New(show(maskSecrets(detail)))
}

// badLine finds the line at which YAML stops being valid: the one after the
// longest valid beginning. The parser's own line is that of a surrounding
// construct, often far above.
func badLine(data []byte) int {
	var ends []int // offsets after each line
	for line := range bytes.Lines(data) {
		offset := len(line)
		if len(ends) > 0 {
			offset += ends[len(ends)-1]
		}
		ends = append(ends, offset)
	}
	valid := func(lines int) bool {
		var n yaml.Node
		return lines == 0 || yaml.Unmarshal(data[:ends[lines-1]], &n) == nil
	}
	good, bad := 0, len(ends)
	for bad-good > 1 {
		if middle := (good + bad) / 2; valid(middle) {
			good = middle
		} else {
			bad = middle
		}
	}
	// A beginning that stops inside a bracket or quotation is invalid too, though
	// nothing is wrong with it: look a little further.
	const further = 100
	for lines := good + 2; lines < min(len(ends), good+further); lines++ {
		if valid(lines) {
			good = lines
		}
	}
	return min(good+1, len(ends))
}

func lineOf(data []byte, number int) string {
	for line := range bytes.Lines(data) {
		if number--; number == 0 {
			return strings.TrimRight(string(line), "\r\n")
		}
	}
	return ""
}
