package cli_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"lifeboat/failover"
	"lifeboat/failover/lab"
)

var update = flag.Bool("update", false, "write what is said now into the scripts")

// TestScripts plays the scripts in testdata/script, each at a desk of its own. Beside
// testscript's own commands they have these:
//
//	lifeboat [STATUS] ARGS...    gives a command; STATUS is its exit status, 0 without
//	types TEXT                   what the person types for the next command (\n ends a line)
//	shape                        prints the keys of the last document, with what they hold
//	world break|mend ROLE FAULT  makes a provider fail
//	world without|with ROLE ADDRESS
//	world mx RECORD...           what somebody else makes of the domain's MX
//	world line                   the office's line blocks port 25
//	world dns SERVER [FAULT]     a name server fails, or works again
//	world shows                  prints the domain's MX as its primary server has it
//	sets NAME=VALUE              sets a variable of the environment
//	piles [stopped|empty]        puts messages before a provider that takes none; see newPile
//	posts FATE, posted           what becomes of mail that is sent, and what was sent
//	computer KIND                starts its services with systemd, launchd, windows or nothing known
//	watches PLAN ARGS...         gives a command that watches; see watching
//
// Whatever a command prints is held to the rules of all commands; see held.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"), UpdateScripts: *update, RequireUniqueNames: true,
		Setup: func(env *testscript.Env) error {
			tb, ok := env.T().(testing.TB)
			if !ok {
				return errors.New("the script's T is no testing.TB")
			}
			env.Values[deskKey{}] = newDesk(tb, env.WorkDir)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"lifeboat": lifeboat, "types": types, "shape": shape, "world": world, "sets": sets,
			"watches": watches, "piles": piles, "computer": computer, "posts": posts, "posted": posted,
		},
	})
}

type deskKey struct{}

func deskOf(ts *testscript.TestScript) *desk {
	d, ok := ts.Value(deskKey{}).(*desk)
	if !ok {
		ts.Fatalf("no desk")
	}
	return d
}

func lifeboat(ts *testscript.TestScript, _ bool, args []string) {
	d, want := deskOf(ts), 0
	if len(args) > 0 {
		if n, err := strconv.Atoi(args[0]); err == nil {
			want, args = n, args[1:]
		}
	}
	got := d.run(args...)
	_, _ = io.WriteString(ts.Stdout(), got.out)
	_, _ = io.WriteString(ts.Stderr(), got.err)
	if got.status != want {
		ts.Fatalf("exit status %d, not %d", got.status, want)
	}
	if err := d.held(slices.Contains(args, "--json")); err != nil {
		ts.Fatalf("%v", err)
	}
}

var (
	placeholder = regexp.MustCompile(`\{[a-z_]+\}`)
	timeLike    = regexp.MustCompile(`^\d{4}-\d\d-\d\d[T ]\d\d:`)
	snake       = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)
)

// held holds the last command to what all commands keep: no secret is printed, every
// sentence is whole, and with --json standard output is one document, with keys in
// snake_case and times as RFC 3339 has them, that tells of an error too.
func (d *desk) held(asJSON bool) error {
	got := d.last
	for _, s := range d.secrets {
		if strings.Contains(got.out+got.err, s) {
			return errors.New("a secret was printed")
		}
	}
	if m := placeholder.FindString(got.err); m != "" {
		return fmt.Errorf("a sentence is not whole: %s", m)
	}
	if got.status != 0 && got.err == "" && got.out == "" {
		return errors.New("it failed and says nothing")
	}
	if !asJSON {
		if m := placeholder.FindString(got.out); m != "" {
			return fmt.Errorf("a sentence is not whole: %s", m)
		}
		return nil
	}
	doc, err := oneDocument(got.out)
	if err == nil {
		err = wellFormed("", doc)
	}
	if o, ok := doc.(map[string]any); err == nil && ok && o["error"] != nil && (got.status == 0 || o["error"] == "") {
		err = fmt.Errorf("status %d with the error %q", got.status, o["error"])
	}
	return err
}

// oneDocument reads what has to be one JSON document and nothing else.
func oneDocument(text string) (doc any, err error) {
	dec := json.NewDecoder(strings.NewReader(text))
	if err := dec.Decode(&doc); err != nil {
		return nil, fmt.Errorf("standard output is no JSON document: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is something after the JSON document")
	}
	return doc, nil
}

func wellFormed(path string, v any) error {
	switch v := v.(type) {
	case map[string]any:
		for k, below := range v {
			if !snake.MatchString(k) {
				return fmt.Errorf("the key %s.%s is not in snake_case", path, k)
			}
			if err := wellFormed(path+"."+k, below); err != nil {
				return err
			}
		}
	case []any:
		for _, below := range v {
			if err := wellFormed(path+"[]", below); err != nil {
				return err
			}
		}
	case string:
		if _, err := time.Parse(time.RFC3339Nano, v); timeLike.MatchString(v) && err != nil {
			return fmt.Errorf("%s is %q, which is no time of RFC 3339", path, v)
		}
	}
	return nil
}

// shape prints what keys the last document has.
func shape(ts *testscript.TestScript, _ bool, _ []string) {
	doc, err := oneDocument(deskOf(ts).last.out)
	ts.Check(err)
	keys := map[string]bool{}
	shapeOf(keys, "", doc)
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		_, _ = fmt.Fprintln(ts.Stdout(), k)
	}
}

func shapeOf(keys map[string]bool, path string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for k, below := range v {
			if k == "template" || k == "args" {
				continue // what a sentence is made of
			}
			shapeOf(keys, path+"."+k, below)
		}
	case []any:
		for _, below := range v {
			shapeOf(keys, path+"[]", below)
		}
	case string:
		if timeLike.MatchString(v) {
			keys[path+" time"] = true
			return
		}
		keys[path+" string"] = true
	case float64:
		keys[path+" number"] = true
	case bool:
		keys[path+" bool"] = true
	}
}

func types(ts *testscript.TestScript, _ bool, args []string) {
	d := deskOf(ts)
	d.terminal, d.typed = true, strings.ReplaceAll(strings.Join(args, " "), `\n`, "\n")
}

// sets sets a variable of the environment.
func sets(ts *testscript.TestScript, _ bool, args []string) {
	name, value, _ := strings.Cut(args[0], "=")
	deskOf(ts).env[name] = value
}

func world(ts *testscript.TestScript, _ bool, args []string) {
	d := deskOf(ts)
	role := func() failover.Role { return failover.Role(args[1]) }
	switch args[0] {
	case "break":
		ts.Check(d.world.Break(role(), lab.Fault(args[2])))
	case "mend":
		d.world.Mend(role())
	case "without", "with":
		d.world.SetRecipient(role(), args[2], args[0] == "with")
	case "mx":
		var mx []failover.MX
		for _, a := range args[1:] {
			m, err := failover.ParseMX(a)
			ts.Check(err)
			mx = append(mx, m)
		}
		ts.Check(d.world.Put(failover.MXSet("example.test", 300, mx)))
	case "dns":
		fault := lab.None
		if len(args) > 2 {
			fault = lab.Fault(args[2])
		}
		ts.Check(d.world.BreakDNS(args[1], fault))
	case "line":
		d.world.SetLine(lab.Line{Blocked: []uint16{25}})
	case "shows":
		_, _ = fmt.Fprintln(ts.Stdout(), d.world.Truth("example.test", "MX"))
	default:
		ts.Fatalf("no such thing happens: %s", args[0])
	}
}
