// Package submit takes mail in from staff, printers and programs: SMTP submission
// (RFC 6409) into the relay's queue.
package submit
