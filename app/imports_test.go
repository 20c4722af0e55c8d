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
	"app/local":           {"app/local/door", "app/engine", "failover", "failover/relay", "failover/probe", "mailstore"},                                                                                                                                        // probe: how a file is replaced
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
