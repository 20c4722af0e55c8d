package main

import (
	"time"

	"lifeboat/app/cli"
	"lifeboat/app/engine"
)

// takeOver says where a hand-over kit is put in place.
func (w *wiring) takeOver(p cli.Place) engine.TakeOverOptions {
	file, data := w.files(p)
	return engine.TakeOverOptions{File: file, DataDir: data, Secrets: w.secrets(p), Keys: w.keyMeans(data), Now: time.Now}
}
