package lab_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/lab"
)

// posted is an incident as a program that knows Google's format reads it.
type posted struct {
	ID           string     `json:"id"`
	Begin        time.Time  `json:"begin"`
	Created      time.Time  `json:"created"`
	Modified     time.Time  `json:"modified"`
	End          *time.Time `json:"end"`
	ExternalDesc string     `json:"external_desc"`
	Severity     string     `json:"severity"`
	StatusImpact string     `json:"status_impact"`
	ServiceName  string     `json:"service_name"`
	Updates      []struct {
		When   time.Time `json:"when"`
		Text   string    `json:"text"`
		Status string    `json:"status"`
	} `json:"updates"`
	Recent struct {
		Status string `json:"status"`
	} `json:"most_recent_update"`
}

// reader fetches status pages over the world's network.
func reader(w *lab.World) *http.Client {
	return &http.Client{Transport: &http.Transport{
		DialContext: w.Dialer().DialContext, TLSClientConfig: w.TLSConfig(), DisableKeepAlives: true,
	}}
}

func get(ctx context.Context, w *lab.World, role failover.Role) ([]posted, string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.StatusURL(role), nil)
	if err != nil {
		return nil, "", err
	}
	r, err := reader(w).Do(req)
	if err != nil {
		return nil, "", err
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, "", err
	}
	var out []posted
	return out, string(body), json.Unmarshal(body, &out)
}

func TestStatusPageTellsOfTroubleLate(t *testing.T) {
	t.Parallel()
	c := newClock()
	w := start(t, lab.Options{Now: c.now})
	read := func(role failover.Role) []posted {
		t.Helper()
		in, body, err := get(t.Context(), w, role)
		if err != nil || !strings.HasPrefix(body, "[") {
			t.Fatalf("%s: %v", body, err)
		}
		return in
	}
	if d := w.Domain(); d.Primary.StatusPage != w.StatusURL(failover.Primary) || w.StatusURL(failover.Primary) != "https://status.harbormail.test/incidents.json" ||
		d.Secondary.StatusPage != "https://status.lighthouse.test/incidents.json" || w.StatusURL("tertiary") != "" {
		t.Errorf("the pages are %q and %q", d.Primary.StatusPage, d.Secondary.StatusPage)
	}
	begin := c.now()
	if err := w.Break(failover.Primary, lab.NoSignIn); err != nil {
		t.Fatal(err)
	}
	if in := read(failover.Primary); len(in) != 0 {
		t.Errorf("at once: %+v", in)
	}
	c.pass(10 * time.Minute)
	if err := w.Break(failover.Primary, lab.Reset); err != nil {
		t.Fatal(err)
	}
	c.pass(10 * time.Minute)
	in := read(failover.Primary)
	if len(in) != 1 || in[0].End != nil || !in[0].Begin.Equal(begin) || in[0].Created.Sub(begin) != 20*time.Minute || !in[0].Modified.Equal(in[0].Created) ||
		in[0].StatusImpact != "SERVICE_DISRUPTION" || in[0].Severity != "medium" || in[0].ServiceName != "Harbormail Mail" ||
		in[0].ExternalDesc != "Some users cannot sign in. Mail is delivered as usual." || len(in[0].Updates) != 1 {
		t.Errorf("after 20 minutes: %+v", in)
	}
	id := in[0].ID
	c.pass(10 * time.Minute)
	if in = read(failover.Primary); len(in) != 1 || in[0].ID != id || in[0].StatusImpact != "SERVICE_OUTAGE" || in[0].Severity != "high" ||
		len(in[0].Updates) != 2 || in[0].Updates[0].Text != "Users cannot send or receive mail." || in[0].Recent.Status != "SERVICE_OUTAGE" {
		t.Errorf("after another 10: %+v", in)
	}
	w.Mend(failover.Primary)
	if in = read(failover.Primary); len(in) != 1 || in[0].End == nil || !in[0].End.Equal(c.now()) || in[0].Recent.Status != "AVAILABLE" || len(in[0].Updates) != 3 {
		t.Errorf("mended: %+v", in)
	}
	// What was over before anybody there wrote of it is never told.
	if err := w.Break(failover.Primary, lab.Reset); err != nil {
		t.Fatal(err)
	}
	c.pass(time.Minute)
	w.Mend(failover.Primary)
	c.pass(time.Hour)
	if in = read(failover.Primary); len(in) != 1 {
		t.Errorf("a short trouble: %+v", in)
	}
	if err := w.Break(failover.Primary, lab.Slow); err != nil {
		t.Fatal(err)
	}
	c.pass(time.Hour)
	if in = read(failover.Primary); len(in) != 2 || in[0].StatusImpact != "SERVICE_INFORMATION" || in[0].Severity != "low" || in[1].ID != id || in[0].ID == id {
		t.Errorf("the next one: %+v", in)
	}
	if in = read(failover.Secondary); len(in) != 0 {
		t.Errorf("the other provider: %+v", in)
	}
}

func TestStatusPageThatLiesOrIsGone(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Options{StatusDelay: -1})
	events, _ := w.Subscribe(100)
	if err := w.Break(failover.Primary, lab.Silent); err != nil {
		t.Fatal(err)
	}
	<-events // that it broke
	open := func() int {
		t.Helper()
		in, _, err := get(t.Context(), w, failover.Primary)
		if err != nil {
			t.Fatal(err)
		}
		return len(in)
	}
	if n := open(); n != 1 {
		t.Errorf("an honest page with no delay tells of %d", n)
	}
	for _, c := range []struct {
		how  lab.StatusPage
		says string
	}{
		{lab.StatusSilent, "The status page of Harbormail says that all is well, whatever happens."},
		{lab.StatusGone, "The status page of Harbormail does not answer."},
		{lab.StatusHonest, "The status page of Harbormail tells what it knows."},
	} {
		for range 2 { // the second time is nothing new
			if err := w.SetStatusPage(failover.Primary, c.how); err != nil {
				t.Fatal(err)
			}
		}
		if e := <-events; e.Say.String() != c.says || e.Role != failover.Primary || (e.Kind == lab.EventMended) != (c.how == lab.StatusHonest) {
			t.Errorf("%q: %v", c.how, e)
		}
		switch c.how {
		case lab.StatusGone:
			_, _, err := get(brief(t), w, failover.Primary)
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("gone: %v", err)
			}
			if _, _, err := get(t.Context(), w, failover.Secondary); err != nil {
				t.Errorf("the other provider's: %v", err)
			}
		case lab.StatusSilent:
			if n := open(); n != 0 {
				t.Errorf("a page that lies tells of %d", n)
			}
		default:
			if n := open(); n != 1 {
				t.Errorf("honest again, it tells of %d", n)
			}
		}
	}
	for _, err := range []error{w.SetStatusPage(failover.Primary, "late"), w.SetStatusPage("tertiary", lab.StatusGone)} {
		if !errors.Is(err, failover.ErrInvalid) {
			t.Error(err)
		}
	}
	r, err := reader(w).Post(w.StatusURL(failover.Primary), "text/plain", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: %s", r.Status)
	}
}
