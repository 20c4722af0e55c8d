//go:build !windows

package lab

import "syscall"

// The codes of errors as the system itself gives them.
const (
	errRefused     = syscall.ECONNREFUSED
	errTimedOut    = syscall.ETIMEDOUT
	errUnreachable = syscall.ENETUNREACH
	errTooLong     = syscall.EMSGSIZE
)
