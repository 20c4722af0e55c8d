// Package store keeps the mirrored mail: the bytes of messages, and the index of
// where they lie and what they are.
//
// # What lies where
//
//	index.db    SQLite: accounts, folders, messages, places, words to search for
//	segments/   the bytes of messages, see package segment
//	index.copy  the index's rows as they were within the last day
//	lock        held by the one engine that owns the store
//
// A message is a row for an account and a hash; its bytes are a row of their own, which
// all accounts share. A place is a message in a folder under a UIDVALIDITY and a UID.
// Folders and accounts hold sums of what is in them, written with every change, so that
// nobody counts.
//
// # Durable
//
// [Store.Apply] waits until the bytes of a batch are on the disk, and then writes rows
// and cursor in one transaction, which is on the disk when it returns: the log (WAL) is
// flushed with every commit, which is not this build's default, and is read back when
// the store is opened. So after a kill or a power cut the index names no bytes that
// are missing, and no cursor is past a message that is. What is the other way round,
// bytes that no row names, a tidying finds and frees ([Store.Retain]).
//
// Encryption makes a block of 4 KiB the smallest thing that a torn write can spoil. A
// commit is padded to such a block, so that one cut short takes nothing of those before it.
//
// # Encrypted, and believed only when it is sound
//
// The index is encrypted page by page (Adiantum), log and journals as well. That hides
// and does not authenticate; but any change of a page makes noise of all of it, and each
// page bears a checksum within, so a flipped bit is an error and never a wrong answer.
// What it cannot notice is a page, or the whole file, exchanged for an older one of its own.
// Segments are authenticated, and every body is named by its hash.
// [Store.Verify] reads everything over, and [Rebuild] makes a new index of what is
// left of a damaged one. A log that was damaged after a kill ends for SQLite at the damage: what was
// committed after that is forgotten together with the cursor, and is fetched again.
//
// # One writes, many read
//
// One process owns the store (a lock on a file that the system lets go of when the
// process ends), and has one connection that writes. Readers, in the same process or another,
// never wait for it, and each of their statements sees one moment.
//
// # Changes of the format
//
// The index's version is counted in the file, and each step from one version to the
// next is a migration that is never changed again. What a newer version wrote is not
// touched.
package store
