package engine

import (
	"context"
	"crypto/tls"

	"lifeboat/configs"
	"lifeboat/failover"
	"lifeboat/mailstore/signin"
)

// RelayParts are what the send route needs of the world around it.
type RelayParts struct {
	Dialer failover.Dialer
	// TLS has the authorities to trust for a provider's servers.
	TLS func(configs.Provider) (*tls.Config, error)
	// SignIn returns who signs in to submit mail.
	SignIn func(context.Context, SubmissionLogin) (signin.Source, error)
	// Local is how faces in other processes reach the engine that runs in a data
	// folder; nil: they do not.
	Local LocalAPI
}

// SubmissionLogin is whose credential is wanted, and where.
type SubmissionLogin struct {
	Role     failover.Role
	Provider configs.Provider
	Address  string // the mailbox whose it is; empty: the application's, for all
	User     string // the sign-in name
	// Password refers to a password where the settings name one.
	Password configs.SecretRef
}

// LocalAPI is how faces in other processes reach the engine that runs in a data folder.
type LocalAPI interface {
	// Serve answers faces until ctx ends.
	Serve(ctx context.Context, dataDir string, s Served) error
	// Dial reaches the engine that runs in the folder. failover.ErrUnreachable: none does.
	Dial(ctx context.Context, dataDir string) (Remote, error)
}

// Served is what a running engine answers with.
type Served interface {
	Desk
	Status(context.Context) (ServeStatus, error)
}

// Remote is a running engine in another process.
type Remote = Served

// Desk opens the send route for looking and acting: over the local API where a Lifeboat
// is running in this data folder, else in this process. Close it after use.
func (e *Engine) Desk(_ context.Context) (Desk, error) { return nil, notYet() }

func notYet() error {
	return failover.Fail(failover.ErrUnsupported, "{error}", "error", "not built yet")
}
