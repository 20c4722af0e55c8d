package cli

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/app/presenter"
	"lifeboat/failover"
	"lifeboat/failover/detect"
)

// Bounds on the time between two rounds. Looking more often would be a nuisance to the
// providers; the settings have the same.
const (
	leastEvery = 10 * time.Second
	mostEvery  = time.Hour
)

// watch watches the domains until somebody ends it, which is what it is for, and no
// failure.
func (s *session) watch(ctx context.Context, e *engine.Engine, names []string, every time.Duration) error {
	if every != 0 && (every < leastEvery || every > mostEvery) {
		return failover.Fail(failover.ErrInvalid, "--every is from {least} to {most}, as in --every 30s", "least", "10s", "most", "1h")
	}
	domains, err := e.Domains(names)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	w := &watchTeller{s: s, stop: stop, several: len(domains) > 1, told: map[string]detect.State{}}
	if w.every = every; every == 0 {
		w.every = e.Settings().Detect.Every.Duration()
	}
	var g errgroup.Group
	for _, d := range domains {
		g.Go(func() error {
			err := e.Watch(ctx, engine.WatchRequest{
				Domain: d.Name, Every: every,
				Tell:   func(st detect.State) { w.tell(d.Name, st) },
				Remark: func(r failover.Sentence) { w.remark(s.say(r)) },
			})
			if err != nil {
				stop()
			}
			return err
		})
	}
	err = g.Wait()
	w.clear()
	return err
}

// watchTeller tells of a watch: a line for each change on standard output, and at a
// terminal one line below that is always of now.
type watchTeller struct {
	s       *session
	stop    func() // ends the watch when nobody can hear of it
	every   time.Duration
	several bool // more than one domain is watched

	mu   sync.Mutex
	told map[string]detect.State
	live bool // the live line stands
}

// watched is a line of the answer with --json.
type watched struct {
	Domain string       `json:"domain"`
	State  detect.State `json:"state"`
}

func (w *watchTeller) tell(domain string, st detect.State) {
	w.mu.Lock()
	defer w.mu.Unlock()
	before, known := w.told[domain]
	if !known || st.Differs(before) {
		w.told[domain] = st
		w.clearLive()
		if w.s.json {
			w.document(watched{domain, st})
		} else {
			w.changes(domain, st, before, !known)
		}
		if w.s.unwritten != nil {
			w.stop()
		}
	}
	w.now(domain, st)
}

// document writes one document on a line of its own.
func (w *watchTeller) document(d watched) {
	e := json.NewEncoder(w.s.Out)
	e.SetEscapeHTML(false)
	if err := e.Encode(d); err != nil && w.s.unwritten == nil {
		w.s.unwritten = unwritten(err)
	}
}

// changes tells what is so now and was not before, a line each; at first all of it.
func (w *watchTeller) changes(domain string, st, before detect.State, all bool) {
	s := w.s
	if all || st.Line.Differs(before.Line) {
		w.line(domain, st, st.Line.Health, s.say(st.Line.Say))
	}
	if records := st.Records; records.Health != "" && (all || records.Differs(before.Records)) {
		w.line(domain, st, records.Health, s.tongue.T("DNS records of {domain}: {say}", "domain", failover.Display(domain), "say", s.say(records.Say)))
	}
	for _, r := range []failover.Role{failover.Primary, failover.Secondary} {
		if p := st.Provider(r); len(p.Parts) > 0 && (all || p.Differs(before.Provider(r))) {
			w.line(domain, st, p.Health, s.account(p)...)
		}
	}
	for _, e := range st.Elsewhere {
		if !waitedFor(before, e) {
			w.line(domain, st, detect.Degraded, s.say(e.Say))
		}
	}
}

func waitedFor(s detect.State, x detect.Wait) bool {
	for _, e := range s.Elsewhere {
		if e.Domain == x.Domain && e.Role == x.Role {
			return true
		}
	}
	return false
}

