// Package keys keeps the key that the mirrored mail is encrypted with.
//
// There is one data key, of 256 random bits, made once and never changed: whatever is
// encrypted uses keys derived from it. It is written nowhere. What is written, in one
// file beside the mail, are slots, as LUKS has them: copies of the data key, each
// sealed for another way to open it. Any one slot opens everything; slots can be added
// and revoked without touching the mail.
//
// # The kinds of slots, and what each protects against
//
// In the keychain ([KeychainOpener]) lies a random secret that opens the slot. Whoever
// has the data folder, a backup of it or the disk, but cannot sign in as that person,
// reads nothing. Programs that run as that person may.
//
// A passphrase ([PassphraseOpener]) is stretched by Argon2id (RFC 9106), so that each
// guess costs 64 MiB and a tenth of a second. It is as strong as it is hard to guess.
//
// This machine ([MachineOpener]) is for services that start with nobody there. A file
// of random bytes outside the data folder opens the slot, together with the id that
// the operating system has for the machine. So the data folder alone opens nothing,
// nor does that file alone, nor both on another machine. It does not protect against
// whoever has the whole disk, a whole backup of it, or the rights of that service on
// the machine: the id is no secret, and can be read from the same disk. Where that
// matters, encrypt the disk, or use a passphrase.
//
// A recovery code ([RecoveryOpener]) of 135 random bits is shown once, to be printed
// and put into the safe. It is for the day on which everything else is lost.
//
// # Revoking
//
// A slot that was revoked is gone from the file. Whoever kept an older copy of the
// file and has what opened the slot has the data key, as they could have had it
// before. Who must be shut out for good needs a new store.
//
// # Damage
//
// The file carries a checksum, so that a flipped bit anywhere is noticed before
// anybody is told that their passphrase is wrong, and a MAC under the data key (HMAC,
// RFC 2104), so that nobody without the key can edit what a slot says of itself. It
// is replaced atomically: a killed program leaves the old file or the new one.
package keys
