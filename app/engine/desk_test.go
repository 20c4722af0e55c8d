package engine_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"lifeboat/app/engine"
	"lifeboat/failover"
	"lifeboat/failover/lab"
	"lifeboat/failover/relay"
)

func outgoing(from, to, subject string, wait time.Duration) engine.Outgoing {
	return engine.Outgoing{
		Envelope: relay.Envelope{From: from, To: []string{to}}, Message: []byte(message(from, to, subject)), Wait: wait,
	}
}

// patience is for waits that end as soon as what is waited for comes.
const patience = 2 * time.Minute

// What the desk shows over the local API is what it shows in this process.
func TestDeskIsTheSameHereAndThere(t *testing.T) {
	t.Parallel()
	p := newPost(t, false)
	anna, ben := p.staff()
	if err := p.world.Break(failover.Primary, lab.Defer); err != nil {
		t.Fatal(err)
	}
	stop := p.serve(engine.ServeRequest{NoWatch: true})
	var there engine.Desk
	p.await("the local API", func() bool {
		d := p.desk(p.face())
		there = d
		return d.Running()
	})
	for _, subject := range []string{"one", "two", "three"} {
		sent, err := there.Send(t.Context(), outgoing(anna, ben, subject, patience))
		if err != nil || sent.State != relay.Waiting || sent.Why.IsZero() {
			t.Fatalf("%+v, %v", sent, err)
		}
	}
	held, err := there.Act(t.Context(), relay.Act{Kind: relay.ActHold, By: "me@here", Reason: "lunch"})
	if err != nil || len(held) != 3 {
		t.Fatalf("%+v, %v", held, err)
	}
	s1 := p.samples(there) // first: whoever asks for the picture has the counts brought up to date
	l1, e1 := p.queue(there), p.log(there)
	stop()
	here := p.desk(p.face())
	if here.Running() {
		t.Error("nobody runs")
	}
	l2, e2, s2 := p.queue(here), p.log(here), p.samples(here)
	if !l1.Running || l2.Running {
		t.Error("running:", l1.Running, l2.Running)
	}
	same := cmp.Options{
		cmpopts.IgnoreFields(relay.Listing{}, "At", "Running"), cmpopts.IgnoreFields(relay.Sample{}, "At"), cmpopts.EquateEmpty(),
		cmp.Comparer(func(a, b failover.Sentence) bool { return a.Template == b.Template && a.String() == b.String() }), // the order of parts is nobody's business
	}
	if diff := cmp.Diff(l1, l2, same); diff != "" || len(l1.Messages) != 3 {
		t.Error("queue:", diff)
	}
	if len(e1) < 9 || len(e2) < len(e1) {
		t.Errorf("%d and %d events", len(e1), len(e2))
	} else if diff := cmp.Diff(e1, e2[:len(e1)], same); diff != "" {
		t.Error("log:", diff)
	}
	if len(s2) < len(s1) {
		t.Errorf("%d and %d samples", len(s1), len(s2))
	}
	// Acting here and looking from another desk here.
	if _, err := here.Act(t.Context(), relay.Act{Kind: relay.ActDrop, Of: relay.Filter{IDs: []relay.ID{l1.Messages[0].ID}}, Reason: "twice"}); err != nil {
		t.Fatal(err)
	}
	if err := here.Close(); err != nil {
		t.Fatal(err)
	}
	if l := p.queue(p.desk(p.face())); l.Total != 2 {
		t.Errorf("%d messages", l.Total)
	}
}

func (p *post) log(d engine.Desk) []relay.Event {
	p.t.Helper()
	out, err := d.Log(p.t.Context(), relay.LogQuery{})
	if err != nil {
		p.t.Fatal(err)
	}
	return out
}

func (p *post) samples(d engine.Desk) []relay.Sample {
	p.t.Helper()
	out, err := d.Samples(p.t.Context(), time.Time{}, time.Time{}, 100)
	if err != nil {
		p.t.Fatal(err)
	}
	return out
}

// Where nothing is set up beside the settings, mail can be sent and the desk is empty.
func TestDeskOfANewFolder(t *testing.T) {
	t.Parallel()
	p := newPost(t, false)
	d := p.desk(p.face())
	if l := p.queue(d); len(l.Messages) != 0 || l.Running || len(l.Routes) != 1 {
		t.Errorf("%+v", l)
	}
	if e := p.log(d); len(e) != 0 {
		t.Errorf("%+v", e)
	}
	if s := p.samples(d); len(s) != 0 {
		t.Errorf("%+v", s)
	}
}

