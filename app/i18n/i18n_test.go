package i18n_test

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"lifeboat/app/i18n"
	"lifeboat/configs"
	"lifeboat/failover"
)

func TestChoose(t *testing.T) {
	for _, c := range []struct {
		setting string
		env     map[string]string
		want    i18n.Language
	}{
		{"en", map[string]string{"LANG": "ja_JP.UTF-8"}, i18n.English},
		{"ja", map[string]string{"LANG": "C"}, i18n.Japanese},
		{"JA", nil, i18n.Japanese},
		{"ja-JP", nil, i18n.Japanese},
		{"auto", map[string]string{"LANG": "ja_JP.UTF-8"}, i18n.Japanese},
		{"", map[string]string{"LANG": "ja_JP.eucJP"}, i18n.Japanese},
		{"auto", map[string]string{"LANG": "ja"}, i18n.Japanese},
		{"auto", map[string]string{"LANG": "ja.UTF-8"}, i18n.Japanese},
		{"auto", map[string]string{"LANG": "C"}, i18n.English},
		{"auto", map[string]string{"LANG": "C.UTF-8"}, i18n.English},
		{"auto", map[string]string{"LANG": "POSIX"}, i18n.English},
		{"auto", map[string]string{"LANG": "de_DE.UTF-8"}, i18n.English},
		{"auto", map[string]string{"LANG": "jam"}, i18n.English}, // Jamaican Creole is another language
		{"auto", map[string]string{"LANG": "en_GB.UTF-8", "LC_MESSAGES": "ja_JP.UTF-8"}, i18n.Japanese},
		{"auto", map[string]string{"LANG": "ja_JP.UTF-8", "LC_ALL": "C"}, i18n.English},
		{"auto", map[string]string{"LANG": "ja_JP.UTF-8", "LC_ALL": "", "LC_MESSAGES": ""}, i18n.Japanese},
		{"klingon", map[string]string{"LANG": "ja_JP.UTF-8"}, i18n.Japanese}, // no setting that there is
	} {
		if got := i18n.Choose(c.setting, func(name string) string { return c.env[name] }); got != c.want {
			t.Errorf("%q with %v: %s, not %s", c.setting, c.env, got, c.want)
		}
	}
}

// Where the environment says nothing the system is asked; a bare one has English.
func TestChooseWithAnEmptyEnvironment(t *testing.T) {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE"} {
		t.Setenv(name, "")
	}
	got := i18n.Choose("auto", func(string) string { return "" })
	if !slices.Contains(i18n.Languages(), got) {
		t.Errorf("%q is no language", got)
	}
}

func tongues(t *testing.T) (en, ja *i18n.Tongue) {
	t.Helper()
	en, err := i18n.New(i18n.English)
	if err != nil {
		t.Fatal(err)
	}
	if ja, err = i18n.New(i18n.Japanese); err != nil {
		t.Fatal(err)
	}
	return en, ja
}

func TestErrors(t *testing.T) {
	_, ja := tongues(t)
	declined := failover.Fail(failover.ErrBlocked, "nothing was changed")
	caused := declined.Because(io.ErrUnexpectedEOF)
	said, other := "何も変更していません", "もう一度確認"
	more := failover.Fail(failover.ErrBlocked, "Look again")
	for name, c := range map[string]struct {
		err  error
		want []string
	}{
		"none":                        {nil, nil},
		"a sentence":                  {declined, []string{said}},
		"with its cause":              {caused, []string{said}},
		"without a sentence":          {io.EOF, []string{"EOF"}},
		"wrapped":                     {fmt.Errorf("while at it: %w", caused), []string{said}},
		"wrapped twice":               {fmt.Errorf("a: %w", fmt.Errorf("b: %w", declined)), []string{said}},
		"joined":                      {errors.Join(declined, more), []string{said, other}},
		"joined and wrapped":          {fmt.Errorf("while at it: %w", errors.Join(declined, more)), []string{said, other}},
		"joined in each other":        {errors.Join(errors.Join(more, declined), io.EOF), []string{other, said, "EOF"}},
		"the same twice":              {errors.Join(declined, caused), []string{said}},
		"wrapped without a sentence":  {fmt.Errorf("reading: %w", io.EOF), []string{"reading: EOF"}},
		"of a room that knows nobody": {configs.Say("Look again"), []string{other}},
	} {
		if got := ja.Errors(c.err); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, not %q", name, got, c.want)
		}
	}
}

func TestParts(t *testing.T) {
	en, ja := tongues(t)
	inner := failover.Say("nothing was changed")
	if got := en.T("Not ready: {first}", "first", inner); got != "Not ready: nothing was changed" {
		t.Error(got)
	}
	if got := ja.T("Not ready: {first}", "first", inner); got != "準備不足: 何も変更していません" {
		t.Error(got)
	}
	if got := ja.T("said nowhere in the source {n}", "n", 3); got != "said nowhere in the source 3" {
		t.Error(got)
	}
}

func TestWhole(t *testing.T) {
	t.Parallel()
	en, ja := tongues(t)
	for text, want := range map[string]string{
		"": "", "the disk is full": "The disk is full.", "Is it?": "Is it?",
		"mx.example.test does not answer": "mx.example.test does not answer.", "careful: it is old": "Careful: it is old.",
		"“so it is”": "“so it is”",
	} {
		if got := en.Whole(text); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
	for text, want := range map[string]string{"空きがありません": "空きがありません。", "よろしいですか？": "よろしいですか？"} {
		if got := ja.Whole(text); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}

func TestSpan(t *testing.T) {
	en, ja := tongues(t)
	for d, want := range map[time.Duration][2]string{
		0:                               {"0 s", "0秒"},
		400 * time.Millisecond:          {"0 s", "0秒"},
		59 * time.Second:                {"59 s", "59秒"},
		59*time.Second + 600*1e6:        {"1 min", "1分"},
		90 * time.Second:                {"2 min", "2分"},
		119 * time.Minute:               {"119 min", "119分"},
		2 * time.Hour:                   {"2 h", "2時間"},
		47*time.Hour + 29*time.Minute:   {"47 h", "47時間"},
		48 * time.Hour:                  {"2 days", "2日"},
		10*24*time.Hour + 5*time.Minute: {"10 days", "10日"},
	} {
		if got := [2]string{en.Span(d), ja.Span(d)}; got != want {
			t.Errorf("%v: %q, not %q", d, got, want)
		}
	}
}

func TestClock(t *testing.T) {
	en, _ := tongues(t)
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.Local)
	for at, want := range map[time.Time]string{
		now:                                 "12:00:00",
		now.Add(9 * time.Minute):            "12:09:00",
		now.Add(-9 * time.Minute):           "11:51:00",
		now.Add(3 * time.Hour):              "15:00",
		now.Add(-3 * time.Hour):             "09:00",
		now.Add(24 * time.Hour):             "2026-03-02 12:00",
		now.Add(-365 * 24 * time.Hour):      "2025-03-01 12:00",
		now.Add(-5 * time.Minute).UTC():     "11:55:00", // told in local time, however it is kept
		now.Add(13 * time.Hour).In(oddZone): "2026-03-02 01:00",
	} {
		if got := en.Clock(at, now); got != want {
			t.Errorf("%v: %q, not %q", at, got, want)
		}
	}
}

var oddZone = time.FixedZone("odd", 5*3600+45*60)

func TestCatalogueOfNoLanguage(t *testing.T) {
	words, err := i18n.Catalogue("xx")
	if err != nil || len(words) != 0 {
		t.Errorf("%d words, %v", len(words), err)
	}
}
