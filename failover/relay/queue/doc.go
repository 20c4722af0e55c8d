// Package queue keeps what the relay has accepted until a provider has taken it, and what
// happened to it: durable before anybody is told so, and sealed.
//
// # One journal
//
// Everything is in one journal, in one order: the bytes of messages, how each message
// stands, the events about it and the points of the picture of how many wait. So a change
// and the events that tell of it are one write, and one flush of the disk makes a whole
// group durable: while it runs others write, and the next one takes all of them along. A
// message, of 10 KB as of 50 MB, comes in pieces; a long one is written while it comes, and
// counts once the record that names its pieces is on the disk. Only then it is in the
// queue, so that nothing is sent that a power cut could take back.
//
// The journal is a row of files, segments; the oldest goes when it is mostly for nothing
// (Tidy). What still counts in it is written anew at the end, its events move to the past:
// files of compressed blocks, each with the times and IDs in it, which are kept as long as
// the log is. Segments go in their order, because a later one says how a message ended
// that an older one begins.
//
// In memory is the index alone, about 300 bytes a message: a hundred thousand may wait
// before a broken provider.
//
// # Kills, power cuts and full disks
//
// What a killed process left unfinished at the end of the newest segment is cut off: nobody
// was told that it counts. After a flush that failed nothing more is written until the
// queue is opened anew: the kernel tells of such a failure once, and takes for written
// what it could not write. On a full disk nothing more is accepted, and a reserve is given
// up so that what becomes of accepted messages can still be written.
//
// # Damage
//
// Every file has a key of its own, derived from the queue's by its number and a random
// salt (HKDF-SHA256, RFC 5869). Every frame is sealed (AES-256-GCM, NIST SP 800-38D)
// with a random nonce, because a counter would be used twice when a power cut took back
// what had been written; the seal covers also where the frame lies and what it is. So a
// frame that was changed, cut, moved or exchanged is not read as if nothing had happened.
// After a frame that cannot be believed the next one is found by the checksum of its head,
// and believed by its seal. Records are numbered, so that it is known how many are lost.
// Before a provider gets the end of a message the intent is a record, and what came of it
// is another; so where one is lost, the other is left to tell that the message may have
// been sent, and where more are lost, what waits becomes uncertain. A damaged file is kept,
// under another name.
//
// What is not hidden is how many frames there are, how long each is, and when the file was
// written to.
//
// # The files
//
// NNNNNNNN.queue is a segment and NNNNNNNN.past a file of the past, by number in decimal;
// lock is the owner's and reserve is the room that is kept free. Numbers are big-endian.
//
//	header  8  "LBQUEUE" or "LBQPAST", and the version, 1
//	        8  the file's number
//	       32  salt
//	       16  seal over the 48 bytes before, with the nonce 0 that no frame has
//	           the same again, so that one flipped bit does not cost the file
//	frame   4  length of what is sealed, seal included
//	        1  what it is: 1 bytes of a message, 2 a record, 3 a summary, 4 a block, 5 a mark
//	       12  nonce
//	        4  CRC-32C of the 17 bytes before
//	        n  sealed; the 21 bytes before and the frame's offset in the file, in 8
//	           bytes, are its associated data
package queue
