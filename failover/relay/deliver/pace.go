package deliver

import (
	"time"

	"lifeboat/failover/relay"
)

// A provider's minute and day, and a little more: its clock is not ours, and Postfix,
// which counts in whole seconds (anvil(8)), has minutes of up to 61.
const (
	minuteSpan = 62 * time.Second
	daySpan    = 24*time.Hour + time.Minute
)

// pace keeps what one login sends within the provider's limits, so that no message is
// ever refused for its number.
//
// What counts is when the provider counts, which is somewhere between our command and
// its reply. So a message takes up its place from when it is begun until a minute after
// its reply: then no span of a minute at the provider, wherever it begins, sees more
// than the limit. While more messages wait than there is room for, they leave evenly
// spaced, so that providers with shorter spans behind their promise are content as well.
type pace struct {
	limits relay.Limits
	minute time.Duration
	day    time.Duration

	open int             // messages begun and not answered
	past []time.Duration // when those of the last minute were answered, in order
	last time.Duration   // when one was begun

	openTo int
	days   []share // recipients of the last day, in order

	// learned is how many a minute the provider seemed to take when it asked for patience.
	learned int
	until   time.Duration // of what was learned
	told    time.Duration // when a Pace event was filed
	ever    bool
}

// share is how many recipients were taken about when.
type share struct {
	at time.Duration
	n  int
}

func (p *pace) perMinute(now time.Duration) int {
	n := p.limits.MessagesPerMinute
	if p.learned > 0 && now < p.until && (n == 0 || p.learned < n) {
		n = p.learned
	}
	return n
}

// prune forgets what lies more than a minute, or a day, back.
func (p *pace) prune(now time.Duration) {
	gone := 0
	for gone < len(p.past) && p.past[gone]+p.minute <= now {
		gone++
	}
	p.past = p.past[gone:]
	gone = 0
	for gone < len(p.days) && p.days[gone].at+p.day <= now {
		gone++
	}
	p.days = p.days[gone:]
}

// wait returns how long to wait before the next message may be begun, of waiting ones; 0: none.
func (p *pace) wait(now time.Duration, waiting int) time.Duration {
	p.prune(now)
	n := p.perMinute(now)
	if n == 0 {
		return 0
	}
	free := n - p.open - len(p.past)
	switch {
	case free <= 0 && len(p.past) > 0:
		// When so many have gone that there is room for one.
		return max(1, p.past[min(-free, len(p.past)-1)]+p.minute-now)
	case free <= 0:
		return p.minute
	case waiting > free && p.ever:
		return max(0, p.last+p.minute/time.Duration(n)-now)
	}
	return 0
}

// room returns how many of a message's recipients may be sent to now, and if none, how
// long to wait. A message with more of them than the provider takes in a day goes in parts.
func (p *pace) room(now time.Duration, recipients int) (int, time.Duration) {
	limit := p.limits.RecipientsPerDay
	if limit == 0 {
		return recipients, 0
	}
	used := p.openTo
	for _, s := range p.days {
		used += s.n
	}
	want := min(recipients, limit)
	if used+want <= limit {
		return want, 0
	}
	for _, s := range p.days {
		used -= s.n
		if used+want <= limit {
			return 0, max(1, s.at+p.day-now)
		}
	}
	return 0, p.minute
}

// begin counts a message and its recipients.
func (p *pace) begin(now time.Duration, recipients int) {
	p.open++
	p.openTo += recipients
	p.last, p.ever = now, true
}

// end tells that the message's fate at the provider is known, or its connection gone:
// it took so many of the recipients asked for.
func (p *pace) end(now time.Duration, asked, taken int) {
	p.open--
	p.openTo -= asked
	if len(p.past) >= 100_000 { // without a limit, what counts is about how many
		p.past = p.past[50_000:]
	}
	p.past = append(p.past, now)
	p.count(now, taken)
}

func (p *pace) count(at time.Duration, taken int) {
	if taken == 0 || p.limits.RecipientsPerDay == 0 {
		return
	}
	if last := len(p.days) - 1; last >= 0 && at-p.days[last].at < p.day/1440 {
		p.days[last].n += taken
		p.days[last].at = at
		return
	}
	p.days = append(p.days, share{at, taken})
}

// throttled learns from a provider that says we send too much: half of what it was given
// in the last minute is right for a while.
func (p *pace) throttled(now time.Duration) {
	p.prune(now)
	if n := len(p.past) + p.open; n >= leastLearned {
		p.learned = n / 2
		p.until = now + 10*p.minute
	}
}

// leastLearned is how many messages must have gone in a minute for their number to be the
// reason of anything.
const leastLearned = 10
