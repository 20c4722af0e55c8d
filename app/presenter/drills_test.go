package presenter_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"lifeboat/app/i18n"
	"lifeboat/app/presenter"
	"lifeboat/app/presenter/presentertest"
	"lifeboat/failover"
	"lifeboat/failover/detect"
	"lifeboat/failover/drill"
	"lifeboat/failover/lab"
)

const usualScenario = "ex196121-2019-11-19"

// drills are drills over an archive in memory, and a stage whose script stands still
// until it is ended.
func drills(t *testing.T, l i18n.Language, archive *presentertest.Archive, script *presentertest.Script) *presenter.Drills {
	t.Helper()
	if script.Wakes == nil {
		script.Wakes = make(chan struct{})
	}
	p := presenter.NewDrills(tongue(t, l), presenter.DrillsOptions{
		Scenarios: []drill.Scenario{presentertest.Scenario(t, "451-4-3-2-2026-01-22"), presentertest.Scenario(t, usualScenario)},
		Archive:   archive, Now: presentertest.Now, Facilitator: "sato@desk", First: usualScenario,
		People: []drill.Participant{{Name: "Sato", Role: "decides"}},
		Stage: func(context.Context, presenter.Setup) (*presenter.Stage, error) {
			return &presenter.Stage{
				Script: script, Close: func() {}, Events: func(int) (<-chan lab.Event, func()) { return nil, func() {} },
				Run: func(context.Context) (drill.Result, error) { <-script.Wakes; return presentertest.Result(t), nil },
			}, nil
		},
		Table: func(s presenter.Setup) (*drill.Table, error) {
			return drill.NewTable(drill.TableOptions{Scenario: s.Scenario, Participants: s.Participants, Domain: "aoba.example", Now: presentertest.Now})
		},
		Write: func(r drill.Result, _ *i18n.Tongue, _ []drill.Point, format string) ([]byte, error) {
			return []byte(r.ID + " as " + format), nil
		},
	})
	p.Read()
	return p
}

// The list offers first what was never held, and says of the rest how it went.
func TestDrillsList(t *testing.T) {
	for _, l := range i18n.Languages() {
		fresh := drills(t, l, &presentertest.Archive{}, &presentertest.Script{}).State()
		if len(fresh.Scenarios) != 2 || fresh.Scenarios[0].Name != usualScenario || !fresh.Scenarios[0].Next || fresh.Scenarios[1].Next || fresh.People != "Sato" {
			t.Errorf("in the beginning: %+v", fresh)
		}
		old := presentertest.Result(t)
		old.Passed = false
		old.Checks[0].OK = false
		held := drills(t, l, &presentertest.Archive{Results: []drill.Result{old}}, &presentertest.Script{}).State()
		if held.Scenarios[0].Name == usualScenario || held.Scenarios[1].Light != presenter.LightCare || len(held.Held) != 1 || held.Held[0].Light != presenter.LightCare {
			t.Errorf("after one that failed: %+v", held)
		}
		if !strings.Contains(held.Held[0].Says, "1") {
			t.Errorf("the row says %q", held.Held[0].Says)
		}
	}
}

// A drill is held to its end, kept, and its report shown; while it goes on nothing
// else begins.
func TestDrillFromBeginningToReport(t *testing.T) {
	archive, script := &presentertest.Archive{Points: presentertest.Points(t)}, &presentertest.Script{Shot: presentertest.Snapshot(t, presentertest.Domain())}
	p, n := drills(t, i18n.English, archive, script), &news{ch: make(chan struct{}, 1)}
	p.SetPeople("Sato, Tanaka、 Suzuki ,")
	go p.Play(t.Context(), usualScenario, false, n.changed)
	n.until(func() bool { return p.Page() == presenter.DrillsLive })
	p.Play(t.Context(), usualScenario, false, n.changed) // does nothing
	live := p.Live()
	s := live.State()
	if s.Clock != "1:06" || s.Notice != "" || !s.Running || s.Decide == nil || len(s.Measures) == 0 || s.Follow != "Every sender follows in 1:48" {
		t.Errorf("while it is lived through: %+v", s)
	}
	if !p.Held() {
		t.Error("it is not held")
	}
	live.Decide(drill.Failback)
	live.Note("The telephone list is old", false)
	if len(script.Moves) != 1 || script.Moves[0] != drill.Failback || len(script.Notes) != 1 {
		t.Errorf("the script got %v and %v", script.Moves, script.Notes)
	}
	live.End()
	n.until(func() bool { return p.Page() == presenter.DrillsReport })
	if len(archive.Results) != 1 || p.Held() {
		t.Errorf("%d results are kept", len(archive.Results))
	}
	r := p.Report().State()
	if r.Light != presenter.LightHealthy || r.Verdict != "Passed." || len(r.Checks) != 3 || r.Ledger == nil || len(r.Values) != 5 || len(r.Actions) != 2 {
		t.Errorf("the report: %+v", r)
	}
	p.Back()
	if p.Page() != presenter.DrillsList || p.State().Scenarios[1].Name != usualScenario {
		t.Error("the list does not know of it")
	}
}

