package presenter_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/app/presenter"
	"lifeboat/app/presenter/presentertest"
	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// composed starts a composer over the mail page.
func composed(t *testing.T, p *postRoom, d *presentertest.Drafts, keep time.Duration) (c *presenter.Compose, stop func()) {
	t.Helper()
	c = presenter.NewCompose(tongue(t, i18n.English), p.mail, presenter.ComposeOptions{
		Engine: d, Send: d.Send, Now: presentertest.Now, Pause: keep, Most: 1000,
		Provider: func(r failover.Role) string {
			return map[failover.Role]string{failover.Primary: "Microsoft 365", failover.Secondary: "Fastmail"}[r]
		},
	})
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { c.Work(ctx, p.news.changed) })
	stop = func() { cancel(); wg.Wait() }
	t.Cleanup(stop)
	p.news.until(func() bool { return len(c.State().Senders) > 0 })
	return c, stop
}

// What is written is kept while it is written, and is there again after the program
// was killed: the second composer begins with what the first one left.
func TestComposeDraftIsKept(t *testing.T) {
	p, d := posted(t, presentertest.NewMailroom(false, 0), nil), &presentertest.Drafts{}
	c, _ := composed(t, p, d, time.Millisecond)
	c.New()
	if d.Kept() != 0 {
		t.Error("a message with nothing in it is kept")
	}
	c.Add(presenter.FieldTo, "takahashi@hokuto-ss.example")
	c.SetSubject("A-204")
	c.SetText("Dear Mr Takahashi,\nthank you.")
	p.news.until(func() bool {
		defer p.news.changed() // keeping tells nobody: look again
		kept, _ := d.KeptDrafts(t.Context())
		return len(kept) == 1 && strings.Contains(string(kept[0].Content), "thank you")
	})
	again, _ := composed(t, p, d, time.Millisecond) // as after a kill: nothing was closed
	s := again.State()
	if len(s.Kept) != 1 || s.Kept[0].Title != "A-204" || s.Open {
		t.Fatalf("afterwards there is %+v", s)
	}
	again.Open(s.Kept[0].ID)
	if s = again.State(); s.Text != "Dear Mr Takahashi,\nthank you." || len(s.People[presenter.FieldTo]) != 1 || s.From != presentertest.Own {
		t.Errorf("it says %+v", s)
	}
	again.Discard()
	p.news.until(func() bool { defer p.news.changed(); return d.Kept() == 0 })
}

// The window is closed before writing has paused: nothing is lost.
func TestComposeIsKeptAtTheEnd(t *testing.T) {
	p, d := posted(t, presentertest.NewMailroom(false, 0), nil), &presentertest.Drafts{}
	c, stop := composed(t, p, d, time.Hour)
	c.New()
	c.SetText("half a sen")
	stop()
	if d.Kept() != 1 {
		t.Errorf("%d drafts are kept", d.Kept())
	}
}

// People are completed out of the mirror; what is typed on replaces earlier offers.
func TestComposeCompletes(t *testing.T) {
	p, d := posted(t, presentertest.NewMailroom(false, 0), nil), &presentertest.Drafts{}
	p.listed(9)
	c, _ := composed(t, p, d, time.Millisecond)
	c.New()
	c.Type(presenter.FieldTo, "taka")
	p.news.until(func() bool { return len(c.State().Offers[presenter.FieldTo]) == 1 })
	c.Take(presenter.FieldTo, 0)
	c.Add(presenter.FieldTo, "no address")
	c.Add(presenter.FieldCc, presentertest.Own)
	c.Add(presenter.FieldCc, presentertest.Own)
	s := c.State()
	to := s.People[presenter.FieldTo]
	if len(to) != 2 || to[0].Name != "Kenichi Takahashi" || to[0].Bad || !to[1].Bad || len(s.People[presenter.FieldCc]) != 1 || len(s.Offers[presenter.FieldTo]) != 0 {
		t.Errorf("To %+v, Cc %+v, offered %q", to, s.People[presenter.FieldCc], s.Offers)
	}
	c.Remove(presenter.FieldTo, 1)
	c.Remove(presenter.FieldTo, 7)
	if got := c.State().People[presenter.FieldTo]; len(got) != 1 {
		t.Errorf("after taking one out %+v", got)
	}
}

