package presenter_test

import (
	"context"
	"errors"
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
	"lifeboat/mailstore"
)

// postRoom is the mail page's presenter at work over mail in memory.
type postRoom struct {
	t    *testing.T
	room *presentertest.Mailroom
	mail *presenter.Mail
	news *news
	stop func()
}

// posted starts it; change may change the options first.
func posted(t *testing.T, room *presentertest.Mailroom, change func(*presenter.MailOptions)) *postRoom {
	t.Helper()
	opt := presenter.MailOptions{
		Open: func(context.Context) (engine.MailSource, error) { return room, nil }, SendsThrough: func() string { return "Microsoft 365" },
		Now: presentertest.Now, Pause: time.Millisecond, Every: 5 * time.Millisecond, Temp: t.TempDir(),
	}
	if change != nil {
		change(&opt)
	}
	p := &postRoom{t: t, room: room, mail: presenter.NewMail(tongue(t, i18n.English), opt), news: &news{ch: make(chan struct{}, 1)}}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { p.mail.Work(ctx, p.news.changed) })
	p.stop = func() { cancel(); wg.Wait() }
	t.Cleanup(p.stop)
	return p
}

// listed waits until a list of so many is there.
func (p *postRoom) listed(n int) {
	p.t.Helper()
	p.news.until(func() bool { s := p.mail.State(); return !s.List.Busy && s.List.Length == n })
}

func (p *postRoom) key(name string) string {
	p.t.Helper()
	s := p.mail.State()
	i := slices.IndexFunc(s.Folders, func(f presenter.FolderState) bool { return f.Name == name && !f.Head })
	if i < 0 {
		p.t.Fatalf("there is no folder %q in %+v", name, s.Folders)
	}
	return s.Folders[i].Key
}

// One's own inbox is shown first; others' mailboxes are behind "All".
func TestMailOpensWithOnesOwn(t *testing.T) {
	p := posted(t, presentertest.NewMailroom(false, 100_000), nil)
	p.listed(9)
	s := p.mail.State()
	if s.Banner.Title != "Showing the mirror (2 min ago)" || s.Banner.Text != "Replies leave through Microsoft 365." {
		t.Errorf("the banner says %+v", s.Banner)
	}
	var names []string
	for _, f := range s.Folders {
		names = append(names, f.Name)
	}
	want := []string{"Daisuke Sato", "Inbox", "Sent mail", "Drafts", "Quotes and orders", "Internal", "Archive", "Shared", "info@", "keiri@", "All (40)"}
	if !slices.Equal(names, want) || s.Folder != s.Folders[1].Key || s.Folders[1].Unread != 2 || s.Folders[8].Unread != 8 {
		t.Errorf("the column is %q, chosen %q", names, s.Folder)
	}
	p.mail.Go(p.key("All (40)"))
	if got := len(p.mail.State().Folders); got != len(want)+37 {
		t.Errorf("all of them are %d rows", got)
	}
	p.news.until(func() bool { return !p.mail.Row(0).Waiting })
	if r := p.mail.Row(0); r.From != "Kenichi Takahashi (Hokuto)" || r.Date == "" || !r.Attached || r.Unread {
		t.Errorf("the first row says %+v", r)
	}
	if !p.mail.Row(77).Waiting || p.mail.Row(-1).ID != "" {
		t.Error("rows that are not there say something")
	}
}