// Without a running Lifeboat the composer delivers by itself, and the sender's copy is
// in the mirror.
func TestSendHere(t *testing.T) {
	t.Parallel()
	p := newPost(t, true)
	anna, ben := p.staff()
	d := p.desk(p.face())
	// Nothing is mirrored yet: the copy waits.
	sent, err := d.Send(t.Context(), outgoing(anna, ben, "first", patience))
	if err != nil || sent.State != relay.Ended || sent.To[0].Fate != relay.Delivered || sent.Via != failover.Primary || sent.Copy != engine.CopyPending {
		t.Fatalf("%+v, %v", sent, err)
	}
	if p.subjects(failover.Primary, ben)["first"] != 1 {
		t.Error("not there")
	}
	if _, err := p.Mirror(t.Context(), engine.MirrorRequest{}); err != nil {
		t.Fatal(err)
	}
	sent, err = d.Send(t.Context(), outgoing(anna, ben, "second", patience))
	if err != nil || sent.Copy != engine.CopyFiled {
		t.Fatalf("%+v, %v", sent, err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	p.copies(anna, "first", "second")
	// Mirroring goes on to leave them alone.
	if _, err := p.Mirror(t.Context(), engine.MirrorRequest{}); err != nil {
		t.Fatal(err)
	}
	p.copies(anna, "first", "second")
}

// copies holds the folder of an address's copies to these subjects.
func (p *post) copies(address string, want ...string) {
	p.t.Helper()
	m, err := p.OpenMail(p.t.Context(), engine.ReadAs{Reason: "a test"})
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = m.Close() }()
	page, err := m.List(p.t.Context(), engine.MailSelection{Account: address, Folder: "Sent with Lifeboat"})
	if err != nil {
		p.t.Fatal(err)
	}
	var got []string
	for _, l := range page.Messages {
		got = append(got, l.Subject)
	}
	if diff := cmp.Diff(want, got, cmpopts.SortSlices(strings.Compare), cmpopts.EquateEmpty()); diff != "" {
		p.t.Error("copies:", diff)
	}
}

// While the mirror is at work in the serving process, the copy goes in beside it.
func TestSendBesideTheMirror(t *testing.T) {
	t.Parallel()
	p := newPost(t, true)
	anna, ben := p.staff()
	p.serve(engine.ServeRequest{NoWatch: true})
	p.await("the mirror", func() bool {
		st := p.MirrorStatus(t.Context())
		return st.State == engine.ReadyMirror && !st.Complete.IsZero()
	})
	sent, err := p.desk(p.face()).Send(t.Context(), outgoing(anna, ben, "beside", patience))
	if err != nil || sent.To[0].Fate != relay.Delivered || sent.Copy != engine.CopyFiled {
		t.Fatalf("%+v, %v", sent, err)
	}
	p.await("the copy", func() bool {
		m, err := p.OpenMail(t.Context(), engine.ReadAs{Reason: "a test"})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = m.Close() }()
		page, err := m.List(t.Context(), engine.MailSelection{Account: anna, Folder: "Sent with Lifeboat"})
		return err == nil && len(page.Messages) == 1
	})
	// It is brought up to date at once where it is at work, and told of where another is.
	if r, err := p.MirrorNow(t.Context()); err != nil || len(r.Accounts) == 0 || r.Failed > 0 {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := p.face().MirrorNow(t.Context()); !errors.Is(err, failover.ErrLocked) || !strings.Contains(err.Error(), "another Lifeboat keeps") {
		t.Error(err)
	}
	// Another mirror beside it is refused in a sentence.
	if _, err := p.face().Mirror(t.Context(), engine.MirrorRequest{}); err == nil || !strings.Contains(err.Error(), "Another Lifeboat") {
		t.Error(err)
	}
}

func TestSendRefusesWhatCannotLeave(t *testing.T) {
	t.Parallel()
	p := newPost(t, false)
	anna, ben := p.staff()
	d := p.desk(p.face())
	group := ""
	for _, r := range p.world.Domain().Recipients {
		if r.Kind == failover.Group {
			group = r.Address
		}
	}
	many := outgoing(anna, ben, "many", 0)
	for len(many.Envelope.To) <= p.Settings().Relay.Recipients {
		many.Envelope.To = append(many.Envelope.To, ben)
	}
	for name, o := range map[string]engine.Outgoing{
		"no header":      {Envelope: relay.Envelope{From: anna, To: []string{ben}}, Message: []byte("hello")},
		"no sender":      {Envelope: relay.Envelope{From: anna, To: []string{ben}}, Message: []byte("Subject: x\r\n\r\n")},
		"no recipient":   {Envelope: relay.Envelope{From: anna}, Message: []byte(message(anna, ben, "x"))},
		"many":           many,
		"a group":        outgoing(group, ben, "x", 0),
		"another domain": outgoing("x@elsewhere.test", ben, "x", 0),
	} {
		if _, err := d.Send(t.Context(), o); !errors.Is(err, failover.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if l := p.queue(d); l.Total != 0 {
		t.Errorf("%+v", l)
	}
}
