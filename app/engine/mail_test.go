package engine

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"lifeboat/configs"
	"lifeboat/failover"
	"lifeboat/failover/detect"
	"lifeboat/failover/journal"
	"lifeboat/failover/run"
	"lifeboat/mailstore"
	"lifeboat/mailstore/export"
)

const (
	anna = "anna@example.test"
	ben  = "ben@example.test"
)

// shelf is an engine with some mail of two mailboxes.
type shelf struct {
	*Engine
	t       testing.TB
	machine string
	late    atomic.Int64 // nanoseconds that the clock is ahead
}

func newShelf(t testing.TB) *shelf {
	t.Helper()
	s := &shelf{t: t, machine: t.TempDir()}
	s.Engine = s.process(t.TempDir())
	return s
}

// process is Lifeboat started once more over a data folder.
func (s *shelf) process(data string) *Engine {
	s.t.Helper()
	e := onMachine(data, s.machine)
	file := filepath.Join(s.t.TempDir(), "lifeboat.yaml")
	if err := os.WriteFile(file, []byte(`
domains: [{name: example.test, dns: {host: manual}}]
providers:
  primary: {preset: generic, name: Primo, mx: [10 mx.primo.test], sign_in: password, imap: {host: imap.primo.test}}
  secondary: {preset: generic, name: Secundo, mx: [10 mx.secundo.test], imap: {host: imap.secundo.test}, submission: {host: smtp.secundo.test}}
recipients:
  accounts: [{address: `+anna+`, aliases: [a@example.test]}, {address: `+ben+`, secondary_user: ben2}]
  groups: [all@example.test]
`), 0o600); err != nil {
		s.t.Fatal(err)
	}
	settings, _, err := configs.Load(file, configs.Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	began := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	e.opt.Settings, e.opt.Owner = settings, "taro@desk"
	e.opt.Now = func() time.Time { return began.Add(time.Duration(s.late.Load())) }
	return e
}

// put brings letters into a mailbox, an hour apart, the first one first.
func (s *shelf) put(account, folder string, letters ...string) {
	s.t.Helper()
	dir := s.t.TempDir()
	for i, l := range letters {
		at := time.Date(2026, 11, 1, i%24, i/24%60, 0, 0, time.UTC)
		raw := fmt.Sprintf("Date: %s\r\n%s", at.Format(time.RFC1123Z), l)
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%06d.eml", i)), []byte(raw), 0o600); err != nil {
			s.t.Fatal(err)
		}
	}
	got, err := s.ImportMail(s.t.Context(), ImportRequest{Paths: []string{dir}, Account: account, Folder: folder})
	if err != nil || got.Messages != len(letters) || len(got.LeftOut) > 0 {
		s.t.Fatalf("%+v, %v", got, err)
	}
}

// open opens the mail; it is closed with the test.
func (s *shelf) open(reason string) *Mail {
	s.t.Helper()
	m, err := s.OpenMail(s.t.Context(), ReadAs{Reason: reason})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = m.Close() })
	return m
}

// log is the log of accesses, a word or two a line.
func (s *shelf) log() (out []string) {
	s.t.Helper()
	all, err := s.AccessLog(s.t.Context(), time.Time{})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, a := range all {
		if a.Who != "taro@desk" || a.At.IsZero() {
			s.t.Errorf("%+v", a)
		}
		line := fmt.Sprintf("%s %s", a.Deed, a.Account)
		for _, more := range []string{a.Folder, string(a.Ground), a.Reason} {
			if more != "" {
				line += " " + more
			}
		}
		out = append(out, line)
	}
	return out
}

func eml(from, subject, text string) string {
	return "From: " + from + "\r\nTo: " + anna + "\r\nSubject: " + subject + "\r\n\r\n" + text + "\r\n"
}

func same(t testing.TB, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %q, not %q", what, got, want)
	}
}

// subjects lists what a list holds.
func subjects(t testing.TB, m MailSource, query string, sel MailSelection) []string {
	t.Helper()
	index, err := m.Index(t.Context(), query, sel)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := m.Lines(t.Context(), index.IDs)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, l := range lines {
		out = append(out, l.Subject)
	}
	return out
}

