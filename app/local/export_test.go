package local

import "lifeboat/app/engine"

// What outside input is read with, for fuzzing.
var (
	ParseRecord = func(b []byte) error { _, err := parseRecord(b); return err }
	ParseSend   = func(b []byte) (engine.Outgoing, error) { return parseSend(b) }
	Handler     = (*API).handler
)
