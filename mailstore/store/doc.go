// Package store keeps the mirrored mail: the bytes of messages in sealed segments,
// and an encrypted index of where they lie.
package store
