package deliver

import (
	"context"
	"crypto/tls"
	"log/slog"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// Options is what a [Deliverer] works with. Queue and Routes are all that [Deliverer.Act]
// needs; [Deliverer.Run] needs Credentials, Target and Dialer too.
type Options struct {
	// Queue has the mail. Where it is a [relay.Feed] too, changes are followed by it; where
	// it is a [relay.Log], what was sent within a provider's minute or day before the start
	// counts against the limits.
	Queue relay.Queue
	// Sampler, if there is one, is told once a minute and at changes of route to file how
	// many messages wait, and when idle to tidy.
	Sampler     Sampler
	Routes      relay.Routes
	Credentials relay.Credentials
	// Target says where and how a domain's provider takes mail. An error's sentence is shown
	// as the reason why the mail waits.
	Target func(domain string, role failover.Role) (Target, error)
	Dialer failover.Dialer
	// Hostname is what we call ourselves in EHLO and in reports; "localhost" where empty.
	Hostname string
	Retry    Retry
	Doubt    Doubt
	Timeouts Timeouts
	// Words tells a sentence in the organisation's language, for reports to senders; nil: English.
	Words func(failover.Sentence) string
	// Signer, if there is one, signs reports.
	Signer relay.Signer
	// Now is the time that is written down. Nothing waits by it: it may step.
	Now func() time.Time
	// Steady is a time that never steps, since any moment; nil: the system's. All waiting
	// and the age of messages go by it. A test that moves it calls Poke.
	Steady func() time.Duration
	Log    *slog.Logger
}

// Sampler files how many messages wait where, and gives space back.
type Sampler interface {
	Sample(ctx context.Context, role func(relay.Item) failover.Role) error
	Tidy(ctx context.Context) error
}

// Target is where a provider takes mail for sending on.
type Target struct {
	Name string // as people call it: "Microsoft 365"
	// Endpoint's Security is never empty but in tests and benchmarks: no TLS then.
	Endpoint failover.Endpoint
	TLS      *tls.Config // nil: the system's roots
	Limits   relay.Limits
}

// Retry is when what did not go out is tried again. Zero fields: a minute, an hour, five
// days (RFC 5321 section 4.5.4.1), four hours.
type Retry struct {
	// First is the pause of a message that was put off, doubled each time up to Most. A
	// provider that does not answer at all is probed more often: from a thirtieth of First
	// up to First.
	First, Most time.Duration
	// Expire is the age at which a message is given up and its sender told; Warn the age at
	// which the sender is told that it is late.
	Expire, Warn time.Duration
}

// Doubt is the rule for a message that may or may not have been taken.
type Doubt struct {
	Wait time.Duration // it is shown and held so long; 0: 15 minutes
	// Resend sends it again after that; else a person decides.
	Resend bool
}

// Timeouts bound each phase of a conversation as a whole, however the server trickles.
// RFC 5321 section 4.5.3.2 suggests more patience than an outage leaves; zero fields are
// 15 s, 30 s, 1 minute, 1 minute, 1 minute and 5 minutes. Idle is 5 s.
type Timeouts struct {
	Connect  time.Duration
	Greeting time.Duration // RFC: 5 minutes
	Command  time.Duration // EHLO, STARTTLS with the handshake, each step of AUTH, MAIL, each RCPT; RFC: 5 minutes
	Data     time.Duration // until 354; RFC: 2 minutes
	Block    time.Duration // each 32 KiB of the message; RFC: 3 minutes
	// End is for the reply after the data; what comes later makes the message Uncertain.
	// RFC: 10 minutes.
	End time.Duration
	// Idle is how long a connection without work is kept.
	Idle time.Duration
}

// withDefaults fills what was left empty.
func (o Options) withDefaults() Options {
	or := func(d *time.Duration, value time.Duration) {
		if *d <= 0 {
			*d = value
		}
	}
	or(&o.Retry.First, time.Minute)
	or(&o.Retry.Most, time.Hour)
	or(&o.Retry.Expire, 5*24*time.Hour)
	or(&o.Retry.Warn, 4*time.Hour)
	or(&o.Doubt.Wait, 15*time.Minute)
	or(&o.Timeouts.Connect, 15*time.Second)
	or(&o.Timeouts.Greeting, 30*time.Second)
	or(&o.Timeouts.Command, time.Minute)
	or(&o.Timeouts.Data, time.Minute)
	or(&o.Timeouts.Block, time.Minute)
	or(&o.Timeouts.End, 5*time.Minute)
	or(&o.Timeouts.Idle, 5*time.Second)
	if o.Hostname == "" {
		o.Hostname = "localhost"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Steady == nil {
		start := time.Now()
		o.Steady = func() time.Duration { return time.Since(start) }
	}
	if o.Words == nil {
		o.Words = failover.Sentence.String
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}
