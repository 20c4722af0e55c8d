package shell

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"os"
	"sync"
	"time"
)

// Patience is how long a piece of work may hold the UI thread: longer, and a person
// feels that the window hangs.
const Patience = 50 * time.Millisecond

// Slow is work that held the UI thread for too long.
type Slow struct {
	At   time.Time `json:"at"`
	Name string    `json:"name"` // what was done: "update home", "go mail"
	// Millis is how long it took, in milliseconds, and Work how much of that the thread
	// was at work, where the system tells: on a busy machine the rest is others'.
	Millis float64 `json:"ms"`
	Work   float64 `json:"work_ms,omitempty"`
}

// Watchdog measures what runs on the UI thread, and reports what took too long.
type Watchdog struct {
	now    func() time.Time
	report func(Slow)
}

// Time does something and measures it. A nil watchdog only does it.
func (w *Watchdog) Time(name string, do func()) {
	if w == nil || w.report == nil {
		do()
		return
	}
	began, busy := w.now(), threadTime()
	do()
	if took := w.now().Sub(began); took > Patience {
		w.report(Slow{At: began, Name: name, Millis: millis(took), Work: millis(threadTime() - busy)})
	}
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// watchdog reports to the file that LIFEBOAT_WATCHDOG names, a JSON document a line,
// and with LIFEBOAT_DEBUG to the log; else to nobody.
func watchdog(log *slog.Logger) *Watchdog {
	file, debug := os.Getenv("LIFEBOAT_WATCHDOG"), os.Getenv("LIFEBOAT_DEBUG") != ""
	if file == "" && !debug {
		return nil
	}
	var mu sync.Mutex
	return &Watchdog{now: time.Now, report: func(s Slow) {
		if debug {
			log.Warn("the window was held up", "by", s.Name, "ms", s.Millis, "work_ms", s.Work)
		}
		if file == "" {
			return
		}
		line, err := json.Marshal(s)
		if err != nil {
			return // a name and two numbers
		}
		mu.Lock()
		defer mu.Unlock()
		f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			log.Warn("watchdog", "error", err)
			return
		}
		_, err = f.Write(append(line, '\n'))
		if cerr := f.Close(); err != nil || cerr != nil {
			log.Warn("watchdog", "error", err)
		}
	}}
}

// SlowIn reads what a watchdog wrote into a file: for tests that drive the program from
// outside. A file that is not there holds nothing.
func SlowIn(file string) ([]Slow, error) {
	b, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		return nil, nil
	}
	var all []Slow
	d := json.NewDecoder(bytes.NewReader(b))
	for err == nil && d.More() {
		var s Slow
		if err = d.Decode(&s); err == nil {
			all = append(all, s)
		}
	}
	return all, err
}