// TestDrillAdvice holds the filled button of an attended drill to what detection
// says.
func TestDrillAdvice(t *testing.T) {
	d := presentertest.Domain()
	base := func(story presentertest.Story, to failover.Role) drill.Snapshot {
		s := presentertest.Snapshot(t, d)
		s.State, s.Picture.DNS.PointsTo, s.Moves = presentertest.State(t, d, story), to, nil
		return s
	}
	refusedOnce := base(presentertest.Resets, failover.Primary)
	refusedOnce.Moves = []drill.Decision{{Move: drill.Failover, Refused: failover.Say("the DNS host does not answer")}}
	quiet := base(presentertest.Calm, failover.Primary)
	quiet.State = detect.State{}
	for name, c := range map[string]struct {
		shot drill.Snapshot
		want drill.Move
		says string
	}{
		"resets":           {base(presentertest.Resets, failover.Primary), drill.Failover, "takes no mail"},
		"refused":          {refusedOnce, drill.Announce, "takes no mail"},
		"calm":             {base(presentertest.Calm, failover.Primary), "", "in order"},
		"nothing seen yet": {quiet, "", "looking"},
		"sending":          {base(fails(30, reset, failover.Primary, detect.Submission), failover.Primary), drill.SendOnly, "Sending only"},
		"own line":         {base(lineDown, failover.Primary), "", "own line is down"},
		"home again":       {base(presentertest.Calm, failover.Secondary), drill.Failback, "in order"},
		"still down":       {base(presentertest.Resets, failover.Secondary), "", "takes no mail"},
		"own records": {base(func(t detect.Target, before int) presentertest.Look {
			if t.Service == detect.Records && before < 20 {
				return wrong
			}
			return presentertest.Look{}
		}, failover.Primary), drill.Repair, "other records"},
	} {
		t.Run(name, func(t *testing.T) {
			live := presenter.NewDrill(tongue(t, i18n.English), &presenter.Stage{Script: &presentertest.Script{Shot: c.shot}}, presenter.DrillOptions{})
			s := live.State().Decide
			if s == nil || !strings.Contains(s.Says, c.says) {
				t.Fatalf("it says %+v", s)
			}
			filled := drill.Move("")
			for _, m := range s.Moves {
				if m.Filled && filled != "" {
					t.Errorf("two are filled: %+v", s.Moves)
				}
				if m.Filled {
					filled = m.Move
				}
			}
			if filled != c.want {
				t.Errorf("%q is filled, not %q", filled, c.want)
			}
		})
	}
}

// Compressed time is never called a recovery time.
func TestCompressedTimeIsSaidToBe(t *testing.T) {
	shot := presentertest.Snapshot(t, presentertest.Domain())
	shot.Factor = 60
	for i := range shot.Measures {
		shot.Measures[i].Met = nil
	}
	live := presenter.NewDrill(tongue(t, i18n.English), &presenter.Stage{Script: &presentertest.Script{Shot: shot}}, presenter.DrillOptions{Setup: presenter.Setup{Unattended: true}})
	s := live.State()
	if !strings.Contains(s.Notice, "60") || s.Decide != nil {
		t.Errorf("it says %q", s.Notice)
	}
	for _, m := range s.Measures {
		if m.Goal != "" && m.Light == presenter.LightHealthy {
			t.Errorf("a goal counts as met: %+v", m)
		}
	}
}

func TestReportTakesActionsDown(t *testing.T) {
	archive := &presentertest.Archive{Results: []drill.Result{presentertest.Result(t)}}
	p := drills(t, i18n.English, archive, &presentertest.Script{})
	p.Open(archive.Results[0].ID)
	r := p.Report()
	if wrong := r.AddAction("  ", "Sato", ""); wrong == "" {
		t.Error("an action that says nothing is taken down")
	}
	if wrong := r.AddAction("Call them", "Sato", "next week"); !strings.Contains(wrong, "2026-12-05") {
		t.Errorf("a date that is none: %q", wrong)
	}
	if wrong := r.AddAction(" Call them ", "Sato", "2026-12-24"); wrong != "" || len(archive.Results[0].Actions) != 3 {
		t.Errorf("%q, and kept is %+v", wrong, archive.Results[0].Actions)
	}
	data, name, err := r.Write("html")
	if err != nil || name != archive.Results[0].ID+".html" || !strings.HasSuffix(string(data), "as html") {
		t.Errorf("%q %s %v", data, name, err)
	}
	archive.Refuse = failover.Fail(failover.ErrDisk, "the disk is full")
	r.Note("Tanaka", "The list is old", false)
	if s := r.State(); s.Problem != "The disk is full." || len(s.Notes) != 1 {
		t.Errorf("a full disk: %+v", s)
	}
	r.Wrote("/somewhere/report.html", nil)
	if s := r.State(); s.Saved != "Saved as /somewhere/report.html" || s.Problem != "" {
		t.Errorf("after it was saved: %+v", s)
	}
}

