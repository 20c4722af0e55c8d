package lab

import "golang.org/x/sys/windows"

// The codes of errors as the system itself gives them. Those that package syscall
// has under their names of Unix are its own inventions here.
const (
	errRefused     = windows.WSAECONNREFUSED
	errTimedOut    = windows.WSAETIMEDOUT
	errUnreachable = windows.WSAENETUNREACH
	errTooLong     = windows.WSAEMSGSIZE
)
