package local

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// What is asked for. Each call is a POST of one JSON document to its path, and is
// answered with one; but send, whose document is a line before the message itself.
const (
	pathQueue   = "/v1/queue"
	pathLog     = "/v1/log"
	pathSamples = "/v1/samples"
	pathAct     = "/v1/act"
	pathSend    = "/v1/send"
	pathStatus  = "/v1/status"
)

const (
	versionHeader = "Lifeboat-Version"
	jsonType      = "application/json"
	outgoingType  = "application/vnd.lifeboat.outgoing"
)

// How much one request or answer may be, in octets.
const (
	mostRequest = 4 << 20
	mostMessage = 1<<30 + 1<<20 // the settings bound messages further
	mostAnswer  = 1 << 30
	// mostEvents and mostLines bound what is gathered for one answer.
	mostEvents = 1_000_000
	mostLines  = 1_000_000
)

// mostWait is how long a send may be waited for.
const mostWait = 10 * time.Minute

type queueCall struct {
	Filter relay.Filter `json:"filter"`
	Limit  int          `json:"limit,omitempty"`
}

// logCall is [relay.LogQuery].
type logCall struct {
	ID      relay.ID          `json:"id,omitempty"`
	Address string            `json:"address,omitempty"`
	Text    string            `json:"text,omitempty"`
	Kinds   []relay.EventKind `json:"kinds,omitempty"`
	Role    failover.Role     `json:"role,omitempty"`
	Since   time.Time         `json:"since,omitzero"`
	Until   time.Time         `json:"until,omitzero"`
	Limit   int               `json:"limit,omitempty"`
}

type samplesCall struct {
	Since time.Time `json:"since,omitzero"`
	Until time.Time `json:"until,omitzero"`
	Most  int       `json:"most"`
}

type sendCall struct {
	Envelope   relay.Envelope `json:"envelope"`
	WaitMillis int64          `json:"wait_ms"`
}

type statusCall struct{}

// failure is the answer that is none.
type failure struct {
	Error *wireError `json:"error"`
}

var errMore = errors.New("there is something after the document")

// decode reads one JSON document of known fields, and nothing after it.
func decode(b []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errMore
	}
	return nil
}
