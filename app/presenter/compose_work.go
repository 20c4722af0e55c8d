package presenter

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"lifeboat/mailstore"
)

// Work keeps what is written, and looks things up, until the context ends. Run it once.
func (c *Compose) Work(ctx context.Context, changed func()) {
	c.load(ctx)
	changed()
	for ctx.Err() == nil {
		wait := c.step(ctx, changed)
		t := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-c.kicked:
		case <-t.C:
		}
		t.Stop()
	}
	c.keepAll(context.WithoutCancel(ctx), 0) // the window is being closed
}

const idle = time.Hour

// step does what is wanted now, and returns how long until there is more to do.
func (c *Compose) step(ctx context.Context, changed func()) time.Duration {
	c.mu.Lock()
	wish, asking, field := c.loading, c.asking, c.asked
	c.loading, c.asking = nil, ""
	c.mu.Unlock()
	if wish != nil {
		c.prepare(ctx, wish)
		changed()
	}
	if asking != "" {
		found := c.mail.complete(ctx, asking, offersMost)
		c.mu.Lock()
		if strings.TrimSpace(c.typed[field]) == asking { // nothing else was typed meanwhile
			c.offers[field] = found
		}
		c.mu.Unlock()
		changed()
	}
	if c.weigh() {
		changed()
	}
	return c.keepAll(ctx, c.opt.Pause)
}

// weigh looks how large the files of the message that is open are, and reports whether
// that is news.
func (c *Compose) weigh() (news bool) {
	c.mu.Lock()
	var files []string
	if d := c.current(); d != nil {
		files = slices.Clone(d.Files)
	}
	c.mu.Unlock()
	for _, file := range files {
		bytes := fileSize(file)
		c.mu.Lock()
		if was, known := c.sizes[file]; !known || was != bytes {
			c.sizes[file], news = bytes, true
		}
		c.mu.Unlock()
	}
	return news
}

// load reads what was kept, and who may write.
func (c *Compose) load(ctx context.Context) {
	kept, err := c.opt.Engine.KeptDrafts(ctx)
	senders, fail := c.opt.Engine.Senders(ctx)
	if err == nil {
		err = fail
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.senders = senders
	if err != nil && ctx.Err() == nil {
		c.problem = err
	}
	for _, k := range kept {
		var d letterDraft
		if json.Unmarshal(k.Content, &d) == nil && d.ID == k.ID {
			c.kept = append(c.kept, d)
		}
	}
	if d := c.current(); d != nil && d.From == "" && len(senders) > 0 {
		d.From = senders[0]
		c.key++
	}
}

// prepare fills an answer with what it begins with.
func (c *Compose) prepare(ctx context.Context, w *composeWish) {
	got, err := c.opt.Engine.DraftMail(ctx, w.want)
	c.mu.Lock()
	defer c.mu.Unlock()
	d := c.current()
	if d == nil || d.ID != w.id {
		return
	}
	if err != nil {
		c.problem = err
		return
	}
	d.People[FieldTo] = append(slices.Clone(got.To), d.People[FieldTo]...)
	d.People[FieldCc] = append(slices.Clone(got.Cc), d.People[FieldCc]...)
	d.Subject, d.Quoted, d.Passed = got.Subject, got.Quoted, got.Attachments
	if _, address := person(got.From); slices.ContainsFunc(c.senders, func(s string) bool { return strings.EqualFold(s, address) }) {
		d.From = address
	}
	c.key++
}

// keepAll keeps drafts that were changed and rested so long, and returns how long until
// the next one has.
func (c *Compose) keepAll(ctx context.Context, rest time.Duration) time.Duration {
	next, tried := idle, false
	var unkept error
	for _, id := range c.changed() {
		c.mu.Lock()
		at := c.dirty[id]
		i := slices.IndexFunc(c.kept, func(d letterDraft) bool { return d.ID == id })
		var content []byte
		var err error
		if i >= 0 && !c.kept[i].empty() {
			content, err = json.Marshal(c.kept[i])
		}
		c.mu.Unlock()
		if left := rest - time.Since(at); !at.IsZero() && left > 0 {
			next = min(next, left)
			continue
		}
		if content == nil {
			err = c.opt.Engine.DropDraft(ctx, id)
		} else if err == nil {
			err = c.opt.Engine.KeepDraft(ctx, id, content)
		}
		if tried = true; err != nil {
			unkept, next = err, min(next, keepAgain)
			continue
		}
		c.mu.Lock()
		if c.dirty[id].Equal(at) {
			delete(c.dirty, id)
		}
		c.mu.Unlock()
	}
	if tried {
		c.mu.Lock()
		c.unkept = unkept
		c.mu.Unlock()
	}
	return next
}

// changed lists the drafts that are to be kept or forgotten.
func (c *Compose) changed() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]string, 0, len(c.dirty))
	for id := range c.dirty {
		out = append(out, id)
	}
	return out
}

// complete is whom what was typed could mean.
func (m *Mail) complete(ctx context.Context, typed string, most int) []mailstore.Address {
	m.mu.Lock()
	source := m.source
	if m.mirror != nil {
		source = m.mirror
	}
	m.mu.Unlock()
	if source == nil {
		return nil
	}
	return source.Complete(ctx, typed, most)
}

// fileSize is how large a file is; -1: it cannot be read.
func fileSize(file string) int64 {
	at, err := os.Stat(file)
	if err != nil || at.IsDir() {
		return -1
	}
	return at.Size()
}

// fileTitle is what a file is called, without where it is.
func fileTitle(file string) string { return clean(filepath.Base(file)) }
