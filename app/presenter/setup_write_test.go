package presenter_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"lifeboat/app/engine"
	"lifeboat/app/presenter"
	"lifeboat/app/presenter/presentertest"
	"lifeboat/configs"
	"lifeboat/configs/secret"
	"lifeboat/failover"
)

// The first mirror: the recovery code once, how far it is, and what went wrong.
func TestSetupMirror(t *testing.T) {
	e := presentertest.NewSetup(engine.SetupDraft{Step: engine.StepMirror, Domain: "aoba.example"})
	began, hold := make(chan struct{}), make(chan error)
	s := settingUp(t, e, presenter.SetupOptions{Mirror: func(ctx context.Context, _ engine.Written, tell func(string, float64)) error {
		tell("keiri@aoba.example", 0.4)
		began <- struct{}{}
		select {
		case err := <-hold:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}})
	settled(t, s)
	s.Choose("mirror.days", "90")
	var all sync.WaitGroup
	all.Go(func() { do(t, s, presenter.DoSetupMirror, "") })
	<-began
	if st := s.State(); !strings.Contains(said(st), presentertest.Code) || !strings.Contains(said(st), "Share:0.4") || !s.Busy() {
		t.Errorf("%s", said(st))
	}
	do(t, s, presenter.DoSetupStop, string(engine.FieldMirror))
	all.Wait()
	if st := s.State(); strings.Contains(said(st), "Not mirrored") || e.Draft().MirrorDays != 90 || e.Writings() != 1 {
		t.Errorf("stopped: %s", said(st))
	}
	all.Go(func() { do(t, s, presenter.DoSetupMirror, "") })
	<-began
	hold <- failover.Fail(failover.ErrUnreachable, "Start the test again.")
	all.Wait()
	if st := s.State(); !strings.Contains(said(st), "Not mirrored") || e.Writings() != 1 || !strings.Contains(said(st), presentertest.Code) {
		t.Errorf("failed, and written %d times: %s", e.Writings(), said(st))
	}
	all.Go(func() { do(t, s, presenter.DoSetupMirror, "") })
	<-began
	hold <- nil
	all.Wait()
	if st := s.State(); !strings.Contains(said(st), "Recent mail is on this computer") {
		t.Errorf("%s", said(st))
	}
}

// A code on another device.
func TestSetupAgree(t *testing.T) {
	e := presentertest.NewSetup(engine.SetupDraft{Step: engine.StepPrimary, Domain: "aoba.example", Primary: engine.SetupProvider{Preset: "microsoft365", Method: configs.SignInDevice}})
	e.Hold = make(chan struct{})
	e.Prompt = engine.SetupPrompt{Mailbox: "keiri@aoba.example", URL: "https://microsoft.com/devicelogin", Code: "F7KQ2XMT", Expires: presentertest.Noon.Add(14 * time.Minute)}
	s := settingUp(t, e, presenter.SetupOptions{})
	settled(t, s)
	shown := make(chan struct{}, 9)
	var all sync.WaitGroup
	all.Go(func() {
		s.Do(t.Context(), presenter.SetupButton{Do: presenter.DoSetupAgree, Argument: "primary"}, func() { shown <- struct{}{} })
	})
	<-shown
	<-shown
	if st := s.State(); !strings.Contains(said(st), "F7KQ2XMT") || !strings.Contains(said(st), "It is valid for 14 min more.") || item(t, st, "consent.primary").Press.Text != "Stop" {
		t.Errorf("%s", said(st))
	}
	close(e.Hold)
	all.Wait()
	if st := s.State(); strings.Contains(said(st), "F7KQ2XMT") || s.Busy() {
		t.Errorf("the code is still there: %s", said(st))
	}
}

// With settings that are there, the same pages change them, and count when saved.
func TestSetupAsSettings(t *testing.T) {
	e := presentertest.NewSetup(engine.SetupDraft{Domain: "aoba.example", Step: engine.StepDrill, DNS: engine.SetupDNS{Host: configs.HostRFC2136}})
	e.There = true
	saved := 0
	s := settingUp(t, e, presenter.SetupOptions{Done: func(engine.Written, string) { saved++ }})
	settled(t, s)
	s.Go(engine.StepDNS)
	st := s.State()
	if st.Now != engine.StepDNS || !st.Bar.Next.Off || st.Bar.Next.Do != presenter.DoSetupWrite || st.Bar.Back.Do != presenter.DoSetupClose {
		t.Errorf("%+v", st.Bar)
	}
	s.Type("dns.server", "ns1.aoba.example")
	s.Choose("dns.algorithm", "hmac-sha512")
	if st := s.State(); st.Bar.Next.Off {
		t.Error("what was changed cannot be saved")
	}
	do(t, s, presenter.DoSetupWrite, "")
	if d := e.Draft().DNS; saved != 1 || d.Server != "ns1.aoba.example" || d.Algorithm != "hmac-sha512" || !s.State().Bar.Next.Off {
		t.Errorf("saved %d times: %+v", saved, d)
	}
}

// What goes wrong is a sentence on the page, and nothing that was typed is lost.
func TestSetupTroubles(t *testing.T) {
	e := presentertest.NewSetup(engine.SetupDraft{Domain: "aoba.example"})
	e.Fails = failover.Fail(failover.ErrDisk, "There is no address in this.")
	s := settingUp(t, e, presenter.SetupOptions{})
	s.Type("organization", "Aoba")
	if err := s.Settle(t.Context()); !errors.Is(err, failover.ErrDisk) {
		t.Fatalf("%v", err)
	}
	if st := s.State(); !strings.Contains(said(st), "There is no address in this.") || item(t, st, "organization").Text != "Aoba" {
		t.Errorf("%s", said(st))
	}
	do(t, s, presenter.DoSetupTest, string(engine.FieldDomain))
	if i := item(t, s.State(), "domain"); i.Testing {
		t.Errorf("%+v", i)
	}
	closed := settingUp(t, e, presenter.SetupOptions{Open: func(context.Context) (presenter.SetupEngine, error) {
		return nil, failover.Fail(failover.ErrDisk, "There is no address in this.")
	}})
	if err := closed.Settle(t.Context()); !errors.Is(err, failover.ErrDisk) {
		t.Errorf("%v", err)
	}
	if st := closed.State(); !strings.Contains(said(st), "There is no address in this.") || !st.Bar.Next.Off {
		t.Errorf("%+v", st)
	}
}

// A key file is read as it is, and one that cannot be a key is refused.
func TestSetupSecretFile(t *testing.T) {
	e := presentertest.NewSetup(engine.SetupDraft{Step: engine.StepPrimary, Domain: "aoba.example", Primary: engine.SetupProvider{Preset: "google", Method: configs.SignInGoogle}})
	s := settingUp(t, e, presenter.SetupOptions{})
	settled(t, s)
	file := filepath.Join(t.TempDir(), "key.json")
	for content, want := range map[string]string{`{"type": "service_account"}`: "", strings.Repeat("x", 70<<10): "too large to be a key"} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		s.File(t.Context(), presenter.FileSecret+"primary", file, func() {})
		if st := said(s.State()); !strings.Contains(st, want) {
			t.Errorf("%s does not say %q", st, want)
		}
	}
	if got := e.Secret("primary"); got != `{"type": "service_account"}` {
		t.Errorf("kept is %.40q", got)
	}
	s.File(t.Context(), presenter.FileSecret+"primary", file+"not", func() {})
	if st := said(s.State()); !strings.Contains(st, "cannot be read") {
		t.Error(st)
	}
}

