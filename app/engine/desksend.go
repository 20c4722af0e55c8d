package engine

import (
	"bytes"
	"context"
	"errors"
	"mime"
	"net/mail"
	"slices"
	"strings"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// clientHere is the client of what the composer hands in.
const clientHere = "here"

// Send does what [Desk] promises. file brings copies into the mirror, as this process
// can; it returns a sentence where it cannot.
func (r *sendRoute) send(ctx context.Context, o Outgoing, file func(context.Context) error) (SentMail, error) {
	l, err := r.readLetter(&o)
	if err != nil {
		return SentMail{}, err
	}
	if err := r.check(o); err != nil {
		return SentMail{}, err
	}
	signature, err := r.signer.Sign(ctx, l.from, bytes.NewReader(o.Message))
	if err != nil { // unsigned it may still pass by SPF, as what programs hand in does
		r.e.opt.Logger.Warn("a message is sent without our signature", "from", l.from, "error", err)
	}
	draft, noCopy := "", failover.Sentence{}
	if account, ok := r.e.accountOf(o.Envelope.From); ok {
		draft, err = r.draftCopy(sentCopy{Account: account, MessageID: l.messageID, At: r.e.opt.Now().UTC(), Message: o.Message})
		if err != nil { // the mail matters more
			draft, noCopy = "", failover.Say("no copy for the sent folder could be kept: {error}", "error", sayOf(err))
			r.e.opt.Logger.Warn("copies of sent mail", "error", err)
		}
	}
	item, err := r.accept(ctx, o, relay.Header{MessageID: l.messageID, Subject: l.subject, Prepend: signature})
	if err != nil {
		if draft != "" && !errors.Is(err, failover.ErrUncertain) {
			r.dropCopy(draft)
		}
		return SentMail{}, err
	}
	// From here on the message is on its way, and nothing that fails changes that.
	sent := SentMail{ID: item.ID, State: item.State, To: item.To, Copy: CopyNone, CopySay: noCopy}
	if draft != "" {
		sent.Copy, sent.CopySay = r.copyOf(ctx, draft, item.ID, file)
	}
	r.deliverer.Poke()
	r.await(ctx, &sent, o.Wait)
	return sent, nil
}

func (r *sendRoute) accept(ctx context.Context, o Outgoing, h relay.Header) (relay.Item, error) {
	in := r.mail.New(o.Envelope)
	defer in.Abort()
	if _, err := in.Write(o.Message); err != nil {
		return relay.Item{}, err
	}
	return in.Commit(ctx, h)
}

// copyOf files the copy of a message that was queued.
func (r *sendRoute) copyOf(ctx context.Context, draft string, id relay.ID, file func(context.Context) error) (SentCopy, failover.Sentence) {
	if err := r.keepCopy(draft, id); err != nil {
		r.e.opt.Logger.Warn("copies of sent mail", "error", err) // the queue's log tells what to do with it
		return CopyPending, failover.SentenceOf(err)
	}
	err := file(ctx)
	switch {
	case r.e.isFiled(id):
		return CopyFiled, failover.Sentence{}
	case err == nil:
		return CopyPending, failover.Say("the copy for the sent folder is kept until the mailbox is mirrored for the first time")
	}
	return CopyPending, sayOf(err)
}

// letter is what the header says that the queue is told.
type letter struct{ from, messageID, subject string }

// readLetter reads the header, and completes it and the envelope: Message-ID and Date
// where they are missing (RFC 6409 section 8), and what a server must be able to do.
func (r *sendRoute) readLetter(o *Outgoing) (letter, error) {
	m, err := mail.ReadMessage(bytes.NewReader(o.Message))
	if err != nil {
		return letter{}, failover.Fail(failover.ErrInvalid, "this is no mail message: it must begin with a header, as in \"From: you@example.jp\"").Because(err)
	}
	from, err := mail.ParseAddressList(m.Header.Get("From"))
	if err != nil || len(from) == 0 {
		return letter{}, failover.Fail(failover.ErrInvalid, "the message has no sender: write one address under From").Because(err)
	}
	l := letter{from: from[0].Address, messageID: strings.Trim(strings.TrimSpace(m.Header.Get("Message-Id")), "<>")}
	if l.subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil {
		l.subject = m.Header.Get("Subject")
	}
	now := r.e.opt.Now()
	var more []byte
	if l.messageID == "" {
		l.messageID = r.e.newID() + "@" + relay.DomainOf(l.from)
		more = append(more, "Message-ID: <"+l.messageID+">\r\n"...)
	}
	if m.Header.Get("Date") == "" {
		more = append(more, "Date: "+now.Format(time.RFC1123Z)+"\r\n"...)
	}
	o.Message = slices.Concat(more, o.Message)
	env := &o.Envelope
	env.User, env.Client = env.From, clientHere
	odd := func(b byte) bool { return b >= 0x80 }
	header, _, _ := bytes.Cut(o.Message, []byte("\r\n\r\n"))
	env.EightBit = env.EightBit || slices.ContainsFunc(o.Message, odd)
	env.UTF8 = env.UTF8 || slices.ContainsFunc(header, odd) || strings.ContainsFunc(env.From+strings.Join(env.To, ""), func(c rune) bool { return c >= 0x80 })
	return l, nil
}

// check refuses what could not leave, while somebody is there to read why.
func (r *sendRoute) check(o Outgoing) error {
	set := r.e.opt.Settings.Relay
	switch {
	case len(o.Envelope.To) == 0:
		return failover.Fail(failover.ErrInvalid, "the message has no recipient: give at least one address")
	case set.Recipients > 0 && len(o.Envelope.To) > set.Recipients:
		return failover.Fail(failover.ErrInvalid, "the message has {count} recipients, and {most} are allowed: send it in parts, or raise relay.recipients in the settings",
			"count", len(o.Envelope.To), "most", set.Recipients)
	case set.MessageSize > 0 && int64(len(o.Message)) > int64(set.MessageSize):
		return failover.Fail(failover.ErrInvalid, "the message is larger than {most}: send less in it, or raise relay.message_size in the settings",
			"most", set.MessageSize.String())
	}
	role := r.routes.Route(relay.DomainOf(o.Envelope.From))
	_, err := r.e.opt.Settings.SubmissionFor(string(role), o.Envelope.From)
	return inFailover(failover.ErrInvalid, err)
}

// await waits until there is something to tell of a message, at most so long.
func (r *sendRoute) await(ctx context.Context, sent *SentMail, most time.Duration) {
	if most <= 0 {
		return
	}
	ctx, stop := context.WithTimeout(ctx, most)
	defer stop()
	for {
		changed := r.queue.Changed()
		item, waits := r.queue.Get(sent.ID)
		if !waits {
			r.ended(context.WithoutCancel(ctx), sent)
			return
		}
		sent.State, sent.To, sent.Why, sent.Next, sent.Via = item.State, item.To, item.Why, item.Next, r.role(item)
		if item.State != relay.Waiting || !item.Why.IsZero() && item.Next.After(r.e.opt.Now()) {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}

// ended tells what became of a message that has left the queue, out of its events.
func (r *sendRoute) ended(ctx context.Context, sent *SentMail) {
	sent.State, sent.Why, sent.Next = relay.Ended, failover.Sentence{}, time.Time{}
	events, err := r.queue.Events(ctx, relay.LogQuery{ID: sent.ID})
	if err != nil {
		r.e.opt.Logger.Warn("what became of a message", "id", sent.ID, "error", err)
		return
	}
	fates := map[relay.EventKind]relay.Fate{relay.Sent: relay.Delivered, relay.Bounce: relay.Bounced, relay.Expiry: relay.Expired, relay.Drop: relay.Dropped}
	for _, ev := range events {
		fate, tells := fates[ev.Kind]
		if !tells {
			continue
		}
		if ev.Role != "" {
			sent.Via = ev.Role
		}
		for i := range sent.To {
			if slices.Contains(ev.To, sent.To[i].Address) || len(ev.To) == 0 {
				sent.To[i].Fate = fate
				sent.To[i].Answer = strings.ReplaceAll(ev.Answer, "\n", " ")
			}
		}
	}
}
