package line

import (
	"regexp"
	"slices"
	"strings"
)

// keywords is a filter that lets capabilities through, and refuses commands, by the
// words in them.
type keywords struct {
	offers func(capability string) bool
	adds   []string
	// refused are patterns of commands without their tag, in upper case and without
	// quoted strings, and the answers to them.
	refused []refused
	drops   *regexp.Regexp // responses that the server would not give
}

type refused struct {
	pattern *regexp.Regexp
	answer  string
}

// Microsoft365 is a filter that leaves of a server what Microsoft 365 has: no
// CONDSTORE, ENABLE, ESEARCH, LIST-STATUS, SPECIAL-USE, COMPRESS and what rests on
// them, and its answers to those who use them all the same.
func Microsoft365() Filter {
	has := strings.Fields("IMAP4 IMAP4REV1 SASL-IR UIDPLUS MOVE ID UNSELECT CHILDREN IDLE NAMESPACE LITERAL+ LOGINDISABLED STARTTLS")
	return &keywords{
		offers: func(c string) bool { return slices.Contains(has, c) || strings.HasPrefix(c, "AUTH=") },
		refused: []refused{
			{regexp.MustCompile(`^(ENABLE|COMPRESS|NOTIFY|(UID )?SORT|(UID )?THREAD|GETMETADATA|SETMETADATA|GETQUOTAROOT|X[A-Z-]+)\b`), "BAD Command Error. 10"},
			{regexp.MustCompile(`^(SELECT|EXAMINE) .*\(`), "BAD Command Argument Error. 11"},
			{regexp.MustCompile(`^STATUS .*\(.*\b(HIGHESTMODSEQ|MAILBOXID|SIZE)\b`), "BAD Command Argument Error. 11"},
			{regexp.MustCompile(`^LIST (\(|.*\bRETURN\b|.*\()`), "BAD Command Argument Error. 11"},
			{regexp.MustCompile(`^(UID )?FETCH .*\b(MODSEQ|CHANGEDSINCE|EMAILID|THREADID|X-GM-[A-Z]+)\b`), "BAD Command Argument Error. 12"},
			{regexp.MustCompile(`^(UID )?STORE .*\bUNCHANGEDSINCE\b`), "BAD Command Argument Error. 12"},
			{regexp.MustCompile(`^(UID )?SEARCH (RETURN|.*\bMODSEQ)\b`), "BAD Command Argument Error. 11"},
		},
		drops: modSeq,
	}
}

// Without is a filter that hides capabilities, and refuses the commands that need
// ENABLE, CONDSTORE, QRESYNC or COMPRESS where it hides those.
func Without(capabilities ...string) func() Filter {
	return func() Filter {
		k := &keywords{offers: func(c string) bool { return !slices.Contains(capabilities, c) }}
		refuse := map[string]string{
			"ENABLE":           `^ENABLE\b`,
			"CONDSTORE":        `^((SELECT|EXAMINE) .*\(.*\b(CONDSTORE|QRESYNC)\b|STATUS .*\(.*\bHIGHESTMODSEQ\b|(UID )?FETCH .*\b(MODSEQ|CHANGEDSINCE)\b)`,
			"QRESYNC":          `^(ENABLE .*\bQRESYNC\b|(SELECT|EXAMINE) .*\(.*\bQRESYNC\b|UID FETCH .*\bVANISHED\b)`,
			"COMPRESS=DEFLATE": `^COMPRESS\b`,
			"LIST-STATUS":      `^LIST .*\bRETURN .*\bSTATUS\b`,
		}
		for _, c := range capabilities {
			if pattern, ok := refuse[c]; ok {
				k.refused = append(k.refused, refused{regexp.MustCompile(pattern), "BAD This is not known here"})
			}
		}
		if slices.Contains(capabilities, "CONDSTORE") {
			k.drops = modSeq
		}
		return k
	}
}

// modSeq is what a server with CONDSTORE says without being asked.
var modSeq = regexp.MustCompile(`(?i)^\* OK \[(HIGHESTMODSEQ|NOMODSEQ)\b`)

var quoted = regexp.MustCompile(`"(\\.|[^"\\])*"`)

// Command implements [Filter].
func (k *keywords) Command(line string) (forward, refusal string) {
	tag, command, ok := strings.Cut(line, " ")
	if !ok {
		return line, ""
	}
	command = strings.ToUpper(quoted.ReplaceAllString(command, `""`))
	for _, r := range k.refused {
		if r.pattern.MatchString(command) {
			return "", tag + " " + r.answer
		}
	}
	return line, ""
}

var (
	capabilityLine = regexp.MustCompile(`(?i)^(\* CAPABILITY)( .*)$`)
	capabilityCode = regexp.MustCompile(`(?i)^(\S+ OK \[CAPABILITY)([^]]*)(\].*)$`)
	listAttributes = regexp.MustCompile(`(?i)^(\* LIST \()([^)]*)(\).*)$`)
	specialUse     = strings.Fields(`\ALL \ARCHIVE \DRAFTS \FLAGGED \JUNK \SENT \TRASH \IMPORTANT`)
)

// Response implements [Filter].
func (k *keywords) Response(text string, first bool) string {
	if !first {
		return text
	}
	for _, pattern := range []*regexp.Regexp{capabilityLine, capabilityCode} {
		if found := pattern.FindStringSubmatch(text); found != nil {
			return found[1] + k.offered(found[2]) + strings.Join(found[3:], "")
		}
	}
	if k.drops != nil && k.drops.MatchString(text) {
		return ""
	}
	if found := listAttributes.FindStringSubmatch(text); found != nil && !k.offers("SPECIAL-USE") {
		attributes := slices.DeleteFunc(strings.Fields(found[2]), func(a string) bool {
			return slices.Contains(specialUse, strings.ToUpper(a))
		})
		return found[1] + strings.Join(attributes, " ") + found[3]
	}
	return text
}

// offered is a list of capabilities as clients see it, each with a space before it.
func (k *keywords) offered(list string) string {
	out := ""
	for _, c := range strings.Fields(list) {
		if k.offers(strings.ToUpper(c)) {
			out += " " + c
		}
	}
	for _, c := range k.adds {
		out += " " + c
	}
	return out
}
