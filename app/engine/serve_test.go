package engine_test

import (
	"context"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"lifeboat/app/engine"
	"lifeboat/failover"
	"lifeboat/failover/lab"
	"lifeboat/failover/relay"
	"lifeboat/mailstore/keys"
)

// Staff write through the relay, the admin switches in another process meanwhile, and
// everything goes out through the provider of the route.
func TestServedMailFollowsTheSwitch(t *testing.T) {
	t.Parallel()
	p := newPost(t, false)
	anna, ben := p.staff()
	p.user(anna)
	p.serve(engine.ServeRequest{NoWatch: true})
	if err := p.submit(anna, ben, "before"); err != nil {
		t.Fatal(err)
	}
	p.arrives(failover.Primary, ben, "before")

	// The primary breaks; what is written waits.
	if err := p.world.Break(failover.Primary, lab.Reset); err != nil {
		t.Fatal(err)
	}
	if err := p.submit(anna, ben, "during"); err != nil {
		t.Fatal(err)
	}
	p.await("a try that failed", func() bool {
		l := p.queue(p.desk(p.face()))
		return len(l.Messages) == 1 && !l.Messages[0].Why.IsZero()
	})
	if _, err := p.face().Switch(t.Context(), engine.SwitchRequest{
		PlanRequest: engine.PlanRequest{Kind: failover.SendRoute, To: failover.Secondary}, Confirm: yes,
	}); err != nil {
		t.Fatal(err)
	}
	p.arrives(failover.Secondary, ben, "during")
	if err := p.submit(anna, ben, "after"); err != nil {
		t.Fatal(err)
	}
	p.arrives(failover.Secondary, ben, "after")
	for _, subject := range []string{"before", "during", "after"} {
		if n := p.subjects(failover.Primary, ben)[subject] + p.subjects(failover.Secondary, ben)[subject]; n != 1 {
			t.Errorf("%s arrived %d times", subject, n)
		}
	}
}

// A full failover runs in another process while serve does.
func TestFailoverBesideServe(t *testing.T) {
	t.Parallel()
	p := newPost(t, false)
	p.prepareFor(failover.Failover)
	stop := p.serve(engine.ServeRequest{NoWatch: true})
	p.done(p.failover(func(r *engine.SwitchRequest) { r.Confirm = yes }))
	p.is(failover.RouteSecondary)
	if st := p.face().Serving(t.Context()); !st.Running || st.PID == 0 || len(st.Routes) != 1 || st.Routes[0].Role != failover.Secondary {
		t.Errorf("%+v", st)
	}
	stop()
	if st := p.face().Serving(t.Context()); st.Running {
		t.Errorf("%+v", st)
	}
}

func TestOnlyOneServes(t *testing.T) {
	t.Parallel()
	p := newPost(t, false)
	p.serve(engine.ServeRequest{NoWatch: true})
	p.await("the local API", func() bool { return p.Serving(t.Context()).Running })
	err := p.face().Serve(t.Context(), engine.ServeRequest{})
	oneSentence(t, err, failover.ErrLocked, "is serving", "already", "process")
}

// A port that is taken keeps mail from being handed in, and nothing else; once it is
// free, mail is taken in.
func TestPartsAreStartedAgain(t *testing.T) {
	t.Parallel()
	p := newPost(t, false)
	anna, ben := p.staff()
	p.user(anna)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.parts.Settings.Relay.Listen[0].Address = l.Addr().String()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	failed, started := make(chan engine.ServeEvent, 9), make(chan struct{}, 9)
	go func() {
		ended <- p.Serve(ctx, engine.ServeRequest{NoWatch: true, Tell: func(ev engine.ServeEvent) {
			switch {
			case ev.Part == engine.PartSubmit && ev.Kind == engine.PartFailed:
				failed <- ev
			case ev.Part == engine.PartSubmit && ev.Kind == engine.PartStarted:
				p.listens(ev)
				started <- struct{}{}
			}
		}})
	}()
	if ev := <-failed; ev.Retry.IsZero() || !strings.Contains(ev.Say.String(), l.Addr().String()) {
		t.Errorf("%+v", ev)
	}
	p.queue(p.desk(p.face())) // the desk is there
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	<-started
	if err := p.submit(anna, ben, "late"); err != nil {
		t.Error(err)
	}
	p.arrives(failover.Primary, ben, "late")
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// Without a way to the key that needs no person, serving says how to get one.
func TestServeNeedsAKeyOfTheMachine(t *testing.T) {
	t.Parallel()
	p := newPost(t, false)
	none := keys.MachineOpener{Dir: filepath.Join(p.Settings().File(), "no folder")}
	somebody := p.another(func(o *engine.Options) {
		o.Mail = p.mail("")
		o.Mail.Keys = engine.KeyMeans{Machine: none, Passphrase: "what somebody knows"}
	})
	if _, err := somebody.Users(t.Context()); err != nil { // makes the key
		t.Fatal(err)
	}
	nobody := p.another(func(o *engine.Options) {
		o.Mail = p.mail("")
		o.Mail.Keys = engine.KeyMeans{Machine: none}
	})
	oneSentence(t, nobody.Serve(t.Context(), engine.ServeRequest{}), failover.ErrCredential, "lifeboat key add")
}

// The end comes within the patience of the one who ends it, whatever is under way.
func TestServeEndsWhileAProviderHangs(t *testing.T) {
	t.Parallel()
	dials := &countedDialer{made: make(chan struct{}, 1)}
	p := newPost(t, true, func(o *engine.Options) { dials.Dialer, o.Relay.Dialer = o.Relay.Dialer, dials })
	anna, ben := p.staff()
	p.user(anna)
	stop := p.serve(engine.ServeRequest{})
	if err := p.world.Break(failover.Primary, lab.Hang); err != nil {
		t.Fatal(err)
	}
	if err := p.submit(anna, ben, "stuck"); err != nil {
		t.Fatal(err)
	}
	<-dials.made
	stop()
	l := p.queue(p.desk(p.face())) // in this process now
	if l.Running || len(l.Messages) != 1 || l.Messages[0].Subject != "stuck" || l.Messages[0].State != relay.Waiting {
		t.Errorf("%+v", l)
	}
}

// countedDialer tells when a connection has come about.
type countedDialer struct {
	failover.Dialer
	made chan struct{}
}

func (d *countedDialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := d.Dialer.DialContext(ctx, network, address)
	select {
	case d.made <- struct{}{}:
	default:
	}
	return c, err
}
