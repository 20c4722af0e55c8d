// Package configs reads, checks and writes lifeboat.yaml, the one settings file
// of Lifeboat, and knows the mail providers and DNS hosts that need no
// explanation (the presets).
//
// # From file to settings
//
// [Load] reads the file as a tree of YAML nodes, because only nodes know lines:
// every mistake is reported with its file, line and key, and all mistakes are
// reported at once ([Problems]). Single values and simple lists may be set from
// the environment instead, as LIFEBOAT_ and the key in upper case with
// underscores (LIFEBOAT_RESOLVER_SERVERS); viper holds those layers: default,
// file, environment. Nothing else goes through viper, since it lower-cases keys
// and forgets lines.
//
// What is loaded is checked and normalised: names are ASCII (A-labels, RFC
// 5890), lower case, without a trailing dot. What a domain's providers and
// recipients are, with presets, overrides and placeholders worked in, is
// answered by [Settings.ProvidersOf] and [Settings.RecipientsOf].
//
// # Back to the file
//
// The file belongs to the admin. [Edit] changes a value and leaves every other
// byte, comments included, as it was; [WriteNew] writes a first, commented file
// from what was discovered and never overwrites one.
//
// # Secrets
//
// The file holds references, written secret:NAME ([SecretRef]), never a secret:
// one written out is refused. Package configs/secret keeps the secrets.
//
// # Sentences
//
// What a person reads is an English template with named parts, which is the key
// of its translation ([Problem.Sentence]). The part {at} is the place, such as
// lifeboat.yaml:12, the same in every language.
package configs
