package main_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lifeboat/app/widgets/outline"
	"lifeboat/failover/failovertest/servers"
)

// TestWindowTabletop: somebody leads a drill around a table, writes down what was
// decided, and opens the report in the browser.
func TestWindowTabletop(t *testing.T) {
	t.Parallel()
	aroundTable(t, ways()[0])
}

// TestWindowTabletopLong leads it by keys alone, and in Japanese.
func TestWindowTabletopLong(t *testing.T) {
	long(t)
	inEachWay(t, ways()[1:], aroundTable)
}

func aroundTable(t *testing.T, w way) {
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	env := newcomer(t, w)
	opened := recordOpening(t)
	p := w.sit(t, startScreen(t, "70", "1280x800"), append(env, "PATH="+filepath.Dir(opened)+":"+os.Getenv("PATH")))
	p.awaits(p.says("Mail is flowing through {primary}.", "primary", "Harbormail"))
	p.goes("Drills", "ctrl+6")
	p.awaits(p.says("Rehearse an outage"))
	p.entryOf(p.says("Names, separated by commas; the first one decides"))
	p.types("Sato, Tanaka")
	p.picture("drills")
	p.firstOf("Around a table")
	p.does("Begin")
	p.awaitsLike("Next at {when}: {from}")
	p.picture("table")
	p.entryOf(p.says("Why, or what was said"))
	p.types("We call them first.")
	p.does("Note it")
	p.does("Next now")
	p.picture("table-next")
	p.does("End")
	p.awaits(p.says("What did we learn?"))
	p.picture("questions")
	p.does("To the report")
	p.awaitsLike("Not passed: {count} of {all} checks do not hold.") // most was left out
	p.picture("report")
	p.does("Open in the browser")
	var page string
	servers.Await(t, "the browser", func(context.Context) error {
		b, err := os.ReadFile(opened)
		page = strings.TrimSpace(string(b))
		if err == nil && page == "" {
			err = errors.New("nothing was opened")
		}
		return err
	})
	b, err := os.ReadFile(strings.TrimPrefix(page, "file://"))
	if err != nil || !strings.Contains(string(b), "We call them first.") || !strings.Contains(string(b), "Sato") {
		t.Errorf("%s: %v: what was said is not in the report", page, err)
	}
}

// recordOpening puts a program in place of the one that opens files, beside the file
// that it writes what it is asked for into, and returns that file.
func recordOpening(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "opened")
	if err := os.WriteFile(filepath.Join(dir, "xdg-open"), []byte("#!/bin/sh\nprintf '%s\\n' \"$1\" > "+file+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return file
}

// firstOf presses the first of several buttons that say the same.
func (p *person) firstOf(template string) {
	p.t.Helper()
	is := func(i outline.Item) bool { return i.Kind == "Button" && i.Text == p.says(template) && !i.Disabled }
	p.find("button "+template, is)
	if p.byKeys {
		p.tabTo("button "+template, is)
		p.keys("Return")
		return
	}
	for _, i := range p.see() {
		if is(i) {
			p.clickAt(i)
			return
		}
	}
}
