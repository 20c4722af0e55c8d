package presenter_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/app/presenter"
	"lifeboat/app/presenter/presentertest"
	"lifeboat/failover"
	"lifeboat/failover/detect"
	"lifeboat/failover/probe"
	"lifeboat/failover/relay"
	"lifeboat/mailstore"
)

// calmHome is Home while all is well, with what is known beside it.
type calmHome struct {
	mirror engine.MirrorStatus
	opt    presenter.HomeOptions
	ready  *probe.Judgement
	now    time.Time
}

// home is a Home that has looked once, in English.
func (c *calmHome) home(t *testing.T) *presenter.Home {
	t.Helper()
	d := presentertest.Domain()
	st := presentertest.Status(d, presentertest.Set(d, failover.Primary))
	if c.ready != nil {
		st.Ready = *c.ready
	}
	c.now = presentertest.Noon
	c.opt.Domains, c.opt.Now, c.opt.Every = []failover.Domain{d}, func() time.Time { return c.now }, time.Minute
	h := presenter.NewHome(tongue(t, i18n.English), &lookout{status: engine.Status{At: c.now, Domains: []engine.DomainStatus{st}, Mirror: c.mirror}}, c.opt)
	h.Look(t.Context())
	h.Saw(d.Name, presentertest.State(t, d, presentertest.Calm))
	return h
}

// TestNextStep holds what is known to the one useful step, and to what its button
// does; each is put off for a week, and comes back then, or when it is another one.
func TestNextStep(t *testing.T) {
	whole := presentertest.Mirror(presentertest.Noon)
	drill := func() *presenter.DrillCard { return &presenter.DrillCard{At: presentertest.Noon.AddDate(0, 0, -3)} }
	tests := func(b presenter.TestsBrief) func() presenter.TestsBrief {
		return func() presenter.TestsBrief { return b }
	}
	sound := tests(presenter.TestsBrief{Light: presenter.LightHealthy, Oldest: presentertest.Noon.Add(-time.Hour)})
	failing := whole
	failing.Accounts = []engine.AccountStatus{{Account: "x@aoba.example", Failed: mailstore.Say("{account} was refused", "account", "x@aoba.example")}}
	old := presentertest.Mirror(presentertest.Noon.Add(-5 * time.Hour))
	alarmed := whole
	alarmed.Alarms = []engine.MirrorAlarm{{Say: mailstore.Say("many messages vanished"), Do: mailstore.Say("look into it")}}
	for _, c := range []struct {
		name string
		home calmHome
		text string
		do   presenter.Action // of the filled button
	}{
		{"a test fails", calmHome{mirror: engine.MirrorStatus{State: engine.NoMirror}, opt: presenter.HomeOptions{Tests: tests(presenter.TestsBrief{Light: presenter.LightDown, Failing: 1, First: "It fails.", Key: "rcpt"})}}, "It fails.", presenter.DoTests},
		{"no mirror", calmHome{mirror: engine.MirrorStatus{State: engine.NoMirror}, opt: presenter.HomeOptions{Tests: sound}}, "Set up the mirror", presenter.DoSetUp},
		{"an empty mirror", calmHome{mirror: engine.MirrorStatus{State: engine.EmptyMirror}}, "Fill the mirror", presenter.DoSetUp},
		{"a locked mirror", calmHome{mirror: engine.MirrorStatus{State: engine.LockedMirror, Say: mailstore.Say("locked")}}, "The mirror cannot be read.", presenter.DoMail},
		{"a mailbox fails", calmHome{mirror: failing}, "The mirror cannot reach x@aoba.example.", presenter.DoSetUp},
		{"an alarm", calmHome{mirror: alarmed}, "Many messages vanished.", presenter.DoMail},
		{"an old mirror", calmHome{mirror: old}, "The mirror is 5 h old.", presenter.DoMail},
		{"set-up is open", calmHome{mirror: whole, opt: presenter.HomeOptions{SetUp: func() []failover.Sentence { return []failover.Sentence{{Template: "print the recovery code"}} }}}, "Print the recovery code.", presenter.DoSetUp},
		{"a warning", calmHome{mirror: whole, ready: &probe.Judgement{Allowed: true, Warnings: []failover.Finding{{Check: "dkim", Say: failover.Sentence{Template: "no DKIM key"}, Remedy: failover.Sentence{Template: "Publish it."}}}}}, "No DKIM key.", presenter.DoCheck},
		{"never tested", calmHome{mirror: whole, opt: presenter.HomeOptions{Tests: tests(presenter.TestsBrief{})}}, "Test all connections, of both", presenter.DoTestAll},
		{"tested long ago", calmHome{mirror: whole, opt: presenter.HomeOptions{Tests: tests(presenter.TestsBrief{Light: presenter.LightHealthy, Oldest: presentertest.Noon.AddDate(0, 0, -9)})}}, "the tests are 9 days old", presenter.DoTestAll},
		{"no drill", calmHome{mirror: whole, opt: presenter.HomeOptions{Tests: sound}}, "Rehearse a switch.", presenter.DoDrill},
		{"nothing to do", calmHome{mirror: whole, opt: presenter.HomeOptions{Tests: sound, LastDrill: drill}}, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			memory := &presentertest.Memory{}
			c.home.opt.Memory = memory
			h := c.home.home(t)
			n := h.State().Next
			if c.text == "" {
				if n != nil {
					t.Errorf("the next step is %+v", n)
				}
				return
			}
			if n == nil || !strings.Contains(n.Text, c.text) || len(n.Buttons) != 2 || n.Buttons[0].Do != presenter.DoPutOff || !n.Buttons[1].Filled || n.Buttons[1].Do != c.do {
				t.Fatalf("the next step is %+v", n)
			}
			h.PutOff()
			if after := h.State().Next; after != nil && after.Key == n.Key {
				t.Errorf("it is there although it was put off")
			}
			again := c.home.home(t) // the program starts anew
			if after := again.State().Next; after != nil && after.Key == n.Key {
				t.Errorf("it is there although it was put off before the last start")
			}
			c.home.now = c.home.now.AddDate(0, 0, 8)
			again.Saw(presentertest.Domain().Name, calmAt(t, c.home.now))
			if back := again.State().Next; back == nil {
				t.Error("it does not come back after a week")
			}
		})
	}
}

