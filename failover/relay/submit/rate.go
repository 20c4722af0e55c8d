package submit

import (
	"strings"
	"sync"
	"time"

	"lifeboat/failover"
)

// rates counts what each user hands in, over windows that slide by a sixtieth. It is
// kept in memory: the limits are there against a device gone wild, not as an account,
// and a restart forgives.
type rates struct {
	limit Rate
	now   func() time.Time

	mu   sync.Mutex
	user map[string]*usage
}

type usage struct {
	messages   window // of an hour
	recipients window // of a day
}

// slots is how finely a window slides.
const slots = 60

// window counts over the last slots*step.
type window struct {
	step  time.Duration
	count [slots]int
	at    int64 // the number of the newest slot
}

// over is a limit that was met.
type over struct {
	limit int
	day   bool // recipients a day; else messages an hour
	free  time.Time
}

func newRates(limit Rate, now func() time.Time) *rates {
	return &rates{limit: limit, now: now, user: map[string]*usage{}}
}

// slide moves on to the present. A clock that was set back a little leaves the window
// where it is; by more than the window is long, it begins anew.
func (w *window) slide(now time.Time) {
	at := now.UnixNano() / int64(w.step)
	if at-w.at >= slots || w.at-at >= slots {
		w.count = [slots]int{}
		w.at = at
	}
	for w.at < at {
		w.at++
		w.count[w.at%slots] = 0
	}
}

func (w *window) sum() int {
	n := 0
	for _, c := range w.count {
		n += c
	}
	return n
}

// room returns when there will be room for n more below limit.
func (w *window) room(n, limit int) time.Time {
	sum := w.sum()
	at := w.at - slots + 1 // the oldest slot
	for ; at <= w.at && sum+n > limit; at++ {
		sum -= w.count[((at%slots)+slots)%slots]
	}
	return time.Unix(0, (at+slots-1)*int64(w.step))
}

func (r *rates) of(user string, now time.Time) *usage {
	user = strings.ToLower(user)
	u := r.user[user]
	if u == nil {
		u = &usage{messages: window{step: time.Hour / slots}, recipients: window{step: 24 * time.Hour / slots}}
		r.user[user] = u
	}
	u.messages.slide(now)
	u.recipients.slide(now)
	return u
}

// check returns the limit that a message with so many recipients would exceed now, or nil.
func (r *rates) check(user string, recipients int) *over {
	if r.limit == (Rate{}) {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.checked(r.of(user, r.now()), recipients)
}

func (r *rates) checked(u *usage, recipients int) *over {
	if most := r.limit.MessagesPerHour; most > 0 && u.messages.sum()+1 > most {
		return &over{limit: most, free: u.messages.room(1, most)}
	}
	if most := r.limit.RecipientsPerDay; most > 0 && u.recipients.sum()+recipients > most {
		return &over{limit: most, day: true, free: u.recipients.room(min(recipients, most), most)}
	}
	return nil
}

// take counts a message, unless it would exceed a limit.
func (r *rates) take(user string, recipients int) *over {
	if r.limit == (Rate{}) {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	u := r.of(user, r.now())
	if over := r.checked(u, recipients); over != nil {
		return over
	}
	u.messages.count[u.messages.at%slots]++
	u.recipients.count[u.recipients.at%slots] += recipients
	return nil
}

// giveBack takes back what take counted, of a message that was not kept after all.
func (r *rates) giveBack(user string, recipients int) {
	if r.limit == (Rate{}) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	u := r.of(user, r.now())
	u.messages.count[u.messages.at%slots] = max(0, u.messages.count[u.messages.at%slots]-1)
	u.recipients.count[u.recipients.at%slots] = max(0, u.recipients.count[u.recipients.at%slots]-recipients)
}

// tooMany says which limit it was and when there is room again.
func (s *session) tooMany(o *over) refusal {
	free := o.free.In(s.server.opt.Now().Location()).Format("2006-01-02 15:04 -0700")
	if o.day {
		return refusal{452, class{4, 5, 3}, failover.Say("{user} has written to {limit} recipients within a day, the most allowed; send the message again after {time}.", "user", s.user.Address, "limit", o.limit, "time", free)}
	}
	return refusal{451, class{4, 7, 1}, failover.Say("{user} has sent {limit} messages within an hour, the most allowed; send the message again after {time}.", "user", s.user.Address, "limit", o.limit, "time", free)}
}
