package cli

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lifeboat/app/engine"
	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// relayCommand is about outgoing mail: what waits, what became of it, and which way it
// goes.
func (s *session) relayCommand() *cobra.Command {
	c := &cobra.Command{Use: "relay", Short: s.tongue.T("See and steer the mail that your users send"), RunE: onlyBelow}
	c.AddCommand(
		s.relayStatus(), s.relayQueue(), s.relayLog(), s.relayChart(), s.relayRouteCommand(),
		s.relayAct(relay.ActRetry), s.relayAct(relay.ActHold), s.relayReroute(), s.relayAct(relay.ActSettle), s.relayAct(relay.ActDrop),
	)
	return c
}

// atDesk opens the send route for a command.
func (s *session) atDesk(ctx context.Context, do func(*engine.Engine, engine.Desk) error) error {
	e, err := s.open()
	if err != nil {
		return err
	}
	open := s.Desk
	if open == nil {
		open = func(ctx context.Context, e *engine.Engine) (engine.Desk, error) { return e.Desk(ctx) }
	}
	d, err := open(ctx, e)
	if err != nil {
		return err
	}
	err = do(e, d)
	if closed := d.Close(); err == nil {
		err = closed
	}
	return err
}

// queueFlags select messages of the queue.
type queueFlags struct {
	state, domain, via, address string
	all                         bool
}

func (s *session) queueFlags(c *cobra.Command, f *queueFlags) {
	t := s.tongue
	c.Flags().StringVar(&f.state, "state", "", t.T("only those in this `STATE`: waiting, held or uncertain"))
	c.Flags().StringVar(&f.domain, "domain", "", t.T("only of senders in this `DOMAIN`"))
	c.Flags().StringVar(&f.via, "via", "", t.T("only those that wait for this `PROVIDER`: primary or secondary"))
	c.Flags().StringVar(&f.address, "address", "", t.T("only from or to this `ADDRESS`, or a part of it"))
}

// filter turns flags and arguments into what the queue is asked.
func (f queueFlags) filter(ids []string) (relay.Filter, error) {
	out := relay.Filter{State: relay.State(strings.ToLower(f.state)), Domain: f.domain, Address: f.address}
	switch out.State {
	case "", relay.Waiting, relay.Held, relay.Uncertain:
	default:
		return out, failover.Fail(failover.ErrInvalid, "a message in the queue is waiting, held or uncertain, not {value}", "value", f.state)
	}
	if f.via != "" {
		role, err := roleNamed(f.via)
		if err != nil {
			return out, err
		}
		out.Role = role
	}
	for _, id := range ids {
		out.IDs = append(out.IDs, relay.ID(id).Normal())
	}
	return out, nil
}

func roleNamed(name string) (failover.Role, error) {
	switch r := failover.Role(strings.ToLower(name)); r {
	case failover.Primary, failover.Secondary:
		return r, nil
	default:
		return "", failover.Fail(failover.ErrInvalid, "the providers are called primary and secondary; {value} is neither", "value", name)
	}
}

func (s *session) relayQueue() *cobra.Command {
	t := s.tongue
	var f queueFlags
	var limit int
	c := &cobra.Command{
		Use: "queue [ID...]", Short: t.T("List the messages that wait to be sent, the oldest first"),
		RunE: func(c *cobra.Command, ids []string) error {
			filter, err := f.filter(ids)
			if err != nil {
				return err
			}
			return s.atDesk(c.Context(), func(_ *engine.Engine, d engine.Desk) error {
				list, err := d.Queue(c.Context(), filter, limit)
				if err != nil {
					return err
				}
				if err := s.document(list); err != nil {
					return err
				}
				s.showQueue(list)
				if len(filter.IDs) > 0 && list.Total == 0 {
					s.print("")
					s.printT("None of them is in the queue: lifeboat relay log {id} tells what became of it.", "id", oneLine(ids[0]))
				}
				return nil
			})
		},
	}
	s.queueFlags(c, &f)
	c.Flags().IntVar(&limit, "limit", usualLimit, t.T("at most so many messages, a `NUMBER`"))
	return c
}

// showQueue tells the queue: its sums first, then its messages.
func (s *session) showQueue(l relay.Listing) {
	s.showSums(l.Totals, l.At)
	for _, r := range l.Routes {
		s.printT("{domain}: mail leaves through {role}.", "domain", failover.Display(r.Domain), "role", s.roleWord(r.Role))
	}
	for _, m := range l.Messages {
		s.print("")
		s.showLine(m, s.print)
	}
	if more := l.Total - len(l.Messages); more > 0 {
		s.print("")
		s.printT("{count} more are not shown; --limit shows more.", "count", more)
	}
	if waits := sumOf(l.Totals); !l.Running && waits.Waiting+waits.Uncertain > 0 {
		s.print("")
		s.print("! " + s.notSending())
	}
}

