package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"lifeboat/app/engine"
	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// actFlags are those of whatever is done to messages.
type actFlags struct {
	queueFlags
	reason string
	yes    bool
	silent bool
}

// actShown is how many of the messages are shown before the question.
const actShown = 10

// relayAct holds, retries, settles or drops messages.
func (s *session) relayAct(kind relay.ActKind) *cobra.Command {
	t := s.tongue
	var f actFlags
	short := map[relay.ActKind]string{
		relay.ActRetry:  t.T("Send messages now, also held and uncertain ones"),
		relay.ActHold:   t.T("Stop messages until lifeboat relay retry"),
		relay.ActDrop:   t.T("Take messages out of the queue without sending them, and tell their senders"),
		relay.ActSettle: t.T("Say that uncertain messages were delivered after all"),
	}
	c := &cobra.Command{
		Use: string(kind) + " [ID...]", Short: short[kind],
		RunE: func(c *cobra.Command, ids []string) error { return s.act(c.Context(), relay.Act{Kind: kind}, ids, f) },
	}
	s.actFlags(c, &f)
	if kind == relay.ActDrop {
		c.Flags().BoolVar(&f.silent, "silent", false, t.T("do not tell the senders"))
	}
	return c
}

func (s *session) actFlags(c *cobra.Command, f *actFlags) {
	t := s.tongue
	s.queueFlags(c, &f.queueFlags)
	c.Flags().BoolVar(&f.all, "all", false, t.T("all messages of the queue"))
	c.Flags().StringVar(&f.reason, "reason", "", t.T("why, as it is to stand in the log: `REASON`"))
	c.Flags().BoolVarP(&f.yes, "yes", "y", false, t.T("do it without asking"))
}

// relayReroute chooses the provider of single messages.
func (s *session) relayReroute() *cobra.Command {
	t := s.tongue
	var f actFlags
	const domains = "domain"
	c := &cobra.Command{
		Use: "reroute primary|secondary|domain [ID...]", Short: t.T("Choose the provider of single messages, or leave it to their domain's route again"),
		Args: count(1, -1), ValidArgs: []string{string(failover.Primary), string(failover.Secondary), domains},
		RunE: func(c *cobra.Command, a []string) error {
			act := relay.Act{Kind: relay.ActReroute}
			if a[0] != domains {
				role, err := roleNamed(a[0])
				if err != nil {
					return err
				}
				act.Via = role
			}
			return s.act(c.Context(), act, a[1:], f)
		},
	}
	s.actFlags(c, &f)
	return c
}

// acted is the document of what was done to messages.
type acted struct {
	Act      relay.Act    `json:"act"`
	Messages []relay.Line `json:"messages"` // as they are afterwards
}

// act shows what would be done, asks, and does it.
func (s *session) act(ctx context.Context, a relay.Act, ids []string, f actFlags) error {
	if err := f.complete(&a, ids); err != nil {
		return err
	}
	return s.atDesk(ctx, func(_ *engine.Engine, d engine.Desk) error {
		if err := wholeIDs(ctx, d, &a.Of); err != nil {
			return err
		}
		list, err := d.Queue(ctx, a.Of, actShown)
		if err != nil {
			return err
		}
		if list.Total == 0 {
			s.printT("No message in the queue matches, so nothing was done.")
			return s.document(acted{a, []relay.Line{}})
		}
		switch sure, err := s.sureOf(ctx, a, list, f.yes); {
		case err != nil:
			return err
		case !sure:
			return engine.ErrDeclined
		}
		lines, err := d.Act(ctx, a)
		if err != nil {
			return err
		}
		s.printT("Done. Messages: {count}.", "count", len(lines))
		if !d.Running() && (a.Kind == relay.ActRetry || a.Kind == relay.ActReroute) {
			s.print("! " + s.notSending())
		}
		return s.document(acted{a, append([]relay.Line{}, lines...)})
	})
}

// complete makes an act of what was typed, or says what is missing.
func (f actFlags) complete(a *relay.Act, ids []string) error {
	filter, err := f.filter(ids)
	if err != nil {
		return err
	}
	if a.Kind == relay.ActSettle {
		if filter.State != "" && filter.State != relay.Uncertain {
			return failover.Fail(failover.ErrInvalid, "only uncertain messages are settled")
		}
		filter.State = relay.Uncertain
	}
	if len(ids) == 0 && !f.all && f.queueFlags == (queueFlags{}) {
		return failover.Fail(failover.ErrInvalid, "say which messages: their IDs, --state, --domain, --via or --address, or --all of them")
	}
	a.Of, a.Reason, a.Report = filter, strings.TrimSpace(f.reason), a.Kind == relay.ActDrop && !f.silent
	if a.Kind == relay.ActDrop && a.Reason == "" {
		return failover.Fail(failover.ErrInvalid, "what is dropped is never sent, so the log has to say why: add --reason REASON")
	}
	return nil
}

// wholeIDs replaces the beginnings of IDs by the whole ones. Each has to be that of one
// message alone.
func wholeIDs(ctx context.Context, d engine.Desk, f *relay.Filter) error {
	for i, id := range f.IDs {
		list, err := d.Queue(ctx, relay.Filter{IDs: []relay.ID{id}}, 1)
		switch {
		case err != nil:
			return err
		case list.Total == 0:
			return failover.Fail(failover.ErrInvalid, "no message in the queue begins with {id}: lifeboat relay log {id} tells what became of it", "id", oneLine(string(id)))
		case list.Total > 1:
			return failover.Fail(failover.ErrInvalid, "{count} messages begin with {id}: type more of it", "count", list.Total, "id", oneLine(string(id)))
		}
		f.IDs[i] = list.Messages[0].ID
	}
	return nil
}

// sureOf shows the messages and asks, unless the answer was given with --yes.
func (s *session) sureOf(ctx context.Context, a relay.Act, list relay.Listing, yes bool) (bool, error) {
	t := s.tongue
	doubtful := 0
	for _, m := range list.Messages {
		s.showLine(m, s.note)
		if m.State == relay.Uncertain {
			doubtful++
		}
	}
	if more := list.Total - len(list.Messages); more > 0 {
		s.note(t.T("and {count} more messages", "count", more))
	}
	if doubtful > 0 && a.Kind == relay.ActRetry {
		s.note("! " + t.T("Uncertain messages may have been delivered already; whoever has them then gets them twice."))
	}
	if yes {
		return true, nil
	}
	return s.ask(ctx, s.actQuestion(a, list.Total))
}

func (s *session) actQuestion(a relay.Act, n int) string {
	t := s.tongue
	switch {
	case a.Kind == relay.ActHold:
		return t.T("Messages: {count}. Stop them until you let them go?", "count", n)
	case a.Kind == relay.ActRetry:
		return t.T("Messages: {count}. Send them now?", "count", n)
	case a.Kind == relay.ActSettle:
		return t.T("Messages: {count}. Take them for delivered, and not send them again?", "count", n)
	case a.Kind == relay.ActDrop && a.Report:
		return t.T("Messages: {count}. Never send them, and tell their senders so?", "count", n)
	case a.Kind == relay.ActDrop:
		return t.T("Messages: {count}. Never send them, and tell nobody?", "count", n)
	case a.Via == "":
		return t.T("Messages: {count}. Let them go the way of their domain again?", "count", n)
	default:
		return t.T("Messages: {count}. Send them through {role}?", "count", n, "role", s.roleWord(a.Via))
	}
}
