package main_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The plan of the house: which package may import which. A package that is
// not here does not exist yet, and an edge that is not here is not allowed.
// Changing it is a decision: change the map in CONTRIBUTING.md with it.
//
// A name ending in "/..." stands for every package below that name; the
// longest name that fits is the one that counts. A package and the packages
// its tests live in are the same package here.
var mayImport = map[string][]string{
	// app is the only room that sees the others, and wires them.
	"app":                 {"app/...", "failover", "failover/...", "mailstore", "mailstore/...", "configs", "configs/...", "assets"},
	"app/engine":          {"app/i18n", "failover", "failover/...", "mailstore", "mailstore/...", "configs", "configs/...", "assets"},
	"app/cli":             {"app/engine", "app/presenter", "app/service", "app/i18n", "failover", "failover/...", "mailstore", "mailstore/...", "configs", "configs/...", "assets"},
	"app/service":         {"failover"},
	"app/desktop":         {"app/local/door", "failover"},
	"app/local/door":      {},
	"app/local":           {"app/local/door", "app/engine", "failover", "failover/relay", "failover/probe", "mailstore"},                                                                                                                                                          // probe: how a file is replaced
	"app/presenter":       {"app/engine", "app/i18n", "failover", "failover/detect", "failover/dnshost", "failover/run", "failover/drill", "failover/lab", "failover/relay", "mailstore", "mailstore/compose", "mailstore/export", "configs", "configs/secret"}, // lab: what happens in practice
	"app/shell":           {"app/screen", "app/presenter", "app/widgets", "app/widgets/outline", "app/look", "app/i18n", "app/engine", "app/desktop", "failover", "mailstore", "configs", "assets"},
	"app/screen":          {"app/presenter", "app/widgets", "app/look", "app/i18n", "failover", "failover/drill", "failover/relay", "mailstore"},
	"app/widgets":         {"app/look", "app/i18n"}, // know nothing of mail
	"app/look":            {"assets"},
	"app/widgets/outline": {},
	"app/i18n":            {"assets", "failover", "mailstore", "configs"},

	// failover and mailstore: below a room's words, each concern on its own, with the few siblings it works through.
	"failover":                {},
	"failover/dnswire":        {"failover"},
	"failover/dnsview":        {"failover", "failover/dnswire"},
	"failover/plan":           {"failover", "failover/dnswire"},
	"failover/journal":        {"failover"},
	"failover/run":            {"failover", "failover/plan", "failover/journal", "failover/dnshost", "failover/dnsview"},
	"failover/dnshost":        {"failover"},
	"failover/dnshost/...":    {"failover", "failover/dnshost", "failover/dnswire"},
	"failover/dnshost/manual": {"failover", "failover/dnshost", "failover/dnswire", "failover/dnsview"},
	"failover/probe":          {"failover", "failover/dnsview", "failover/dnswire"},
	"failover/detect":         {"failover"},
	"failover/watch":          {"failover", "failover/detect", "failover/probe", "failover/dnsview"},
	"failover/relay":          {"failover"},
	"failover/relay/...":      {"failover", "failover/relay"},
	"failover/relay/deliver":  {"failover", "failover/relay", "failover/relay/smtpout"},
	"failover/relay/submit":   {"failover", "failover/relay", "failover/relay/users"},
	"failover/trace":          {"failover"},
	"failover/incident":       {"failover"},
	"failover/drill":          {"failover", "failover/plan", "failover/run", "failover/lab", "failover/detect", "failover/probe", "failover/relay"}, // probe: how a file is replaced
	"failover/drill/report":   {"failover", "failover/drill", "failover/lab", "failover/relay", "failover/relay/chart"},                             // lab: the account of the mail
	"failover/lab":            {"failover", "failover/dnswire"},

	"mailstore":                   {},
	"mailstore/keys":              {"mailstore"},
	"mailstore/segment":           {"mailstore"},
	"mailstore/fulltext":          {"mailstore"},
	"mailstore/store":             {"mailstore", "mailstore/segment", "mailstore/fulltext"},
	"mailstore/mime":              {"mailstore"},
	"mailstore/signin":            {"mailstore"},
	"mailstore/imaplink":          {"mailstore", "mailstore/signin"},
	"mailstore/mirror":            {"mailstore", "mailstore/imaplink", "mailstore/mime"},
	"mailstore/imapd":             {"mailstore", "mailstore/mime"},
	"mailstore/inbound":           {"mailstore", "mailstore/mime"},
	"mailstore/transfer":          {"mailstore", "mailstore/imaplink"},
	"mailstore/export":            {"mailstore", "mailstore/mime"},
	"mailstore/compose":           {"mailstore", "mailstore/mime"},
	"configs":                     {},
	"configs/secret":              {"configs"},
	"assets":                      {},
	"failover/failovertest":       {"failover", "failover/..."},
	"failover/failovertest/...":   {"failover", "failover/..."},
	"mailstore/mailstoretest":     {"mailstore", "mailstore/..."},
	"mailstore/mailstoretest/...": {"mailstore", "mailstore/..."},

	"app/presenter/presentertest": {"app/engine", "configs", "configs/secret", "failover", "failover/detect", "failover/probe", "failover/run", "failover/lab", "failover/drill", "failover/relay", "mailstore"},
}

