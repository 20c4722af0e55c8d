package drill_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"gopkg.in/yaml.v3"

	"lifeboat/assets"
	"lifeboat/failover"
	"lifeboat/failover/drill"
)

// The scenarios that everybody has. A new one is added here, with the place where
// it is told of.
func TestBuiltin(t *testing.T) {
	var names []string
	for _, s := range builtin(t) {
		names = append(names, s.Name)
	}
	want := []string{
		"451-4-3-2-2026-01-22", "dns-host-unreachable", "ex196121-2019-11-19", "ex957990-2024-12", "failback-too-early",
		"live-rehearsal", "own-dns-mistake", "remote-delayed-400-4-4-7", "secondary-fails-after-switch", "sign-in-2018-11-19",
	}
	if !slices.Equal(names, want) {
		t.Errorf("scenarios %q", names)
	}
}

// Each can be played and talked through, at the speed of life, and each has enough
// for an hour around a table.
func TestBuiltinAreWhole(t *testing.T) {
	for _, s := range builtin(t) {
		if slices.Equal(s.Kinds, []drill.Kind{drill.Live}) {
			if len(s.Script)+len(s.Injects) > 0 || len(s.Objectives) < 3 || len(s.Expected) < 4 || len(s.Questions) < 4 {
				t.Errorf("%s: a live rehearsal has no script and no injects, and is evaluated like the others: %+v", s.Name, s)
			}
			continue
		}
		if !slices.Equal(s.Kinds, []drill.Kind{drill.Functional, drill.Tabletop}) {
			t.Errorf("%s: kinds %v", s.Name, s.Kinds)
		}
		if n := len(s.Injects); n < 7 || n > 10 {
			t.Errorf("%s: %d injects", s.Name, n)
		}
		for _, i := range s.Injects {
			if len(i.Expect) == 0 {
				t.Errorf("%s: nothing is expected after %q", s.Name, i.Says)
			}
		}
		if s.World.TTL != drill.Span(10*time.Second) || s.World.Factor != 0 || s.Lasts > drill.Span(time.Hour) {
			t.Errorf("%s: TTL %v, factor %v, lasts %v", s.Name, s.World.TTL, s.World.Factor, s.Lasts)
		}
		for _, a := range s.Script {
			if a.Says == "" && a.Do != drill.Finish {
				t.Errorf("%s: %s says nothing", s.Name, a.Do)
			}
		}
		if len(s.Objectives) < 3 || len(s.Expected) < 4 || len(s.Questions) < 4 {
			t.Errorf("%s: %d objectives, %d expected, %d questions", s.Name, len(s.Objectives), len(s.Expected), len(s.Questions))
		}
	}
}

func TestFind(t *testing.T) {
	all := builtin(t)
	for asked, want := range map[string]string{
		"ex196121-2019-11-19": "ex196121-2019-11-19", "EX196121": "ex196121-2019-11-19", "sign": "sign-in-2018-11-19", " own ": "own-dns-mistake",
	} {
		if s, err := drill.Find(all, asked); err != nil || s.Name != want {
			t.Errorf("%q: %q, %v", asked, s.Name, err)
		}
	}
	for asked, says := range map[string]string{
		"2024-13": `There is no scenario "2024-13"; there are 451-4-3-2-2026-01-22, dns-host-unreachable, `,
		"":        `There is no scenario ""; there are 451`,
		"2019-11": "", "ex": `"ex" may be any of ex196121-2019-11-19, ex957990-2024-12; give more of the name.`,
	} {
		_, err := drill.Find(all, asked)
		if says != "" && (!errors.Is(err, failover.ErrInvalid) || !strings.HasPrefix(err.Error(), says)) {
			t.Errorf("%q: %v", asked, err)
		}
	}
}