func (s *session) notSending() string {
	return s.tongue.T("Nobody is sending this mail: lifeboat serve does.")
}

// sumOf adds samples up. The oldest is the oldest of all.
func sumOf(list []relay.Sample) relay.Sample {
	var out relay.Sample
	for _, v := range list {
		out.Waiting += v.Waiting
		out.Held += v.Held
		out.Uncertain += v.Uncertain
		out.Bytes += v.Bytes
		if !v.Oldest.IsZero() && (out.Oldest.IsZero() || v.Oldest.Before(out.Oldest)) {
			out.Oldest = v.Oldest
		}
	}
	return out
}

// showSums tells how much waits for which provider.
func (s *session) showSums(totals []relay.Sample, now time.Time) {
	for _, l := range s.sums(totals, now) {
		s.print(l)
	}
}

func (s *session) sums(totals []relay.Sample, now time.Time) []string {
	t := s.tongue
	all := sumOf(totals)
	if all.Waiting+all.Held+all.Uncertain == 0 {
		return []string{t.T("No mail waits to be sent.")}
	}
	var lines []string
	for _, role := range []failover.Role{failover.Primary, failover.Secondary} {
		var of []relay.Sample
		for _, v := range totals {
			if v.Role == role {
				of = append(of, v)
			}
		}
		sum := sumOf(of)
		if sum.Waiting+sum.Held+sum.Uncertain == 0 {
			continue
		}
		parts := []any{
			"role", s.roleWord(role), "waiting", sum.Waiting, "held", sum.Held, "uncertain", sum.Uncertain,
			"size", size(sum.Bytes), "span", t.Span(now.Sub(sum.Oldest)),
		}
		lines = append(lines, t.T("For {role}: {waiting} waiting, {held} held, {uncertain} uncertain ({size}); the oldest for {span}.", parts...))
	}
	return lines
}

// showLine tells a message of the queue.
func (s *session) showLine(m relay.Line, line func(string)) {
	t := s.tongue
	line(string(m.ID) + "  " + day(m.Arrived) + "  " + fit(s.stateWord(m.State), widestState) + "  " + size(m.Size))
	line("    " + s.envelope(m.Envelope.From, pendingOf(m.To), m.Subject))
	about := t.T("for {role}", "role", s.roleWord(m.Role))
	if m.Via != "" {
		about = t.T("for {role}, as chosen for this message", "role", s.roleWord(m.Role))
	}
	if m.Tries > 0 {
		about += t.T(", tries: {count}", "count", m.Tries)
	}
	switch {
	case m.State == relay.Waiting && m.Next.After(s.Now()):
		about += t.T(", next at {when}", "when", t.Clock(m.Next, s.Now()))
	case m.State == relay.Uncertain && !m.Next.IsZero():
		about += t.T(", the rule decides at {when}", "when", t.Clock(m.Next, s.Now()))
	}
	line("    " + about)
	if !m.Why.IsZero() {
		line("    " + oneLine(s.say(m.Why)))
	}
	if m.Again > 0 {
		line("    ! " + t.T("Sent again since the reply was lost: {count} times.", "count", m.Again))
	}
}

const (
	widestState   = 9
	widestSubject = 60
)

func (s *session) stateWord(state relay.State) string {
	switch state {
	case relay.Waiting:
		return s.tongue.T("waiting")
	case relay.Held:
		return s.tongue.T("held")
	case relay.Uncertain:
		return s.tongue.T("uncertain")
	case relay.Ended:
		return s.tongue.T("ended")
	}
	return oneLine(string(state))
}

// pendingOf are the recipients that a message still has to reach.
func pendingOf(list []relay.Recipient) []string {
	var out []string
	for _, r := range list {
		if r.Fate == relay.Pending || r.Fate == "" {
			out = append(out, r.Address)
		}
	}
	return out
}

// envelope tells who writes to whom, and what about.
func (s *session) envelope(from string, to []string, subject string) string {
	const named = 2
	if from == "" {
		from = s.tongue.T("(a report)")
	}
	told := oneLine(from) + " → " + oneLine(strings.Join(to[:min(len(to), named)], ", "))
	if more := len(to) - named; more > 0 {
		told += " +" + strconv.Itoa(more)
	}
	if subject = strings.TrimSpace(oneLine(subject)); subject != "" {
		told += ": " + strings.TrimRight(fit(subject, widestSubject), " ")
	}
	return told
}
