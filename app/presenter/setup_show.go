package presenter

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/configs"
	"lifeboat/failover"
)

// State is the set-up as it is to be shown now.
func (s *SettingUp) State() SetupState {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tongue
	steps := engine.SetupSteps()
	now := slices.Index(steps, s.step)
	st := SetupState{
		Title: t.T("Setting up"), Now: s.step,
		Where: t.T("Step {n} of {of}", "n", now+1, "of", len(steps)),
		Foot:  t.T("What you enter is kept automatically. Close at any time, and go on here."),
	}
	if s.seen.existing {
		st.Title = t.T("Set-up")
		st.Foot = t.T("What you change counts once you press Save.")
	}
	for _, step := range steps {
		line := SetupStepLine{Step: step, Title: stepTitle(t, step), Detail: s.decided(step), Light: s.stepLight(step)}
		if step == engine.StepEmergency && line.Detail != "" && s.draft.Emergency != "" {
			line.Detail = s.draft.Emergency // below a domain that stands there already
		}
		st.Steps = append(st.Steps, line)
	}
	st.Page = s.page()
	st.Bar = s.bar(now, len(steps))
	return st
}

// stepTitle is what a step is called.
func stepTitle(t *i18n.Tongue, step engine.SetupStep) string {
	switch step {
	case engine.StepDomain:
		return t.T("Domain")
	case engine.StepPrimary:
		return t.T("Primary provider")
	case engine.StepSecondary:
		return t.T("Secondary provider")
	case engine.StepEmergency:
		return t.T("Emergency subdomain")
	case engine.StepDNS:
		return t.T("DNS host")
	case engine.StepRecipients:
		return t.T("Accounts")
	case engine.StepMirror:
		return t.T("Mirror")
	default:
		return t.T("First drill")
	}
}

// decided is what was decided on a step, in a word or two.
func (s *SettingUp) decided(step engine.SetupStep) string {
	t, d := s.tongue, s.draft
	if !d.Done[step] && !s.seen.existing {
		return ""
	}
	switch step {
	case engine.StepDomain:
		return failover.Display(d.Domain)
	case engine.StepPrimary:
		return s.providerName(engine.SidePrimary)
	case engine.StepSecondary:
		if d.Secondary.Preset == "" || d.Secondary.Preset == engine.NoneYet {
			return t.T("none yet")
		}
		return s.providerName(engine.SideSecondary)
	case engine.StepEmergency:
		if d.Emergency == "" {
			return t.T("none")
		}
		return s.emergencyName()
	case engine.StepDNS:
		if d.Found != nil && d.Found.DNSHostName != "" && d.DNS.Host == configs.HostManual {
			return d.Found.DNSHostName
		}
		return s.dnsName()
	case engine.StepRecipients:
		return countOf(t, len(d.Recipients))
	case engine.StepMirror:
		return t.T("{n} days", "n", s.days())
	default:
		return ""
	}
}

func countOf(t *i18n.Tongue, n int) string {
	if n == 1 {
		return t.T("1 address")
	}
	return t.T("{count} addresses", "count", n)
}

// stepLight says how a step stands. A warning never keeps anybody from going on.
func (s *SettingUp) stepLight(step engine.SetupStep) Light {
	worst := LightHealthy
	for _, f := range s.seen.fields[step] {
		a, ok := s.answer(f)
		switch {
		case ok && (a.Verdict == failover.Warn || a.Verdict == failover.Red):
			worst = LightCare
		case ok && a.Verdict != failover.Pass && worst == LightHealthy:
			worst = LightUnknown
		}
	}
	for _, p := range s.seen.problems {
		if stepOfKey(p.Key) == step {
			worst = LightCare
		}
	}
	switch {
	case !s.draft.Done[step] && !s.seen.existing:
		return LightWaiting
	case step == engine.StepSecondary && (s.draft.Secondary.Preset == "" || s.draft.Secondary.Preset == engine.NoneYet):
		return LightCare
	case step == engine.StepRecipients && len(s.draft.Recipients) == 0:
		return LightCare
	default:
		return worst
	}
}

