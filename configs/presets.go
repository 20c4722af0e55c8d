package configs

import (
	_ "embed"
	"reflect"
	"slices"
	"strings"
)

//go:embed presets.yaml
var presetsYAML []byte

//go:embed dnshosts.yaml
var dnsHostsYAML []byte

// Preset is a mail provider that is known by name: its settings, and how to
// recognise it. presets.yaml lists them with their sources.
type Preset struct {
	Name          string     `yaml:"name"`
	Title         string     `yaml:"title"` // as people call it
	MXPatterns    []string   `yaml:"mx_patterns"`
	MX            []MX       `yaml:"mx"` // with placeholders
	IMAP          Endpoint   `yaml:"imap"`
	Submission    Endpoint   `yaml:"submission"`
	SPFInclude    string     `yaml:"spf_include"`
	DKIMSelectors []Selector `yaml:"dkim_selectors"` // with placeholders, some of which only the provider can fill
	SendingLimits Limits     `yaml:"sending_limits"`
	StatusPage    string     `yaml:"status_page"`
	// SignIn is the usual way of signing in to its mailboxes, and MirrorLimits how much
	// of itself it lets a mirror have.
	SignIn       string       `yaml:"sign_in"`
	MirrorLimits MirrorLimits `yaml:"mirror_limits"`
	// Needs names the keys that the settings must add: mx, imap, submission.
	Needs []string `yaml:"needs"`
	// Console is what to do at its web console to make it the secondary, in order, and
	// ConsolePage where that is, as an https address; empty: it differs.
	Console     []ConsoleStep `yaml:"console"`
	ConsolePage string        `yaml:"console_page"`
}

// ConsoleStep is something to do at a provider's web console.
type ConsoleStep struct {
	// Say is an English template, the key of its translation. Its parts are {domain}, the
	// mail domain, and {count}, how many values there are to copy.
	Say string `yaml:"say"`
	// Copy names what is entered there: domain, accounts, aliases, groups or shared;
	// empty: nothing that is known here.
	Copy string `yaml:"copy"`
}

// DNSHost is a DNS host recognised by its name servers.
type DNSHost struct {
	Name        string   `yaml:"name"`
	Title       string   `yaml:"title"`
	Host        string   `yaml:"host"`    // for DNS.Host
	Console     string   `yaml:"console"` // for Manual.Console
	NameServers []string `yaml:"name_servers"`
	// Or names other DNS hosts that use the same name servers.
	Or []string `yaml:"or"`
}

// Presets lists the known providers; the last one, generic, stands for any
// other.
func Presets() []Preset { return embedded[Preset]("presets.yaml", presetsYAML) }

// DNSHosts lists the known DNS hosts.
func DNSHosts() []DNSHost { return embedded[DNSHost]("dnshosts.yaml", dnsHostsYAML) }

// embedded reads a list of ours. The tests see that nothing is wrong with it.
func embedded[T any](file string, data []byte) []T {
	var list []T
	if root, problems := parseYAML(file, data); len(problems) == 0 {
		newDecoder(file, places{}).decode(root, reflect.ValueOf(&list).Elem(), "")
	}
	return list
}

// PresetNamed returns the preset that settings call by a name.
func PresetNamed(name string) (Preset, bool) { return presetNamed(Presets(), name) }

func presetNamed(presets []Preset, name string) (Preset, bool) {
	i := slices.IndexFunc(presets, func(p Preset) bool { return p.Name == name })
	if i < 0 {
		return Preset{}, false
	}
	return presets[i], true
}

// Recognise tells a domain's provider from its MX hosts, the preferred ones
// first: the preset that most of them match, and of equals the one met first.
func Recognise(mxHosts []string) (Preset, bool) {
	return mostMatched(Presets(), mxHosts, func(p Preset) []string { return p.MXPatterns })
}

// RecogniseDNSHost tells who hosts a domain's DNS from the names of its
// authoritative servers.
func RecogniseDNSHost(nameServers []string) (DNSHost, bool) {
	return mostMatched(DNSHosts(), nameServers, func(h DNSHost) []string { return h.NameServers })
}

func mostMatched[T any](known []T, names []string, patterns func(T) []string) (best T, ok bool) {
	most, earliest := 0, 0
	for _, k := range known {
		count, first := 0, 0
		for i, name := range names {
			name = strings.ToLower(strings.TrimSuffix(name, "."))
			if slices.ContainsFunc(patterns(k), func(p string) bool { return matches(p, name) }) {
				if count++; count == 1 {
					first = i
				}
			}
		}
		if count > most || count == most && count > 0 && first < earliest {
			best, most, earliest, ok = k, count, first, true
		}
	}
	return best, ok
}

// matches reports whether a pattern with * for anything fits the whole name.
func matches(pattern, name string) bool {
	parts := strings.Split(pattern, "*")
	rest, ok := strings.CutPrefix(name, parts[0])
	if !ok {
		return false
	}
	for _, part := range parts[1:max(len(parts)-1, 1)] {
		_, after, ok := strings.Cut(rest, part)
		if !ok {
			return false
		}
		rest = after
	}
	if len(parts) == 1 {
		return rest == ""
	}
	return strings.HasSuffix(rest, parts[len(parts)-1])
}
