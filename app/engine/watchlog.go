package engine

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/detect"
	"lifeboat/failover/probe"
	"lifeboat/failover/watch"
)

const watchDir = "watch"

// watchFile is where a domain's watch is kept.
func (e *Engine) watchFile(domain string) string {
	return e.path(watchDir + "/" + strings.TrimSuffix(domain, ".") + ".json")
}

// LastWatch is what was found when a domain was watched last.
type LastWatch struct {
	Domain string `json:"domain"`
	// State is as of the last round; its time says when that was.
	State detect.State `json:"state"`
	// Every is the time from round to round, and Age how long ago the last one was.
	// Older than a few rounds it says nothing about now.
	Every time.Duration `json:"every_ns"`
	Age   time.Duration `json:"age_ns"`
	// Going says that the watch goes on, as far as its age shows.
	Going bool `json:"going"`
	// Blind tells what could not be seen.
	Blind []failover.Sentence `json:"blind,omitempty"`
}

// goingFor is for how many rounds a watch is taken to go on without news of it.
const goingFor = 3

// LastWatch tells what was found when a domain was watched last; false when that was
// never, or cannot be read any more.
func (e *Engine) LastWatch(ctx context.Context, domain string) (LastWatch, bool) {
	d, ok := e.opt.Settings.Domain(domain)
	if !ok {
		return LastWatch{}, false
	}
	l := e.watchLog(ctx, failover.FQDN(d.Name))
	if l.State.At.IsZero() {
		return LastWatch{}, false
	}
	age := e.opt.Now().Sub(l.State.At)
	return LastWatch{
		Domain: l.Domain, State: l.State, Every: l.Every, Age: age, Blind: l.Blind,
		Going: age > -l.Every && age < goingFor*max(l.Every, keptEvery),
	}, true
}

// watchLog is what is kept of a watch: the last state, and the rounds that it takes
// to come to it again.
type watchLog struct {
	Version int                 `json:"version"`
	Domain  string              `json:"domain"`
	Every   time.Duration       `json:"every_ns"`
	State   detect.State        `json:"state"`
	Blind   []failover.Sentence `json:"blind,omitempty"`
	Memory  watch.Memory        `json:"memory"`
	Targets []detect.Target     `json:"targets"`
	Rounds  []keptRound         `json:"rounds"`

	rounds []detect.Round
}

const watchVersion = 1

// keptRound is a round in short: most looks are sound, and there are many.
type keptRound struct {
	Number uint64    `json:"n"`
	At     time.Time `json:"at"`
	// Well are the targets, by their place in the list, that worked.
	Well []int `json:"well,omitempty"`
	// Else is whatever else was seen.
	Else []detect.Observation `json:"else,omitempty"`
}

// What is kept: the last rounds, more than a recovery takes, and those in which the
// trouble that goes on began, which say since when it is.
const (
	keepLast  = 60
	keepFirst = 40
)

// prune drops the rounds that nobody needs any more.
func (l *watchLog) prune(every time.Duration) {
	since := troubleSince(l.State)
	last := max(0, len(l.rounds)-keepLast)
	kept := l.rounds[:0:0]
	for i, r := range l.rounds {
		early := !since.IsZero() && !r.At.Before(since) && r.At.Before(since.Add(keepFirst*every))
		if i >= last || early && len(kept) < keepFirst {
			kept = append(kept, r)
		}
	}
	l.rounds = kept
}

// troubleSince is the beginning of the oldest trouble that goes on; zero when there
// is none.
func troubleSince(s detect.State) time.Time {
	var since time.Time
	parts := slices.Concat(s.Primary.Parts, s.Secondary.Parts, []detect.Part{s.Records})
	for _, p := range parts {
		for _, e := range p.Evidence {
			if (e.Health == detect.Down || e.Health == detect.Degraded) && (since.IsZero() || e.Since.Before(since)) {
				since = e.Since
			}
		}
	}
	return since
}

// saveWatch writes the log in one step.
func (e *Engine) saveWatch(ctx context.Context, l *watchLog) error {
	path := e.watchFile(l.Domain)
	l.Version = watchVersion
	place := map[detect.Target]int{}
	for i, t := range l.Targets {
		place[t] = i
	}
	l.Rounds = make([]keptRound, len(l.rounds))
	for i, r := range l.rounds {
		k := keptRound{Number: r.Number, At: r.At}
		for _, o := range r.Observations {
			at, known := place[o.Target]
			if known && o.Outcome == detect.OK && o.Answer == "" && o.Took < l.Every/4 {
				k.Well = append(k.Well, at)
			} else {
				k.Else = append(k.Else, o)
			}
		}
		l.Rounds[i] = k
	}
	b, err := json.Marshal(l)
	if err == nil {
		b, err = e.seal(ctx, watchDir, b)
	}
	if err == nil {
		err = probe.ReplaceFile(path, b)
	}
	if err != nil {
		return failover.Fail(failover.ErrDisk, "what is found is not kept: {file} cannot be written; see whether the disk is full", "file", path).Because(err)
	}
	return nil
}

// watchLog reads what is kept of a domain's watch; what is missing, damaged or of
// another version counts as nothing, and the watch begins anew.
func (e *Engine) watchLog(ctx context.Context, domain string) watchLog {
	var l watchLog
	b, err := os.ReadFile(e.watchFile(domain))
	if err == nil {
		b, err = e.unseal(ctx, watchDir, b)
	}
	if err == nil {
		err = json.Unmarshal(b, &l)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return watchLog{}
	case err != nil:
		e.opt.Logger.Warn("watch", "error", err)
		return watchLog{}
	case l.Version != watchVersion || l.Domain != domain:
		return watchLog{}
	}
	for _, k := range l.Rounds {
		r := detect.Round{Number: k.Number, At: k.At, Observations: k.Else}
		for _, at := range k.Well {
			if at >= 0 && at < len(l.Targets) {
				r.Observations = append(r.Observations, detect.Observation{Target: l.Targets[at], Outcome: detect.OK})
			}
		}
		l.rounds = append(l.rounds, r)
	}
	l.Rounds = nil
	return l
}
