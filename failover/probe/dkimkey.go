package probe

import (
	"encoding/base64"
	"slices"
	"strings"
)

// dkimKey is a DKIM key record (RFC 6376 section 3.6.1).
type dkimKey struct {
	key       string // of "p=", base64 without white space; empty: revoked
	testing   bool   // "t=y"
	signsMail bool   // RSA, SHA-256 and mail are allowed
}

// parseDKIMKey reads a key record. A record that is none, or of a kind of key that is
// not base64, is not ok; unknown tags are ignored.
func parseDKIMKey(text string) (dkimKey, bool) {
	tags := map[string]string{}
	for i, part := range strings.Split(text, ";") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		name, value, isTag := strings.Cut(part, "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if _, twice := tags[name]; !isTag || twice || name == "" || name == "v" && (i != 0 || value != "DKIM1") {
			return dkimKey{}, false // section 3.2; "v=" comes first if at all
		}
		tags[name] = value
	}
	key, there := tags["p"]
	key = strings.Join(strings.Fields(key), "")
	if _, err := base64.StdEncoding.DecodeString(key); !there || err != nil {
		return dkimKey{}, false
	}
	allows := func(tag, what string) bool {
		list, given := tags[tag]
		return !given || has(list, what) || tag == "s" && has(list, "*")
	}
	return dkimKey{
		key: key, testing: has(tags["t"], "y"),
		signsMail: allows("k", "rsa") && allows("h", "sha256") && allows("s", "email"),
	}, true
}

// has looks for a word in a list with colons.
func has(list, word string) bool {
	return slices.ContainsFunc(strings.Split(list, ":"), func(w string) bool { return strings.TrimSpace(w) == word })
}
