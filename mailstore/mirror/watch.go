package mirror

import (
	"context"
	"errors"
	"sync"
	"time"

	"lifeboat/mailstore"
)

// tidyEvery is how often Watch lets the store remove what is too old.
const tidyEvery = time.Hour

// mostPauses is how many times as long as the first the longest pause is.
const mostPauses = 60

// Watch keeps the accounts up to date until ctx ends: it waits for the server's word
// on the inbox (IDLE), looks at every folder each Poll, and reads texts as they come.
// Each account goes its own way and pauses after its own failures. Accounts that the
// store gets or loses meanwhile are taken up and let go. It ends with nil when ctx
// does, and with an error when nothing can be stored.
func (m *Mirror) Watch(ctx context.Context) error {
	outer := ctx
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	came := make(chan struct{}, 1)
	came <- struct{}{} // what an earlier run left
	var work sync.WaitGroup
	work.Go(func() { m.watchTexts(ctx, came) })
	watched := map[mailstore.Account]context.CancelFunc{}
	for ctx.Err() == nil {
		accounts, err := m.accounts(ctx, nil)
		if err != nil && ctx.Err() == nil {
			stop(err)
			break
		}
		for account, end := range watched {
			if !contains(accounts, account) {
				end()
				delete(watched, account)
			}
		}
		for _, account := range accounts {
			if watched[account] != nil {
				continue
			}
			own, end := context.WithCancel(ctx)
			watched[account] = end
			work.Go(func() {
				if err := m.watchAccount(own, account, came); spoilsAll(err) {
					stop(err)
				}
			})
		}
		_ = wait(ctx, m.o.Poll)
	}
	for _, end := range watched {
		end()
	}
	work.Wait()
	if outer.Err() != nil {
		return nil
	}
	return context.Cause(ctx)
}

func contains(accounts []mailstore.Account, account mailstore.Account) bool {
	for _, a := range accounts {
		if a == account {
			return true
		}
	}
	return false
}

// watchAccount checks an account until ctx ends.
func (m *Mirror) watchAccount(ctx context.Context, account mailstore.Account, came chan<- struct{}) error {
	pool := m.newPool(account)
	defer pool.close()
	failures := 0
	for ctx.Err() == nil {
		c := &check{account: account, pool: pool, came: came}
		r := m.look(ctx, c)
		pool.trim(1)
		if spoilsAll(r.Err) {
			return r.Err
		}
		if r.Err == nil {
			failures = 0
			m.tellWaiting(account, r, m.o.Poll)
			m.rest(ctx, pool, account)
			continue
		}
		failures++
		pause := m.pause(failures, patience(r.Err))
		m.tellWaiting(account, r, pause)
		_ = waitExactly(ctx, pause)
	}
	return nil
}

// pause is how long an account is left alone after so many failures in a row: twice
// as long each time, varied, and never shorter than the server asked for.
func (m *Mirror) pause(failures int, asked time.Duration) time.Duration {
	longest := m.o.Pause * mostPauses
	pause := longest
	if failures < 7 {
		pause = min(longest, m.o.Pause<<(failures-1))
	}
	return max(varied(pause), asked)
}

func (m *Mirror) tellWaiting(account mailstore.Account, r AccountReport, pause time.Duration) {
	m.o.Tell(Progress{Account: account, Stage: Waiting, Failed: r.Check.Failed, Retry: m.o.Now().Add(pause)})
}

// rest waits until it is time to look again: for the server's word on the inbox where
// it gives it, and no longer than Poll.
func (m *Mirror) rest(ctx context.Context, pool *pool, account mailstore.Account) {
	ctx, stop := context.WithTimeout(ctx, varied(m.o.Poll))
	defer stop()
	least := time.NewTimer(m.o.Poll / 60) // a server that always has news is not asked without pause
	defer least.Stop()
	if err := m.idle(ctx, stop, pool, account); err != nil && ctx.Err() == nil {
		m.o.Log.InfoContext(ctx, "the inbox cannot be waited for", "account", account.ID, "err", err)
		<-ctx.Done()
	}
	select {
	case <-least.C:
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return
		}
		<-least.C
	}
}

// idle waits in the inbox until something changes or ctx ends.
func (m *Mirror) idle(ctx context.Context, stop func(), pool *pool, account mailstore.Account) error {
	link, err := pool.get(ctx)
	if err != nil {
		return err
	}
	if !link.Caps().Idle {
		pool.put(link)
		<-ctx.Done()
		return nil
	}
	news, err := m.idleInbox(ctx, stop, link, account)
	if err != nil {
		pool.drop(link)
		return err
	}
	pool.put(link)
	if !news {
		<-ctx.Done()
	}
	return nil
}

// idleInbox reports whether there is news.
func (m *Mirror) idleInbox(ctx context.Context, stop func(), link Link, account mailstore.Account) (news bool, err error) {
	folders, err := m.o.Store.Folders(ctx, account.ID)
	if err != nil {
		return false, err
	}
	sel, err := link.Select(ctx, "INBOX", nil)
	if err != nil {
		return false, err
	}
	for _, f := range folders {
		if f.Role == mailstore.Inbox && f.Gone.IsZero() && f.Held == nil &&
			(f.Cursor.UIDNext < sel.UIDNext || f.Cursor.Exists != sel.Messages) {
			return true, nil // it came after the check, and before anybody waited for it
		}
	}
	err = link.Idle(ctx, func() {
		news = true
		stop()
	})
	return news, err
}

// watchTexts reads texts when something came, and lets the store tidy up.
func (m *Mirror) watchTexts(ctx context.Context, came <-chan struct{}) {
	tidy := time.NewTimer(tidyEvery)
	defer tidy.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-came:
			if err := m.Describe(ctx); err != nil && ctx.Err() == nil {
				m.o.Log.WarnContext(ctx, "texts cannot be read now", "err", err)
			}
		case <-tidy.C:
			if _, err := m.tidy(ctx); err != nil && ctx.Err() == nil {
				m.o.Log.WarnContext(ctx, "old mail cannot be removed now", "err", err)
			}
			tidy.Reset(tidyEvery)
		}
	}
}

func waitExactly(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
