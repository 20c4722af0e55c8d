package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"lifeboat/configs"
	"lifeboat/failover"
	"lifeboat/mailstore"
)

// Fields lists what can be tested on a step, as far as it is chosen there.
func (s *Setup) Fields(step SetupStep) []SetupField {
	d := s.Draft()
	if step == StepPrimary && !d.Primary.chosen() || step == StepSecondary && !d.Secondary.chosen() || step == StepEmergency && d.Emergency == "" {
		return nil
	}
	return fieldsOf(step)
}

// How long tests may take: one conversation with a server that keeps us waiting, and
// what comes on top for each address that is asked for or signed in to.
const (
	limitLookUp   = 20 * time.Second
	limitServer   = 45 * time.Second
	limitSeed     = 3 * time.Minute
	limitMost     = 10 * time.Minute
	limitMailbox  = 2 * time.Second
	limitGreylist = 2 * time.Minute // who is put off at first is asked again
)

// Limit is how long a test of a field takes at most.
func (s *Setup) Limit(field SetupField) time.Duration {
	d := s.Draft()
	switch field {
	case FieldDomain, FieldSecondaryApart, FieldEmergencyName:
		return limitLookUp
	case FieldSecondaryMX, FieldRecipients:
		rate := configs.Defaults().Preflight.RcptPerSecond
		s.mu.Lock()
		if s.base != nil {
			rate = s.base.Preflight.RcptPerSecond
		}
		s.mu.Unlock()
		asking := time.Duration(float64(len(d.addresses())+1) / rate * float64(time.Second))
		return min(limitServer+limitGreylist+asking, limitMost)
	case FieldPrimaryIMAP, FieldSecondaryIMAP:
		return min(limitServer+time.Duration(len(d.mailboxes(SidePrimary)))*limitMailbox, limitMost)
	case FieldEmergencySeed:
		return limitSeed
	default:
		return limitServer
	}
}

// fieldTest is one test under way.
type fieldTest struct {
	s      *Setup
	field  SetupField
	draft  SetupDraft
	tell   func(SetupAnswer)
	limit  time.Duration
	answer SetupAnswer
}

// Test tries what a field says, as far as it is filled in, within the field's time
// limit. tell hears how it goes, and may be nil; it may be called from several
// goroutines. The last answer is kept in the draft.
func (s *Setup) Test(ctx context.Context, field SetupField, tell func(SetupAnswer)) SetupAnswer {
	if tell == nil {
		tell = func(SetupAnswer) {}
	}
	t := &fieldTest{s: s, field: field, draft: s.Draft(), tell: tell, limit: s.Limit(field)}
	started := s.opt.Now()
	began := time.Now()
	within, cancel := context.WithTimeout(ctx, t.limit)
	defer cancel()
	t.working(failover.Say("Testing"))
	t.run(within)
	switch {
	case ctx.Err() != nil:
		t.answer = SetupAnswer{Verdict: failover.Unknown, Word: failover.Say("Stopped")}
	case within.Err() != nil && t.answer.Verdict != failover.Red && t.answer.Verdict != failover.Pass:
		t.answer.Verdict = failover.Unknown
		t.answer.Word = failover.Say("No answer within {span}", "span", failover.Took(t.limit))
		if t.answer.Remedy.IsZero() {
			t.answer.Remedy = failover.Say("See whether the name and port are right and this line lets it out, and test again.")
		}
	}
	t.answer.Field, t.answer.At, t.answer.Took = field, started.UTC(), time.Since(began).Round(time.Millisecond)
	if ctx.Err() == nil {
		_ = s.note(func(d *SetupDraft) { d.Answers[field] = t.answer }) // it is shown all the same
	}
	return t.answer
}

func (t *fieldTest) run(ctx context.Context) {
	switch t.field {
	case FieldDomain:
		t.testDomain(ctx)
	case FieldPrimaryMX:
		t.testMX(ctx, SidePrimary)
	case FieldSecondaryMX:
		t.testMX(ctx, SideSecondary)
	case FieldPrimaryIMAP:
		t.testIMAP(ctx, SidePrimary, true)
	case FieldSecondaryIMAP:
		t.testIMAP(ctx, SideSecondary, true)
	case FieldPrimarySignIn:
		t.testSignIn(ctx, SidePrimary)
	case FieldSecondarySignIn:
		t.testSignIn(ctx, SideSecondary)
	case FieldPrimarySubmission:
		t.testSubmission(ctx, SidePrimary)
	case FieldSecondarySubmission:
		t.testSubmission(ctx, SideSecondary)
	case FieldSecondaryApart:
		t.testApart(ctx)
	case FieldEmergencyName:
		t.testEmergencyName(ctx)
	case FieldEmergencySeed:
		t.testSeed(ctx)
	case FieldDNSCredential:
		t.testDNS(ctx)
	case FieldRecipients:
		t.testRecipients(ctx)
	case FieldMirror:
		t.testMirror(ctx)
	default:
		t.says(failover.Unknown, failover.Say("Nothing to test"))
	}
}

// working tells how far it is.
func (t *fieldTest) working(word failover.Sentence) {
	t.tell(SetupAnswer{Field: t.field, Working: true, Word: word, At: t.s.opt.Now().UTC()})
}

func (t *fieldTest) says(v failover.Verdict, word failover.Sentence) {
	t.answer.Verdict, t.answer.Word = v, word
}

// missing says what has to be filled in first.
func (t *fieldTest) missing(what failover.Sentence) {
	t.says(failover.Unknown, failover.Say("Not tested"))
	t.answer.Detail = what
}

