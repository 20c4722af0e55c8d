package shell

import (
	"context"
	"slices"
	"strconv"
	"sync"

	"lifeboat/app/widgets"
)

// works is the long work that goes on in a world.
type works struct {
	mu   sync.Mutex
	next int
	all  []*work
}

// work is one piece of it.
type work struct {
	of     *works
	key    string
	title  string
	note   string
	share  float64
	ending bool
	cancel context.CancelFunc
}

func (w *works) add(title string, cancel context.CancelFunc) *work {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.next++
	job := &work{of: w, key: strconv.Itoa(w.next), title: title, share: -1, cancel: cancel}
	w.all = append(w.all, job)
	return job
}

// tell takes down how far the work is.
func (j *work) tell(doing string, share float64) {
	j.of.mu.Lock()
	defer j.of.mu.Unlock()
	j.note, j.share = doing, share
}

func (w *works) remove(job *work) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = slices.DeleteFunc(w.all, func(j *work) bool { return j == job })
}

// stop ends a piece of work.
func (w *works) stop(key string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, j := range w.all {
		if j.key == key {
			j.ending = true
			j.cancel()
		}
	}
}

// jobs is what the strip shows.
func (w *works) jobs() []widgets.Job {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []widgets.Job
	for _, j := range w.all {
		all = append(all, widgets.Job{Key: j.key, Title: j.title, Note: j.note, Share: j.share, Ending: j.ending})
	}
	return all
}
