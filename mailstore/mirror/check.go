package mirror

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"lifeboat/mailstore"
	"lifeboat/mailstore/imaplink"
)

// check is one look at an account, from its list of folders to the word that it is
// complete.
type check struct {
	m        *Mirror
	account  mailstore.Account
	pool     *pool
	thorough bool            // flags are compared although the server does not say that they changed
	answer   *answer         // a person's word on a held folder; nil: nobody spoke
	came     chan<- struct{} // is told that there is something to read; may be nil

	began, cutoff time.Time
	meter         *meter
	claims        claims

	mu       sync.Mutex
	suspects []suspect
	inRow    int // folders that failed, one after the other
	out      AccountReport
}

// How often a folder is tried when the line breaks without anything having come, and
// how many folders in a row may fail so before the account is given up: it is the
// line, then, and not a message on which the server breaks off.
const (
	tries       = 3
	brokenInRow = 2
)

// moreLinks is how many new messages are worth another connection.
const moreLinks = 200

// run does the check, and tells the store how it went.
func (c *check) run(ctx context.Context) error {
	c.began = c.m.o.Now()
	c.cutoff = c.began.AddDate(0, 0, -max(c.account.Days, 1))
	before := c.pool.traffic()
	err := c.stages(ctx)
	c.out.Check.Began, c.out.Check.Ended = c.began, c.m.o.Now()
	c.out.Traffic = minus(c.pool.traffic(), before)
	c.out.Check.Missing = len(c.out.Missing)
	c.out.Check.Expiries = c.expiries(ctx)
	if err != nil {
		c.out.Check.Failed = mailstore.SentenceOf(err)
		if retry := patience(err); retry > 0 {
			c.out.Check.Retry = c.out.Check.Ended.Add(retry)
		}
		c.m.o.Log.WarnContext(ctx, "a check is not complete", "account", c.account.ID, "err", err)
	}
	if spoilsAll(err) || ctx.Err() != nil || c.answer != nil {
		return err // the store cannot be told, or nobody was to be checked
	}
	return errors.Join(err, c.m.o.Store.Checked(ctx, c.account.ID, c.out.Check))
}

func (c *check) stages(ctx context.Context) error {
	var jobs []*job
	var absent []mailstore.Folder
	c.meter.stage(Listing)
	err := c.withLink(ctx, func(link Link) (err error) {
		jobs, absent, err = c.list(ctx, link)
		return err
	})
	if err != nil {
		return err
	}
	c.meter.stage(Fetching)
	if err := c.folders(ctx, jobs); err != nil {
		return err
	}
	if err := c.settle(ctx, absent); err != nil {
		return err
	}
	c.meter.stage(Finished)
	return nil
}

// folders looks at folders, over as many connections as are worth it. The trouble of
// one folder stops no other, unless it is the account's.
func (c *check) folders(ctx context.Context, jobs []*job) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	expected := c.expect(jobs)
	links := 1
	if expected >= moreLinks {
		links = min(c.m.o.Connections, len(jobs))
	}
	todo := make(chan *job, len(jobs))
	for _, j := range jobs {
		todo <- j
	}
	close(todo)
	var mu sync.Mutex
	var failed error
	var work sync.WaitGroup
	for range links {
		work.Go(func() {
			for j := range todo {
				if ctx.Err() != nil {
					return
				}
				err := c.folder(ctx, j)
				switch {
				case err == nil:
				case spoilsAccount(err):
					stop(err)
				default:
					mu.Lock()
					failed = errors.Join(failed, err)
					mu.Unlock()
				}
			}
		})
	}
	work.Wait()
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return failed
}

// expect tells the meter how much may come, as far as the folders' status says.
func (c *check) expect(jobs []*job) (messages int) {
	for _, j := range jobs {
		if j.status == nil {
			continue
		}
		k := j.folder.Cursor
		j.estimate = int(j.status.Messages)
		if k.UIDValidity == j.status.UIDValidity {
			j.estimate = max(0, min(j.estimate, int(int64(j.status.UIDNext)-int64(k.UIDNext))))
		}
		messages += j.estimate
	}
	c.meter.expect(messages, int64(messages)*usualSize)
	return messages
}

// usualSize is what a message is taken to have before the server was asked, in octets.
const usualSize = 35000

// folder brings a folder up to date, and tries again when the line breaks.
func (c *check) folder(ctx context.Context, j *job) error {
	for failures := 0; ; {
		before := j.stored
		err := c.withLink(ctx, func(link Link) error { return c.bring(ctx, link, j) })
		if err == nil || j.stored > before {
			c.mu.Lock()
			c.inRow = 0
			c.mu.Unlock()
		}
		if err == nil || ctx.Err() != nil || spoilsAccount(err) {
			return err
		}
		if failures++; j.stored > before {
			failures = 1
		}
		if failures == tries {
			c.mu.Lock()
			c.out.Troubles = append(c.out.Troubles, Trouble{Folder: j.name, Why: mailstore.SentenceOf(err)})
			c.inRow++
			giveUp := c.inRow >= brokenInRow && errors.Is(err, mailstore.ErrUnreachable)
			c.mu.Unlock()
			if giveUp {
				return dialing{err}
			}
			return err
		}
		c.m.o.Log.InfoContext(ctx, "a folder is tried again", "account", c.account.ID, "folder", j.folder.ID, "err", err)
		if err := wait(ctx, c.m.o.Pause/30<<failures); err != nil {
			return err
		}
	}
}

// bring takes a folder through the stages.
func (c *check) bring(ctx context.Context, link Link, j *job) error {
	var since *imaplink.Known
	if k := j.folder.Cursor; link.Caps().QResync && k.ModSeq > 0 && j.folder.Held == nil && j.folder.Gone.IsZero() && !c.due(k) {
		since = &imaplink.Known{UIDValidity: k.UIDValidity, ModSeq: k.ModSeq}
	}
	sel, err := link.Select(ctx, j.name, since)
	if err != nil {
		return err
	}
	d, err := c.differ(ctx, link, j, sel)
	if err != nil {
		return err
	}
	missing, rest, err := c.fetch(ctx, link, j, d)
	if err != nil {
		return err
	}
	return c.finish(ctx, j, d, missing, rest)
}

// withLink lends f a connection, which is closed when f fails.
func (c *check) withLink(ctx context.Context, f func(Link) error) error {
	link, err := c.pool.get(ctx)
	if err != nil {
		return err
	}
	if err := f(link); err != nil {
		c.pool.drop(link)
		return err
	}
	c.pool.put(link)
	return nil
}

// patience is how long the server asked to be left alone; 0: it did not.
func patience(err error) time.Duration {
	var e *mailstore.Error
	if !errors.As(err, &e) || !errors.Is(err, mailstore.ErrThrottled) {
		return 0
	}
	return max(e.After, time.Second)
}

// expiries are what the account's mirror depends on.
func (c *check) expiries(ctx context.Context) []mailstore.Expiry {
	var out []mailstore.Expiry
	c.pool.mu.Lock()
	info := c.pool.info
	c.pool.mu.Unlock()
	if !info.CertificateEnds.IsZero() {
		out = append(out, mailstore.Expiry{What: mailstore.Say("The certificate of the primary's IMAP server"), At: info.CertificateEnds})
	}
	if c.m.o.Expiries != nil {
		out = append(out, c.m.o.Expiries(ctx, c.account)...)
	}
	return out
}

// wait waits, varied by a fifth.
func wait(ctx context.Context, d time.Duration) error { return waitExactly(ctx, varied(d)) }

func varied(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (0.8 + 0.4*rand.Float64())) //nolint:gosec // it is no secret when
}
