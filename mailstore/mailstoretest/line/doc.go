// Package line is a line between a client and a server that is as bad as a test wants
// it: slow, far, stuck, cut. It counts what goes over it. It can also read the IMAP
// that it carries, and make of a good server one that lacks what another one lacks.
package line
