package drill

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"lifeboat/failover"
	"lifeboat/failover/detect"
	"lifeboat/failover/lab"
)

// What a scenario may hold at most.
const (
	maxText    = 2000 // characters
	maxEntries = 100
	maxDelay   = Span(24 * time.Hour)
)

var properName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{0,63}$`)

// The words that a scenario may use.
var (
	kinds   = []Kind{Functional, Tabletop, Live}
	deeds   = []Deed{Break, Mend, BreakDNS, BreakUpdates, BreakRemote, CutLine, JoinLine, SpoilMX, TryFailback, TurnPage, Finish}
	moments = []Moment{"", Started, Faulted, Detected, Switched, Arrived, Announced, Refused, Recovered, Returned, Home}
	moves   = []Move{Failover, Failback, SendOnly, Repair, Announce, Stay}
	roles   = []failover.Role{failover.Primary, failover.Secondary}
	ofs     = []string{"", OfPrimary, OfRecords, OfRemote, OfLine}
	blames  = []detect.Blame{"", detect.BlameProvider, detect.BlameOurs, detect.BlameDNSHost, detect.BlameUnclear}
	faults  = []detect.Fault{
		"", detect.FaultResets, detect.FaultRefuses, detect.FaultNoAnswer, detect.FaultMute, detect.FaultBusy, detect.FaultDefers,
		detect.FaultRejects, detect.FaultTLS, detect.FaultName, detect.FaultSignIn, detect.FaultSlow, detect.FaultUndelivered,
		detect.FaultAttachments, detect.FaultPages, detect.FaultSending, detect.FaultNotForUs, detect.FaultRecords,
		detect.FaultDNSHost, detect.FaultOwnLine,
	}
)

// check holds a scenario to the rules.
func (p *parser) check(s *Scenario) {
	if !properName.MatchString(s.Name) {
		p.fail(p.line("name"), failover.Fail(failover.ErrInvalid,
			`{file}, line {line}: "{value}" is no name for a scenario; use small letters, digits, hyphens and dots, 64 at most.`,
			"file", p.file, "line", p.line("name"), "value", clip(s.Name)))
	}
	for key, text := range map[string]string{"title": s.Title, "summary": s.Summary, "scope": s.Scope} {
		p.text(text, true, key)
	}
	p.text(s.Right.Why, true, "right", "why")
	if len(s.Kinds) == 0 {
		p.missing("kinds")
	}
	for i, k := range s.Kinds {
		oneOf(p, k, kinds, "kinds", i)
	}
	for key, list := range map[string][]string{"objectives": s.Objectives, "expected": s.Expected, "questions": s.Questions} {
		p.texts(list, key)
	}
	p.span(s.Outage, 0, Span(365*24*time.Hour), "outage")
	p.world(s.World)
	for key, v := range map[string]Span{
		"detect": s.Goals.Detect, "decide": s.Goals.Decide, "switch": s.Goals.Switch, "first_mail": s.Goals.FirstMail, "failback": s.Goals.Failback,
	} {
		p.span(v, 0, maxDelay, "goals", key)
	}
	p.right(s.Right)
	p.script(s)
	p.injects(s)
}

func (p *parser) world(w World) {
	p.span(w.TTL, 0, Span(time.Hour), "world", "ttl")
	if w.TTL != 0 && (w.TTL < Span(time.Second) || w.TTL%Span(time.Second) != 0) {
		p.fail(p.line("world", "ttl"), failover.Fail(failover.ErrInvalid, "{file}, line {line}: a TTL is counted in whole seconds.",
			"file", p.file, "line", p.line("world", "ttl")))
	}
	if w.Interval != 0 {
		p.span(w.Interval, Span(10*time.Millisecond), Span(time.Hour), "world", "interval")
	}
	if w.WatchEvery != 0 {
		p.span(w.WatchEvery, Span(100*time.Millisecond), Span(time.Hour), "world", "watch_every")
	}
	p.span(w.Lag, 0, Span(time.Hour), "world", "lag")
	p.number(float64(w.Secondaries), 0, 8, "world", "secondaries")
	p.number(w.Factor, 0, 1000, "world", "factor")
	oneOf(p, w.StatusPage, lab.StatusPages(), "world", "status_page")
}

func (p *parser) right(r Right) {
	if len(r.Moves) == 0 && !r.Any {
		p.missing("right", "moves")
	}
	for i, m := range r.Moves {
		oneOf(p, m, moves, "right", "moves", i)
	}
	for i, m := range r.May {
		oneOf(p, m, moves, "right", "may", i)
	}
	if slices.Contains(r.Moves, Stay) && len(r.Moves) > 1 {
		p.fail(p.line("right", "moves"), failover.Fail(failover.ErrInvalid, `{file}, line {line}: "stay" stands alone, or not at all.`,
			"file", p.file, "line", p.line("right", "moves")))
	}
	oneOf(p, r.Of, ofs, "right", "of")
	oneOf(p, r.Fault, plain(faults), "right", "fault")
	oneOf(p, r.Blame, plain(blames), "right", "blame")
}

func (p *parser) script(s *Scenario) {
	if slices.Contains(s.Kinds, Functional) && len(s.Script) == 0 {
		p.missing("script")
		return
	}
	p.few(len(s.Script), "script")
	ends := 0
	for i, a := range s.Script {
		p.act(s, i, a)
		if a.Do == Finish {
			ends++
		}
	}
	if len(s.Script) > 0 && ends != 1 {
		p.fail(p.line("script"), failover.Fail(failover.ErrInvalid, `{file}, line {line}: a script ends with "finish", once.`,
			"file", p.file, "line", p.line("script")))
	}
}

func (p *parser) act(s *Scenario, i int, a Act) {
	p.text(a.Says, false, "script", i, "says")
	p.span(a.Delay, 0, maxDelay, "script", i, "delay")
	p.number(a.Share, 0, 1, "script", i, "share")
	oneOf(p, a.After, moments, "script", i, "after")
	if !oneOf(p, a.Do, deeds, "script", i, "do") {
		return
	}
	if !s.leadsTo(a.After) {
		p.fail(p.line("script", i), failover.Fail(failover.ErrInvalid, `{file}, line {line}: no move that is right leads to "{moment}", so this would never happen.`,
			"file", p.file, "line", p.line("script", i), "moment", a.After))
	}
	switch a.Do {
	case Break:
		oneOf(p, a.Role, roles, "script", i, "role")
		oneOf(p, a.Fault, lab.Faults(), "script", i, "fault")
	case Mend:
		oneOf(p, a.Role, roles, "script", i, "role")
	case TurnPage:
		oneOf(p, a.Role, roles, "script", i, "role")
		oneOf(p, a.Page, lab.StatusPages(), "script", i, "page")
	case BreakDNS:
		oneOf(p, a.Fault, append(lab.DNSFaults(), lab.None), "script", i, "fault")
		if len(a.Hosts) == 0 {
			p.missing("script", i, "hosts")
		}
	case BreakUpdates:
		oneOf(p, a.Fault, []lab.Fault{lab.None, lab.Refuse, lab.Silent, lab.Failing}, "script", i, "fault")
	case BreakRemote:
		oneOf(p, a.Fault, append(lab.Faults(), lab.None), "script", i, "fault")
	default:
	}
}

// leadsTo reports whether a drill that goes right comes to the moment.
func (s *Scenario) leadsTo(m Moment) bool {
	right := func(of ...Move) bool {
		return s.Right.Any || slices.ContainsFunc(s.Right.Moves, func(m Move) bool { return slices.Contains(of, m) })
	}
	switch m {
	case Switched:
		return right(Failover, Repair)
	case Arrived:
		return right(Failover, Announce)
	case Announced:
		return right(Announce)
	case Returned:
		return right(Failback)
	case Home:
		return right(Failback, Repair)
	case Recovered:
		return slices.ContainsFunc(s.Script, func(a Act) bool { return a.mends() }) || right(Repair)
	case Refused:
		return slices.ContainsFunc(s.Script, func(a Act) bool { return a.Do == TryFailback || a.Do == BreakUpdates || a.Do == BreakDNS })
	default:
		return true
	}
}

// mends reports whether the act takes a fault away.
func (a Act) mends() bool {
	switch a.Do {
	case Mend, JoinLine:
		return true
	case BreakDNS, BreakUpdates, BreakRemote:
		return a.Fault == lab.None
	case TurnPage:
		return a.Page == lab.StatusHonest
	default:
		return false
	}
}

// faults reports whether something is wrong from the act on.
func (a Act) faults() bool {
	switch a.Do {
	case Break, CutLine, SpoilMX:
		return true
	case BreakDNS, BreakUpdates, BreakRemote, TurnPage:
		return !a.mends()
	default:
		return false
	}
}

func (p *parser) injects(s *Scenario) {
	if slices.Contains(s.Kinds, Tabletop) {
		if len(s.Injects) == 0 {
			p.missing("injects")
		}
		p.span(s.Lasts, Span(time.Minute), Span(24*time.Hour), "lasts")
	}
	p.few(len(s.Injects), "injects")
	for i, in := range s.Injects {
		p.text(in.From, true, "injects", i, "from")
		p.text(in.Says, true, "injects", i, "says")
		p.span(in.At, 0, max(s.Lasts, 0), "injects", i, "at")
		for n, text := range in.Expect {
			p.text(text, true, "injects", i, "expect", n)
		}
		if i > 0 && in.At < s.Injects[i-1].At {
			p.fail(p.line("injects", i), failover.Fail(failover.ErrInvalid, "{file}, line {line}: injects stand in the order of their times; this one comes before the one above it.",
				"file", p.file, "line", p.line("injects", i)))
		}
	}
}

func (p *parser) texts(list []string, key string) {
	if len(list) == 0 {
		p.missing(key)
	}
	p.few(len(list), key)
	for i, text := range list {
		p.text(text, true, key, i)
	}
}

func (p *parser) text(text string, needed bool, at ...any) {
	switch n := utf8.RuneCountInString(text); {
	case strings.TrimSpace(text) == "" && needed:
		p.missing(at...)
	case n > maxText:
		p.fail(p.line(at...), failover.Fail(failover.ErrInvalid, `{file}, line {line}: "{key}" has {count} characters, and {most} are the most.`,
			"file", p.file, "line", p.line(at...), "key", keyOf(at), "count", n, "most", maxText))
	}
}

func (p *parser) few(n int, key string) {
	if n > maxEntries {
		p.fail(p.line(key), failover.Fail(failover.ErrInvalid, `{file}, line {line}: "{key}" has {count} entries, and {most} are the most.`,
			"file", p.file, "line", p.line(key), "key", key, "count", n, "most", maxEntries))
	}
}

func (p *parser) missing(at ...any) {
	p.fail(p.line(at...), failover.Fail(failover.ErrInvalid, `{file}, line {line}: "{key}" is missing.`,
		"file", p.file, "line", p.line(at...), "key", keyOf(at)))
}

func (p *parser) span(v, least, most Span, at ...any) {
	if v < least || v > most {
		p.between(v, least, most, at)
	}
}

func (p *parser) number(v, least, most float64, at ...any) {
	if !(v >= least && v <= most) { // so for NaN too
		p.between(v, least, most, at)
	}
}

func (p *parser) between(v, least, most any, at []any) {
	p.fail(p.line(at...), failover.Fail(failover.ErrInvalid, `{file}, line {line}: "{key}" is {value}; give something from {least} to {most}.`,
		"file", p.file, "line", p.line(at...), "key", keyOf(at), "value", v, "least", least, "most", most))
}

// oneOf holds a word to a list.
func oneOf[T ~string](p *parser, v T, list []T, at ...any) bool {
	if slices.Contains(list, v) {
		return true
	}
	if v == "" {
		p.missing(at...)
		return false
	}
	p.fail(p.line(at...), failover.Fail(failover.ErrInvalid, `{file}, line {line}: "{value}" is no "{key}"; there are {list}.`,
		"file", p.file, "line", p.line(at...), "value", clip(string(v)), "key", keyOf(at),
		"list", strings.Join(slices.DeleteFunc(plain(list), func(s string) bool { return s == "" }), ", ")))
	return false
}

func plain[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}

// keyOf names the last key of a path.
func keyOf(at []any) string {
	for _, step := range slices.Backward(at) {
		if key, ok := step.(string); ok {
			return key
		}
	}
	return fmt.Sprint(at...)
}