// An answer begins with whom it goes to; it is sent with exactly those that are seen.
func TestComposeReplies(t *testing.T) {
	p := posted(t, presentertest.NewMailroom(false, 0), nil)
	d := &presentertest.Drafts{Draft: engine.MailDraft{
		From: "Info <" + presentertest.Shared + ">", To: []string{"Kenichi Takahashi <takahashi@hokuto-ss.example>"}, Cc: []string{"sales@aoba.example"},
		Subject: "Re: Quotation", Quoted: "> one\n> two\n",
	}}
	p.listed(9)
	p.mail.Select([]int{0}, 0)
	p.news.until(func() bool { s := p.mail.State(); return s.Message != nil && !s.Reading })
	c, _ := composed(t, p, d, time.Millisecond)
	c.Reply(true)
	p.news.until(func() bool { return c.State().CanSend })
	s := c.State()
	if s.Title != "Reply" || s.From != presentertest.Shared || s.Subject != "Re: Quotation" || s.Quoted != "2 quoted lines follow below what you write." {
		t.Errorf("it begins with %+v", s)
	}
	c.Remove(presenter.FieldCc, 0)
	c.SetText("Thank you.")
	c.Send(t.Context(), p.news.changed)
	sent := d.Sent()
	if len(sent) != 1 || sent[0].Reply != "m0" || !sent[0].Exact || len(sent[0].Cc) != 0 || sent[0].Source == nil || sent[0].From != presentertest.Shared {
		t.Fatalf("sent was %+v", sent)
	}
	if s = c.State(); s.Open || s.Sent == nil || s.Sent.Text != "Sent through Microsoft 365." || s.Sent.Light != presenter.LightHealthy || len(s.Kept) != 0 {
		t.Errorf("afterwards %+v, %+v", s, s.Sent)
	}
	p.news.until(func() bool { defer p.news.changed(); return d.Kept() == 0 })
}

// What becomes of a message is told in words; a failure loses nothing.
func TestComposeTellsWhatBecameOfIt(t *testing.T) {
	p := posted(t, presentertest.NewMailroom(false, 0), nil)
	at := presentertest.Noon.Add(40 * time.Minute)
	for _, c := range []struct {
		fate  engine.SentMail
		fails error
		want  string
	}{
		{fate: engine.SentMail{State: relay.Ended, Via: failover.Secondary}, want: "Sent through Fastmail."},
		{fate: engine.SentMail{State: relay.Waiting, Next: at, Why: failover.Say("{provider} does not answer", "provider", "x")}, want: "Waiting, tried again at " + at.Local().Format("15:04") + "."},
		{fate: engine.SentMail{State: relay.Held}, want: "Kept in the queue, which is held. It leaves when the queue is let go."},
		{fate: engine.SentMail{State: relay.Waiting}, want: "On its way. The queue shows what becomes of it."},
		{fate: engine.SentMail{State: relay.Ended, To: []relay.Recipient{{Address: "a@b.example", Fate: relay.Bounced, Answer: "550 no such user"}}}, want: "a@b.example was refused: 550 no such user"},
		{fails: failover.Fail(failover.ErrInvalid, "The disk is full.").Because(errors.New("write: no space left")), want: "The disk is full."},
	} {
		d := &presentertest.Drafts{Fate: c.fate}
		w, stop := composed(t, p, d, time.Hour)
		w.New()
		w.Add(presenter.FieldTo, "a@b.example")
		w.SetText("words that must not be lost")
		d.Fails = c.fails
		w.Send(t.Context(), p.news.changed)
		s := w.State()
		if c.fails != nil {
			if s.Problem != c.want || !s.Open || s.Text != "words that must not be lost" || !strings.Contains(s.Details, "no space left") {
				t.Errorf("it says %q, and is %+v", s.Problem, s)
			}
			d.Fails = nil
		} else if s.Sent == nil || s.Sent.Text != c.want {
			t.Errorf("%+v instead of %q", s.Sent, c.want)
		}
		stop()
	}
}

