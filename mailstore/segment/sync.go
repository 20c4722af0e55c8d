package segment

import (
	"context"
	"errors"

	"lifeboat/mailstore"
)

// syncing is how far what was written is durable.
type syncing struct {
	wanted  uint64 // counts what was written
	durable uint64 // what of it is durable
	folder  bool   // names in the folder are not
	// running is closed when the flush that is under way ends; nil: none is.
	running chan struct{}
}

// Sync returns when every body whose Writer was closed before is durable: on the
// disk, not in its cache (F_FULLFSYNC on macOS), and so is its file's name. Callers
// at the same time share one flush. After an error nothing more is written until the
// folder is opened anew. The error is ErrDisk, or the context's.
func (f *Files) Sync(ctx context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	want := f.sync.wanted
	for f.sync.durable < want {
		if f.broken != nil {
			return f.broken
		}
		if running := f.sync.running; running != nil {
			f.mu.Unlock()
			select {
			case <-running:
				f.mu.Lock()
			case <-ctx.Done():
				f.mu.Lock()
				return ctx.Err()
			}
			continue
		}
		f.flush()
	}
	return nil
}

// flush makes durable what was written until now. The lock is not held while the
// disk works.
func (f *Files) flush() {
	target := f.sync.wanted
	done := make(chan struct{})
	f.sync.running = done
	var dirty []*tail
	for _, t := range f.tails {
		if t.dirty {
			t.dirty = false
			t.writers++ // so that it is not closed meanwhile
			dirty = append(dirty, t)
		}
	}
	folder := f.sync.folder
	f.sync.folder = false
	f.mu.Unlock()

	var errs []error
	for _, t := range dirty {
		errs = append(errs, t.file.Sync())
	}
	if folder {
		errs = append(errs, syncDir(f.dir))
	}
	err := errors.Join(errs...)

	f.mu.Lock()
	for _, t := range dirty {
		t.writers--
		f.release(t)
	}
	if err == nil {
		f.sync.durable = target
	} else if f.broken == nil {
		f.broken = mailstore.Fail(mailstore.ErrDisk,
			"The disk may not have kept what was written to {folder}, so nothing more is written there. See to the disk, then start Lifeboat again: what is missing is fetched again.",
			"folder", f.dir).Because(err)
	}
	f.sync.running = nil
	close(done)
}