// In calm times nothing of other people's mail is given out in any way, one's own is, and
// what is one's own is written down.
func TestOtherPeoplesMailIsLocked(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	s.put(anna, "Plans", eml("Eve <eve@outside.test>", "Pelican", "One."), eml("Eve <eve@outside.test>", "Heron", "Two."))
	s.put(ben, "Plans", eml("Eve <eve@outside.test>", "Secret", "Three."))
	id := func() string {
		m := s.open("to find an ID")
		list, err := m.Index(t.Context(), "secret", MailSelection{})
		if err != nil || len(list.IDs) != 1 {
			t.Fatal(list, err)
		}
		return list.IDs[0]
	}()
	before := len(s.log())
	m := s.open("")
	refused := func(what string, err error) {
		t.Helper()
		if !errors.Is(err, mailstore.ErrLocked) {
			t.Errorf("%s: %v", what, err)
		}
	}
	tryAll := func(sel MailSelection) {
		t.Helper()
		_, err := m.List(t.Context(), sel)
		refused("list", err)
		_, err = m.Search(t.Context(), "secret", sel)
		refused("search", err)
		_, err = m.Index(t.Context(), "", sel)
		refused("index", err)
		_, err = m.Folders(t.Context(), sel.Account, false)
		refused("folders", err)
		_, err = m.Export(t.Context(), ExportRequest{Target: filepath.Join(t.TempDir(), "out"), Format: export.EML, Selection: sel})
		refused("export", err)
		_, err = m.Export(t.Context(), ExportRequest{Target: filepath.Join(t.TempDir(), "out"), Format: export.EML, IDs: []string{id}})
		refused("export of one", err)
		_, err = m.Lines(t.Context(), []string{id})
		refused("lines", err)
		_, err = m.Show(t.Context(), id)
		refused("show", err)
		refused("raw", m.Raw(t.Context(), id, io.Discard))
		refused("part", m.Part(t.Context(), id, "1", func(AttachedFile) (io.Writer, error) { return io.Discard, nil }))
	}
	tryAll(MailSelection{})
	if err := s.SetOwnMailboxes(t.Context(), []string{"nobody@example.test"}); !errors.Is(err, mailstore.ErrInvalid) {
		t.Error(err)
	}
	if err := s.SetOwnMailboxes(t.Context(), []string{"Anna@example.test", anna}); err != nil {
		t.Fatal(err)
	}
	s.late.Store(int64(grantsLast + time.Second))
	tryAll(MailSelection{Account: ben})
	same(t, "one's own", subjects(t, m, "", MailSelection{}), []string{"Heron", "Pelican"})
	list, err := m.Index(t.Context(), "", MailSelection{})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "left out", list.Locked, []string{ben})
	same(t, "a search", subjects(t, m, "secret OR pelican", MailSelection{}), []string{"Pelican"})
	same(t, "a folder that both have", subjects(t, m, "", MailSelection{Folder: "plans"}), []string{"Heron", "Pelican"})
	accounts, err := m.Accounts(t.Context())
	if err != nil || len(accounts) != 2 || !accounts[0].Own || accounts[0].Locked || !accounts[1].Locked || accounts[1].Why.IsZero() {
		t.Errorf("%+v, %v", accounts, err)
	}
	same(t, "the log", s.log()[before:], []string{"own " + anna})
	if err := s.SetOwnMailboxes(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	same(t, "the log", s.log()[before+1:], []string{"disown " + anna})
}

