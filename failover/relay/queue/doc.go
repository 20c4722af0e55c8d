// Package queue keeps what the relay has accepted, until a provider has taken it: sealed,
// and durable before anybody is told so. It keeps what happened to each message too.
package queue
