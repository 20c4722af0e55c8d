package deliver

import (
	"io"
	"strings"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/relay"
	"lifeboat/failover/relay/smtpout"
)

type body = io.ReadCloser

// transfer is one try to hand a message over, and what was heard.
type transfer struct {
	j      *job
	item   relay.Item
	target Target
	tls    *relay.TLS
	to     []string // asked for
	taken  []string // that the provider took at RCPT
	o      smtpout.Outcome
	end    smtpout.Reply
	lost   *smtpout.Fault // instead of end
	fault  *smtpout.Fault // before the end
	unread error          // of our own queue
	back   bool           // it was taken back before its end
}

// outcome is what has become of one recipient in a transfer.
type outcome struct {
	to    string
	kind  relay.EventKind // Sent, Bounce, Deferred, Doubtful; empty: was not its turn
	reply smtpout.Reply
	say   failover.Sentence
}

// result is a transfer as it will be written down.
type result struct {
	of []outcome
	// worst is what it says beyond the message, with its reason.
	worst verdict
	reply smtpout.Reply
	why   failover.Sentence
	own   bool // put off by itself, not with others
	good  bool // the provider does its work
}

// read makes out what came of a transfer.
func (d *Deliverer) read(t *transfer) *result {
	r := &result{}
	switch {
	case t.back: // nothing came of it
	case t.unread != nil:
		why := failover.Say("The message could not be read from the queue ({error}), and is tried again.", "error", t.unread)
		r.all(t.to, outcome{kind: relay.Deferred, say: why})
		r.own, r.why = true, why
	case t.fault != nil:
		why := sayFault(t.fault, t.target, t.j.login.name)
		r.worst, r.reply, r.why, r.own = judgeFault(t.fault), t.fault.Reply, why, true
		r.all(t.to, outcome{kind: relay.Deferred, reply: t.fault.Reply, say: why})
	case t.o.Data.Local:
		r.all(t.to, outcome{kind: relay.Bounce, reply: t.o.Data})
		r.good = true
	case !t.o.Mail.Positive():
		for _, to := range t.to {
			r.add(t, atMail, to, t.o.Mail)
		}
	default:
		d.readRecipients(t, r)
	}
	r.nothing(t)
	return r
}

// nothing makes a deferral of a try in which nobody's turn came, as where a server finds
// a single recipient too many: it must not be tried again at once.
func (r *result) nothing(t *transfer) {
	for _, o := range r.of {
		if o.kind != "" {
			return
		}
	}
	for n := range r.of {
		o := &r.of[n]
		o.kind, o.say = relay.Deferred, sayAnswer(verdict{}, o.reply, t.target, t.j.login.name, t.item.Envelope.Sender())
		r.why, r.own, r.good = o.say, true, false
	}
}

func (d *Deliverer) readRecipients(t *transfer, r *result) {
	for i, to := range t.to {
		reply := t.o.Rcpt[i]
		switch {
		case !reply.Positive():
			r.add(t, atRcpt, to, reply)
		case t.o.Data.Code != 0:
			r.add(t, atData, to, t.o.Data)
		case t.lost != nil:
			why := sayDoubt(t.target)
			r.of = append(r.of, outcome{to: to, kind: relay.Doubtful, say: why})
			r.worst, r.why = verdict{whose: theHost}, why
		case t.end.Positive():
			r.of = append(r.of, outcome{to: to, kind: relay.Sent, reply: t.end})
			r.good = true
		default:
			r.add(t, atEnd, to, t.end)
		}
	}
}

func (r *result) all(to []string, o outcome) {
	for _, a := range to {
		o.to = a
		r.of = append(r.of, o)
	}
}