const sound = `name: mine
title: Ours
summary: What happens.
scope: All of it.
lasts: 30m
kinds: [functional, tabletop]
objectives: [Learn]
expected: [Act]
questions: ["Who?"]
right:
  moves: [failover, failback]
  fault: resets
  blame: provider
  why: Because.
script:
  - {delay: 5s, do: break, role: primary, fault: reset}
  - {after: arrived, delay: 1m30s, do: mend, role: primary}
  - {after: home, do: finish}
injects:
  - {at: 0s, from: Help desk, says: It is down.}
  - {at: 5m, from: Boss, says: "Is it?", expect: [Say yes]}
`

func TestParse(t *testing.T) {
	s, err := drill.Parse([]byte(sound), "mine.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if s.Name != "mine" || s.Script[1].Delay != drill.Span(90*time.Second) || s.Right.Moves[1] != drill.Failback || s.Injects[1].Expect[0] != "Say yes" {
		t.Errorf("%+v", s)
	}
	if got := s.Texts(); len(got) != 12 {
		t.Errorf("texts %q", got)
	}
	// What is written can be read again, and is the same.
	data, err := yaml.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	again, err := drill.Parse(data, "again.yaml")
	if err != nil || again.Script[1].Delay != s.Script[1].Delay {
		t.Errorf("%v\n%s", err, data)
	}
}

// Every mistake is told by file, line and what to do.
func TestParseTellsMistakes(t *testing.T) {
	change := func(old, with string) string {
		if !strings.Contains(sound, old) {
			t.Fatalf("%q is not in the scenario", old)
		}
		return strings.Replace(sound, old, with, 1)
	}
	for text, want := range map[string]string{
		"":                                     `f.yaml, line 1: "kinds" is missing.`,
		"\x00":                                 "f.yaml, line 1: this cannot be read as YAML (control characters are not allowed).",
		"name: [":                              "f.yaml, line 1: this cannot be read as YAML (did not find expected node content).",
		"- a":                                  `f.yaml, line 1: "" does not belong here; see the scenarios that come with Lifeboat for what does.`,
		sound + "---\n" + sound:                "f.yaml holds more than one document; put each scenario in a file of its own.",
		sound + "mood: good\n":                 `f.yaml, line 22: there is no "mood" here; see the scenarios that come with Lifeboat for what there is.`,
		sound + "title: Again\n":               `f.yaml, line 22: this cannot be read as YAML (mapping key "title" already defined at line 2).`,
		change("name: mine", "name: Mine Own"): `f.yaml, line 1: "Mine Own" is no name for a scenario; use small letters, digits, hyphens and dots, 64 at most.`,
		change("title: Ours", "title: "):       `f.yaml, line 2: "title" is missing.`,
		change("delay: 5s", "delay: soon"):     `f.yaml, line 16: "soon" is no length of time; write it like 1m30s.`,
		change("delay: 5s", "delay: -5s"):      `f.yaml, line 16: "delay" is -5s; give something from 0s to 24h.`,
		change("delay: 5s", "share: 2"):        `f.yaml, line 16: "share" is 2; give something from 0 to 1.`,
		change("delay: 5s", "share: .nan"):     `f.yaml, line 16: "share" is NaN; give something from 0 to 1.`,
		change("delay: 5s", "share: half"):     "f.yaml, line 16: \"half\" does not belong here; see the scenarios that come with Lifeboat for what does.",
		change("do: break", "do: explode"):     `f.yaml, line 16: "explode" is no "do"; there are break, mend, break_dns, break_updates, break_remote, cut_line, join_line, spoil_mx, try_failback, turn_page, finish.`,
		change("role: primary, fault: reset", "fault: reset"):   `f.yaml, line 16: "role" is missing.`,
		change("fault: reset}", "fault: sulk}"):                 `f.yaml, line 16: "sulk" is no "fault"; there are `,
		change("after: arrived", "after: lunch"):                `f.yaml, line 17: "lunch" is no "after"; there are started, `,
		change("after: arrived", "after: announced"):            `f.yaml, line 17: no move that is right leads to "announced", so this would never happen.`,
		change("do: finish", "do: join_line"):                   `f.yaml, line 16: a script ends with "finish", once.`,
		change("[failover, failback]", "[failover, stay]"):      `f.yaml, line 11: "stay" stands alone, or not at all.`,
		change("fault: resets", "fault: sulks"):                 `f.yaml, line 12: "sulks" is no "fault"; there are resets, `,
		change("at: 5m", "at: 40m"):                             `f.yaml, line 21: "at" is 40m; give something from 0s to 30m.`,
		change("at: 0s", "at: 6m"):                              "f.yaml, line 21: injects stand in the order of their times; this one comes before the one above it.",
		change("title: Ours", "world: {ttl: 1500ms}\ntitle: o"): "f.yaml, line 2: a TTL is counted in whole seconds.",
		change("title: Ours", "world: {ttl: 2h}\ntitle: o"):     `f.yaml, line 2: "ttl" is 2h; give something from 0s to 1h.`,
		change("Who?", strings.Repeat("x", 2001)):               `f.yaml, line 9: "questions" has 2001 characters, and 2000 are the most.`,
		change(`["Who?"]`, "["+strings.Repeat("a,", 101)+"]"):   `f.yaml, line 9: "questions" has 101 entries, and 100 are the most.`,
		change("[functional, tabletop]", "[song]"):              `f.yaml, line 6: "song" is no "kinds"; there are functional, tabletop, live.`,
		strings.Repeat("#", 257<<10):                            "f.yaml is too large for a scenario: 257 KB, and 256 KB are the most.",
	} {
		_, err := drill.Parse([]byte(text), "f.yaml")
		if !errors.Is(err, failover.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q...: %v\n\tand not %s", text, err, want)
		}
	}
}

