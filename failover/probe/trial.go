package probe

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"lifeboat/failover"
)

// Result is what a test came to at a site.
type Result struct {
	Verdict failover.Verdict
	// Word is the result in two to four words: "148 ms", "38 of 40".
	Word failover.Sentence
	// OwnLine: what is unknown is owed to the line that this machine sits on.
	OwnLine bool
	// Findings are the proof, the worst first.
	Findings []failover.Finding
}

// Trial is a run of connectivity tests at one site. What one of them learns (addresses,
// greetings, answers) the others know. Its methods may be called from several
// goroutines.
type Trial struct {
	site   Site
	survey *survey
	prober *Prober
	ctx    context.Context //nolint:containedctx // of what the tests share; it ends with all of them, not with the first

	mu       sync.Mutex
	evidence []failover.Finding
	heard    map[Need]failover.Finding // as it came, for tests that are cut short
	listen   func()
}

// Try begins a trial. All that it has to do with the network ends with ctx, the sharing
// included: cancel it when the last test has ended. The pace is that of the provider's
// servers, see [Pace]; changed, if not nil, is called when a test has learned something
// before it is done.
func (p *Prober) Try(ctx context.Context, site Site, pace *Pace, changed func()) *Trial {
	t := &Trial{site: site, ctx: ctx, heard: map[Need]failover.Finding{}, listen: changed}
	opt := p.opt
	opt.Tell = t.hear
	t.prober = &Prober{opt: opt, limiter: pace.limiter, dialing: dialingFor, refusal: refusalCosts}
	needs := map[Need]bool{}
	for _, n := range site.Needs() {
		needs[n] = true
	}
	t.survey = newSurvey(t.prober, site.Target, needs)
	return t
}

// dialingFor is how long a connection may take to come about in a connectivity test:
// three repetitions of a lost SYN. Greetings may take longer, as some servers let
// strangers wait for theirs.
const dialingFor = 8 * time.Second

func (t *Trial) hear(f failover.Finding) {
	t.mu.Lock()
	t.heard[Need{f.Check, f.Subject}] = f
	t.mu.Unlock()
	if t.listen != nil {
		t.listen()
	}
}

// Evidence returns the findings that the preflight would have made, made by its own
// checks, for [Evidence.Merge].
func (t *Trial) Evidence() []failover.Finding {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.evidence)
}

// Run runs a test. It returns when the test has ended, at its limit, or when ctx ends,
// whichever comes first; the word then says so, and what was found until then stays.
func (t *Trial) Run(ctx context.Context, test Test) Result {
	limited, cancel := context.WithTimeout(ctx, test.Limit)
	defer cancel()
	a := &attempt{Trial: t, test: test}
	done := make(chan struct{})
	go func() {
		defer close(done)
		test.run(t.ctx, a)
	}()
	select {
	case <-done:
	case <-limited.Done():
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed = true // what comes later is nobody's
	switch {
	case ctx.Err() != nil:
		return a.stopped()
	case errors.Is(limited.Err(), context.DeadlineExceeded):
		return a.late()
	}
	return a.result()
}

// Progress is how far a test is, in a word; empty when there is nothing to tell.
func (t *Trial) Progress(test Test) failover.Sentence {
	if test.ID != idRecipients {
		return failover.Sentence{}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	known := 0
	for need, f := range t.heard {
		if need.Check == "rcpt" && f.Verdict != failover.Unknown {
			known++
		}
	}
	if known == 0 {
		return failover.Sentence{}
	}
	return failover.Say("{count} of {all}", "count", known, "all", len(t.site.addresses()))
}

// attempt is one test at work.
type attempt struct {
	*Trial
	test Test

	mu     sync.Mutex
	closed bool // the test has ended
	word   failover.Sentence
	noted  []failover.Finding
}

// note makes a finding; one on the same subject takes the place of an earlier one.
func (t *attempt) note(subject string, s say) {
	t.take(t.survey.finding(t.test.ID, subject, s))
}

func (t *attempt) take(findings ...failover.Finding) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return
	}
	for _, f := range findings {
		t.noted = slices.DeleteFunc(t.noted, func(old failover.Finding) bool { return old.Check == f.Check && old.Subject == f.Subject })
		t.noted = append(t.noted, f)
	}
}

