package cli_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"lifeboat/app/cli"
	"lifeboat/configs"
	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/dnshost/manual"
	"lifeboat/failover/lab"
)

// The help of every command, in every language, as it is kept in testdata/help.
func TestHelp(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"en", "ja"} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			var all strings.Builder
			for _, command := range commands(t) {
				out := helpOf(t, language, command...)
				fmt.Fprintf(&all, "$ lifeboat %s\n%s\n", strings.Join(append(command, "--help"), " "), out)
			}
			file := filepath.Join("testdata", "help", language+".txt")
			if *update {
				if err := os.WriteFile(file, []byte(all.String()), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			kept, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if string(kept) != all.String() {
				t.Errorf("the help is not that in %s; go test -update writes it:\n%s", file, all.String())
			}
		})
	}
}

// helpOf asks for a command's help; no world is needed for it.
func helpOf(t *testing.T, language string, command ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	status := cli.Run(t.Context(), cli.App{
		Streams: cli.Streams{In: strings.NewReader(""), Out: &out, Err: &errs}, Now: time.Now,
		Getenv: func(name string) string { return map[string]string{"LANG": language}[name] },
	}, append(command, "--help"))
	if status != 0 || errs.Len() > 0 || out.Len() == 0 {
		t.Fatalf("lifeboat %v --help: status %d, %s", command, status, errs.String())
	}
	return out.String()
}

// commands finds all commands by what the help of each lists below it.
func commands(t *testing.T) [][]string {
	t.Helper()
	all := [][]string{nil}
	for i := 0; i < len(all); i++ {
		_, list, found := strings.Cut(helpOf(t, "en", all[i]...), "Commands:\n")
		if !found {
			continue
		}
		list, _, _ = strings.Cut(list, "\n\n")
		for line := range strings.Lines(list) {
			all = append(all, append(append([]string{}, all[i]...), strings.Fields(line)[0]))
		}
	}
	if len(all) < 14 {
		t.Fatalf("only %d commands were found: %v", len(all), all)
	}
	return all
}

// watched is an output that calls back when a text has been written to it.
type watched struct {
	mu   sync.Mutex
	buf  bytes.Buffer
	text string
	then func()
}

func (w *watched) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n, err := w.buf.Write(p)
	if w.then != nil && strings.Contains(w.buf.String(), w.text) {
		then := w.then
		w.then = nil
		then()
	}
	return n, err
}

func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.buf.String()
}

// interrupted gives a command and presses Ctrl-C when it has said a text. The person
// at the terminal types nothing, ever.
func (d *desk) interrupted(t *testing.T, text string, args ...string) said {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	silence, hold := io.Pipe()
	t.Cleanup(func() { _ = hold.Close() })
	var out bytes.Buffer
	errs := &watched{text: text, then: cancel}
	status := cli.Run(ctx, d.app(cli.Streams{
		In: silence, Out: &out, Err: errs, Terminal: true,
		ReadSecret: func(ctx context.Context) (string, error) {
			<-ctx.Done()
			return "", ctx.Err()
		},
	}), args)
	d.last = said{out.String(), errs.String(), status}
	return d.last
}

// Ctrl-C ends a question at once, and nothing is changed.
func TestCtrlCAtAQuestion(t *testing.T) {
	t.Parallel()
	d := newDesk(t, t.TempDir())
	for _, c := range []struct {
		text string
		args []string
	}{
		{"Do this now?", []string{"failover"}},
		{"Do this now?", []string{"failover", "--json"}},
		{"Value of dns-key", []string{"secret", "set", "dns-key"}},
		{"Your mail domain", []string{"init"}},
	} {
		got := d.interrupted(t, c.text, c.args...)
		if got.status != 1 || !strings.Contains(got.err, "lifeboat: Stopped; nothing was changed.\n") {
			t.Errorf("%v: status %d\n%s", c.args, got.status, got.err)
		}
		if err := d.held(strings.Contains(strings.Join(c.args, " "), "--json")); err != nil {
			t.Errorf("%v: %v", c.args, err)
		}
	}
	if d.world.Domain().RouteOf(d.world.Truth("example.test", "MX")) != failover.RoutePrimary {
		t.Error("mail was switched")
	}
	if entries, err := d.store(cli.Place{}).List(); err != nil || len(entries) != 0 {
		t.Errorf("stored: %v, %v", entries, err)
	}
}

