// Package mailstore holds the words for the mirror of recent mail: what staff read
// while their provider is down. The mirror itself is still to come; this page says
// what every part of it will have to keep, so that the first line of it is held to
// that.
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
// This room and package failover never import each other: mail can be read without
// anything being switched, and switched without anything being mirrored.
package mailstore