// Of 100,000 messages those are read that are seen, and what is around them; of a piece
// that was scrolled past, nothing is asked again.
func TestMailReadsWhatIsSeen(t *testing.T) {
	room := presentertest.NewMailroom(false, 100_000)
	p := posted(t, room, func(o *presenter.MailOptions) { o.Every = time.Hour })
	p.listed(9)
	p.mail.Go(p.key("Archive"))
	p.listed(100_000)
	p.mail.Seen(50_000, 50_010)
	p.news.until(func() bool {
		for i := 50_000; i < 50_010; i++ {
			if p.mail.Row(i).Waiting {
				return false
			}
		}
		return true
	})
	if !strings.HasSuffix(p.mail.Row(50_003).Subject, "50003") {
		t.Errorf("row 50,003 says %+v", p.mail.Row(50_003))
	}
	read := map[string]int{}
	for _, what := range room.Asked() {
		if ids, is := strings.CutPrefix(what, "lines "); is {
			for id := range strings.SplitSeq(ids, " ") {
				read[id]++
			}
		}
	}
	if len(read) > 400 {
		t.Errorf("%d lines were read to show ten", len(read))
	}
	for id, n := range read {
		if n > 1 {
			t.Errorf("%s was read %d times", id, n)
		}
	}
}

// A list is there quickly: the newest first, the whole of it behind.
func TestMailShowsTheNewestAtOnce(t *testing.T) {
	room := presentertest.NewMailroom(false, 100_000)
	whole := make(chan struct{})
	room.Before = func(ctx context.Context, what string) error {
		if what == `index Archive "" 0` {
			select {
			case <-whole:
			case <-ctx.Done():
			}
		}
		return nil
	}
	p := posted(t, room, func(o *presenter.MailOptions) { o.Every = time.Hour })
	p.listed(9)
	p.mail.Go(p.key("Archive"))
	p.news.until(func() bool { s := p.mail.State(); return s.List.Length == 300 && s.List.Busy })
	close(whole)
	p.listed(100_000)
}

// Typing on cancels what is searched for; only the last answer is shown.
func TestMailSearchIsCancelled(t *testing.T) {
	room := presentertest.NewMailroom(false, 0)
	began, given := make(chan struct{}), make(chan struct{})
	var once sync.Once
	room.Before = func(ctx context.Context, what string) error {
		if strings.Contains(what, `"A"`) {
			once.Do(func() { close(began) })
			<-ctx.Done() // it would never end by itself
			close(given)
			return ctx.Err()
		}
		return nil
	}
	p := posted(t, room, func(o *presenter.MailOptions) { o.Every = time.Hour })
	p.listed(9)
	p.mail.Search("A")
	<-began
	p.mail.Search("A-204")
	<-given
	p.listed(1)
	if p.mail.State().Query != "A-204" {
		t.Errorf("shown is %q", p.mail.State().Query)
	}
	p.mail.Search("nothing like it")
	p.listed(0)
	if s := p.mail.State(); !strings.HasPrefix(s.List.Say, "Nothing is found") {
		t.Errorf("it says %q", s.List.Say)
	}
	p.mail.Search("")
	p.listed(9)
}

// A slow answer to what was asked before does not replace what was asked since.
func TestMailDropsStaleAnswers(t *testing.T) {
	room := presentertest.NewMailroom(false, 10)
	slow, wait := make(chan struct{}), make(chan struct{})
	room.Before = func(_ context.Context, what string) error {
		if what == "show m0" {
			close(slow)
			<-wait // whatever its context says
		}
		return nil
	}
	p := posted(t, room, func(o *presenter.MailOptions) { o.Every = time.Hour })
	p.listed(9)
	p.mail.Select([]int{0}, 0)
	<-slow
	p.mail.Select([]int{1}, 1)
	close(wait)
	p.news.until(func() bool { s := p.mail.State(); return s.Message != nil && !s.Reading })
	if got := p.mail.State().Message.ID; got != "m1" {
		t.Errorf("shown is %s", got)
	}
}