// add judges an answer for one recipient.
func (r *result) add(t *transfer, at stage, to string, reply smtpout.Reply) {
	o := outcome{to: to, reply: reply}
	if reply.Code == 0 { // nothing was said about it, as another answer came first
		r.of = append(r.of, o)
		return
	}
	v := judge(at, reply)
	switch {
	case v.final:
		o.kind = relay.Bounce
		r.good = true
	case v.rest:
		r.good = true
	default:
		o.kind = relay.Deferred
		o.say = sayAnswer(v, reply, t.target, t.j.login.name, t.item.Envelope.Sender())
		if r.why.IsZero() || v.whose > r.worst.whose {
			r.worst, r.reply, r.why = v, reply, o.say
		}
		r.own = r.own || v.whose == theMessage
	}
	r.of = append(r.of, o)
}

// weigh lets what was heard count for the sender, the login and the host.
func (d *Deliverer) weigh(t *transfer, r *result) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now, wall := d.o.Steady(), d.o.Now()
	l, g := t.j.lane, t.j.login
	if r.good {
		d.well(l, g, now)
	}
	if r.why.IsZero() || t.unread != nil {
		return
	}
	d.count(l, g, r.worst, r.reply, now, wall, r.why)
	if h := g.host; r.worst.whose == theMessage && !r.good {
		h.soft++
		if h.sick() && !h.bars(now) {
			h.hit(now, wall, d.o.Retry.First/30, d.o.Retry.First, r.why)
		}
	}
}

// count notes a failure with whom it is about. d.mu is held.
func (d *Deliverer) count(l *lane, g *login, v verdict, reply smtpout.Reply, now time.Duration, wall time.Time, why failover.Sentence) {
	retry := d.o.Retry
	if v.throttled {
		if text := strings.ToLower(reply.String()); reply.Code == 421 || strings.Contains(text, "connection") {
			g.most = max(1, g.conns/2)
			g.host.most = max(1, g.host.conns-1)
		} else {
			g.pace.throttled(now)
		}
	}
	switch v.whose {
	case theSender:
		l.trouble.hit(now, wall, retry.First, retry.Most, why)
	case theLogin:
		g.good = 0
		if now >= g.until || g.fails == 0 { // the others of a crowd say the same
			g.hit(now, wall, retry.First/2, retry.Most, why)
		}
	case theHost:
		if now >= g.host.until || g.host.fails == 0 {
			g.host.proved = false
			g.host.hit(now, wall, retry.First/30, retry.First, why)
		}
	default:
	}
}

// well notes that the provider works. What was put off because it did not is due. d.mu is held.
func (d *Deliverer) well(l *lane, g *login, now time.Duration) {
	h := g.host
	if l.trouble.fails > 0 {
		l.trouble.clear()
		l.hurry(now)
	}
	if g.fails > 0 {
		g.clear()
		g.hurry(now)
	}
	if h.fails >= 3 || h.sick() {
		for _, other := range h.logins {
			other.hurry(now)
		}
	}
	if h.fails > 0 {
		h.clear()
		d.nudge()
	}
	h.soft = 0
	if g.good++; g.good%20 == 0 { // what was learned about connections wears off
		g.most, h.most = more(g.most), more(h.most)
	}
}

func (g *login) hurry(now time.Duration) {
	for _, l := range g.lanes {
		l.hurry(now)
	}
}

func more(learned int) int {
	if learned == 0 || learned >= usualConnections {
		return 0
	}
	return learned + 1
}

// until returns when the message may be tried again, as the troubles around it stand.
func (d *Deliverer) until(t *transfer, r *result, tries int) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.o.Steady()
	at := now
	if t.j.lane.role != t.j.role {
		return 0 // the route has changed meanwhile: it follows at once
	}
	if r.own {
		at = now + jitter(doubled(d.o.Retry.First, d.o.Retry.Most, tries), string(t.item.ID), tries)
	}
	for _, trouble := range []*trouble{&t.j.lane.trouble, &t.j.login.trouble, &t.j.login.host.trouble} {
		if trouble.bars(now) {
			at = max(at, trouble.until)
		}
	}
	return at - now
}
