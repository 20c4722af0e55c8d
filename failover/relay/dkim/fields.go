package dkim

import "slices"

// sealed are the header fields that are signed once more than they occur, even where
// they do not: nobody on the way has a reason to add one, and whoever does could make
// the message seem somebody else's, or lead its answers astray.
var sealed = []string{"From", "Reply-To"}

// signed are the header fields that are signed where they occur, once more than they
// do. Where they do not, servers on the way may add them (Exchange adds MIME-Version, others a
// To of undisclosed recipients), so that an absent one is left open.
//
// Left out of what RFC 6376 section 5.4.1 names are the Date, and with it Message-ID,
// since some providers put in their own (Amazon SES Developer Guide, "Manual DKIM
// signing in Amazon SES"), and what lists and forwarders add.
// Content-Transfer-Encoding belongs to the body, whose hash it changes anyway.
var signed = []string{
	"To", "Cc", "Subject", "In-Reply-To", "References", "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
}

// fieldsOf lists what is signed of a header, in the order of the signature's "h="; have
// says how often a field occurs, by its name in lower case.
func fieldsOf(have map[string]int) []string {
	var out []string
	for _, name := range slices.Concat(sealed, signed) {
		n := have[lower(name)]
		if n == 0 && !slices.Contains(sealed, name) {
			continue
		}
		for range n + 1 {
			out = append(out, name)
		}
	}
	return out
}
