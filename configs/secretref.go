package configs

import (
	"regexp"
	"strings"
)

// SecretRef is the name of a secret, written secret:NAME in the file. Package
// configs/secret gives the secret for the name.
type SecretRef string

// String returns the reference as the file writes it.
func (r SecretRef) String() string {
	if r == "" {
		return ""
	}
	return secretPrefix + string(r)
}

// Name returns the secret's name; empty where there is no reference.
func (r SecretRef) Name() string { return string(r) }

// MarshalYAML writes the reference as the file has it.
func (r SecretRef) MarshalYAML() (any, error) { return r.String(), nil }

const secretPrefix = "secret:"

// setShort takes nothing but a reference, or nothing at all. What it refuses may well be a
// password, so that no sentence repeats it.
func (r *SecretRef) setShort(text string) (Problem, bool) {
	if text = strings.TrimSpace(text); text == "" {
		*r = ""
		return Problem{}, true
	}
	name, isRef := strings.CutPrefix(text, secretPrefix)
	if !isRef {
		return Say("{at}: {key} looks like a password written out. Store it with \"lifeboat secret set NAME\" and write secret:NAME here."), false
	}
	if !ValidSecretName(name) {
		return Say("{at}: {key} does not name a secret. After \"secret:\" write a name of lower-case letters, digits and hyphens."), false
	}
	*r = SecretRef(name)
	return Problem{}, true
}

// ValidSecretName reports whether a secret may have the name: lower-case
// letters, digits and single hyphens inside, at most 63 characters. Such names
// and their environment variables correspond one to one.
func ValidSecretName(name string) bool {
	return len(name) <= 63 && regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`).MatchString(name)
}
