// Package segment keeps the bytes of messages: compressed, sealed, and appended to a
// few large files that are never rewritten.
//
// A file for each message would cost an fsync and a name each, and tell whoever sees
// the folder how many there are and how long they are; a database would write every
// byte twice. Here a batch of messages is one run of appends and one fsync, and what
// is written once is only ever read, copied by a backup, or removed as a whole.
//
// # Bodies and frames
//
// A [Writer] takes a body's bytes, hashes them, and cuts them into frames of 1 MiB, so
// that memory does not grow with the message. Each frame is compressed (Zstandard, RFC
// 8878, unless that does not help) and sealed (AES-256-GCM, NIST SP 800-38D). A
// body of one frame, as most are, is found by the place of that frame; a longer one
// by the place of one more, its index, that names the others. That place is a [Ref],
// a few bytes to be kept by whoever wants the body back. A body lies in one segment as
// a whole, so that a segment none of whose bodies is wanted any more can go.
//
// # What is sealed, and against what
//
// Every segment has a key of its own, derived from the store's by the segment's
// number and a random salt (HKDF-SHA256, RFC 5869). A frame's nonce is random: a
// counter would be used twice when a power cut took back what had been written, or
// when somebody goes on with a copy of the folder. The seal also covers where the
// frame lies, what it is and how long, and the index covers the nonces of the frames
// that it names. So a frame that was changed, cut, moved, exchanged for another or
// replaced by an older one is not read as if nothing had happened: it is
// [lifeboat/mailstore.ErrDamaged].
//
// What is not hidden is how many frames there are, how long each is when compressed,
// and when it was written.
//
// # Kills, power cuts and full disks
//
// Nothing counts before [Files.Sync] has returned. What a killed process left
// unfinished at the end of a segment is in nobody's way: no Ref names it, and the next
// process appends after it. What a full disk did not take is cut off again. After
// an fsync that failed nothing more is written until the folder is opened anew: the
// kernel tells of such a failure once, and takes for written what it could not write.
//
// One process owns the folder and appends; any number may read beside it, each
// with the Refs that the owner has given out. The caller sees to the one owner.
//
// # The file
//
// NNNNNNNN.seg, the number in decimal, holds its header twice, so that one flipped
// bit does not cost the whole segment, and then frames. Numbers are big-endian.
//
//	header  8  "LBSEGMT" and the version, 1
//	        8  the segment's number
//	       32  salt
//	       16  seal over the 48 bytes before, with the nonce 0 that no frame has
//	frame   4  length of what is sealed, seal included
//	        4  length before compression
//	        1  what it is: 0 a body, 1 a part of one, 2 an index; plus 16 if compressed
//	       12  nonce
//	        n  sealed; the 21 bytes before and the frame's offset in the file, in 8
//	           bytes, are its associated data
package segment
