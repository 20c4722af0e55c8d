// Package export takes mail out of the mirror as files that any program reads, and
// mail files of others in.
package export