// A drill that cannot begin, and one that is not there, are said in a sentence.
func TestDrillsThatFail(t *testing.T) {
	p := presenter.NewDrills(tongue(t, i18n.English), presenter.DrillsOptions{
		Scenarios: []drill.Scenario{presentertest.Scenario(t, usualScenario)}, Archive: &presentertest.Archive{}, Now: presentertest.Now,
		Stage: func(context.Context, presenter.Setup) (*presenter.Stage, error) { return nil, errors.New("no port") },
		Table: func(presenter.Setup) (*drill.Table, error) { return nil, errors.New("no table") },
	})
	p.Play(t.Context(), usualScenario, true, func() {})
	if s := p.State(); s.Problem != "No port." || s.Page != presenter.DrillsList || s.Starting {
		t.Errorf("%+v", s)
	}
	p.Talk(usualScenario)
	if s := p.State(); s.Problem != "No table." {
		t.Errorf("it says %q", s.Problem)
	}
	p.Open("nothing")
	if s := p.State(); s.Problem != "No drill has been held yet." {
		t.Errorf("it says %q", s.Problem)
	}
}

// TestTable leads through a tabletop: injects by the clock, decisions with a name,
// questions at the end, and a record of all of it.
func TestTable(t *testing.T) {
	for _, l := range i18n.Languages() {
		t.Run(string(l), func(t *testing.T) {
			archive := &presentertest.Archive{}
			now := presentertest.Noon
			sc := presentertest.Scenario(t, usualScenario)
			p := presenter.NewDrills(tongue(t, l), presenter.DrillsOptions{
				Scenarios: []drill.Scenario{sc}, Archive: archive, Now: func() time.Time { return now }, People: []drill.Participant{{Name: "Sato"}},
				Table: func(s presenter.Setup) (*drill.Table, error) {
					return drill.NewTable(drill.TableOptions{Scenario: s.Scenario, Participants: s.Participants, Domain: "aoba.example", Now: func() time.Time { return now }})
				},
			})
			p.Talk(usualScenario)
			table := p.Table()
			if s := table.State(); s.Begun || s.Says != "" || len(s.Ahead) != 3 {
				t.Errorf("before it begins: %+v", s)
			}
			table.Start()
			s, seen := table.State(), table.Audience()
			if s.From == "" || len(s.Expect) != 2 || s.Count == "" || s.Next == "" || seen.Says != s.Says || seen.From != s.From {
				t.Errorf("the first inject: %+v, seen as %+v", s, seen)
			}
			table.Decide(drill.Stay, "Sato", "too little is known")
			table.Note("Tanaka", "  ")
			table.Note("Tanaka", "I called the provider")
			if s = table.State(); len(s.Past) != 3 || !strings.Contains(s.Past[1].Text, "Sato") {
				t.Errorf("written down is %+v", s.Past)
			}
			table.Pause()
			if !table.State().Paused {
				t.Error("it does not pause")
			}
			table.Pause()
			for !table.State().Last {
				table.Next()
			}
			p.EndTalk()
			if s = table.State(); !s.Ended || len(s.Asks) != len(sc.Questions) || p.Page() != presenter.DrillsTable || len(archive.Results) != 1 {
				t.Fatalf("at the end: %+v", s)
			}
			for i := range s.Asks {
				table.Answer(i, "answered")
			}
			if wrong := table.AddAction("Write the list", "Sato", "2026-12-01"); wrong != "" {
				t.Error(wrong)
			}
			p.CloseTalk()
			r := archive.Results[0]
			if p.Page() != presenter.DrillsReport || len(archive.Results) != 1 || len(r.Answers) != len(sc.Questions) || len(r.Actions) != 1 || len(r.Moves) != 1 {
				t.Errorf("the record: %+v", r)
			}
			if state := p.Report().State(); len(state.Asks) != len(sc.Questions) || state.Ledger != nil || len(state.Values) != 0 {
				t.Errorf("the report: %+v", state)
			}
		})
	}
}

// Home tells of the last measured drill; one with compressed time is no figure beside
// others.
func TestHomeTellsOfTheLastDrill(t *testing.T) {
	p := drills(t, i18n.English, &presentertest.Archive{}, &presentertest.Script{})
	if p.LastDrill() != nil {
		t.Error("there was none")
	}
	points := presentertest.Points(t)
	points[1].Factor = 60
	p = drills(t, i18n.English, &presentertest.Archive{Results: []drill.Result{presentertest.Result(t)}, Points: points}, &presentertest.Script{})
	c := p.LastDrill()
	if c == nil || len(c.Values) != 4 || c.To != "53 s" || c.Line != "First mail after 53 s. Lost 0, doubled 0." {
		t.Errorf("%+v", c)
	}
}

// A rehearsal in the real zone has no button: its row says how it is begun.
func TestLiveRehearsalSaysHowToBegin(t *testing.T) {
	for _, l := range i18n.Languages() {
		s := presenter.NewDrills(tongue(t, l), presenter.DrillsOptions{
			Scenarios: []drill.Scenario{presentertest.Scenario(t, "live-rehearsal")}, Archive: &presentertest.Archive{}, Now: presentertest.Now,
		}).State()
		if row := s.Scenarios[0]; row.Plays || row.Talks || !strings.Contains(row.Facts, "lifeboat drill run live-rehearsal") {
			t.Errorf("%+v", row)
		}
	}
}