// answer is what a field's last test came to, unless something was changed since.
func (s *SettingUp) answer(f engine.SetupField) (engine.SetupAnswer, bool) {
	if s.stale[f] {
		return engine.SetupAnswer{}, false
	}
	if a, ok := s.undone[f]; ok {
		return a, ok
	}
	a, ok := s.draft.Answers[f]
	return a, ok
}

// bar is the bar below the page.
func (s *SettingUp) bar(now, of int) SetupBar {
	t := s.tongue
	b := SetupBar{
		Hint: t.T("You may go on with warnings: they stay as Home’s next step."),
		Back: SetupButton{Do: DoSetupBack, Text: t.T("Back")},
		Next: SetupButton{Do: DoSetupNext, Text: t.T("Next")},
	}
	if now == 0 || s.seen.existing {
		b.Back = SetupButton{Do: DoSetupClose, Text: t.T("Close")}
	}
	testing := false
	for _, f := range s.seen.fields[s.step] {
		testing = testing || s.tests[f] != nil
	}
	switch {
	case testing:
		b.All = SetupButton{Do: DoSetupStop, Text: t.T("Stop the tests")}
	case len(s.seen.fields[s.step]) > 1:
		b.All = SetupButton{Do: DoSetupAll, Text: t.T("Test all")}
	}
	switch {
	case s.seen.existing:
		b.Next = SetupButton{Do: DoSetupWrite, Text: t.T("Save"), Off: !s.dirty || s.busy != ""}
		b.Hint = t.T("Nothing counts before it is saved; nothing is lost when you close.")
	case now == of-1:
		b.Next = SetupButton{Do: DoSetupDrill, Text: t.T("Start the first drill"), Off: s.busy != ""}
		b.Hint = ""
	}
	if s.engine == nil {
		b.Next.Off = true
	}
	return b
}

// page is the page of the step that is shown, with what went wrong above all else.
func (s *SettingUp) page() SetupPage {
	t := s.tongue
	if s.engine == nil {
		p := SetupPage{Title: t.T("Setting up")}
		if s.failed != nil {
			p.Blocks = append(p.Blocks, SetupBlock{Key: "failed", Kind: SetupLine, Light: LightDown, Text: problem(t, s.failed)})
		}
		return p
	}
	var p SetupPage
	switch s.step {
	case engine.StepDomain:
		p = s.domainPage()
	case engine.StepPrimary:
		p = s.providerPage(engine.SidePrimary)
	case engine.StepSecondary:
		p = s.providerPage(engine.SideSecondary)
	case engine.StepEmergency:
		p = s.emergencyPage()
	case engine.StepDNS:
		p = s.dnsPage()
	case engine.StepRecipients:
		p = s.peoplePage()
	case engine.StepMirror:
		p = s.mirrorPage()
	default:
		p = s.drillPage()
	}
	var above []SetupBlock
	if !s.seen.began.IsZero() && s.step == engine.StepDomain {
		above = append(above, SetupBlock{Key: "began", Kind: SetupLine, Light: LightCare, Text: say(t, s.seen.began)})
	}
	if s.problem != nil {
		above = append(above, SetupBlock{Key: "problem", Kind: SetupLine, Light: LightDown, Text: problem(t, s.problem)})
	}
	if s.busy == busyWriting {
		above = append(above, SetupBlock{Key: "busy", Kind: SetupLine, Light: LightWorking, Text: t.T("The settings are being written.")})
	}
	p.Blocks = append(above, p.Blocks...)
	return p
}

// entered is what an item shows: what was typed, or else what counts.
func (s *SettingUp) entered(key, counts string) string {
	if text, ok := s.typed[key]; ok {
		return text
	}
	return counts
}