// A reason opens it, and what is read is in the log: message by message, never what
// stands in them.
func TestReadingIsLogged(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	s.put(ben, "Plans", eml("Eve <eve@outside.test>", "Pelican", "Flamingo.")+"\r\n--x\r\n", eml("Eve <eve@outside.test>", "Heron", "Two."))
	m := s.open("")
	for _, bad := range []string{"", "  \n", "...", "\x00"} {
		if err := m.Unlock(t.Context(), ben, bad); !errors.Is(err, mailstore.ErrInvalid) {
			t.Errorf("%q is a reason: %v", bad, err)
		}
	}
	if err := m.Unlock(t.Context(), strings.ToUpper(ben), "Ben is ill,\nand the pelicans wait"); err != nil {
		t.Fatal(err)
	}
	list, err := m.Index(t.Context(), "", MailSelection{Account: ben, Folder: "Plans"})
	if err != nil || len(list.IDs) != 2 {
		t.Fatal(list, err)
	}
	for range 2 { // a list that is drawn again, a message that is shown again
		if _, err := m.Index(t.Context(), "flamingo", MailSelection{Account: ben, Folder: "Plans"}); err != nil {
			t.Error(err)
		}
		if _, err := m.Show(t.Context(), list.IDs[1]); err != nil {
			t.Error(err)
		}
	}
	if err := m.Raw(t.Context(), list.IDs[0], io.Discard); err != nil {
		t.Error(err)
	}
	target := filepath.Join(t.TempDir(), "out.zip")
	if got, err := m.Export(t.Context(), ExportRequest{Target: target, Format: export.Zip, IDs: []string{list.IDs[1]}}); err != nil || got.Messages != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	const why = " reason Ben is ill, and the pelicans wait"
	same(t, "the log", s.log(), []string{"unlock " + ben + why, "list " + ben + " Plans" + why, "show " + ben + " Plans" + why, "raw " + ben + " Plans" + why, "export " + ben + why})
	all, err := s.AccessLog(t.Context(), time.Time{})
	if err != nil || all[2].Message != list.IDs[1] || all[4].Messages != 1 {
		t.Errorf("%+v, %v", all, err)
	}
	for _, a := range all {
		if say := a.Say().String(); !strings.Contains(say, ben) {
			t.Errorf("%s is told as %q", a.Deed, say)
		}
	}
	raw, err := os.ReadFile(s.path(accessFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"ben", "Plans", "ill", "Pelican", "flamingo", "taro"} {
		if bytes.Contains(raw, []byte(word)) {
			t.Errorf("%q stands in the file", word)
		}
	}
}

// What opens it beside a reason: the send route led to the secondary, the MX led there by
// the journal, the primary found to be down, a rehearsal, practice; and only for as long.
func TestWhatOpensOtherPeoplesMail(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	s.put(ben, "Plans", eml("Eve <eve@outside.test>", "Pelican", "One."))
	m := s.open("")
	ground := func() string {
		t.Helper()
		s.late.Add(int64(grantsLast + time.Second))
		accounts, err := m.Accounts(t.Context())
		if err != nil || accounts[0].Locked != (accounts[0].Ground == "") || accounts[0].Why.IsZero() {
			t.Fatalf("%+v, %v", accounts, err)
		}
		if _, err := m.Index(t.Context(), "", MailSelection{}); errors.Is(err, mailstore.ErrLocked) != accounts[0].Locked {
			t.Errorf("%+v, yet %v", accounts[0], err)
		}
		return string(accounts[0].Ground)
	}
	if got := ground(); got != "" {
		t.Fatalf("in calm times: %s", got)
	}
	watched := func(h detect.Health) {
		l := watchLog{Domain: "example.test.", Every: time.Minute, State: detect.State{At: s.opt.Now(), Primary: detect.Provider{Health: h}}}
		if err := makeDir(s.path(watchDir)); err != nil {
			t.Fatal(err)
		}
		if err := s.saveWatch(t.Context(), &l); err != nil {
			t.Fatal(err)
		}
	}
	watched(detect.Degraded)
	if got := ground(); got != "" {
		t.Errorf("degraded: %s", got)
	}
	watched(detect.Down)
	if got := ground(); got != string(GroundIncident) {
		t.Errorf("down: %s", got)
	}
	s.late.Add(int64(time.Hour))
	if got := ground(); got != "" {
		t.Errorf("down by a watch that ended an hour ago: %s", got)
	}
	j, err := journal.Open(s.path(liveJournal), s.opt.Now)
	if err != nil {
		t.Fatal(err)
	}
	step := failover.Step{ID: "1", Domain: "lifeboat-drill.example.test.", After: failover.MXSet("lifeboat-drill.example.test.", 60, []failover.MX{{Host: "mx.secundo.test."}})}
	if err := j.Append(journal.Entry{Op: "x", Event: journal.Begin, Plan: &failover.Plan{ID: "x", Steps: []failover.Step{step}}}); err != nil {
		t.Fatal(err)
	}
	if got := ground(); got != string(GroundDrill) {
		t.Errorf("rehearsing: %s", got)
	}
	s.late.Add(int64(rehearsalLasts))
	if got := ground(); got != "" {
		t.Errorf("a rehearsal that broke off yesterday: %s", got)
	}
	if err := j.Close(); err != nil {
		t.Error(err)
	}
	s.opt.Mail.Practice = true
	if got := ground(); got != string(GroundPractice) {
		t.Errorf("practice: %s", got)
	}
	s.opt.Mail.Practice = false
	if err := s.routeBook().set(run.RouteMove{Domain: "example.test.", Role: failover.Secondary}); err != nil {
		t.Fatal(err)
	}
	if got := ground(); got != string(GroundIncident) {
		t.Errorf("with the send route moved: %s", got)
	}
}