// Where nothing can be kept, nothing is put off.
func TestNextStepWithoutMemory(t *testing.T) {
	c := calmHome{mirror: presentertest.Mirror(presentertest.Noon)}
	h := c.home(t)
	h.PutOff()
	if n := h.State().Next; n == nil || len(n.Buttons) != 1 {
		t.Errorf("the next step is %+v", n)
	}
	c = calmHome{opt: presenter.HomeOptions{Practice: true}}
	if n := c.home(t).State().Next; n == nil || n.Buttons[0].Do != presenter.DoSetUp || n.Buttons[0].Filled {
		t.Errorf("in practice the next step is %+v", n)
	}
}

func TestMirrorCard(t *testing.T) {
	whole := presentertest.Mirror(presentertest.Noon)
	young, failing, alarmed := whole, whole, whole
	young.Complete = time.Time{}
	failing.Accounts = append([]engine.AccountStatus{{Failed: mailstore.Say("refused")}, {Removed: presentertest.Noon}}, whole.Accounts...)
	alarmed.Alarms = []engine.MirrorAlarm{{Severity: "notice", Say: mailstore.Say("it ends in a month")}, {Severity: "urgent", Say: mailstore.Say("many messages vanished"), Do: mailstore.Say("look into it")}}
	noticed := whole
	noticed.Alarms = alarmed.Alarms[:1]
	for _, c := range []struct {
		m           engine.MirrorStatus
		light       presenter.Light
		title, line string
	}{
		{whole, presenter.NoLight, "2 min old", "40 mailboxes, 90 days, 61,204 messages"},
		{presentertest.Mirror(presentertest.Noon.Add(-3 * time.Hour)), presenter.LightCare, "3 h old", "40 mailboxes"},
		{young, presenter.LightCare, "Not complete yet", "40 mailboxes"},
		{failing, presenter.LightCare, "2 min old", "1 of 41 mailboxes cannot be reached."},
		{noticed, presenter.NoLight, "2 min old", "40 mailboxes"},
		{alarmed, presenter.LightCare, "2 min old", "Many messages vanished."},
		{engine.MirrorStatus{State: engine.NoMirror}, presenter.LightUnknown, "No mirror yet", "nobody could read"},
		{engine.MirrorStatus{State: engine.EmptyMirror}, presenter.LightUnknown, "Empty", "Nothing has been mirrored yet."},
		{engine.MirrorStatus{State: engine.LockedMirror, Say: mailstore.Say("its key is not here")}, presenter.LightCare, "Cannot be read", "Its key is not here."},
	} {
		h := (&calmHome{mirror: c.m}).home(t)
		got := h.State().Mirror
		if got == nil || got.Light != c.light || got.Title != c.title || !strings.Contains(got.Line, c.line) {
			t.Errorf("a mirror that is %s is told as %+v", c.m.State, got)
		}
	}
	begins := &calmHome{mirror: engine.MirrorStatus{State: engine.EmptyMirror, Say: mailstore.Say("run something")}, opt: presenter.HomeOptions{Practice: true}}
	if got := begins.home(t).State().Mirror; got == nil || got.Light != presenter.LightWorking || got.Line != "" {
		t.Errorf("while a practice world begins its mirror is told as %+v", got)
	}
	if (&calmHome{}).home(t).State().Mirror != nil {
		t.Error("a mirror of which nothing is known is told of")
	}
}