// Ctrl-C in a run keeps what is done; the same command goes on.
func TestCtrlCInARun(t *testing.T) {
	t.Parallel()
	d := newDesk(t, t.TempDir())
	ns3 := d.world.Nameservers()[2]
	if err := d.world.BreakDNS(ns3, lab.Silent); err != nil {
		t.Fatal(err)
	}
	got := d.interrupted(t, "2 of 3 addresses give the new records", "failover", "--yes", "--json")
	if got.status != 1 || !strings.Contains(got.err, "give the same command again to go on") {
		t.Fatalf("status %d\n%s", got.status, got.err)
	}
	if err := d.held(true); err != nil {
		t.Error(err)
	}
	for _, part := range []string{`"error": "Stopped before the end`, `"state": "ack"`, `"operation": "`} {
		if !strings.Contains(got.out, part) {
			t.Errorf("the document does not say %s:\n%s", part, got.out)
		}
	}
	if err := d.world.BreakDNS(ns3, lab.None); err != nil {
		t.Fatal(err)
	}
	if st := d.run("status"); st.status != 0 || !strings.Contains(st.out, "A failover begun at ") || !strings.Contains(st.out, "lifeboat failover goes on with it") {
		t.Errorf("status %d\n%s", st.status, st.out)
	}
	d.typed, d.terminal = "y\n", true
	again := d.run("failover")
	if again.status != 0 || !strings.Contains(again.err, "is gone on with") || !strings.Contains(again.out, "verified at 3 of 3") {
		t.Errorf("status %d\n%s\n%s", again.status, again.err, again.out)
	}
}

// What a person has to do at a web console is shown, in the person's language.
func TestGuide(t *testing.T) {
	t.Parallel()
	for language, parts := range map[string][]string{
		"en": {"To do at お名前.com:\n  1. ", "  Enter:\n      ", "  Remove:\n      ", "mx1.lighthouse.test", "mx2.harbormail.test"},
		"ja": {"お名前.com", "  1. ", "  入力する:\n      ", "  削除する:\n      ", "mx1.lighthouse.test", "mx2.harbormail.test"},
	} {
		d := newDesk(t, t.TempDir())
		d.env["LANG"] = language
		d.parts.MakeHost = func(context.Context, configs.Domain) (dnshost.Host, error) {
			return manual.New(manual.Options{
				Console: "onamae", Reader: d.parts.Reader, Zone: "example.test",
				Wait: func(ctx context.Context, _ time.Duration) error { // somebody does it all at once
					ttl := d.world.Truth("example.test", "MX").TTL
					return errors.Join(ctx.Err(), d.world.Put(failover.MXSet("example.test", ttl, d.world.Domain().Secondary.MX)))
				},
			})
		}
		got := d.run("failover", "--yes")
		if got.status != 0 {
			t.Fatalf("status %d\n%s", got.status, got.err)
		}
		for _, p := range parts {
			if !strings.Contains(got.err, p) {
				t.Errorf("%s: the guide does not say %q:\n%s", language, p, got.err)
			}
		}
		if err := d.held(false); err != nil {
			t.Error(err)
		}
	}
}

// fullDisk takes nothing.
type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

// An answer that cannot be written is told as that, and is no success.
func TestAnswerThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	d := newDesk(t, t.TempDir())
	for _, args := range [][]string{{"status"}, {"status", "--json"}, {"plan", "failover"}} {
		var errs bytes.Buffer
		status := cli.Run(t.Context(), d.app(cli.Streams{In: strings.NewReader(""), Out: fullDisk{}, Err: &errs}), args)
		if want := "lifeboat: The answer could not be written to standard output; what was done is done.\n"; status != 1 || errs.String() != want {
			t.Errorf("%v: status %d, %s", args, status, errs.String())
		}
	}
}
