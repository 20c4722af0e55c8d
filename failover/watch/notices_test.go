package watch_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/detect"
	"lifeboat/failover/lab"
	"lifeboat/failover/watch"
)

// A partner's outage is seen by what the provider tells the staff whose mail waits, and
// is held against nobody but the partner.
func TestDelayNotices(t *testing.T) {
	t.Parallel()
	o := newOffice(t, 10*time.Second, lab.Options{
		Staff: true, Retry: lab.Retry{Notice: time.Millisecond, First: 50 * time.Millisecond, Most: 100 * time.Millisecond},
	})
	for _, r := range o.world.Domain().Recipients {
		if user, password := o.world.StaffLogin(failover.Primary, r.Address); user != "" {
			o.options.Mailboxes = append(o.options.Mailboxes, watch.Mailbox{
				Role: failover.Primary, User: user, Password: func(context.Context) (string, error) { return password, nil },
			})
		}
	}
	o.options.Mailboxes = append(o.options.Mailboxes, watch.Mailbox{ // nobody can sign in there, which is nobody's outage
		Role: failover.Primary, User: "nobody@example.test", Password: func(context.Context) (string, error) { return "wrong", nil },
	})
	o.options.Seldom = every // the mailboxes are read in each round
	if s := o.look(3); len(s.Elsewhere) > 0 || s.Primary.Health != detect.Healthy {
		t.Fatalf("before anything waits: %+v", s)
	}
	if err := o.world.BreakRemote(lab.Defer); err != nil {
		t.Fatal(err)
	}
	o.world.SetInterval(20 * time.Millisecond)
	var s detect.State
	for end := time.Now().Add(time.Minute); len(s.Elsewhere) == 0 && time.Now().Before(end); {
		s = o.look(1)
	}
	o.world.SetInterval(-1)
	if len(s.Elsewhere) != 1 || s.Elsewhere[0].Domain != "remote.test." || !strings.Contains(s.Elsewhere[0].Answer, "400 4.4.7") {
		t.Fatalf("%+v", s.Elsewhere)
	}
	if s.Primary.Health != detect.Healthy || s.Primary.Switch == detect.SwitchHelps {
		t.Errorf("the primary is %s, and a switch %s", s.Primary.Health, s.Primary.Switch)
	}
}

func TestParseNotice(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{
		"delayed.eml": "remote.test. 400 4.4.7 Message delayed",
		"several.eml": "one.test. 451 4.3.2 busy; two.test. 4.4.1",
		"failed.eml":  "",
		"letter.eml":  "",
		"cut.eml":     "remote.test. 4.4.7",
	} {
		data, err := os.ReadFile(filepath.Join("testdata", "notices", file))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(watch.Notices(data), "; "); got != want {
			t.Errorf("%s tells of %q, not of %q", file, got, want)
		}
	}
}

// FuzzNotice gives any text as a message: whatever is made of it is short, clean, and
// about a domain.
func FuzzNotice(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("testdata", "notices", "*.eml"))
	if err != nil || len(files) == 0 {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, n := range watch.Notices(data) {
			domain, _, _ := strings.Cut(n, " ")
			if !strings.HasSuffix(domain, ".") || domain == "." || len(n) > 600 || strings.ContainsAny(n, "\r\n\x00\x1b") {
				t.Errorf("%q tells of %q", data, n)
			}
		}
	})
}