// Attachments are read when the message is sent: one that is gone by then, or is too
// large, is said in a sentence, and the text stays.
func TestComposeAttaches(t *testing.T) {
	p, d := posted(t, presentertest.NewMailroom(false, 0), nil), &presentertest.Drafts{}
	c, _ := composed(t, p, d, time.Hour)
	small, large := filepath.Join(t.TempDir(), "見積書.pdf"), filepath.Join(t.TempDir(), "large.bin")
	for file, n := range map[string]int{small: 600, large: 2000} {
		if err := os.WriteFile(file, slices.Repeat([]byte("x"), n), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c.New()
	c.Add(presenter.FieldTo, "a@b.example")
	c.SetText("Please find attached the quotation.")
	if c.Missing() != "The message has no subject." {
		t.Errorf("missing is %q", c.Missing())
	}
	c.SetSubject("A-204")
	if c.Missing() != "The text speaks of something attached, and nothing is." {
		t.Errorf("missing is %q", c.Missing())
	}
	c.Attach(small)
	c.Attach(large)
	p.news.until(func() bool { f := c.State().Files; return len(f) == 2 && f[0].Size != "" && f[1].Size != "" })
	if c.Missing() != "" || len(c.State().Files) != 2 || c.State().Files[0].Name != "見積書.pdf" || c.State().Files[0].Size != "600 B" {
		t.Errorf("%q missing, attached %+v", c.Missing(), c.State().Files)
	}
	c.Send(t.Context(), p.news.changed)
	if got := c.State().Problem; !strings.HasPrefix(got, "The attachments are larger than 1 KB") {
		t.Errorf("too much: %q", got)
	}
	c.Detach(large)
	if err := os.Remove(small); err != nil {
		t.Fatal(err)
	}
	c.SetSubject("files") // it is looked at anew
	p.news.until(func() bool { return c.State().Files[0].Note != "" })
	if got := c.State().Files[0].Note; got == "" {
		t.Error("nothing says that the file is gone")
	}
	c.Send(t.Context(), p.news.changed)
	if s := c.State(); !strings.Contains(s.Problem, "cannot be read") || !s.Open || len(d.Sent()) != 0 {
		t.Errorf("a file that is gone: %q", s.Problem)
	}
	c.Detach(small)
	c.Send(t.Context(), p.news.changed)
	if len(d.Sent()) != 1 {
		t.Errorf("%d were sent", len(d.Sent()))
	}
}

// The disk was full when something was to be kept: that is said, and it is kept once
// there is room, although nothing more is written.
func TestComposeIsKeptOnceThereIsRoom(t *testing.T) {
	p, d := posted(t, presentertest.NewMailroom(false, 0), nil), &presentertest.Drafts{}
	c, stop := composed(t, p, d, time.Millisecond)
	d.Refuse(failover.Fail(failover.ErrDisk, "{file} could not be written: choose a folder that is yours and has room", "file", "draft"))
	c.New()
	c.SetText("half a sentence")
	p.news.until(func() bool { defer p.news.changed(); return c.State().Problem != "" })
	d.Refuse(nil)
	stop()
	if kept, _ := d.KeptDrafts(t.Context()); len(kept) != 1 || !strings.Contains(string(kept[0].Content), "half a sentence") {
		t.Errorf("kept is %v", kept)
	}
	if got := c.State().Problem; got != "" {
		t.Errorf("it still says %q", got)
	}
}
