// Package imaplink holds connections to an IMAP server.
package imaplink
