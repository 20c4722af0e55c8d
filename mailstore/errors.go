package mailstore

import "errors"

// The kinds of failure that callers tell apart with errors.Is. Each is carried by
// an [Error], which adds the sentence for the person and the cause.
var (
	// ErrInvalid: the settings or the request make no sense.
	ErrInvalid = errors.New("invalid")
	// ErrNotFound: there is no such account, folder, message or key.
	ErrNotFound = errors.New("not found")
	// ErrKey: nothing at hand opens the store.
	ErrKey = errors.New("locked with a key")
	// ErrBusy: another engine owns the store.
	ErrBusy = errors.New("in use")
	// ErrDisk: a file of ours could not be written or read.
	ErrDisk = errors.New("disk")
	// ErrDamaged: a file of ours cannot be believed.
	ErrDamaged = errors.New("damaged")
	// ErrUnreachable: nobody answered, the line broke, or it was too slow.
	ErrUnreachable = errors.New("unreachable")
	// ErrCertificate: the server cannot prove who it is.
	ErrCertificate = errors.New("certificate refused")
	// ErrSignIn: the server or the token's issuer rejects the credential.
	ErrSignIn = errors.New("sign-in refused")
	// ErrThrottled: the server asks for patience; see [Error.After].
	ErrThrottled = errors.New("throttled")
	// ErrServer: the server answered against its protocol, or broke a promise.
	ErrServer = errors.New("server misbehaves")
	// ErrUnsupported: the server or this build cannot do what was asked.
	ErrUnsupported = errors.New("unsupported")
	// ErrLocked: it is other people's mail, and nothing opens it now.
	ErrLocked = errors.New("other people's mail")
	// ErrHeld: a folder is stopped until a person decides.
	ErrHeld = errors.New("waiting for a decision")
)