// Fakes, contract suites and real servers as processes: what only tests need,
// and only tests, or each other, may import.
var forTests = []string{
	"failover/failovertest", "failover/failovertest/...", "failover/dnshost/hosttest",
	"failover/dnshost/cloudflare/cftest",
	"mailstore/mailstoretest", "mailstore/mailstoretest/...",
	"app/presenter/presentertest",
}

// Real servers as processes are the one thing of a room's tests that other rooms'
// tests use too: a Dovecot is a Dovecot.
const realServers = "failover/failovertest/servers"

// What a package's tests may import beside what the package itself may: the
// fakes of its own room, and the built-in world.
var testsMayImport = map[string][]string{
	"app": {"app/...", "failover/...", "mailstore/...", "configs/...", "assets"},
	// A run is killed and resumed over each DNS host.
	"failover":  {"failover/failovertest", "failover/failovertest/...", "failover/lab", "failover/dnshost/..."},
	"mailstore": {"mailstore/mailstoretest", "mailstore/mailstoretest/..."},
	// The mirror is tried over the store that it fills.
	"mailstore/mirror": {"mailstore/store", "mailstore/segment", "mailstore/signin"},
	// A relay's parts are tried together: what is handed in, kept, and sent on.
	"failover/relay":     {"failover/relay/..."}, // its benchmark puts the parts together
	"failover/relay/...": {"failover/relay/..."},
	// Screens are shown over the settings that their presenters take.
	"app/screen": {"configs"},
	// The scenarios that are shipped lie there.
	"failover/drill": {"assets"},
}

// Modules of others that belong to certain packages only, and why.
var onlyIn = []struct {
	module string
	in     []string
	why    string
}{
	{
		"fyne.io/fyne/v2",
		[]string{"app/shell", "app/screen", "app/widgets", "app/widgets/outline", "app/i18n", "app/look"},
		"the command line is built without the window toolkit",
	},
	{
		"github.com/spf13/viper",
		[]string{"configs"},
		"one place knows where a setting came from",
	},
}

// vocabulary is the packages that do no I/O: words, and what can be computed
// from words alone. They import nothing that opens a file, a process or a
// connection.
var vocabulary = []string{"failover", "failover/plan", "failover/detect", "mailstore"}

var doesIO = []string{"os", "os/exec", "os/signal", "syscall", "net/http", "net/smtp", "crypto/tls", "database/sql", "log"}

const module = "lifeboat"

// An edge is one import in one file.
type edge struct {
	file     string // from the top folder, with slashes
	imported string // as written in the file
}

func (e edge) from() string { return path.Dir(e.file) }
func (e edge) inTest() bool { return strings.HasSuffix(e.file, "_test.go") }

// refusal says why an edge is not allowed, naming the file, the import and
// what would be; it is empty for an edge that is.
func refusal(e edge) string {
	say := func(format string, args ...any) string {
		return fmt.Sprintf("%s imports %s: ", e.file, e.imported) + fmt.Sprintf(format, args...)
	}
	from := e.from()
	allowed, known := rule(from)
	if !known {
		return say("package %s is not in the plan of the house; add it to mayImport in app/imports_test.go and to the map in CONTRIBUTING.md", from)
	}
	to, ours := strings.CutPrefix(e.imported, module+"/")
	if !ours {
		return foreignRefusal(e, say)
	}
	if to == from || slices.ContainsFunc(allowed, covers(to)) && !fits(forTests, to) {
		return ""
	}
	if fits(forTests, to) {
		if e.inTest() && (sameRoomOrApp(from, to) || to == realServers) || fits(forTests, from) {
			return ""
		}
		return say("%s is for tests; only _test.go files of %s and app, and other packages for tests, may import it", to, room(to))
	}
	if e.inTest() {
		for name, more := range testsMayImport {
			if name == room(from) || covers(from)(name) {
				allowed = slices.Concat(allowed, more)
			}
		}
		if slices.ContainsFunc(allowed, covers(to)) {
			return ""
		}
	}
	if len(allowed) == 0 {
		return say("%s may import nothing of ours", from)
	}
	return say("%s may import only %s of ours", from, strings.Join(allowed, ", "))
}