// say sets the word of the result.
func (t *attempt) say(word failover.Sentence) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.closed {
		t.word = word
	}
}

// preflight runs one of the preflight's checks and returns its findings, which are kept
// as evidence as well.
func (t *attempt) preflight(ctx context.Context, id string) []failover.Finding {
	c, known := checkOf(id)
	if !known {
		return nil
	}
	subjects := c.subjects(t.site.Target)
	if len(subjects) == 0 {
		return nil
	}
	v := &visit{survey: t.survey, check: c.ID, found: map[string]failover.Finding{}}
	c.run(ctx, v, subjects)
	if ctx.Err() != nil {
		return nil
	}
	found := v.inOrder(subjects)
	t.Trial.mu.Lock()
	defer t.Trial.mu.Unlock()
	t.evidence = append(t.evidence, found...)
	return found
}

// shown is a finding of the preflight's as a test has it: what nobody could see is
// unknown here, also where it is no reason to stop a switch.
func shown(found []failover.Finding) []failover.Finding {
	out := slices.Clone(found)
	for i, f := range out {
		if f.Unseen {
			out[i].Verdict = failover.Unknown
		}
	}
	return out
}

// result weighs what was found: the worst counts.
func (t *attempt) result() Result {
	r := Result{Verdict: failover.Pass, Word: t.word, Findings: slices.Clone(t.noted)}
	slices.SortStableFunc(r.Findings, func(x, y failover.Finding) int { return cmp.Compare(badness(x.Verdict), badness(y.Verdict)) })
	if len(r.Findings) == 0 {
		r.Verdict = failover.Unknown
		return r
	}
	r.Verdict = r.Findings[0].Verdict
	r.OwnLine = r.Verdict == failover.Unknown && slices.ContainsFunc(r.Findings, func(f failover.Finding) bool { return f.Verdict == failover.Unknown && f.OwnLine })
	if r.OwnLine {
		r.Word = failover.Say("your own line")
	}
	return r
}

// badness orders verdicts, the worst first.
func badness(v failover.Verdict) int {
	return slices.Index([]failover.Verdict{failover.Red, failover.Unknown, failover.Warn, failover.Pass}, v)
}

// stopped is the result of a test that was called off.
func (t *attempt) stopped() Result {
	return t.cutShort(failover.Say("stopped"), failover.Say("The test was stopped before it was done."), failover.Say("Start the test again."))
}

// late is the result of a test that came to its limit.
func (t *attempt) late() Result {
	seconds := int(t.test.Limit.Round(time.Second).Seconds())
	return t.cutShort(failover.Say("no answer in {seconds} s", "seconds", seconds),
		failover.Say("The test had no answer within {seconds} seconds and was ended.", "seconds", seconds), t.test.Remedy)
}

// cutShort is what is left of a test that did not come to its end.
func (t *attempt) cutShort(word, why, remedy failover.Sentence) Result {
	if len(t.noted) == 0 {
		t.noted = t.overheard()
	}
	t.noted = append(t.noted, t.survey.finding(t.test.ID, t.site.Domain.Name, say{verdict: failover.Unknown, unseen: true, text: why, remedy: remedy}))
	r := t.result()
	r.Word, r.OwnLine = word, false
	return r
}

// overheard are the findings that the test's checks had told of already.
func (t *attempt) overheard() []failover.Finding {
	t.Trial.mu.Lock()
	defer t.Trial.mu.Unlock()
	var out []failover.Finding
	for _, address := range t.site.addresses() {
		if f, ok := t.heard[Need{"rcpt", address}]; ok && t.test.ID == idRecipients && !f.Unseen {
			out = append(out, f)
		}
	}
	return out
}
