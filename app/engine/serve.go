package engine

import (
	"context"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// ServeRequest asks for all background work of a data folder.
type ServeRequest struct {
	// Tell hears what the parts do; it may be nil.
	Tell func(ServeEvent)
	// NoMirror, NoWatch and NoRelay leave a part out.
	NoMirror, NoWatch, NoRelay bool
}

// Part is one of the works that [Engine.Serve] does side by side.
type Part string

// The parts.
const (
	PartRelay  Part = "relay"
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
	PartRemark  ServeKind = "remark"
)

// ServeEvent is something worth a line while serving.
type ServeEvent struct {
	At     time.Time         `json:"at"`
	Part   Part              `json:"part"`
	Kind   ServeKind         `json:"kind"`
	Domain string            `json:"domain,omitempty"` // of PartWatch
	Say    failover.Sentence `json:"say,omitzero"`
	Retry  time.Time         `json:"retry,omitzero"`
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
func (e *Engine) Serve(_ context.Context, _ ServeRequest) error { return notYet() }

// Serving tells of the Lifeboat that runs in the data folder, this one or another.
func (e *Engine) Serving(_ context.Context) ServeStatus { return ServeStatus{} }
