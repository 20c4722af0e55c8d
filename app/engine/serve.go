package engine

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/gofrs/flock"

	"lifeboat/failover"
	"lifeboat/failover/relay"
	"lifeboat/mailstore"
	"lifeboat/mailstore/keys"
)

// ServeRequest asks for all background work of a data folder.
type ServeRequest struct {
	// Tell hears what the parts do; it may be nil.
	Tell func(ServeEvent)
	// NoMirror, NoWatch and NoRelay leave a part out.
	NoMirror, NoWatch, NoRelay bool
}

// Served is what a running engine answers faces with.
type Served interface {
	Desk
	Status(context.Context) (ServeStatus, error)
}

// Remote is an engine that runs in another process.
type Remote = Served

// LocalAPI is how faces in other processes reach the engine that runs in a data folder.
type LocalAPI interface {
	// Serve answers faces until ctx ends, which is no error. It calls ready when they
	// can be heard.
	Serve(ctx context.Context, dataDir string, s Served, ready func()) error
	// Dial reaches the engine that runs in the folder. failover.ErrUnreachable: none does.
	Dial(ctx context.Context, dataDir string) (Remote, error)
}

// Part is one of the works that [Engine.Serve] does side by side.
type Part string

// The parts.
const (
	PartRelay  Part = "relay"  // sends the queue on
	PartSubmit Part = "submit" // takes mail in
	PartMirror Part = "mirror"
	PartWatch  Part = "watch" // one for each domain
	PartFaces  Part = "faces" // the local API
)

// ServeKind is what a [ServeEvent] tells.
type ServeKind string

// The kinds.
const (
	PartStarted ServeKind = "started"
	PartFailed  ServeKind = "failed" // it is started again at Retry
	PartEnded   ServeKind = "ended"
	PartRemark  ServeKind = "remark" // worth knowing, and nothing failed
)

// ServeEvent is something worth a line while serving.
type ServeEvent struct {
	At     time.Time         `json:"at"`
	Part   Part              `json:"part"`
	Kind   ServeKind         `json:"kind"`
	Domain string            `json:"domain,omitempty"` // of PartWatch
	Say    failover.Sentence `json:"say,omitzero"`
	Retry  time.Time         `json:"retry,omitzero"`
	// Listen is where mail is taken in, as address:port, when PartSubmit has started.
	Listen []string `json:"listen,omitempty"`
}

// ServeStatus tells of the Lifeboat that runs in a data folder.
type ServeStatus struct {
	Running bool         `json:"running"`
	PID     int          `json:"pid,omitempty"`
	Version string       `json:"version,omitempty"`
	Started time.Time    `json:"started,omitzero"`
	Parts   []PartStatus `json:"parts,omitempty"`
	// Listen is where mail is taken in, as address:port.
	Listen []string `json:"listen,omitempty"`
	// Queue is what waits, for each domain and provider.
	Queue  []relay.Sample  `json:"queue,omitempty"`
	Routes []relay.Routing `json:"routes,omitempty"`
	// Say is what keeps from knowing more: an engine of another version, or one that
	// does not answer.
	Say failover.Sentence `json:"say,omitzero"`
}

// PartStatus is how a part is.
type PartStatus struct {
	Part   Part              `json:"part"`
	Domain string            `json:"domain,omitempty"`
	Up     bool              `json:"up"`
	Since  time.Time         `json:"since"`
	Say    failover.Sentence `json:"say,omitzero"` // why it is not up
	Retry  time.Time         `json:"retry,omitzero"`
}

// Serve does all background work of the data folder until ctx ends, which is no error:
// it takes mail in and sends it on, keeps the mirror up to date, watches the providers,
// and answers the faces over the local API. A part that fails is started again.
//
// It holds none of the locks that runs need, so that a switch in another process goes
// on beside it, and each part holds its own: the queue, the mirror, what is found of a
// domain. What needs a person to begin with is an error: a key that does not open, and
// another Lifeboat that serves this folder.
func (e *Engine) Serve(ctx context.Context, req ServeRequest) error {
	if e.opt.Relay == nil || e.opt.Mail == nil {
		return noRelay()
	}
	release, err := e.serveLock(ctx)
	if err != nil {
		return err
	}
	defer release()
	key, err := e.serveKey(ctx)
	if err != nil {
		return err
	}
	s := &serving{e: e, req: req, key: key, started: e.opt.Now().UTC()}
	s.remarks()
	e.serves.Store(s)
	defer e.serves.Store(nil)
	return s.run(ctx)
}

// serveFile is locked by whoever serves the data folder.
const serveFile = "serve.lock"

func (e *Engine) serveLock(ctx context.Context) (release func(), err error) {
	if err := makeDir(e.opt.DataDir); err != nil {
		return nil, err
	}
	l := flock.New(e.path(serveFile), flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o600))
	ok, err := l.TryLock()
	if err != nil {
		return nil, failover.Fail(failover.ErrDisk,
			"the data folder {folder} cannot be written to or locked: see that it is yours, not read-only, and on a local disk", "folder", e.opt.DataDir).Because(err)
	}
	if ok {
		return func() { _ = l.Unlock() }, nil // it ends with the process anyway
	}
	if st := e.Serving(ctx); st.Running && st.PID > 0 {
		return nil, failover.Fail(failover.ErrLocked,
			"Lifeboat is serving {folder} already, as process {pid} since {since}: stop that one first", "folder", e.opt.DataDir,
			"pid", st.PID, "since", st.Started.Local().Format("2006-01-02 15:04"))
	}
	return nil, failover.Fail(failover.ErrLocked, "another Lifeboat is serving {folder} already: stop that one first", "folder", e.opt.DataDir)
}

// serveKey opens the data key without a person.
func (e *Engine) serveKey(ctx context.Context) (keys.Key, error) {
	key, err := e.relayKey(ctx, false)
	if errors.Is(err, mailstore.ErrKey) {
		return key, failover.Fail(failover.ErrCredential,
			"the key of the mail does not open without a person, and serving has to: give \"lifeboat key add machine\" once, as the user that serves").Because(err)
	}
	return key, err
}

// Serving tells of the Lifeboat that runs in the data folder, in this process or
// another.
func (e *Engine) Serving(ctx context.Context) ServeStatus {
	if s := e.serves.Load(); s != nil {
		st, err := s.Status(ctx)
		if err != nil {
			st.Say = sayOf(err)
		}
		return st
	}
	remote, err := e.dialLocal(ctx)
	var st ServeStatus
	if err == nil {
		st, err = remote.Status(ctx)
		_ = remote.Close() // it was only asked
	}
	switch {
	case errors.Is(err, failover.ErrUnreachable):
		return ServeStatus{}
	case err != nil:
		return ServeStatus{Running: true, Say: sayOf(err)}
	}
	return st
}
