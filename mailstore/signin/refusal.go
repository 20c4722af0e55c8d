package signin

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-sasl"

	"lifeboat/mailstore"
)

// refusal makes a sentence of a server's refusal: first by what servers of any kind
// mean by it, then by what it means for this kind of credential.
func refusal(server string, client sasl.Client, r *Refusal) *mailstore.Error {
	e := general(server, r)
	ours, ok := client.(exchange)
	if e == nil && ok {
		e = ours.explain(server, r)
	}
	shown := &Refusal{Status: r.Status, Code: code(r.Code)}
	if ok && !ours.leaks(r.Text) {
		shown.Text = words(r.Text)
	}
	if e == nil {
		e = mailstore.Fail(mailstore.ErrServer,
			"{server} does not understand the sign-in ({answer}). See whether this is the provider's IMAP server.",
			"server", server, "answer", strings.TrimSpace(shown.Error()))
		if r.Status == "NO" {
			e = mailstore.Fail(mailstore.ErrSignIn,
				"{server} refuses the sign-in ({answer}). Check the user and the sign_in in the settings.",
				"server", server, "answer", strings.TrimSpace(shown.Error()))
		}
	}
	return e.Because(shown)
}

// general explains the response codes of RFC 5530 section 3 and what is said in
// words by the large providers, for any credential.
func general(server string, r *Refusal) *mailstore.Error {
	text := strings.ToLower(r.Text)
	if pause, ok := backoff(r.Text); ok {
		e := mailstore.Fail(mailstore.ErrThrottled, "{server} asks for patience. It is tried again by itself.", "server", server)
		e.After = pause
		return e
	}
	switch {
	case r.Code == "LIMIT", r.Code == "INUSE", r.Code == "THROTTLED", strings.Contains(text, "too many") &&
		(strings.Contains(text, "connections") || strings.Contains(text, "attempts") || strings.Contains(text, "login")):
		return mailstore.Fail(mailstore.ErrThrottled,
			"{server} takes no more sign-ins for now. It is tried again by itself; close other mail programs that use these mailboxes.", "server", server)
	case r.Code == "UNAVAILABLE", strings.Contains(text, "temporary authentication failure"), strings.Contains(text, "temporary internal failure"):
		return mailstore.Fail(mailstore.ErrServer,
			"{server} cannot check sign-ins at the moment. It is tried again by itself.", "server", server)
	case r.Code == "PRIVACYREQUIRED":
		return mailstore.Fail(mailstore.ErrUnsupported,
			"{server} lets nobody sign in without encryption. Turn TLS on in the settings of the provider's imap.", "server", server)
	case r.Code == "EXPIRED":
		return mailstore.Fail(mailstore.ErrSignIn,
			"{server} says that the password has expired. Set a new one there, and store it here with lifeboat secret set.", "server", server)
	case r.Code == "CONTACTADMIN":
		return mailstore.Fail(mailstore.ErrSignIn,
			"{server} has locked this mailbox. Its administrator must open it.", "server", server)
	case strings.Contains(text, "not enabled for imap"), strings.Contains(text, "imap access is disabled"), strings.Contains(text, "imap is disabled"):
		return mailstore.Fail(mailstore.ErrSignIn,
			"{server} has IMAP turned off for this mailbox. Turn it on in the provider's administration.", "server", server)
	}
	return nil
}

// longestBackoff bounds how long a server may ask to be left alone.
const longestBackoff = 24 * time.Hour

var backoffTime = regexp.MustCompile(`(?i)suggested backoff time: *(\d{1,12}) *milliseconds`)

// backoff reads the time that Microsoft 365 asks for.
func backoff(text string) (time.Duration, bool) {
	found := backoffTime.FindStringSubmatch(text)
	if found == nil {
		return 0, false
	}
	ms, err := strconv.ParseInt(found[1], 10, 64)
	if err != nil {
		return 0, false
	}
	return min(time.Duration(ms)*time.Millisecond, longestBackoff), true
}

var codeForm = regexp.MustCompile(`^[A-Z0-9-]{1,32}$`)

// code keeps a response code that looks like one.
func code(c string) string {
	if codeForm.MatchString(c) {
		return c
	}
	return ""
}

// words keeps of a server's text what can be its own words: no more than a line of
// it, and nothing so long that it could be a token.
func words(text string) string {
	const longestWord, longestText = 24, 160
	var kept []string
	length := 0
	for _, word := range strings.Fields(text) {
		if len(word) > longestWord || strings.ContainsFunc(word, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			word = "…"
		}
		if length += len(word) + 1; length > longestText {
			kept = append(kept, "…")
			break
		}
		kept = append(kept, word)
	}
	return strings.Join(kept, " ")
}

// echoes reports whether a text holds a secret, or part of a line that was sent: a
// server may quote what it did not understand.
func echoes(text string, secrets ...string) bool {
	for _, secret := range secrets {
		if secret == "" {
			continue
		}
		if strings.Contains(text, secret) {
			return true
		}
		for _, word := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\"'`<>()[]{},;", r) }) {
			word = strings.TrimRight(word, ".…=")
			if len(word) >= shortestEcho && (strings.Contains(secret, word) || strings.Contains(word, secret)) {
				return true
			}
		}
	}
	return false
}

// shortestEcho is how long a piece of a secret must be to count as one.
const shortestEcho = 4
