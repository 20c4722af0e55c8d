package configs

import (
	"strconv"
	"strings"
)

// MX is a mail exchanger of a provider (RFC 5321 section 5.1): the lower
// preference is tried first. The host may contain placeholders (see
// [Settings.ProvidersOf]) until they are filled.
type MX struct {
	Preference uint16 `yaml:"preference"`
	Host       string `yaml:"host"`
}

// String returns the MX as the settings write it: "10 mx1.example.net".
func (m MX) String() string { return strconv.Itoa(int(m.Preference)) + " " + m.Host }

// MarshalYAML writes the MX as String does.
func (m MX) MarshalYAML() (any, error) { return m.String(), nil }

// setShort reads "10 mx1.example.net". The host itself is checked once its
// placeholders are filled.
func (m *MX) setShort(text string) (Problem, bool) {
	fields := strings.Fields(text)
	if len(fields) == 1 {
		return Say("{at}: {key} has no preference. Write a number before the host, as in \"10 {value}\".",
			"value", show(fields[0])), false
	}
	if len(fields) != 2 {
		return Say("{at}: {key} is \"{value}\", but must be a preference and a host, as in \"10 mx1.example.net\".",
			"value", show(text)), false
	}
	preference, err := strconv.ParseUint(fields[0], 10, 16)
	if err != nil {
		return Say("{at}: {key} begins with {value}, but the preference must be a number from 0 to 65535.",
			"value", show(fields[0])), false
	}
	*m = MX{Preference: uint16(preference), Host: fields[1]}
	return Problem{}, true
}

// mxHost checks and normalises the host of an MX whose placeholders are filled.
func mxHost(text string) (host string, problem Problem, ok bool) {
	if text == "." {
		return "", Say("{at}: {key} is the null MX, which means that the domain takes no mail. Name the provider's host."), false
	}
	if _, isAddress := hostPort(text, 25, true); isAddress {
		return "", Say("{at}: {key} is the address {value}, but an MX must be a host name. Ask the provider for its name.",
			"value", show(text)), false
	}
	if open := strings.IndexByte(text, '{'); open >= 0 {
		return "", Say("{at}: {key} has the placeholder {value}, which nothing fills. The placeholders are {known}.",
			"value", show(text[open:]), "known", strings.Join(placeholders(), ", ")), false
	}
	host, ok = hostName(text)
	if !ok {
		return "", Say("{at}: {key} has the host {value}, which is not a full host name. Write it like mx1.example.net.",
			"value", show(text)), false
	}
	return host, Problem{}, true
}
