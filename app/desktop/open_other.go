//go:build !windows && !darwin

package desktop

import "golang.org/x/sys/unix"

// opener is the freedesktop.org one.
func opener(target string) (string, []string) { return "xdg-open", []string{target} }

// originAttribute is where a file's origin is kept, by the freedesktop.org's common
// extended attributes.
const originAttribute = "user.xdg.origin.url"

// MarkFromInternet marks a file as having come from the internet. from is the address
// that it came from, or empty.
func MarkFromInternet(file, from string) error {
	if from = origin(from); from == "" {
		from = "about:internet"
	}
	return markRefused(file, unix.Setxattr(file, originAttribute, []byte(from), 0))
}
