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
)

// What was seen hours ago is not what is: once nobody looks any more, Home does not go on
// saying that mail is flowing, and says why nobody looks.
func TestHomeDoesNotSayThatAllIsWellWhileNobodyLooks(t *testing.T) {
	t.Parallel()
	d, now := presentertest.Domain(), presentertest.Now()
	status := presentertest.Status(d, presentertest.Set(d, failover.Primary))
	var idle error
	home := presenter.NewHome(tongue(t, i18n.English), lookout{status: engine.Status{At: presentertest.Noon, Domains: []engine.DomainStatus{status}}}, presenter.HomeOptions{
		Domains: []failover.Domain{d}, Now: func() time.Time { return now }, Every: time.Minute, Idle: func() error { return idle },
	})
	home.Look(t.Context())
	home.Saw(d.Name, presentertest.State(t, d, presentertest.Calm))
	if s := home.State(); s.Light != presenter.LightHealthy {
		t.Fatalf("in calm times: %+v", s)
	}
	now = now.Add(3 * time.Hour) // as after a night's sleep
	if s := home.State(); s.Light != presenter.LightWorking || !strings.Contains(s.Watching.Second, "3 h ago") {
		t.Errorf("before it was looked again: %s %q, %+v", s.Light, s.Headline, s.Watching)
	}
	idle = failover.Fail(failover.ErrCredential, "no passphrase was given, so the passwords stay locked")
	s := home.State()
	if s.Light != presenter.LightUnknown || !strings.Contains(s.Lead, "Nothing is mirrored or sent on now.") {
		t.Errorf("while nobody can look: %s %q %q", s.Light, s.Headline, s.Lead)
	}
	if strings.Count(s.Lead, "stay locked") != 1 {
		t.Errorf("it is said twice: %q", s.Lead)
	}
	idle = nil
	state := presentertest.State(t, d, presentertest.Calm)
	state.At = now
	home.Saw(d.Name, state)
	if s := home.State(); s.Light != presenter.LightHealthy {
		t.Errorf("when it was looked again: %+v", s)
	}
}

// hanging is a lookout whose checks go on until they are broken off.
type hanging struct {
	lookout
	begun chan struct{}
}

func (h hanging) Check(ctx context.Context, _ engine.CheckRequest) (engine.CheckReport, error) {
	close(h.begun)
	<-ctx.Done()
	return engine.CheckReport{}, ctx.Err()
}

// A check that somebody breaks off is no failure.
func TestHomeSaysNothingOfACheckThatWasCancelled(t *testing.T) {
	t.Parallel()
	d := presentertest.Domain()
	h := hanging{lookout{status: engine.Status{At: presentertest.Noon}}, make(chan struct{})}
	home := presenter.NewHome(tongue(t, i18n.English), h, presenter.HomeOptions{Domains: []failover.Domain{d}, Now: presentertest.Now, Every: time.Minute})
	before := home.State().Lead
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { home.Check(ctx, func() {}); close(ended) }()
	<-h.begun
	if !home.State().Checking {
		t.Error("it does not say that it checks")
	}
	cancel()
	<-ended
	if s := home.State(); s.Checking || s.Lead != before {
		t.Errorf("afterwards it says %q", s.Lead)
	}
}
