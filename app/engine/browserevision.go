package engine

import (
	"context"
	"fmt"
	"time"
)

// revision is what a server said of the folder that was listed last.
type revision struct {
	at     time.Time
	folder string
	text   string
}

// askedEvery is how often a server is asked whether anything is new.
const askedEvery = 15 * time.Second

// Revision implements [MailSource]: it is that of the folder that was listed last. The
// server is asked every 15 seconds at most.
func (b *browser) Revision(ctx context.Context) (string, error) {
	b.mu.Lock()
	folder, known := b.current, b.asked
	b.mu.Unlock()
	if since := b.e.opt.Now().Sub(known.at); folder == "" || folder == known.folder && since >= 0 && since < askedEvery {
		return known.text, nil
	}
	text := ""
	err := b.lists.do(ctx, func(ctx context.Context, l *lane) error {
		if l.folder == folder { // some servers tell of the open folder what they told before
			if err := l.conn.Noop(ctx); err != nil {
				return err
			}
		}
		all, err := l.conn.Status(ctx, []string{folder})
		if err == nil && all[0] != nil {
			if l.folder == folder && l.selected.UIDValidity != all[0].UIDValidity {
				l.folder = "" // it was made anew
			}
			text = fmt.Sprint(all[0].UIDValidity, all[0].UIDNext, all[0].Messages, all[0].ModSeq)
		}
		return err
	})
	if err != nil {
		return "", err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if known.folder == folder && known.text != text {
		clear(b.heads) // flags may be others
	}
	b.asked = revision{b.e.opt.Now(), folder, text}
	return text, nil
}
