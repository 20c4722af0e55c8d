package mirror

import (
	"context"
	"runtime"
	"sync"

	"lifeboat/mailstore"
	"lifeboat/mailstore/mime"
)

// How many messages are asked for at a time, and how much is given to the store at
// once: so many messages, or so many octets of text.
const (
	describeAsk      = 2048
	describeMessages = 256
	describeText     = 8 << 20
)

// Describe reads the text of messages that no search finds yet, the newest first as
// the store names them, and returns when there are none. A message whose bytes are
// damaged waits until they were fetched again.
func (m *Mirror) Describe(ctx context.Context) error {
	m.texts.Lock()
	defer m.texts.Unlock()
	damaged := map[mailstore.MessageID]bool{}
	for {
		list, err := m.o.Store.Undescribed(ctx, describeAsk+len(damaged))
		if err != nil {
			return err
		}
		todo := list[:0]
		for _, message := range list {
			if !damaged[message.ID] {
				todo = append(todo, message)
			}
		}
		if len(todo) == 0 {
			return nil
		}
		failed, err := m.describe(ctx, todo)
		if err != nil {
			return err
		}
		for _, id := range failed {
			damaged[id] = true
		}
	}
}

// describe reads messages with all processors while what was read is being stored.
func (m *Mirror) describe(ctx context.Context, list []mailstore.Message) (failed []mailstore.MessageID, err error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	todo := make(chan mailstore.Message)
	read := make(chan mailstore.Description, runtime.GOMAXPROCS(0))
	var mu sync.Mutex
	var readers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		readers.Go(func() {
			for message := range todo {
				d, err := m.read(ctx, message.ID)
				if err != nil {
					m.o.Log.WarnContext(ctx, "a message cannot be read", "message", message.ID, "err", err)
					mu.Lock()
					failed = append(failed, message.ID)
					mu.Unlock()
					continue
				}
				select {
				case read <- d:
				case <-ctx.Done():
				}
			}
		})
	}
	go func() {
		defer close(read)
		defer readers.Wait()
		defer close(todo)
		for _, message := range list {
			select {
			case todo <- message:
			case <-ctx.Done():
				return
			}
		}
	}()
	if err := m.storeDescriptions(ctx, read); err != nil {
		stop(err)
	}
	for range read {
		continue // until the readers have ended
	}
	return failed, context.Cause(ctx)
}

func (m *Mirror) storeDescriptions(ctx context.Context, read <-chan mailstore.Description) error {
	var batch []mailstore.Description
	text := 0
	for d := range read {
		batch = append(batch, d)
		text += len(d.Letter.Text)
		if len(batch) >= describeMessages || text >= describeText {
			if err := m.o.Store.Describe(ctx, batch); err != nil {
				return err
			}
			batch, text = nil, 0
		}
	}
	if len(batch) == 0 {
		return nil
	}
	return m.o.Store.Describe(ctx, batch)
}

func (m *Mirror) read(ctx context.Context, id mailstore.MessageID) (mailstore.Description, error) {
	r, err := m.o.Store.Open(ctx, id)
	if err != nil {
		return mailstore.Description{}, err
	}
	defer func() { _ = r.Close() }()
	whole := &witness{r: r}
	d := mailstore.Description{Message: id, Letter: mime.Read(whole, mime.Limits{})}
	return d, whole.err
}

// describeBeside reads texts while checks run, whenever something came, until they
// have ended. What is left over is the caller's to read.
func (m *Mirror) describeBeside(ctx context.Context, came, ended <-chan struct{}) {
	for {
		select {
		case <-ended:
			return
		case <-ctx.Done():
			return
		case <-came:
		}
		if err := m.Describe(ctx); err != nil {
			m.o.Log.WarnContext(ctx, "texts cannot be read now", "err", err)
			return
		}
	}
}
