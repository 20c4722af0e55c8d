package configs

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"

	"gopkg.in/yaml.v3"
)

// Options say what Load takes into account besides the file.
type Options struct {
	// Env is the environment as os.Environ returns it. Variables beginning with
	// LIFEBOAT_ replace what the file says; nil leaves the file alone.
	Env []string
}

// Load reads and checks a settings file. The error is [Problems] (every mistake
// found, in the order of the file), so nothing half right is ever used.
// Warnings are what works but is probably not meant, such as a row of the CSV
// file that was left out.
//
// A missing file gives an error for which errors.Is(err, fs.ErrNotExist) holds.
// A missing secondary provider is no mistake here, so that an admin can look at
// a domain before there is one: see [Settings.NeedSecondary].
func Load(file string, o Options) (*Settings, []Problem, error) {
	data, problem, ok := readFile(file)
	if !ok {
		return nil, nil, Problems{problem.at(place{file: file}, "")}
	}
	return load(file, data, o)
}

// load is Load for the bytes of the file.
func load(file string, data []byte, o Options) (*Settings, []Problem, error) {
	root, problems := parseYAML(file, data)
	if len(problems) > 0 {
		return nil, nil, Problems(problems)
	}
	s := Defaults()
	s.file, s.places, s.presets = file, places{"": {file: file}}, Presets()
	d := newDecoder(file, s.places)
	if root != nil && root.Kind != yaml.MappingNode {
		return nil, nil, Problems{Say("{at}: the file must begin with a setting, as in \"organization: Example\".").
			at(place{file, root.Line}, "")}
	}
	if root != nil {
		d.decode(root, reflect.ValueOf(&s).Elem(), "")
	}
	if d.budget < 0 {
		return nil, nil, d.problems
	}
	c := newChecker(&s)
	c.add(d.problems)
	c.environment(o.Env)
	c.checkAll()
	c.inOrder()
	if len(c.problems) > 0 {
		return nil, c.warnings, Problems(c.problems)
	}
	s.sortRecipients()
	for _, w := range c.warnings {
		if w.loses {
			s.leftOut = append(s.leftOut, w)
		}
	}
	return &s, c.warnings, nil
}

// readFile reads a file of at most a little more than maxFile bytes.
func readFile(file string) ([]byte, Problem, bool) {
	f, err := os.Open(file)
	if err == nil {
		defer func() { _ = f.Close() }() // only read
		var data []byte
		if data, err = io.ReadAll(io.LimitReader(f, maxFile+1)); err == nil {
			return data, Problem{}, true
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, Say("There is no file {at}. Run \"lifeboat init\" to write the settings, or name the file with --config.").Because(err), false
	}
	return nil, Say("{at} cannot be read. Check that it is a file and that you may read it.").Because(err), false
}

// checker finds what is wrong with settings and normalises what is right.
type checker struct {
	s        *Settings
	problems []Problem
	warnings []Problem
	// wrong and holding are the settings with a problem, and those around them.
	wrong, holding map[string]bool
}

func newChecker(s *Settings) *checker {
	return &checker{s: s, wrong: map[string]bool{}, holding: map[string]bool{}}
}

// add takes over problems that were found by reading.
func (c *checker) add(problems []Problem) {
	for _, p := range problems {
		c.problems = append(c.problems, p)
		c.wrong[p.Key] = true
		for path := p.Key; path != ""; path = parentPath(path) {
			c.holding[path] = true
		}
	}
}

// fail reports a problem of a setting, unless there is one already with it, in
// it or around it: what follows from a mistake helps nobody to mend it.
func (c *checker) fail(path string, p Problem) {
	if c.holding[path] {
		return
	}
	for around := path; around != ""; around = parentPath(around) {
		if c.wrong[around] {
			return
		}
	}
	c.add([]Problem{p.at(c.s.places.of(path), path)})
}

func (c *checker) warn(path string, p Problem) {
	c.warnings = append(c.warnings, p.at(c.s.places.of(path), path))
}

func (c *checker) checkAll() {
	c.checkGeneral()
	c.checkResolver()
	c.checkDomains()
	c.checkProviders()
	c.checkSigning()
	c.checkRecipients()
	c.checkMirror()
	c.checkRelay()
	c.checkPreflight()
	c.checkDetect()
	c.checkPeople()
	c.checkTargets()
	c.checkRuncard()
}

// inOrder sorts what was found by line, the settings file before other places.
func (c *checker) inOrder() {
	rank := func(p Problem) int {
		if p.File == c.s.file {
			return 0
		}
		return 1
	}
	for _, list := range [][]Problem{c.problems, c.warnings} {
		slices.SortStableFunc(list, func(a, b Problem) int {
			if r := rank(a) - rank(b); r != 0 || a.File != b.File {
				return r
			}
			return a.Line - b.Line
		})
	}
}

// beside returns the path of a file that the settings name relative to
// themselves.
func (s *Settings) beside(file string) string {
	if filepath.IsAbs(file) {
		return file
	}
	return filepath.Join(filepath.Dir(s.file), file)
}