// calmAt is what detection says at a moment while all is well.
func calmAt(t *testing.T, at time.Time) detect.State {
	t.Helper()
	s := presentertest.State(t, presentertest.Domain(), presentertest.Calm)
	s.At = at
	return s
}

// The mirror's age is shown as bars once enough of it was seen, with since when.
func TestMirrorAges(t *testing.T) {
	d := presentertest.Domain()
	w := &lookout{}
	now := presentertest.Noon
	h := presenter.NewHome(tongue(t, i18n.English), w, presenter.HomeOptions{Domains: []failover.Domain{d}, Now: func() time.Time { return now }})
	look := func(age time.Duration) *presenter.FigureCard {
		w.status = engine.Status{At: now, Domains: []engine.DomainStatus{presentertest.Status(d, presentertest.Set(d, failover.Primary))}, Mirror: engine.MirrorStatus{State: engine.ReadyMirror, Complete: now.Add(-age)}}
		h.Look(t.Context())
		h.Saw(d.Name, calmAt(t, now))
		return h.State().Mirror
	}
	for range 3 {
		if c := look(3 * time.Minute); len(c.Values) != 0 {
			t.Fatalf("too little is shown as %v", c.Values)
		}
		now = now.Add(30 * time.Minute)
	}
	look(3 * time.Minute)
	now = now.Add(time.Minute)
	c := look(9 * time.Minute)
	if len(c.Values) != 4 || c.Values[3] != 540 || c.Most != "oldest 9 min" || !strings.HasPrefix(c.Span, "Age since ") {
		t.Errorf("the ages are shown as %+v", c)
	}
	for range 60 {
		now = now.Add(30 * time.Minute)
		c = look(2 * time.Minute)
	}
	if len(c.Values) > 48 || c.Span != "Age over 24 hours" || c.Most != "oldest 2 min" {
		t.Errorf("after a day the ages are shown as %+v", c)
	}
}

func TestQueueCard(t *testing.T) {
	now := presentertest.Noon
	for _, c := range []struct {
		box         presentertest.Outbox
		light       presenter.Light
		title, line string
	}{
		{presentertest.Outbox{}, presenter.NoLight, "Empty", "Sent today: 56, none waiting"},
		{presentertest.Outbox{Waiting: 1234, Oldest: now.Add(-time.Minute)}, presenter.NoLight, "1,234 waiting", "the oldest waits 1 min"},
		{presentertest.Outbox{Waiting: 2, Oldest: now.Add(-time.Hour)}, presenter.LightCare, "2 waiting", "the oldest waits 60 min"},
		{presentertest.Outbox{Waiting: 2, Held: 1, Oldest: now}, presenter.LightCare, "2 waiting", "1 held back"},
		{presentertest.Outbox{Waiting: 2, Idle: true}, presenter.LightCare, "2 waiting", "Nothing is sending them on."},
		{presentertest.Outbox{Err: failover.Fail(failover.ErrDisk, "the folder {file} cannot be read", "file", "q")}, presenter.LightUnknown, "Unknown", "The folder q cannot be read."},
	} {
		c.box.Now = now
		h := (&calmHome{opt: presenter.HomeOptions{Outbox: c.box}}).home(t)
		got := h.State().Queue
		if got == nil || got.Light != c.light || got.Title != c.title || !strings.Contains(got.Line, c.line) {
			t.Errorf("%+v is told as %+v", c.box, got)
			continue
		}
		if c.box.Err == nil && (len(got.Values) != 24 || got.Most != "peak 13") {
			t.Errorf("the last day is shown as %v, %s", got.Values, got.Most)
		}
	}
	if (&calmHome{}).home(t).State().Queue != nil {
		t.Error("where no mail is sent there is a queue")
	}
}

// What left before the first sample of a log that began today left today, too.
func TestQueueCardOfAYoungLog(t *testing.T) {
	h := (&calmHome{opt: presenter.HomeOptions{Outbox: youngLog{presentertest.Outbox{Now: presentertest.Noon}}}}).home(t)
	if got := h.State().Queue; got == nil || got.Line != "Sent today: 99, none waiting" {
		t.Errorf("the queue is told as %+v", got)
	}
}

// youngLog is a send route that began an hour ago.
type youngLog struct{ presentertest.Outbox }

func (y youngLog) Samples(context.Context, time.Time, time.Time, int) ([]relay.Sample, error) {
	return []relay.Sample{{At: y.Now.Add(-time.Hour), Domain: "aoba.example.", Role: failover.Secondary, Delivered: 99}}, nil
}

func (y youngLog) Queue(context.Context, relay.Filter, int) (relay.Listing, error) {
	return relay.Listing{Running: true}, nil
}
