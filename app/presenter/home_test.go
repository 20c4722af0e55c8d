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
)

func tongue(t *testing.T, l i18n.Language) *i18n.Tongue {
	t.Helper()
	tongue, err := i18n.New(l)
	if err != nil {
		t.Fatal(err)
	}
	return tongue
}

// lookout answers every look with the same status.
type lookout struct {
	status  engine.Status
	err     error
	checked chan engine.CheckRequest
}

func (l lookout) Status(context.Context, []string) (engine.Status, error) { return l.status, l.err }

func (l lookout) Check(_ context.Context, req engine.CheckRequest) (engine.CheckReport, error) {
	if l.checked != nil {
		l.checked <- req
	}
	return engine.CheckReport{}, nil
}

// a case is what Home is shown.
type scene struct {
	set    failover.RRset
	story  presentertest.Story // nil: detection has not spoken
	change func(*engine.DomainStatus)
	open   *engine.RunSummary
	domain func(*failover.Domain)
}

// home shows a scene to Home.
func home(t *testing.T, l i18n.Language, sc scene) presenter.HomeState {
	t.Helper()
	d := presentertest.Domain()
	if sc.domain != nil {
		sc.domain(&d)
	}
	if sc.set.Type == "" {
		sc.set = presentertest.Set(d, failover.Primary)
	}
	st := presentertest.Status(d, sc.set)
	if sc.change != nil {
		sc.change(&st)
	}
	look := lookout{status: engine.Status{At: presentertest.Noon, Domains: []engine.DomainStatus{st}, Open: sc.open}}
	h := presenter.NewHome(tongue(t, l), look, presenter.HomeOptions{Domains: []failover.Domain{d}, Now: presentertest.Now, Every: time.Minute})
	h.Look(t.Context())
	if sc.story != nil {
		h.Saw(d.Name, presentertest.State(t, d, sc.story))
	}
	return h.State()
}

// buttons are all buttons that Home shows.
func buttons(s presenter.HomeState) []presenter.Button {
	var all []presenter.Button
	if s.Trouble != nil {
		all = append(all, s.Trouble.Option.Buttons...)
	}
	if s.Next != nil {
		all = append(all, s.Next.Buttons...)
	}
	return all
}

// fails makes a story in which some targets answer in one way for a while.
func fails(looks int, how presentertest.Look, r failover.Role, services ...detect.Service) presentertest.Story {
	return func(t detect.Target, before int) presentertest.Look {
		if before < looks && presentertest.Of(t, r, services...) {
			return how
		}
		return presentertest.Look{}
	}
}

// both plays two stories at once.
func both(a, b presentertest.Story) presentertest.Story {
	return func(t detect.Target, before int) presentertest.Look {
		if l := a(t, before); l.Met != "" {
			return l
		}
		return b(t, before)
	}
}

var (
	reset   = presentertest.Look{At: detect.AtTCP, Met: detect.Reset}
	defers  = presentertest.Look{At: detect.AtRCPT, Met: detect.Temporary, Answer: "451 4.3.2 temporary server error"}
	noEntry = presentertest.Look{At: detect.AtSignIn, Met: detect.Temporary, Answer: "454 4.7.0 Temporary authentication failure"}
	gone    = presentertest.Look{At: detect.AtTCP, Met: detect.Timeout}
	wrong   = presentertest.Look{At: detect.AtResolve, Met: detect.Permanent, Answer: "10 mx.evil.example."}
)

func lineDown(_ detect.Target, before int) presentertest.Look {
	if before < 10 {
		return gone
	}
	return presentertest.Look{}
}

