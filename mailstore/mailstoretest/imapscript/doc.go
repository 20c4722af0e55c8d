// Package imapscript is an IMAP server for tests that says exactly what a script
// says: right answers, wrong ones, half ones, or nothing for ever.
//
// A [Script] is a Go function for one connection. It says lines and expects lines,
// in order; a line that does not match ends the connection and fails the test with a
// transcript of all that was said:
//
//	server := imapscript.Start(t, imapscript.Options{}, func(c *imapscript.Conn) {
//		c.Say("* OK ready")
//		c.Expect("<tag> CAPABILITY")
//		c.Say("* CAPABILITY IMAP4rev1", "<tag> OK done")
//		c.Expect("<tag> UID FETCH <any> (UID BODY.PEEK[])")
//		c.Say("* 1 FETCH (UID 7 BODY[] {1000}")
//		c.Stall()
//	})
//
// In patterns, which are matched without regard to case, <tag> is the command's tag,
// <any> any text and <word> text without spaces; in what is said, <tag> is the tag of
// the command expected last.
package imapscript
