package engine

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/probe"
	"lifeboat/failover/relay"
)

// A draft goes once its message is queued. A process that is killed in between, and one
// whose answer from the queue's owner was lost, would leave a draft of a message that was
// sent, and whoever finds it sends it again. So a note lies beside the draft before its
// message is handed in, with the message's number: the log of the queue tells afterwards
// whether that came in.
const handedSuffix = ".handed"

// handedIn is such a note, as it lies in a file: sealed.
type handedIn struct {
	MessageID string    `json:"message_id"`
	At        time.Time `json:"at"`
}

func (e *Engine) handedFile(id string) string {
	return filepath.Join(e.path(draftsDir), id+handedSuffix)
}

// noteHanded notes that a draft is about to be handed in. It refuses one that came in
// before.
func (e *Engine) noteHanded(ctx context.Context, desk Desk, id, messageID string) error {
	if _, err := e.draftFile(id); err != nil {
		return err
	}
	before, there, err := e.readHanded(ctx, id)
	if err != nil {
		return err
	}
	if there {
		queued, err := before.queued(ctx, desk)
		if err != nil {
			return err
		}
		if queued {
			return failover.Fail(failover.ErrStale, "this message was handed in already, and the answer was lost; it was not sent again: see the queue for what became of it, and discard what is left here")
		}
	}
	note, err := json.Marshal(handedIn{MessageID: messageID, At: e.opt.Now().UTC()})
	if err == nil {
		note, err = e.seal(ctx, draftsPurpose, note)
	}
	if err == nil {
		err = makeDir(e.path(draftsDir))
	}
	if err == nil {
		err = probe.ReplaceFile(e.handedFile(id), note)
	}
	if err != nil {
		return failover.Fail(failover.ErrDisk, "What you write cannot be kept in {file}: make room there, or send it soon.", "file", e.handedFile(id)).Because(err)
	}
	return nil
}

// readHanded reads the note beside a draft; false: there is none that can be read.
func (e *Engine) readHanded(ctx context.Context, id string) (h handedIn, there bool, err error) {
	b, err := os.ReadFile(e.handedFile(id))
	if errors.Is(err, fs.ErrNotExist) {
		return h, false, nil
	}
	if err == nil {
		b, err = e.unseal(ctx, draftsPurpose, b)
	}
	if err == nil {
		err = json.Unmarshal(b, &h)
	}
	if err != nil {
		e.opt.Logger.Warn("a draft that may have been sent", "id", id, "error", err)
		return handedIn{}, false, ctx.Err()
	}
	return h, h.MessageID != "", nil
}

// queued reports whether the message came into the queue.
func (h handedIn) queued(ctx context.Context, desk Desk) (bool, error) {
	events, err := desk.Log(ctx, relay.LogQuery{Text: h.MessageID, Kinds: []relay.EventKind{relay.Submitted}, Since: h.At.Add(-time.Hour)})
	return slices.ContainsFunc(events, func(ev relay.Event) bool { return ev.MessageID == h.MessageID }), err
}

// dropSent drops drafts whose messages came into the queue although nobody was left to
// say so. What cannot be found out stays a draft.
func (e *Engine) dropSent(ctx context.Context) {
	notes, err := filepath.Glob(filepath.Join(e.path(draftsDir), "*"+handedSuffix))
	if err != nil || len(notes) == 0 {
		return
	}
	desk, err := e.Desk(ctx)
	if err != nil {
		e.opt.Logger.Warn("drafts that may have been sent", "error", err)
		return
	}
	defer func() { _ = desk.Close() }() // it was only looked at
	for _, file := range notes {
		id := strings.TrimSuffix(filepath.Base(file), handedSuffix)
		h, there, err := e.readHanded(ctx, id)
		if err != nil || !there {
			continue
		}
		queued, err := h.queued(ctx, desk)
		if err == nil && queued {
			err = e.DropDraft(ctx, id)
		}
		if err != nil {
			e.opt.Logger.Warn("drafts that may have been sent", "error", err)
		}
	}
}