// account says how a provider is, with the proof, whose fault it looks like, and what
// a switch would do.
func (s *session) account(p detect.Provider) []string {
	all := []failover.Sentence{p.Say}
	if p.Health == detect.Down || p.Health == detect.Degraded {
		for _, part := range p.Parts {
			if part.Health == detect.Down || part.Health == detect.Degraded {
				all = append(all, part.Say)
			}
		}
		all = append(all, p.SayBlame)
		if p.Role == failover.Primary {
			all = append(all, p.SaySwitch)
		}
		all = append(all, p.Notes...)
	}
	var out []string
	for _, sentence := range all {
		if !sentence.IsZero() {
			out = append(out, s.say(sentence))
		}
	}
	return out
}

// line writes one line of the answer.
func (w *watchTeller) line(domain string, st detect.State, h detect.Health, said ...string) {
	s, t := w.s, w.s.tongue
	between := " "
	if t.Language == i18n.Japanese {
		between = ""
	}
	text := st.At.Local().Format(time.TimeOnly) + "  " + mark(h) + " " + lightOf(h).Word(t) + "  "
	if w.several {
		text += failover.Display(domain) + ": "
	}
	s.print(text + strings.Join(said, between))
}

// mark is a health for who looks without reading.
func mark(h detect.Health) string {
	switch h {
	case detect.Healthy:
		return "✓"
	case detect.Degraded:
		return "!"
	case detect.Down:
		return "✗"
	default:
		return "?"
	}
}

func lightOf(h detect.Health) presenter.Light {
	switch h {
	case detect.Healthy:
		return presenter.LightHealthy
	case detect.Degraded:
		return presenter.LightCare
	case detect.Down:
		return presenter.LightDown
	default:
		return presenter.LightUnknown
	}
}

// now renews the live line, at a terminal.
func (w *watchTeller) now(domain string, st detect.State) {
	if !w.s.Terminal {
		return
	}
	t := w.s.tongue
	text := st.At.Local().Format(time.TimeOnly) + "  "
	if w.several {
		text += failover.Display(domain) + "  "
	}
	text += t.T("{primary} primary, {secondary} secondary, {line} own line; every {span}, Ctrl-C ends",
		"primary", sign(st.Primary), "secondary", sign(st.Secondary), "line", mark(st.Line.Health), "span", t.Span(w.every))
	_, _ = w.s.Err.Write([]byte("\r\x1b[K" + text)) // a line that nobody sees is no loss
	w.live = true
}

// sign is a provider's mark, with a question behind it while looks fail that are not
// yet enough to say so.
func sign(p detect.Provider) string {
	if p.Suspect {
		return mark(p.Health) + "?"
	}
	return mark(p.Health)
}

func (w *watchTeller) clearLive() {
	if w.live {
		_, _ = w.s.Err.Write([]byte("\r\x1b[K"))
		w.live = false
	}
}

func (w *watchTeller) clear() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clearLive()
}

func (w *watchTeller) remark(text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clearLive()
	w.s.note(text)
}

// showLastWatch tells what was found when the domain was watched last, and how old
// that is.
func (s *session) showLastWatch(last *engine.LastWatch) {
	if last == nil {
		return
	}
	t := s.tongue
	switch {
	case last.Going:
		s.print("  " + t.T("Watched; as of {when}:", "when", t.Clock(last.State.At, s.Now())))
	case last.Age < 0:
		s.print("  " + t.T("Watched at {when} by a clock that was set since, which says nothing about now:", "when", t.Clock(last.State.At, s.Now())))
	default:
		s.print("  " + t.T("Watched last {span} ago, which says nothing about now:", "span", t.Span(last.Age)))
	}
	for _, p := range []detect.Provider{last.State.Primary, last.State.Secondary} {
		if len(p.Parts) > 0 {
			s.print("    " + mark(p.Health) + " " + s.say(p.Say))
		}
	}
}
