package main_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The checker itself: what it must refuse, and the words by which one finds
// the place and the way out.
func TestRefusal(t *testing.T) {
	refused := map[edge][]string{
		{"failover/detect/detect.go", "lifeboat/failover/run"}:                      {"failover/detect/detect.go imports lifeboat/failover/run", "may import only failover of ours"},
		{"failover/detect/detect_test.go", "lifeboat/failover/run"}:                 {"may import only failover, failover/failovertest"},
		{"failover/relay/relay.go", "lifeboat/mailstore"}:                           {"may import only failover of ours"},
		{"mailstore/mirror/mirror_test.go", "lifeboat/failover"}:                    {"may import only mailstore, mailstore/imaplink"},
		{"configs/load.go", "lifeboat/failover"}:                                    {"configs may import nothing of ours"},
		{"assets/assets.go", "lifeboat/configs"}:                                    {"assets may import nothing of ours"},
		{"failover/domain.go", "lifeboat/app/engine"}:                               {"failover may import nothing of ours"},
		{"failover/dnshost/cloudflare/api.go", "lifeboat/failover/dnsview"}:         {"may import only failover, failover/dnshost"},
		{"failover/dnshost/dnshost.go", "lifeboat/failover/dnshost/rfc2136"}:        {"may import only failover of ours"},
		{"failover/dnshost/rfc2136/apply.go", "lifeboat/failover/dnshost/hosttest"}: {"failover/dnshost/hosttest is for tests"},
		{"failover/run/run.go", "lifeboat/failover/failovertest"}:                   {"failover/failovertest is for tests", "_test.go files of failover and app"},
		{"app/engine/engine.go", "lifeboat/failover/failovertest/bind"}:             {"is for tests"},
		{"mailstore/store/store_test.go", "lifeboat/failover/failovertest"}:         {"is for tests"},
		{"app/presenter/home.go", "fyne.io/fyne/v2/widget"}:                         {"app/shell, app/screen", "without the window toolkit"},
		{"app/engine/engine_test.go", "fyne.io/fyne/v2"}:                            {"belongs in app/shell"},
		{"app/cli/init.go", "github.com/spf13/viper"}:                               {"belongs in configs alone"},
		{"app/widgets/list.go", "lifeboat/failover"}:                                {"may import only app/look, app/i18n of ours"},
		{"failover/plan/save.go", "os"}:                                             {"failover/plan does no I/O"},
		{"failover/fresh/fresh.go", "context"}:                                      {"failover/fresh is not in the plan of the house"},
		{"tools/gen.go", "os"}:                                                      {"tools is not in the plan of the house"},
	}
	for e, want := range refused {
		got := refusal(e)
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("%+v: got %q, which should say %q", e, got, w)
			}
		}
	}
	allowed := []edge{
		{"app/main.go", "lifeboat/failover/dnshost/rfc2136"},
		{"app/engine/engine.go", "lifeboat/configs/secret"},
		{"app/screen/home.go", "fyne.io/fyne/v2/widget"},
		{"app/engine/engine_test.go", "lifeboat/failover/failovertest"},
		{"configs/load.go", "github.com/spf13/viper"},
		{"failover/run/run.go", "lifeboat/failover/dnsview"},
		{"failover/run/run_test.go", "lifeboat/failover/run"},
		{"failover/run/run_test.go", "lifeboat/failover/lab"},
		{"failover/dnshost/manual/manual.go", "lifeboat/failover/dnsview"},
		{"failover/dnshost/rfc2136/contract_test.go", "lifeboat/failover/dnshost/hosttest"},
		{"failover/dnshost/rfc2136/contract_test.go", "lifeboat/failover/failovertest/servers"},
		{"failover/failovertest/bind/bind.go", "lifeboat/failover/failovertest"},
		{"failover/plan/plan_test.go", "os"},
		{"failover/domain.go", "net"},
		{"mailstore/mirror/mirror_test.go", "lifeboat/failover/failovertest/servers"},
	}
	for _, e := range allowed {
		if why := refusal(e); why != "" {
			t.Errorf("refused, and should not be: %s", why)
		}
	}
}

// A forbidden import is found in files, too, and not only where the current
// system would build it.
func TestEdgesReadsEveryFile(t *testing.T) {
	top := t.TempDir()
	for name, text := range map[string]string{
		"failover/a_windows.go":           "package failover\nimport \"lifeboat/app\"\n",
		"failover/b.go":                   "//go:build never\n\npackage failover\nimport x \"lifeboat/configs\"\n",
		"failover/testdata/c.go":          "package c\nimport \"lifeboat/no\"\n",
		".cache/d.go":                     "package d\nimport \"lifeboat/no\"\n",
		"failover/failovertest/e_test.go": "package e_test\nimport _ \"lifeboat/assets\"\n",
	} {
		file := filepath.Join(top, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := edges(top)
	if err != nil {
		t.Fatal(err)
	}
	want := []edge{
		{"failover/a_windows.go", "lifeboat/app"},
		{"failover/b.go", "lifeboat/configs"},
		{"failover/failovertest/e_test.go", "lifeboat/assets"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	for _, e := range got {
		if refusal(e) == "" {
			t.Errorf("not refused: %+v", e)
		}
	}
}