// foreignRefusal is refusal for imports from outside the module.
func foreignRefusal(e edge, say func(string, ...any) string) string {
	for _, o := range onlyIn {
		if covers(e.imported)(o.module) || covers(e.imported)(o.module+"/...") {
			if !slices.Contains(o.in, e.from()) {
				return say("it belongs in %s alone, since %s", strings.Join(o.in, ", "), o.why)
			}
		}
	}
	if !e.inTest() && slices.Contains(vocabulary, e.from()) && slices.Contains(doesIO, e.imported) {
		return say("%s does no I/O, and may import none of %s", e.from(), strings.Join(doesIO, ", "))
	}
	return ""
}

// rule returns what the package may import, by the longest name that fits.
func rule(pkg string) (allowed []string, known bool) {
	if allowed, known = mayImport[pkg]; known {
		return allowed, true
	}
	for dir := path.Dir(pkg); dir != "."; dir = path.Dir(dir) {
		if allowed, known = mayImport[dir+"/..."]; known {
			return allowed, true
		}
	}
	return nil, false
}

// covers returns whether a name of the table stands for the package.
func covers(pkg string) func(name string) bool {
	return func(name string) bool {
		if above, all := strings.CutSuffix(name, "..."); all {
			return strings.HasPrefix(pkg, above)
		}
		return name == pkg
	}
}

func fits(names []string, pkg string) bool { return slices.ContainsFunc(names, covers(pkg)) }

func room(pkg string) string { first, _, _ := strings.Cut(pkg, "/"); return first }

func sameRoomOrApp(from, to string) bool { return room(from) == room(to) || room(from) == "app" }

// sources returns every Go file below top, whatever it is built for, by its
// name from top with slashes. Folders that Go itself leaves out are left out.
func sources(top string) ([]string, error) {
	var found []string
	err := filepath.WalkDir(top, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && name != top && (strings.HasPrefix(d.Name(), ".") || strings.HasPrefix(d.Name(), "_") || d.Name() == "testdata") {
			return fs.SkipDir
		}
		if d.IsDir() || filepath.Ext(name) != ".go" {
			return nil
		}
		rel, err := filepath.Rel(top, name)
		found = append(found, filepath.ToSlash(rel))
		return err
	})
	return found, err
}

// edges reads the imports of every Go file below top.
func edges(top string) ([]edge, error) {
	files, err := sources(top)
	if err != nil {
		return nil, err
	}
	var found []edge
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(top, file), nil, parser.ImportsOnly)
		if err != nil {
			return nil, err
		}
		for _, i := range f.Imports {
			imported, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
			found = append(found, edge{file, imported})
		}
	}
	return found, nil
}

func TestImportsFollowThePlanOfTheHouse(t *testing.T) {
	found, err := edges("..")
	if err != nil {
		t.Fatal(err)
	}
	if len(found) == 0 {
		t.Fatal("no imports found: the test reads the wrong folder")
	}
	for _, e := range found {
		if why := refusal(e); why != "" {
			t.Error(why)
		}
	}
}

// The command line is one static file for servers: whatever it is built from,
// the window toolkit is not in it.
func TestCommandLineIsBuiltWithoutTheWindow(t *testing.T) {
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", ".")
	list.Env = append(os.Environ(), "CGO_ENABLED=0")
	var problem strings.Builder
	list.Stderr = &problem
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, problem.String())
	}
	for pkg := range strings.Lines(string(out)) {
		if strings.HasPrefix(pkg, "fyne.io/") {
			t.Errorf("the command line needs %s: keep the window behind //go:build cgo", strings.TrimSpace(pkg))
		}
	}
}

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
