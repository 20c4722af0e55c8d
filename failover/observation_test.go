package failover_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"lifeboat/failover"
)

func answers(states ...any) []failover.Answer {
	var out []failover.Answer
	for _, s := range states {
		switch s := s.(type) {
		case string:
			out = append(out, failover.Answer{State: failover.Answered, Set: failover.NewRRset("x.test", "MX", 300, s)})
		case failover.AnswerState:
			out = append(out, failover.Answer{State: s, Set: failover.NewRRset("x.test", "MX", 0)})
		}
	}
	return out
}

func TestViewCounts(t *testing.T) {
	v := failover.View{Answers: answers("10 b.test.", failover.Silent, "10 a.test.", failover.NoIPv6, "10 a.test.", failover.Lame)}
	want := failover.NewRRset("x.test", "MX", 300, "10 a.test.")
	if v.Asked() != 5 || v.With(want) != 2 || len(v.Missing(want)) != 3 {
		t.Errorf("asked %d, with %d, missing %v", v.Asked(), v.With(want), v.Missing(want))
	}
	distinct := v.Distinct()
	if len(distinct) != 2 || !distinct[0].Equal(want) {
		t.Errorf("distinct: %v", distinct)
	}
	other := want
	other.TTL = 3600
	if v.With(other) != 0 {
		t.Error("a set with another TTL counts as the wanted one")
	}
	none := failover.NewRRset("x.test", "MX", 300)
	if v.With(none) != 0 {
		t.Error("silence counts as the word that there is no such set")
	}
}

func TestViewProperties(t *testing.T) {
	answer := rapid.SampledFrom(answers("10 a.test.", "10 b.test.", "10 c.test.",
		failover.Answered, failover.Lame, failover.Refused, failover.Silent, failover.NoIPv6, failover.Unresolved, failover.BlockedLine))
	rapid.Check(t, func(t *rapid.T) {
		v := failover.View{Answers: rapid.SliceOf(answer).Draw(t, "answers")}
		want := answer.Draw(t, "want").Set
		if v.With(want)+len(v.Missing(want)) != v.Asked() {
			t.Fatalf("%d with and %d without are not %d asked", v.With(want), len(v.Missing(want)), v.Asked())
		}
		total, before := 0, len(v.Answers)
		for i, s := range v.Distinct() {
			n := v.With(s)
			if n == 0 || n > before {
				t.Fatalf("number %d, %v, was answered %d times, its predecessor %d times", i, s, n, before)
			}
			total, before = total+n, n
		}
		answered := 0
		for _, a := range v.Answers {
			if a.State == failover.Answered {
				answered++
			}
		}
		if total != answered {
			t.Fatalf("the distinct sets account for %d of %d answers", total, answered)
		}
	})
}

func TestFindingSurvivesAFile(t *testing.T) {
	in := failover.Finding{
		Check: "rcpt", Domain: "example.test.", Subject: "a@example.test", Verdict: failover.Unknown,
		Say: failover.Say("{mx} is silent", "mx", "mx.test"), OwnLine: true, Source: failover.FromHere, Evidence: []string{"550 no"},
	}
	b, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	var out failover.Finding
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(in, out); d != "" {
		t.Errorf("changed on the way (-before +after):\n%s", d)
	}
}

func TestUnasked(t *testing.T) {
	v := failover.View{Answers: []failover.Answer{
		{Server: "both.test.", State: failover.NoIPv6}, {Server: "both.test.", State: failover.Silent},
		{Server: "six.test.", State: failover.NoIPv6, RTT: 1}, {Server: "six.test.", State: failover.NoIPv6, RTT: 2},
		{Server: "lost.test.", State: failover.Unresolved}, {Server: "good.test.", State: failover.Answered},
	}}
	got := v.Unasked()
	if len(got) != 2 || got[0].Server != "six.test." || got[0].RTT != 1 || got[1].Server != "lost.test." {
		t.Errorf("%+v", got)
	}
}