// fails says why something came to nothing: what is wrong, or that nobody could look.
func (t *fieldTest) fails(err error) {
	word, verdict := failover.Say("Failed"), failover.Red
	switch {
	case errors.Is(err, failover.ErrCredential), errors.Is(err, mailstore.ErrSignIn):
		word = failover.Say("Sign-in refused")
	case errors.Is(err, failover.ErrReadOnly):
		word = failover.Say("May only read")
	case errors.Is(err, mailstore.ErrCertificate):
		word = failover.Say("Certificate not right")
	case errors.Is(err, failover.ErrUnreachable), errors.Is(err, mailstore.ErrUnreachable), errors.Is(err, context.DeadlineExceeded):
		word = failover.Say("No answer")
	case errors.Is(err, failover.ErrThrottled), errors.Is(err, mailstore.ErrThrottled), errors.Is(err, failover.ErrUncertain):
		word, verdict = failover.Say("Try again later"), failover.Unknown
	case len(configs.ProblemsIn(err)) > 0:
		word = failover.Say("Not complete")
	}
	t.says(verdict, word)
	t.answer.Detail = sayOf(err)
	t.answer.Exact = exactly(err)
}

// exactly is the technical cause, for whoever is asked for help.
func exactly(err error) []string {
	var ours *failover.Error
	var theirs *mailstore.Error
	switch {
	case errors.As(err, &ours) && ours.Cause != nil:
		return []string{ours.Cause.Error()}
	case errors.As(err, &theirs) && theirs.Cause != nil:
		return []string{theirs.Cause.Error()}
	}
	return nil
}

// trial is an engine over as much of a draft as a test needs.
type trial struct {
	engine   *Engine
	settings *configs.Settings
	domain   configs.Domain
}

// trial opens one. Sides that are not asked for stand in as what is tested nothing of,
// so that half a draft can be tested.
func (s *Setup) trial(d SetupDraft, sides ...Side) (trial, error) {
	if d.Domain == "" {
		return trial{}, failover.Fail(failover.ErrInvalid, "enter your mail domain first, as in example.jp")
	}
	s.mu.Lock()
	draft, problems := s.settings(d)
	base := s.base
	s.mu.Unlock()
	if len(problems) > 0 {
		return trial{}, problems
	}
	standIn := configs.Provider{Preset: genericPreset, MX: []configs.MX{{Preference: 1, Host: "primary.invalid"}}} // RFC 2606
	if !slices.Contains(sides, SidePrimary) {
		draft.Primary = standIn
	}
	if !slices.Contains(sides, SideSecondary) {
		draft.Secondary = configs.Provider{}
	}
	for i, p := range []*configs.Provider{&draft.Primary, &draft.Secondary} {
		// Servers can be tried before it is known who takes the mail.
		preset, _ := configs.PresetNamed(p.Preset)
		if p.Configured() && len(p.MX)+len(preset.MX) == 0 {
			p.MX = []configs.MX{{Preference: 1, Host: fmt.Sprintf("unknown%d.invalid", i)}}
		}
	}
	draft.Recipients = tried(d, base)
	for _, side := range sides {
		// Before there are recipients, one mailbox shows whether signing in works.
		if trial := strings.TrimSpace(d.side(side).Trial); len(draft.Recipients) == 0 && trial != "" {
			draft.Recipients = tried(SetupDraft{Domain: d.Domain, Recipients: []SetupRecipient{{Address: trial}}}, base)
		}
	}
	s.mu.Lock()
	s.withStaged(&draft, d)
	s.mu.Unlock()
	text, err := draft.Text(s.opt.File)
	if err != nil {
		return trial{}, err
	}
	settings, _, err := configs.Parse(s.opt.File, []byte(text), configs.Options{Env: s.opt.Env})
	if err != nil {
		return trial{}, err
	}
	if base != nil {
		settings.Resolver, settings.Preflight = base.Resolver, base.Preflight
	}
	e, err := s.opt.Open(settings)
	return trial{engine: e, settings: settings, domain: settings.Domains[0]}, err
}

// tried are the recipients of a draft, each once, with what only the settings know of
// them. Those of files are among them.
func tried(d SetupDraft, base *configs.Settings) []configs.Recipient {
	known := map[string]configs.Recipient{}
	if base != nil {
		for _, r := range base.RecipientsOf(d.Domain) {
			known[strings.ToLower(r.Address)] = r
		}
	}
	list := slices.Clone(d.Recipients)
	for i := range list {
		list[i].File = ""
	}
	seen := map[string]bool{}
	var out []configs.Recipient
	for _, r := range recipientsFor(list) {
		key := strings.ToLower(r.Address)
		if _, ok := configs.MailboxAddress(r.Address); !ok || seen[key] || !sameName(r.Address[strings.LastIndexByte(r.Address, '@')+1:], d.Domain) {
			continue // that test says so
		}
		seen[key] = true
		r.PrimaryPassword, r.SecondaryPassword, r.SkipMirror = known[key].PrimaryPassword, known[key].SecondaryPassword, known[key].SkipMirror
		out = append(out, r)
	}
	return out
}

// provider is a side's, complete.
func (t trial) provider(side Side) configs.Provider {
	p, _ := t.settings.ProvidersOf(t.domain.Name) // it is one of the settings
	if side == SidePrimary {
		return p.Primary
	}
	return p.Secondary
}

func (side Side) role() failover.Role {
	if side == SidePrimary {
		return failover.Primary
	}
	return failover.Secondary
}