func TestBuiltinTellsMistakes(t *testing.T) {
	files := fstest.MapFS{"drills/a.yaml": {Data: []byte(sound)}, "drills/b.yaml": {Data: []byte(sound)}, "drills/README": {}}
	if _, err := drill.Builtin(files); err == nil || err.Error() != `Two scenarios are called "mine"; rename one of them.` {
		t.Errorf("two of a name: %v", err)
	}
	delete(files, "drills/b.yaml")
	if all, err := drill.Builtin(files); err != nil || len(all) != 1 {
		t.Errorf("%v, %v", all, err)
	}
}

func TestSpan(t *testing.T) {
	for text, want := range map[string]time.Duration{"1m30s": 90 * time.Second, "10h": 10 * time.Hour, "10s": 10 * time.Second, "1h0m5s": time.Hour + 5*time.Second, "300ms": 300 * time.Millisecond, "0s": 0, "20m": 20 * time.Minute} {
		var s drill.Span
		if err := s.UnmarshalText([]byte(text)); err != nil || time.Duration(s) != want || s.String() != text {
			t.Errorf("%s: %s, %v", text, s, err)
		}
	}
	var s drill.Span
	if err := s.UnmarshalText([]byte("10")); err == nil || err.Error() != `"10" is no length of time; write it like 1m30s.` {
		t.Error(err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(sound))
	f.Add([]byte("a: &a [*a]"))
	f.Add([]byte("script: [{do: finish, delay: .inf}]"))
	f.Add([]byte("? {a: b}\n: c"))
	files, err := assets.Drills.ReadDir("drills")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := assets.Drills.ReadFile("drills/" + file.Name())
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := drill.Parse(data, "fuzz.yaml")
		if err != nil {
			if !errors.Is(err, failover.ErrInvalid) || !strings.Contains(err.Error(), "fuzz.yaml") {
				t.Errorf("an error of no kind: %v", err)
			}
			return
		}
		if s.Name == "" || s.Title == "" || len(s.Kinds) == 0 || slices.Contains(s.Texts(), "") {
			t.Errorf("half a scenario: %+v", s)
		}
	})
}