// tested makes an item one that is tested by a field, with its answer.
func (s *SettingUp) tested(i SetupItem, f engine.SetupField) SetupItem {
	t := s.tongue
	i.Press = SetupButton{Do: DoSetupTest, Argument: string(f), Text: t.T("Test")}
	if running := s.tests[f]; running != nil {
		i.Testing = true
		i.Press = SetupButton{Do: DoSetupStop, Argument: string(f), Text: t.T("Stop")}
		i.Answer = s.going(running)
		return i
	}
	if a, ok := s.answer(f); ok {
		i.Answer = s.answered(a)
	}
	return i
}

// going is how far a test is.
func (s *SettingUp) going(running *setupTest) SetupAnswer {
	t := s.tongue
	parts := []string{}
	for _, say := range []failover.Sentence{running.answer.Word, running.answer.Detail} {
		if !say.IsZero() && say.Template != "Testing" {
			parts = append(parts, t.Say(say))
		}
	}
	if d := s.opt.Now().Sub(running.since); d >= time.Second {
		parts = append(parts, t.T("for {span}", "span", t.Span(d.Truncate(time.Second))))
	}
	return SetupAnswer{Light: LightWorking, Word: t.T("Testing"), Detail: commas(t, parts)}
}

// commas joins short phrases.
func commas(t *i18n.Tongue, parts []string) string {
	out := ""
	for i, p := range parts {
		if i > 0 {
			out += t.T(", ")
		}
		out += p
	}
	return out
}

// oldAnswer is how old an answer becomes before its age is said.
const oldAnswer = 2 * time.Minute

// answered is an answer as it is shown.
func (s *SettingUp) answered(a engine.SetupAnswer) SetupAnswer {
	t := s.tongue
	out := SetupAnswer{Light: verdictLight(a.Verdict), Word: t.Say(a.Word)}
	var parts []string
	if !a.Detail.IsZero() {
		parts = append(parts, t.Say(a.Detail))
	}
	if age := s.opt.Now().Sub(a.At); !a.At.IsZero() && age > oldAnswer {
		old := t.T("{span} ago", "span", t.Span(age))
		if len(parts) > 0 && (strings.HasSuffix(parts[0], ".") || strings.HasSuffix(parts[0], "。")) {
			parts[0], old = join(t, parts[0], t.T("Tested {span} ago.", "span", t.Span(age))), ""
		}
		if old != "" {
			parts = append(parts, old)
		}
	}
	out.Detail = commas(t, parts)
	switch {
	case !a.Remedy.IsZero():
		out.Link = SetupButton{Do: DoSetupHelp, Argument: string(a.Field), Text: t.T("How to mend it")}
	case len(a.Exact) > 0:
		out.Link = SetupButton{Do: DoSetupHelp, Argument: string(a.Field), Text: t.T("Details")}
	}
	return out
}

// verdictLight is the light of a verdict.
func verdictLight(v failover.Verdict) Light {
	switch v {
	case failover.Pass:
		return LightHealthy
	case failover.Warn:
		return LightCare
	case failover.Red:
		return LightDown
	default:
		return LightUnknown
	}
}

// Help is how to mend what a field's test found, and the exact answers, to be copied.
func (s *SettingUp) Help(f engine.SetupField) (sentence string, details []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, _ := s.answer(f)
	if a.Remedy.IsZero() {
		return s.tongue.Whole(s.tongue.Say(a.Word)), slices.Clone(a.Exact)
	}
	return say(s.tongue, a.Remedy), slices.Clone(a.Exact)
}

// days is how much is mirrored.
func (s *SettingUp) days() int {
	if s.draft.MirrorDays > 0 {
		return s.draft.MirrorDays
	}
	return usualDays
}

const usualDays = 30

// named tells a template with a name in it. Japanese puts a space between a Latin name
// and what follows, and none after a Japanese one.
func named(t *i18n.Tongue, text, name string) string {
	if last, _ := utf8.DecodeLastRuneInString(name); t.Language == i18n.Japanese && last > unicode.MaxLatin1 {
		return strings.ReplaceAll(text, name+" ", name)
	}
	return text
}

func number(n int) string { return strconv.Itoa(n) }