// A hand-over kit needs its file and its passphrase, which are kept nowhere.
func TestSetupTakesOver(t *testing.T) {
	e := presentertest.NewSetup(engine.SetupDraft{})
	took, over := "", 0
	s := settingUp(t, e, presenter.SetupOptions{
		TakeOver: func(_ context.Context, file string, p secret.Value) error {
			if took = file + " " + p.Reveal(); p.Reveal() != "correct horse" {
				return failover.Fail(failover.ErrCredential, "There is no address in this.")
			}
			return nil
		},
		Done: func(engine.Written, string) { over++ },
	})
	settled(t, s)
	do(t, s, presenter.DoSetupFold, "kit")
	do(t, s, presenter.DoSetupTake, "")
	if st := said(s.State()); !strings.Contains(st, "Choose the file of the hand-over kit first.") {
		t.Error(st)
	}
	s.File(t.Context(), presenter.FileKit, "kit.lifeboat", func() {})
	do(t, s, presenter.DoSetupTake, "")
	if st := said(s.State()); !strings.Contains(st, "whoever made it knows it") {
		t.Error(st)
	}
	s.Secret("kit.passphrase", "wrong")
	do(t, s, presenter.DoSetupTake, "")
	if st := said(s.State()); over != 0 || !strings.Contains(st, "There is no address in this.") {
		t.Error(st)
	}
	s.Secret("kit.passphrase", "correct horse")
	do(t, s, presenter.DoSetupTake, "")
	settled(t, s)
	if took != "kit.lifeboat correct horse" || over != 1 || e.Secret("kit.passphrase") != "" {
		t.Errorf("took %q, over %d", took, over)
	}
}
