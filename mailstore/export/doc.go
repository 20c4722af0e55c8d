// Package export takes mail out of the mirror as files that any program reads, and
// takes mail files of others in: to hand somebody their mail, to move it elsewhere,
// and to seed a mirror whose primary is down already.
//
// It knows nothing of the store: what is exported comes as a sequence of [Message]
// values that can be opened, and what is imported goes as one. Both ways memory does
// not grow with the messages, nor with how many there are.
//
// What is exported is no longer encrypted. The files are their owner's alone.
//
// # What an export looks like
//
// EML is a folder with a folder for each account and mail folder, and in it a file for
// each message, byte for byte as the primary served it. Mbox is a folder with a file for
// each mail folder. Zip is one file with all of EML in it. Names are safe on every
// system: Windows' reserved names and characters, and names that differ by case
// alone, are made others.
//
// Every export holds two more files. SHA256SUMS is what "sha256sum -c SHA256SUMS"
// reads. manifest.json tells for every message its file, SHA-256, size, account,
// folder, UID, flags and when it was received, which [Read] takes up again, and it
// names the messages that were left out since they are damaged.
//
// An export is made under another name, with ".partial-" in it, and gets its own when
// it is complete and on the disk: what was killed never looks complete.
//
// # Mbox, there and back
//
// The form is mboxrd: every message begins with a line "From SENDER DATE", and in
// it any line that begins with "From ", or with ">"s before that, gets one more
// ">". Taking one away is the exact inverse. Nothing else is changed: CRLF, bare CR
// and bare LF stay what they are, and no header is added. The blank line after a
// message is not part of it. A message that does not end with a line feed gets one more
// before that, and SENDER says so: it is mboxrd@lifeboat, or
// mboxrd-no-newline@lifeboat.
//
// Mailboxes of other programs are read leniently: mboxrd and mboxo alike, mboxcl and
// mboxcl2 by their Content-Length as long as it leads to another message, Thunderbird's,
// and Gmail's Takeout with its labels. Their messages stay as they are in the file,
// with the Status headers that such programs add.
package export