// TestHome holds each state that detection can find to its headline, its light,
// whom it blames, and the one button that matters.
func TestHome(t *testing.T) {
	d := presentertest.Domain()
	atSecondary := presentertest.Set(d, failover.Secondary)
	for _, c := range []struct {
		name  string
		scene scene
		light presenter.Light
		en    string // in the headline
		ja    string
		lead  string           // in the English lead
		press presenter.Action // the filled button; empty is none
		other presenter.Action // a button that is there besides
	}{
		{name: "calm", scene: scene{story: presentertest.Calm}, light: presenter.LightHealthy,
			en: "Mail is flowing through Microsoft 365.", ja: "メールは Microsoft 365 に正常に届いています。", lead: "about 7 min", press: presenter.DoDrill},
		{name: "not looked at", scene: scene{}, light: presenter.LightWorking, en: "Looking at your mail", ja: "確認しています"},
		{name: "resets", scene: scene{story: presentertest.Resets}, light: presenter.LightDown,
			en: "Microsoft 365 is not taking mail from outside.", ja: "Microsoft 365 が外からのメールを受け取っていません。", lead: "fault of Microsoft 365", press: presenter.DoSwitch, other: presenter.DoWait},
		{name: "451", scene: scene{story: fails(30, defers, failover.Primary, detect.MX)}, light: presenter.LightDown,
			en: "is not taking mail", ja: "受け取っていません", lead: "451 4.3.2", press: presenter.DoSwitch, other: presenter.DoWait},
		{name: "first failures", scene: scene{story: fails(3, reset, failover.Primary, detect.MX)}, light: presenter.LightCare,
			en: "Something may be wrong at Microsoft 365.", ja: "Microsoft 365 に問題があるかもしれません。", lead: "It takes a few more", other: presenter.DoCheck},
		{name: "sign-in only", scene: scene{story: fails(30, noEntry, failover.Primary, detect.Submission, detect.IMAP)}, light: presenter.LightCare,
			en: "Sign-in only", ja: "サインインだけ", lead: "fault of Microsoft 365", other: presenter.DoSwitch},
		{name: "sending only", scene: scene{story: fails(30, reset, failover.Primary, detect.Submission)}, light: presenter.LightCare,
			en: "Sending only", ja: "送信だけ", other: presenter.DoCheck},
		{name: "both down", scene: scene{story: both(fails(30, reset, failover.Primary, detect.MX), fails(30, reset, failover.Secondary, detect.MX))}, light: presenter.LightDown,
			en: "Neither Microsoft 365 nor Fastmail takes mail.", ja: "どちらも", other: presenter.DoCheck},
		{name: "own line", scene: scene{story: lineDown}, light: presenter.LightUnknown,
			en: "Your own line is down.", ja: "自分の回線が切れています。", lead: "may well be flowing", other: presenter.DoCheck},
		{name: "wrong records", scene: scene{set: failover.NewRRset(d.Name, "MX", 300, "10 mx.evil.example."), story: presentertest.Calm}, light: presenter.LightDown,
			en: "The MX records of aoba.example are wrong.", ja: "aoba.example の MX レコードが誤っています。", lead: "providers are not at fault", press: presenter.DoRepair},
		{name: "wrong records at the servers", scene: scene{story: both(func(t detect.Target, before int) presentertest.Look {
			if t.Service == detect.Records && before < 20 {
				return wrong
			}
			return presentertest.Look{}
		}, presentertest.Calm)}, light: presenter.LightDown, en: "are wrong", ja: "誤っています", lead: "mx.evil.example", press: presenter.DoRepair},
		{name: "no records", scene: scene{set: failover.NewRRset(d.Name, "MX", 300), story: presentertest.Calm}, light: presenter.LightDown,
			en: "are wrong", ja: "誤っています", lead: "There are none", press: presenter.DoRepair},
		{name: "split", scene: scene{set: failover.NewRRset(d.Name, "MX", 300, "10 mx1.primary.example.", "10 mx1.secondary.example."), story: presentertest.Calm}, light: presenter.LightCare,
			en: "split between two providers", ja: "2つのプロバイダーに分かれています", press: presenter.DoRepair, other: presenter.DoSwitch},
		{name: "name servers down", scene: scene{story: func(t detect.Target, before int) presentertest.Look {
			if t.Service == detect.Records && before < 20 {
				return presentertest.Look{At: detect.AtTCP, Met: detect.Timeout}
			}
			return presentertest.Look{}
		}}, light: presenter.LightDown, en: "The name servers of aoba.example do not answer.", ja: "ネームサーバーが応答しません", other: presenter.DoCheck},
		{name: "switched", scene: scene{set: atSecondary, story: presentertest.Resets}, light: presenter.LightCare,
			en: "Mail goes to Fastmail now.", ja: "メールの届け先は Fastmail です。", lead: "when Microsoft 365 works again", other: presenter.DoReturn},
		{name: "switched, primary works", scene: scene{set: atSecondary, story: presentertest.Calm}, light: presenter.LightCare,
			en: "Microsoft 365 works again.", ja: "Microsoft 365 は復旧しました。", press: presenter.DoReturn},
		{name: "switched, secondary down", scene: scene{set: atSecondary, story: fails(30, reset, failover.Secondary, detect.MX)}, light: presenter.LightDown,
			en: "Fastmail takes none", ja: "Fastmail が受け取っていません", press: presenter.DoReturn},
		{name: "unfinished", scene: scene{story: presentertest.Resets, open: &engine.RunSummary{Kind: failover.Failover, Who: "sato@desk", Started: presentertest.Noon, Domains: []string{d.Name}}}, light: presenter.LightCare,
			en: "The switch to Fastmail is not finished.", ja: "終わっていません", lead: "sato@desk", press: presenter.DoGoOn, other: presenter.DoTakeBack},
		{name: "a gap", scene: scene{story: presentertest.Calm, change: func(s *engine.DomainStatus) {
			s.Ready.Allowed = false
			s.Ready.Blocking = []failover.Finding{{Check: "rcpt", Verdict: failover.Red, Say: failover.Say("{address} is unknown there", "address", "x@aoba.example"), At: presentertest.Noon}}
		}}, light: presenter.LightCare, en: "Mail is flowing", ja: "正常に届いています", lead: "would not be safe", press: presenter.DoCheck},
		{name: "never tried", scene: scene{story: presentertest.Calm, change: func(s *engine.DomainStatus) { s.Ready.Allowed = false }}, light: presenter.LightHealthy,
			en: "Mail is flowing", ja: "正常に届いています", lead: "has not been tried", press: presenter.DoCheck},
		{name: "no secondary", scene: scene{story: presentertest.Calm, domain: func(d *failover.Domain) { d.Secondary = failover.Provider{} }}, light: presenter.LightCare,
			en: "Mail is flowing", ja: "正常に届いています", lead: "nowhere to switch to", press: presenter.DoSetUp},
		{name: "no secondary, down", scene: scene{story: presentertest.Resets, domain: func(d *failover.Domain) { d.Secondary = failover.Provider{} }}, light: presenter.LightDown,
			en: "is not taking mail", ja: "受け取っていません", other: presenter.DoCheck},
	} {
		t.Run(c.name, func(t *testing.T) {
			en, ja := home(t, i18n.English, c.scene), home(t, i18n.Japanese, c.scene)
			if en.Light != c.light {
				t.Errorf("the light is %s, not %s", en.Light, c.light)
			}
			if !strings.Contains(en.Headline, c.en) || !strings.Contains(ja.Headline, c.ja) {
				t.Errorf("the headline is %q, %q", en.Headline, ja.Headline)
			}
			if !strings.Contains(en.Lead, c.lead) {
				t.Errorf("the lead is %q", en.Lead)
			}
			if c.light != presenter.LightHealthy && c.light != presenter.LightWorking && en.Lead == "" {
				t.Error("nothing follows the headline")
			}
			holdButtons(t, en, c.press, c.other)
		})
	}
}

// holdButtons expects one filled button at most, the wanted one, and another one.
func holdButtons(t *testing.T, s presenter.HomeState, press, other presenter.Action) {
	t.Helper()
	filled, there := presenter.NoAction, other == presenter.NoAction
	for _, b := range buttons(s) {
		if b.Filled && filled != presenter.NoAction {
			t.Errorf("two filled buttons: %+v", buttons(s))
		}
		if b.Filled {
			filled = b.Do
		}
		there = there || b.Do == other
	}
	if filled != press || !there {
		t.Errorf("the filled button is %q, not %q; %q is there: %v", filled, press, other, there)
	}
}
