package cli

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lifeboat/app/engine"
	"lifeboat/app/presenter"
	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// eventKinds are all kinds of event, as --kind takes them.
func eventKinds() []string {
	var out []string
	for _, k := range []relay.EventKind{
		relay.Submitted, relay.Refused, relay.Attempt, relay.Handing, relay.Sent, relay.Bounce, relay.Deferred, relay.Doubtful, relay.SentAgain,
		relay.Settled, relay.Hold, relay.Release, relay.Rerouted, relay.Drop, relay.Expiry, relay.Warning, relay.Reported, relay.RouteChange,
		relay.Found, relay.Pace,
	} {
		out = append(out, string(k))
	}
	return out
}

// telling are the kinds of event that are shown where no kind is asked for: what came of
// a try tells of it, too.
func telling() []relay.EventKind {
	var out []relay.EventKind
	for _, k := range eventKinds() {
		if kind := relay.EventKind(k); kind != relay.Attempt && kind != relay.Handing {
			out = append(out, kind)
		}
	}
	return out
}

func (s *session) relayLog() *cobra.Command {
	t := s.tongue
	var q relay.LogQuery
	var since, until, via string
	var kinds []string
	c := &cobra.Command{
		Use: "log [ID|ADDRESS]", Short: t.T("Tell what became of messages, each try with the provider's whole answer"), Args: count(0, 1),
		RunE: func(c *cobra.Command, a []string) error {
			if err := logQuery(&q, a, since, until, via, kinds, s.Now()); err != nil {
				return err
			}
			if !s.json && q.ID == "" && len(kinds) == 0 {
				q.Kinds = telling() // so that what is not shown does not count for the limit
			}
			return s.atDesk(c.Context(), func(_ *engine.Engine, d engine.Desk) error {
				events, err := d.Log(c.Context(), q)
				if err != nil {
					return err
				}
				if err := s.document(append([]relay.Event{}, events...)); err != nil {
					return err
				}
				whole := q.ID != ""
				for _, e := range events {
					s.showEvent(e, whole)
				}
				if len(events) == 0 {
					s.printT("The log has nothing of this.")
				}
				return nil
			})
		},
	}
	f := c.Flags()
	f.StringVar(&q.Address, "address", "", t.T("only from or to this `ADDRESS`, or a part of it"))
	f.StringVar(&q.Text, "text", "", t.T("only with this `TEXT` in Message-ID, subject, answer, host or reason"))
	f.StringVar(&since, "since", "", t.T("not before this `TIME`: 2h, 3d, 2026-11-01 or 2026-11-01 09:30"))
	f.StringVar(&until, "until", "", t.T("not after this `TIME`"))
	f.StringVar(&via, "via", "", t.T("only at this `PROVIDER`: primary or secondary"))
	f.StringSliceVar(&kinds, "kind", nil, t.T("only events of this `KIND`: {kinds}", "kinds", strings.Join(eventKinds(), ", ")))
	f.IntVar(&q.Limit, "limit", usualEvents, t.T("at most so many events, the newest, a `NUMBER`"))
	return c
}

const usualEvents = 200

func logQuery(q *relay.LogQuery, a []string, since, until, via string, kinds []string, now time.Time) (err error) {
	if len(a) == 1 {
		if strings.Contains(a[0], "@") {
			q.Address = a[0]
		} else {
			q.ID = relay.ID(a[0]).Normal()
		}
	}
	if via != "" {
		if q.Role, err = roleNamed(via); err != nil {
			return err
		}
	}
	for _, k := range kinds {
		if !slices.Contains(eventKinds(), k) {
			return failover.Fail(failover.ErrInvalid, "there are no events of the kind {value}; there are {known}", "value", k, "known", strings.Join(eventKinds(), ", "))
		}
		q.Kinds = append(q.Kinds, relay.EventKind(k))
	}
	if q.Since, err = moment(since, now); err == nil {
		q.Until, err = moment(until, now)
	}
	return err
}

