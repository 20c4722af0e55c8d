// Package secret keeps the secrets that settings refer to by name: API tokens,
// TSIG keys, passwords.
//
// # Where a secret is
//
// [Store.Get] looks in this order:
//
//   - the environment, as LIFEBOAT_SECRET_ and the name in upper case with
//     underscores: for servers and containers, and only to be read;
//   - the operating system's keychain, for what fits into it (Windows takes 2,560
//     bytes);
//   - a vault, one file encrypted with age (age-encryption.org/v1) under a
//     passphrase (scrypt), where there is no keychain or the secret is too long.
//     The passphrase is LIFEBOAT_VAULT_PASSPHRASE or asked for.
//
// An index beside the vault holds names and places, never values, since a
// keychain cannot be listed. All files are in the data folder, are replaced
// atomically, and are their owner's alone.
//
// # Not to be seen
//
// A secret travels as a [Value], which prints, logs and encodes as "[secret]";
// only [Value.Reveal] gives it away. No error of this package contains one.
package secret