// What is selected stays selected when mail comes and the rows move.
func TestMailSelectionSurvivesNewMail(t *testing.T) {
	room := presentertest.NewMailroom(false, 0)
	p := posted(t, room, nil)
	p.listed(9)
	p.mail.Select([]int{2, 3}, 3)
	if s := p.mail.State(); s.ReadSay != "2 messages are selected." || s.Selected != 2 {
		t.Errorf("it says %q", s.ReadSay)
	}
	before := p.mail.State().List.PickVersion
	room.Add("Just arrived")
	p.listed(10)
	s := p.mail.State()
	if !slices.Equal(s.List.Selected, []int{3, 4}) || s.List.Row != 4 || s.List.PickVersion == before {
		t.Errorf("selected are %v, at %d", s.List.Selected, s.List.Row)
	}
	p.news.until(func() bool { return p.mail.Row(0).Subject == "Just arrived" })
}

// Other people's mail is locked until there is a reason.
func TestMailIsLocked(t *testing.T) {
	room := presentertest.NewMailroom(false, 0)
	mine := ""
	p := posted(t, room, func(o *presenter.MailOptions) {
		o.Mine = func(_ context.Context, address string) error { mine = address; return nil }
	})
	p.listed(9)
	p.mail.Go(p.key("All (40)"))
	p.mail.Go(p.key("tanaka@"))
	p.news.until(func() bool { return p.mail.State().Lock != nil })
	if l := p.mail.State().Lock; l.Title != "tanaka’s mail is locked while all is well." || !l.Mine || l.Address != presentertest.Other {
		t.Errorf("it says %+v", l)
	}
	if err := p.mail.Mine(t.Context(), p.news.changed); err != nil || mine != presentertest.Other {
		t.Errorf("%q is mine: %v", mine, err)
	}
	if err := p.mail.Unlock(t.Context(), "illness cover", p.news.changed); err != nil {
		t.Fatal(err)
	}
	p.news.until(func() bool { s := p.mail.State(); return s.Lock == nil && !s.List.Busy })
	if s := p.mail.State(); s.List.Problem != "" || !slices.Contains(room.Asked(), "unlock "+presentertest.Other) {
		t.Errorf("after the reason: %+v", s.List)
	}
}

// A mirror that cannot be opened is a sentence, and is tried again.
func TestMailThatCannotBeOpened(t *testing.T) {
	room := presentertest.NewMailroom(false, 0)
	tries := 0
	p := posted(t, room, func(o *presenter.MailOptions) {
		o.Open = func(context.Context) (engine.MailSource, error) {
			if tries++; tries < 3 {
				return nil, failover.Fail(failover.ErrInvalid, "Nothing was mirrored yet: lifeboat mirror begins.").Because(errors.New("no such file"))
			}
			return room, nil
		}
	})
	p.news.until(func() bool { return p.mail.State().List.Problem != "" || p.mail.State().List.Length > 0 })
	p.listed(9)
	p.stop()
	if !room.Closed() {
		t.Error("the mail was not given back")
	}
}

// Another server is looked at, and left again, without anything of the mirror in between.
func TestMailOfAnotherServer(t *testing.T) {
	room, other := presentertest.NewMailroom(false, 0), presentertest.NewMailroom(false, 5)
	other.Add("At Fastmail")
	p := posted(t, room, func(o *presenter.MailOptions) {
		o.Browse = func(_ context.Context, s presenter.MailServer) (engine.MailSource, error) {
			if s.CAFile != "own.pem" {
				t.Errorf("the certificates are %q", s.CAFile)
			}
			if s.Password != "right" {
				return nil, mailstore.Fail(mailstore.ErrServer, "The server refused the sign-in.")
			}
			return other, nil
		}
	})
	p.listed(9)
	for _, typed := range [][3]string{{"", "u", "p"}, {"imap.example.jp:none", "u", "p"}, {"imap.example.jp", "", ""}} {
		if _, err := presenter.ServerOf(typed[0], typed[1], typed[2], ""); err == nil {
			t.Errorf("%q is taken", typed)
		}
	}
	server, err := presenter.ServerOf("imap.example.jp:1993", "u", "wrong", " own.pem ")
	if err != nil || server.Port != 1993 || server.CAFile != "own.pem" {
		t.Fatalf("%+v: %v", server, err)
	}
	if err := p.mail.Browse(t.Context(), server, p.news.changed); !errors.Is(err, mailstore.ErrServer) {
		t.Errorf("a wrong password: %v", err)
	}
	server.Password = "right"
	if err := p.mail.Browse(t.Context(), server, p.news.changed); err != nil {
		t.Fatal(err)
	}
	p.listed(10)
	if s := p.mail.State(); s.Banner.Title != "Live at imap.example.jp" || s.Banner.Text != "Nothing is stored here." || !s.Browsing || s.Updates {
		t.Errorf("the banner says %+v", s.Banner)
	}
	p.mail.Leave(p.news.changed)
	p.listed(9)
	if !other.Closed() || room.Closed() || p.mail.State().Browsing {
		t.Error("the other server's mail was not given back, or the mirror's was")
	}
}

