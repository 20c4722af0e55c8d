// Package users keeps who may hand mail in at the relay, with which passwords, and
// which senders each may name.
package users