// moment reads a time as people write it: how long ago, a day, or a day and a time, in
// the local zone. Nothing is no time.
func moment(text string, now time.Time) (time.Time, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return time.Time{}, nil
	}
	if days, ok := strings.CutSuffix(text, "d"); ok {
		const most = 100 * 365
		if n, err := strconv.Atoi(days); err == nil && n >= 0 && n < most {
			return now.AddDate(0, 0, -n), nil
		}
	}
	if ago, err := time.ParseDuration(text); err == nil && ago >= 0 {
		return now.Add(-ago), nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	for _, form := range []string{"2006-01-02 15:04:05", "2006-01-02 15:04", time.DateOnly} {
		if at, err := time.ParseInLocation(form, text, time.Local); err == nil {
			return at, nil
		}
	}
	return time.Time{}, failover.Fail(failover.ErrInvalid, "\"{value}\" is no time: write how long ago, as 2h or 3d, or a day, as 2026-11-01", "value", text)
}

// showEvent tells an event; more of it where one message is asked for.
func (s *session) showEvent(e relay.Event, whole bool) {
	id := string(e.ID)
	if id == "" {
		id = "-"
	}
	line := e.At.Local().Format("2006-01-02 15:04:05") + "  " + fit(id, idColumns) + "  " + fit(s.kindWord(e.Kind), widestKindWord) + "  "
	if whole {
		line = e.At.Local().Format("2006-01-02 15:04:05") + "  " + fit(s.kindWord(e.Kind), widestKindWord) + "  "
	}
	s.print(strings.TrimRight(line+s.eventAbout(e), " "))
	before := "    "
	if !e.Say.IsZero() {
		s.print(before + oneLine(s.say(e.Say)))
	}
	for _, l := range lines(e.Answer) {
		if own := e.Kind == relay.Refused && !e.Say.IsZero() && !whole; l != "" && !own { // what we answered says the same
			s.print(before + "« " + l)
		}
	}
	if e.TLS != nil && whole {
		s.print(before + oneLine(s.tongue.T("{version}, {cipher}, certificate for {name}", "version", e.TLS.Version, "cipher", e.TLS.Cipher, "name", e.TLS.Name)))
	}
	if whole && e.MessageID != "" {
		s.print(before + oneLine("Message-ID: <"+e.MessageID+">"))
	}
	if e.Other != "" {
		s.print(before + s.tongue.T("the report: {id}", "id", e.Other))
	}
}

const (
	idColumns      = 16
	widestKindWord = 12
)

// eventAbout tells whom an event is about, and where it was.
func (s *session) eventAbout(e relay.Event) string {
	var parts []string
	switch {
	case e.Kind == relay.Submitted:
		parts = append(parts, s.envelope(e.From, e.To, e.Subject), "("+size(e.Size)+")")
	case e.Kind == relay.RouteChange:
		parts = append(parts, s.tongue.T("{domain} leaves through {role}", "domain", failover.Display(e.Domain), "role", s.roleWord(e.Role)))
	case e.Kind == relay.Refused:
		who := oneLine(cmp.Or(e.User, e.From))
		if e.User != "" && e.From != "" && !strings.EqualFold(e.User, e.From) {
			who = s.tongue.T("{user} as {sender}", "user", oneLine(e.User), "sender", oneLine(e.From))
		}
		if who != "" {
			parts = append(parts, who)
		}
	case len(e.To) > 0:
		const named = 3
		to := strings.Join(e.To[:min(len(e.To), named)], ", ")
		if more := len(e.To) - named; more > 0 {
			to += " +" + strconv.Itoa(more)
		}
		parts = append(parts, oneLine(to))
	}
	if e.Kind != relay.RouteChange && e.Role != "" {
		parts = append(parts, "· "+s.roleWord(e.Role))
	}
	if e.Host != "" {
		parts = append(parts, oneLine(e.Host))
	}
	if e.Kind == relay.Submitted && e.User != "" && e.User != e.From {
		parts = append(parts, s.tongue.T("by {who}", "who", oneLine(e.User)))
	}
	if e.By != "" {
		parts = append(parts, s.tongue.T("by {who}", "who", oneLine(e.By)))
	}
	return strings.Join(parts, " ")
}

// kindWord names a kind of event.
func (s *session) kindWord(k relay.EventKind) string {
	return oneLine(presenter.EventWord(s.tongue, k))
}