// Everything is told in the other language at once.
func TestMailSpeaks(t *testing.T) {
	room := presentertest.NewMailroom(true, 0)
	p := posted(t, room, nil)
	p.listed(9)
	p.mail.Select([]int{0}, 0)
	p.news.until(func() bool { s := p.mail.State(); return s.Message != nil && !s.Reading })
	p.mail.Speak(tongue(t, i18n.Japanese))
	p.news.until(func() bool {
		s := p.mail.State()
		return s.Message != nil && s.Message.FilesSay == "添付2件、300 KB"
	})
	s := p.mail.State()
	if s.Banner.Title != "ミラー（2分前）を表示中" || s.Folders[1].Name != "受信トレイ" || s.Message.To != "宛先 佐藤 大輔、Cc 営業部" {
		t.Errorf("%q, %q, %q", s.Banner.Title, s.Folders[1].Name, s.Message.To)
	}
}

// Mail that comes while somebody reads further down moves nothing under their eyes.
func TestMailStaysWhereItIsRead(t *testing.T) {
	room := presentertest.NewMailroom(false, 0)
	p := posted(t, room, nil)
	p.listed(9)
	p.mail.Seen(4, 9)
	room.Add("Just arrived")
	room.Add("And another one")
	p.listed(11)
	if got := p.mail.State().List.Shift; got != 2 {
		t.Errorf("what is seen moved by %d rows", got)
	}
	p.mail.SelectNext(1)
	if s := p.mail.State(); s.List.Row != 0 || s.List.Reveal == 0 {
		t.Errorf("the next one is %d", s.List.Row)
	}
}

// What a search does not find is no longer selected, and nothing is exported in its name.
func TestMailSelectionEndsWithTheList(t *testing.T) {
	p := posted(t, presentertest.NewMailroom(false, 0), nil)
	p.listed(9)
	p.mail.Select([]int{1, 4}, 4)
	p.mail.Search("nothing has this in it")
	p.news.until(func() bool { s := p.mail.State(); return !s.List.Busy && s.List.Length == 0 })
	if s := p.mail.State(); s.Selected != 0 || len(s.List.Selected) != 0 {
		t.Errorf("%d are selected in an empty list", s.Selected)
	}
}

// Pressing "Update now" while it updates begins nothing new, and says that it goes on.
func TestMailIsUpdatedOnceAtATime(t *testing.T) {
	hold, begun := make(chan struct{}), make(chan struct{}, 4)
	p := posted(t, presentertest.NewMailroom(false, 0), func(o *presenter.MailOptions) {
		o.Update = func(context.Context) error { begun <- struct{}{}; <-hold; return nil }
	})
	var wg sync.WaitGroup
	wg.Go(func() { p.mail.Refresh(t.Context(), func() {}) })
	<-begun
	for range 2 {
		p.mail.Refresh(t.Context(), func() {})
		if !p.mail.State().Banner.Working {
			t.Error("it says that nothing goes on")
		}
	}
	close(hold)
	wg.Wait()
	if len(begun) > 0 || p.mail.State().Banner.Working {
		t.Errorf("%d more updates were begun", len(begun))
	}
}
