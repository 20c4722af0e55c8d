// Package mirror brings recent mail of every account from the primary into the store,
// and knows how far behind it may be.
//
// A check of an account goes through named stages, a file each:
//
//	list    which folders there are: new, renamed, gone, left out, unchanged
//	diff    what changed in a folder, by what the server is able to tell
//	fetch   the bytes that the account does not have yet, once each
//	keep    arrivals in batches, durable before anything speaks of them
//	flags   changed flags, and the cursor, in one last batch
//	hold    what vanished, when all folders were looked at: hidden, or held
//
// Nothing is remembered between checks but what the store holds, so that a check may
// be killed at any moment: the next one compares again, finds what was stored, and
// fetches the rest. A folder's cursor is written last, with the HIGHESTMODSEQ that
// the server told when the folder was selected (RFC 7162 section 6): what changes
// while the check runs is above it and seen by the next one.
//
// New mail is found by UID alone. A message that the primary lists and does not give
// (a stub in place of a body, a refusal) keeps the cursor below it, so that no later
// check forgets it, and stops nothing else.
//
// What vanished at the primary is hidden here, unless an unusual share of a folder
// vanishes at once: then the folder is held, new mail is still taken in, and a person
// says [Mirror.Accept] or [Mirror.Keep].
//
// The package talks to a server through [Link] and to the store through [Store]; it
// opens no file and no connection of its own.
package mirror
