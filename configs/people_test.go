package configs

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestPeopleTargetsAndRuncard(t *testing.T) {
	s := mustLoad(t, `
domains: [{name: example.jp, dns: {host: manual}}]
providers: {primary: google}
people:
  - {name: 山田 花子, role: 総務, phone: 090-0000-0001, decides: yes}
  - {name: Taro, decides: off}
targets: {rto: 1h, rpo: 15 m, mtpd: 1D12h, cost_per_hour: 50000, secondary_per_year: 1.5e5, currency: jpy}
runcard:
  credentials: 金庫の中の封筒
  dns_sign_in: https://dash.example.net/
  support: [{name: Example Mail, phone: +81 3 0000 0000, page: "https://support.example.net"}]
  notes: [one, two]
`, "LIFEBOAT_TARGETS_RPO=30m", "LIFEBOAT_RUNCARD_NOTES=three")
	want := &Settings{
		People: []Person{{"山田 花子", "総務", "090-0000-0001", true}, {"Taro", "", "", false}},
		Targets: Targets{
			RTO: Span(time.Hour), RPO: Span(30 * time.Minute), MTPD: Span(36 * time.Hour),
			CostPerHour: 50000, SecondaryPerYear: 150000, Currency: "JPY",
		},
		Runcard: Runcard{
			Credentials: "金庫の中の封筒", DNSSignIn: "https://dash.example.net",
			Support: []Support{{"Example Mail", "+81 3 0000 0000", "https://support.example.net"}}, Notes: []string{"three"},
		},
	}
	others := cmp.FilterPath(func(p cmp.Path) bool {
		return !regexp.MustCompile(`^\{\*configs\.Settings\}(\.(People|Targets|Runcard).*)?$`).MatchString(p.GoString())
	}, cmp.Ignore())
	if diff := cmp.Diff(want, s, others, cmpopts.IgnoreUnexported(Settings{})); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := s.Targets.MTPD.Duration(); got != 36*time.Hour {
		t.Errorf("got %v", got)
	}
}

func TestSpan(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"90s": 90 * time.Second, "15 M": 15 * time.Minute, "1d12h": 36 * time.Hour, "1h 30m": 90 * time.Minute, "0s": 0, "10000d": longestSpan,
	} {
		var s Span
		if p, ok := s.setShort(text); !ok || s.Duration() != want {
			t.Errorf("%s: got %v, %s", text, s.Duration(), p.Text())
		}
	}
	for _, text := range []string{"", "15", "1h30", "-1h", "1.5h", "h", "30m1h", "1w", "10001d", "10000d1s", "999999999d", "9999999999999h", "一時間"} {
		var s Span
		if _, ok := s.setShort(text); ok || s != 0 {
			t.Errorf("%q is taken as %v", text, s.Duration())
		}
	}
	for span, want := range map[Span]string{0: "0s", Span(36*time.Hour + time.Second): "1d12h1s", Span(90 * time.Minute): "1h30m", Span(time.Millisecond): "0s"} {
		if got := span.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// Whatever is taken as a length of time is one, and is written so that it is read as
// the same again.
func FuzzSpan(f *testing.F) {
	for _, seed := range []string{"90s", "15m", "4h", "1d12h", "0s", "15", "-1h", "999999999d", "1d 2h 3m 4s"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var s, again Span
		if p, ok := s.setShort(text); !ok {
			checkSentence(t, p)
			return
		}
		if s < 0 || s.Duration() > longestSpan {
			t.Errorf("%q is %v", text, s.Duration())
		}
		if _, ok := again.setShort(s.String()); !ok || again != s {
			t.Errorf("%q: %v is written %s, which is %v", text, s.Duration(), s.String(), again.Duration())
		}
	})
}

// What a first settings file leaves as comments is right once the # is taken away
// and the blanks are filled.
func TestWriteNewLeavesExamplesThatLoad(t *testing.T) {
	file := filepath.Join(t.TempDir(), "lifeboat.yaml")
	if err := WriteNew(file, drafts()["smallest"]); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	uncommented := regexp.MustCompile(`(?m)^# (mirror:|relay:|people:|targets:|runcard:|  [- ] ?[a-z_]+: |  [a-z_]+: )`).ReplaceAllString(string(text), "$1")
	filled := strings.NewReplacer(`- name: ""`, "- name: Hanako", `phone: ""`, "phone: 090-0000-0001", `credentials: ""`, "credentials: safe").Replace(uncommented)
	s, warnings, err := loadText(t, filled)
	if err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings, filled)
	}
	if diff := cmp.Diff(Defaults().Relay, s.Relay, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("the relay is not that of the defaults (-want +got)\n%s", diff)
	}
	if len(s.People) != 1 || !s.People[0].Decides || s.Targets.MTPD.String() != "1d" || s.Runcard.Credentials != "safe" {
		t.Errorf("got %+v %+v %+v", s.People, s.Targets, s.Runcard)
	}
}
