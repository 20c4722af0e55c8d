// Package mailstore holds the words for the mirror of recent mail: what staff read
// while their provider is down. It does no I/O; the packages below it do.
//
// What every part of the mirror keeps:
//
//   - A message's bytes are never changed: what the primary served is what a mail
//     client, an export and the way back give, byte for byte.
//   - The mirror deletes nothing because the primary lost it. What is gone there is
//     hidden here, for a time of grace, and when an unusual share of a folder
//     vanishes at once the mirror stops and asks.
//   - A cursor never passes a message that is not on the disk.
//   - Two messages that differ stay two, whatever their Message-IDs say; one message
//     stays one, however often a reply was lost.
//   - Mail at rest is encrypted.
//
// # Words
//
// An [Account] is a mailbox that somebody signs in to at the primary, with its
// [Folder] values (RFC 9051 calls them mailboxes). A [Message] is one sequence of
// bytes in one account. Where it lies is told by its [Place] values: a folder and
// the [UID] it has there. So a message that bears three Gmail labels is one message
// in three places, and one that was moved has left a place and come to another. The
// same bytes in two accounts are two messages, whose bytes are stored once.
//
// A [Letter] is what a person can read of a message; a [Batch] is what the mirror
// brings into the store in one stroke.
//
// This room and package failover never import each other: mail can be read without
// anything being switched, and switched without anything being mirrored.
package mailstore
