package engine_test

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/failover"
	"lifeboat/failover/lab"
	"lifeboat/failover/relay"
)

// practised is a practice world with an office at work in it.
func practised(t *testing.T, l i18n.Language, world lab.Options) *engine.Practice {
	t.Helper()
	p, err := engine.OpenPracticeIn(t.Context(), world, l, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return p
}

// In practice there is mail to read, in the language chosen, and it is mirrored as in
// life: threads, attachments, an invitation, a delivery report.
func TestPracticeHasMail(t *testing.T) {
	t.Parallel()
	for l, word := range map[i18n.Language]string{i18n.English: "price list", i18n.Japanese: "価格表"} {
		t.Run(string(l), func(t *testing.T) {
			t.Parallel()
			p := practised(t, l, lab.Options{TTL: 5, Interval: -1})
			until(t, "the mirror is complete", func() bool {
				st := p.Engine.MirrorStatus(t.Context())
				if st.State == engine.BrokenMirror || st.State == engine.LockedMirror {
					t.Fatalf("a mirror that is being made is told as %s: %v", st.State, st.Say)
				}
				described := func(a engine.AccountStatus) bool { return a.Undescribed == 0 }
				return st.State == engine.ReadyMirror && !st.Complete.IsZero() && all(st.Accounts, described)
			})
			m, err := p.Engine.OpenMail(t.Context(), engine.ReadAs{})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = m.Close() }()
			folders, err := m.Folders(t.Context(), "hanako.sato@example.test", false)
			if err != nil || len(folders) < 4 {
				t.Fatalf("%+v, %v", folders, err)
			}
			page, err := m.List(t.Context(), engine.MailSelection{Limit: 200})
			if err != nil || len(page.Messages) < 24 || page.Next != "" {
				t.Fatalf("%d messages, %v", len(page.Messages), err)
			}
			senders, unread, attached := map[string]bool{}, 0, 0
			for _, line := range page.Messages {
				senders[line.From[0]] = true
				if line.Unread {
					unread++
				}
				attached += line.Attachments
				shown, err := m.Show(t.Context(), line.ID)
				if err != nil || shown.Text == "" || strings.Contains(shown.Text, "{date of") {
					t.Errorf("%s: %q, %v", line.Subject, shown.Text, err)
				}
				if strings.Contains(line.Subject, "{") || line.Date.After(p.World.Now()) {
					t.Errorf("%+v", line)
				}
			}
			if len(senders) < 14 || unread < 5 || attached < 6 {
				t.Errorf("%d senders, %d unread, %d attachments", len(senders), unread, attached)
			}
			found, err := m.Search(t.Context(), word, engine.MailSelection{})
			if err != nil || len(found.Messages) == 0 {
				t.Errorf("%q is not found: %v", word, err)
			}
		})
	}
}

// What the staff write goes through the office's own send route: it waits there while
// the primary is broken, is counted, and leaves when it is mended.
func TestPracticeSendsThroughTheRelay(t *testing.T) {
	t.Parallel()
	p := practised(t, i18n.English, lab.Options{TTL: 5, Interval: -1})
	const anna, ben, customer = "hanako.sato@example.test", "taro.tanaka@example.test", "aoi.mori@customers.test"
	if err := p.World.Break(failover.Primary, lab.Defer); err != nil {
		t.Fatal(err)
	}
	var desk engine.Desk
	until(t, "the desk is open", func() (ok bool) {
		var err error
		desk, err = p.Engine.Desk(t.Context())
		if err != nil || !desk.Running() {
			return false
		}
		_, err = desk.Queue(t.Context(), relay.Filter{}, 1)
		return err == nil
	})
	waiting := func(n int) func() bool {
		return func() bool {
			l, err := desk.Queue(t.Context(), relay.Filter{}, 0)
			return err == nil && l.Total == n
		}
	}
	sent, err := p.Engine.SendMail(t.Context(), desk, engine.MailToSend{From: anna, To: []string{customer}, Subject: "hello", Text: "Hello."})
	if err != nil || sent.Copy == engine.CopyNone {
		t.Fatalf("%+v, %v", sent, err)
	}
	until(t, "the composed message waits", waiting(1))
	for range 3 {
		if _, err := p.World.WriteAs(ben, customer); err != nil {
			t.Fatal(err)
		}
	}
	until(t, "what the staff write waits, too", waiting(4))
	until(t, "the pile-up is filed", func() bool {
		samples, err := desk.Samples(t.Context(), time.Time{}, time.Time{}, 100)
		return err == nil && len(samples) > 0 && samples[len(samples)-1].Waiting == 4
	})
	p.World.Mend(failover.Primary)
	until(t, "the queue drains", waiting(0))
	until(t, "all is counted", func() bool { return p.World.Totals().Outbound.Delivered == 3 && p.World.Totals().Lost == 0 })
	until(t, "the customer has it", func() bool { return len(p.World.OutsideMailbox(customer)) == 4 })
}

// all reports whether it is so of each.
func all[T any](of []T, is func(T) bool) bool {
	return !slices.ContainsFunc(of, func(v T) bool { return !is(v) })
}
